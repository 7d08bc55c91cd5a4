//! Texts that somebody else chooses: what cannot be kept takes nothing with it, in no kind of stream.

use std::{future::ready, sync::Arc, time::Duration};

use actors::{
    failure::Failure,
    integration::{
        Account, Accounts, ConnectionSpec, Integration, Manifest, NoSettings, Setup, SetupError, Source,
    },
    observer::Observer,
    page::{Next, Page},
    reader::StreamOf,
    session::{Auth, Meaning, Response, Session, Verdict},
    stream::{DAILY, Days, Feed, Snapshot, Tier},
};
use futures::future::BoxFuture;
use jiff::SignedDuration;
use jiff::civil::date;
use parking_lot::Mutex;
use rows::{
    Clock, Row, Table,
    ads::AdCampaign,
    clock::SimulatedClock,
    limits::TEXT_BYTES_MAX,
    payments::Product,
    web::{WebAnalytics, WebOrigin, WebScope},
};

use crate::support::{
    drive::{Driver, End},
    memory::MemorySink,
    scripted::Wire,
};

const NAME: &str = "label-a-letters";
const NOON: &str = "2026-11-21T12:00:00Z";

/// What each stream answers, page by page.
#[derive(Debug, Default)]
struct Letters {
    visits: Vec<Vec<Row>>,
    campaigns: Vec<Vec<Row>>,
    products: Vec<Vec<Row>>,
}

#[derive(Debug, Clone, Default)]
struct Handle(Arc<Mutex<Letters>>);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest { id: "letters", base_url: "http://127.0.0.1:9", ..Manifest::BLANK };

impl Integration for Handle {
    type Settings = NoSettings;
    type Source = Self;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<Self>> {
        let every = Duration::from_mins(15);
        let days = Days {
            level: None,
            tiers: vec![Tier { days: 1, every }, Tier { days: 28, every: DAILY }],
            settling: SignedDuration::from_hours(72),
            window_days_max: 7,
            history_days_max: None,
        };
        let snapshot = Snapshot { every, vanishing: Some(Table::AdCampaigns) };
        let feed = Feed { every, relist: None };
        vec![
            StreamOf::days("visits", &[Table::WebAnalyticsDaily], days, |source: &Self, _, request| {
                Box::pin(ready(Ok(page(&source.0.lock().visits, request.cursor).into())))
            }),
            StreamOf::snapshot("campaigns", &[Table::AdCampaigns], snapshot, |source: &Self, _, request| {
                Box::pin(ready(Ok(page(&source.0.lock().campaigns, request.cursor).into())))
            }),
            StreamOf::feed("products", &[Table::Products], feed, |source: &Self, _, request| {
                let mut page = page(&source.0.lock().products, request.token);
                // It begins anew each time.
                if page.next == Next::End(None) {
                    page.next = Next::End(Some("0".to_owned()));
                }
                Box::pin(ready(Ok(page)))
            }),
        ]
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<Self, SetupError> {
        Ok(self.clone())
    }
}

impl Source for Handle {
    fn auth(&self) -> Auth {
        Auth::None
    }

    fn classify(&self, _: &Response) -> Verdict {
        Meaning::Ok.into()
    }

    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        let account = Account {
            id: "1".to_owned(),
            name: "one".to_owned(),
            currency: None,
            time_zone: "UTC".to_owned(),
        };
        Box::pin(ready(Ok(Accounts::one(account))))
    }
}

/// The page that a cursor or token leads to.
fn page(pages: &[Vec<Row>], token: Option<&str>) -> Page {
    let number: usize = token.and_then(|token| token.parse().ok()).unwrap_or(0);
    let rows = pages.get(number).cloned().unwrap_or_default();
    let next = if number + 1 < pages.len() { Next::More((number + 1).to_string()) } else { Next::End(None) };
    Page { rows, next, ..Page::default() }
}

/// Counts what is set aside.
#[derive(Debug, Default)]
struct Counting(Mutex<Vec<&'static str>>);

impl Observer for Counting {
    fn quarantined(&self, _: &'static str, _: &'static str, reason: &'static str) {
        self.0.lock().push(reason);
    }
}

struct Stage {
    letters: Handle,
    sink: MemorySink,
    observer: Arc<Counting>,
    driver: Driver,
}

impl Stage {
    fn new() -> Self {
        let (letters, sink) = (Handle::default(), MemorySink::default());
        let observer = Arc::new(Counting::default());
        let spec = ConnectionSpec {
            name: NAME.to_owned(),
            integration: "letters".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: date(2026, 11, 21),
            base_url: "http://127.0.0.1:9".parse().unwrap(),
            endpoints: std::collections::BTreeMap::new(),
            api_version: String::new(),
            credentials: std::collections::BTreeMap::new(),
            settings: serde_json::Value::Null,
            quotas: None,
            streams: std::collections::BTreeMap::new(),
        };
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(NOON.parse().unwrap()));
        let driver = Driver::new(
            spec,
            Arc::new(letters.clone()),
            Arc::new(Wire("{}")),
            clock,
            observer.clone(),
            Arc::new(sink.clone()),
        );
        Self { letters, sink, observer, driver }
    }

    /// Everything is read once, a minute after the reading before.
    async fn read(&self) -> Vec<&'static str> {
        self.driver.services.clock.sleep(Duration::from_mins(1)).await;
        let End { finished, failures, panics, .. } = self.driver.once().await;
        assert_eq!((finished, panics), (Some(true), 0), "{failures:?}");
        std::mem::take(&mut *self.observer.0.lock())
    }

    fn visits(&self) -> Vec<(String, Option<i64>, Option<i64>)> {
        let rows = self.sink.table(NAME, Table::WebAnalyticsDaily);
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|row| match row {
                Row::WebAnalytics(row) => (row.origin.campaign, row.sessions, row.users),
                other => panic!("{other:?}"),
            })
            .collect();
        rows.sort();
        rows
    }
}

fn visits(campaign: &str, sessions: i64) -> Row {
    let (source, medium) = ("google".to_owned(), "cpc".to_owned());
    Row::WebAnalytics(WebAnalytics {
        account_id: "1".to_owned(),
        origin: WebOrigin { scope: WebScope::Campaign, campaign: campaign.to_owned(), source, medium },
        date: date(2026, 11, 21),
        page_views: Some(sessions),
        sessions: Some(sessions),
        session_seconds: Some(sessions),
        users: Some(sessions),
        revenue: None,
        currency: None,
    })
}

fn campaign(id: &str) -> Row {
    Row::AdCampaign(AdCampaign {
        account_id: "1".to_owned(),
        campaign_id: id.to_owned(),
        name: Some("N\0ame".to_owned()),
        status: None,
        effective_status: None,
        objective: None,
        daily_budget: None,
        lifetime_budget: None,
        currency: None,
        start_at: None,
        end_at: None,
        created_at: None,
        updated_at: None,
        learning: None,
    })
}

fn product(id: &str) -> Row {
    Row::Product(Product {
        id: id.to_owned(),
        name: Some("x".repeat(TEXT_BYTES_MAX * 2)),
        active: None,
        default_price_id: None,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: None,
        livemode: true,
    })
}

#[tokio::test(start_paused = true)]
async fn a_key_with_u0000_is_read_with_its_day_and_twins_are_one() {
    let stage = Stage::new();
    stage.letters.0.lock().visits = vec![
        vec![visits("autumn", 1), visits("spring", 5)],
        vec![visits("spring\0", 2), visits("winter\0", 3)],
    ];
    assert_eq!(stage.read().await, Vec::<&str>::new());
    let expected = vec![
        ("autumn".to_owned(), Some(1), Some(1)),
        ("spring".to_owned(), Some(7), None),
        ("winter".to_owned(), Some(3), Some(3)),
    ];
    assert_eq!(stage.visits(), expected);
    let read = stage.sink.0.lock().checkpoints.values().any(|checkpoint| checkpoint.data_through().is_some());
    assert!(read, "the day counts as read");
    // Once more: the same, and what is gone goes, with its twin or alone.
    let before = stage.sink.dump();
    stage.read().await;
    // A page is stored before its twin comes: the sum is then written once more, and stands.
    assert_eq!(stage.visits(), expected);
    assert_eq!(before.lines().count(), stage.sink.dump().lines().count());
    stage.letters.0.lock().visits = vec![vec![visits("autumn", 1), visits("spring\0", 2)]];
    stage.read().await;
    let left = vec![("autumn".to_owned(), Some(1), Some(1)), ("spring".to_owned(), Some(2), Some(2))];
    assert_eq!(stage.visits(), left);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_for_its_key_holds_no_window_up() {
    let stage = Stage::new();
    let long = "k".repeat(TEXT_BYTES_MAX + 1);
    {
        let mut letters = stage.letters.0.lock();
        letters.visits = vec![vec![visits("a", 1), visits(&long, 1), visits("b", 1)], vec![visits("c", 1)]];
        letters.campaigns = vec![vec![campaign("1"), campaign(&long)], vec![campaign("2"), campaign("3")]];
        letters.products = vec![vec![product("1"), product(&long)], vec![product("2"), product("2\0")]];
    }
    let mut reasons = stage.read().await;
    reasons.sort_unstable();
    assert_eq!(reasons, ["key_too_long", "key_too_long", "key_too_long", "twin_key"]);
    assert_eq!(stage.sink.0.lock().quarantined.len(), 4);
    assert_eq!(stage.visits().len(), 3);
    for table in [Table::AdCampaigns, Table::Products] {
        let rows = stage.sink.table(NAME, table);
        assert_eq!(rows.len(), if table == Table::Products { 2 } else { 3 }, "{rows:?}");
        for row in rows {
            let name = match row {
                Row::AdCampaign(row) => row.name,
                Row::Product(row) => row.name,
                _ => None,
            };
            assert!(name.is_some_and(|name| !name.contains('\0') && name.len() <= TEXT_BYTES_MAX));
        }
    }
    // What is not there any more goes, though such rows stand beside it.
    {
        let mut letters = stage.letters.0.lock();
        letters.visits = vec![vec![visits("a", 1), visits(&long, 1), visits("c", 1)]];
        letters.campaigns = vec![vec![campaign("1"), campaign(&long), campaign("3")]];
    }
    stage.read().await;
    assert_eq!(stage.visits().iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    let removed = stage.sink.table(NAME, Table::AdCampaigns).into_iter().filter(
        |row| matches!(row, Row::AdCampaign(row) if row.status.as_deref() == Some(rows::ads::REMOVED)),
    );
    assert_eq!(removed.count(), 1);
}
