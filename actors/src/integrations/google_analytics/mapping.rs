//! From a report to rows.

use jiff::civil::Date;
use rows::{
    Currency, Day, Micros, Row,
    web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
};
use serde_json::value::RawValue;

use super::{
    report::{field, of_goal},
    wire,
};
use crate::reading::{
    elements::{self, Elements, Named, Unreadable},
    table::number,
    wire::Exact,
};

/// A report of one property, its columns by name.
#[derive(Debug)]
pub struct Table<'a> {
    property: &'a str,
    scope: WebScope,
    report: wire::Report<'a>,
    currency: Option<Currency>,
}

/// One row of it.
struct Cells<'t> {
    table: &'t Table<'t>,
    row: wire::Row<'t>,
}

// === impl Table ===

impl<'a> Table<'a> {
    /// `currency` is the property's, for reports that name none.
    pub fn new(
        property: &'a str,
        scope: WebScope,
        report: wire::Report<'a>,
        currency: Option<Currency>,
    ) -> Self {
        let said = report.metadata.currency_code.as_deref().and_then(|code| Currency::parse(code).ok());
        Self { property, scope, report, currency: said.or(currency) }
    }

    /// Visits, row by row: one that cannot be read is set aside.
    pub fn sessions(&self, place: &str) -> Elements<Row> {
        self.each(place, |cells| {
            let sessions = cells.count(field::SESSIONS)?;
            Ok(Row::WebAnalytics(WebAnalytics {
                account_id: self.property.to_owned(),
                origin: cells.origin()?,
                date: cells.day()?,
                page_views: cells.count(field::PAGE_VIEWS)?,
                sessions,
                session_seconds: cells.of_sessions(field::DURATION, field::DURATION, sessions)?,
                users: cells.count(field::USERS)?,
                revenue: cells.revenue()?,
                currency: self.currency,
            }))
        })
    }

    /// How often one goal was reached. Rows that say that it was not are none.
    pub fn conversions(&self, goal: &str, place: &str) -> Elements<Option<Row>> {
        let (events, rate) = (of_goal(field::KEY_EVENTS, goal), of_goal(field::KEY_EVENT_RATE, goal));
        self.each(place, |cells| {
            let sessions = cells.count(field::SESSIONS)?;
            let read = |events: Exact| events.not_negative(field::KEY_EVENTS)?.micros(field::KEY_EVENTS);
            let conversions = cells.metric(&events, field::KEY_EVENTS, read)?;
            let converting_sessions = cells.of_sessions(&rate, field::KEY_EVENT_RATE, sessions)?;
            if converting_sessions.zip(sessions).is_some_and(|(converting, all)| converting > all) {
                let detail = format!("{} is above 1", field::KEY_EVENT_RATE);
                return Err(Unreadable::Other { reason: "rate", detail });
            }
            if conversions == Some(Micros::ZERO) && converting_sessions.unwrap_or_default() == 0 {
                return Ok(None);
            }
            Ok(Some(Row::WebConversions(WebConversions {
                account_id: self.property.to_owned(),
                goal: goal.to_owned(),
                origin: cells.origin()?,
                date: cells.day()?,
                conversions,
                converting_sessions,
            })))
        })
    }

    /// Rows one by one.
    fn each<T>(&self, place: &str, read: impl Fn(&Cells<'_>) -> Result<T, Unreadable>) -> Elements<T> {
        let named = |raw: &RawValue| {
            let cells = elements::parse(raw).ok().map(|row| Cells { table: self, row });
            Named {
                fields: vec![("property", self.property.to_owned())],
                day: cells.and_then(|cells| cells.day().ok()),
            }
        };
        elements::each(self.report.rows.iter().copied(), place, named, |raw| {
            read(&Cells { table: self, row: elements::parse(raw)? })
        })
    }
}

// === impl Cells ===

impl Cells<'_> {
    /// A dimension's text, as Google writes it: `(not set)`, `(direct)`.
    fn text(&self, name: &'static str) -> Result<&str, Unreadable> {
        let value = self.table.report.dimension_headers.of(name, &self.row.dimension_values);
        Ok(value.ok_or(Unreadable::Missing(name))?.value.as_ref().map_or("", |text| &text.0))
    }

    /// `20261120`.
    fn day(&self) -> Result<Day, Unreadable> {
        let text = self.text(field::DATE)?;
        let is_date = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        let date = Date::strptime("%Y%m%d", text).ok().filter(|_| is_date);
        date.ok_or(Unreadable::Date(field::DATE))
    }

    fn origin(&self) -> Result<WebOrigin, Unreadable> {
        if self.table.scope == WebScope::Total {
            return Ok(WebOrigin::total());
        }
        let [campaign, source, medium] =
            [field::CAMPAIGN, field::SOURCE, field::MEDIUM].map(|name| self.text(name).map(str::to_owned));
        Ok(WebOrigin { scope: WebScope::Campaign, campaign: campaign?, source: source?, medium: medium? })
    }

    /// A metric, as `read` takes it; none where it was left out, or where the user may not see it: it then comes as zeros. `field` names
    /// it in errors.
    fn metric<T>(
        &self,
        name: &str,
        field: &'static str,
        read: impl Fn(Exact) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        let wire::Report { metric_headers, metadata, .. } = &self.table.report;
        if !metric_headers.has(name) || metadata.is_blocked(name) {
            return Ok(None);
        }
        let value = metric_headers.of(name, &self.row.metric_values).and_then(|value| value.value.as_ref());
        read(number(&value.ok_or(Unreadable::Missing(field))?.0, field, "decimal number")?).map(Some)
    }

    /// A whole number, also where it is written as a decimal.
    fn count(&self, name: &'static str) -> Result<Option<i64>, Unreadable> {
        self.metric(name, name, |number| number.not_negative(name)?.whole(name))
    }

    /// An average over sessions, as the sum that it is made of: a whole number.
    fn of_sessions(
        &self,
        name: &str,
        field: &'static str,
        sessions: Option<i64>,
    ) -> Result<Option<i64>, Unreadable> {
        let average = self.metric(name, field, |average| average.not_negative(field))?;
        average.zip(sessions).map(|(average, sessions)| average.times(sessions, field)).transpose()
    }

    /// Unknown where nobody says in which currency.
    fn revenue(&self) -> Result<Option<Micros>, Unreadable> {
        let amount = self.metric(field::REVENUE, field::REVENUE, |amount| amount.micros(field::REVENUE))?;
        Ok(amount.filter(|_| self.table.currency.is_some()))
    }
}

#[cfg(test)]
mod tests;
