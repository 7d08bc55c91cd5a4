//! What changed and should be seen: a code that leads to another object, an account's zone or currency.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const CHANGES: &str = "CREATE TABLE changes (
    connection text NOT NULL,
    at @timestamp NOT NULL,
    kind text NOT NULL,
    entity text NOT NULL,
    id text NOT NULL,
    before text,
    after text,
    PRIMARY KEY (connection, at, kind, entity, id)
)";

/// By what it is about: what was noted last of it.
const BY_SUBJECT: &str = "CREATE INDEX changes_by_subject ON changes (connection, kind, entity, id, at)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &[CHANGES, BY_SUBJECT]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop(manager, &[], &["changes"]).await
    }
}
