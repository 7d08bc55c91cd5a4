//! Apple Music: named objects in two storefronts, playlists and charts, signed tokens, and plays by day as text with tabs.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::apple_music::AppleMusic,
    session::{Call, quota::Scope},
    stream::{DAILY, FRESH, Tier},
};
use jiff::{Timestamp, tz::TimeZone};
use rows::{Table, day::day_at};
use sandbox::{
    apple_music::{
        ANALYTICS_KEY, ANALYTICS_KEY_ID, ANALYTICS_PATH, AppleMusic as World, BIG_SONG, Change, DEMO_KEY,
        EMPTY_PLAYLIST, GERMAN_PLAYLIST, ISSUER_ID, KEY_ID, LONG_PLAYLIST, MusicError, ODD_PLAYLIST,
        SHARED_ISRC, TEAM_ID,
    },
    exchange::Imitation,
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: AppleMusicCase = AppleMusicCase;

pub struct AppleMusicCase;

/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;
/// In this order: the second one is asked for what the first one does not have.
const STOREFRONTS: [&str; 2] = ["us", "de"];
const SONG: &str = "1500000000";
/// Of the second storefront only; without an ISRC; of a year.
const SONGS: [&str; 5] = [SONG, BIG_SONG, "1500000051", "1500000009", "1500000015"];
/// Of several songs, one of them in neither storefront; of one.
const ISRCS: [&str; 2] = [SHARED_ISRC, "QZNB20000010"];
const ALBUMS: [&str; 2] = ["1400000000", "1400000007"];
const UPC: &str = "0072400000126";
const ARTISTS: [&str; 2] = ["900000001", "900000003"];
const PLAYLISTS: [&str; 4] = [LONG_PLAYLIST, ODD_PLAYLIST, EMPTY_PLAYLIST, GERMAN_PLAYLIST];
/// Between what everything else takes for a poll, and the default.
const EVERY: Duration = Duration::from_mins(20);

impl Case for AppleMusicCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(AppleMusic)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        Box::new(world)
    }

    fn spec(&self, start: rows::Day) -> ConnectionSpec {
        let often = StreamOverride { every: Some(EVERY), ..StreamOverride::default() };
        let tiers = vec![Tier { days: 2, every: FRESH }, Tier { days: 14, every: DAILY }];
        let plays = StreamOverride { tiers: Some(tiers), ..StreamOverride::default() };
        let lists = ["tracks", "albums", "artists", "playlists", "charts"];
        let streams = lists.map(|stream| (stream.to_owned(), often.clone()));
        let tracks = SONGS.map(str::to_owned).into_iter().chain(ISRCS.map(|isrc| format!("isrc:{isrc}")));
        let albums = ALBUMS.map(str::to_owned).into_iter().chain([format!("upc:{UPC}")]);
        let endpoint = format!("http://imitation.invalid{ANALYTICS_PATH}");
        ConnectionSpec {
            name: "label-a-apple".to_owned(),
            integration: "apple_music".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: [("analytics".to_owned(), endpoint.parse().unwrap())].into(),
            api_version: "v1".to_owned(),
            credentials: [
                ("private_key".to_owned(), DEMO_KEY.into()),
                ("analytics_key".to_owned(), ANALYTICS_KEY.into()),
            ]
            .into(),
            settings: json!({
                "team_id": TEAM_ID,
                "key_id": KEY_ID,
                "storefronts": STOREFRONTS,
                "tracks": tracks.collect::<Vec<_>>(),
                "albums": albums.collect::<Vec<_>>(),
                "artists": ARTISTS,
                "playlists": PLAYLISTS,
                "charts": true,
                "analytics": { "issuer_id": ISSUER_ID, "key_id": ANALYTICS_KEY_ID },
            }),
            quotas: None,
            streams: streams.into_iter().chain([("plays".to_owned(), plays)]).collect(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        let today = day_at(wire.now(), &TimeZone::UTC).to_string();
        wire.world(|world: &mut World| {
            let mut facts = described(world);
            facts.extend(playlists(world, &today));
            facts.extend(charts(world, &today));
            facts.extend(plays(world));
            facts
        })
    }

    fn is_past(&self, table: Table, key: &str, wire: &ImitationWire, _: &ConnectionSpec) -> bool {
        let today = day_at(wire.now(), &TimeZone::UTC).to_string();
        table == Table::PlaylistPlacements && !key.contains(&today)
    }

    fn may_repeat(&self, seen: &Seen) -> bool {
        // A playlist before its pages and after them.
        matches!(*seen.path.split('/').collect::<Vec<_>>(), ["", "v1", "catalog", _, "playlists", _])
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        // The check.
        seen.query.contains(&("limit".to_owned(), "1".to_owned()))
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        let is_read = !self.is_cheap_after_kill(seen) && seen.path.starts_with("/v1/");
        seen.path.split('/').nth(4).filter(|_| is_read).map(str::to_owned)
    }

    // --- What happens at the provider ---

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            // One day is read often, the other only with the whole look-back.
            assert!(world.restate(SONG, "us", 1, 7_700, 4_100));
            assert!(world.restate(SONG, "de", 6, 1_000_000, 40));
            assert!(world.change_playlist(LONG_PLAYLIST, &Change::Reverse));
            assert!(world.raise(BIG_SONG));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            // Nobody played it before.
            assert!(world.restate(SONGS[3], "us", 4, 120, 60));
            for playlist in [EMPTY_PLAYLIST, ODD_PLAYLIST] {
                assert!(world.change_playlist(playlist, &Change::Append(SONGS[3].to_owned())));
            }
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            assert!(world.delete(SONG));
            assert!(world.withdraw(BIG_SONG, "us"));
            assert!(world.delete(ARTISTS[1]));
            assert!(world.delete(GERMAN_PLAYLIST));
            assert!(world.change_playlist(LONG_PLAYLIST, &Change::RemoveFirst));
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        wire.world(|world: &mut World| world.set_reports_empty(empty));
        true
    }

    fn set_zone(&self, _: &ImitationWire, _: &mut ConnectionSpec, _: &str) {
        // Days are UTC, wherever anybody lives: the truth says the same.
    }

    // --- Credentials ---

    fn credential(&self) -> &'static str {
        "private_key"
    }

    fn secret(&self, _: &'static str) -> &'static str {
        // Any other key.
        ANALYTICS_KEY
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.accept_key(secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(World::revoke_key);
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        let error = forbidden.then(MusicError::forbidden);
        wire.world(|world: &mut World| world.refuse("/artists/", error));
        Refusal { stream: "artists", tables: &[Table::Artists], permission: "Enable MusicKit" }
    }

    // --- Limits ---

    fn limited(&self) -> (&'static str, Duration) {
        // Apple does not say how long.
        ("/v1/", Duration::from_secs(1))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        (Call::get(format!("/v1/catalog/us/artists/{}", ARTISTS[0]), "artist"), Scope::Project)
    }

    // --- The shape of answers ---

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        list(body)?.get_mut("data")?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        if let Some(list) = list(body) {
            list["next"] = json!("https://provider.invalid/next");
        }
    }

    fn error_text<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        body.pointer_mut("/errors/0/detail")
    }

    // --- What is unexpected ---

    fn spoil(&self, path: &str, element: &mut Value, text: &str) -> bool {
        // What is left out of a playlist makes it shorter, which is true of it: see `apple_music.rs`.
        let is_song = path.split('/').nth(4) == Some("songs");
        if is_song {
            element["attributes"]["durationInMillis"] = json!(text);
        }
        is_song
    }

    fn plant(&self, path: &str, element: &mut Value) {
        match path.split('/').nth(4) {
            Some("songs") => {
                let attributes = element["attributes"].as_object_mut().unwrap();
                attributes.remove("isrc");
                attributes.insert("durationInMillis".to_owned(), json!(BIG));
                element["type"] = json!("hologram");
            }
            Some("albums") => element["attributes"]["trackCount"] = json!(BIG),
            _ => {}
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let (big, seconds) = (BIG.to_string(), (BIG / 1_000).to_string());
        [
            (Table::Tracks, "seconds", seconds.as_str()),
            (Table::Tracks, "isrc", NULL),
            (Table::Albums, "tracks", &big),
        ]
        .map(|(table, name, value)| Planted { table, name, value: value.to_owned() })
        .into()
    }
}

/// The part of a list in a body, if it is one: the body itself, or a chart.
fn list(body: &mut Value) -> Option<&mut Value> {
    if body.get("data").is_some() { Some(body) } else { body.pointer_mut("/results/songs/0") }
}

fn described(world: &World) -> Vec<Fact> {
    let mut facts = Vec::new();
    for song in world.truth_songs(&STOREFRONTS) {
        let isrc = song.isrc.map(|isrc| isrc.to_uppercase());
        if !SONGS.contains(&&*song.id) && !isrc.as_deref().is_some_and(|isrc| ISRCS.contains(&isrc)) {
            continue;
        }
        facts.push(
            Fact::new(Table::Tracks, song.id)
                .value("title", song.name)
                .maybe("isrc", isrc)
                .value("artist", song.artist_id)
                .value("album", song.album_id)
                .value("seconds", song.duration_millis / 1_000),
        );
    }
    for album in world.truth_albums(&STOREFRONTS) {
        if ALBUMS.contains(&&*album.id) || album.upc.as_deref() == Some(UPC) {
            facts.push(
                Fact::new(Table::Albums, album.id)
                    .value("title", album.name)
                    .maybe("upc", album.upc)
                    .value("tracks", album.song_count)
                    .value("followers", NULL),
            );
        }
    }
    for artist in world.truth_artists(&STOREFRONTS) {
        if ARTISTS.contains(&&*artist.id) {
            facts.push(
                Fact::new(Table::Artists, artist.id)
                    .value("name", artist.name)
                    .value("albums", NULL)
                    .value("followers", NULL),
            );
        }
    }
    facts
}

fn placement(playlist: &str, song: &str, today: &str, position: usize) -> Fact {
    Fact::new(Table::PlaylistPlacements, format!("{playlist}/{song}/{today}"))
        .value("position", position)
        .value("followers", NULL)
        .value("added", NULL)
}

fn playlists(world: &World, today: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for playlist in world.truth_playlists(&STOREFRONTS) {
        let places = playlist.places.iter();
        facts.extend(places.map(|(song, position)| placement(&playlist.id, song, today, *position)));
        facts.push(
            Fact::new(Table::Playlists, playlist.id)
                .value("name", playlist.name)
                .value("owner", playlist.curator_id)
                .value("tracks", playlist.entry_count)
                .value("followers", NULL),
        );
    }
    facts
}

fn charts(world: &World, today: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for storefront in STOREFRONTS {
        let (id, songs) = (format!("chart:{storefront}:all:songs"), world.truth_chart(storefront));
        facts.extend(songs.iter().zip(1..).map(|(song, position)| placement(&id, song, today, position)));
        facts.push(
            Fact::new(Table::Playlists, id)
                .value("name", NULL)
                .value("owner", NULL)
                .value("tracks", songs.len())
                .value("followers", NULL),
        );
    }
    facts
}

fn plays(world: &World) -> Vec<Fact> {
    let all = world.truth_plays(&ARTISTS).into_iter();
    let countries: BTreeSet<String> = all.clone().filter_map(|plays| plays.storefront).collect();
    assert!(countries.len() > 1, "the case is of no use");
    all.map(|plays| {
        let country = plays.storefront.unwrap_or_default().to_uppercase();
        Fact::new(Table::TrackPerformanceDaily, format!("{}/{}/{country}/", plays.song_id, plays.date))
            .value("streams", plays.plays)
            .value("popularity_micros", NULL)
    })
    .collect()
}
