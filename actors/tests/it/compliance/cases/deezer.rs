//! Deezer: snapshots of what everybody can see, without credentials; errors under status 200.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::deezer::Deezer,
    session::{Call, quota::Scope},
};
use jiff::{Timestamp, tz::TimeZone};
use rows::{Table, day::day_at};
use sandbox::{
    deezer::{Change, Deezer as World, DeezerError, Entity},
    exchange::Imitation,
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: DeezerCase = DeezerCase;

pub struct DeezerCase;

/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;
/// A track that is named by its id, and again by its ISRC.
const TWICE_NAMED: u64 = 3_136_063;
const TWICE_NAMED_ISRC: &str = "DEXX10000031";
/// A track that is named by its id, and one by its ISRC only.
const TRACK: u64 = 3_135_740;
const BY_ISRC: u64 = 3_136_233;
const BY_ISRC_ISRC: &str = "DEXX10000041";
const ALBUM: u64 = 302_127;
const BY_UPC: u64 = 302_134;
const BY_UPC_UPC: &str = "0724600000014";
const ARTISTS: [u64; 2] = [4_050_205, 4_050_298];
/// Of many pages; with a track twice, under a large id; with tracks that are not there; empty.
const PLAYLISTS: [u64; 5] = [1_313_621_735, BIG, 1_109_890_291, 908_622_995, 908_622_996];
const CHARTS: [u64; 2] = [0, 132];
/// Between what everything else takes for a poll, and the default.
const EVERY: Duration = Duration::from_mins(20);

impl Case for DeezerCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(Deezer)
    }

    fn imitation(&self, seed: u64, _: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, now);
        world.freeze();
        Box::new(world)
    }

    fn spec(&self, start: rows::Day) -> ConnectionSpec {
        let texts = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>();
        let often = StreamOverride { every: Some(EVERY), ..StreamOverride::default() };
        let tracks = [
            BIG.to_string(),
            TRACK.to_string(),
            TWICE_NAMED.to_string(),
            format!("isrc:{TWICE_NAMED_ISRC}"),
            format!("isrc:{BY_ISRC_ISRC}"),
        ];
        ConnectionSpec {
            name: "label-a-deezer".to_owned(),
            integration: "deezer".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: std::collections::BTreeMap::new(),
            api_version: String::new(),
            credentials: [].into(),
            settings: json!({
                "tracks": tracks,
                "albums": [ALBUM.to_string(), format!("upc:{BY_UPC_UPC}")],
                "artists": texts(&ARTISTS),
                "playlists": texts(&PLAYLISTS),
                "charts": texts(&CHARTS),
            }),
            quotas: None,
            streams: Deezer
                .known_streams()
                .into_iter()
                .map(|stream| (stream.name.to_owned(), often.clone()))
                .collect(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        let today = day_at(wire.now(), &TimeZone::UTC).to_string();
        wire.world(|world: &mut World| {
            let mut facts = Vec::new();
            facts.extend(tracks(world, &today));
            facts.extend(albums(world));
            facts.extend(artists(world, &today));
            facts.extend(playlists(world, &today));
            facts.extend(charts(world, &today));
            facts.extend(readings(world, &today));
            facts
        })
    }

    fn is_past(&self, table: Table, key: &str, wire: &ImitationWire, _: &ConnectionSpec) -> bool {
        table.is_daily() && !key.contains(&day_at(wire.now(), &TimeZone::UTC).to_string())
    }

    fn may_repeat(&self, seen: &Seen) -> bool {
        // Before its pages and after them.
        seen.path.starts_with("/playlist/") && !seen.path.ends_with("/tracks")
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        seen.query.contains(&("limit".to_owned(), "1".to_owned()))
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        let kind = seen.path.split('/').nth(1)?;
        (!self.is_cheap_after_kill(seen)).then(|| kind.to_owned())
    }

    // --- What happens at the provider ---

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            world.restate(Entity::Track, TRACK, 999_999);
            world.restate(Entity::Track, BY_ISRC, 0);
            world.restate(Entity::Artist, ARTISTS[0], 7);
            world.restate(Entity::Playlist, PLAYLISTS[0], BIG);
            assert!(world.change_playlist(PLAYLISTS[2], &Change::Reverse));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            assert!(world.change_playlist(PLAYLISTS[4], &Change::Append(TRACK)));
            assert!(world.change_playlist(PLAYLISTS[1], &Change::Prepend(TRACK)));
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            assert!(world.change_playlist(PLAYLISTS[0], &Change::RemoveFirst));
            assert!(world.delete_track(TRACK));
            assert!(world.set_available(TWICE_NAMED, false));
            assert!(world.delete_playlist(PLAYLISTS[3]));
        });
    }

    fn set_zone(&self, _: &ImitationWire, _: &mut ConnectionSpec, _: &str) {
        // Days are UTC, wherever anybody lives: the truth says the same.
    }

    // --- Credentials ---

    fn has_credentials(&self) -> bool {
        false
    }

    fn credential(&self) -> &'static str {
        unreachable!("Deezer is open to everybody")
    }

    fn accept(&self, _: &ImitationWire, _: &str) {
        unreachable!("Deezer is open to everybody")
    }

    fn expire(&self, _: &ImitationWire) {
        unreachable!("Deezer is open to everybody")
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        let error = forbidden.then(DeezerError::permission);
        wire.world(|world: &mut World| world.refuse("/artist/", error));
        let tables = &[Table::Artists, Table::ArtistAudienceDaily, Table::CounterReadingsDaily];
        Refusal { stream: "artists", tables, permission: "Make it public" }
    }

    // --- Limits ---

    fn limited(&self) -> (&'static str, Duration) {
        ("/", Duration::from_secs(5))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        (Call::get(format!("/artist/{}", ARTISTS[0]), "artist"), Scope::Ip)
    }

    // --- What is unexpected ---

    fn is_element(&self, body: &Value) -> bool {
        body.get("id").is_some()
    }

    fn spoil(&self, path: &str, element: &mut Value, text: &str) -> bool {
        let field = match path.split('/').nth(1) {
            _ if path.ends_with("/tracks") => "time_add",
            Some("track") => "rank",
            _ => return false,
        };
        element[field] = json!(text);
        true
    }

    fn plant(&self, path: &str, element: &mut Value) {
        let mut leave_out = |field| drop(element.as_object_mut().and_then(|fields| fields.remove(field)));
        match path.split('/').nth(1) {
            _ if path.ends_with("/tracks") => leave_out("time_add"),
            Some("track") => {
                leave_out("isrc");
                element["rank"] = json!(BIG);
                element["type"] = json!("hologram");
            }
            Some("artist") => element["nb_fan"] = json!(BIG),
            Some("album") => element["record_type"] = json!("quantum"),
            _ => {}
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let big = BIG.to_string();
        [
            (Table::CounterReadingsDaily, "value", big.as_str()),
            (Table::ArtistAudienceDaily, "followers", &big),
            // Beyond its scale, a rank says nothing about popularity.
            (Table::TrackPerformanceDaily, "popularity_micros", NULL),
            (Table::Tracks, "isrc", NULL),
            (Table::PlaylistPlacements, "added", NULL),
        ]
        .map(|(table, name, value)| Planted { table, name, value: value.to_owned() })
        .into()
    }
}

/// Fans or rank.
fn counter(world: &World, entity: Entity, id: u64) -> u64 {
    let found =
        world.truth_readings().into_iter().find(|reading| (reading.entity, reading.id) == (entity, id));
    found.unwrap().value
}

fn named_tracks() -> BTreeSet<u64> {
    [BIG, TRACK, TWICE_NAMED, BY_ISRC].into()
}

fn tracks(world: &World, today: &str) -> Vec<Fact> {
    let named = named_tracks();
    let all = world.truth_tracks().into_iter();
    all.filter(|track| named.contains(&track.id) && track.available)
        .flat_map(|track| {
            let rank = counter(world, Entity::Track, track.id);
            [
                Fact::new(Table::Tracks, track.id.to_string())
                    .value("title", &track.title)
                    .maybe("isrc", track.isrc)
                    .value("artist", track.artist_id)
                    .value("album", track.album_id)
                    .value("seconds", track.duration_seconds),
                Fact::new(Table::TrackPerformanceDaily, format!("{}/{today}//", track.id))
                    .value("streams", NULL)
                    .value("popularity_micros", rank * 100),
            ]
        })
        .collect()
}

fn albums(world: &World) -> Vec<Fact> {
    let all = world.truth_albums().into_iter().filter(|album| [ALBUM, BY_UPC].contains(&album.id));
    all.map(|album| {
        Fact::new(Table::Albums, album.id.to_string())
            .value("title", &album.title)
            .value("upc", &album.upc)
            .value("tracks", album.track_count)
            .value("followers", counter(world, Entity::Album, album.id))
    })
    .collect()
}

fn artists(world: &World, today: &str) -> Vec<Fact> {
    let albums = world.truth_albums();
    let all = world.truth_artists().into_iter().filter(|artist| ARTISTS.contains(&artist.id));
    all.flat_map(|artist| {
        let fans = counter(world, Entity::Artist, artist.id);
        [
            Fact::new(Table::Artists, artist.id.to_string())
                .value("name", &artist.name)
                .value("albums", albums.iter().filter(|album| album.artist_id == artist.id).count())
                .value("followers", fans),
            Fact::new(Table::ArtistAudienceDaily, format!("{}/{today}", artist.id))
                .value("followers", fans)
                .value("monthly_listeners", NULL)
                .value("popularity_micros", NULL),
        ]
    })
    .collect()
}

fn playlists(world: &World, today: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for playlist in world.truth_playlists().into_iter().filter(|playlist| PLAYLISTS.contains(&playlist.id)) {
        let fans = counter(world, Entity::Playlist, playlist.id);
        facts.push(
            Fact::new(Table::Playlists, playlist.id.to_string())
                .value("name", &playlist.title)
                .value("owner", playlist.creator_id)
                .value("tracks", playlist.track_count)
                .value("followers", fans),
        );
        for place in world.truth_placements(playlist.id) {
            let key = format!("{}/{}/{today}", playlist.id, place.track_id);
            facts.push(
                Fact::new(Table::PlaylistPlacements, key)
                    .value("position", place.position)
                    .value("followers", fans)
                    .value("added", place.added_at),
            );
        }
    }
    facts
}

fn charts(world: &World, today: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for genre in CHARTS {
        let places = world.truth_chart(genre);
        facts.push(
            Fact::new(Table::Playlists, format!("chart:{genre}"))
                .value("name", NULL)
                .value("owner", NULL)
                .value("tracks", places.len())
                .value("followers", NULL),
        );
        facts.extend(places.into_iter().map(|place| {
            Fact::new(Table::PlaylistPlacements, format!("chart:{genre}/{}/{today}", place.track_id))
                .value("position", place.position)
                .value("followers", NULL)
                .value("added", NULL)
        }));
    }
    facts
}

fn readings(world: &World, today: &str) -> Vec<Fact> {
    let tracks = named_tracks();
    let all = world.truth_readings().into_iter();
    all.filter_map(|reading| {
        let (kind, is_named) = match reading.entity {
            Entity::Track => ("track", tracks.contains(&reading.id)),
            Entity::Album => ("album", [ALBUM, BY_UPC].contains(&reading.id)),
            Entity::Artist => ("artist", ARTISTS.contains(&reading.id)),
            Entity::Playlist => ("playlist", PLAYLISTS.contains(&reading.id)),
        };
        let key = format!("{kind}/{}/{}/{today}", reading.id, reading.counter);
        is_named.then(|| Fact::new(Table::CounterReadingsDaily, key).value("value", reading.value))
    })
    .collect()
}
