//! The fence before every change of a connection's data: only the worker with its current epoch gets through, and holds the
//! connection's row lock until its transaction ends.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The connection's number, where the epoch is the current one.
pub async fn pass(tx: &impl ConnectionTrait, connection: &str, epoch: i64) -> Result<Option<i64>, DbErr> {
    let backend = tx.get_database_backend();
    let values = [connection.into(), epoch.into()];
    let statement = Statement::from_sql_and_values(backend, gate(backend, "$1", "$2"), values);
    tx.query_one_raw(statement).await?.map(|row| row.try_get("", "id")).transpose()
}

/// The same as a query, for a statement that is to change something only behind the fence. On SQLite it needs no lock: a
/// transaction that writes has the whole database to itself from its beginning.
pub fn gate(backend: DbBackend, connection: &str, epoch: &str) -> String {
    let lock = if backend == DbBackend::Postgres { " FOR NO KEY UPDATE" } else { "" };
    format!("SELECT id FROM connections WHERE name = {connection} AND epoch = {epoch}{lock}")
}
