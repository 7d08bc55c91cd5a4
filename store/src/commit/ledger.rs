//! A stream's memory, written through the fence: no statement of its own for each.

use rows::{
    Day,
    day::{day_at, plus_days},
    ledger::{Ledger, Progress},
    sink::Commit,
};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    convert::{chrono_day, utc},
    fence,
    sql::Sql,
    transaction::Transaction,
};

/// Stores it; not where the commit's epoch is outdated.
pub async fn write(tx: &Transaction<'_>, commit: &Commit, ledger: &Ledger) -> Result<bool, DbErr> {
    let backend = tx.get_database_backend();
    let settled_through = commit.settled_through.or_else(|| read_through(ledger));
    let memory = serde_json::to_string(ledger).map_err(|error| DbErr::Json(error.to_string()))?;
    let values = Sql::new(
        backend,
        "INSERT INTO ledger (connection_id, account_id, stream, connection, time_zone, currency, data_through, \
         settled_through, forbidden, memory) SELECT c.id, ",
    )
    .bind(ledger.account_id.as_str())
    .text(", ")
    .bind(ledger.stream.as_str())
    .text(", ")
    .bind(commit.connection.as_str())
    .text(", ")
    .bind(ledger.time_zone.as_str())
    .text(", ")
    .bind(ledger.currency.map(String::from))
    .text(", ")
    .bind(ledger.data_through().map(utc))
    .text(", ")
    .bind(settled_through.map(chrono_day))
    .text(", ")
    .bind(ledger.forbidden.as_ref().map(|forbidden| forbidden.advice.clone()))
    .text(", ")
    .bind(memory)
    .text(" FROM (");
    // SQLite would take ON for a join's, were there no WHERE.
    let statement = fence::gate(values, backend, &commit.connection, commit.epoch).text(
        ") AS c WHERE true ON CONFLICT (connection_id, account_id, stream) DO UPDATE SET \
         connection = excluded.connection, time_zone = excluded.time_zone, currency = excluded.currency, \
         data_through = excluded.data_through, settled_through = excluded.settled_through, \
         forbidden = excluded.forbidden, memory = excluded.memory",
    );
    Ok(tx.execute_raw(statement.done()).await?.rows_affected() > 0)
}

/// The last day that was over when a set was last read: no later reading of that day can come, so that its rows are
/// final. Nothing for other kinds of stream.
fn read_through(ledger: &Ledger) -> Option<Day> {
    let Progress::Snapshot(snapshot) = &ledger.progress else {
        return None;
    };
    Some(plus_days(day_at(snapshot.read_at?, &ledger.zone()), -1))
}
