//! Lines that nobody sees go, a bounded number at a time: others commit in between.

use std::sync::atomic::Ordering;

use rows::sink::SinkError;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value, prelude::Date};

use crate::{Store, error::sink_error, fence, limits::SWEPT_LINES_MAX, sql::Sql};

/// The key of lines, within a statement, in the order of the index.
const KEY: &str = "service, store, track_id, country, period_start, period_end, kind, currency";

/// What one step did.
struct Step {
    deleted: u64,
    /// Nothing is left.
    done: bool,
}

impl Store {
    pub(super) async fn sweep(&self, connection: &str, epoch: i64) -> Result<u64, SinkError> {
        let mut deleted = 0;
        // Looking takes no lock; mostly there is nothing.
        while leftover(&self.pools.read, connection).await.map_err(|error| sink_error(&error))?.is_some() {
            let tx = self.pools.begin().await.map_err(|error| sink_error(&error))?;
            if fence::pass(&tx, connection, epoch).await.map_err(|error| sink_error(&error))?.is_none() {
                return Err(SinkError::Outdated(connection.to_owned()));
            }
            let step = self.step(&tx, connection).await.map_err(|error| sink_error(&error))?;
            tx.commit().await.map_err(|error| sink_error(&error))?;
            deleted += step.deleted;
            if step.done {
                break;
            }
        }
        Ok(deleted)
    }

    async fn step(&self, tx: &DatabaseTransaction, connection: &str) -> Result<Step, DbErr> {
        let Some(entity) = leftover(tx, connection).await? else {
            return Ok(Step { deleted: 0, done: true });
        };
        let backend = tx.get_database_backend();
        let last = Sql::new(backend, &format!("SELECT {KEY} FROM royalty_statement_rows WHERE entity_id = "))
            .bind(entity)
            .text(&format!(" ORDER BY {KEY} LIMIT 1 OFFSET {SWEPT_LINES_MAX}"))
            .done();
        let mut delete =
            Sql::new(backend, "DELETE FROM royalty_statement_rows WHERE entity_id = ").bind(entity);
        let rest = tx.query_one_raw(last).await?;
        if let Some(last) = &rest {
            delete = delete.text(&format!(" AND ({KEY}) < ("));
            for (number, value) in key(last)?.into_iter().enumerate() {
                delete = delete.text(if number > 0 { ", " } else { "" }).bind(value);
            }
            delete = delete.text(")");
        }
        let deleted = tx.execute_raw(delete.done()).await?.rows_affected();
        if rest.is_none() {
            let entity = Sql::new(backend, "DELETE FROM royalty_statement_entities WHERE id = ").bind(entity);
            tx.execute_raw(entity.done()).await?;
            // The writer must not use its number again. Said while the row lock is held, as in `forget_account`.
            self.ids_stale.store(true, Ordering::Release);
        }
        Ok(Step { deleted, done: false })
    }
}

/// A statement with lines whose file is not loaded.
async fn leftover(database: &impl ConnectionTrait, connection: &str) -> Result<Option<i64>, DbErr> {
    let statement = Sql::new(
        database.get_database_backend(),
        "SELECT e.id FROM connections c JOIN royalty_statement_entities e ON e.connection_id = c.id \
         LEFT JOIN report_files r ON r.connection_id = e.connection_id AND r.sha256 = e.statement \
         WHERE (r.state IS NULL OR r.state <> 'loaded') AND c.name = ",
    )
    .bind(connection)
    .text(" ORDER BY e.id LIMIT 1")
    .done();
    database.query_one_raw(statement).await?.map(|row| row.try_get("", "id")).transpose()
}

fn key(row: &QueryResult) -> Result<Vec<Value>, DbErr> {
    let column = |name: &str| -> Result<Value, DbErr> {
        if name.starts_with("period") {
            return Ok(row.try_get::<Date>("", name)?.into());
        }
        Ok(row.try_get::<String>("", name)?.into())
    };
    KEY.split(", ").map(column).collect()
}
