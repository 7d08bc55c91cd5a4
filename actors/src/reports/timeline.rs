//! Tables whose lines are rows: days of artists, tracks, videos and links, and lists of a period.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use rows::{Currency, Day, DayRange};

use super::{
    codes,
    countries::Country,
    dates,
    figures::{Context, Figures, Names, Rows},
    layout::{Field, Shape, UnitRule},
    limits::PLAIN_ROWS_MAX,
    numbers::{self, Exact},
    recognise::Recognised,
    records::{Record, Records},
    refusal::Refusal,
    row::{Audience, Content, Placement, ReportRow, SmartLink, Track},
    statement::lengthened,
    stores,
    sums::cleaned,
    tally::Tally,
    unit::Unit,
};

/// What the file as a whole says.
struct Timeline<'a> {
    recognised: &'a Recognised,
    context: &'a Context<'a>,
    names: &'a Names,
    /// Whose days or period, from the name.
    of: String,
    period: Option<DayRange>,
}

/// Reads all lines.
pub fn read(
    records: &mut dyn Records,
    recognised: &Recognised,
    context: &Context<'_>,
    names: &Names,
) -> Result<Figures, Refusal> {
    let timeline = Timeline::new(recognised, context, names)?;
    let (mut tally, mut record) = (Tally::default(), Record::default());
    let (mut all, mut seen) = (Vec::new(), HashSet::with_hasher(RandomState::default()));
    while records.advance(&mut record)? {
        if record.is_empty() {
            continue;
        }
        if timeline.cell(&record, Field::Content).eq_ignore_ascii_case("total") {
            tally.skipped += 1;
            continue;
        }
        tally.lines += 1;
        let row = match recognised.short(&record, records.leaves_out()) {
            Some(why) => Err(why),
            None => timeline.row(&record),
        };
        match row {
            Ok(row) if seen.insert(key(&row)) => all.push(row),
            Ok(_) => tally.reject(record.line, "the same key stands in a line before".to_owned()),
            Err(why) => tally.reject(record.line, why),
        }
        if all.len() > PLAIN_ROWS_MAX {
            return Err(Refusal::Excessive(format!("it has more than {PLAIN_ROWS_MAX} lines; split it")));
        }
    }
    recognised.cut(records, &record)?;
    timeline.figures(all, tally)
}

// === impl Timeline ===

impl<'a> Timeline<'a> {
    fn new(recognised: &'a Recognised, context: &'a Context<'a>, names: &'a Names) -> Result<Self, Refusal> {
        let has = |field| recognised.bound.column(field).is_some();
        let period = context.period.or(names.period);
        let has_dates = has(Field::Date) || (has(Field::PeriodStart) && has(Field::PeriodEnd));
        if !has_dates && period.is_none() {
            return Err(Refusal::needs_period());
        }
        let of = match recognised.layout.shape {
            Shape::Audience => named(before(&names.stem, "-audience-timeline"), true),
            Shape::Tracks if !recognised.layout.is_taught && has(Field::Title) => {
                named(before(&names.stem, "-songs"), true)
            }
            Shape::Playlists => named(before(&names.stem, "-playlists"), true),
            Shape::Content => names.folder.to_lowercase(),
            Shape::Tracks | Shape::SmartLinks | Shape::Statement => String::new(),
        };
        Ok(Self { recognised, context, names, of, period })
    }

    fn cell<'r>(&self, record: &'r Record, field: Field) -> &'r str {
        self.recognised.bound.column(field).map_or("", |column| record.get(column))
    }

    /// Whether its lines are about the track of its name.
    fn is_by_file(&self) -> bool {
        let has = |field| self.recognised.bound.column(field).is_some();
        self.recognised.layout.shape == Shape::Tracks
            && ![Field::Title, Field::Isrc, Field::Upc].into_iter().any(has)
    }

    fn text(&self, record: &Record, field: Field) -> Option<String> {
        let text = self.cell(record, field);
        (!numbers::is_blank(text)).then(|| cleaned(text))
    }

    fn number(&self, record: &Record, field: Field) -> Result<Option<Exact>, String> {
        let text = self.cell(record, field);
        if numbers::is_blank(text) {
            return Ok(None);
        }
        let value = Exact::parse(text, self.recognised.decimal);
        value.map(Some).map_err(|error| format!("the column of {field:?} {error}"))
    }

    fn count(&self, record: &Record, field: Field) -> Result<Option<i64>, String> {
        let Some(value) = self.number(record, field)? else { return Ok(None) };
        let count = value.to_count().filter(|count| *count >= 0);
        count.map(Some).ok_or_else(|| format!("the column of {field:?} is not a whole number from 0"))
    }

    fn day(&self, record: &Record) -> Result<Day, String> {
        let range = self.range(record)?;
        (range.first == range.last).then_some(range.first).ok_or_else(|| "the date is not a day".to_owned())
    }

    fn range(&self, record: &Record) -> Result<DayRange, String> {
        let layout = &self.recognised.layout;
        let read = |field| dates::read(self.cell(record, field), &layout.dates);
        let has = |field| self.recognised.bound.column(field).is_some();
        let range = if has(Field::Date) {
            read(Field::Date).map(|range| lengthened(range, layout.granularity.as_deref()))
        } else if has(Field::PeriodStart) && has(Field::PeriodEnd) {
            read(Field::PeriodStart)
                .zip(read(Field::PeriodEnd))
                .and_then(|(start, end)| DayRange::new(start.first, end.last))
        } else {
            self.period
        };
        range.ok_or_else(|| "the date is not written as the layout's dates are".to_owned())
    }

    fn row(&self, record: &Record) -> Result<ReportRow, String> {
        Ok(match self.recognised.layout.shape {
            Shape::Audience => ReportRow::Audience(self.audience(record)?),
            Shape::Playlists => ReportRow::Placement(self.placement(record)?),
            Shape::Content => ReportRow::Content(self.content(record)?),
            Shape::SmartLinks => ReportRow::SmartLink(self.smart_link(record)?),
            Shape::Tracks | Shape::Statement => ReportRow::Track(self.track(record)?),
        })
    }

    fn service(&self, record: &Record) -> String {
        let layout = &self.recognised.layout;
        let by_store = || stores::service(self.cell(record, Field::Store), &self.context.reading.stores);
        layout.service.clone().unwrap_or_else(by_store)
    }

    fn audience(&self, record: &Record) -> Result<Audience, String> {
        Ok(Audience {
            service: self.service(record),
            artist_id: self.of.clone(),
            date: self.day(record)?,
            streams: self.count(record, Field::Streams)?,
            listeners: self.count(record, Field::Listeners)?,
            monthly_listeners: self.count(record, Field::MonthlyListeners)?,
            monthly_active_listeners: self.count(record, Field::MonthlyActiveListeners)?,
            super_listeners: self.count(record, Field::SuperListeners)?,
            saves: self.count(record, Field::Saves)?,
            playlist_adds: self.count(record, Field::PlaylistAdds)?,
            followers: self.count(record, Field::Followers)?,
        })
    }

    fn track(&self, record: &Record) -> Result<Track, String> {
        let titles = &self.context.reading.titles;
        let by_file = || before(&self.names.stem, "-timeline").to_owned();
        let has = |field| self.recognised.bound.column(field).is_some();
        let is_by_file = self.is_by_file();
        let title = if is_by_file { Some(by_file()) } else { self.text(record, Field::Title) };
        let by_title = || {
            let by_name = titles.get(&self.names.file.to_lowercase()).filter(|_| is_by_file);
            by_name.or_else(|| titles.get(&title.as_ref()?.to_lowercase())).and_then(|code| codes::isrc(code))
        };
        let isrc = codes::isrc(self.cell(record, Field::Isrc)).or_else(by_title);
        let upc = codes::upc(self.cell(record, Field::Upc));
        let track_id = match (&isrc, upc, &title) {
            (Some(isrc), ..) => format!("isrc:{isrc}"),
            (None, Some(upc), _) => format!("upc:{upc}"),
            (None, None, Some(title)) => format!("name:{}", title.to_lowercase()),
            (None, None, None) => return Err("it names no track".to_owned()),
        };
        let period = self.range(record)?;
        let country = self.cell(record, Field::Country);
        Ok(Track {
            service: self.service(record),
            track_id,
            period,
            granularity: dates::granularity(period).to_owned(),
            country: if has(Field::Country) { Country::read(country) } else { Country::WORLD },
            streams: self.count(record, Field::Streams)?,
            listeners: self.count(record, Field::Listeners)?,
            saves: self.count(record, Field::Saves)?,
            isrc,
            title,
            artist_name: self.text(record, Field::Artist),
        })
    }

    fn placement(&self, record: &Record) -> Result<Placement, String> {
        let name = self.text(record, Field::Playlist).ok_or("it names no playlist")?;
        let owner_name = self.text(record, Field::Owner);
        let added = self.cell(record, Field::AddedOn);
        let owner = owner_name.as_deref().unwrap_or_default();
        Ok(Placement {
            service: self.service(record),
            playlist_id: format!("name:{}|{}", name.to_lowercase(), owner.to_lowercase()),
            track_id: codes::isrc(self.cell(record, Field::Isrc))
                .map_or(String::new(), |isrc| format!("isrc:{isrc}")),
            period: self.range(record)?,
            streams: self.count(record, Field::Streams)?,
            listeners: self.count(record, Field::Listeners)?,
            added_on: dates::read(added, &self.recognised.layout.dates).map(|range| range.first),
            playlist_name: name,
            owner_name,
        })
    }

    fn content(&self, record: &Record) -> Result<Content, String> {
        let period = self.range(record)?;
        let is_daily = self.recognised.bound.column(Field::Date).is_some();
        let hours = self.number(record, Field::WatchHours)?;
        let revenue = self.number(record, Field::Revenue)?;
        let layout = &self.recognised.layout;
        let said = Currency::parse(self.cell(record, Field::Currency)).ok();
        let currency = said.or(self.recognised.bound.currency).or(layout.currency);
        let currency = currency.or(self.context.reading.currency).filter(|_| revenue.is_some());
        Ok(Content {
            service: self.service(record),
            content_id: self.text(record, Field::Content).ok_or("it names no video")?,
            period,
            granularity: if is_daily { dates::granularity(period) } else { "period" }.to_owned(),
            views: self.count(record, Field::Views)?,
            watch_seconds: hours.and_then(|hours| hours.checked_mul(3_600)).and_then(Exact::round),
            likes: self.count(record, Field::Likes)?,
            comments: self.count(record, Field::Comments)?,
            shares: self.count(record, Field::Shares)?,
            subscribers_gained: self.count(record, Field::SubscribersGained)?,
            subscribers_lost: self.count(record, Field::SubscribersLost)?,
            revenue: revenue.filter(|_| currency.is_some()).and_then(Exact::to_micros),
            currency,
            title: self.text(record, Field::Title),
        })
    }

    fn smart_link(&self, record: &Record) -> Result<SmartLink, String> {
        let dimensions =
            [(Field::Destination, "destination"), (Field::Country, "country"), (Field::Referrer, "referrer")];
        let mut found = dimensions.iter().filter(|(field, _)| self.recognised.bound.column(*field).is_some());
        let (dimension, dimension_value) = match (found.next(), found.next()) {
            (None, _) => ("total", String::new()),
            (Some((Field::Country, name)), None) => {
                (*name, Country::read(self.cell(record, Field::Country)).as_str().to_owned())
            }
            (Some((field, name)), None) => (*name, self.text(record, *field).unwrap_or_default()),
            (Some(_), Some(_)) => {
                return Err("it is divided by more than one of destination, country and referrer".to_owned());
            }
        };
        Ok(SmartLink {
            link_id: self.text(record, Field::Link).ok_or("it names no link")?,
            dimension,
            dimension_value,
            date: self.day(record)?,
            visits: self.count(record, Field::Visits)?,
            unique_visitors: self.count(record, Field::UniqueVisitors)?,
            clicks: self.count(record, Field::Clicks)?,
            pre_saves: self.count(record, Field::PreSaves)?,
        })
    }

    fn figures(self, mut all: Vec<ReportRow>, tally: Tally) -> Result<Figures, Refusal> {
        tally.check(&self.recognised.layout.name)?;
        let mut notes = Vec::new();
        if without_what_is_not_available(&mut all) {
            notes.push(
                "listeners and saves are 0 for every song: the service did not count them, they are unknown"
                    .to_owned(),
            );
        }
        let first = all.iter().map(|row| days(row).first).min();
        let last = all.iter().map(|row| days(row).last).max();
        let period = first.zip(last).and_then(|(first, last)| DayRange::new(first, last));
        let of = match all.first() {
            // A file without a column of tracks is about the one of its name.
            Some(ReportRow::Track(track)) if self.is_by_file() => track.track_id.clone(),
            _ => self.of.clone(),
        };
        let range = period.or(self.period).ok_or_else(Refusal::needs_period)?;
        let is_daily = self.recognised.bound.column(Field::Date).is_some();
        let unit = match self.recognised.layout.unit {
            UnitRule::Period if !is_daily => Unit::Period { of, period: range },
            _ => Unit::Dates { of, first: range.first, last: range.last },
        };
        Ok(Figures { rows: Rows::Plain(all), tally, unit, period, notes })
    }
}

/// The name before its ending, or all of it.
fn before<'a>(stem: &'a str, ending: &str) -> &'a str {
    stem.find(ending).map_or(stem, |at| &stem[..at])
}

/// A service's id as it is, any other name as one.
fn named(text: &str, ids: bool) -> String {
    let is_id = ids && text.len() == 22 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_id { text.to_owned() } else { format!("name:{}", text.to_lowercase()) }
}

/// Spotify for Artists' list of all times has zeros where it has no numbers.
fn without_what_is_not_available(all: &mut [ReportRow]) -> bool {
    let is_empty = |row: &ReportRow| matches!(row, ReportRow::Track(track) if track.listeners == Some(0) && track.saves == Some(0));
    let has_streams = all.iter().any(|row| matches!(row, ReportRow::Track(track) if track.streams > Some(0)));
    let applies = has_streams && all.iter().all(is_empty);
    for row in all {
        if let (ReportRow::Track(track), true) = (row, applies) {
            (track.listeners, track.saves) = (None, None);
        }
    }
    applies
}

/// What no other row of the file may have.
fn key(row: &ReportRow) -> String {
    match row {
        ReportRow::Royalty(row) => row.track_id.clone(),
        ReportRow::Track(row) => {
            let (first, country) = (row.period.first, row.country.as_str());
            format!("{} {} {first} {country}", row.service, row.track_id)
        }
        ReportRow::Audience(row) => row.date.to_string(),
        ReportRow::Placement(row) => format!("{} {}", row.playlist_id, row.track_id),
        ReportRow::Content(row) => format!("{} {}", row.content_id, row.period.first),
        ReportRow::SmartLink(row) => format!("{} {} {}", row.link_id, row.date, row.dimension_value),
    }
}

fn days(row: &ReportRow) -> DayRange {
    match row {
        ReportRow::Royalty(row) => row.period,
        ReportRow::Track(row) => row.period,
        ReportRow::Audience(row) => DayRange::day(row.date),
        ReportRow::Placement(row) => row.period,
        ReportRow::Content(row) => row.period,
        ReportRow::SmartLink(row) => DayRange::day(row.date),
    }
}
