//! One table of one rule: counted, or deleted a few rows at a time.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use rows::day::day_at;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Value, prelude::Date, prelude::DateTimeUtc};

use super::{
    Keep, Line, Moment,
    condition::Condition,
    rules::{Age, Aging, Rule},
};
use crate::{
    Store, StoreError,
    convert::{chrono_day, day, timestamp, utc},
    limits::PURGE_ROWS_MAX,
    sql::Sql,
};

/// What is due of one table.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    pub rule: String,
    pub connection: Option<String>,
    pub table: &'static str,
    pub keep: Keep,
    pub reason: &'static str,
    /// What tells how old a row is; nothing where a row has no age of its own.
    pub age: Option<Age>,
    /// Which rows are due.
    pub due: Condition,
    /// Which of them a legal hold keeps.
    pub held: Option<Condition>,
    /// Whether its rows are facts, found by their entities: they have no number of their own on SQLite.
    pub facts: bool,
}

// === impl Sweep ===

impl Sweep {
    /// Of a rule.
    pub fn of(rule: &Rule, aging: &Aging, keep: Keep, cut: Timestamp, held: Option<Condition>) -> Self {
        let mut due = aging.age.before(cut);
        if !aging.only.is_empty() {
            due = due.text(" AND ").text(aging.only);
        }
        Self {
            rule: rule.name.to_owned(),
            connection: None,
            table: aging.table,
            keep,
            reason: rule.reason,
            age: Some(aging.age),
            due,
            held,
            facts: aging.facts,
        }
    }

    /// Due, and not held.
    pub fn free(&self) -> Condition {
        match &self.held {
            Some(held) => self.due.clone().but_not(held.clone()),
            None => self.due.clone(),
        }
    }

    fn line(&self) -> Line {
        Line {
            rule: self.rule.clone(),
            connection: self.connection.clone(),
            table: self.table.to_owned(),
            rows: 0,
            oldest: None,
            newest: None,
            held: 0,
            keep: self.keep,
            reason: self.reason,
        }
    }

    /// The age as it is selected.
    fn selected(&self) -> String {
        self.age.map_or_else(|| "NULL".to_owned(), |age| age.column().to_owned())
    }
}

/// One of these values.
pub(super) fn one_of<V: Into<Value>>(column: &str, values: impl Iterator<Item = V>) -> Condition {
    let mut condition = Condition::new(format!("{column} IN ("));
    for (place, value) in values.enumerate() {
        condition = condition.text(if place == 0 { "" } else { ", " }).bind(value);
    }
    condition.text(")")
}

/// So that no row is due twice: what is due of a connection leaves out what a rule takes of its table. Connections have no row in
/// common.
pub(super) fn disjoint(sweeps: Vec<Sweep>) -> Vec<Sweep> {
    let mut taken: BTreeMap<&str, Vec<Condition>> = BTreeMap::new();
    let mut disjoint = Vec::with_capacity(sweeps.len());
    for mut sweep in sweeps {
        let earlier = taken.entry(sweep.table).or_default();
        if sweep.connection.is_some() {
            sweep.due = earlier.iter().cloned().fold(sweep.due, Condition::but_not);
        } else {
            earlier.push(sweep.free());
        }
        disjoint.push(sweep);
    }
    disjoint
}

// === impl Age ===

impl Age {
    const fn column(self) -> &'static str {
        let (Self::Time(column) | Self::Seconds(column) | Self::Day(column)) = self;
        column
    }

    /// Older than this.
    fn before(self, cut: Timestamp) -> Condition {
        let condition = Condition::new(format!("{} < ", self.column()));
        match self {
            Self::Time(_) => condition.bind(utc(cut)),
            // Whole seconds: what happened within the second of the cut is not known to be older.
            Self::Seconds(_) => condition.bind(cut.as_second()),
            Self::Day(_) => condition.bind(chrono_day(day_at(cut, &TimeZone::UTC))),
        }
    }

    fn read(self, row: &QueryResult, column: &str) -> Result<Option<Moment>, DbErr> {
        Ok(match self {
            Self::Time(_) => row.try_get::<Option<DateTimeUtc>>("", column)?.map(timestamp).map(Moment::At),
            Self::Seconds(_) => row
                .try_get::<Option<i64>>("", column)?
                .and_then(|second| Timestamp::from_second(second).ok())
                .map(Moment::At),
            Self::Day(_) => row.try_get::<Option<Date>>("", column)?.and_then(day).map(Moment::On),
        })
    }
}

// === impl Line ===

impl Line {
    fn take(&mut self, rows: u64, oldest: Option<Moment>, newest: Option<Moment>) {
        self.rows += rows;
        self.oldest = [self.oldest, oldest].into_iter().flatten().min();
        self.newest = [self.newest, newest].into_iter().flatten().max();
    }
}

// === impl Store ===

impl Store {
    /// What a sweep would delete.
    pub(super) async fn count_due(&self, sweep: &Sweep) -> Result<Line, StoreError> {
        let mut line = sweep.line();
        let age = sweep.selected();
        let head = format!(
            "SELECT count(*) AS rows, min({age}) AS oldest, max({age}) AS newest FROM {} t WHERE ",
            sweep.table
        );
        let query = sweep.free().write(Sql::new(self.backend(), &head));
        if let Some(row) = self.pools.read.query_one_raw(query.done()).await? {
            let moment =
                |column| sweep.age.map(|age| age.read(&row, column)).transpose().map(Option::flatten);
            line.take(whole(&row, "rows")?, moment("oldest")?, moment("newest")?);
        }
        line.held = self.held(sweep).await?;
        Ok(line)
    }

    /// Whether anything is due.
    pub(super) async fn is_due(&self, sweep: &Sweep) -> Result<bool, StoreError> {
        let head = format!("SELECT 1 AS one FROM {} t WHERE ", sweep.table);
        let query = sweep.free().write(Sql::new(self.backend(), &head)).text(" LIMIT 1");
        Ok(self.pools.read.query_one_raw(query.done()).await?.is_some())
    }

    async fn held(&self, sweep: &Sweep) -> Result<u64, StoreError> {
        let Some(kept) = &sweep.held else { return Ok(0) };
        let head = format!("SELECT count(*) AS rows FROM {} t WHERE ", sweep.table);
        let query = sweep.due.write(Sql::new(self.backend(), &head)).text(" AND ");
        match self.pools.read.query_one_raw(kept.write(query).done()).await? {
            Some(row) => Ok(whole(&row, "rows")?),
            None => Ok(0),
        }
    }

    /// Deletes what a sweep is about.
    pub(super) async fn delete_due(&self, sweep: &Sweep) -> Result<Line, StoreError> {
        let mut line = sweep.line();
        if sweep.facts {
            for entities in self.entities_due(sweep).await? {
                let condition = one_of("t.entity_id", entities.into_iter()).text(" AND ").then(sweep.free());
                self.delete(sweep, &condition, &mut line).await?;
            }
        } else {
            // By where the rows are: keys of several columns would make SQLite read the whole table.
            let (before, id, after) = match self.backend() {
                DbBackend::Postgres => ("t.ctid = ANY (ARRAY(", "ctid", "))"),
                _ => ("t.rowid IN (", "rowid", ")"),
            };
            let some = Condition::new(format!("{before}SELECT t.{id} FROM {} t WHERE ", sweep.table))
                .then(sweep.free())
                .text(format!(" LIMIT {PURGE_ROWS_MAX}{after}"));
            while self.delete(sweep, &some, &mut line).await? > 0 {}
        }
        line.held = self.held(sweep).await?;
        Ok(line)
    }

    /// Entities with facts that are due, in groups that have few together.
    async fn entities_due(&self, sweep: &Sweep) -> Result<Vec<Vec<i64>>, StoreError> {
        let head = format!("SELECT t.entity_id AS entity_id, count(*) AS rows FROM {} t WHERE ", sweep.table);
        let query = sweep.free().write(Sql::new(self.backend(), &head));
        let query = query.text(" GROUP BY t.entity_id ORDER BY t.entity_id");
        let (mut groups, mut group, mut rows) = (Vec::new(), Vec::new(), 0);
        for row in self.pools.read.query_all_raw(query.done()).await? {
            let more = whole(&row, "rows")?;
            if !group.is_empty() && rows + more > PURGE_ROWS_MAX {
                groups.push(std::mem::take(&mut group));
                rows = 0;
            }
            group.push(row.try_get("", "entity_id")?);
            rows += more;
        }
        groups.push(group);
        groups.retain(|group| !group.is_empty());
        Ok(groups)
    }

    /// Deletes these rows in a transaction of their own. A database that somebody else holds is waited for.
    async fn delete(&self, sweep: &Sweep, condition: &Condition, line: &mut Line) -> Result<u64, StoreError> {
        let head = format!("DELETE FROM {} AS t WHERE ", sweep.table);
        let statement = condition
            .write(Sql::new(self.backend(), &head))
            .text(&format!(" RETURNING {} AS age", sweep.selected()))
            .done();
        let mut tries = self.tries();
        let rows = loop {
            match self.pools.write.query_all_raw(statement.clone()).await {
                Err(error) if tries.again(&error).await => {}
                done => break done?,
            }
        };
        for row in &rows {
            let age = sweep.age.map(|age| age.read(row, "age")).transpose()?.flatten();
            line.take(1, age, age);
        }
        Ok(rows.len() as u64)
    }
}

fn whole(row: &QueryResult, column: &str) -> Result<u64, DbErr> {
    Ok(u64::try_from(row.try_get::<i64>("", column)?).unwrap_or_default())
}
