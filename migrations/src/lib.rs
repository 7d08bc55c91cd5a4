//! The database schema, one step a file. Readers see the names without `_rows` (views); facts and objects are stored
//! behind them in narrow tables keyed by integers.
#![expect(
    elided_lifetimes_in_paths,
    reason = "the migration trait's own signature hides the lifetime, and an implementation must match it"
)]

mod m20261124_000001_engine;
mod m20261124_000002_ads;
mod m20261124_000003_payments;
mod m20261124_000004_campaigns;
mod m20261124_000005_music_and_web;
mod m20261124_000006_billing_profiles;
mod m20261128_000007_long_texts;
mod m20261128_000008_changes;
mod m20261128_000009_workers;
mod m20261128_000010_further_tables;
mod m20261128_000011_hourly_budgets;
mod m20261128_000012_report_files;
mod m20261129_000013_privacy;
mod m20261130_000014_database_identity;
mod sql;

use sea_orm_migration::{
    MigrationStatus,
    prelude::*,
    sea_orm::{DatabaseConnection, DbBackend, TransactionTrait},
};

/// Every step, oldest first.
#[derive(Debug)]
pub struct Migrator;

/// Key of the PostgreSQL advisory lock that one migrating process holds: the letters of `dynamoi`.
const ADVISORY_LOCK: i64 = 0x64_79_6e_61_6d_6f_69;

/// A step and whether this database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The step's name.
    pub name: String,
    /// Whether it has been applied.
    pub applied: bool,
}

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_engine::Migration),
            Box::new(m20261124_000002_ads::Migration),
            Box::new(m20261124_000003_payments::Migration),
            Box::new(m20261124_000004_campaigns::Migration),
            Box::new(m20261124_000005_music_and_web::Migration),
            Box::new(m20261124_000006_billing_profiles::Migration),
            Box::new(m20261128_000007_long_texts::Migration),
            Box::new(m20261128_000008_changes::Migration),
            Box::new(m20261128_000009_workers::Migration),
            Box::new(m20261128_000010_further_tables::Migration),
            Box::new(m20261128_000011_hourly_budgets::Migration),
            Box::new(m20261128_000012_report_files::Migration),
            Box::new(m20261129_000013_privacy::Migration),
            Box::new(m20261130_000014_database_identity::Migration),
        ]
    }
}

/// Applies every step that is missing. On PostgreSQL an advisory lock lets only one process migrate at a time; the
/// others wait and then find nothing to do. Needs two connections in the pool there.
pub async fn up(database: &DatabaseConnection) -> Result<(), DbErr> {
    if database.get_database_backend() != DbBackend::Postgres {
        return Migrator::up(database, None).await;
    }
    // The lock lives as long as this transaction, which is also gone when the process dies.
    let guard = database.begin().await?;
    guard.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")).await?;
    let result = Migrator::up(database, None).await;
    guard.rollback().await?;
    result
}

/// Every step, applied or not. Changes nothing.
pub async fn status(database: &DatabaseConnection) -> Result<Vec<Step>, DbErr> {
    let steps = Migrator::get_migration_with_status_read_only(database).await?;
    Ok(steps
        .iter()
        .map(|step| Step { name: step.name().to_owned(), applied: step.status() == MigrationStatus::Applied })
        .collect())
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::sea_orm::{ConnectOptions, Database};

    use super::*;

    #[tokio::test]
    async fn every_step_can_be_taken_back_and_again() {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let database = Database::connect(options).await.unwrap();
        let applied = async || {
            let steps = status(&database).await.unwrap();
            steps.iter().filter(|step| step.applied).count()
        };
        assert_eq!(applied().await, 0);
        for _ in 0..2 {
            up(&database).await.unwrap();
            up(&database).await.unwrap();
            assert_eq!(applied().await, Migrator::migrations().len());
            Migrator::down(&database, None).await.unwrap();
            assert_eq!(applied().await, 0);
        }
    }
}
