//! The engine's own memory: connections, ledger, cycles, requests, budgets, quarantine, secrets.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 7] = [
    "CREATE TABLE connections (
        id @identity,
        name text NOT NULL UNIQUE,
        integration text NOT NULL,
        tenant text NOT NULL,
        epoch bigint NOT NULL,
        state text NOT NULL,
        last_success_at @timestamp,
        next_poll_at @timestamp,
        error text,
        paused boolean NOT NULL,
        poll_requested_at @timestamp,
        once_since @timestamp,
        removed boolean NOT NULL
    )",
    "CREATE TABLE ledger (
        connection_id bigint NOT NULL REFERENCES connections (id),
        account_id text NOT NULL,
        stream text NOT NULL,
        connection text NOT NULL,
        time_zone text NOT NULL,
        currency text,
        data_through @timestamp,
        settled_through @date,
        forbidden text,
        memory text NOT NULL,
        PRIMARY KEY (connection_id, account_id, stream)
    )",
    "CREATE TABLE cycles (
        id @identity,
        connection text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        outcome text NOT NULL,
        started_at @timestamp NOT NULL,
        finished_at @timestamp NOT NULL,
        pages bigint NOT NULL,
        rows_read bigint NOT NULL,
        error text
    )",
    "CREATE TABLE backfills (
        id @identity,
        connection text NOT NULL,
        first_day @date NOT NULL,
        last_day @date NOT NULL,
        requested_at @timestamp NOT NULL,
        days_left integer,
        finished_at @timestamp
    )",
    "CREATE TABLE quarantined_rows (
        id @identity,
        connection text NOT NULL,
        stream text NOT NULL,
        hash text NOT NULL,
        account_id text NOT NULL,
        reason text NOT NULL,
        detail text NOT NULL,
        place text NOT NULL,
        fields text NOT NULL,
        day @date,
        occurrences bigint NOT NULL,
        first_seen_at @timestamp NOT NULL,
        last_seen_at @timestamp NOT NULL,
        UNIQUE (connection, stream, hash)
    )",
    "CREATE TABLE quota_budgets (
        owner text NOT NULL,
        scope text NOT NULL,
        day @date NOT NULL,
        used bigint NOT NULL,
        PRIMARY KEY (owner, scope, day)
    )",
    "CREATE TABLE secrets (
        name text NOT NULL PRIMARY KEY,
        key_id text NOT NULL,
        sealed @blob NOT NULL,
        updated_at @timestamp NOT NULL
    )",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &TABLES).await?;
        let indexes = [
            "CREATE INDEX cycles_by_connection ON cycles (connection, finished_at)",
            "CREATE INDEX cycles_by_time ON cycles (finished_at)",
            "CREATE INDEX quarantined_rows_by_time ON quarantined_rows (last_seen_at)",
        ];
        sql::run(manager, &indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["secrets", "quota_budgets", "quarantined_rows", "backfills", "cycles", "ledger", "connections"];
        sql::drop(manager, &[], &tables).await
    }
}
