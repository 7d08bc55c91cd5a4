//! What is known of streaming services: what several connections saw, joined so that every object is there once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rows::{Day, Micros, figures::Windows, music::MusicEntity};

use super::{
    board::{day_in, shortened},
    figures::{ArtistFigures, CounterFigures, MusicFigures, PlaylistFigures, TrackFigures},
    limits::{ARTISTS_MAX, COUNTERS_MAX, PLAYLISTS_MAX, TRACKS_MAX},
    share::{LeftOut, fair},
    text::Labels,
};

/// What connections saw, and what is shown of it.
#[derive(Debug, Default)]
pub(super) struct Music {
    /// In the order of their connections.
    snapshots: Vec<MusicFigures>,
    read_at: Timestamp,
    /// The connections that may be shown.
    connections: BTreeSet<String>,
    shown: Shown,
}

/// Every object once, in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub tracks: Vec<Track>,
    pub artists: Vec<Artist>,
    /// Labels of the info series.
    pub playlists: Vec<Labels>,
    pub counters: Vec<(Labels, i64)>,
    /// What was left out, by kind.
    pub left_out: Vec<(&'static str, LeftOut)>,
}

#[derive(Debug)]
pub(super) struct Track {
    pub labels: Labels,
    pub info: Labels,
    pub popularity: Option<Micros>,
    pub streams: Windows<i64>,
    /// On how many playlists it stands; nothing where no playlist of its service is read.
    pub playlists: Option<usize>,
    /// Its zone's day for which the windows hold.
    pub day: Option<Day>,
    pub time_zone: String,
}

#[derive(Debug)]
pub(super) struct Artist {
    pub labels: Labels,
    pub info: Labels,
    pub followers: Option<i64>,
    pub monthly_listeners: Option<i64>,
}

/// (provider, service, id), and for counters their entity and name: a series per key, so that no scrape ever holds one
/// twice.
type Key<'a> = (&'a str, &'a str, &'a str);
type CounterKey<'a> = (&'a str, &'a str, MusicEntity, &'a str, &'a str);

/// What a connection saw.
type Seen<'a, T> = (&'a MusicFigures, &'a T);

// === impl Music ===

impl Music {
    /// Replaces all with what was read for `now`.
    pub fn replace(&mut self, mut snapshots: Vec<MusicFigures>, now: Timestamp) {
        snapshots.sort_by(|a, b| a.connection.cmp(&b.connection));
        self.snapshots = snapshots;
        self.read_at = now;
        self.join();
    }

    /// Shows what these connections saw, and nothing of others.
    pub fn show_only(&mut self, connections: &BTreeSet<&str>) {
        if !connections.iter().copied().eq(self.connections.iter().map(String::as_str)) {
            self.connections = connections.iter().copied().map(str::to_owned).collect();
            self.join();
        }
    }

    /// Whether this connection saw anything.
    pub fn is_of(&self, connection: &str) -> bool {
        self.snapshots.iter().any(|snapshot| snapshot.connection == connection)
    }

    /// What is shown.
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }

    /// What these of the connections saw.
    pub fn of(&self, connections: &BTreeSet<&str>) -> Shown {
        let is_ours = |snapshot: &&MusicFigures| connections.contains(snapshot.connection.as_str());
        let snapshots: Vec<&MusicFigures> = self.snapshots.iter().filter(is_ours).collect();
        Shown::of(&snapshots, self.read_at)
    }

    fn join(&mut self) {
        self.shown = self.of(&self.connections.iter().map(String::as_str).collect());
    }
}

// === impl Shown ===

impl Shown {
    fn of(snapshots: &[&MusicFigures], now: Timestamp) -> Self {
        let playlists = playlists_by_track(snapshots);
        let (tracks, no_tracks) = bounded(newest_tracks(snapshots), TRACKS_MAX);
        let (artists, no_artists) = bounded(newest_artists(snapshots), ARTISTS_MAX);
        let (lists, no_lists) = bounded(newest_playlists(snapshots), PLAYLISTS_MAX);
        let (counters, no_counters) = bounded(newest_counters(snapshots), COUNTERS_MAX);
        let track = |((provider, service, id), (_, track)): (Key<'_>, Seen<'_, TrackFigures>)| {
            let of_service = playlists.get(&(provider, service));
            let is_partial =
                snapshots.iter().any(|of| *of.provider == *provider && of.partly_placed.contains(service));
            let count = of_service
                .and_then(|tracks| tracks.get(id).map(BTreeSet::len).or((!is_partial).then_some(0)));
            Track::new(provider, track, count, now)
        };
        Self {
            tracks: tracks.into_iter().map(track).collect(),
            artists: artists
                .into_iter()
                .map(|((provider, ..), (_, artist))| Artist::new(provider, artist))
                .collect(),
            playlists: lists
                .into_iter()
                .map(|((provider, ..), (_, list))| playlist_info(provider, list))
                .collect(),
            counters: counters
                .into_iter()
                .map(|((provider, ..), (_, counter))| (counter_labels(provider, counter), counter.value))
                .collect(),
            left_out: vec![
                ("track", no_tracks),
                ("artist", no_artists),
                ("playlist", no_lists),
                ("counter", no_counters),
            ],
        }
    }
}

/// By provider and service: each track's playlists, over all connections.
fn playlists_by_track<'a>(
    snapshots: &[&'a MusicFigures],
) -> BTreeMap<(&'a str, &'a str), BTreeMap<&'a str, BTreeSet<&'a str>>> {
    let mut services: BTreeMap<_, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for snapshot in snapshots {
        for (service, placements) in &snapshot.placements {
            let tracks = services.entry((&*snapshot.provider, &**service)).or_default();
            for (track, playlist) in placements {
                tracks.entry(track).or_default().insert(playlist);
            }
        }
    }
    services
}

/// The best of each key: the first of those with the greatest worth.
fn best<'a, K: Ord, T, W: PartialOrd>(
    all: impl Iterator<Item = (K, Seen<'a, T>)>,
    worth: impl Fn(&T) -> W,
) -> BTreeMap<K, Seen<'a, T>> {
    let mut best = BTreeMap::new();
    for (key, one) in all {
        best.entry(key)
            .and_modify(|before: &mut Seen<'a, T>| {
                if worth(one.1) > worth(before.1) {
                    *before = one;
                }
            })
            .or_insert(one);
    }
    best
}

fn newest_tracks<'a>(snapshots: &[&'a MusicFigures]) -> BTreeMap<Key<'a>, Seen<'a, TrackFigures>> {
    let all = snapshots.iter().flat_map(|of| of.tracks.iter().map(|one| (*of, one)));
    let all = all.map(|(of, one)| ((&*of.provider, &*one.service, &*one.track_id), (of, one)));
    // Of two of one day, the one that says more.
    best(all, |one| {
        (one.read_on, one.popularity.is_some(), one.streams.last_28_days.is_some(), one.title.is_some())
    })
}

fn newest_artists<'a>(snapshots: &[&'a MusicFigures]) -> BTreeMap<Key<'a>, Seen<'a, ArtistFigures>> {
    let all = snapshots.iter().flat_map(|of| of.artists.iter().map(|one| (*of, one)));
    let all = all.map(|(of, one)| ((&*of.provider, &*one.service, &*one.artist_id), (of, one)));
    best(all, |one| {
        (one.read_on, one.followers.is_some(), one.monthly_listeners.is_some(), one.name.is_some())
    })
}

fn newest_playlists<'a>(snapshots: &[&'a MusicFigures]) -> BTreeMap<Key<'a>, Seen<'a, PlaylistFigures>> {
    let all = snapshots.iter().flat_map(|of| of.playlists.iter().map(|one| (*of, one)));
    let all = all.map(|(of, one)| ((&*of.provider, &*one.service, &*one.playlist_id), (of, one)));
    best(all, |one| (one.read_on, one.name.is_some()))
}

fn newest_counters<'a>(snapshots: &[&'a MusicFigures]) -> BTreeMap<CounterKey<'a>, Seen<'a, CounterFigures>> {
    let all = snapshots.iter().flat_map(|of| of.counters.iter().map(|one| (*of, one)));
    let all =
        all.map(|(of, one)| ((&*of.provider, &*one.service, one.entity, &*one.id, &*one.counter), (of, one)));
    best(all, |one| one.read_on)
}

/// Within the limit, and what was left out by the connections whose reading would be shown.
fn bounded<K, T>(all: BTreeMap<K, Seen<'_, T>>, max: usize) -> (Vec<(K, Seen<'_, T>)>, LeftOut) {
    fair(all.into_iter().collect(), max, |(_, (of, _))| &of.connection)
}

fn of_service(provider: &str, service: &str) -> Labels {
    Labels::default().with("provider", provider).with("service", service)
}

fn playlist_info(provider: &str, playlist: &PlaylistFigures) -> Labels {
    of_service(provider, &playlist.service)
        .with("playlist_id", &playlist.playlist_id)
        .with("playlist_name", &shortened(playlist.name.as_deref()))
        .with("owner_name", &shortened(playlist.owner_name.as_deref()))
}

fn counter_labels(provider: &str, counter: &CounterFigures) -> Labels {
    of_service(provider, &counter.service)
        .with("entity", counter.entity.as_str())
        .with("id", &counter.id)
        .with("counter", &counter.counter)
}

// === impl Track ===

impl Track {
    fn new(provider: &str, track: &TrackFigures, playlists: Option<usize>, now: Timestamp) -> Self {
        let labels = of_service(provider, &track.service).with("track_id", &track.track_id);
        let info = labels
            .clone()
            .with("track_name", &shortened(track.title.as_deref()))
            .with("artist_name", &shortened(track.artist_name.as_deref()))
            .with("isrc", &shortened(track.isrc.as_deref()));
        Self {
            labels,
            info,
            popularity: track.popularity,
            streams: track.streams,
            playlists,
            day: day_in(&track.time_zone, now),
            time_zone: track.time_zone.clone(),
        }
    }
}

// === impl Artist ===

impl Artist {
    fn new(provider: &str, artist: &ArtistFigures) -> Self {
        let labels = of_service(provider, &artist.service).with("artist_id", &artist.artist_id);
        let info = labels.clone().with("artist_name", &shortened(artist.name.as_deref()));
        let ArtistFigures { followers, monthly_listeners, .. } = *artist;
        Self { labels, info, followers, monthly_listeners }
    }
}
