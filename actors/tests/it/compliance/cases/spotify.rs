//! Spotify: named objects and playlists, access tokens that expire, and an app that may read everything or little.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::spotify::Spotify,
    session::{Call, quota::Scope},
};
use jiff::{Timestamp, tz::TimeZone};
use rows::{Table, day::day_at};
use sandbox::{
    exchange::Imitation,
    spotify::{
        CLIENT_ID, CLIENT_SECRET, Change, Counter, EMPTY_PLAYLIST, FOREIGN_PLAYLIST, LONG_PLAYLIST, Mode,
        ODD_PLAYLIST, PRIVATE_PLAYLIST, REFRESH_TOKEN, Reader, SHARED_ISRC, SHARED_PLAYLIST, SHARED_UPC,
        Spotify as World, SpotifyError, Track,
    },
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

/// An app with extended quota, by itself.
pub const CASE: SpotifyCase = SpotifyCase { mode: Mode::Extended };

pub struct SpotifyCase {
    /// In development mode, the connection has the user's word.
    pub mode: Mode,
}

/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;
const TRACK: &str = "1track0000000000000010";
/// Given for another in this market; not to be played there; without an ISRC.
const TRACKS: [&str; 4] =
    [TRACK, "1track0000000000000004", "1track0000000000000005", "1track0000000000000006"];
/// Written in small letters at the provider; of the track that is given for another; of 63 tracks.
const ISRCS: [&str; 3] = ["QZNB20000008", "QZNB20000005", SHARED_ISRC];
const ALBUM: &str = "2album0000000000000000";
const ARTISTS: [&str; 2] = ["3artist000000000000000", "3artist000000000000003"];
/// The last one is somebody else's, and closed to an app in development mode.
const PLAYLISTS: [&str; 5] = [LONG_PLAYLIST, ODD_PLAYLIST, EMPTY_PLAYLIST, SHARED_PLAYLIST, FOREIGN_PLAYLIST];
/// Tracks of each album that is read.
const TRACKS_EACH: usize = 8;
const MARKET: &str = "DE";
/// Between what everything else takes for a poll, and the default.
const EVERY: Duration = Duration::from_mins(20);
/// A user id that stands beside every entry.
const ADDED_BY: &str = "31somebody";

impl SpotifyCase {
    fn reader(&self) -> Reader<'static> {
        match self.mode {
            Mode::Extended => Reader::App(Some(MARKET)),
            Mode::Development | Mode::Postponed => Reader::User,
        }
    }

    fn playlists(&self) -> Vec<&'static str> {
        let private = (self.reader() == Reader::User).then_some(PRIVATE_PLAYLIST);
        PLAYLISTS.into_iter().chain(private).collect()
    }
}

impl Case for SpotifyCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(Spotify)
    }

    fn imitation(&self, seed: u64, _: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, now);
        world.set_mode(self.mode);
        world.freeze();
        Box::new(world)
    }

    fn spec(&self, start: rows::Day) -> ConnectionSpec {
        let often = StreamOverride { every: Some(EVERY), ..StreamOverride::default() };
        let isrcs = ISRCS.map(|isrc| format!("isrc:{isrc}"));
        let tracks: Vec<String> = TRACKS.map(str::to_owned).into_iter().chain(isrcs).collect();
        let mut credentials = BTreeMap::from([
            ("client_id".to_owned(), CLIENT_ID.into()),
            ("client_secret".to_owned(), CLIENT_SECRET.into()),
        ]);
        if self.reader() == Reader::User {
            credentials.insert("refresh_token".to_owned(), REFRESH_TOKEN.into());
        }
        ConnectionSpec {
            name: "label-a-spotify".to_owned(),
            integration: "spotify".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: [("token".to_owned(), "http://imitation.invalid/api/token".parse().unwrap())].into(),
            api_version: "v1".to_owned(),
            credentials,
            settings: json!({
                "tracks": tracks,
                "albums": [ALBUM, format!("upc:{SHARED_UPC}")],
                "artists": ARTISTS,
                "playlists": self.playlists(),
                "market": MARKET,
            }),
            quotas: None,
            streams: Spotify
                .known_streams()
                .into_iter()
                .map(|stream| (stream.name.to_owned(), often.clone()))
                .collect(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        let today = day_at(wire.now(), &TimeZone::UTC).to_string();
        wire.world(|world: &mut World| {
            let mut facts = self.tracks(world, &today);
            facts.extend(albums(world));
            facts.extend(self.artists(world, &today));
            facts.extend(self.playlist_facts(world, &today));
            facts
        })
    }

    fn is_past(&self, table: Table, key: &str, wire: &ImitationWire, _: &ConnectionSpec) -> bool {
        table.is_daily() && !key.contains(&day_at(wire.now(), &TimeZone::UTC).to_string())
    }

    fn may_repeat(&self, seen: &Seen) -> bool {
        // A playlist before its pages and after them; the check asks for the first object.
        is_description(seen) || is_checked(seen)
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        is_checked(seen) || seen.path == "/api/token"
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        if self.is_cheap_after_kill(seen) {
            return None;
        }
        let kind = seen.path.split('/').nth(2)?;
        let of_search =
            || seen.query.iter().find(|(name, _)| name == "type").map(|(_, kind)| format!("{kind}s"));
        if kind == "search" { of_search() } else { Some(kind.to_owned()) }
    }

    // --- What happens at the provider ---

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            world.restate(Counter::TrackPopularity, TRACK, 100);
            world.restate(Counter::ArtistPopularity, ARTISTS[1], 0);
            world.restate(Counter::ArtistFollowers, ARTISTS[0], 7);
            world.restate(Counter::PlaylistFollowers, LONG_PLAYLIST, BIG);
            assert!(world.change_playlist(ODD_PLAYLIST, &Change::Reverse));
            assert!(world.change_playlist(SHARED_PLAYLIST, &Change::Rename("Apart".to_owned())));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            for playlist in [EMPTY_PLAYLIST, ODD_PLAYLIST] {
                assert!(world.change_playlist(playlist, &Change::Append(TRACK.to_owned())));
            }
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            assert!(world.change_playlist(LONG_PLAYLIST, &Change::RemoveFirst));
            assert!(world.delete(TRACK));
            assert!(world.delete(ARTISTS[1]));
            assert!(world.delete(SHARED_PLAYLIST));
        });
    }

    fn set_zone(&self, _: &ImitationWire, _: &mut ConnectionSpec, _: &str) {
        // Days are UTC, wherever anybody lives: the truth says the same.
    }

    // --- Credentials ---

    fn credential(&self) -> &'static str {
        "client_secret"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.tokens().set_secret(secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| world.tokens().set_secret("nobody's"));
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        let error = forbidden.then(SpotifyError::forbidden);
        wire.world(|world: &mut World| world.refuse("/artists/", error));
        let tables = &[Table::Artists, Table::ArtistAudienceDaily, Table::CounterReadingsDaily];
        Refusal { stream: "artists", tables, permission: "extended quota" }
    }

    // --- Limits ---

    fn limited(&self) -> (&'static str, Duration) {
        ("/v1/search", Duration::from_secs(1))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        (Call::get(format!("/v1/artists/{}", ARTISTS[0]), "artist"), Scope::Project)
    }

    // --- The shape of answers ---

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        paging(body)?.get_mut("items")?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        if let Some(page) = paging(body) {
            page["next"] = json!("https://provider.invalid/next");
        }
    }

    // --- What is unexpected ---

    fn is_element(&self, body: &Value) -> bool {
        body.get("id").is_some() && body.get("type").is_some()
    }

    fn spoil(&self, path: &str, element: &mut Value, text: &str) -> bool {
        // Of contents, a part that is left out is noticed: see `spotify.rs`.
        let is_track = element["type"] == "track" && !path.contains("/playlists/");
        if is_track {
            element["duration_ms"] = json!(text);
        }
        is_track
    }

    fn plant(&self, path: &str, element: &mut Value) {
        let mut leave_out = |field| drop(element.as_object_mut().and_then(|fields| fields.remove(field)));
        match path.split('/').nth(2) {
            Some("playlists") if path.ends_with("/items") || path.ends_with("/tracks") => {
                leave_out("added_at");
            }
            Some("tracks") => {
                leave_out("external_ids");
                element["duration_ms"] = json!(BIG);
                element["type"] = json!("hologram");
            }
            Some("artists") if element.get("followers").is_some() => {
                element["followers"]["total"] = json!(BIG);
            }
            Some("albums") => {
                element["album_type"] = json!("quantum");
                element["total_tracks"] = json!(BIG);
            }
            _ => {}
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let big = BIG.to_string();
        let seconds = (BIG / 1_000).to_string();
        let mut planted = vec![
            (Table::Tracks, "seconds", seconds.as_str()),
            (Table::Tracks, "isrc", NULL),
            (Table::Albums, "tracks", &big),
            (Table::PlaylistPlacements, "added", NULL),
        ];
        if self.mode == Mode::Extended {
            planted.push((Table::CounterReadingsDaily, "value", &big));
            planted.push((Table::ArtistAudienceDaily, "followers", &big));
        }
        let planted = planted.into_iter();
        planted.map(|(table, name, value)| Planted { table, name, value: value.to_owned() }).collect()
    }

    fn personal(&self, _: &ImitationWire) -> Vec<String> {
        vec![ADDED_BY.to_owned()]
    }
}

fn is_description(seen: &Seen) -> bool {
    matches!(*seen.path.split('/').collect::<Vec<_>>(), ["", "v1", "playlists", _])
}

fn is_checked(seen: &Seen) -> bool {
    seen.path == format!("/v1/tracks/{TRACK}")
}

/// The part of a list in a body, if it is one: the body itself, or what a search found.
fn paging(body: &mut Value) -> Option<&mut Value> {
    if body.get("id").is_some() {
        return None;
    }
    let name = ["tracks", "albums"].into_iter().find(|name| body.get(name).is_some());
    match name {
        Some(name) => body.get_mut(name),
        None => body.get("items").is_some().then_some(body),
    }
}

impl SpotifyCase {
    /// What is counted today of one object; unknown in development mode.
    fn counted(&self, world: &World, counter: Counter, id: &str) -> Option<u64> {
        let all = world.truth_readings(self.reader()).into_iter();
        all.filter(|reading| reading.counter == counter && reading.id == id)
            .map(|reading| reading.value)
            .next()
    }

    /// The tracks that the settings lead to, by the id under which they are kept.
    fn named(&self, world: &World) -> BTreeMap<String, (String, Track)> {
        let mut named = BTreeMap::new();
        for (asked, given) in world.truth_tracks(self.reader()) {
            let code = given.isrc.as_ref().map(|isrc| isrc.to_uppercase()).unwrap_or_default();
            if TRACKS.contains(&&*asked) {
                named.insert(asked.clone(), (asked.clone(), given.clone()));
            }
            if ISRCS.contains(&&*code) {
                // Only extended quota tells for which track another one is given.
                let kept = if self.mode == Mode::Extended { &asked } else { &given.id };
                named.insert(kept.clone(), (asked, given));
            }
        }
        named
    }

    fn tracks(&self, world: &World, today: &str) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (kept, (asked, given)) in self.named(world) {
            facts.push(
                Fact::new(Table::Tracks, &*kept)
                    .value("title", &given.name)
                    .maybe("isrc", given.isrc.map(|isrc| isrc.to_uppercase()))
                    .value("artist", given.artist_id)
                    .value("album", given.album_id)
                    .value("seconds", given.duration_ms / 1_000),
            );
            let popularity = self.counted(world, Counter::TrackPopularity, &asked);
            facts.extend(popularity.map(|popularity| {
                Fact::new(Table::TrackPerformanceDaily, format!("{kept}/{today}//"))
                    .value("streams", NULL)
                    .value("popularity_micros", popularity * 1_000_000)
            }));
        }
        facts
    }

    fn artists(&self, world: &World, today: &str) -> Vec<Fact> {
        let mut facts = Vec::new();
        for artist in world.truth_artists().into_iter().filter(|artist| ARTISTS.contains(&&*artist.id)) {
            let followers = self.counted(world, Counter::ArtistFollowers, &artist.id);
            let popularity = self.counted(world, Counter::ArtistPopularity, &artist.id);
            facts.push(
                Fact::new(Table::Artists, &*artist.id)
                    .value("name", &artist.name)
                    .value("albums", NULL)
                    .maybe("followers", followers),
            );
            facts.extend(followers.map(|followers| {
                Fact::new(Table::ArtistAudienceDaily, format!("{}/{today}", artist.id))
                    .value("followers", followers)
                    .value("monthly_listeners", NULL)
                    .maybe("popularity_micros", popularity.map(|popularity| popularity * 1_000_000))
            }));
            facts.extend(followers.map(|followers| {
                Fact::new(Table::CounterReadingsDaily, format!("artist/{}/followers/{today}", artist.id))
                    .value("value", followers)
            }));
        }
        facts
    }

    fn playlist_facts(&self, world: &World, today: &str) -> Vec<Fact> {
        let mut facts = Vec::new();
        let named: BTreeSet<&str> = self.playlists().into_iter().collect();
        let all = world.truth_playlists(self.reader()).into_iter();
        for playlist in all.filter(|playlist| named.contains(&*playlist.id)) {
            let id = &playlist.id;
            let followers = self.counted(world, Counter::PlaylistFollowers, id);
            facts.push(
                Fact::new(Table::Playlists, &**id)
                    .value("name", &playlist.name)
                    .value("owner", &playlist.owner_id)
                    .maybe("tracks", playlist.entry_count)
                    .maybe("followers", followers),
            );
            facts.extend(followers.map(|followers| {
                Fact::new(Table::CounterReadingsDaily, format!("playlist/{id}/followers/{today}"))
                    .value("value", followers)
            }));
            for place in world.truth_placements(id, self.reader()).unwrap_or_default() {
                facts.push(
                    Fact::new(Table::PlaylistPlacements, format!("{id}/{}/{today}", place.track_id))
                        .value("position", place.position)
                        .maybe("followers", followers)
                        .maybe("added", place.added_at),
                );
            }
        }
        facts
    }
}

fn albums(world: &World) -> Vec<Fact> {
    let all = world.truth_albums().into_iter();
    all.filter(|album| album.id == ALBUM || album.upc == SHARED_UPC)
        .map(|album| {
            Fact::new(Table::Albums, &*album.id)
                .value("title", &album.name)
                .value("upc", &album.upc)
                .value("tracks", TRACKS_EACH)
                .value("followers", NULL)
        })
        .collect()
}
