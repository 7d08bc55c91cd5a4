//! From Deezer's words to rows.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rows::{
    Day, Micros, Row, codes,
    instant::said,
    music::{
        Album, Artist, ArtistAudience, CounterReading, MeasureClass, MusicEntity, Playlist, Track,
        TrackPerformance,
    },
};

use super::wire::{self, Named, SERVICE};
use crate::reading::{contents::Placed, dates::day_of, elements::Unreadable, wire::Whole};

/// A rank's highest value is a popularity of 100.
const RANK_MAX: i64 = 1_000_000;
/// 100 / 1 000 000, in micros.
const POPULARITY_MICROS_PER_RANK: i64 = 100;

/// A track, its rank, and what that says about its popularity.
pub fn track(track: wire::Track, day: Day) -> Result<Vec<Row>, Unreadable> {
    let (artist_id, artist_name) = Named::parts(track.artist);
    let id = track.id.0;
    let mut rows = vec![Row::Track(Track {
        service: SERVICE.to_owned(),
        track_id: id.clone(),
        title: track.title,
        isrc: code(track.isrc),
        artist_id,
        artist_name,
        album_id: Named::parts(track.album).0,
        duration_seconds: count(track.duration),
        released_on: day_of(track.release_date.as_deref(), "release_date")?,
    })];
    if let Some(rank) = count(track.rank) {
        rows.push(reading(MusicEntity::Track, &id, "rank", day, rank));
        rows.push(Row::TrackPerformance(TrackPerformance {
            popularity: popularity(rank),
            ..TrackPerformance::of(SERVICE, id, day, MeasureClass::PublicCounter)
        }));
    }
    Ok(rows)
}

/// An album and its fans.
pub fn album(album: wire::Album, day: Day) -> Result<Vec<Row>, Unreadable> {
    let (artist_id, artist_name) = Named::parts(album.artist);
    let id = album.id.0;
    let fans = count(album.fans);
    let row = Row::Album(Album {
        service: SERVICE.to_owned(),
        album_id: id.clone(),
        title: album.title,
        upc: code(album.upc),
        artist_id,
        artist_name,
        label: album.label,
        record_type: album.record_type,
        track_count: count(album.nb_tracks),
        released_on: day_of(album.release_date.as_deref(), "release_date")?,
        followers: fans,
    });
    Ok(with_fans(row, MusicEntity::Album, &id, day, fans))
}

/// An artist, their fans, and the same as their audience.
pub fn artist(artist: wire::Artist, day: Day) -> Vec<Row> {
    let id = artist.id.0;
    let fans = count(artist.nb_fan);
    let row = Row::Artist(Artist {
        service: SERVICE.to_owned(),
        artist_id: id.clone(),
        name: artist.name,
        album_count: count(artist.nb_album),
        followers: fans,
    });
    let mut rows = with_fans(row, MusicEntity::Artist, &id, day, fans);
    if fans.is_some() {
        rows.push(Row::ArtistAudience(ArtistAudience {
            followers: fans,
            ..ArtistAudience::of(SERVICE, id, day, MeasureClass::PublicCounter)
        }));
    }
    rows
}

/// A playlist and its fans.
pub fn playlist(playlist: wire::Playlist, day: Day) -> Result<Vec<Row>, Unreadable> {
    let (owner_id, owner_name) = Named::parts(playlist.creator);
    let id = playlist.id.0;
    let fans = count(playlist.fans);
    let row = Row::Playlist(Playlist {
        service: SERVICE.to_owned(),
        playlist_id: id.clone(),
        name: playlist.title,
        owner_id,
        owner_name,
        track_count: count(playlist.nb_tracks),
        followers: fans,
        public: playlist.public,
        created_at: time_of(playlist.creation_date.as_deref())?,
    });
    Ok(with_fans(row, MusicEntity::Playlist, &id, day, fans))
}

/// A chart as a playlist: what its placements belong to. Deezer says nothing of it but its tracks.
pub fn chart(playlist_id: String, track_count: u64) -> Row {
    Row::Playlist(Playlist {
        track_count: i64::try_from(track_count).ok(),
        ..Playlist::of(SERVICE, playlist_id)
    })
}

/// A playlist's id in the column `playlist_id`, for a chart.
pub fn chart_id(genre: &str) -> String {
    format!("chart:{genre}")
}

/// A track on a list.
pub fn placed(entry: wire::Entry) -> Result<Placed, Unreadable> {
    let wire::Entry { id, title, artist, time_add } = entry;
    let artist_name = Named::parts(artist).1;
    Ok(Placed { track_id: id.0, title, artist_name, added_at: added_at(time_add)? })
}

/// When a track was added; 0 and the like are no times at which anything was added.
fn added_at(time_add: Option<Whole>) -> Result<Option<Timestamp>, Unreadable> {
    match count(time_add) {
        None => Ok(None),
        Some(seconds) => Timestamp::from_second(seconds).map(said).map_err(|_| Unreadable::Date("time_add")),
    }
}

fn with_fans(row: Row, entity: MusicEntity, id: &str, day: Day, fans: Option<i64>) -> Vec<Row> {
    let reading = fans.map(|fans| reading(entity, id, "fans", day, fans));
    std::iter::once(row).chain(reading).collect()
}

fn reading(entity: MusicEntity, id: &str, counter: &str, day: Day, value: i64) -> Row {
    Row::CounterReading(CounterReading::public(SERVICE, entity, id, counter, day, value))
}

/// 0 to 100. A rank outside its scale is kept as a reading, and says nothing about popularity.
fn popularity(rank: i64) -> Option<Micros> {
    (0..=RANK_MAX).contains(&rank).then(|| Micros(rank * POPULARITY_MICROS_PER_RANK))
}

fn count(count: Option<Whole>) -> Option<i64> {
    count.map(|count| count.0)
}

fn code(text: Option<String>) -> Option<String> {
    text.and_then(|text| codes::plain(&text))
}

/// `2014-06-27 09:09:31`. Deezer names no zone: it is read as UTC.
fn time_of(text: Option<&str>) -> Result<Option<Timestamp>, Unreadable> {
    let field = "creation_date";
    let Some(text) = text else { return Ok(None) };
    let date = text.split(' ').next();
    if day_of(date, field)?.is_none() {
        return Ok(None);
    }
    let time: DateTime = text.parse().map_err(|_| Unreadable::Date(field))?;
    let time = time.to_zoned_datetime(TimeZone::UTC).map_err(|_| Unreadable::Date(field))?;
    Ok(said(time.timestamp()))
}
