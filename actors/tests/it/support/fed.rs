//! Any integration, fed with answers that no provider ever gave: whatever the body, its readers end, and say what they could not
//! read. Shared by a test and by the fuzz targets (`tests/fuzz/`).

use std::{collections::BTreeMap, sync::Arc};

use actors::{
    integration::{Account, AnyIntegration, ConnectionSpec},
    integrations::catalogue,
    observer::Silent,
    page::{DaysReply, DaysRequest, FeedRequest, Lane, Next, Page, SetPage, SnapshotReply, SnapshotRequest},
    reader::Reader,
    session::{
        API_HOST, Call, Link, LinkServices, Session, Signature,
        quota::{Quota, Urgency},
        transport::{RawResponse, Transport, TransportError},
    },
};
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use jiff::civil::date;
use reqwest::header::HeaderMap;
use rows::{Clock, Currency, DayRange, clock::SimulatedClock};
use sandbox::{apple_music, google};
use serde_json::{Value, json};
use url::Url;

/// Pages that are asked for: what is read of the last must be good for another request.
const PAGES_MAX: usize = 3;
/// Texts that people read are short, whatever the provider says.
const TEXT_BYTES_MAX: usize = 20_000;

/// Answers every request alike, but gives access tokens.
struct Parrot {
    status: u16,
    body: Bytes,
}

/// The credentials and settings with which all of an integration's streams are on.
fn setup(id: &str) -> (Vec<(&'static str, String)>, Value) {
    let text = str::to_owned;
    let app = || {
        vec![("client_id", text("id")), ("client_secret", text("secret")), ("refresh_token", text("refresh"))]
    };
    let key = || vec![("service_account", google::DEMO_KEY.to_owned())];
    match id {
        "apple_music" => (
            vec![
                ("private_key", apple_music::DEMO_KEY.to_owned()),
                ("analytics_key", apple_music::ANALYTICS_KEY.to_owned()),
            ],
            json!({
                "team_id": apple_music::TEAM_ID, "key_id": apple_music::KEY_ID, "storefronts": ["us", "gb"],
                "tracks": ["1613600188", "isrc:GBDUW0000059"], "albums": ["upc:0724384960650"], "artists": ["3"],
                "playlists": ["pl.1"], "charts": true,
                "analytics": { "issuer_id": apple_music::ISSUER_ID, "key_id": apple_music::ANALYTICS_KEY_ID },
            }),
        ),
        "deezer" => (
            vec![],
            json!({ "tracks": ["1", "isrc:GBDUW0000059"], "albums": ["2"], "artists": ["3"], "playlists": ["4"], "charts": ["0"] }),
        ),
        "feature_fm" => (vec![("api_key", text("key"))], {
            let fields = json!({ "rows": "/data", "more": "/next", "date": "/id", "country": "/name", "visits": "/total" });
            let path = "smartlink/{id}/analytics?from={from}&to={to}";
            json!({ "links": ["1", "short:ffm.to/a"], "analytics": { "path": path, "fields": fields } })
        }),
        "google_ads" => (key(), json!({ "countries": true })),
        "google_analytics" => (key(), json!({ "property": "123456", "goals": ["sign_up"] })),
        "meta_ads" => {
            (vec![("access_token", text("token"))], json!({ "countries": true, "conversion": "purchase" }))
        }
        "posthog" => (
            vec![("api_key", text("phx_key"))],
            json!({ "project": "1", "goals": ["signed_up"], "time_zone": "UTC", "currency": "EUR" }),
        ),
        "soundcharts" => (
            vec![("app_id", text("id")), ("api_key", text("key"))],
            json!({
                "tracks": ["7d534228-5165-11e9-9375-549f35161576", "isrc:GBDUW0000059"],
                "artists": ["11e81bcc-9c1c-ce38-b96b-a0369fe50396"],
            }),
        ),
        "spotify" => (
            app(),
            json!({
                "tracks": ["11dFghVXANMlKmJXsNCbNl", "isrc:GBDUW0000059"], "albums": ["upc:0724384960650"],
                "artists": ["0TnOYISbd1XYRBk9myaseg"], "playlists": ["3cEYpjA9oz9GiPac4AsH4n"],
            }),
        ),
        "spotify_ads" => (app(), json!({})),
        "stripe" => {
            (vec![("api_key", text("rk_test_1"))], json!({ "billing_profiles": true, "test_mode": true }))
        }
        "tiktok_ads" => (
            vec![("access_token", text("token")), ("app_id", text("7")), ("app_secret", text("secret"))],
            json!({ "countries": true }),
        ),
        "youtube" => (
            app(),
            json!({
                "channels": ["UC_x5XG1OV2P6uZZ5FSM9Ttw"], "videos": ["dQw4w9WgXcQ"], "playlists": ["PLFgquLnL59alCl"],
                "revenue": true,
            }),
        ),
        _ => panic!("{id}: say here how all of its streams are switched on"),
    }
}

/// The integrations that ask an API.
pub fn fed() -> Vec<Arc<dyn AnyIntegration>> {
    let has_pages = |integration: &Arc<dyn AnyIntegration>| {
        let streams = integration.known_streams();
        !streams.iter().any(|stream| matches!(stream.kind, actors::stream::Kind::Files(_)))
    };
    catalogue().into_iter().filter(has_pages).collect()
}

/// Asks for the accounts, and for pages of every stream; each request is answered with this. Panics where a reader does, or where
/// it says more than people can read.
pub fn feed(integration: &dyn AnyIntegration, status: u16, body: &[u8]) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(read(integration, status, Bytes::copy_from_slice(body)));
}

async fn read(integration: &dyn AnyIntegration, status: u16, body: Bytes) {
    let (credentials, settings) = setup(integration.manifest().id);
    let host = |name: &str| Url::parse(&format!("http://{name}.invalid")).unwrap();
    let spec = Arc::new(ConnectionSpec {
        name: "fed".to_owned(),
        integration: integration.manifest().id.to_owned(),
        tenant: "label-a".to_owned(),
        accounts: Vec::new(),
        accounts_exclude: Vec::new(),
        start_date: date(2026, 11, 1),
        base_url: host(API_HOST),
        endpoints: integration
            .manifest()
            .hosts
            .iter()
            .map(|of| (of.name.to_owned(), host(of.name)))
            .collect(),
        api_version: integration.manifest().api_version.to_owned(),
        credentials: credentials.into_iter().map(|(name, secret)| (name.to_owned(), secret.into())).collect(),
        settings,
        quotas: None,
        streams: BTreeMap::new(),
    });
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new("2026-11-28T12:00:00Z".parse().unwrap()));
    let services = LinkServices::alone(Arc::new(Parrot { status, body }), clock, Arc::new(Silent));
    let connected = integration.connected(&spec, &services.services()).unwrap();
    let link = Link::new(
        Arc::clone(&spec),
        integration.manifest().id,
        Arc::clone(&connected.source),
        Quota::default(),
        services,
    );
    // What a check finds is as much the provider's word as the rest.
    let session = || link.session(Urgency::Fresh);
    let found = connected.source.check(&session()).await.unwrap_or_default();
    assert!(format!("{:?}", found.unusable).len() < TEXT_BYTES_MAX * (found.unusable.len() + 1));
    let mut account = Account::sole("fed", "UTC");
    account.currency = Currency::parse("EUR").ok();
    let accounts: Vec<Account> = found.usable.into_iter().take(1).chain([account]).collect();
    for stream in &connected.streams {
        for account in &accounts {
            pages(stream.reader(), &session(), account).await;
        }
    }
}

/// A few pages of one stream.
async fn pages(reader: &Reader, session: &Session, account: &Account) {
    let (now, day) = (session.now(), date(2026, 11, 27));
    let mut at: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let cursor = at.as_deref();
        let read = match reader {
            Reader::Days(reader) => {
                let days = DayRange::day(day);
                let request = DaysRequest { account, days, part: None, cursor, resume: None, now };
                reader.read(session, request).await.map(|reply| match reply {
                    DaysReply::Page(page) => page,
                    DaysReply::Pending(_) | DaysReply::Split { .. } => Page::default(),
                })
            }
            Reader::Feed(reader) => {
                let request =
                    FeedRequest { account, lane: Lane::Tail, token: cursor, start: date(2026, 11, 1), now };
                reader.read(session, request).await
            }
            Reader::Snapshot(reader) => {
                let request = SnapshotRequest { account, cursor, resume: None, now };
                reader.read(session, request).await.map(|reply| match reply {
                    SnapshotReply::Page(SetPage { page, .. }) => page,
                    SnapshotReply::Pending(_) => Page::default(),
                })
            }
            Reader::Files(_) => return,
        };
        match read {
            Ok(page) => {
                for one in &page.quarantined {
                    assert!(one.detail.len() + one.place.len() < TEXT_BYTES_MAX, "{}", one.reason);
                }
                match page.next {
                    Next::More(cursor) => at = Some(cursor),
                    Next::End(_) => return,
                }
            }
            Err(failure) => {
                assert!(failure.to_string().len() < TEXT_BYTES_MAX);
                return;
            }
        }
    }
}

impl Transport for Parrot {
    fn send<'a>(
        &'a self,
        _: &'a Url,
        call: &'a Call,
        _: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        let (status, body) = match call.host {
            "token" => {
                (200, Bytes::from_static(br#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#))
            }
            _ => (self.status, self.body.clone()),
        };
        std::future::ready(Ok(RawResponse { status, headers: HeaderMap::new(), body })).boxed()
    }
}
