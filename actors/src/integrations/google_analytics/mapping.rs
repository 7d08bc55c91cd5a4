//! From a report to rows.

use jiff::civil::Date;
use rows::{
    Currency, Day, Decimal, Micros, Row,
    web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
};
use serde_json::value::RawValue;

use super::{
    report::{field, of_goal},
    wire,
};
use crate::reading::elements::{self, Elements, Named, Unreadable};

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

    /// Whether it has these columns.
    pub fn has(&self, dimensions: &[&str], metrics: &[String]) -> bool {
        let is_among =
            |headers: &[wire::Header], name: &str| headers.iter().any(|header| header.name == name);
        dimensions.iter().all(|name| is_among(&self.report.dimension_headers, name))
            && metrics.iter().all(|name| is_among(&self.report.metric_headers, name))
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
                session_seconds: cells.of_sessions(
                    field::AVERAGE_DURATION,
                    field::AVERAGE_DURATION,
                    sessions,
                )?,
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
            let conversions =
                cells.positive(&events, field::KEY_EVENTS)?.map(|events| micros(events, field::KEY_EVENTS));
            let conversions = conversions.transpose()?;
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

    /// Whether the user may not see this metric: it then comes as zeros.
    fn is_blocked(&self, name: &str) -> bool {
        let restrictions = &self.report.metadata.schema_restriction_response.active_metric_restrictions;
        restrictions.iter().any(|restriction| restriction.metric_name == name)
    }
}

// === impl Cells ===

impl Cells<'_> {
    /// A dimension's text, as Google writes it: `(not set)`, `(direct)`.
    fn text(&self, name: &'static str) -> Result<&str, Unreadable> {
        let place = self.table.report.dimension_headers.iter().position(|header| header.name == name);
        let value = place.and_then(|place| self.row.dimension_values.get(place));
        let value = value.ok_or(Unreadable::Missing(name))?;
        Ok(value.value.as_ref().map_or("", |text| &text.0))
    }

    fn day(&self) -> Result<Day, Unreadable> {
        day(self.text(field::DATE)?).ok_or(Unreadable::Date(field::DATE))
    }

    fn origin(&self) -> Result<WebOrigin, Unreadable> {
        if self.table.scope == WebScope::Total {
            return Ok(WebOrigin::total());
        }
        let text = |name| self.text(name).map(str::to_owned);
        Ok(WebOrigin {
            scope: WebScope::Campaign,
            campaign: text(field::CAMPAIGN)?,
            source: text(field::SOURCE)?,
            medium: text(field::MEDIUM)?,
        })
    }

    /// A metric; none where it was left out or is blocked. `field` names it in errors.
    fn number(&self, name: &str, field: &'static str) -> Result<Option<Decimal>, Unreadable> {
        let place = self.table.report.metric_headers.iter().position(|header| header.name == name);
        let Some(place) = place.filter(|_| !self.table.is_blocked(name)) else { return Ok(None) };
        let value = self.row.metric_values.get(place).and_then(|value| value.value.as_ref());
        let text = value.ok_or(Unreadable::Missing(field))?;
        Decimal::parse(&text.0).map(Some).map_err(|error| Unreadable::number(field, "decimal number", error))
    }

    fn positive(&self, name: &str, field: &'static str) -> Result<Option<Decimal>, Unreadable> {
        let number = self.number(name, field)?;
        if number.is_some_and(Decimal::is_negative) {
            return Err(Unreadable::Form(field, "number of at least 0"));
        }
        Ok(number)
    }

    /// A whole number, also where it is written as a decimal: `42`, `42.0`, `1.2E3`.
    fn count(&self, name: &'static str) -> Result<Option<i64>, Unreadable> {
        let number = self.positive(name, name)?;
        number.map(|number| number.whole().ok_or(Unreadable::Count(name))).transpose()
    }

    /// An average over sessions, as the sum that it is made of: a whole number.
    fn of_sessions(
        &self,
        name: &str,
        field: &'static str,
        sessions: Option<i64>,
    ) -> Result<Option<i64>, Unreadable> {
        let Some((average, sessions)) = self.positive(name, field)?.zip(sessions) else { return Ok(None) };
        let sum = average.times(sessions).and_then(Decimal::round);
        sum.map(Some).ok_or(Unreadable::TooLarge(field))
    }

    /// Unknown where nobody says in which currency.
    fn revenue(&self) -> Result<Option<Micros>, Unreadable> {
        let amount = self.number(field::REVENUE, field::REVENUE)?.filter(|_| self.table.currency.is_some());
        amount.map(|amount| micros(amount, field::REVENUE)).transpose()
    }
}

fn micros(number: Decimal, field: &'static str) -> Result<Micros, Unreadable> {
    number.micros().ok_or(Unreadable::Money(field))
}

/// `20261120`.
fn day(text: &str) -> Option<Day> {
    let is_date = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_date.then(|| Date::strptime("%Y%m%d", text).ok()).flatten()
}

#[cfg(test)]
mod tests;
