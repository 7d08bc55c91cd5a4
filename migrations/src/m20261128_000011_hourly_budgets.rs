//! What is used of budgets, by hour or by the provider's day or month. The table of days before was never written to.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const UP: [&str; 2] = [
    "DROP TABLE quota_budgets",
    "CREATE TABLE quota_budgets (
        owner text NOT NULL,
        scope text NOT NULL,
        slot @timestamp NOT NULL,
        used bigint NOT NULL,
        PRIMARY KEY (owner, scope, slot)
    )",
];

const DOWN: [&str; 2] = [
    "DROP TABLE quota_budgets",
    "CREATE TABLE quota_budgets (
        owner text NOT NULL,
        scope text NOT NULL,
        day @date NOT NULL,
        used bigint NOT NULL,
        PRIMARY KEY (owner, scope, day)
    )",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &DOWN).await
    }
}
