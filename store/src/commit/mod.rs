//! One commit of the engine, applied inside a transaction.

pub mod admit;
pub mod ads;
pub mod changes;
mod checkpoint;
mod content;
pub mod daily;
pub mod erased;
mod links;
mod music;
mod narrow;
pub mod objects;
pub mod profiles;
mod quarantine;
mod revenue;
mod royalties;
pub mod single_statement;
mod tombstones;
mod vanish;
mod web;

use std::{borrow::Cow, collections::BTreeMap};

use foldhash::{HashMap, HashMapExt};
use jiff::Timestamp;
use rows::{
    Row, Table,
    checkpoint::Checkpoint,
    sink::{Commit, Committed, SinkError},
};
use sea_orm::DbErr;

use self::{admit::Admitted, erased::Erased, narrow::Narrowing};
use crate::{
    cipher::Keyring,
    convert::seconds,
    dimension::EntityIds,
    fence, limits, long_keys,
    tables::storage,
    transaction::Transaction,
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
    /// The report file that the rows came from.
    pub file_id: Option<i64>,
}

/// How a commit is written.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// What personal columns are sealed with.
    pub keyring: Option<&'a Keyring>,
    /// Now.
    pub now: Timestamp,
    /// The database has refused it: the rows that it refuses are looked for.
    pub narrowing: bool,
}

/// Refuses what can never be stored, before anything is written.
pub fn check(commit: &Commit) -> Result<(), SinkError> {
    let account_id = &commit.account_id;
    if account_id.len() > limits::KEY_PLAIN_BYTES_MAX || account_id.contains('\0') {
        return Err(SinkError::Refused(format!(
            "an account's id has at most {} bytes and no U+0000, and this one has {} bytes: leave the account out",
            limits::KEY_PLAIN_BYTES_MAX,
            account_id.len()
        )));
    }
    commit.check()?;
    match &commit.checkpoint {
        Some(checkpoint)
            if checkpoint.stream != commit.stream || checkpoint.account_id != commit.account_id =>
        {
            Err(SinkError::Refused(format!(
                "the checkpoint of stream {:?}, account {:?} came with rows of stream {:?}, account {:?}",
                checkpoint.stream, checkpoint.account_id, commit.stream, commit.account_id
            )))
        }
        _ => Ok(()),
    }
}

/// Writes one commit. Nothing when the connection has a later epoch: then nothing was written. With `narrowing`, rows that
/// the database refuses are set aside.
pub async fn apply(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    expectations: &mut Expectations,
    erased: &mut Erased,
    admitted: &Admitted,
    Circumstances { keyring, now, narrowing }: Circumstances<'_>,
) -> Result<Option<Committed>, DbErr> {
    let commit = &admitted.commit;
    // What vanished decides whether the checkpoint may be written: then it comes last.
    let checkpoint = commit.checkpoint.as_ref();
    let checkpoint_first = checkpoint.filter(|_| commit.vanish.is_none());
    let Some(connection_id) = enter(tx, ids, commit, checkpoint_first).await? else {
        return Ok(None);
    };
    let screened = if erased::concerns(commit) {
        erased.refresh(tx, connection_id).await?;
        erased.screen(connection_id, commit)?
    } else {
        Cow::Borrowed(commit)
    };
    let commit = &*screened;
    let scope = Scope {
        connection_id,
        commit,
        keyring,
        observed_at: seconds(now),
        expect: Expect::default(),
        file_id: None,
    };
    let noted = changes::note(tx, &commit.connection, connection_id, &commit.changes, now).await?;
    let mut committed =
        Committed { set_aside: admitted.set_aside.clone(), changes: noted, ..Committed::default() };
    let mut narrowed = Narrowing::new();
    long_keys::write(tx, &admitted.long_keys).await?;
    for (table, rows) in by_table(&commit.rows, &mut committed.duplicates) {
        let scope = Scope { expect: expectations.of(connection_id, table), ..scope };
        let outcome = if narrowing {
            let refused_before = narrowed.refused.len();
            // On the heap: it is seldom needed, and as large as everything else here.
            let outcome = Box::pin(narrowed.write(tx, ids, &scope, table, &rows)).await?;
            if narrowed.refused.len() > refused_before {
                expectations.note_refused(connection_id, table);
            }
            outcome
        } else {
            (storage(table).write)(tx, ids, &scope, &rows).await?
        };
        expectations.learn(connection_id, table, rows.len(), outcome);
        committed.restated += outcome.restated;
        if outcome.written > 0 {
            committed.written.push((table, outcome.written));
        }
    }
    committed.vanished += tombstones::apply(tx, &scope).await?;
    if let Some(vanish) = &commit.vanish {
        let is_all_stored = |table| expectations.is_all_stored(connection_id, table);
        match vanish::apply(tx, &scope, vanish, is_all_stored).await? {
            vanish::Vanished::Rows(rows) => committed.vanished += rows,
            vanish::Vanished::Shrunk(shrunk) => committed.shrunk = Some(shrunk),
        }
    }
    quarantine::note(tx, commit, &narrowed.refused, erased, now).await?;
    committed.set_aside.extend(narrowed.refused.iter().map(|refused| refused.reason));
    if let Some(checkpoint) = checkpoint.filter(|_| checkpoint_first.is_none() && committed.shrunk.is_none())
    {
        checkpoint::write(tx, commit, checkpoint).await?;
    }
    Ok(Some(committed))
}

/// Passes the fence, with the checkpoint where it is to be written first. The connection's number; nothing when its epoch is
/// outdated.
async fn enter(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    commit: &Commit,
    checkpoint: Option<&Checkpoint>,
) -> Result<Option<i64>, DbErr> {
    if let Some(checkpoint) = checkpoint
        && !checkpoint::write(tx, commit, checkpoint).await?
    {
        return Ok(None);
    }
    let known = ids.connection(&commit.connection).filter(|_| checkpoint.is_some());
    let id = match known {
        Some(id) => Some(id),
        None => fence::pass(tx, &commit.connection, commit.epoch).await?,
    };
    ids.refresh();
    if let Some(id) = id {
        ids.know_connection(&commit.connection, id);
    }
    Ok(id)
}

/// Rows by table; of several with one key the last, and the others are counted.
pub fn by_table<'a>(rows: &'a [Row], duplicates: &mut u64) -> BTreeMap<Table, Vec<&'a Row>> {
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
