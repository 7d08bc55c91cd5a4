//! Taking a connection, and forgetting an account.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use jiff::Timestamp;
use rows::{
    Table,
    checkpoint::Checkpoint,
    sink::{Change, ConnectionRecord, Registration, SinkError},
    state::State,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder,
};

use crate::{
    Store,
    commit::changes,
    convert::{timestamp, utc},
    entity::{checkpoint, connection},
    error::sink_error,
    fence,
    sql::Sql,
    tables::{Entities, storage},
    workers::is_mine,
};

impl Store {
    /// Takes the connection: raises its epoch, and gives its memory.
    pub(crate) async fn register_connection(
        &self,
        record: ConnectionRecord,
    ) -> Result<Registration, SinkError> {
        let instance = self.claim.lock().await.as_ref().map(|claim| claim.identity.instance.clone());
        let tx = self.pools.begin().await.map_err(|error| sink_error(&error))?;
        if let Some(instance) = instance {
            let mine = is_mine(&tx, &instance).await.map_err(|error| sink_error(&error))?;
            mine.map_err(|holder| SinkError::Held { connection: record.name.clone(), holder })?;
        }
        let registration = register(&tx, &record).await;
        let mut registration = match registration {
            Ok(registration) => registration?,
            Err(error) => return Err(sink_error(&error)),
        };
        let withheld = self.withheld_in(&tx, &record.name).await;
        registration.withheld = withheld.map_err(|error| sink_error(&error))?;
        // Another worker may have had it in between. Said while the row lock is held, as in `forget_account`.
        self.ids_stale.store(true, Ordering::Release);
        tx.commit().await.map_err(|error| sink_error(&error))?;
        Ok(registration)
    }

    /// Deletes an account's facts, entities, objects and checkpoints.
    pub(crate) async fn forget_account(
        &self,
        connection: &str,
        epoch: i64,
        account_id: &str,
        changes: &[Change],
    ) -> Result<(), SinkError> {
        let tx = self.pools.begin().await.map_err(|error| sink_error(&error))?;
        let found = forget(&tx, connection, epoch, account_id, changes, self.clock.0.now()).await;
        if !found.map_err(|error| sink_error(&error))? {
            return Err(SinkError::Outdated(connection.to_owned()));
        }
        self.ids_stale.store(true, Ordering::Release);
        tx.commit().await.map_err(|error| sink_error(&error))?;
        Ok(())
    }
}

async fn register(
    tx: &DatabaseTransaction,
    record: &ConnectionRecord,
) -> Result<Result<Registration, SinkError>, DbErr> {
    let before = connection::Entity::find().filter(connection::Column::Name.eq(&record.name)).one(tx).await?;
    let once_since = record.once_since.map(|asked| {
        let killed = before.as_ref().and_then(|before| before.once_since).map(timestamp);
        let kept = |began: &Timestamp| {
            *began <= asked && asked.duration_since(*began) <= rows::sink::SINGLE_RUN_KEPT
        };
        killed.filter(kept).unwrap_or(asked)
    });
    let last_success_at = before.as_ref().and_then(|before| before.last_success_at).map(timestamp);
    let returned = before.as_ref().is_some_and(|before| before.removed);
    if let Some(before) = before
        && before.integration != record.integration
    {
        let read = checkpoint::Entity::find()
            .filter(checkpoint::Column::ConnectionId.eq(before.id))
            .count(tx)
            .await?;
        if read > 0 {
            return Ok(Err(SinkError::Refused(format!(
                "connection {:?} holds data of {}, and is now configured for {}: give the new one another name",
                record.name, before.integration, record.integration
            ))));
        }
    }
    let statement = Sql::new(
        tx.get_database_backend(),
        "INSERT INTO connections AS c (name, integration, tenant, epoch, state, paused, removed, once_since) VALUES (",
    )
    .bind(record.name.as_str())
    .text(", ")
    .bind(record.integration.as_str())
    .text(", ")
    .bind(record.tenant.as_str())
    .text(", 1, ")
    .bind(State::Starting.as_str())
    .text(
        ", false, false, ",
    )
    .bind(once_since.map(utc))
    .text(
        ") ON CONFLICT (name) DO UPDATE SET integration = excluded.integration, \
         tenant = excluded.tenant, epoch = c.epoch + 1, state = excluded.state, removed = false, removed_at = NULL, \
         once_since = excluded.once_since RETURNING id, epoch, paused",
    )
    .done();
    let Some(row) = tx.query_one_raw(statement).await? else {
        return Err(DbErr::RecordNotInserted);
    };
    let id: i64 = row.try_get("", "id")?;
    let stored = checkpoint::Entity::find()
        .filter(checkpoint::Column::ConnectionId.eq(id))
        .order_by_asc(checkpoint::Column::AccountId)
        .order_by_asc(checkpoint::Column::Stream)
        .all(tx)
        .await?;
    let checkpoints: Result<Vec<Checkpoint>, SinkError> = stored.iter().map(read_checkpoint).collect();
    let (epoch, paused) = (row.try_get("", "epoch")?, row.try_get("", "paused")?);
    Ok(checkpoints.map(|checkpoints| Registration {
        epoch,
        paused,
        withheld: None,
        last_success_at,
        returned,
        once_since,
        checkpoints,
    }))
}

fn read_checkpoint(stored: &checkpoint::Model) -> Result<Checkpoint, SinkError> {
    serde_json::from_str(&stored.memory).map_err(|error| {
        SinkError::Refused(format!(
            "the checkpoint of connection {:?}, account {:?}, stream {:?} cannot be read ({error}); it was written by \
             another version: run that one, or delete this row of table `ledger` to read the stream anew",
            stored.connection, stored.account_id, stored.stream
        ))
    })
}

/// Whether the epoch was right.
async fn forget(
    tx: &DatabaseTransaction,
    connection: &str,
    epoch: i64,
    account_id: &str,
    changes: &[Change],
    now: Timestamp,
) -> Result<bool, DbErr> {
    let backend = tx.get_database_backend();
    let Some(id) = fence::pass(tx, connection, epoch).await? else {
        return Ok(false);
    };
    changes::note(tx, connection, id, changes, now).await?;
    let here =
        |sql: Sql| sql.text(" WHERE connection_id = ").bind(id).text(" AND account_id = ").bind(account_id);
    // Files go with their rows, to be read anew. Who has files has no accounts, so that all of them are meant.
    let files = Sql::new(backend, "DELETE FROM report_files WHERE connection_id = ").bind(id);
    tx.execute_raw(files.done()).await?;
    // Facts by their entities; then entities, some of several tables, objects and checkpoints.
    let mut of_account = BTreeSet::from(["ledger"]);
    for table in Table::ALL {
        let stored = storage(*table);
        if let Some(Entities { table: entities, .. }) = stored.entities {
            let facts = format!("DELETE FROM {} WHERE entity_id IN (SELECT id FROM {entities}", stored.rows);
            tx.execute_raw(here(Sql::new(backend, &facts)).text(")").done()).await?;
            of_account.insert(entities);
        } else if table.is_keyed_by("account_id") {
            of_account.insert(stored.rows);
        }
    }
    for table in of_account {
        let delete = Sql::new(backend, &format!("DELETE FROM {table}"));
        tx.execute_raw(here(delete).done()).await?;
    }
    Ok(true)
}
