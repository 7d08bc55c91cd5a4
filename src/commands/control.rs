//! `dynamoi pause`, `resume`, `poll`: a word to the running daemon about one connection.

use clap::Args;

use super::{
    Exit,
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
        let name = match word {
            Word::Pause => "pause",
            Word::Resume => "resume",
            Word::Poll => "poll",
        };
        let loaded = self.source.load_without_secrets();
        match loaded.and_then(|settings| require_connection(&settings, &self.connection)) {
            Ok(()) => std::future::ready(Exit::not_wired_yet(name)).await,
            Err(exit) => exit,
        }
    }
}
