//! From Spotify's words to rows.

use ::rows::{
    Day, Micros, Row,
    codes::plain,
    instant::said,
    music::{
        Album, Artist, ArtistAudience, CounterReading, MeasureClass, MusicEntity, Playlist, Track,
        TrackPerformance,
    },
};
use jiff::Timestamp;

use super::wire::{self, Codes, Followers, Named, Owner, SERVICE};
use crate::reading::{contents::Placed, dates::day_of, elements::Unreadable, wire::Count};

/// The highest popularity.
const POPULARITY_MAX: i64 = 100;
/// Nothing was added to a playlist before there were any: an earlier time is one that nobody remembers.
const FIRST_ADDED: Timestamp = Timestamp::constant(31_536_000, 0);

/// A track, and its popularity. It is kept under the id of the track for which it is given; where that is not said, under
/// `asked`, the id asked for, if there was one.
pub fn track(track: wire::Track, asked: Option<&str>, day: Day) -> Result<Vec<Row>, Unreadable> {
    let (artist_id, artist_name) = first(track.artists);
    let id = track.linked_from.map(|id| id.0).or_else(|| asked.map(str::to_owned)).unwrap_or(track.id.0);
    let album = track.album.unwrap_or_default();
    let mut rows = vec![Row::Track(Track {
        title: track.name,
        isrc: track.external_ids.and_then(|codes| plain(&codes.isrc?)),
        artist_id,
        artist_name,
        released_on: released(album.release_date.as_deref(), album.release_date_precision.as_deref())?,
        album_id: album.id.map(|id| id.0),
        // Whole seconds that pass, as players show them.
        duration_seconds: track.duration_ms.map(|length| length.0 / 1_000),
        ..Track::of(SERVICE, id.clone())
    })];
    if let Some(popularity) = popularity(track.popularity) {
        rows.push(Row::TrackPerformance(TrackPerformance {
            popularity: Some(popularity),
            ..TrackPerformance::of(SERVICE, id, day, MeasureClass::PublicCounter)
        }));
    }
    Ok(rows)
}

/// An album.
pub fn album(album: wire::Album) -> Result<Vec<Row>, Unreadable> {
    let (artist_id, artist_name) = first(album.artists);
    let row = Row::Album(Album {
        title: album.name,
        upc: album.external_ids.and_then(|Codes { upc, ean, .. }| plain(&upc.or(ean)?)),
        artist_id,
        artist_name,
        label: album.label,
        record_type: album.kind,
        track_count: album.total_tracks.map(|count| count.0),
        released_on: released(album.release_date.as_deref(), album.release_date_precision.as_deref())?,
        ..Album::of(SERVICE, album.id.0)
    });
    Ok(vec![row])
}

/// An artist, their followers, and both numbers as their audience.
pub fn artist(artist: wire::Artist, day: Day) -> Vec<Row> {
    let (id, followers) = (artist.id.0, total(artist.followers.as_ref()));
    let popularity = popularity(artist.popularity);
    let mut rows =
        vec![Row::Artist(Artist { name: artist.name, followers, ..Artist::of(SERVICE, id.clone()) })];
    rows.extend(reading(MusicEntity::Artist, &id, day, followers));
    if followers.is_some() || popularity.is_some() {
        rows.push(Row::ArtistAudience(ArtistAudience {
            followers,
            popularity,
            ..ArtistAudience::of(SERVICE, id, day, MeasureClass::PublicCounter)
        }));
    }
    rows
}

/// A playlist and its followers. `track_count` is how many entries it has, where they can be read.
pub fn playlist(playlist: wire::Playlist, track_count: Option<i64>, day: Day) -> Vec<Row> {
    let Owner { id: owner_id, display_name: owner_name } = playlist.owner.unwrap_or_default();
    let (id, followers) = (playlist.id.0, total(playlist.followers.as_ref()));
    let row = Row::Playlist(Playlist {
        name: playlist.name,
        owner_id: owner_id.map(|id| id.0),
        owner_name,
        track_count,
        followers,
        public: playlist.public,
        ..Playlist::of(SERVICE, id.clone())
    });
    std::iter::once(row).chain(reading(MusicEntity::Playlist, &id, day, followers)).collect()
}

/// A track on a playlist, which was put there at `added_at`.
pub fn placed(mut track: wire::Placed, added_at: Option<&str>) -> Result<Placed, Unreadable> {
    let (title, artist_name) = (track.name.take(), first(track.artists.take()).1);
    Ok(Placed { added_at: self::added_at(added_at)?, track_id: track.key(), title, artist_name })
}

/// When something was put on a playlist.
fn added_at(text: Option<&str>) -> Result<Option<Timestamp>, Unreadable> {
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
    Some(Row::CounterReading(CounterReading::public(SERVICE, entity, id, "followers", day, followers?)))
}

pub fn total(followers: Option<&Followers>) -> Option<i64> {
    Some(followers?.total.as_ref()?.0)
}

/// Id and name of the first one, each where it is said.
fn first(artists: Option<Vec<Named>>) -> (Option<String>, Option<String>) {
    let Named { id, name } = artists.into_iter().flatten().next().unwrap_or_default();
    (id.map(|id| id.0), name)
}

/// Of a release of which only the month or the year is known, the day is unknown, whatever is written.
fn released(text: Option<&str>, precision: Option<&str>) -> Result<Option<Day>, Unreadable> {
    if matches!(precision, Some("year" | "month")) { Ok(None) } else { day_of(text, "release_date") }
}
