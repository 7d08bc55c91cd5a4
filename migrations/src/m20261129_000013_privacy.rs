//! Who did what to people's data, whom nothing may bring back, and what may not be deleted yet.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 3] = [
    // Each line is sealed with the one before (`mac`), by a key that is not in this database.
    "CREATE TABLE audit_log (
        seq bigint NOT NULL PRIMARY KEY,
        at text NOT NULL,
        actor text NOT NULL,
        action text NOT NULL,
        tenant text,
        subject_hmac @blob,
        detail text NOT NULL,
        prev @blob NOT NULL,
        mac @blob NOT NULL
    )",
    // Keyed digests of what was erased: what a provider tells of them later is not stored.
    "CREATE TABLE tombstones (
        digest @blob NOT NULL PRIMARY KEY,
        erased_at @timestamp NOT NULL
    )",
    "CREATE TABLE legal_holds (
        id @identity,
        tenant text NOT NULL REFERENCES tenants (id),
        user_id text NOT NULL REFERENCES users (id),
        reason text NOT NULL,
        since @timestamp NOT NULL,
        released_at @timestamp
    )",
];

const INDEXES: [&str; 1] = ["CREATE INDEX legal_holds_by_user ON legal_holds (user_id)"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &TABLES).await?;
        sql::run(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop(manager, &[], &["legal_holds", "tombstones", "audit_log"]).await
    }
}
