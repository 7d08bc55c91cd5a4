//! From Soundcharts' words to rows. All of it is what Soundcharts collects: none of it is measured by whoever counts.
//!
//! A date such as `2021-04-13T00:00:00+02:00` is the day that is written there: it is midnight of Soundcharts' own zone, which turns
//! with summer, so that in UTC it would be the day before.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;
use rows::{
    Day, Micros, Row, codes,
    instant::said,
    music::{ArtistAudience, CounterReading, MeasureClass, MusicEntity, Playlist, PlaylistPlacement, Track},
};
use serde_json::value::RawValue;

use super::wire::{self, IsrcOf};
use crate::reading::{
    dates::day_written,
    elements::{Named, Unreadable},
    wire::Count,
};

const ESTIMATED: MeasureClass = MeasureClass::Estimated;
/// The highest popularity.
const POPULARITY_MAX: i64 = 100;

/// Whose row it is.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    /// The platform.
    pub service: &'a str,
    /// Soundcharts' UUID.
    pub id: &'a str,
}

/// Which list of an artist's days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Followers,
    MonthlyListeners,
    Popularity,
}

/// What is told of an artist on one platform, by day: their audience, and their likes.
#[derive(Debug, Default)]
pub struct ArtistDays {
    told: BTreeMap<Day, (ArtistAudience, Option<i64>)>,
    /// Days of which something could not be read: no row tells less of them than one that may be there.
    unread: BTreeSet<Day>,
}

/// A song: the same on each of these platforms.
pub fn tracks(song: wire::Song, services: &[String]) -> Result<Vec<Row>, Unreadable> {
    let isrc = match song.isrc {
        Some(IsrcOf::Text(text) | IsrcOf::Object { value: Some(text) }) => codes::plain(&text),
        _ => None,
    };
    let artist = song.artists.and_then(|artists| artists.into_iter().next());
    let (artist_id, artist_name) = artist.map_or((None, None), |artist| (artist.uuid, artist.name));
    let released_on =
        song.release_date.as_deref().map(|text| day_written(text, "releaseDate")).transpose()?;
    let track = Track {
        title: song.name,
        isrc,
        artist_id: artist_id.map(|id| id.0),
        artist_name: artist_name.or(song.credit_name),
        released_on,
        ..Track::of("", song.uuid.0)
    };
    let on = |service: &String| Row::Track(Track { service: service.clone(), ..track.clone() });
    Ok(services.iter().map(on).collect())
}

/// What a song's counter showed on a day. Its versions on a platform share one counter: the one that was read last shows most.
/// A day without versions was not read.
pub fn song_day(item: &wire::SongDay, of: Of<'_>, counter: &str) -> Result<Option<Row>, Unreadable> {
    let date = day_written(&item.date, "date")?;
    let value = item.plots.iter().filter_map(|plot| plot.value).max();
    Ok(value.map(|value| reading(of, MusicEntity::Track, counter, date, value.0)))
}

/// A song's place on a playlist, and the playlist; nothing where it is not there any more.
pub fn placement(
    entry: wire::Entry,
    of: Of<'_>,
) -> Result<Option<(PlaylistPlacement, Playlist)>, Unreadable> {
    if entry.exit_date.is_some() {
        return Ok(None);
    }
    let date = day_written(&entry.position_date, "positionDate")?;
    let added_at = match entry.entry_date {
        Some(text) => said(entered(text.trim())?),
        None => None,
    };
    let wire::Playlist { uuid, name, latest_track_count, latest_subscriber_count } = entry.playlist;
    let song = entry.song.unwrap_or_default();
    let followers = count(latest_subscriber_count);
    let placement = PlaylistPlacement {
        position: count(entry.position).filter(|position| *position > 0),
        followers,
        added_at,
        title: song.name,
        artist_name: song.credit_name,
        ..PlaylistPlacement::of(of.service, uuid.0.clone(), of.id, date)
    };
    let track_count = count(latest_track_count);
    let playlist = Playlist { name, track_count, followers, ..Playlist::of(of.service, uuid.0) };
    Ok(Some((placement, playlist)))
}

/// The rows of a song's places. The first of several on one playlist is the one that counts: it comes last.
pub fn placements(mut places: Vec<(PlaylistPlacement, Playlist)>) -> Vec<Row> {
    places.sort_by_key(|(place, _)| Reverse(place.position.unwrap_or(i64::MAX)));
    let rows = places.into_iter().map(|(place, list)| [Row::PlaylistPlacement(place), Row::Playlist(list)]);
    rows.flatten().collect()
}

/// One of an artist's days, on one of the lists.
pub fn artist_day(item: wire::ArtistDay, measure: Measure) -> Result<(Day, wire::ArtistDay), Unreadable> {
    let date = day_written(&item.date, "date")?;
    let (is_told, field) = match measure {
        Measure::Followers => (item.follower_count.or(item.like_count).is_some(), "followerCount"),
        Measure::MonthlyListeners | Measure::Popularity => (item.value.is_some(), "value"),
    };
    if is_told { Ok((date, item)) } else { Err(Unreadable::Missing(field)) }
}

/// What may be repeated of an element that cannot be read: its day.
pub fn named(raw: &RawValue) -> Named {
    Named::of(raw, &[], "date")
}

// === impl Measure ===

impl Measure {
    /// Whether a platform has it. On others than these, "listening" is a count of plays or views.
    pub fn is_of(self, platform: &str) -> bool {
        match self {
            Self::Followers => true,
            Self::MonthlyListeners => matches!(platform, "spotify" | "jiosaavn" | "yandex"),
            Self::Popularity => matches!(platform, "spotify" | "tidal"),
        }
    }
}

// === impl ArtistDays ===

impl ArtistDays {
    /// Adds what a list tells of a day.
    pub fn add(&mut self, measure: Measure, (date, item): (Day, wire::ArtistDay)) {
        let nothing = || (ArtistAudience::of("", "", date, ESTIMATED), None);
        let (audience, likes) = self.told.entry(date).or_insert_with(nothing);
        match measure {
            Measure::Followers => {
                (audience.followers, *likes) = (count(item.follower_count), count(item.like_count));
            }
            Measure::MonthlyListeners => audience.monthly_listeners = count(item.value),
            Measure::Popularity => {
                let popularity = count(item.value).filter(|value| *value <= POPULARITY_MAX);
                audience.popularity = popularity.and_then(Micros::from_units);
            }
        }
    }

    /// Something of this day could not be read.
    pub fn lacks(&mut self, date: Day) {
        self.unread.insert(date);
    }

    /// A row of each day, and the counters' readings.
    pub fn rows(self, of: Of<'_>) -> Vec<Row> {
        let Self { told, unread } = self;
        let mut rows = Vec::new();
        for (date, (audience, likes)) in told.into_iter().filter(|(date, _)| !unread.contains(date)) {
            let ArtistAudience { followers, monthly_listeners, popularity, .. } = audience;
            if followers.or(monthly_listeners).is_some() || popularity.is_some() {
                let (service, artist_id) = (of.service.to_owned(), of.id.to_owned());
                rows.push(Row::ArtistAudience(ArtistAudience { service, artist_id, ..audience }));
            }
            let counters = [("followers", followers), ("likes", likes)];
            rows.extend(counters.into_iter().filter_map(|(counter, value)| {
                Some(reading(of, MusicEntity::Artist, counter, date, value?))
            }));
        }
        rows
    }
}

fn reading(of: Of<'_>, entity: MusicEntity, counter: &str, date: Day, value: i64) -> Row {
    let shown = CounterReading::public(of.service, entity, of.id, counter, date, value);
    Row::CounterReading(CounterReading { measure_class: ESTIMATED, ..shown })
}

fn count(count: Option<Count>) -> Option<i64> {
    count.map(|count| count.0)
}

/// An instant; of a midnight, the day that it is written with, as all its dates are.
fn entered(text: &str) -> Result<Timestamp, Unreadable> {
    let wrong = || Unreadable::Time("entryDate");
    let instant: Timestamp = text.parse().map_err(|_| wrong())?;
    match text.split_once('T') {
        Some((date, time)) if time.starts_with("00:00:00") => {
            format!("{date}T00:00:00Z").parse().map_err(|_| wrong())
        }
        _ => Ok(instant),
    }
}
