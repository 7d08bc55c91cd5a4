//! A stream's memory, written through the fence: one statement for both.

use rows::{
    Day,
    checkpoint::{Checkpoint, Progress},
    day::{day_at, plus_days},
    sink::Commit,
};
use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::{
    convert::{chrono_day, shortened, utc},
    fence,
    transaction::{Bulk, Transaction},
};

/// Stores it; not where the commit's epoch is outdated.
pub async fn write(tx: &Transaction<'_>, commit: &Commit, checkpoint: &Checkpoint) -> Result<bool, DbErr> {
    let backend = tx.get_database_backend();
    let mut bulk = Bulk::new(backend, "");
    let gate = fence::gate(backend, &bulk.mark(commit.connection.as_str())?, &bulk.mark(commit.epoch)?);
    let text = insertion(&mut bulk, commit, checkpoint, &format!("({gate})"), "true")?;
    Ok(tx.execute_bulk(bulk.text(&text)).await? > 0)
}

/// The statement that stores it for the connection whose `id` the query `gate` gives, if `condition` holds. Its values are
/// bound to `bulk`.
pub fn insertion(
    bulk: &mut Bulk,
    commit: &Commit,
    checkpoint: &Checkpoint,
    gate: &str,
    condition: &str,
) -> Result<String, DbErr> {
    let settled_through = commit.settled_through.or_else(|| read_through(checkpoint));
    let memory = serde_json::to_string(checkpoint).map_err(|error| DbErr::Json(error.to_string()))?;
    let columns: [(&str, Value); 9] = [
        ("account_id", checkpoint.account_id.as_str().into()),
        ("stream", checkpoint.stream.as_str().into()),
        ("connection", commit.connection.as_str().into()),
        ("time_zone", checkpoint.time_zone.as_str().into()),
        ("currency", checkpoint.currency.map(String::from).into()),
        ("data_through", checkpoint.data_through().map(utc).into()),
        ("settled_through", settled_through.map(chrono_day).into()),
        ("forbidden", checkpoint.forbidden.as_ref().map(|forbidden| shortened(&forbidden.advice)).into()),
        ("memory", memory.into()),
    ];
    let overwritten: Vec<String> =
        columns[2..].iter().map(|(name, _)| format!("{name} = excluded.{name}")).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    let marks: Result<Vec<String>, DbErr> = columns.into_iter().map(|(_, value)| bulk.mark(value)).collect();
    // Without WHERE, SQLite would take ON for a join's.
    Ok(format!(
        "INSERT INTO ledger (connection_id, {names}) SELECT c.id, {} FROM {gate} AS c WHERE {condition} \
         ON CONFLICT (connection_id, account_id, stream) DO UPDATE SET {}",
        marks?.join(", "),
        overwritten.join(", ")
    ))
}

/// The last day whose rows are final. Of sets: the last one that was over when it was last read, because no later reading of
/// that day can come. Of files: the last one that a file speaks of. Nothing for other kinds of stream.
fn read_through(checkpoint: &Checkpoint) -> Option<Day> {
    match &checkpoint.progress {
        Progress::Snapshot(snapshot) => Some(plus_days(day_at(snapshot.read_at?, &checkpoint.zone()?), -1)),
        Progress::Files(files) => files.last_day,
        Progress::Days(_) | Progress::Feed(_) => None,
    }
}
