//! `dynamoi files`: report files, what became of each, and what people decide about those that wait.

mod learn;
mod list;
mod named;

use std::sync::Arc;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use dynamoi::{open_store, settings::Settings};
use jiff::civil::Date;
use rows::{
    DayRange,
    clock::SystemClock,
    files::{FileRecord, FileState, short_hash},
};
use store::{Access, FileDecision, Store, StoreError};

use self::named::{described, find};
use super::{
    Exit,
    account::actor,
    output,
    source::{ConfigFiles, missing_file, require_connection},
};

/// Shows report files, and decides about those that wait. A file is known by its content: the same content under another
/// name is the same file. FILE is a name, a path below what is watched, or the beginning of a hash (8 digits or more).
#[derive(Debug, Args)]
#[command(after_help = "\
See what waits, and why:
  dynamoi files list --config dynamoi.toml --state quarantined

Decide:
  dynamoi files accept 3f9a04c1d2e6 --replace 77b0c9e1aa41 --config dynamoi.toml    it is the correction of that one
  dynamoi files accept june-part-2.csv --add --config dynamoi.toml                  it belongs beside the others
  dynamoi files accept songs-1year.csv --from 2025-07-01 --to 2026-06-30 --config dynamoi.toml
  dynamoi files reject notes.csv --config dynamoi.toml                              it is none of ours

Teach a layout that no file had before:
  dynamoi files learn statement.csv >> dynamoi.toml      then look at what it proposes

A running worker acts on a decision with its next look at the files, which it takes within seconds.")]
pub struct Files {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List every file that was seen: its state, layout, period, rows and sums, and why it waits.
    List(List),
    /// Let a file that waits, or was rejected, be loaded.
    Accept(Accept),
    /// Leave a file out. Whoever changes their mind accepts it.
    Reject(Reject),
    /// Propose a column map for a file whose layout nobody knows. Needs no configuration and no database.
    Learn(learn::Learn),
}

/// Whose files are meant.
#[derive(Debug, Args)]
pub struct Whose {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// The connection's name; all unless given.
    #[arg(long, value_name = "NAME")]
    pub connection: Option<String>,
}

/// Lists every file that was seen.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi files list --config dynamoi.toml
  dynamoi files list --config dynamoi.toml --json | jq '.files[] | select(.state == \"quarantined\") | .reason'")]
pub struct List {
    #[command(flatten)]
    pub whose: Whose,
    /// Only files in this state.
    #[arg(long, value_name = "STATE")]
    pub state: Option<StateName>,
    /// For programs.
    #[arg(long)]
    pub json: bool,
}

/// Lets a file be loaded.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("place").args(["replace", "add"]),
    after_help = "\
Examples:
  dynamoi files accept june.csv --add --config dynamoi.toml
  dynamoi files accept 3f9a04c1d2e6 --replace 77b0c9e1aa41 --config dynamoi.toml
  dynamoi files accept songs-1year.csv --from 2025-07-01 --to 2026-06-30 --config dynamoi.toml --connection label-a-files"
)]
pub struct Accept {
    /// Its name, its path, or the beginning of its hash.
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Load it instead of this file, whose rows go.
    #[arg(long, value_name = "FILE")]
    pub replace: Option<String>,
    /// Load it beside the others: what it says is added to what they say.
    #[arg(long)]
    pub add: bool,
    /// The first day that it speaks of, where neither it nor its name says so.
    #[arg(long, value_name = "DATE", requires = "to")]
    pub from: Option<Date>,
    /// The last day, included.
    #[arg(long, value_name = "DATE", requires = "from")]
    pub to: Option<Date>,
    #[command(flatten)]
    pub whose: Whose,
}

/// Leaves a file out.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi files reject notes.csv --config dynamoi.toml")]
pub struct Reject {
    /// Its name, its path, or the beginning of its hash.
    #[arg(value_name = "FILE")]
    pub file: String,
    #[command(flatten)]
    pub whose: Whose,
}

/// States, as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateName {
    Loading,
    Loaded,
    Quarantined,
    Rejected,
    Superseded,
    Foreign,
}

// === impl Files ===

impl Files {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.action {
            Action::List(List { whose, state, json }) => {
                let state = state.map(StateName::state);
                match whose.files(Access::Read).await {
                    Ok((files, store)) => {
                        if let Some(store) = store {
                            store.close().await;
                        }
                        let files =
                            files.into_iter().filter(|file| state.is_none_or(|state| file.state == state));
                        list::print(&files.collect::<Vec<_>>(), json)
                    }
                    Err(exit) => exit,
                }
            }
            Action::Accept(accept) => {
                let period = match accept.period() {
                    Ok(period) => period,
                    Err(exit) => return exit,
                };
                accept.whose.decide(&accept.file, |file, files| accept.decision(file, files, period)).await
            }
            Action::Reject(Reject { file, whose }) => {
                whose.decide(&file, |_, _| Ok(FileDecision::Reject)).await
            }
            Action::Learn(learn) => learn.run(),
        }
    }
}

// === impl Whose ===

impl Whose {
    /// All files that are meant, and the database that knows them; none where it is not there yet.
    async fn files(&self, access: Access) -> Result<(Vec<FileRecord>, Option<Store>), Exit> {
        let settings = self.settings()?;
        if missing_file(&settings).is_some() {
            return Ok((Vec::new(), None));
        }
        let store =
            open_store(&settings, access, Arc::new(SystemClock::new())).await.map_err(Exit::failed)?;
        let files = async {
            store.expect_current().await?;
            store.report_files().await
        };
        match files.await {
            Ok(mut files) => {
                files.retain(|file| self.connection.as_ref().is_none_or(|name| file.connection == *name));
                Ok((files, Some(store)))
            }
            Err(error) => {
                store.close().await;
                Err(Exit::failed(error))
            }
        }
    }

    fn settings(&self) -> Result<Settings, Exit> {
        let settings = self.source.load_without_secrets()?;
        if let Some(name) = &self.connection {
            require_connection(&settings, name)?;
        }
        Ok(settings)
    }

    /// Notes what is decided about the file of this name, and wakes who acts on it.
    async fn decide(
        &self,
        name: &str,
        decide: impl FnOnce(&FileRecord, &[FileRecord]) -> Result<FileDecision, String>,
    ) -> Exit {
        let (files, store) = match self.files(Access::Write).await {
            Ok(found) => found,
            Err(exit) => return exit,
        };
        let Some(store) = store else {
            return Exit::usage("no file was ever seen: there is no database yet. Run `dynamoi run` first");
        };
        let exit = match find(name, &files).and_then(|file| Ok((file, decide(file, &files)?))) {
            Ok((file, decision)) => note(&store, file, &decision).await.unwrap_or_else(Exit::failed),
            Err(problem) => Exit::usage(problem),
        };
        store.close().await;
        exit
    }
}

/// Notes it, and says what happens next.
async fn note(store: &Store, file: &FileRecord, decision: &FileDecision) -> Result<Exit, StoreError> {
    store.decide_file(file, decision, &actor()).await?;
    store.request_poll(&file.connection).await?;
    let named = described(file);
    let done = match decision {
        FileDecision::Accept { replaces: Some(replaced), .. } => {
            format!("{named} is accepted: it is loaded instead of {}", short_hash(replaced))
        }
        FileDecision::Accept { .. } if file.layout.is_none() => {
            format!("{named} is accepted: it is read again, and loaded if it makes sense")
        }
        FileDecision::Accept { .. } => format!("{named} is accepted: it is loaded"),
        FileDecision::Reject => format!("{named} is rejected: it is left out"),
    };
    let heard = match store.holder().await? {
        Some(worker) => format!("{} hears of it within seconds", worker.name),
        None => "once a worker runs: none does now".to_owned(),
    };
    Ok(output::print(&format!("{done} ({heard})\n")))
}

// === impl Accept ===

impl Accept {
    fn period(&self) -> Result<Option<DayRange>, Exit> {
        let Some((from, to)) = self.from.zip(self.to) else { return Ok(None) };
        DayRange::new(from, to).map(Some).ok_or_else(|| {
            Exit::usage(format_args!("--to: expected a day that is not before --from ({from}), found {to}"))
        })
    }

    fn decision(
        &self,
        file: &FileRecord,
        files: &[FileRecord],
        period: Option<DayRange>,
    ) -> Result<FileDecision, String> {
        // Without a layout it is refused again, unless its period was all that it lacked.
        if file.state == FileState::Quarantined && file.layout.is_none() && period.is_none() {
            return Err(format!(
                "{} cannot be loaded as it is, whoever accepts it: {}\n  once the settings teach it, it is read by itself; \
                 `dynamoi files reject` leaves it out",
                described(file),
                file.reason.as_deref().unwrap_or("it could not be read"),
            ));
        }
        let loaded = |other: &&FileRecord| {
            other.connection == file.connection
                && other.state == FileState::Loaded
                && other.sha256 != file.sha256
        };
        if let Some(name) = &self.replace {
            let others: Vec<FileRecord> = files.iter().filter(loaded).cloned().collect();
            let replaced = find(name, &others).map_err(|problem| {
                format!("--replace: {problem}\n  (only a loaded file of {} can be replaced)", file.connection)
            })?;
            return Ok(FileDecision::Accept { replaces: Some(replaced.sha256.clone()), period });
        }
        let same = files.iter().filter(loaded).filter(|other| file.meets(other));
        let same: Vec<String> = same.map(described).collect();
        if !self.add && !same.is_empty() {
            return Err(format!(
                "{} stands for the same, or some of the same, as {}\n  say --replace HASH to load it instead, or --add to load it as well",
                described(file),
                same.join(", ")
            ));
        }
        Ok(FileDecision::Accept { replaces: None, period })
    }
}

// === impl StateName ===

impl StateName {
    const fn state(self) -> FileState {
        match self {
            Self::Loading => FileState::Loading,
            Self::Loaded => FileState::Loaded,
            Self::Quarantined => FileState::Quarantined,
            Self::Rejected => FileState::Rejected,
            Self::Superseded => FileState::Superseded,
            Self::Foreign => FileState::Foreign,
        }
    }
}

#[cfg(test)]
mod tests;
