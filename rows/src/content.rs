//! Rows of videos and their channels, as services show them to their owners. `None` is "the source does not say"; 0 is "the
//! source says zero".

use crate::{
    Table,
    day::Day,
    key::Fingerprint,
    money::{Currency, Micros},
    music::{Granularity, MeasureClass},
    row::TableRow,
};

/// What the numbers are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentType {
    /// One video.
    Video,
    /// A channel, with all of its videos.
    Channel,
}

/// What a row is a part of the whole by. Rows of different dimensions are never added together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentDimension {
    /// The whole.
    Total,
    /// One country's part.
    Country,
    /// The part that came from one kind of place.
    TrafficSource,
}

/// A video's or channel's numbers on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentPerformance {
    /// Where: `youtube` …
    pub service: String,
    /// What the numbers are of.
    pub content_type: ContentType,
    /// The service's id of that.
    pub content_id: String,
    /// What the row is a part by.
    pub dimension: ContentDimension,
    /// Which part: a country, a kind of place; `""` for the whole.
    pub dimension_value: String,
    /// Length of the period.
    pub granularity: Granularity,
    /// First day of the period, in the service's zone.
    pub date: Day,
    /// How the numbers came to be.
    pub measure_class: MeasureClass,
    /// Views.
    pub views: Option<i64>,
    /// Time watched, in seconds.
    pub watch_seconds: Option<i64>,
    /// Likes given.
    pub likes: Option<i64>,
    /// Comments written.
    pub comments: Option<i64>,
    /// Times it was shared.
    pub shares: Option<i64>,
    /// Subscribers won.
    pub subscribers_gained: Option<i64>,
    /// Subscribers lost.
    pub subscribers_lost: Option<i64>,
    /// The owner's revenue, in `currency`.
    pub revenue: Option<Micros>,
    /// Of the revenue; `None` where there is none.
    pub currency: Option<Currency>,
}

// === impl ContentType ===

impl ContentType {
    /// As stored: `video`, `channel`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Channel => "channel",
        }
    }
}

// === impl ContentDimension ===

impl ContentDimension {
    /// As stored: `total`, `country`, `traffic_source`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Country => "country",
            Self::TrafficSource => "traffic_source",
        }
    }
}

// === rows ===

impl TableRow for ContentPerformance {
    fn table(&self) -> Table {
        Table::ContentPerformanceDaily
    }

    fn entity(&self) -> Fingerprint {
        let Self { service, content_type, content_id, dimension, dimension_value, granularity, .. } = self;
        let (content_type, dimension) = (content_type.as_str(), dimension.as_str());
        Fingerprint::of(&[
            service,
            content_type,
            content_id,
            dimension,
            dimension_value,
            granularity.as_str(),
        ])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}
