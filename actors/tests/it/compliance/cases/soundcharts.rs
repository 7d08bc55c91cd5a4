//! Soundcharts: counters by day of named songs and artists, three lists of an artist that become one row, playlists with past
//! entries, a pair of headers as credentials.

use std::{sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::soundcharts::Soundcharts,
    session::{Call, quota::Scope},
    stream::{DAILY, FRESH, Tier},
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rows::{Day, Table, day::day_at};
use sandbox::{
    exchange::Imitation,
    soundcharts::{API_KEY, APP_ID, ARTISTS, Metric, SONGS, Soundcharts as World, SoundchartsError},
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: SoundchartsCase = SoundchartsCase;

pub struct SoundchartsCase;

/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;
/// The song that is named by its ISRC.
const BY_ISRC: &str = "USUM71703861";
const PLATFORM: &str = "spotify";
/// Fewer than the first song has playlists, so that there are pages.
const PAGE_LENGTH: usize = 10;
/// Between what everything else takes for a poll, and the default.
const EVERY: Duration = Duration::from_mins(20);
/// A day on which nothing was collected of the last song at first, so many days ago.
const LATE: i64 = 4;

impl Case for SoundchartsCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(Soundcharts)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        world.set_page_length(PAGE_LENGTH);
        let day = day_at(now, &TimeZone::UTC).saturating_sub(LATE.days());
        world.restate(Metric::Plays, SONGS[3], day, None);
        Box::new(world)
    }

    fn spec(&self, start: Day) -> ConnectionSpec {
        // More often than counters move: the suite waits for them.
        let tiers = vec![Tier { days: 2, every: FRESH }, Tier { days: 14, every: DAILY }];
        let days = StreamOverride { tiers: Some(tiers), ..StreamOverride::default() };
        let often = StreamOverride { every: Some(EVERY), ..StreamOverride::default() };
        let streams =
            [("tracks", &often), ("song_audience", &days), ("artist_audience", &days), ("playlists", &often)];
        let tracks =
            [format!("isrc:{BY_ISRC}"), SONGS[1].to_owned(), SONGS[2].to_owned(), SONGS[3].to_owned()];
        ConnectionSpec {
            name: "label-a-soundcharts".to_owned(),
            integration: "soundcharts".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: [("token".to_owned(), "http://imitation.invalid/oauth/token".parse().unwrap())].into(),
            api_version: String::new(),
            credentials: [("app_id", APP_ID), ("api_key", API_KEY)]
                .map(|(name, secret)| (name.to_owned(), secret.into()))
                .into(),
            settings: json!({ "tracks": tracks, "artists": ARTISTS }),
            quotas: None,
            streams: streams.map(|(name, changes)| (name.to_owned(), changes.clone())).into(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        wire.world(|world: &mut World| {
            let mut facts = songs(world);
            facts.extend(counters(world));
            facts.extend(audiences(world));
            facts.extend(playlists(world));
            facts
        })
    }

    fn is_past(&self, table: Table, key: &str, wire: &ImitationWire, _: &ConnectionSpec) -> bool {
        let today = wire.world(|world: &mut World| today(world)).to_string();
        // Where a song was on the day on which it was last seen there, and what that playlist is called.
        let is_kept = match table {
            Table::PlaylistPlacements => !key.contains(&today),
            table => table == Table::Playlists,
        };
        is_kept && wire.world(|world: &mut World| playlists(world).iter().all(|fact| fact.key != key))
    }

    fn may_repeat(&self, seen: &Seen) -> bool {
        // By the stream of songs, and by whichever of the others needs its id first.
        seen.path.contains("/by-isrc/")
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        seen.path.ends_with("/team/usage") || seen.path.contains("/by-isrc/")
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        if self.is_cheap_after_kill(seen) {
            return None;
        }
        let kind = ["/song/", "/artist/"].into_iter().find(|kind| seen.path.contains(kind))?;
        let first = seen.query.iter().find(|(name, _)| name == "startDate").map(|(_, day)| day.as_str());
        let is_list = seen.path.contains("/playlist/");
        Some(format!("{kind} {} {is_list}", first.unwrap_or_default()))
    }

    // --- What happens at the provider ---

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            // One day is read often, the other only with the whole look-back.
            for age in [1, 6] {
                let day = day_of(world, age);
                world.restate(Metric::Plays, SONGS[0], day, Some(BIG));
                world.restate(Metric::Followers, ARTISTS[0], day, Some(7));
                world.restate(Metric::Listening, ARTISTS[1], day, Some(8));
                world.restate(Metric::Popularity, ARTISTS[1], day, Some(0));
            }
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let day = day_of(world, LATE);
            world.restate(Metric::Plays, SONGS[3], day, Some(5));
            world.enter(60, 2);
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let day = day_of(world, 3);
            for song in SONGS {
                world.restate(Metric::Plays, song, day, None);
            }
            world.restate(Metric::Likes, ARTISTS[1], day, None);
            world.restate(Metric::Listening, ARTISTS[1], day, None);
            assert!(world.leave(0) > 0);
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        wire.end_tamper();
        if empty {
            wire.set_tamper(|path, body| {
                let is_of_days =
                    ["/audience/", "/listening", "/popularity/"].iter().any(|part| path.contains(part));
                if is_of_days && let Some(items) = body["items"].as_array_mut() {
                    items.clear();
                    body["page"]["total"] = json!(0);
                    body["page"]["next"] = Value::Null;
                }
            });
        }
        true
    }

    fn set_zone(&self, _: &ImitationWire, _: &mut ConnectionSpec, _: &str) {
        // Days are as Soundcharts writes them, wherever anybody lives: the truth says the same.
    }

    // --- Credentials ---

    fn credential(&self) -> &'static str {
        "api_key"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.set_api_key(secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| world.expire_api_key());
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        let error = forbidden.then(SoundchartsError::forbidden);
        wire.world(|world: &mut World| world.refuse("/playlist/", error));
        let tables = &[Table::PlaylistPlacements, Table::Playlists];
        Refusal { stream: "playlists", tables, permission: "add it to the plan" }
    }

    // --- Limits ---

    fn limited(&self) -> (&'static str, Duration) {
        // The second that Soundcharts names, and one more.
        ("/api/v2/", Duration::from_secs(2))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        (Call::get("/api/v2/team/usage", "usage"), Scope::Project)
    }

    // --- The shape of answers ---

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.get_mut("items")?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        body["page"]["next"] = json!("https://provider.invalid/next");
    }

    fn error_text<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        body.pointer_mut("/errors/0/message")
    }

    // --- What is unexpected ---

    fn is_element(&self, body: &Value) -> bool {
        body.get("object").is_some()
    }

    fn spoil(&self, _: &str, element: &mut Value, text: &str) -> bool {
        // Of an artist's three lists, one that leaves a day out says that nothing was collected: see `soundcharts.rs`.
        if let Some(value) = element.pointer_mut("/plots/0/value") {
            *value = json!(text);
            return true;
        }
        match element.get_mut("position") {
            Some(position) => *position = json!(text),
            None => return false,
        }
        true
    }

    fn plant(&self, path: &str, element: &mut Value) {
        let mut leave_out = |field| drop(element.as_object_mut().and_then(|fields| fields.remove(field)));
        if path.contains("/playlist/") {
            leave_out("entryDate");
            element["playlist"]["type"] = json!("quantum");
            element["playlist"]["latestSubscriberCount"] = json!(BIG);
        } else if path.contains("/popularity/") {
            element["value"] = json!(100);
        } else if path.contains("/listening") {
            element["value"] = json!(BIG);
        } else if path.contains("/artist/") {
            if element["followerCount"].is_u64() {
                element["followerCount"] = json!(BIG);
            }
        } else if let Some(value) = element.pointer_mut("/plots/0/value") {
            *value = json!(BIG);
        } else if let Some(song) = element.get_mut("object").and_then(Value::as_object_mut) {
            song.remove("isrc");
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let big = BIG.to_string();
        [
            (Table::Tracks, "isrc", NULL),
            (Table::CounterReadingsDaily, "value", big.as_str()),
            (Table::ArtistAudienceDaily, "followers", &big),
            (Table::ArtistAudienceDaily, "monthly_listeners", &big),
            (Table::ArtistAudienceDaily, "popularity_micros", "100000000"),
            (Table::PlaylistPlacements, "added", NULL),
            (Table::Playlists, "followers", &big),
        ]
        .map(|(table, name, value)| Planted { table, name, value: value.to_owned() })
        .into()
    }
}

fn today(world: &World) -> Day {
    world.truth_today()
}

fn day_of(world: &World, age: i64) -> Day {
    today(world).saturating_sub(age.days())
}

fn songs(world: &World) -> Vec<Fact> {
    let songs = world.truth_songs().into_iter();
    songs
        .map(|song| {
            Fact::new(Table::Tracks, song.id)
                .value("title", song.name)
                .value("isrc", song.isrc)
                .value("artist", song.artist_id)
                .value("album", NULL)
                .value("seconds", NULL)
        })
        .collect()
}

fn counters(world: &World) -> Vec<Fact> {
    let readings = world.truth_readings(PLATFORM).into_iter();
    readings
        .filter_map(|reading| {
            let (kind, counter) = match reading.metric {
                Metric::Plays => ("track", "streams"),
                Metric::Followers => ("artist", "followers"),
                Metric::Likes => ("artist", "likes"),
                Metric::Listening | Metric::Popularity => return None,
            };
            let key = format!("{kind}/{}/{counter}/{}", reading.id, reading.day);
            Some(Fact::new(Table::CounterReadingsDaily, key).value("value", reading.value))
        })
        .collect()
}

/// A day is there when one of the three lists has it.
fn audiences(world: &World) -> Vec<Fact> {
    let readings = world.truth_readings(PLATFORM);
    let value = |metric, id, day| {
        let is_it = |reading: &&sandbox::soundcharts::TruthReading| {
            (reading.metric, reading.id, reading.day) == (metric, id, day)
        };
        readings.iter().find(is_it).map(|reading| reading.value)
    };
    let mut facts = Vec::new();
    for id in ARTISTS {
        for age in 0..30 {
            let day = day_of(world, age);
            let followers = value(Metric::Followers, id, day);
            let listeners = value(Metric::Listening, id, day);
            let popularity = value(Metric::Popularity, id, day);
            if followers.or(listeners).or(popularity).is_some() {
                facts.push(
                    Fact::new(Table::ArtistAudienceDaily, format!("{id}/{day}"))
                        .maybe("followers", followers)
                        .maybe("monthly_listeners", listeners)
                        .maybe("popularity_micros", popularity.map(|value| value * 1_000_000)),
                );
            }
        }
    }
    facts
}

fn playlists(world: &World) -> Vec<Fact> {
    let playlists = world.truth_playlists(PLATFORM).into_iter().map(|playlist| {
        Fact::new(Table::Playlists, playlist.id)
            .value("name", playlist.name)
            .value("owner", NULL)
            .value("tracks", playlist.track_count)
            .value("followers", playlist.followers)
    });
    let entries = world.truth_entries(PLATFORM).into_iter().map(|entry| {
        let key = format!("{}/{}/{}", entry.playlist_id, entry.song_id, entry.day);
        Fact::new(Table::PlaylistPlacements, key)
            .value("position", entry.position)
            .value("followers", entry.followers)
            .value("added", entry.added_at)
    });
    playlists.chain(entries).collect()
}
