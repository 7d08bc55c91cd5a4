//! By which name a database is known where several share something: a key store that has the last line of each one's audit log,
//! an erasure journal that has the erasures of all.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

/// One row, made here.
const TABLE: &str = "CREATE TABLE database_identity (
        one smallint NOT NULL PRIMARY KEY CHECK (one = 1),
        id text NOT NULL
    )";

/// Whether anything was stored before there were identities. Then a last line that the key store has of nobody may be this database's.
const IN_USE: &str = "EXISTS (SELECT 1 FROM connections) OR EXISTS (SELECT 1 FROM tenants) OR EXISTS (SELECT 1 FROM users) \
     OR EXISTS (SELECT 1 FROM audit_log) OR EXISTS (SELECT 1 FROM tombstones) OR EXISTS (SELECT 1 FROM journal_marks)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (random, first) = match manager.get_database_backend() {
            DbBackend::Postgres => ("replace(gen_random_uuid()::text, '-', '')", "encode(mac, 'hex')"),
            _ => ("lower(hex(randomblob(16)))", "lower(hex(mac))"),
        };
        // A backup from before this step that is restored later is the same database: of a log, the first line's digest is as good
        // as a random number, and comes out the same again.
        let insert = format!(
            "INSERT INTO database_identity (one, id) SELECT 1, \
             CASE WHEN {IN_USE} THEN 'older-' ELSE '' END || \
             COALESCE((SELECT substr({first}, 1, 32) FROM audit_log ORDER BY seq LIMIT 1), {random})"
        );
        sql::run(manager, &[TABLE, &insert]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop(manager, &[], &["database_identity"]).await
    }
}
