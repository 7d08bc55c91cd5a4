//! Who did what to people's data, whom nothing may bring back, and what may not be deleted yet.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 4] = [
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
    // How much of a journal that is elsewhere this database has followed: the number of its last line, and its digest. A database
    // that was restored from a backup is behind.
    "CREATE TABLE journal_marks (
        journal text NOT NULL PRIMARY KEY,
        seq bigint NOT NULL,
        mac text NOT NULL
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

const REST: [&str; 3] = [
    "CREATE INDEX legal_holds_by_user ON legal_holds (user_id)",
    // Raised by each erasure, with the row locked, so that whatever is stored behind the fence notices it.
    "ALTER TABLE connections ADD COLUMN erasures bigint NOT NULL DEFAULT 0",
    // Since when a connection is not configured any more: some providers want its data deleted after that.
    "ALTER TABLE connections ADD COLUMN removed_at @timestamp",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &TABLES).await?;
        sql::run(manager, &REST).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["removed_at", "erasures"] {
            sql::run(manager, &[&format!("ALTER TABLE connections DROP COLUMN {column}")]).await?;
        }
        sql::drop(manager, &[], &["legal_holds", "journal_marks", "tombstones", "audit_log"]).await
    }
}
