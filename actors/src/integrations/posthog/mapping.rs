//! From PostHog's answers to the project's rows.

use rows::{
    Currency, Day, Micros, Row,
    quarantine::Quarantined,
    web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
};
use serde_json::value::RawValue;

use super::{
    answer::undocumented,
    query::column,
    revenue::Revenue,
    wire::{Cells, Table},
};
use crate::{
    failure::Failure,
    reading::{
        elements::{self, Elements, Named, Unreadable},
        notes::note,
    },
};

/// Reads the rows of one answer.
pub struct Mapping<'a> {
    /// The project.
    pub account_id: &'a str,
    /// The day that was asked for: every row is of it.
    pub date: Day,
    /// Of revenue, if that is asked for.
    pub currency: Option<Currency>,
    /// Which query answers.
    pub place: &'static str,
    /// What could not be read.
    pub quarantined: Vec<Quarantined>,
}

// === impl Mapping ===

impl Mapping<'_> {
    /// Revenue by origin.
    pub fn revenue(&mut self, table: &Table, revenue: &mut Revenue) {
        self.each(table, |_, cells| {
            let origin = cells.texts(column::ORIGIN).inspect_err(|_| revenue.note_lost())?;
            let amount = cells.decimal(column::REVENUE);
            // Events without an amount bring none.
            revenue.note(origin, amount.clone().map(Option::unwrap_or_default).ok());
            amount.map(drop)
        });
    }

    /// The day as a whole; no row where nobody came, as for origins.
    pub fn total_visits(&mut self, table: &Table, revenue: Option<&Revenue>) -> Result<Vec<Row>, Failure> {
        if table.rows.len() != 1 {
            return Err(undocumented("a day as a whole is not one row"));
        }
        let revenue = revenue.and_then(Revenue::total);
        let rows = self.each(table, |this, cells| {
            let somebody_came = cells.count(column::SESSIONS)? != Some(0);
            somebody_came.then(|| this.visits_of(cells, WebOrigin::total(), revenue)).transpose()
        });
        Ok(rows.into_iter().flatten().collect())
    }

    /// Visits by origin, with their revenue.
    pub fn visits(&mut self, table: &Table, mut revenue: Option<&mut Revenue>) -> Vec<Row> {
        self.each(table, |this, cells| {
            let origin = cells.texts(column::ORIGIN)?;
            let revenue = revenue.as_deref_mut().and_then(|revenue| revenue.take(&origin));
            this.visits_of(cells, by_campaign(origin)?, revenue)
        })
    }

    /// Revenue for which no visits were found: the day moved between two queries. It is set aside, so that nothing of the
    /// day is deleted; the next reading brings both.
    pub fn revenue_alone(&mut self, revenue: &Revenue) {
        let place = format!("{} of {}", self.place, self.date);
        for origin in revenue.left() {
            let detail = "revenue of an origin that has no sessions".to_owned();
            let alone = note("unmatched", detail, &place, &origin.join("\0"), self.fields());
            self.quarantined.push(Quarantined { day: Some(self.date), ..alone });
        }
    }

    /// The day as a whole, by goal.
    pub fn total_conversions(&mut self, table: &Table) -> Vec<Row> {
        self.each(table, |this, cells| this.conversions_of(cells, WebOrigin::total()))
    }

    /// Conversions by goal and origin.
    pub fn conversions(&mut self, table: &Table) -> Vec<Row> {
        self.each(table, |this, cells| this.conversions_of(cells, by_campaign(cells.texts(column::ORIGIN)?)?))
    }

    fn visits_of(
        &self,
        cells: &Cells<'_>,
        origin: WebOrigin,
        revenue: Option<Micros>,
    ) -> Result<Row, Unreadable> {
        Ok(Row::WebAnalytics(WebAnalytics {
            account_id: self.account_id.to_owned(),
            origin,
            date: self.date,
            page_views: cells.count(column::PAGE_VIEWS)?,
            sessions: cells.count(column::SESSIONS)?,
            session_seconds: cells.count(column::SESSION_SECONDS)?,
            users: cells.count(column::USERS)?,
            revenue,
            currency: self.currency,
        }))
    }

    fn conversions_of(&self, cells: &Cells<'_>, origin: WebOrigin) -> Result<Row, Unreadable> {
        let conversions = match cells.count(column::CONVERSIONS)? {
            None => None,
            Some(count) => Some(Micros::from_units(count).ok_or(Unreadable::TooLarge(column::CONVERSIONS))?),
        };
        Ok(Row::WebConversions(WebConversions {
            account_id: self.account_id.to_owned(),
            goal: cells.text(column::GOAL)?,
            origin,
            date: self.date,
            conversions,
            converting_sessions: cells.count(column::CONVERTING_SESSIONS)?,
        }))
    }

    /// Reads row by row; sets aside those that cannot be read. The day is known, whatever a row says: its window then
    /// deletes nothing.
    fn each<T>(
        &mut self,
        table: &Table,
        mut read: impl FnMut(&Self, &Cells<'_>) -> Result<T, Unreadable>,
    ) -> Vec<T> {
        let place = format!("{} of {}", self.place, self.date);
        let named = |_: &RawValue| Named { fields: self.fields(), day: Some(self.date) };
        let rows = table.rows.iter().map(|raw| &**raw);
        let Elements { rows, quarantined } =
            elements::each(rows, &place, named, |raw| read(self, &table.cells(raw)?));
        self.quarantined.extend(quarantined);
        rows
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("project", self.account_id.to_owned()), ("day", self.date.to_string())]
    }
}

fn by_campaign(origin: Vec<String>) -> Result<WebOrigin, Unreadable> {
    let [campaign, source, medium] =
        <[String; 3]>::try_from(origin).map_err(|_| Unreadable::Missing(column::CAMPAIGN))?;
    Ok(WebOrigin { scope: WebScope::Campaign, campaign, source, medium })
}
