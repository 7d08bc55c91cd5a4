//! A Stripe account in memory: lists, retrieval, events, and a reader that stores like the engine does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::future::BoxFuture;
use jiff::{Timestamp, civil::date};
use parking_lot::Mutex;
use reqwest::header::HeaderMap;
use rows::{Row, Table, clock::SimulatedClock};
use serde_json::{Value, json};
use url::Url;

use super::super::Stripe;
use crate::{
    failure::Failure,
    integration::{self, Account, AnyIntegration as _, ConnectionSpec, Integration as _},
    page::{FeedRequest, Lane, Next, Page, SetPage, SnapshotReply, SnapshotRequest},
    reader::{BoundStream, Reader},
    session::{
        Call, Link, Signature,
        quota::Urgency,
        transport::{RawResponse, Transport, TransportError},
    },
    testing,
};

/// 2026-11-24T00:00:00Z.
pub const NOW: i64 = 1_795_478_400;

/// What the account holds.
#[derive(Default)]
pub struct World {
    /// Objects by the path of their list.
    pub objects: BTreeMap<String, Vec<Value>>,
    pub events: Vec<Value>,
    /// Requests so far: path and the parameters that matter.
    pub requests: Vec<String>,
    /// What was ever expanded.
    pub expanded: BTreeSet<String>,
    /// Paths answered with 403.
    pub refused: BTreeSet<String>,
    /// Objects on a page at most; 0 = as many as asked for.
    pub page_max: usize,
    /// Paths answered once with this status.
    pub faults: BTreeMap<String, u16>,
}

/// Answers like Stripe.
#[derive(Default)]
pub struct FakeStripe {
    pub world: Mutex<World>,
}

/// A connection to the account, and what it stored.
pub struct Connected {
    pub stripe: Arc<FakeStripe>,
    pub link: Arc<Link>,
    pub account: Account,
    pub streams: Vec<BoundStream>,
    pub now: i64,
    pub rows: BTreeMap<(Table, String), Row>,
    pub quarantined: Vec<rows::quarantine::Quarantined>,
    pub tombstones: Vec<(Table, String)>,
    /// Tokens by stream: the tail's and the re-listing's.
    pub tokens: BTreeMap<(&'static str, bool), String>,
}

// === impl World ===

impl World {
    pub fn put(&mut self, path: &str, object: Value) {
        let objects = self.objects.entry(path.to_owned()).or_default();
        // What changes keeps its place: a list's order does not depend on updates.
        match objects.iter_mut().find(|held| held["id"] == object["id"]) {
            Some(held) => *held = object,
            None => objects.push(object),
        }
    }

    pub fn remove(&mut self, path: &str, id: &str) {
        self.objects.entry(path.to_owned()).or_default().retain(|object| object["id"] != id);
    }

    pub fn event(&mut self, id: &str, kind: &str, created: i64, object: Value) {
        self.events.push(json!({
            "id": id, "object": "event", "type": kind, "created": created, "api_version": "2020-08-27",
            "data": { "object": object }, "livemode": true, "pending_webhooks": 0,
        }));
    }

    fn answer(&mut self, call: &Call) -> (u16, Value) {
        let all = |name: &str| -> Vec<&str> {
            call.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
        };
        let one = |name: &str| all(name).first().copied();
        let expanded: Vec<String> = all("expand[]").into_iter().map(str::to_owned).collect();
        self.expanded.extend(expanded);
        self.requests.push(format!(
            "{}{}{}",
            call.path,
            one("created[gte]").map(|from| format!(" from {from}")).unwrap_or_default(),
            one("starting_after").map(|after| format!(" after {after}")).unwrap_or_default(),
        ));
        if let Some(status) = self.faults.remove(&call.path) {
            return (status, json!({"error": {"type": "api_error"}}));
        }
        if self.refused.contains(&call.path) {
            let message = "Having the 'rak_event_read' permission would allow this request to continue.";
            return (403, json!({"error": {"type": "invalid_request_error", "message": message}}));
        }
        let missing = (404, json!({"error": {"code": "resource_missing", "type": "invalid_request_error"}}));
        let types = all("types[]");
        let list: Vec<&Value> = match (call.path.as_str(), self.objects.get(&call.path)) {
            ("/v1/events", _) => {
                self.events.iter().filter(|event| types.iter().any(|kind| event["type"] == *kind)).collect()
            }
            (_, Some(objects)) => objects.iter().collect(),
            (path, None) => {
                let Some((list, id)) = path.rsplit_once('/') else { return missing };
                let found = self.objects.get(list).and_then(|objects| objects.iter().find(|o| o["id"] == id));
                return found.map_or(missing, |object| (200, object.clone()));
            }
        };
        let from: i64 = one("created[gte]").map_or(i64::MIN, |from| from.parse().unwrap());
        let mut list: Vec<&Value> = list
            .into_iter()
            .filter(|object| object["created"].as_i64().is_none_or(|at| at >= from))
            .collect();
        list.sort_by_key(|object| std::cmp::Reverse(object["created"].as_i64().unwrap_or(0)));
        if let Some(after) = one("starting_after") {
            let Some(place) = list.iter().position(|object| object["id"] == after) else {
                return (400, json!({"error": {"code": "resource_missing", "param": "starting_after"}}));
            };
            list.drain(..=place);
        }
        let limit: usize = one("limit").map_or(10, |limit| limit.parse().unwrap());
        let limit = if self.page_max == 0 { limit } else { limit.min(self.page_max) };
        let has_more = list.len() > limit;
        list.truncate(limit);
        (200, json!({"object": "list", "url": call.path, "has_more": has_more, "data": list}))
    }
}

// === impl FakeStripe ===

impl Transport for FakeStripe {
    fn send<'a>(
        &'a self,
        _base: &'a Url,
        call: &'a Call,
        _: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        assert!(
            call.headers.contains(&("stripe-version", "2026-10-28.endive".to_owned())),
            "every request is pinned to a version"
        );
        let (status, body) = self.world.lock().answer(call);
        let response = RawResponse { status, headers: HeaderMap::new(), body: body.to_string().into() };
        Box::pin(async move { Ok(response) })
    }
}

// === impl Connected ===

impl Connected {
    pub fn new(key: &str, settings: Value) -> Self {
        let stripe = Arc::new(FakeStripe::default());
        let base_url = Url::parse("http://127.0.0.1:1").unwrap();
        let start_date = date(2026, 1, 1);
        let spec =
            ConnectionSpec { start_date, base_url, ..testing::spec(&Stripe, ("api_key", key), settings) };
        let now = Timestamp::from_second(NOW).unwrap();
        let integration::Connected { source, streams } =
            Stripe.connected(&spec, &testing::services(now)).unwrap();
        let clock = SimulatedClock::new(now);
        let link =
            testing::link(spec, &Stripe, source, Stripe.manifest().rates.to_vec(), stripe.clone(), &clock);
        let account = Account::sole("", "UTC");
        Self {
            stripe,
            link,
            account,
            streams,
            now: NOW,
            rows: BTreeMap::new(),
            quarantined: Vec::new(),
            tombstones: Vec::new(),
            tokens: BTreeMap::new(),
        }
    }

    pub fn live() -> Self {
        Self::new("rk_live_1", Value::Null)
    }

    pub fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.stripe.world.lock())
    }

    /// The requests since the last call of this.
    pub fn requests(&self) -> Vec<String> {
        self.world(|world| std::mem::take(&mut world.requests))
    }

    /// Asks for one page of a feed and stores it with its token. Whether another page follows.
    pub async fn page(&mut self, stream: &'static str, lane: Lane) -> Result<bool, Failure> {
        let key = (stream, lane == Lane::Tail);
        let Reader::Feed(reader) = self.reader(stream) else { panic!("{stream} is no feed") };
        let request = FeedRequest {
            account: &self.account,
            lane,
            token: self.tokens.get(&key).map(String::as_str),
            start: date(2026, 1, 1),
            now: Timestamp::from_second(self.now).unwrap(),
        };
        let page = reader.read(&self.link.session(Urgency::Fresh), request).await?;
        let (more, token) = match page.next.clone() {
            Next::More(token) => (true, Some(token)),
            Next::End(token) => (false, token),
        };
        match token {
            Some(token) => self.tokens.insert(key, token),
            None => self.tokens.remove(&key),
        };
        self.store(page);
        Ok(more)
    }

    /// Reads a feed to its end.
    pub async fn poll(&mut self, stream: &'static str) -> Result<(), Failure> {
        while self.page(stream, Lane::Tail).await? {}
        Ok(())
    }

    pub async fn relist(&mut self, stream: &'static str) -> Result<(), Failure> {
        while self.page(stream, Lane::Relist).await? {}
        Ok(())
    }

    /// Reads the daily revenue to its end.
    pub async fn snapshot(&mut self) -> Result<(), Failure> {
        let mut cursor = None;
        loop {
            let Reader::Snapshot(reader) = self.reader("subscription_mrr") else { panic!("no snapshot") };
            let request = SnapshotRequest {
                account: &self.account,
                cursor: cursor.as_deref(),
                resume: None,
                now: Timestamp::from_second(self.now).unwrap(),
            };
            let session = self.link.session(Urgency::Fresh);
            let SnapshotReply::Page(SetPage { page, .. }) = reader.read(&session, request).await? else {
                panic!("no page")
            };
            let next = page.next.clone();
            self.store(page);
            match next {
                Next::More(more) => cursor = Some(more),
                Next::End(_) => return Ok(()),
            }
        }
    }

    fn reader(&self, stream: &str) -> &Reader {
        self.streams.iter().find(|held| held.name == stream).unwrap().reader()
    }

    fn store(&mut self, page: Page) {
        for row in page.rows {
            self.rows.insert((row.table(), id_of(&row)), row);
        }
        for (table, id) in page.tombstones {
            self.rows.remove(&(table, id.clone()));
            self.tombstones.push((table, id));
        }
        self.quarantined.extend(page.quarantined);
    }

    pub fn ids(&self, table: Table) -> Vec<&str> {
        self.rows.keys().filter(|(held, _)| *held == table).map(|(_, id)| id.as_str()).collect()
    }
}

fn id_of(row: &Row) -> String {
    match row {
        Row::Payment(row) => row.id.clone(),
        Row::Refund(row) => row.id.clone(),
        Row::Dispute(row) => row.id.clone(),
        Row::Invoice(row) => row.id.clone(),
        Row::InvoicePayment(row) => row.id.clone(),
        Row::Subscription(row) => row.id.clone(),
        Row::SubscriptionMrr(row) => format!("{} {}", row.date, row.subscription_id),
        Row::LedgerEntry(row) => row.id.clone(),
        Row::Customer(row) => row.id.clone(),
        Row::Product(row) => row.id.clone(),
        Row::Price(row) => row.id.clone(),
        Row::BillingProfile(row) => format!("{} {} {}", row.customer_id, row.source.as_str(), row.source_id),
        other => panic!("not Stripe's: {other:?}"),
    }
}

pub fn charge(id: &str, created: i64) -> Value {
    json!({
        "id": id, "object": "charge", "amount": 2_500, "amount_captured": 2_500, "amount_refunded": 0,
        "captured": true, "created": created, "currency": "usd", "customer": "cus_1", "disputed": false,
        "livemode": true, "paid": true, "refunded": false, "status": "succeeded", "balance_transaction": null,
        "billing_details": { "name": "Ada Example", "email": "ada@example.com" },
    })
}

pub fn balance_transaction(id: &str, created: i64) -> Value {
    json!({
        "id": id, "object": "balance_transaction", "amount": 2_300, "fee": 97, "net": 2_203, "currency": "eur",
        "exchange_rate": 0.920_000_1, "created": created, "available_on": created + 86_400, "type": "charge",
        "reporting_category": "charge", "source": "ch_1", "status": "pending", "fee_details": [],
    })
}

pub fn customer(id: &str, created: i64) -> Value {
    json!({
        "id": id, "object": "customer", "created": created, "livemode": true, "currency": "usd", "balance": -500,
        "delinquent": false, "email": "ada@example.com", "name": "Ada Example",
    })
}
