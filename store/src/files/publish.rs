//! The short transaction that shows a file and takes away those whose place it takes.
//!
//! What it holds is compared with what they hold before the transaction begins, because that may take seconds: the lines of a
//! loaded file never change, and those that are staged are written by this worker alone, or the fence stops it.

use rows::{
    Table,
    files::{FileFacts, FileRecord, FileState, Publication, Published},
    sink::{Commit, Committed, SinkError},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, prelude::Date, sea_query::Expr,
};

use crate::{
    Store,
    commit::{
        Scope,
        admit::{Admitted, admit},
        by_table,
    },
    convert::{seconds, shortened, utc},
    dimension::EntityIds,
    entity::report_file::{Column, Entity, Model},
    error::sink_error,
    fence, long_keys,
    sql::Sql,
    tables::storage,
    transaction::{Line, Transaction},
    upsert::Expect,
};

/// What is to be done, as it was found before the transaction.
struct Plan {
    /// The file.
    own: Model,
    /// Those whose place it takes.
    takes: Vec<(i64, FileRecord)>,
    /// A person said so: it need not hold all that they hold.
    accepted: bool,
    /// Why it waits instead.
    waits: Option<String>,
}

/// How the transaction ended.
enum End {
    Published(Published),
    Outdated,
    /// The consent on which the connection rests does not hold.
    Withheld(String),
    /// The files are not any more as they were found.
    Moved,
}

/// Daily rows that a file alone has.
struct Left {
    rows: u64,
    /// Where one of them is.
    example: String,
}

impl Store {
    pub(super) async fn publish(&self, publication: Publication) -> Result<Published, SinkError> {
        publication.check()?;
        let Publication { connection, integration, epoch, stream, account_id, facts, lines, rows } =
            publication;
        let commit = Commit { connection, integration, epoch, stream, account_id, rows, ..Commit::default() };
        let mut line = Line::new(self.pools.clone(), self.clock.0.clone());
        let admitted = admit(commit, line.backend());
        if let Some(reason) = admitted.set_aside.first() {
            return Err(SinkError::Refused(format!(
                "a row of it cannot be kept ({reason}): correct the file"
            )));
        }
        let plan = plan(&self.pools.read, &admitted.commit.connection, &facts, lines).await?;
        let end = self.transaction(&mut line, &admitted, &facts, &plan).await;
        match end.map_err(|error| sink_error(&error))? {
            End::Published(published) => Ok(published),
            End::Outdated => Err(SinkError::Outdated(admitted.commit.connection)),
            End::Withheld(reason) => Err(SinkError::Withheld(reason)),
            End::Moved => Err(SinkError::Unavailable(format!(
                "what was known of {} changed while it was published: it is published again",
                plan.own.name
            ))),
        }
    }

    async fn transaction(
        &self,
        line: &mut Line,
        admitted: &Admitted,
        facts: &FileFacts,
        plan: &Plan,
    ) -> Result<End, DbErr> {
        let Plan { own, takes, accepted, waits } = plan;
        let tx = line.begin().await?;
        let commit = &admitted.commit;
        let Some(connection_id) = fence::pass(&tx, &commit.connection, commit.epoch).await? else {
            return Ok(End::Outdated);
        };
        if let Some(reason) = self.withheld_in(&tx, &commit.connection).await? {
            return Ok(End::Withheld(reason));
        }
        if !is(&tx, own.id, FileState::Loading).await? {
            return Ok(End::Moved);
        }
        for (id, _) in takes {
            if !is(&tx, *id, FileState::Loaded).await? {
                return Ok(End::Moved);
            }
        }
        if let Some(reason) = waits {
            return wait(tx, own, reason.clone()).await;
        }
        tx.savepoint().await?;
        long_keys::write(&tx, &admitted.long_keys).await?;
        let observed_at = seconds(self.clock.0.now());
        let scope = Scope {
            connection_id,
            commit,
            keyring: None,
            observed_at,
            expect: Expect::default(),
            file_id: Some(own.id),
        };
        let mut committed = Committed::default();
        let mut ids = EntityIds::alone();
        for (table, rows) in by_table(&commit.rows, &mut committed.duplicates) {
            let outcome = (storage(table).write)(&tx, &mut ids, &scope, &rows).await?;
            committed.restated += outcome.restated;
            if outcome.written > 0 {
                committed.written.push((table, outcome.written));
            }
        }
        for (id, record) in takes {
            let left = left(&tx, *id).await?;
            if left.rows > 0 && !accepted {
                tx.rollback_to_savepoint().await?;
                return wait(tx, own, facts.lacks(record, left.rows, &left.example)).await;
            }
            committed.vanished += left.rows;
            delete(&tx, *id).await?;
            let superseded = Entity::update_many()
                .col_expr(Column::State, Expr::value(FileState::Superseded.as_str()))
                .col_expr(Column::SupersededBy, Expr::value(facts.sha256.as_str()))
                .filter(Column::Id.eq(*id));
            superseded.exec(&tx).await?;
        }
        let replaces = takes.first().map(|(_, record)| record.sha256.as_str());
        Entity::update_many()
            .col_expr(Column::State, Expr::value(FileState::Loaded.as_str()))
            .col_expr(Column::LoadedAt, Expr::value(utc(self.clock.0.now())))
            .col_expr(Column::Replaces, Expr::value(replaces))
            .filter(Column::Id.eq(own.id))
            .exec(&tx)
            .await?;
        tx.release_savepoint().await?;
        tx.commit().await?;
        let superseded = takes.iter().map(|(_, record)| record.sha256.clone()).collect();
        Ok(End::Published(Published::Loaded { committed, superseded }))
    }
}

/// What is to be done with a file whose lines are staged.
async fn plan(
    database: &impl ConnectionTrait,
    connection: &str,
    facts: &FileFacts,
    lines: u64,
) -> Result<Plan, SinkError> {
    let refused = |error: DbErr| sink_error(&error);
    let stored =
        Entity::find().filter(Column::Connection.eq(connection)).all(database).await.map_err(refused)?;
    let own =
        stored.iter().find(|file| file.sha256 == facts.sha256 && file.state == FileState::Loading.as_str());
    let Some(own) = own.cloned() else {
        return Err(SinkError::Refused(format!("file {} is not being loaded", facts.sha256)));
    };
    let staged = staged(database, &own).await.map_err(refused)?;
    if staged != lines {
        return Err(SinkError::Refused(format!(
            "{lines} lines were read, and {staged} are different from each other: this is a bug of layout {:?}",
            facts.layout
        )));
    }
    let accepted = own.decided_by.is_some();
    let ids: Vec<i64> = stored.iter().map(|file| file.id).collect();
    let known: Result<Vec<FileRecord>, DbErr> = stored.into_iter().map(Model::record).collect();
    let known = known.map_err(refused)?;
    let taken = match facts.takes_place_of(&known) {
        Ok(taken) => taken,
        Err(reason) => return Ok(Plan { own, takes: Vec::new(), accepted, waits: Some(reason) }),
    };
    let mut waits = None;
    if !accepted {
        for other in &taken {
            let (missing, example) = missing(database, &own, other).await.map_err(refused)?;
            if missing > 0 {
                waits = Some(facts.lacks(other, missing, &example));
                break;
            }
        }
    }
    let numbered = taken.into_iter().filter_map(|taken| {
        let place = known.iter().position(|file| file.sha256 == taken.sha256)?;
        Some((*ids.get(place)?, taken.clone()))
    });
    Ok(Plan { takes: numbered.collect(), own, accepted, waits })
}

async fn staged(database: &impl ConnectionTrait, own: &Model) -> Result<u64, DbErr> {
    let statement = Sql::new(
        database.get_database_backend(),
        "SELECT count(*) AS n FROM royalty_statement_entities e JOIN royalty_statement_rows f ON f.entity_id = e.id \
         WHERE e.connection_id = ",
    )
    .bind(own.connection_id)
    .text(" AND e.statement = ")
    .bind(own.sha256.as_str())
    .done();
    let row = database.query_one_raw(statement).await?;
    let count: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or_default())
}

/// How many lines of `other` speak of a (period, store, country, track) of which the new file has none, and a track of such.
async fn missing(
    database: &impl ConnectionTrait,
    own: &Model,
    other: &FileRecord,
) -> Result<(u64, String), DbErr> {
    let statement = Sql::new(
        database.get_database_backend(),
        "SELECT count(*) AS n, COALESCE(min(o.track_id), '') AS track_id FROM royalty_statement_entities e \
         JOIN royalty_statement_rows o ON o.entity_id = e.id WHERE e.connection_id = ",
    )
    .bind(own.connection_id)
    .text(" AND e.statement = ")
    .bind(other.sha256.as_str())
    .text(
        " AND NOT EXISTS (SELECT 1 FROM royalty_statement_entities i JOIN royalty_statement_rows n ON n.entity_id = i.id \
         WHERE i.connection_id = ",
    )
    .bind(own.connection_id)
    .text(" AND i.statement = ")
    .bind(own.sha256.as_str())
    .text(
        " AND n.service = o.service AND n.store = o.store AND n.track_id = o.track_id AND n.country = o.country \
         AND n.period_start = o.period_start AND n.period_end = o.period_end)",
    )
    .done();
    let Some(row) = database.query_one_raw(statement).await? else { return Ok((0, String::new())) };
    let count: i64 = row.try_get("", "n")?;
    Ok((u64::try_from(count).unwrap_or_default(), row.try_get("", "track_id")?))
}

async fn is(tx: &Transaction<'_>, id: i64, state: FileState) -> Result<bool, DbErr> {
    let file = Entity::find_by_id(id).all(tx).await?;
    Ok(file.iter().any(|file| file.state == state.as_str()))
}

/// It waits for a person; nothing else changed.
async fn wait(tx: Transaction<'_>, own: &Model, reason: String) -> Result<End, DbErr> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(FileState::Quarantined.as_str()))
        .col_expr(Column::Reason, Expr::value(shortened(&reason)))
        .col_expr(Column::DecidedBy, Expr::value(Option::<String>::None))
        .col_expr(Column::Replaces, Expr::value(Option::<String>::None))
        .filter(Column::Id.eq(own.id))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(End::Published(Published::Waits { reason }))
}

/// Where daily rows of files are.
fn filled() -> impl Iterator<Item = (Table, &'static str)> {
    let tables = Table::ALL.iter().filter(|table| table.is_filled_by_files());
    tables.map(|table| (*table, storage(*table).rows))
}

/// What the file still has, once another one has written its own rows.
async fn left(tx: &Transaction<'_>, file_id: i64) -> Result<Left, DbErr> {
    let mut left = Left { rows: 0, example: String::new() };
    for (table, facts) in filled() {
        let select = format!("SELECT count(*) AS n, min(date) AS date FROM {facts} WHERE file_id = ");
        let statement = Sql::new(tx.get_database_backend(), &select).bind(file_id).done();
        let Some(row) = tx.query_one_raw(statement).await? else { continue };
        let rows: i64 = row.try_get("", "n")?;
        if rows > 0 {
            let date: Option<Date> = row.try_get("", "date")?;
            left.rows += u64::try_from(rows).unwrap_or_default();
            left.example = format!("{} of {}", table.name(), date.unwrap_or_default());
        }
    }
    Ok(left)
}

async fn delete(tx: &Transaction<'_>, file_id: i64) -> Result<(), DbErr> {
    for (_, facts) in filled() {
        let delete = format!("DELETE FROM {facts} WHERE file_id = ");
        tx.execute_raw(Sql::new(tx.get_database_backend(), &delete).bind(file_id).done()).await?;
    }
    Ok(())
}
