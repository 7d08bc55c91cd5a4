//! One commit of the engine, applied inside a transaction.

mod facts;
mod music;
mod objects;
pub mod profiles;
mod quarantine;
mod tombstones;
mod vanish;
mod web;

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};
use jiff::Timestamp;
use rows::{
    Day, Row, Table,
    day::{day_at, plus_days},
    ledger::{Ledger, Progress},
    sink::{Commit, Committed, SinkError},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, Set, sea_query::OnConflict};

use crate::{
    cipher::Keyring,
    convert::{chrono_day, seconds, utc},
    dimension::EntityIds,
    entity,
    sql::Sql,
    upsert::{Expect, Expectations},
};

/// Whose rows are written, and when.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The connection's number.
    pub connection_id: i64,
    /// What is committed.
    pub commit: &'a Commit,
    /// What personal columns are sealed with.
    pub keyring: Option<&'a Keyring>,
    /// Seconds since 1970: the `observed_at` of what changes.
    pub observed_at: i64,
    /// How most rows of the table in hand are likely to compare with what is stored.
    pub expect: Expect,
}

/// Refuses what can never be stored, before anything is written.
pub fn check(commit: &Commit) -> Result<(), SinkError> {
    tombstones::check(commit)?;
    vanish::check(commit)?;
    match &commit.ledger {
        Some(ledger) if ledger.stream != commit.stream || ledger.account_id != commit.account_id => {
            Err(SinkError::Refused(format!(
                "the ledger of stream {:?}, account {:?} came with rows of stream {:?}, account {:?}",
                ledger.stream, ledger.account_id, commit.stream, commit.account_id
            )))
        }
        _ => Ok(()),
    }
}

/// Writes one commit. Nothing when the connection has a later epoch: then nothing was written.
pub async fn apply(
    tx: &DatabaseTransaction,
    ids: &mut EntityIds,
    expectations: &mut Expectations,
    commit: &Commit,
    keyring: Option<&Keyring>,
    now: Timestamp,
) -> Result<Option<Committed>, DbErr> {
    let Some(connection_id) = enter(tx, ids, commit, now).await? else {
        return Ok(None);
    };
    let scope =
        Scope { connection_id, commit, keyring, observed_at: seconds(now), expect: Expect::default() };
    let mut committed = Committed::default();
    for (table, rows) in by_table(&commit.rows, &mut committed.duplicates) {
        let scope = Scope { expect: expectations.of(connection_id, table), ..scope };
        let outcome = match table {
            Table::AdPerformanceDaily => facts::performance(tx, ids, &scope, &rows).await?,
            Table::AdCountryDaily => facts::country(tx, ids, &scope, &rows).await?,
            Table::SubscriptionMrrDaily => facts::revenue(tx, ids, &scope, &rows).await?,
            Table::WebAnalyticsDaily => web::analytics(tx, ids, &scope, &rows).await?,
            Table::WebConversionsDaily => web::conversions(tx, ids, &scope, &rows).await?,
            Table::TrackPerformanceDaily => music::performance(tx, ids, &scope, &rows).await?,
            Table::ArtistAudienceDaily => music::audience(tx, ids, &scope, &rows).await?,
            Table::CounterReadingsDaily => music::readings(tx, ids, &scope, &rows).await?,
            Table::PlaylistPlacements => music::placements(tx, ids, &scope, &rows).await?,
            Table::BillingProfiles => profiles::write(tx, &scope, &rows).await?,
            _ => objects::write(tx, &scope, table, &rows).await?,
        };
        expectations.learn(connection_id, table, rows.len(), outcome);
        committed.restated += outcome.restated;
        if outcome.written > 0 {
            committed.written.push((table, outcome.written));
        }
    }
    committed.vanished += tombstones::apply(tx, &scope).await?;
    if let Some(vanish) = &commit.vanish {
        match vanish::apply(tx, &scope, vanish).await? {
            vanish::Vanished::Rows(rows) => committed.vanished += rows,
            vanish::Vanished::Shrunk(shrunk) => committed.shrunk = Some(shrunk),
        }
    }
    quarantine::note(tx, commit, now).await?;
    if committed.shrunk.is_none() {
        note_ledger(tx, &scope).await?;
    }
    Ok(Some(committed))
}

/// The fence: only the worker with the current epoch gets in. Also takes the connection's row lock.
async fn enter(
    tx: &DatabaseTransaction,
    ids: &mut EntityIds,
    commit: &Commit,
    now: Timestamp,
) -> Result<Option<i64>, DbErr> {
    let backend = tx.get_database_backend();
    let fence = Sql::new(backend, "UPDATE connections SET committed_at = ")
        .bind(utc(now))
        .text(" WHERE name = ")
        .bind(commit.connection.as_str())
        .text(" AND epoch = ")
        .bind(commit.epoch)
        .done();
    if tx.execute_raw(fence).await?.rows_affected() == 0 {
        return Ok(None);
    }
    ids.refresh();
    // Remembered, because RETURNING makes SQLite set up a table for its answer, page by page.
    if let Some(id) = ids.connection(&commit.connection) {
        return Ok(Some(id));
    }
    let wanted =
        Sql::new(backend, "SELECT id FROM connections WHERE name = ").bind(commit.connection.as_str());
    let Some(row) = tx.query_one_raw(wanted.done()).await? else {
        return Ok(None);
    };
    let id = row.try_get("", "id")?;
    ids.know_connection(&commit.connection, id);
    Ok(Some(id))
}

/// Rows by table; of several with one key the last, and the others are counted.
fn by_table<'a>(rows: &'a [Row], duplicates: &mut u64) -> BTreeMap<Table, Vec<&'a Row>> {
    let mut places = HashMap::with_capacity(rows.len());
    let mut tables: BTreeMap<Table, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let table = tables.entry(row.table()).or_default();
        let place = *places.entry((row.table(), row.entity(), row.day())).or_insert(table.len());
        if let Some(earlier) = table.get_mut(place) {
            *earlier = row;
            *duplicates += 1;
        } else {
            table.push(row);
        }
    }
    tables
}

/// Stores the stream's memory, if it came and differs.
async fn note_ledger(tx: &DatabaseTransaction, scope: &Scope<'_>) -> Result<(), DbErr> {
    use entity::ledger::{ActiveModel, Column, Entity};
    let Some(ledger) = &scope.commit.ledger else {
        return Ok(());
    };
    let settled_through = scope.commit.settled_through.or_else(|| read_through(ledger));
    let memory = serde_json::to_string(ledger).map_err(|error| DbErr::Json(error.to_string()))?;
    let model = ActiveModel {
        connection_id: Set(scope.connection_id),
        account_id: Set(ledger.account_id.clone()),
        stream: Set(ledger.stream.clone()),
        connection: Set(scope.commit.connection.clone()),
        time_zone: Set(ledger.time_zone.clone()),
        currency: Set(ledger.currency.map(String::from)),
        data_through: Set(ledger.data_through().map(utc)),
        settled_through: Set(settled_through.map(chrono_day)),
        forbidden: Set(ledger.forbidden.as_ref().map(|forbidden| forbidden.advice.clone())),
        memory: Set(memory),
    };
    let overwrite = OnConflict::columns([Column::ConnectionId, Column::AccountId, Column::Stream])
        .update_columns([
            Column::Connection,
            Column::TimeZone,
            Column::Currency,
            Column::DataThrough,
            Column::SettledThrough,
            Column::Forbidden,
            Column::Memory,
        ])
        .to_owned();
    Entity::insert(model).on_conflict(overwrite).exec_without_returning(tx).await?;
    Ok(())
}

/// The last day that was over when a set was last read: no later reading of that day can come, so that its rows are
/// final. Nothing for other kinds of stream.
fn read_through(ledger: &Ledger) -> Option<Day> {
    let Progress::Snapshot(snapshot) = &ledger.progress else {
        return None;
    };
    Some(plus_days(day_at(snapshot.read_at?, &ledger.zone()), -1))
}
