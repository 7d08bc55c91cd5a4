//! From PostHog's answers to the project's rows.

use std::{collections::BTreeSet, fmt::Write as _};

use rows::{
    Currency, Day, Micros, Row,
    quarantine::Quarantined,
    web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{
    answer::undocumented,
    query::column,
    revenue::Revenue,
    wire::{Cells, Table, Unreadable},
};
use crate::failure::Failure;

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

    /// The day as a whole: one row, of zeros where nobody came.
    pub fn total_visits(&mut self, table: &Table, revenue: Option<&Revenue>) -> Result<Vec<Row>, Failure> {
        if table.rows.len() != 1 {
            return Err(undocumented("a day as a whole is not one row"));
        }
        let revenue = revenue.and_then(Revenue::total);
        Ok(self.each(table, |this, cells| this.visits_of(cells, WebOrigin::total(), revenue)))
    }

    /// Visits by origin, with their revenue.
    pub fn visits(&mut self, table: &Table, mut revenue: Option<&mut Revenue>) -> Vec<Row> {
        self.each(table, |this, cells| {
            let origin = cells.texts(column::ORIGIN)?;
            let revenue = revenue.as_deref_mut().and_then(|revenue| revenue.take(&origin));
            this.visits_of(cells, by_campaign(origin)?, revenue)
        })
    }

    /// Revenue for which no visits were found: they are unknown, the revenue is not.
    pub fn revenue_alone(&self, revenue: Revenue) -> Vec<Row> {
        let row = |(origin, amount): (Vec<String>, Micros)| {
            Some(Row::WebAnalytics(WebAnalytics {
                account_id: self.account_id.to_owned(),
                origin: by_campaign(origin).ok()?,
                date: self.date,
                page_views: None,
                sessions: None,
                session_seconds: None,
                users: None,
                revenue: Some(amount),
                currency: self.currency,
            }))
        };
        revenue.left().filter_map(row).collect()
    }

    /// The day as a whole: a row for each goal, of zeros where it was not reached.
    pub fn total_conversions(&mut self, table: &Table, goals: &[String]) -> Vec<Row> {
        let mut reached = BTreeSet::new();
        let quarantined_before = self.quarantined.len();
        let mut rows = self.each(table, |this, cells| {
            let goal = cells.text(column::GOAL)?;
            reached.insert(goal.clone());
            this.conversions_of(cells, goal, WebOrigin::total())
        });
        // An unreadable row may be that of any goal: then nothing is known to be zero.
        if self.quarantined.len() == quarantined_before {
            let missed = goals.iter().filter(|goal| !reached.contains(*goal));
            rows.extend(missed.map(|goal| {
                self.conversions_row(goal.clone(), WebOrigin::total(), Some(Micros::ZERO), Some(0))
            }));
        }
        rows
    }

    /// Conversions by goal and origin.
    pub fn conversions(&mut self, table: &Table) -> Vec<Row> {
        self.each(table, |this, cells| {
            let goal = cells.text(column::GOAL)?;
            let origin = by_campaign(cells.texts(column::ORIGIN)?)?;
            this.conversions_of(cells, goal, origin)
        })
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

    fn conversions_of(&self, cells: &Cells<'_>, goal: String, origin: WebOrigin) -> Result<Row, Unreadable> {
        let conversions = match cells.count(column::CONVERSIONS)? {
            None => None,
            Some(count) => {
                Some(Micros::from_units(count).ok_or(Unreadable::TooLarge(column::CONVERSIONS))?)
            }
        };
        let converting_sessions = cells.count(column::CONVERTING_SESSIONS)?;
        Ok(self.conversions_row(goal, origin, conversions, converting_sessions))
    }

    fn conversions_row(
        &self,
        goal: String,
        origin: WebOrigin,
        conversions: Option<Micros>,
        converting_sessions: Option<i64>,
    ) -> Row {
        Row::WebConversions(WebConversions {
            account_id: self.account_id.to_owned(),
            goal,
            origin,
            date: self.date,
            conversions,
            converting_sessions,
        })
    }

    /// Reads row by row; sets aside those that cannot be read.
    fn each<T>(
        &mut self,
        table: &Table,
        mut read: impl FnMut(&Self, &Cells<'_>) -> Result<T, Unreadable>,
    ) -> Vec<T> {
        let mut values = Vec::with_capacity(table.rows.len());
        let mut aside = Vec::new();
        for (index, raw) in table.rows.iter().enumerate() {
            match table.cells(raw).and_then(|cells| read(self, &cells)) {
                Ok(value) => values.push(value),
                Err(unreadable) => aside.push(self.set_aside(index, raw, &unreadable)),
            }
        }
        self.quarantined.extend(aside);
        values
    }

    /// The day is known, whatever the row says: its window then deletes nothing.
    fn set_aside(&self, index: usize, raw: &RawValue, unreadable: &Unreadable) -> Quarantined {
        Quarantined {
            reason: unreadable.reason(),
            detail: unreadable.to_string(),
            place: format!("{} of {} row {index}", self.place, self.date),
            hash: sha256_hex(raw.get().as_bytes()),
            fields: vec![("project", self.account_id.to_owned()), ("day", self.date.to_string())],
            day: Some(self.date),
        }
    }
}

fn by_campaign(origin: Vec<String>) -> Result<WebOrigin, Unreadable> {
    let [campaign, source, medium] =
        <[String; 3]>::try_from(origin).map_err(|_| Unreadable::Missing(column::CAMPAIGN))?;
    Ok(WebOrigin { scope: WebScope::Campaign, campaign, source, medium })
}

fn sha256_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
