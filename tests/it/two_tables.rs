//! A stream of days that fills two tables, on a real store: what it no longer sees leaves both.

use std::{sync::Arc, time::Duration};

use actors::{
    failure::Failure,
    integration::{
        Account, Accounts, AnyIntegration, Integration, Manifest, NoSettings, Setup, SetupError, Source,
    },
    integrations::catalogue,
    page::Page,
    reader::StreamOf,
    session::{Auth, Meaning, Response, Session, Verdict},
    stream::{DAILY, Days, Tier},
};
use dynamoi::{Worker, settings::Settings};
use futures::future::BoxFuture;
use jiff::SignedDuration;
use parking_lot::Mutex;
use rows::{
    Day, Micros, Row, Table,
    web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
};

use crate::{
    postgres::Server,
    support::{sql::Eyes, sqlite_url},
};

/// Reads visits and goals of these campaigns, every day, in one report.
#[derive(Clone)]
struct Report(Arc<Mutex<Vec<&'static str>>>);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest { id: "report", base_url: "http://127.0.0.1:9", ..Manifest::BLANK };

impl Integration for Report {
    type Settings = NoSettings;
    type Source = Self;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<Self>> {
        let days = Days {
            level: None,
            tiers: vec![Tier { days: 3, every: DAILY }],
            settling: SignedDuration::from_hours(48),
            window_days_max: 30,
            history_days_max: Some(3),
        };
        let tables = &[Table::WebAnalyticsDaily, Table::WebConversionsDaily];
        vec![StreamOf::days("visits", tables, days, |report: &Self, _, request| {
            let campaigns = report.0.lock().clone();
            let of_day = |day| campaigns.iter().flat_map(move |name| of_campaign(name, day));
            let rows = request.days.days().flat_map(of_day).collect();
            Box::pin(std::future::ready(Ok(Page { rows, ..Page::default() }.into())))
        })]
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<Self, SetupError> {
        Ok(self.clone())
    }
}

impl Source for Report {
    fn auth(&self) -> Auth {
        Auth::None
    }
    fn classify(&self, _: &Response) -> Verdict {
        Meaning::Ok.into()
    }
    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        let (id, time_zone) = ("1".to_owned(), "UTC".to_owned());
        let account = Account { id, name: String::new(), currency: None, time_zone };
        Box::pin(std::future::ready(Ok(Accounts::one(account))))
    }
}

fn of_campaign(name: &str, date: Day) -> [Row; 2] {
    let account_id = "1".to_owned();
    let origin = WebOrigin {
        scope: WebScope::Campaign,
        campaign: name.to_owned(),
        source: String::new(),
        medium: String::new(),
    };
    let visits = WebAnalytics {
        account_id: account_id.clone(),
        origin: origin.clone(),
        date,
        page_views: None,
        sessions: Some(1),
        session_seconds: None,
        users: None,
        revenue: None,
        currency: None,
    };
    let goals = WebConversions {
        account_id,
        goal: "signed_up".to_owned(),
        origin,
        date,
        conversions: Some(Micros(1_000_000)),
        converting_sessions: None,
    };
    [Row::WebAnalytics(visits), Row::WebConversions(goals)]
}

async fn once(config: &std::path::Path, report: &Report) {
    let integration: Arc<dyn AnyIntegration> = Arc::new(report.clone());
    let known: Vec<_> = catalogue().into_iter().chain([integration.clone()]).collect();
    let settings = Settings::load(&[config.to_owned()], std::iter::empty(), &known)
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let worker = Worker::builder(settings).integration(integration).once(Duration::from_mins(1));
    let mut worker = worker.start().await.unwrap();
    let ended = tokio::time::timeout(Duration::from_mins(1), worker.finished()).await.unwrap();
    assert!(ended.finished.values().all(|ok| *ok) && !ended.finished.is_empty());
    worker.stop().await;
}

async fn what_is_not_seen_leaves_both(database_url: &str) {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("dynamoi.toml");
    let yesterday = rows::day::plus_days(rows::day::day_at(now(), &jiff::tz::TimeZone::UTC), -1);
    let text = format!(
        "[database]\nurl = \"{database_url}\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [connections.site]\nintegration = \"report\"\ntenant = \"label-a\"\nstart_date = \"{yesterday}\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let report = Report(Arc::new(Mutex::new(vec!["a", "b", "c"])));
    once(&config, &report).await;
    let eyes = Eyes::open(database_url).await;
    let held = async |table: &str, campaign: &str| {
        eyes.number(&format!("SELECT count(*) FROM {table} WHERE campaign = '{campaign}'")).await
    };
    for table in ["web_analytics_daily", "web_conversions_daily"] {
        assert!(held(table, "b").await >= 2, "{table}");
    }
    *report.0.lock() = vec!["a", "c"];
    once(&config, &report).await;
    for table in ["web_analytics_daily", "web_conversions_daily"] {
        assert_eq!(held(table, "b").await, 0, "{table}");
        assert!(held(table, "a").await >= 2 && held(table, "c").await >= 2, "{table}");
    }
}

fn now() -> jiff::Timestamp {
    rows::Clock::now(&rows::clock::SystemClock::new())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_file() {
    let directory = tempfile::tempdir().unwrap();
    what_is_not_seen_leaves_both(&sqlite_url(&directory.path().join("dynamoi.db"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_server() {
    let server = Server::start();
    what_is_not_seen_leaves_both(&server.database("two").await).await;
}
