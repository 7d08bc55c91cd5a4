//! `dynamoi pause`, `resume`, `poll`: a word to the running daemon about one connection.

use std::sync::Arc;

use clap::Args;
use dynamoi::{open_store, settings::Settings};
use rows::clock::SystemClock;
use store::{Access, Store, StoreError, WorkerStatus};

use super::{
    Exit, output,
    source::{ConfigFiles, require_connection},
};

/// Which connection is meant.
#[derive(Debug, Args)]
pub struct Target {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub connection: String,
}

/// Stops polling a connection, over restarts too, until it is resumed. Its rows stay.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi pause --config dynamoi.toml --connection label-a-meta")]
pub struct Pause {
    #[command(flatten)]
    pub target: Target,
}

/// Polls a paused connection again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi resume --config dynamoi.toml --connection label-a-meta")]
pub struct Resume {
    #[command(flatten)]
    pub target: Target,
}

/// Polls a connection now instead of when it is due. Its provider's quota still holds.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi poll --config dynamoi.toml --connection label-a-meta")]
pub struct Poll {
    #[command(flatten)]
    pub target: Target,
}

/// What is asked of the daemon.
#[derive(Debug, Clone, Copy)]
enum Word {
    Pause,
    Resume,
    Poll,
}

// === impl Pause ===

impl Pause {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        self.target.tell(Word::Pause).await
    }
}

// === impl Resume ===

impl Resume {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        self.target.tell(Word::Resume).await
    }
}

// === impl Poll ===

impl Poll {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        self.target.tell(Word::Poll).await
    }
}

// === impl Target ===

impl Target {
    async fn tell(self, word: Word) -> Exit {
        let loaded = self.source.load_without_secrets();
        let settings = match loaded.and_then(|settings| {
            require_connection(&settings, &self.connection)?;
            Ok(settings)
        }) {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let told = self.note(&settings, word).await;
        let done = match word {
            Word::Pause => "is paused, until it is resumed",
            Word::Resume => "goes on",
            Word::Poll => "polls now",
        };
        match told {
            Ok(Some(worker)) => output::print(&format!(
                "{} {done} ({} hears of it within seconds)\n",
                self.connection, worker.name
            )),
            Ok(None) => {
                output::print(&format!("{} {done}, once a worker runs: none does now\n", self.connection))
            }
            Err(error) => Exit::failed(error),
        }
    }

    /// Notes it, and tells who will hear of it.
    async fn note(&self, settings: &Settings, word: Word) -> Result<Option<WorkerStatus>, StoreError> {
        let store = open_store(settings, Access::Write, Arc::new(SystemClock::new())).await?;
        let noted = self.note_in(&store, word).await;
        store.close().await;
        noted
    }

    async fn note_in(&self, store: &Store, word: Word) -> Result<Option<WorkerStatus>, StoreError> {
        store.expect_current().await?;
        match word {
            Word::Pause => store.set_paused(&self.connection, true).await?,
            Word::Resume => store.set_paused(&self.connection, false).await?,
            Word::Poll => store.request_poll(&self.connection).await?,
        }
        store.holder().await
    }
}
