//! From Google's words to rows.

use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Currency, Day, Row,
    content::{ContentDimension, ContentPerformance, ContentType},
    day::day_at,
    instant::said,
    music::{CounterReading, Granularity, MeasureClass, MusicEntity, Playlist},
    zone::zone,
};
use serde_json::value::RawValue;

use super::{
    settings::VIDEO_ID_LENGTH,
    wire::{self, SERVICE},
};
use crate::{
    failure::Failure,
    integration::Account,
    reading::{
        contents::Placed,
        elements::{Named, Unreadable, parse},
        table::{Columns, number},
        wire::{Count, Exact, Scalar, Text},
    },
};

/// Names of columns, as they are asked for.
pub mod column {
    pub const DAY: &str = "day";
    pub const COUNTRY: &str = "country";
    pub const TRAFFIC_SOURCE: &str = "insightTrafficSourceType";
    pub const VIEWS: &str = "views";
    pub const MINUTES: &str = "estimatedMinutesWatched";
    pub const LIKES: &str = "likes";
    pub const COMMENTS: &str = "comments";
    pub const SHARES: &str = "shares";
    pub const SUBSCRIBERS_GAINED: &str = "subscribersGained";
    pub const SUBSCRIBERS_LOST: &str = "subscribersLost";
    pub const REVENUE: &str = "estimatedRevenue";
}

/// What may be repeated of an element that cannot be read.
pub fn named(raw: &RawValue) -> Named {
    Named::of(raw, &["id"], "")
}

/// The day of a reading, in the zone of YouTube's days.
pub fn day(now: Timestamp, account: &Account) -> Result<Day, Failure> {
    let zone: Option<TimeZone> = zone(&account.time_zone);
    zone.map(|zone| day_at(now, &zone)).ok_or_else(|| Failure::Permanent {
        reason: format!("time zone {:?} is not known", account.time_zone),
    })
}

/// The counters that are shown. Subscribers that are hidden come as none or as zero.
pub fn readings(entity: MusicEntity, counted: wire::Counted, day: Day) -> Vec<Row> {
    let statistics = counted.statistics.unwrap_or_default();
    let subscribers = statistics.subscriber_count.filter(|_| !statistics.hidden_subscriber_count);
    let shown: &[(&str, Option<Count>)] = match entity {
        MusicEntity::Channel => &[
            ("views", statistics.view_count),
            ("subscribers", subscribers),
            ("videos", statistics.video_count),
        ],
        _ => &[
            ("views", statistics.view_count),
            ("likes", statistics.like_count),
            ("comments", statistics.comment_count),
        ],
    };
    let reading = |(counter, value): &(&str, Option<Count>)| {
        let (id, value) = (counted.id.0.clone(), (*value)?.0);
        Some(Row::CounterReading(CounterReading::public(SERVICE, entity, id, counter, day, value)))
    };
    shown.iter().filter_map(reading).collect()
}

/// A playlist.
pub fn playlist(playlist: wire::Playlist) -> Result<Playlist, Unreadable> {
    let snippet = playlist.snippet.unwrap_or_default();
    let privacy = playlist.status.and_then(|status| status.privacy_status);
    Ok(Playlist {
        service: SERVICE.to_owned(),
        playlist_id: playlist.id.0,
        name: snippet.title,
        owner_id: snippet.channel_id,
        owner_name: snippet.channel_title,
        track_count: playlist.content_details.and_then(|details| details.item_count).map(|count| count.0),
        followers: None,
        public: privacy.map(|privacy| privacy == "public"),
        created_at: instant(snippet.published_at.as_deref())?,
    })
}

/// An entry of a playlist, deleted and private ones included, and its place, which counts from 1.
pub fn placed(wire::Entry { snippet }: wire::Entry) -> Result<(i64, Placed), Unreadable> {
    let position = snippet.position.ok_or(Unreadable::Missing("position"))?.0;
    let video = snippet.resource_id.and_then(|resource| resource.video_id);
    let placed = Placed {
        track_id: video.ok_or(Unreadable::Missing("videoId"))?.0,
        title: snippet.title,
        artist_name: snippet.video_owner_channel_title,
        added_at: instant(snippet.published_at.as_deref())?,
    };
    Ok((position.checked_add(1).ok_or(Unreadable::TooLarge("position"))?, placed))
}

/// A row of a report, its values by the columns' names.
#[derive(Debug)]
pub struct Cells<'a> {
    columns: &'a Columns,
    values: Vec<&'a RawValue>,
}

/// What a row of a report is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// A channel's or video's id.
    pub id: &'a str,
    pub dimension: ContentDimension,
    /// The day that was asked for, of reports that name none.
    pub day: Option<Day>,
    /// Of money.
    pub currency: Currency,
}

// === impl About ===

impl About<'_> {
    /// What has such an id.
    pub const fn content_type(&self) -> ContentType {
        if self.id.len() == VIDEO_ID_LENGTH { ContentType::Video } else { ContentType::Channel }
    }

    /// A row of it: what the report has no column for is unknown.
    pub fn row(&self, cells: &Cells<'_>) -> Result<ContentPerformance, Unreadable> {
        let count = |name| Ok::<_, Unreadable>(cells.number::<Count>(name)?.map(|count| count.0));
        let minutes = count(column::MINUTES)?;
        let seconds =
            minutes.map(|minutes| minutes.checked_mul(60).ok_or(Unreadable::TooLarge(column::MINUTES)));
        let revenue = cells.number::<Exact>(column::REVENUE)?;
        let revenue = revenue.map(|revenue| revenue.micros(column::REVENUE)).transpose()?;
        Ok(ContentPerformance {
            service: SERVICE.to_owned(),
            content_type: self.content_type(),
            content_id: self.id.to_owned(),
            dimension: self.dimension,
            dimension_value: match self.dimension {
                ContentDimension::Total => String::new(),
                ContentDimension::Country => cells.country()?,
                ContentDimension::TrafficSource => cells.word(column::TRAFFIC_SOURCE)?,
            },
            granularity: Granularity::Day,
            date: match self.day {
                Some(day) => day,
                None => cells.day()?,
            },
            measure_class: MeasureClass::Measured,
            views: count(column::VIEWS)?,
            watch_seconds: seconds.transpose()?,
            likes: count(column::LIKES)?,
            comments: count(column::COMMENTS)?,
            shares: count(column::SHARES)?,
            subscribers_gained: count(column::SUBSCRIBERS_GAINED)?,
            subscribers_lost: count(column::SUBSCRIBERS_LOST)?,
            revenue,
            currency: revenue.map(|_| self.currency),
        })
    }

    /// What may be repeated of a row that cannot be read.
    pub fn named(&self, columns: &Columns, raw: &RawValue) -> Named {
        let day = self.day.or_else(|| Cells::read(columns, raw).ok()?.day().ok());
        Named { fields: vec![("content", self.id.to_owned())], day }
    }
}

// === impl Cells ===

impl<'a> Cells<'a> {
    /// Reads a row of a report with these columns.
    pub fn read(columns: &'a Columns, raw: &'a RawValue) -> Result<Self, Unreadable> {
        let values: Vec<&RawValue> = parse(raw)?;
        if values.len() == columns.width() {
            return Ok(Self { columns, values });
        }
        let detail = format!("{} values in {} columns", values.len(), columns.width());
        Err(Unreadable::Other { reason: "columns", detail })
    }

    /// The text in a column; none where there is no such column, or nothing in it.
    fn text(&self, name: &'static str) -> Result<Option<Text<'a>>, Unreadable> {
        self.columns.of(name, &self.values).map_or(Ok(None), |value| parse(value))
    }

    fn word(&self, name: &'static str) -> Result<String, Unreadable> {
        let text = self.text(name)?.filter(|text| !text.0.is_empty());
        text.map(|text| text.0.into_owned()).ok_or(Unreadable::Missing(name))
    }

    fn number<T: Scalar>(&self, name: &'static str) -> Result<Option<T>, Unreadable> {
        self.text(name)?.map(|text| number(&text.0, name, T::EXPECTED)).transpose()
    }

    /// Two letters.
    fn country(&self) -> Result<String, Unreadable> {
        let code = self.word(column::COUNTRY)?;
        let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_code { Ok(code) } else { Err(Unreadable::Form(column::COUNTRY, "code of a country")) }
    }

    fn day(&self) -> Result<Day, Unreadable> {
        self.word(column::DAY)?.parse().map_err(|_| Unreadable::Date(column::DAY))
    }
}

/// `2026-11-20T12:00:00Z`.
fn instant(text: Option<&str>) -> Result<Option<Timestamp>, Unreadable> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(said).map_err(|_| Unreadable::Time("publishedAt"))
}
