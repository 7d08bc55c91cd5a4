//! A page of objects, or a checkpoint without rows, in one statement (PostgreSQL), which is a transaction by itself: fence, rows
//! and checkpoint in one exchange with the server instead of five.
//!
//! Its steps look at the database as it was when the statement began, not when it passed the fence. That is the same here:
//! within the process there is one writer, and a worker that takes a connection over gets its epoch only after the last
//! commit of the one before.
//!
//! Not on SQLite: several statements in one run of its driver were tried, and saved three hundredths.

use jiff::Timestamp;
use rows::{Row, Table, checkpoint::Checkpoint, sink::Committed};
use sea_orm::{DbBackend, DbErr};

use super::{
    Scope,
    admit::Admitted,
    by_table, checkpoint,
    erased::{self, Erased},
};
use crate::{
    convert::seconds,
    dimension::EntityIds,
    fence, limits,
    tables::storage,
    transaction::{Bulk, Line},
    upsert::{Expectations, Outcome, outcome},
};

/// What came of trying.
pub enum SingleStatement {
    /// It is stored.
    Stored(Committed),
    /// The connection has a later epoch: nothing was written.
    Outdated,
    /// The usual way is needed, for all of it. New rows may be stored already, so many; the checkpoint is not.
    Unsuited(Option<(Table, u64)>),
}

const BACKEND: DbBackend = DbBackend::Postgres;

/// Stores a commit that is one page of objects, or nothing but a checkpoint.
pub async fn store(
    line: &mut Line,
    ids: &EntityIds,
    expectations: &mut Expectations,
    erased: &Erased,
    admitted: &Admitted,
    now: Timestamp,
) -> Result<SingleStatement, DbErr> {
    let commit = &admitted.commit;
    let (Some(checkpoint), Some(connection_id)) =
        (suited(line, admitted), ids.connection(&commit.connection))
    else {
        return Ok(SingleStatement::Unsuited(None));
    };
    // Where people are named, only as long as nobody was erased since we looked: the fence itself tells, since whoever erases
    // holds its row.
    let names_people = erased::concerns(commit);
    let erasures = erased.erasures(connection_id).filter(|_| names_people);
    if names_people && erasures.is_none() {
        return Ok(SingleStatement::Unsuited(None));
    }
    let screened = erased.screen(connection_id, commit)?;
    let commit = &*screened;
    let mut committed = Committed::default();
    let tables = by_table(&commit.rows, &mut committed.duplicates);
    let mut bulk = Bulk::new(BACKEND, "WITH gate AS (");
    let (name, epoch) = (bulk.mark(commit.connection.as_str())?, bulk.mark(commit.epoch)?);
    let condition = match erasures {
        Some(erasures) => format!("{epoch} AND erasures = {}", bulk.mark(erasures)?),
        None => epoch,
    };
    bulk = bulk.text(&fence::gate(BACKEND, &name, &condition)).text("), ");
    let (mut done, mut counts) = ("true".to_owned(), ["0::bigint"; 2]);
    for (table, rows) in &tables {
        let expect = expectations.of(connection_id, *table);
        let scope =
            Scope { connection_id, commit, keyring: None, observed_at: seconds(now), expect, file_id: None };
        let Some(steps_of) = storage(*table).steps else { return Ok(SingleStatement::Unsuited(None)) };
        let steps = steps_of(bulk, "gate", &scope, rows)?;
        (done, counts) = (steps.done, [steps.written, steps.restated]);
        bulk = steps.bulk.text(", ");
    }
    let noted = checkpoint::insertion(&mut bulk, commit, checkpoint, "gate", &done)?;
    let [written, restated] = counts;
    bulk = bulk.text(&format!(
        "noted AS ({noted} RETURNING 1) SELECT EXISTS (SELECT FROM gate) AS entered, \
         EXISTS (SELECT FROM noted) AS noted, {written} AS written, {restated} AS restated"
    ));
    let answers = line.query_alone(bulk).await?;
    let answer =
        answers.first().ok_or_else(|| DbErr::RecordNotFound("a commit without an answer".to_owned()))?;
    if !answer.try_get::<bool>("", "entered")? {
        // Of two reasons the usual way finds out which.
        return Ok(if erasures.is_some() {
            SingleStatement::Unsuited(None)
        } else {
            SingleStatement::Outdated
        });
    }
    let outcome: Outcome = outcome(answer)?;
    if !answer.try_get::<bool>("", "noted")? {
        return Ok(SingleStatement::Unsuited(
            tables.into_keys().next().map(|table| (table, outcome.written)),
        ));
    }
    for (table, rows) in tables {
        expectations.learn(connection_id, table, rows.len(), outcome);
        committed.restated = outcome.restated;
        if outcome.written > 0 {
            committed.written.push((table, outcome.written));
        }
    }
    Ok(SingleStatement::Stored(committed))
}

/// The checkpoint of a commit that can go this way: with nothing but the rows of one table of objects.
fn suited<'a>(line: &Line, admitted: &'a Admitted) -> Option<&'a Checkpoint> {
    let Admitted { commit, long_keys, .. } = admitted;
    let nothing_else = long_keys.is_empty()
        && commit.tombstones.is_empty()
        && commit.quarantined.is_empty()
        && commit.changes.is_empty()
        && commit.vanish.is_none();
    let table = commit.rows.first().map(Row::table);
    let one_of_objects = table.is_none_or(|table| storage(table).steps.is_some());
    let suits = line.backend() == BACKEND
        && nothing_else
        && one_of_objects
        && commit.rows.len() <= limits::POSTGRES_STATEMENT_ROWS_MAX
        && commit.rows.iter().all(|row| Some(row.table()) == table);
    commit.checkpoint.as_ref().filter(|_| suits)
}
