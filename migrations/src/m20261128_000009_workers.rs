//! Which worker has the database, and why a request for days ended before they were read.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: [&str; 2] = [
    "CREATE TABLE workers (
        instance text NOT NULL PRIMARY KEY,
        name text NOT NULL,
        kind text NOT NULL,
        host text NOT NULL,
        process_id bigint NOT NULL,
        version text NOT NULL,
        locked boolean NOT NULL,
        started_at @timestamp NOT NULL,
        heartbeat_at @timestamp NOT NULL,
        ended_at @timestamp,
        ending text
    )",
    "ALTER TABLE backfills ADD COLUMN reason text",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &STATEMENTS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["ALTER TABLE backfills DROP COLUMN reason", "DROP TABLE workers"]).await
    }
}
