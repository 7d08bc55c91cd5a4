//! A report file.

use rows::{
    DayRange,
    files::{FileRecord, FileState},
};
use sea_orm::entity::prelude::*;

use crate::convert::{day, timestamp};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "report_files")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub connection: String,
    pub sha256: String,
    pub name: String,
    pub member: Option<String>,
    pub layout: Option<String>,
    pub unit: Option<String>,
    pub size_bytes: i64,
    pub state: String,
    pub period_start: Option<Date>,
    pub period_end: Option<Date>,
    pub statement_period: Option<String>,
    pub rows: Option<i64>,
    pub rejected: Option<i64>,
    pub totals: Option<String>,
    pub made_at: Option<DateTimeUtc>,
    pub reason: Option<String>,
    pub replaces: Option<String>,
    pub superseded_by: Option<String>,
    pub decided_by: Option<String>,
    pub first_seen_at: DateTimeUtc,
    pub loaded_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// As the worker knows it.
    pub fn record(self) -> Result<FileRecord, DbErr> {
        let state = FileState::parse(&self.state).ok_or_else(|| {
            DbErr::Custom(format!(
                "file {} is {:?}: this version knows no such state",
                self.sha256, self.state
            ))
        })?;
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let ends = self.period_start.and_then(day).zip(self.period_end.and_then(day));
        Ok(FileRecord {
            connection: self.connection,
            sha256: self.sha256,
            name: self.name,
            member: self.member,
            size_bytes: count(self.size_bytes),
            state,
            layout: self.layout,
            unit: self.unit,
            period: ends.and_then(|(first, last)| DayRange::new(first, last)),
            statement_period: self.statement_period,
            rows: self.rows.map(count),
            rejected: self.rejected.map(count),
            totals: self.totals,
            made_at: self.made_at.map(timestamp),
            reason: self.reason,
            replaces: self.replaces,
            superseded_by: self.superseded_by,
            decided_by: self.decided_by,
            first_seen_at: timestamp(self.first_seen_at),
            loaded_at: self.loaded_at.map(timestamp),
        })
    }
}
