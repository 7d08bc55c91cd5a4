//! What a report says, as rows of the tables.

use jiff::tz::TimeZone;
use rows::{
    Day, Row,
    content::{ContentDimension, ContentPerformance, ContentType},
    day::start_of,
    files::FileFacts,
    links::{LinkDimension, SmartLinkActivity},
    music::{ArtistAudience, Granularity, MeasureClass, PlaylistPlacement, TrackPerformance},
    royalties::{RoyaltyKind, RoyaltyStatement},
};
use serde_json::{Map, Value};

use super::{
    kind::Kind,
    report::Facts,
    row::{Audience, Content, Placement, ReportRow, Royalty, SmartLink, Track},
    unit::Unit,
};

/// What the engine and the store must know of a report.
pub fn facts(facts: &Facts) -> FileFacts {
    let Facts { sha256, size_bytes, layout, unit, period, statement_period, rows, tally, .. } = facts;
    let made_at = match unit {
        Unit::Dsr { created_at, .. } => *created_at,
        _ => None,
    };
    let mut notes = facts.notes.clone();
    if let Some(first) = tally.examples.first() {
        let (rejected, lines) = (tally.rejected, tally.lines);
        notes.push(format!(
            "{rejected} of {lines} lines could not be read and are left out, the first in line {}: {}",
            first.line, first.why
        ));
    }
    FileFacts {
        sha256: sha256.clone(),
        size_bytes: *size_bytes,
        layout: layout.clone(),
        unit: format!("{layout} {}", unit.key()),
        by_day: matches!(unit, Unit::Dates { .. }),
        period: *period,
        statement_period: statement_period.clone(),
        rows: u64::try_from(*rows).unwrap_or(u64::MAX),
        rejected: tally.rejected,
        totals: totals(facts),
        made_at,
        notes,
    }
}

/// Exact sums by currency: `{"EUR":"12.34"}`. Amounts without a currency are none.
fn totals(facts: &Facts) -> Option<String> {
    let sums: Map<String, Value> = facts
        .totals
        .iter()
        .filter_map(|(currency, total)| {
            Some((currency.as_ref()?.to_string(), total.revenue.to_string().into()))
        })
        .collect();
    (!sums.is_empty()).then(|| Value::Object(sums).to_string())
}

/// One row, of the file that these facts are of.
pub fn row(row: ReportRow, file: &FileFacts) -> Row {
    match row {
        ReportRow::Royalty(row) => Row::RoyaltyStatement(royalty(row, file)),
        ReportRow::Track(row) => Row::TrackPerformance(track(row)),
        ReportRow::Audience(row) => Row::ArtistAudience(audience(row)),
        ReportRow::Placement(row) => Row::PlaylistPlacement(placement(row)),
        ReportRow::Content(row) => Row::ContentPerformance(content(row)),
        ReportRow::SmartLink(row) => Row::SmartLinkActivity(smart_link(row)),
    }
}

fn royalty(row: Royalty, file: &FileFacts) -> RoyaltyStatement {
    RoyaltyStatement {
        statement: file.sha256.clone(),
        service: row.service,
        store: row.store,
        track_id: row.track_id,
        country: row.country.as_str().to_owned(),
        period_start: row.period.first,
        period_end: row.period.last,
        kind: royalty_kind(row.kind),
        currency: row.currency,
        quantity: row.quantity.and_then(super::numbers::Exact::to_micros),
        revenue: row.revenue,
        revenue_exact: row.revenue_exact.map(|exact| exact.to_string()),
        gross: row.gross,
        isrc: row.isrc,
        upc: row.upc,
        title: row.title,
        artist_name: row.artist_name,
        statement_period: row.statement_period,
        layout: file.layout.clone(),
        lines: i64::from(row.lines),
    }
}

const fn royalty_kind(kind: Kind) -> RoyaltyKind {
    match kind {
        Kind::Stream => RoyaltyKind::Stream,
        Kind::Download => RoyaltyKind::Download,
        Kind::Ugc => RoyaltyKind::Ugc,
        Kind::Physical => RoyaltyKind::Physical,
        Kind::Adjustment => RoyaltyKind::Adjustment,
        Kind::Other => RoyaltyKind::Other,
    }
}

fn track(row: Track) -> TrackPerformance {
    let granularity = granularity(&row.granularity);
    TrackPerformance {
        service: row.service,
        track_id: row.track_id,
        date: row.period.first,
        granularity,
        country: row.country.as_str().to_owned(),
        segment: String::new(),
        measure_class: MeasureClass::Measured,
        streams: row.streams,
        listeners: row.listeners,
        saves: row.saves,
        skips: None,
        playlist_adds: None,
        popularity: None,
        period_end: last_day(granularity, row.period.last),
    }
}

/// Lengths that are none of the calendar's are told by their last day.
fn last_day(granularity: Granularity, last: Day) -> Option<Day> {
    (granularity == Granularity::Period).then_some(last)
}

fn granularity(word: &str) -> Granularity {
    match word {
        "day" => Granularity::Day,
        "week" => Granularity::Week,
        "month" => Granularity::Month,
        "quarter" => Granularity::Quarter,
        _ => Granularity::Period,
    }
}

fn audience(row: Audience) -> ArtistAudience {
    ArtistAudience {
        service: row.service,
        artist_id: row.artist_id,
        date: row.date,
        measure_class: MeasureClass::Measured,
        followers: row.followers,
        monthly_listeners: row.monthly_listeners,
        popularity: None,
        streams: row.streams,
        listeners: row.listeners,
        monthly_active_listeners: row.monthly_active_listeners,
        super_listeners: row.super_listeners,
        saves: row.saves,
        playlist_adds: row.playlist_adds,
    }
}

/// What a playlist brought in a period stands on its last day, on which it was seen.
fn placement(row: Placement) -> PlaylistPlacement {
    PlaylistPlacement {
        service: row.service,
        playlist_id: row.playlist_id,
        track_id: row.track_id,
        date: row.period.last,
        position: None,
        followers: None,
        added_at: row.added_on.map(|day| start_of(day, &TimeZone::UTC)),
        title: None,
        artist_name: None,
        streams: row.streams,
        listeners: row.listeners,
    }
}

fn content(row: Content) -> ContentPerformance {
    ContentPerformance {
        service: row.service,
        content_type: ContentType::Video,
        content_id: row.content_id,
        dimension: ContentDimension::Total,
        dimension_value: String::new(),
        granularity: granularity(&row.granularity),
        date: row.period.first,
        measure_class: MeasureClass::Measured,
        views: row.views,
        watch_seconds: row.watch_seconds,
        likes: row.likes,
        comments: row.comments,
        shares: row.shares,
        subscribers_gained: row.subscribers_gained,
        subscribers_lost: row.subscribers_lost,
        revenue: row.revenue,
        currency: row.currency,
    }
}

fn smart_link(row: SmartLink) -> SmartLinkActivity {
    let dimension = match row.dimension {
        "destination" => LinkDimension::Destination,
        "country" => LinkDimension::Country,
        "referrer" => LinkDimension::Referrer,
        _ => LinkDimension::Total,
    };
    SmartLinkActivity {
        link_id: row.link_id,
        dimension,
        dimension_value: row.dimension_value,
        date: row.date,
        visits: row.visits,
        unique_visitors: row.unique_visitors,
        clicks: row.clicks,
        engagements: None,
        pre_saves: row.pre_saves,
        follows: None,
        conversions: None,
        earnings: None,
        currency: None,
    }
}
