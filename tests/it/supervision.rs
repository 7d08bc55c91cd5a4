//! Integrations from outside that panic, hang and answer garbage, beside a good one: what operators then see.

use std::{sync::Arc, time::Duration};

use actors::{
    failure::{Failure, Wait},
    integration::{
        Account, Accounts, AnyIntegration, Integration, Manifest, NoSettings, Setup, SetupError, Source,
    },
    integrations::catalogue,
    page::SnapshotReply,
    reader::StreamOf,
    session::{Auth, Call, Meaning, Response, Session, Verdict},
    stream::Snapshot,
};
use dynamoi::{Worker, settings::Settings};
use futures::future::BoxFuture;
use rows::Table;

use crate::support::{Bench, get, program::until_state, until};

/// How it misbehaves; also its id.
#[derive(Debug, Clone, Copy)]
enum Bad {
    Panics,
    Hangs,
    Garbage,
}

impl Integration for Bad {
    type Settings = NoSettings;
    type Source = Self;

    fn manifest(&self) -> Manifest {
        Manifest {
            id: match self {
                Self::Panics => "panics",
                Self::Hangs => "hangs",
                Self::Garbage => "garbage",
            },
            base_url: "http://127.0.0.1:9",
            ..Manifest::BLANK
        }
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<Self>> {
        let policy = Snapshot { every: Duration::from_millis(100), vanishing: None };
        vec![StreamOf::snapshot("objects", &[Table::AdAccounts], policy, |bad: &Self, session, _| {
            Box::pin(bad.misbehave(session))
        })]
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<Self, SetupError> {
        Ok(*self)
    }
}

impl Source for Bad {
    fn auth(&self) -> Auth {
        Auth::None
    }
    fn classify(&self, response: &Response) -> Verdict {
        if response.is_success() {
            return Meaning::Ok.into();
        }
        Meaning::Transient { reason: format!("status {}", response.status), wait: Wait::Unsaid }.into()
    }
    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        let account =
            Account { id: String::new(), name: String::new(), currency: None, time_zone: "UTC".to_owned() };
        Box::pin(std::future::ready(Ok(Accounts::one(account))))
    }
}

impl Bad {
    async fn misbehave(self, session: &Session) -> Result<SnapshotReply, Failure> {
        match self {
            Self::Panics => panic!("planted"),
            Self::Hangs => std::future::pending().await,
            // The sandbox's listing is plain text.
            Self::Garbage => {
                session.json::<Vec<u8>>(Call::get("/", "listing")).await?;
                Err(Failure::Permanent { reason: "the listing was read as JSON".to_owned() })
            }
        }
    }
}

/// The value of the series that begins like this.
fn value(metrics: &str, series: &str) -> Option<f64> {
    metrics.lines().find(|line| line.starts_with(series))?.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_neighbours_are_shown_and_disturb_nobody() {
    let mut bench = Bench::new(51);
    let root = format!("http://{}", bench.sandbox.address());
    bench.more = ["panics", "hangs", "garbage"]
        .map(|id| {
            format!("\n[connections.{id}]\nintegration = \"{id}\"\ntenant = \"x\"\nbase_url = \"{root}\"\n")
        })
        .concat();
    bench.layer =
        "worker.page_timeout = \"1s\"\nintegrations.stripe.streams.charges.every = \"1s\"\n".to_owned();
    let bad = [Bad::Panics, Bad::Hangs, Bad::Garbage].map(|bad| Arc::new(bad) as Arc<dyn AnyIntegration>);
    let known: Vec<_> = catalogue().into_iter().chain(bad.clone()).collect();
    let settings = Settings::load(&bench.config(), std::iter::empty(), &known);
    let settings = settings.unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let mut builder = Worker::builder(settings);
    for integration in bad {
        builder = builder.integration(integration);
    }
    let worker = builder.start().await.unwrap();
    let address = worker.http_address().unwrap();

    let parked = until_state(address, "panics", "parked").await;
    assert!(parked["error"].as_str().unwrap().contains("crashed 5 times"), "{parked}");
    until_state(address, "hangs", "backing_off").await;
    let garbage = until_state(address, "garbage", "backing_off").await;
    assert!(garbage["error"].as_str().unwrap().contains("documented shape"), "{garbage}");

    let url = format!("http://{address}/metrics");
    let good = "dynamoi_cycles_total{integration=\"stripe\",outcome=\"ok\",stream=\"charges\"}";
    let before = value(&get(&url).await, good).unwrap();
    let metrics = until("the good one goes on", async || {
        let metrics = get(&url).await;
        (value(&metrics, good)? >= before + 3.0).then_some(metrics)
    })
    .await;
    for (connection, state) in [("panics", "parked"), ("hangs", "backing_off"), ("garbage", "backing_off")] {
        let series = format!(
            "dynamoi_connection_state{{connection=\"{connection}\",integration=\"{connection}\",state=\"{state}\"}}"
        );
        assert_eq!(value(&metrics, &series), Some(1.0), "{series}");
    }
    let restarts = "dynamoi_actor_restarts_total{integration=\"panics\",reason=\"panic\"}";
    assert_eq!(value(&metrics, restarts), Some(5.0));
    let late = value(&metrics, "dynamoi_schedule_lateness_seconds_sum{integration=\"stripe\"}").unwrap();
    let cycles = value(&metrics, "dynamoi_schedule_lateness_seconds_count{integration=\"stripe\"}").unwrap();
    assert!(late / cycles < 1.0, "cycles of the good one begin {} s late", late / cycles);
    worker.stop().await;
}
