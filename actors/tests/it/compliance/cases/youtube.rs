//! YouTube: public counters in batches, playlists with what is gone from them, reports by day that end days before today.

use std::{sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::youtube::YouTube,
    session::{Call, quota::Scope},
    stream::{FRESH, QUARTER_DAY, Tier},
};
use jiff::{Timestamp, ToSpan};
use rows::{Day, Table};
use sandbox::{
    exchange::Imitation,
    google::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN},
    youtube::{Change, EMPTY, Kind, LONG, MIXED, Numbers, OWN, TruthDay, YouTube as World, YouTubeError},
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: YouTubeCase = YouTubeCase;

pub struct YouTubeCase;

/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;
/// Videos whose analytics and counters are read: with large counters, without likes, without comments.
const VIDEOS: [&str; 4] = ["v-_00000001", "v-_00000002", "v-_00000003", "v-_00000004"];
/// A video that brings nothing on one day, at first.
const LATE: (&str, i64) = ("v-_00000004", 5);
const PLAYLISTS: [&str; 3] = [LONG, MIXED, EMPTY];
/// Between what everything else takes for a poll, and the default.
const EVERY: Duration = Duration::from_mins(20);
const SNAPSHOTS: [&str; 3] = ["channels", "videos", "playlists"];

impl Case for YouTubeCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(YouTube)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        let day = day_of(&world, LATE.1);
        assert!(world.restate(LATE.0, day, |numbers| *numbers = Numbers::default()));
        Box::new(world)
    }

    fn spec(&self, start: Day) -> ConnectionSpec {
        let credentials =
            [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("refresh_token", REFRESH_TOKEN)];
        // Deeper than YouTube's own numbers move, so that most of the history is in it; one of them more often, since the suite
        // waits for it.
        let deep = |every| {
            let tiers = Some(vec![Tier { days: 16, every }]);
            StreamOverride { tiers, ..StreamOverride::default() }
        };
        let often = StreamOverride { every: Some(EVERY), ..StreamOverride::default() };
        let endpoints =
            [("token", "http://imitation.invalid/token"), ("analytics", "http://imitation.invalid")];
        let reports = [("performance", FRESH), ("traffic_sources", QUARTER_DAY), ("countries", QUARTER_DAY)];
        let streams = SNAPSHOTS.map(|name| (name, often.clone())).into_iter();
        let streams = streams.chain(reports.map(|(name, every)| (name, deep(every))));
        ConnectionSpec {
            name: "label-a-youtube".to_owned(),
            integration: "youtube".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: endpoints.map(|(name, url)| (name.to_owned(), url.parse().unwrap())).into(),
            api_version: "v3".to_owned(),
            credentials: credentials.map(|(name, secret)| (name.to_owned(), secret.into())).into(),
            settings: json!({ "channels": [OWN], "videos": VIDEOS, "playlists": PLAYLISTS }),
            quotas: None,
            streams: streams.map(|(name, change)| (name.to_owned(), change)).collect(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        let today = today(wire);
        wire.world(|world: &mut World| {
            let mut facts = Vec::new();
            for reading in world.truth_readings() {
                let (kind, is_named) = match reading.kind {
                    Kind::Channel => ("channel", reading.id == OWN),
                    Kind::Video => ("video", VIDEOS.contains(&reading.id.as_str())),
                };
                if is_named {
                    let key = format!("{kind}/{}/{}/{today}", reading.id, reading.counter);
                    facts.push(Fact::new(Table::CounterReadingsDaily, key).value("value", reading.value));
                }
            }
            facts.extend(playlists(world, &today));
            for id in [OWN].iter().chain(&VIDEOS) {
                facts.extend(world.truth_days(id).iter().map(|day| performance(day, false)));
            }
            facts
        })
    }

    fn is_past(&self, table: Table, key: &str, wire: &ImitationWire, _: &ConnectionSpec) -> bool {
        let is_reading = matches!(table, Table::CounterReadingsDaily | Table::PlaylistPlacements);
        is_reading && !key.ends_with(&today(wire))
    }

    fn may_repeat(&self, seen: &Seen) -> bool {
        // Before its pages and after them.
        seen.path.ends_with("/playlists")
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        // The check.
        seen.query.contains(&("part".to_owned(), "id".to_owned()))
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        let asked = |name| seen.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
        if let Some(method) = seen.path.strip_prefix("/youtube/v3/") {
            let set = if method.starts_with("playlist") { "playlists" } else { method };
            return (!self.is_cheap_after_kill(seen)).then(|| set.to_owned());
        }
        // A window is all of its contents: it is read again as a whole. Requests by country do not tell which it is.
        match asked("dimensions") {
            "" => None,
            "country" => Some("countries".to_owned()),
            dimensions => Some(format!("{dimensions} from {}", asked("startDate"))),
        }
    }

    // --- What happens at the provider ---

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            world.set_counter(Kind::Channel, OWN, "subscribers", Some(7));
            world.set_counter(Kind::Video, VIDEOS[0], "views", Some(BIG + 2));
            assert!(world.change_playlist(MIXED, &Change::Reverse));
            for age in [3, 7] {
                let day = day_of(world, age);
                let change = |numbers: &mut Numbers| {
                    numbers.views += 1_000;
                    numbers.minutes += 77;
                    numbers.likes += 5;
                };
                assert!(world.restate(VIDEOS[1], day, change));
            }
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            assert!(world.change_playlist(EMPTY, &Change::Append(VIDEOS[0].to_owned())));
            let day = day_of(world, LATE.1);
            let come =
                |numbers: &mut Numbers| *numbers = Numbers { views: 40, minutes: 90, ..Numbers::default() };
            assert!(world.restate(LATE.0, day, come));
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            assert!(world.change_playlist(LONG, &Change::RemoveFirst));
            assert!(world.delete_playlist(MIXED));
            let day = day_of(world, 5);
            for id in [VIDEOS[0], VIDEOS[2]] {
                world.vanish(id, day);
            }
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        wire.end_tamper();
        if empty {
            wire.set_tamper(|_, body| drop(body.as_object_mut().and_then(|body| body.remove("rows"))));
        }
        true
    }

    fn set_zone(&self, _: &ImitationWire, _: &mut ConnectionSpec, _: &str) {
        // Days are California's, wherever anybody lives: the truth says the same.
    }

    // --- Credentials ---

    fn credential(&self) -> &'static str {
        "refresh_token"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.tokens().set_refresh_token(secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| world.tokens().revoke());
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        let error = forbidden.then(YouTubeError::forbidden);
        wire.world(|world: &mut World| world.refuse("dimensions=day,insightTrafficSourceType", error));
        Refusal {
            stream: "traffic_sources",
            tables: &[Table::ContentPerformanceDaily],
            permission: "yt-analytics.readonly",
        }
    }

    // --- Limits ---

    fn limited(&self) -> (&'static str, Duration) {
        // How long is not said: as long as every provider that does not say.
        ("/youtube/v3/", Duration::from_millis(500))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        let call = Call::get("/youtube/v3/channels", "channels").query("part", "id").query("id", OWN);
        (call.units(0), Scope::Account)
    }

    // --- The shape of answers ---

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        let name = if body.get("columnHeaders").is_some() { "rows" } else { "items" };
        body.get_mut(name)?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        // Reports have no pages: one that is cut short does not say its columns.
        if let Some(body) = body.as_object_mut()
            && body.remove("columnHeaders").is_none()
        {
            body.insert("nextPageToken".to_owned(), json!(""));
        }
    }

    fn add_unknown(&self, body: &mut Value) {
        // A column before all others: they go by name.
        if let Some(headers) = body.get_mut("columnHeaders").and_then(Value::as_array_mut) {
            headers.insert(0, json!({ "name": "zzBrandNew", "columnType": "NEW", "dataType": "NEW" }));
            for row in body["rows"].as_array_mut().unwrap() {
                row.as_array_mut().unwrap().insert(0, json!({ "x": 1 }));
            }
        }
    }

    // --- What is unexpected ---

    fn spoil(&self, path: &str, element: &mut Value, text: &str) -> bool {
        let place = match path.rsplit('/').next() {
            Some("reports") => element.as_array_mut().and_then(|row| row.last_mut()),
            Some("playlistItems") => element.pointer_mut("/snippet/publishedAt"),
            _ => element.pointer_mut("/statistics/viewCount"),
        };
        place.map(|place| *place = json!(text)).is_some()
    }

    fn plant(&self, path: &str, element: &mut Value) {
        match path.rsplit('/').next() {
            // A report's values are numbers, or texts.
            Some("reports") => *element.as_array_mut().and_then(|row| row.last_mut()).unwrap() = json!("12"),
            Some("playlists") => element["status"]["privacyStatus"] = json!("secret"),
            Some("playlistItems") => {
                let snippet = element["snippet"].as_object_mut().unwrap();
                snippet.remove("publishedAt");
                snippet["title"] = json!("夜 \u{1f3bb}");
            }
            _ if element.get("statistics").is_some() => {
                element["statistics"]["viewCount"] = json!((BIG + 4).to_string());
            }
            _ => {}
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        vec![
            planted(Table::CounterReadingsDaily, "value", &(BIG + 4).to_string()),
            planted(Table::PlaylistPlacements, "added", NULL),
            planted(Table::ContentPerformanceDaily, "watch_seconds", "720"),
        ]
    }
}

/// California's day, so many days ago.
pub fn day_of(world: &World, age: i64) -> Day {
    world.today().checked_sub(age.days()).unwrap()
}

/// The day that it is in California by the clock.
fn today(wire: &ImitationWire) -> String {
    let pacific = rows::zone::zone("America/Los_Angeles").unwrap();
    rows::day::day_at(wire.now(), &pacific).to_string()
}

/// A day of a channel or video, or a part of it, as the table must have it.
pub fn performance(day: &TruthDay, has_money: bool) -> Fact {
    let TruthDay { id, dimension, value, day: date, numbers, has_revenue } = day;
    let kind = if id.starts_with("UC") { "channel" } else { "video" };
    let revenue = (has_money && *has_revenue).then_some(numbers.revenue_micros);
    Fact::new(Table::ContentPerformanceDaily, format!("{kind}/{id}/{dimension}/{value}/{date}"))
        .value("views", numbers.views)
        .value("watch_seconds", numbers.minutes * 60)
        .maybe("revenue_micros", revenue)
        .maybe("currency", revenue.map(|_| "USD"))
}

fn playlists(world: &World, today: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for playlist in world.truth_playlists() {
        facts.push(
            Fact::new(Table::Playlists, playlist.id)
                .value("name", playlist.title)
                .value("owner", OWN)
                .value("tracks", playlist.length)
                .value("followers", NULL),
        );
        facts.extend(playlist.places.into_iter().map(|(video, position, added)| {
            Fact::new(Table::PlaylistPlacements, format!("{}/{video}/{today}", playlist.id))
                .value("position", position)
                .value("followers", NULL)
                .value("added", added)
        }));
    }
    facts
}
