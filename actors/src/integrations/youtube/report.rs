//! A channel's own numbers, content by content: channels, then videos. Reports of all videos at once by day, or of days by country,
//! do not exist.

use std::collections::BTreeMap;

use rows::{
    Currency, Day, DayRange, Row,
    content::{ContentDimension, ContentPerformance},
    day::plus_days,
    quarantine::Quarantined,
};

use super::{
    ANALYTICS, endpoint,
    mapping::{self, About, Cells, column},
    settings::VIDEO_ID_LENGTH,
    source::YouTubeSource,
    wire,
};
use crate::{
    failure::Failure,
    page::{DaysReply, DaysRequest, Page, SetPage},
    reading::{
        elements::{self, Elements},
        named_objects::{Objects, Reference},
    },
    session::{Call, Session},
};

/// Revenue is asked for in it, and stored so.
const CURRENCY: &str = "USD";
/// Analytics is two or three days behind. Days older than this many count as read, whether it has rows of them or not.
const BEHIND_DAYS_MAX: i64 = 4;

/// What a stream reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Days as a whole, with their revenue where that is wanted and may be seen.
    Totals,
    /// Days by kind of place that people came from.
    TrafficSources,
    /// Days by country.
    Countries,
    /// Days as a whole with their revenue, which must be there.
    Revenue,
}

/// A report: its dimensions and metrics.
struct Query {
    dimension: ContentDimension,
    dimensions: &'static [&'static str],
    metrics: &'static [&'static str],
    endpoint: &'static str,
}

const ALL: &[&str] = &[
    column::VIEWS,
    column::MINUTES,
    column::LIKES,
    column::COMMENTS,
    column::SHARES,
    column::SUBSCRIBERS_GAINED,
    column::SUBSCRIBERS_LOST,
];
const TOTALS: Query = Query {
    dimension: ContentDimension::Total,
    dimensions: &[column::DAY],
    metrics: ALL,
    endpoint: endpoint::REPORT,
};
/// Asked for by itself: together with views it would end with the last day that has revenue.
const REVENUE: Query = Query { metrics: &[column::REVENUE], endpoint: endpoint::REVENUE, ..TOTALS };
const TRAFFIC_SOURCES: Query = Query {
    dimension: ContentDimension::TrafficSource,
    dimensions: &[column::DAY, column::TRAFFIC_SOURCE],
    metrics: &[column::VIEWS, column::MINUTES],
    ..TOTALS
};
const COUNTRIES: Query =
    Query { dimension: ContentDimension::Country, dimensions: &[column::COUNTRY], ..TOTALS };

/// Reports of one window.
struct Reports<'a> {
    source: &'a YouTubeSource,
    session: &'a Session,
    subject: Subject,
    days: DayRange,
    today: Day,
    currency: Currency,
}

// === impl Subject ===

impl Subject {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Totals, Self::TrafficSources, Self::Countries, Self::Revenue];

    /// The stream's name.
    pub const fn stream(self) -> &'static str {
        match self {
            Self::Totals => "performance",
            Self::TrafficSources => "traffic_sources",
            Self::Countries => "countries",
            Self::Revenue => "revenue",
        }
    }
}

impl YouTubeSource {
    /// Reads a window of the next channel or video.
    pub async fn report(
        &self,
        session: &Session,
        subject: Subject,
        request: DaysRequest<'_>,
    ) -> Result<DaysReply, Failure> {
        let contents = self.contents();
        if contents.is_empty() {
            let reason = "the channel of the credentials is not known yet".to_owned();
            return Err(Failure::Transient { reason });
        }
        let currency = Currency::parse(CURRENCY)
            .map_err(|_| Failure::Permanent { reason: format!("{CURRENCY} is no currency") })?;
        let today = mapping::day(request.now, request.account)?;
        let reports = Reports { source: self, session, subject, days: request.days, today, currency };
        self.objects.days(&contents, request.cursor, &reports).await
    }
}

// === impl Reports ===

impl Objects for Reports<'_> {
    type Object = Reference;

    fn word(&self) -> &'static str {
        self.subject.stream()
    }

    async fn read(&self, reference: &Reference) -> Result<SetPage, Failure> {
        let id = reference.to_string();
        let mut read = Elements { rows: Vec::new(), quarantined: Vec::new() };
        match self.subject {
            Subject::Totals | Subject::Revenue => {
                read = self.ask(&id, &TOTALS, self.days).await?;
                self.add_revenue(&id, &mut read).await?;
            }
            Subject::TrafficSources => read = self.ask(&id, &TRAFFIC_SOURCES, self.days).await?,
            Subject::Countries => {
                for day in self.days.days() {
                    let of_day = self.ask(&id, &COUNTRIES, DayRange::day(day)).await?;
                    read.rows.extend(of_day.rows);
                    read.quarantined.extend(of_day.quarantined);
                }
            }
        }
        Ok(self.page(read.rows, read.quarantined).into())
    }

    fn gone(&self, _: &Reference) -> Page {
        self.page(Vec::new(), Vec::new())
    }

    fn id(&self, reference: &Reference) -> Option<String> {
        Some(reference.to_string())
    }
}

impl Reports<'_> {
    /// Up to the last day of which there are rows, all days are there, with rows or without.
    fn page(&self, rows: Vec<ContentPerformance>, quarantined: Vec<Quarantined>) -> Page {
        let sure = plus_days(self.today, -BEHIND_DAYS_MAX - 1);
        let is_money = self.subject == Subject::Revenue;
        let last = rows.iter().filter(|row| !is_money || row.revenue.is_some()).map(|row| row.date).max();
        let rows = rows.into_iter().map(Row::ContentPerformance).collect();
        Page { rows, quarantined, through: last.max(Some(sure)), ..Page::default() }
    }

    /// Puts each day's revenue beside its other numbers.
    async fn add_revenue(&self, id: &str, read: &mut Elements<ContentPerformance>) -> Result<(), Failure> {
        if !self.source.revenue {
            return Ok(());
        }
        let money = match self.ask(id, &REVENUE, self.days).await {
            // What is forbidden is told by the stream that is about it.
            Err(Failure::Forbidden { .. }) if self.subject == Subject::Totals => return Ok(()),
            money => money?,
        };
        let mut by_day: BTreeMap<Day, ContentPerformance> =
            money.rows.into_iter().map(|row| (row.date, row)).collect();
        for row in &mut read.rows {
            if let Some(money) = by_day.get(&row.date) {
                (row.revenue, row.currency) = (money.revenue, money.currency);
            }
        }
        // A day that has nothing else; unless what it has could not be read, and is stored from before.
        if read.quarantined.is_empty() {
            by_day.retain(|day, _| read.rows.iter().all(|row| row.date != *day));
            read.rows.extend(by_day.into_values());
        }
        read.quarantined.extend(money.quarantined);
        Ok(())
    }

    async fn ask(
        &self,
        id: &str,
        query: &Query,
        days: DayRange,
    ) -> Result<Elements<ContentPerformance>, Failure> {
        let place = format!("{} of {id}, {}..{}", self.subject.stream(), days.first, days.last);
        let body = self.session.send(self.call(id, query, days)).await?.body;
        let report: wire::Report<'_> = elements::answer(&body, &place)?;
        let columns = &report.column_headers;
        columns.require(query.dimensions.iter().chain(query.metrics), &place)?;
        let has_days = query.dimensions.contains(&column::DAY);
        let day = (!has_days).then_some(days.first);
        let about = About { id, dimension: query.dimension, day, currency: self.currency };
        let rows = report.rows.unwrap_or_default();
        Ok(elements::each(
            rows,
            &place,
            |raw| about.named(columns, raw),
            |raw| about.row(&Cells::read(columns, raw)?),
        ))
    }

    /// Costs none of the Data API's units.
    fn call(&self, id: &str, query: &Query, days: DayRange) -> Call {
        let is_video = id.len() == VIDEO_ID_LENGTH;
        let kind = if is_video { "video" } else { "channel" };
        let owner = &self.source.wanted.content_owner;
        let (ids, filter) = match owner {
            Some(owner) => (format!("contentOwner=={owner}"), Some(format!("{kind}=={id}"))),
            None if is_video => ("channel==MINE".to_owned(), Some(format!("{kind}=={id}"))),
            None => (format!("channel=={id}"), None),
        };
        let mut call = Call::get_at(&["v2", "reports"], query.endpoint)
            .host(ANALYTICS.name)
            .account(ANALYTICS.name)
            .units(0)
            .query("ids", ids)
            .query("startDate", days.first.to_string())
            .query("endDate", days.last.to_string())
            .query("dimensions", query.dimensions.join(","))
            .query("metrics", query.metrics.join(","));
        if let Some(filter) = filter {
            call = call.query("filters", filter);
        }
        if query.metrics.contains(&column::REVENUE) {
            call = call.query("currency", CURRENCY);
        }
        call
    }
}
