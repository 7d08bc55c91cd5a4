//! The server on a loopback socket, spoken to in plain text.

mod actions;
mod api;
mod limits;
mod page;
mod tenants;
mod webhooks;

use std::{
    collections::BTreeMap,
    io::Read,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use actix_web::web::Bytes;
use actors::{
    engine::status::{ConnectionStatus, StreamStatus},
    integration::Integration as _,
    integrations::stripe::Stripe,
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use rows::{
    Micros,
    clock::SystemClock,
    figures::SetAside,
    markup::Markup,
    money::{DisplaySpend, RawSpend},
    state::State,
};
use store::{people::People, read::CampaignKey};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    Action, ActionError, Check, Connections, DaySource, DaysByCampaign, Operator, PeopleOff, PeopleSource,
    QuotaSource, QuotaUsed, Readiness, ServeError, Server, Sources, Webhooks, serve,
};
use crate::{
    audience::{Written, said, written},
    settings::{Authentication, Basic, Http, Privacy, Token},
    telemetry::{
        Exposition, Metrics,
        figures::StatusSource,
        series::SeriesSource,
        shown::{CampaignSource, SetAsideSource, Shown, ShownCampaign, Slice, Wanted},
    },
};

/// One connection unless there are more, and whatever is missing.
#[derive(Default)]
struct World {
    missing: Mutex<Vec<String>>,
    more: Mutex<Vec<Arc<ConnectionStatus>>>,
    campaigns: Mutex<Vec<ShownCampaign>>,
    asked: Mutex<Vec<(String, Action)>>,
    news: Mutex<Vec<String>>,
    set_aside: Mutex<Vec<SetAside>>,
    /// What tenants scrape is raw spend: a mistake of who makes it.
    wrong_series: Mutex<bool>,
}

impl CampaignSource for World {
    fn campaigns(&self, wanted: &Wanted, _: Timestamp) -> Shown {
        self.slice(|campaign| wanted.holds(&campaign.snapshot), wanted)
    }

    fn campaigns_displayed(&self, tenant: &str, wanted: &Wanted, _: Timestamp) -> Shown<DisplaySpend> {
        let holds =
            |campaign: &ShownCampaign| campaign.snapshot.tenant == tenant && wanted.holds(&campaign.snapshot);
        let Shown { campaigns, total, has_more, .. } = self.slice(holds, wanted);
        let displayed = |campaign: ShownCampaign| {
            let ShownCampaign { snapshot, today, marketing_campaigns, .. } = campaign;
            ShownCampaign { snapshot: snapshot.displayed(), today, pacing: None, marketing_campaigns }
        };
        let campaigns = campaigns.into_iter().map(displayed).collect();
        Shown { campaigns, total, has_more, ..Shown::default() }
    }
}

impl World {
    fn slice(&self, holds: impl Fn(&ShownCampaign) -> bool, wanted: &Wanted) -> Shown {
        let mut all = self.campaigns.lock().clone();
        all.retain(holds);
        let total = all.len();
        let (offset, limit) = match &wanted.slice {
            Slice::Page { offset, limit } => (*offset, *limit),
            Slice::After { key, limit } => {
                let last = key.as_ref().map(|key| &key.2);
                (last.map_or(0, |last| all.partition_point(|one| one.snapshot.campaign_id <= *last)), *limit)
            }
        };
        let campaigns: Vec<_> = all.into_iter().skip(offset).take(limit).collect();
        Shown { has_more: offset + campaigns.len() < total, campaigns, total, ..Shown::default() }
    }
}

impl SetAsideSource for World {
    fn set_aside(&self, connection: &str) -> Vec<SetAside> {
        self.set_aside.lock().iter().filter(|one| one.connection == connection).cloned().collect()
    }
}

impl DaySource for World {
    fn days(&self, _: Vec<CampaignKey>, _: Timestamp) -> BoxFuture<'_, Result<DaysByCampaign, String>> {
        Box::pin(std::future::ready(Err("the disk is full".to_owned())))
    }

    fn days_displayed(
        &self,
        _: String,
        _: Vec<CampaignKey>,
        _: Timestamp,
    ) -> BoxFuture<'_, Result<DaysByCampaign<DisplaySpend>, String>> {
        Box::pin(std::future::ready(Ok(DaysByCampaign::new())))
    }
}

impl SeriesSource for World {
    /// One of spend, of the kind that the test chose.
    fn series_of(&self, tenant: &str, _: bool, _: Timestamp) -> Written<Vec<Bytes>> {
        let micros = RawSpend(Micros(7_000_000));
        let shown = Markup::default().shown(micros, jiff::civil::date(2026, 11, 24)).unwrap();
        let is_wrong = *self.wrong_series.lock();
        written(|| {
            let spend = if is_wrong { said(micros) } else { said(shown) };
            vec![Bytes::from(format!("spend{{tenant=\"{tenant}\"}} {spend}\n"))]
        })
    }
}

impl QuotaSource for World {
    fn used(&self, connection: &str) -> Option<QuotaUsed> {
        (connection == "label-a-meta").then(|| QuotaUsed { scope: "app".to_owned(), ratio: 0.42 })
    }
}

impl Operator for World {
    fn act(&self, connection: String, action: Action) -> BoxFuture<'_, Result<(), ActionError>> {
        let answer = if connection == "label-a-meta" {
            self.asked.lock().push((connection, action));
            Ok(())
        } else {
            Err(ActionError::Unknown(connection))
        };
        Box::pin(std::future::ready(answer))
    }
}

impl Webhooks for World {
    fn check(&self, integration: &str, connection: &str) -> Option<Check> {
        let verifier = Stripe.manifest().webhook?;
        (integration == "stripe" && connection == "label-a-stripe")
            .then(|| Check { verifier, secret: "whsec_ours".into() })
    }

    fn news(&self, connection: &str) {
        self.news.lock().push(connection.to_owned());
    }
}

impl PeopleSource for World {
    fn open(&self) -> BoxFuture<'_, Result<People, PeopleOff>> {
        Box::pin(std::future::ready(Err(PeopleOff::NoKey)))
    }

    fn privacy(&self) -> Privacy {
        Privacy::default()
    }
}

impl Readiness for World {
    fn missing(&self) -> BoxFuture<'_, Vec<String>> {
        let missing = self.missing.lock().clone();
        Box::pin(std::future::ready(missing))
    }
}

impl StatusSource for World {
    fn statuses(&self) -> Vec<Arc<ConnectionStatus>> {
        let first = Arc::new(ConnectionStatus {
            connection: "label-a-meta".to_owned(),
            integration: "meta_ads",
            tenant: "label-a".to_owned(),
            start_date: jiff::civil::date(2026, 11, 20),
            paused: false,
            state: State::NeedsReauth,
            last_success_at: Some(Timestamp::UNIX_EPOCH),
            next_poll_at: None,
            error: Some("the access token was refused: renew it".to_owned()),
            streams: vec![StreamStatus {
                account_id: "1".to_owned(),
                stream: "insights",
                state: State::NeedsReauth,
                data_through: Some(Timestamp::UNIX_EPOCH),
                settled_through: None,
                settled_through_at: None,
                last_file_at: None,
                error: None,
            }],
        });
        let more = self.more.lock();
        std::iter::once(first).chain(more.iter().cloned()).collect()
    }
}

/// Rows of a stream of the first connection.
fn set_aside(stream: &str, rows: u64, last_seen_at: &str) -> SetAside {
    SetAside {
        connection: "label-a-meta".to_owned(),
        account_id: "1".to_owned(),
        stream: stream.to_owned(),
        rows,
        reason: "money".to_owned(),
        detail: "spend is no <decimal>".to_owned(),
        last_seen_at: last_seen_at.parse().unwrap(),
    }
}

struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

fn sources(world: &Arc<World>) -> Sources {
    let clock = Arc::new(SystemClock::new());
    let metrics = Arc::new(Metrics::new("1.2.3", clock.clone()).unwrap());
    Sources {
        name: "worker-1".to_owned(),
        clock: clock.clone(),
        exposition: Arc::new(Exposition::new(metrics, clock)),
        series: world.clone(),
        statuses: world.clone(),
        campaigns: world.clone(),
        set_aside: world.clone(),
        days: world.clone(),
        quotas: world.clone(),
        readiness: world.clone(),
        operator: world.clone(),
        webhooks: world.clone(),
        people: world.clone(),
    }
}

fn settings(listen: SocketAddr) -> Http {
    Http {
        listen,
        allow_public: false,
        allowed_hosts: Vec::new(),
        tls: None,
        is_authenticated: false,
        authentication: None,
        tokens: BTreeMap::new(),
    }
}

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn started() -> (Server, Arc<World>) {
    let world = Arc::new(World::default());
    (serve(&settings(ANYWHERE), sources(&world)).unwrap(), world)
}

/// The token `token`, and the user `ops` with the password `password`; `token-a` is of the tenant `label-a`, `token-b` of `label-b`.
fn started_with_authentication() -> (Server, Arc<World>) {
    let world = Arc::new(World::default());
    let basic = Basic { user: "ops".to_owned(), password: "password".into() };
    let authentication = Some(Authentication { bearer: Some("token".into()), basic: Some(basic) });
    let token = |tenant: &str, secret: &str| Token { tenant: tenant.to_owned(), secret: secret.into() };
    let tokens = [("a", token("label-a", "token-a")), ("b", token("label-b", "token-b"))];
    let tokens = tokens.map(|(name, token)| (name.to_owned(), token)).into();
    let settings = Http { authentication, tokens, ..settings(ANYWHERE) };
    (serve(&settings, sources(&world)).unwrap(), world)
}

async fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    Answer { head: String::from_utf8(bytes[..end].to_vec()).unwrap(), body: bytes[end + 4..].to_vec() }
}

async fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    exchange(address, &request).await
}

#[tokio::test]
async fn metrics_as_text_and_as_gzip() {
    let (server, _) = started();
    let plain = ask(server.address, "GET", "/metrics", "").await;
    assert_eq!(plain.status(), "200");
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(plain.header("content-length").unwrap(), plain.body.len().to_string());
    assert!(plain.text().contains("dynamoi_build_info{version=\"1.2.3\"} 1\n"));
    assert_eq!(plain.header("content-encoding"), None);

    let packed = ask(server.address, "GET", "/metrics", "Accept-Encoding: gzip\r\n").await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("Accept-Encoding"));
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&*packed.body).read_to_string(&mut text).unwrap();
    assert!(text.contains("dynamoi_build_info{version=\"1.2.3\"} 1\n"));

    let head = ask(server.address, "HEAD", "/metrics", "").await;
    assert_eq!((head.status(), head.body.len()), ("200", 0));
    assert!(head.header("content-length").unwrap().parse::<usize>().unwrap() > 0);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn health_and_readiness() {
    let (server, world) = started();
    assert_eq!(ask(server.address, "GET", "/healthz", "").await.status(), "200");
    let ready = ask(server.address, "GET", "/readyz", "").await;
    assert_eq!((ready.status(), ready.text()), ("200", r#"{"ready":true,"reasons":[]}"#));
    world.missing.lock().push("the database does not answer".to_owned());
    let unready = ask(server.address, "GET", "/readyz", "").await;
    assert_eq!(unready.status(), "503");
    assert_eq!(unready.text(), r#"{"ready":false,"reasons":["the database does not answer"]}"#);
    assert_eq!(ask(server.address, "GET", "/healthz", "").await.status(), "200", "the process still turns");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn connections_as_json_and_as_a_page() {
    let (server, _) = started();
    let json = ask(server.address, "GET", "/api/v1/connections", "").await;
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert!(json.text().contains(r#""state":"needs_reauth""#));
    let read: Connections = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(read.connections[0].connection, "label-a-meta");
    assert!(read.connections[0].lag_seconds.unwrap() > 0);
    assert_eq!(read.connections[0].streams[0].stream, "insights");
    let page = ask(server.address, "GET", "/", "").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("needs reauth") && page.text().contains("renew it"));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn every_answer_is_guarded_and_does_not_name_its_server() {
    let (server, _) = started();
    for (path, status) in [("/", "200"), ("/metrics", "200"), ("/readyz", "200"), ("/no/such/path", "404")] {
        let answer = ask(server.address, "GET", path, "").await;
        assert_eq!(answer.status(), status, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("server"), None, "{path}");
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn bodies_and_other_methods_are_refused() {
    let (server, _) = started();
    assert_eq!(ask(server.address, "POST", "/metrics", "").await.status(), "405");
    assert_eq!(ask(server.address, "DELETE", "/", "").await.status(), "405");
    let with_length = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello";
    let large = "POST /api/v1/users/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n";
    let chunked = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for (request, why) in [
        (with_length, "Nothing here takes a request body."),
        (large, "at most 4194304 bytes"),
        (chunked, "Content-Length"),
    ] {
        let answer = exchange(server.address, request).await;
        let told = String::from_utf8(answer.body.clone()).unwrap();
        assert_eq!((answer.status(), told.contains(why)), ("413", true), "{told}");
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn headers_that_go_on_for_ever_are_refused() {
    let (server, _) = started();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let line = format!("X-Filler: {}\r\n", "x".repeat(8_000));
    let _ = stream.write_all(b"GET / HTTP/1.1\r\n").await;
    let mut sent = 0;
    // The server answers or hangs up long before a gigabyte.
    while sent < 10_000_000 && stream.write_all(line.as_bytes()).await.is_ok() {
        sent += line.len();
    }
    assert!(sent < 10_000_000, "{sent} bytes of headers were taken");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_taken_address_is_told_with_what_to_do() {
    let (server, _) = started();
    let error = serve(&settings(server.address), sources(&Arc::default())).unwrap_err();
    assert!(matches!(error, ServeError::Bind { .. }));
    let text = error.to_string();
    assert!(text.contains(&server.address.to_string()) && text.contains("[http] listen"), "{text}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_stopped_server_gives_its_address_back() {
    let (server, _) = started();
    let address = server.address;
    server.stop().await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
