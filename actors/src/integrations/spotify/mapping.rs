//! From Spotify's words to rows.

use std::collections::BTreeSet;

use ::rows::{
    Day, Micros, Row,
    codes::plain,
    instant::said,
    music::{
        Album, Artist, ArtistAudience, CounterReading, Granularity, MeasureClass, MusicEntity, Playlist,
        PlaylistPlacement, Track, TrackPerformance,
    },
};
use jiff::Timestamp;

use super::wire::{self, Codes, Followers, Named, Owner, SERVICE};
use crate::reading::{
    elements::{self, Unreadable},
    wire::Count,
};

/// The highest popularity.
const POPULARITY_MAX: i64 = 100;
/// Nothing was added to a playlist before there were any: an earlier time is one that nobody remembers.
const FIRST_ADDED: Timestamp = Timestamp::constant(31_536_000, 0);

/// What may be repeated of an answer: what was asked for.
pub fn asked_for(asked: &str) -> elements::Named {
    elements::Named { fields: vec![("asked", asked.to_owned())], day: None }
}

/// A track, and its popularity. It is kept under the id of the track for which it is given; where that is not said, under
/// `asked`, the id asked for, if there was one.
pub fn track(track: wire::Track, asked: Option<&str>, day: Day) -> Result<Vec<Row>, Unreadable> {
    let (artist_id, artist_name) = first(track.artists);
    let id =
        track.linked_from.map(|from| from.id.0).or_else(|| asked.map(str::to_owned)).unwrap_or(track.id.0);
    let album = track.album.unwrap_or_default();
    let mut rows = vec![Row::Track(Track {
        service: SERVICE.to_owned(),
        track_id: id.clone(),
        title: track.name,
        isrc: track.external_ids.and_then(|codes| plain(&codes.isrc?)),
        artist_id,
        artist_name,
        released_on: day_of(album.release_date.as_deref(), album.release_date_precision.as_deref())?,
        album_id: album.id.map(|id| id.0),
        // Whole seconds that pass, as players show them.
        duration_seconds: track.duration_ms.map(|length| length.0 / 1_000),
    })];
    if let Some(popularity) = popularity(track.popularity) {
        rows.push(Row::TrackPerformance(TrackPerformance {
            service: SERVICE.to_owned(),
            track_id: id,
            date: day,
            granularity: Granularity::Day,
            country: String::new(),
            segment: String::new(),
            measure_class: MeasureClass::PublicCounter,
            streams: None,
            listeners: None,
            saves: None,
            skips: None,
            playlist_adds: None,
            popularity: Some(popularity),
            period_end: None,
        }));
    }
    Ok(rows)
}

/// An album.
pub fn album(album: wire::Album) -> Result<Vec<Row>, Unreadable> {
    let (artist_id, artist_name) = first(album.artists);
    let row = Row::Album(Album {
        service: SERVICE.to_owned(),
        album_id: album.id.0,
        title: album.name,
        upc: album.external_ids.and_then(|Codes { upc, ean, .. }| plain(&upc.or(ean)?)),
        artist_id,
        artist_name,
        label: album.label,
        record_type: album.kind,
        track_count: album.total_tracks.map(|count| count.0),
        released_on: day_of(album.release_date.as_deref(), album.release_date_precision.as_deref())?,
        followers: None,
    });
    Ok(vec![row])
}

/// An artist, their followers, and both numbers as their audience.
pub fn artist(artist: wire::Artist, day: Day) -> Vec<Row> {
    let (id, followers) = (artist.id.0, total(artist.followers));
    let popularity = popularity(artist.popularity);
    let mut rows = vec![Row::Artist(Artist {
        service: SERVICE.to_owned(),
        artist_id: id.clone(),
        name: artist.name,
        album_count: None,
        followers,
    })];
    rows.extend(reading(MusicEntity::Artist, &id, day, followers));
    if followers.is_some() || popularity.is_some() {
        rows.push(Row::ArtistAudience(ArtistAudience {
            service: SERVICE.to_owned(),
            artist_id: id,
            date: day,
            measure_class: MeasureClass::PublicCounter,
            followers,
            monthly_listeners: None,
            popularity,
            streams: None,
            listeners: None,
            monthly_active_listeners: None,
            super_listeners: None,
            saves: None,
            playlist_adds: None,
        }));
    }
    rows
}

/// A playlist and its followers. `track_count` is how many entries it has, where they can be read.
pub fn playlist(playlist: wire::Playlist, track_count: Option<i64>, day: Day) -> Vec<Row> {
    let Owner { id: owner_id, display_name: owner_name } = playlist.owner.unwrap_or_default();
    let (id, followers) = (playlist.id.0, total(playlist.followers));
    let row = Row::Playlist(Playlist {
        service: SERVICE.to_owned(),
        playlist_id: id.clone(),
        name: playlist.name,
        owner_id: owner_id.map(|id| id.0),
        owner_name,
        track_count,
        followers,
        public: playlist.public,
        created_at: None,
    });
    std::iter::once(row).chain(reading(MusicEntity::Playlist, &id, day, followers)).collect()
}

/// A track's place on a playlist.
#[derive(Debug)]
pub struct Place {
    /// From 1, over all entries.
    pub position: i64,
    /// When it was put there, where that is said.
    pub added_at: Option<Timestamp>,
    /// What stands there.
    pub track: wire::Placed,
}

/// The places of tracks, which come in the list's order. A track that is there more than once has its first place.
/// Those of `displaced` tracks are left as they are.
pub fn placements(
    list: &wire::Playlist,
    day: Day,
    places: Vec<Place>,
    displaced: BTreeSet<String>,
) -> impl Iterator<Item = Row> + use<'_> {
    let followers = list.followers.as_ref().and_then(|followers| Some(followers.total?.0));
    let mut seen = displaced;
    places.into_iter().filter_map(move |Place { position, added_at, mut track }| {
        let (title, artist_name) = (track.name.take(), first(track.artists.take()).1);
        let track_id = track.key();
        seen.insert(track_id.clone()).then(|| {
            Row::PlaylistPlacement(PlaylistPlacement {
                service: SERVICE.to_owned(),
                playlist_id: list.id.0.clone(),
                track_id,
                date: day,
                position: Some(position),
                followers,
                added_at,
                title,
                artist_name,
                streams: None,
                listeners: None,
            })
        })
    })
}

/// When something was put on a playlist.
pub fn added_at(text: Option<&str>) -> Result<Option<Timestamp>, Unreadable> {
    let Some(text) = text else { return Ok(None) };
    let time: Timestamp = text.parse().map_err(|_| Unreadable::Time("added_at"))?;
    Ok(said(time).filter(|time| *time >= FIRST_ADDED))
}

/// Spotify's own scale; what is outside of it says nothing.
fn popularity(popularity: Option<Count>) -> Option<Micros> {
    let popularity = popularity.filter(|popularity| (0..=POPULARITY_MAX).contains(&popularity.0))?;
    Micros::from_units(popularity.0)
}

fn reading(entity: MusicEntity, id: &str, day: Day, followers: Option<i64>) -> Option<Row> {
    let value = followers?;
    Some(Row::CounterReading(CounterReading {
        service: SERVICE.to_owned(),
        entity,
        id: id.to_owned(),
        counter: "followers".to_owned(),
        date: day,
        value,
        measure_class: MeasureClass::PublicCounter,
    }))
}

fn total(followers: Option<Followers>) -> Option<i64> {
    Some(followers?.total?.0)
}

/// Id and name of the first one, each where it is said.
fn first(artists: Option<Vec<Named>>) -> (Option<String>, Option<String>) {
    let Named { id, name } = artists.into_iter().flatten().next().unwrap_or_default();
    (id.map(|id| id.0), name)
}

/// `2017-05-26`. Of a release of which only the month or the year is known, the day is unknown; so is a date of zeros.
fn day_of(text: Option<&str>, precision: Option<&str>) -> Result<Option<Day>, Unreadable> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if matches!(precision, Some("year" | "month")) {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let has_zeros = parts.iter().any(|part| part.bytes().all(|byte| byte == b'0'));
    if parts.iter().all(is_number) && (parts.len() < 3 || has_zeros) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Unreadable::Date("release_date"))
}
