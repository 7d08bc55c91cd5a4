//! `dynamoi migrate`: the database's tables.

use std::sync::Arc;

use clap::{Args, Subcommand};
use dynamoi::open_store;
use rows::clock::SystemClock;
use store::{Access, Store, StoreError};

use super::{Exit, output, source::ConfigFiles};

/// Brings the database's tables up to date, or tells how far they are. `run` does the former by itself.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi migrate up --config dynamoi.toml")]
pub struct Migrate {
    /// Which way.
    #[command(subcommand)]
    pub step: Step,
}

/// Which way.
#[derive(Debug, Subcommand)]
pub enum Step {
    /// Apply every step that is missing, each in a transaction.
    Up {
        #[command(flatten)]
        source: ConfigFiles,
    },
    /// List the steps, applied or not.
    Status {
        #[command(flatten)]
        source: ConfigFiles,
    },
}

// === impl Migrate ===

impl Migrate {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let (Step::Up { source } | Step::Status { source }) = &self.step;
        let settings = match source.load_without_secrets() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let access = if matches!(self.step, Step::Up { .. }) { Access::Make } else { Access::Read };
        let store = match open_store(&settings, access, Arc::new(SystemClock::new())).await {
            Ok(store) => store,
            Err(error) => return Exit::failed(error),
        };
        let result = self.apply(&store).await;
        store.close().await;
        result.unwrap_or_else(Exit::failed)
    }

    async fn apply(&self, store: &Store) -> Result<Exit, StoreError> {
        if matches!(self.step, Step::Up { .. }) {
            match store.expect_current().await {
                Ok(()) => {}
                Err(StoreError::Empty(_) | StoreError::Older { .. }) => up(store).await?,
                Err(error) => return Err(error),
            }
        }
        let steps = store.migration_status().await?;
        let lines = steps.iter().map(|step| {
            let word = if step.applied { "applied" } else { "missing" };
            format!("{word}  {}\n", step.name)
        });
        Ok(output::print(&lines.collect::<String>()))
    }
}

/// Never beside a living worker, whose statements are those of the tables as they were.
async fn up(store: &Store) -> Result<(), StoreError> {
    let secured = store.secure(false).await.map_err(|error| match error {
        StoreError::Held(worker) => StoreError::HeldToMigrate(worker),
        other => other,
    })?;
    let done = store.migrate_up().await;
    secured.release().await;
    done
}
