//! What operators ask of a connection, through the database.

use std::collections::HashSet;

use jiff::Timestamp;
use rows::DayRange;
use sea_orm::{
    ColumnTrait, EntityTrait, NotSet, QueryFilter, QuerySelect, Set, UpdateMany, prelude::DateTimeUtc,
    sea_query::Expr,
};

use crate::{
    Store, StoreError,
    convert::{chrono_day, day, timestamp, utc},
    entity::{backfill, connection},
    limits,
};

/// How far a backfill request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillStatus {
    /// The request's id.
    pub id: i64,
    /// Which days were asked for.
    pub days: DayRange,
    /// When.
    pub requested_at: Timestamp,
    /// Days left to read; nothing until a worker took it up.
    pub days_left: Option<u32>,
    /// When it was done, or ended.
    pub finished_at: Option<Timestamp>,
    /// Why it ended though not all was read, and what can be read; none where all was.
    pub reason: Option<String>,
}

impl Store {
    /// Holds a connection, or lets it go on.
    pub async fn set_paused(&self, connection: &str, paused: bool) -> Result<(), StoreError> {
        let update = connection::Entity::update_many()
            .col_expr(connection::Column::Paused, Expr::value(paused))
            .filter(connection::Column::Name.eq(connection));
        self.one_connection(connection, update).await
    }

    /// Asks for everything to be polled now.
    pub async fn request_poll(&self, connection: &str) -> Result<(), StoreError> {
        let now = utc(self.clock.0.now());
        let update = connection::Entity::update_many()
            .col_expr(connection::Column::PollRequestedAt, Expr::value(Some(now)))
            .filter(connection::Column::Name.eq(connection));
        self.one_connection(connection, update).await
    }

    /// Asks for these days to be read, again or for the first time; answers the request's id.
    pub async fn request_backfill(&self, connection: &str, days: DayRange) -> Result<i64, StoreError> {
        let known = connection::Entity::find()
            .filter(connection::Column::Name.eq(connection))
            .one(&self.pools.write)
            .await?;
        if known.is_none() {
            return Err(unknown_connection(connection));
        }
        let request = backfill::ActiveModel {
            id: NotSet,
            connection: Set(connection.to_owned()),
            first_day: Set(chrono_day(days.first)),
            last_day: Set(chrono_day(days.last)),
            requested_at: Set(utc(self.clock.0.now())),
            days_left: Set(None),
            finished_at: Set(None),
            reason: Set(None),
        };
        let inserted = backfill::Entity::insert(request).exec(&self.pools.write).await?;
        Ok(inserted.last_insert_id)
    }

    /// How far a request is.
    pub async fn backfill(&self, id: i64) -> Result<BackfillStatus, StoreError> {
        let found = backfill::Entity::find_by_id(id).one(&self.pools.read).await?;
        let found = found.ok_or_else(|| StoreError::Unknown(format!("there is no backfill request {id}")))?;
        let days = day(found.first_day)
            .zip(day(found.last_day))
            .and_then(|(first, last)| DayRange::new(first, last))
            .ok_or_else(|| StoreError::Unreadable(format!("days of backfill request {id}")))?;
        Ok(BackfillStatus {
            id,
            days,
            requested_at: timestamp(found.requested_at),
            days_left: found.days_left.and_then(|days| u32::try_from(days).ok()),
            finished_at: found.finished_at.map(timestamp),
            reason: found.reason,
        })
    }

    /// Marks every connection that is not named as removed from the configuration. Its rows stay.
    pub async fn retire_connections(&self, configured: &[String]) -> Result<(), StoreError> {
        use connection::Column;
        let now = utc(self.clock.0.now());
        // Compared here: there may be more names than a statement takes values.
        let known: Vec<String> = connection::Entity::find()
            .select_only()
            .column(Column::Name)
            .filter(Column::Removed.eq(false))
            .into_tuple()
            .all(&self.pools.write)
            .await?;
        let configured: HashSet<&str> = configured.iter().map(String::as_str).collect();
        let gone: Vec<String> =
            known.into_iter().filter(|name| !configured.contains(name.as_str())).collect();
        for names in gone.chunks(limits::KEYS_STATEMENT_MAX) {
            connection::Entity::update_many()
                .col_expr(Column::Removed, Expr::value(true))
                .col_expr(Column::State, Expr::value(rows::state::State::Stopped.as_str()))
                .col_expr(Column::NextPollAt, Expr::value(Option::<DateTimeUtc>::None))
                .filter(Column::Name.is_in(names))
                .exec(&self.pools.write)
                .await?;
        }
        // Also what was removed before that was noted.
        connection::Entity::update_many()
            .col_expr(Column::RemovedAt, Expr::value(Some(now)))
            .filter(Column::Removed.eq(true))
            .filter(Column::RemovedAt.is_null())
            .exec(&self.pools.write)
            .await?;
        Ok(())
    }

    async fn one_connection(
        &self,
        name: &str,
        update: UpdateMany<connection::Entity>,
    ) -> Result<(), StoreError> {
        let done = update.exec(&self.pools.write).await?;
        if done.rows_affected == 0 {
            return Err(unknown_connection(name));
        }
        Ok(())
    }
}

fn unknown_connection(name: &str) -> StoreError {
    StoreError::Unknown(format!(
        "no worker has ever run a connection {name:?} on this database; check the name and the database URL"
    ))
}
