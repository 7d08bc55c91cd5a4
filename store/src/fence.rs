//! The fence before every change of a connection's data: only the worker with its current epoch gets through, and holds the
//! connection's row lock until its transaction ends.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::sql::Sql;

/// The connection's number, where the epoch is the current one.
pub async fn pass(tx: &impl ConnectionTrait, connection: &str, epoch: i64) -> Result<Option<i64>, DbErr> {
    let backend = tx.get_database_backend();
    let statement = gate(Sql::new(backend, ""), backend, connection, epoch).done();
    tx.query_one_raw(statement).await?.map(|row| row.try_get("", "id")).transpose()
}

/// The same as a query, for a statement that is to change something only behind the fence. The lock: on SQLite a transaction
/// that writes has the whole database to itself from its beginning.
pub fn gate(sql: Sql, backend: DbBackend, connection: &str, epoch: i64) -> Sql {
    let lock = if backend == DbBackend::Postgres { " FOR NO KEY UPDATE" } else { "" };
    sql.text("SELECT id FROM connections WHERE name = ")
        .bind(connection)
        .text(" AND epoch = ")
        .bind(epoch)
        .text(lock)
}
