//! `dynamoi pause`, `resume`, `poll`: a word to the running daemon about one connection.

use std::sync::Arc;

use clap::Args;
use dynamoi::open_store;
use rows::clock::SystemClock;
use store::{Store, StoreError};

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
        let store = match open_store(&settings, Arc::new(SystemClock::new())).await {
            Ok(store) => store,
            Err(error) => return Exit::failed(error),
        };
        let told = self.note(&store, word).await;
        store.close().await;
        let done = match word {
            Word::Pause => "is paused, until it is resumed",
            Word::Resume => "goes on",
            Word::Poll => "polls now",
        };
        match told {
            Ok(()) => output::print(&format!(
                "{} {done} (a running daemon hears of it within seconds)\n",
                self.connection
            )),
            Err(error) => Exit::failed(error),
        }
    }

    async fn note(&self, store: &Store, word: Word) -> Result<(), StoreError> {
        store.migrate_up().await?;
        match word {
            Word::Pause => store.set_paused(&self.connection, true).await,
            Word::Resume => store.set_paused(&self.connection, false).await,
            Word::Poll => store.request_poll(&self.connection).await,
        }
    }
}
