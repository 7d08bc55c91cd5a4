//! Small notes beside the writer: cycles, conditions, requests, retention.

use std::collections::BTreeMap;

use rows::{
    DayRange,
    sink::{BackfillRequest, Control, CycleRecord, SinkError, StatusRecord},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, NotSet, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Set, prelude::DateTimeUtc, sea_query::Expr,
};

use crate::{
    Store,
    convert::{day, shortened, timestamp, utc},
    entity::{backfill, connection, cycle},
    error::sink_error,
};

impl Store {
    pub(crate) async fn note_cycle(&self, cycle: CycleRecord) -> Result<(), SinkError> {
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let model = cycle::ActiveModel {
            id: NotSet,
            connection: Set(cycle.connection),
            account_id: Set(cycle.account_id),
            stream: Set(cycle.stream),
            outcome: Set(cycle.outcome.to_owned()),
            started_at: Set(utc(cycle.started_at)),
            finished_at: Set(utc(cycle.finished_at)),
            pages: Set(count(cycle.pages)),
            rows_read: Set(count(cycle.rows)),
            error: Set(cycle.error.as_deref().map(readable)),
        };
        cycle::Entity::insert(model)
            .exec_without_returning(&self.pools.write)
            .await
            .map_err(|error| sink_error(&error))?;
        Ok(())
    }

    pub(crate) async fn note_report(&self, report: StatusRecord) -> Result<(), SinkError> {
        use connection::Column;
        let mut update = connection::Entity::update_many()
            .col_expr(Column::State, Expr::value(report.state.as_str()))
            .col_expr(Column::NextPollAt, Expr::value(report.next_poll_at.map(utc)))
            .col_expr(Column::Error, Expr::value(report.error.as_deref().map(readable)))
            .filter(Column::Name.eq(report.connection))
            .filter(Column::Epoch.eq(report.epoch));
        // A worker that has not succeeded yet says nothing about those before it.
        if let Some(at) = report.last_success_at {
            update = update.col_expr(Column::LastSuccessAt, Expr::value(Some(utc(at))));
        }
        // No row: an outdated worker's report is dropped.
        update.exec(&self.pools.write).await.map_err(|error| sink_error(&error))?;
        Ok(())
    }

    pub(crate) async fn note_crash(
        &self,
        connection: &str,
        state: rows::state::State,
        error: Option<String>,
    ) -> Result<(), SinkError> {
        use connection::Column;
        connection::Entity::update_many()
            .col_expr(Column::State, Expr::value(state.as_str()))
            .col_expr(Column::Error, Expr::value(error.as_deref().map(readable)))
            .filter(Column::Name.eq(connection))
            .exec(&self.pools.write)
            .await
            .map_err(|error| sink_error(&error))?;
        Ok(())
    }

    pub(crate) async fn note_end_once(&self, connection: &str, epoch: i64) -> Result<(), SinkError> {
        use connection::Column;
        connection::Entity::update_many()
            .col_expr(Column::OnceSince, Expr::value(Option::<sea_orm::prelude::DateTimeUtc>::None))
            .filter(Column::Name.eq(connection))
            .filter(Column::Epoch.eq(epoch))
            .exec(&self.pools.write)
            .await
            .map_err(|error| sink_error(&error))?;
        Ok(())
    }

    pub(crate) async fn read_controls(&self) -> Result<Vec<Control>, SinkError> {
        let withheld = self.all_withheld(&self.pools.read).await;
        let withheld = withheld.map_err(|error| sink_error(&error))?;
        controls(&self.pools.read, withheld).await.map_err(|error| sink_error(&error))
    }

    pub(crate) async fn note_backfill(&self, id: i64, days_left: u32) -> Result<(), SinkError> {
        use backfill::Column;
        let finished_at = (days_left == 0).then(|| utc(self.clock.0.now()));
        let days_left = i32::try_from(days_left).unwrap_or(i32::MAX);
        let done = backfill::Entity::update_many()
            .col_expr(Column::DaysLeft, Expr::value(days_left))
            .col_expr(Column::FinishedAt, Expr::value(finished_at))
            .filter(Column::Id.eq(id))
            // What has ended is not begun anew.
            .filter(Column::FinishedAt.is_null())
            .exec(&self.pools.write)
            .await
            .map_err(|error| sink_error(&error))?;
        if done.rows_affected == 0 && !self.has_backfill(id).await? {
            return Err(SinkError::Refused(format!("there is no backfill request {id}")));
        }
        Ok(())
    }

    async fn has_backfill(&self, id: i64) -> Result<bool, SinkError> {
        let found = backfill::Entity::find_by_id(id).one(&self.pools.write).await;
        found.map(|request| request.is_some()).map_err(|error| sink_error(&error))
    }

    pub(crate) async fn note_backfill_end(&self, id: i64, reason: &str) -> Result<(), SinkError> {
        use backfill::Column;
        backfill::Entity::update_many()
            .col_expr(Column::FinishedAt, Expr::value(Some(utc(self.clock.0.now()))))
            .col_expr(Column::Reason, Expr::value(Some(readable(reason))))
            .filter(Column::Id.eq(id))
            .filter(Column::FinishedAt.is_null())
            .exec(&self.pools.write)
            .await
            .map_err(|error| sink_error(&error))?;
        Ok(())
    }
}

/// Asked for every few seconds: of thousands of connections only those come of which anything is wanted.
async fn controls(
    database: &impl ConnectionTrait,
    mut withheld: BTreeMap<String, String>,
) -> Result<Vec<Control>, DbErr> {
    use connection::Column;
    let requests = backfill::Entity::find()
        .filter(backfill::Column::FinishedAt.is_null())
        .order_by_asc(backfill::Column::Id)
        .all(database)
        .await?;
    let mut backfills: BTreeMap<&str, Vec<BackfillRequest>> = BTreeMap::new();
    for request in &requests {
        backfills.entry(&request.connection).or_default().extend(backfill_request(request));
    }
    let requested = backfill::Entity::find()
        .select_only()
        .column(backfill::Column::Connection)
        .filter(backfill::Column::FinishedAt.is_null())
        .into_query();
    let wanted = Condition::any()
        .add(Column::Paused.eq(true))
        .add(Column::PollRequestedAt.is_not_null())
        .add(Column::Name.in_subquery(requested));
    let mut connections: Vec<(String, bool, Option<DateTimeUtc>)> = connection::Entity::find()
        .select_only()
        .columns([Column::Name, Column::Paused, Column::PollRequestedAt])
        .filter(Column::Removed.eq(false))
        .filter(wanted)
        .into_tuple()
        .all(database)
        .await?;
    // Sorted here: asked for in this order, the database reads every row by way of the index.
    connections.sort_unstable();
    let control = |(connection, paused, poll_requested_at): (String, bool, Option<DateTimeUtc>)| Control {
        backfills: backfills.remove(connection.as_str()).unwrap_or_default(),
        withheld: withheld.remove(&connection),
        connection,
        paused,
        poll_requested_at: poll_requested_at.map(timestamp),
    };
    let mut controls: Vec<Control> = connections.into_iter().map(control).collect();
    if !withheld.is_empty() {
        // Those of which nothing else is wanted.
        controls.extend(withheld.into_iter().map(|(connection, reason)| Control {
            connection,
            paused: false,
            withheld: Some(reason),
            poll_requested_at: None,
            backfills: Vec::new(),
        }));
        controls.sort_unstable_by(|one, other| one.connection.cmp(&other.connection));
    }
    Ok(controls)
}

fn backfill_request(request: &backfill::Model) -> Option<BackfillRequest> {
    Some(BackfillRequest {
        id: request.id,
        days: DayRange::new(day(request.first_day)?, day(request.last_day)?)?,
        requested_at: timestamp(request.requested_at),
    })
}

/// An error's text as it is kept: short, and without what PostgreSQL's text cannot hold.
fn readable(text: &str) -> String {
    shortened(text)
}
