//! Rows of streaming services. `None` is "the source does not say"; 0 is "the source says zero". Who told us is the
//! connection's integration; where it happened is `service`.

use jiff::Timestamp;

use crate::{Table, day::Day, key::Fingerprint, money::Micros, row::TableRow};

/// How a number came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeasureClass {
    /// Counted by the service for its owner.
    Measured,
    /// Somebody's estimate.
    Estimated,
    /// What the service shows to everybody.
    PublicCounter,
}

/// What a counter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MusicEntity {
    /// A track.
    Track,
    /// An album.
    Album,
    /// An artist.
    Artist,
    /// A playlist.
    Playlist,
    /// A video.
    Video,
    /// A channel of videos.
    Channel,
}

/// Length of the period that a row speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granularity {
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// Any other number of days: the row says which is the last.
    Period,
}

/// A track as its service describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Where: `deezer`, `spotify` …
    pub service: String,
    /// The service's id.
    pub track_id: String,
    /// Title.
    pub title: Option<String>,
    /// International Standard Recording Code, upper case, without dashes.
    pub isrc: Option<String>,
    /// Its first artist's id at the service.
    pub artist_id: Option<String>,
    /// That artist's name.
    pub artist_name: Option<String>,
    /// Its album's id at the service.
    pub album_id: Option<String>,
    /// Length, in seconds.
    pub duration_seconds: Option<i64>,
    /// Day of release.
    pub released_on: Option<Day>,
}

/// An album as its service describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Album {
    /// Where.
    pub service: String,
    /// The service's id.
    pub album_id: String,
    /// Title.
    pub title: Option<String>,
    /// Universal Product Code, digits.
    pub upc: Option<String>,
    /// Its first artist's id at the service.
    pub artist_id: Option<String>,
    /// That artist's name.
    pub artist_name: Option<String>,
    /// Label.
    pub label: Option<String>,
    /// The service's word for its kind: `album`, `single` …
    pub record_type: Option<String>,
    /// How many tracks it has.
    pub track_count: Option<i64>,
    /// Day of release.
    pub released_on: Option<Day>,
    /// Fans or followers now.
    pub followers: Option<i64>,
}

/// An artist as the service describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artist {
    /// Where.
    pub service: String,
    /// The service's id.
    pub artist_id: String,
    /// Name.
    pub name: Option<String>,
    /// How many albums they have.
    pub album_count: Option<i64>,
    /// Fans or followers now.
    pub followers: Option<i64>,
}

/// A playlist as its service describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    /// Where.
    pub service: String,
    /// The service's id; `chart:…` for a chart.
    pub playlist_id: String,
    /// Name.
    pub name: Option<String>,
    /// Its owner's id at the service.
    pub owner_id: Option<String>,
    /// Its owner's public name at the service.
    pub owner_name: Option<String>,
    /// How many tracks it has.
    pub track_count: Option<i64>,
    /// Fans or followers now.
    pub followers: Option<i64>,
    /// Whether everybody can see it.
    pub public: Option<bool>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// A track's numbers on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackPerformance {
    /// Where.
    pub service: String,
    /// The service's id.
    pub track_id: String,
    /// First day of the period.
    pub date: Day,
    /// Length of the period.
    pub granularity: Granularity,
    /// ISO 3166-1 alpha-2 in upper case; `ZZ` = the source's "unknown"; `""` = everywhere.
    pub country: String,
    /// The source's own subdivision (subscription, source of stream …); `""` = all.
    pub segment: String,
    /// How the numbers came to be.
    pub measure_class: MeasureClass,
    /// Streams.
    pub streams: Option<i64>,
    /// Different listeners. NOT additive.
    pub listeners: Option<i64>,
    /// Saves to a library.
    pub saves: Option<i64>,
    /// Skips.
    pub skips: Option<i64>,
    /// Additions to playlists.
    pub playlist_adds: Option<i64>,
    /// Popularity from 0 to 100 by the service's own formula. NOT additive.
    pub popularity: Option<Micros>,
    /// Last day of the period, included; `None` where `granularity` says it.
    pub period_end: Option<Day>,
}

/// An artist's audience on one day, a UTC day where the service is read. Streams, saves and additions are additive, and
/// nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtistAudience {
    /// Where.
    pub service: String,
    /// The service's id.
    pub artist_id: String,
    /// UTC day.
    pub date: Day,
    /// How the numbers came to be.
    pub measure_class: MeasureClass,
    /// Fans or followers.
    pub followers: Option<i64>,
    /// Different listeners of the last 28 days or month, by the service's own window.
    pub monthly_listeners: Option<i64>,
    /// Popularity from 0 to 100 by the service's own formula.
    pub popularity: Option<Micros>,
    /// Streams on that day.
    pub streams: Option<i64>,
    /// Different listeners on that day.
    pub listeners: Option<i64>,
    /// Different listeners of the last 28 days who chose the artist themselves.
    pub monthly_active_listeners: Option<i64>,
    /// Of these, the most engaged ones, as the service counts them.
    pub super_listeners: Option<i64>,
    /// Saves to a library on that day.
    pub saves: Option<i64>,
    /// Additions to playlists on that day.
    pub playlist_adds: Option<i64>,
}

/// A counter's last reading of a UTC day. The daily difference is derived, never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterReading {
    /// Where.
    pub service: String,
    /// What it belongs to.
    pub entity: MusicEntity,
    /// The service's id of that.
    pub id: String,
    /// The counter's name: `fans`, `rank`, `followers` …
    pub counter: String,
    /// UTC day.
    pub date: Day,
    /// What it showed. Can fall.
    pub value: i64,
    /// How the number came to be.
    pub measure_class: MeasureClass,
}

/// A track on a playlist on one UTC day, as last seen on that day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistPlacement {
    /// Where.
    pub service: String,
    /// The playlist.
    pub playlist_id: String,
    /// The track.
    pub track_id: String,
    /// UTC day.
    pub date: Day,
    /// Position, counted from 1; the lowest when the track is there more than once.
    pub position: Option<i64>,
    /// The playlist's fans or followers on that day.
    pub followers: Option<i64>,
    /// When it was added.
    pub added_at: Option<Timestamp>,
    /// The track's title as the playlist shows it.
    pub title: Option<String>,
    /// The artist's name as the playlist shows it.
    pub artist_name: Option<String>,
    /// Streams from this playlist on that day.
    pub streams: Option<i64>,
    /// Different listeners from this playlist on that day. NOT additive.
    pub listeners: Option<i64>,
}

// === impl MeasureClass ===

impl MeasureClass {
    /// As stored: `measured`, `estimated`, `public_counter`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Estimated => "estimated",
            Self::PublicCounter => "public_counter",
        }
    }
}

// === impl MusicEntity ===

impl MusicEntity {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Track, Self::Album, Self::Artist, Self::Playlist, Self::Video, Self::Channel];

    /// As stored: `track`, `album`, `artist`, `playlist`, `video`, `channel`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Album => "album",
            Self::Artist => "artist",
            Self::Playlist => "playlist",
            Self::Video => "video",
            Self::Channel => "channel",
        }
    }

    /// Reads what [`MusicEntity::as_str`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

// === impl Granularity ===

impl Granularity {
    /// As stored: `day`, `week`, `month`, `quarter`, `period`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Period => "period",
        }
    }
}

// === rows ===

impl TableRow for Track {
    fn table(&self) -> Table {
        Table::Tracks
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.service, &self.track_id])
    }
}

impl TableRow for Album {
    fn table(&self) -> Table {
        Table::Albums
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.service, &self.album_id])
    }
}

impl TableRow for Artist {
    fn table(&self) -> Table {
        Table::Artists
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.service, &self.artist_id])
    }
}

impl TableRow for Playlist {
    fn table(&self) -> Table {
        Table::Playlists
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.service, &self.playlist_id])
    }
}

impl TableRow for TrackPerformance {
    fn table(&self) -> Table {
        Table::TrackPerformanceDaily
    }

    fn entity(&self) -> Fingerprint {
        let Self { service, track_id, granularity, country, segment, .. } = self;
        Fingerprint::of(&[service, track_id, granularity.as_str(), country, segment])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}

impl TableRow for ArtistAudience {
    fn table(&self) -> Table {
        Table::ArtistAudienceDaily
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.service, &self.artist_id])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}

impl TableRow for CounterReading {
    fn table(&self) -> Table {
        Table::CounterReadingsDaily
    }

    fn entity(&self) -> Fingerprint {
        let Self { service, entity, id, counter, .. } = self;
        Fingerprint::of(&[service, entity.as_str(), id, counter])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}

impl TableRow for PlaylistPlacement {
    fn table(&self) -> Table {
        Table::PlaylistPlacements
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.service, &self.playlist_id, &self.track_id])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}
