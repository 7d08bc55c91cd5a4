//! What a report says, close to the tables that it goes to. What all rows of a file share (its hash, its layout) is in its
//! [`Facts`](super::report::Facts). `None` is "the file does not say".

use rows::{Currency, Day, DayRange, Micros};

use super::{countries::Country, kind::Kind, numbers::Exact};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportRow {
    /// For `royalty_statements`.
    Royalty(Royalty),
    /// For `track_performance_daily`.
    Track(Track),
    /// For `artist_audience_daily`.
    Audience(Audience),
    /// For `playlist_placements`.
    Placement(Placement),
    /// For `content_performance_daily`.
    Content(Content),
    /// For `smart_link_activity_daily`.
    SmartLink(SmartLink),
}

/// All lines of a statement with one key, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Royalty {
    /// Where it was streamed or sold.
    pub service: String,
    /// The same, as the statement writes it.
    pub store: String,
    /// `isrc:…`, `upc:…`, `name:<title in lower case>`, or `""` for what belongs to no track.
    pub track_id: String,
    /// Where.
    pub country: Country,
    /// When: of a month its first and last day.
    pub period: DayRange,
    /// What the lines are about.
    pub kind: Kind,
    /// Of the amounts; `None` when no amount is said.
    pub currency: Option<Currency>,
    /// Streams, sales … Below zero when taken back.
    pub quantity: Option<Exact>,
    /// Rounded once, from [`Royalty::revenue_exact`].
    pub revenue: Option<Micros>,
    /// The exact sum.
    pub revenue_exact: Option<Exact>,
    /// Before the distributor's and other shares.
    pub gross: Option<Micros>,
    /// The recording's code.
    pub isrc: Option<String>,
    /// The release's code.
    pub upc: Option<String>,
    /// The track's title.
    pub title: Option<String>,
    /// The artist's name.
    pub artist_name: Option<String>,
    /// Of which statement the lines are (`2026-06`, a day, a number); `None` when they are of several.
    pub statement_period: Option<String>,
    /// How many lines.
    pub lines: u32,
}

/// A track's numbers in a day or period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Where.
    pub service: String,
    /// As [`Royalty::track_id`].
    pub track_id: String,
    /// When.
    pub period: DayRange,
    /// `day`, `week`, `month`, `quarter`, `period`.
    pub granularity: String,
    /// Where; [`Country::WORLD`] when not divided by country.
    pub country: Country,
    /// Streams.
    pub streams: Option<i64>,
    /// Different listeners. NOT additive.
    pub listeners: Option<i64>,
    /// Saves to a library.
    pub saves: Option<i64>,
    /// The recording's code.
    pub isrc: Option<String>,
    /// The track's title.
    pub title: Option<String>,
    /// The artist's name.
    pub artist_name: Option<String>,
}

/// An artist's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// Where.
    pub service: String,
    /// The service's id, or `name:<name in lower case>`.
    pub artist_id: String,
    /// Day.
    pub date: Day,
    /// Streams.
    pub streams: Option<i64>,
    /// Different listeners of the day. NOT additive.
    pub listeners: Option<i64>,
    /// Different listeners of 28 days. NOT additive.
    pub monthly_listeners: Option<i64>,
    /// Of those, who listened on purpose. NOT additive.
    pub monthly_active_listeners: Option<i64>,
    /// Of those, the most loyal. NOT additive.
    pub super_listeners: Option<i64>,
    /// Saves to a library.
    pub saves: Option<i64>,
    /// Additions to playlists.
    pub playlist_adds: Option<i64>,
    /// Followers on that day.
    pub followers: Option<i64>,
}

/// What came from a playlist in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Where.
    pub service: String,
    /// `name:<title>|<author>`, because the file has no id.
    pub playlist_id: String,
    /// As [`Royalty::track_id`]; `""` where the file is about all tracks of an artist.
    pub track_id: String,
    /// When.
    pub period: DayRange,
    /// Streams from it.
    pub streams: Option<i64>,
    /// Different listeners. NOT additive.
    pub listeners: Option<i64>,
    /// Day on which the first track was added.
    pub added_on: Option<Day>,
    /// The playlist's name.
    pub playlist_name: String,
    /// Whose it is.
    pub owner_name: Option<String>,
}

/// A video's numbers in a day or period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Where.
    pub service: String,
    /// The video's id.
    pub content_id: String,
    /// When.
    pub period: DayRange,
    /// `day` or `period`.
    pub granularity: String,
    /// Views.
    pub views: Option<i64>,
    /// Time watched, in whole seconds.
    pub watch_seconds: Option<i64>,
    /// Likes.
    pub likes: Option<i64>,
    /// Comments.
    pub comments: Option<i64>,
    /// Shares.
    pub shares: Option<i64>,
    /// Subscribers who came with it.
    pub subscribers_gained: Option<i64>,
    /// Subscribers who left with it.
    pub subscribers_lost: Option<i64>,
    /// Estimated revenue.
    pub revenue: Option<Micros>,
    /// Its currency.
    pub currency: Option<Currency>,
    /// The video's title.
    pub title: Option<String>,
}

/// A smart link's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmartLink {
    /// The link.
    pub link_id: String,
    /// `total`, `destination`, `country`, `referrer`.
    pub dimension: &'static str,
    /// `""` in totals.
    pub dimension_value: String,
    /// Day.
    pub date: Day,
    /// Visits.
    pub visits: Option<i64>,
    /// Different visitors. NOT additive.
    pub unique_visitors: Option<i64>,
    /// Clicks through to a service.
    pub clicks: Option<i64>,
    /// Pre-saves.
    pub pre_saves: Option<i64>,
}
