//! Rows of which nothing is said but whose they are: a provider fills the columns that it tells (`..Track::of(service, id)`),
//! and all others stay unknown.

use crate::{
    day::Day,
    links::{LinkDimension, SmartLinkActivity},
    music::{
        Album, Artist, ArtistAudience, CounterReading, Granularity, MeasureClass, MusicEntity, Playlist,
        PlaylistPlacement, Track, TrackPerformance,
    },
};

impl Track {
    /// A track.
    pub fn of(service: &str, track_id: impl Into<String>) -> Self {
        Self {
            service: service.to_owned(),
            track_id: track_id.into(),
            title: None,
            isrc: None,
            artist_id: None,
            artist_name: None,
            album_id: None,
            duration_seconds: None,
            released_on: None,
        }
    }
}

impl Album {
    /// An album.
    pub fn of(service: &str, album_id: impl Into<String>) -> Self {
        Self {
            service: service.to_owned(),
            album_id: album_id.into(),
            title: None,
            upc: None,
            artist_id: None,
            artist_name: None,
            label: None,
            record_type: None,
            track_count: None,
            released_on: None,
            followers: None,
        }
    }
}

impl Artist {
    /// An artist.
    pub fn of(service: &str, artist_id: impl Into<String>) -> Self {
        Self {
            service: service.to_owned(),
            artist_id: artist_id.into(),
            name: None,
            album_count: None,
            followers: None,
        }
    }
}

impl Playlist {
    /// A playlist or chart.
    pub fn of(service: &str, playlist_id: impl Into<String>) -> Self {
        Self {
            service: service.to_owned(),
            playlist_id: playlist_id.into(),
            name: None,
            owner_id: None,
            owner_name: None,
            track_count: None,
            followers: None,
            public: None,
            created_at: None,
        }
    }
}

impl TrackPerformance {
    /// A track's day, everywhere.
    pub fn of(service: &str, track_id: impl Into<String>, date: Day, measure_class: MeasureClass) -> Self {
        Self {
            service: service.to_owned(),
            track_id: track_id.into(),
            date,
            granularity: Granularity::Day,
            country: String::new(),
            segment: String::new(),
            measure_class,
            streams: None,
            listeners: None,
            saves: None,
            skips: None,
            playlist_adds: None,
            popularity: None,
            period_end: None,
        }
    }
}

impl ArtistAudience {
    /// An artist's day.
    pub fn of(service: &str, artist_id: impl Into<String>, date: Day, measure_class: MeasureClass) -> Self {
        Self {
            service: service.to_owned(),
            artist_id: artist_id.into(),
            date,
            measure_class,
            followers: None,
            monthly_listeners: None,
            popularity: None,
            streams: None,
            listeners: None,
            monthly_active_listeners: None,
            super_listeners: None,
            saves: None,
            playlist_adds: None,
        }
    }
}

impl CounterReading {
    /// What a service shows to everybody.
    pub fn public(
        service: &str,
        entity: MusicEntity,
        id: impl Into<String>,
        counter: &str,
        date: Day,
        value: i64,
    ) -> Self {
        Self {
            service: service.to_owned(),
            entity,
            id: id.into(),
            counter: counter.to_owned(),
            date,
            value,
            measure_class: MeasureClass::PublicCounter,
        }
    }
}

impl PlaylistPlacement {
    /// A track on a playlist.
    pub fn of(service: &str, playlist_id: impl Into<String>, track_id: impl Into<String>, date: Day) -> Self {
        Self {
            service: service.to_owned(),
            playlist_id: playlist_id.into(),
            track_id: track_id.into(),
            date,
            position: None,
            followers: None,
            added_at: None,
            title: None,
            artist_name: None,
            streams: None,
            listeners: None,
        }
    }
}

impl SmartLinkActivity {
    /// A part of a link's day.
    pub fn of(
        link_id: impl Into<String>,
        dimension: LinkDimension,
        dimension_value: String,
        date: Day,
    ) -> Self {
        Self {
            link_id: link_id.into(),
            dimension,
            dimension_value,
            date,
            visits: None,
            unique_visitors: None,
            clicks: None,
            engagements: None,
            pre_saves: None,
            follows: None,
            conversions: None,
            earnings: None,
            currency: None,
        }
    }
}
