//! `dynamoi backfill`: days of the past.

use std::{io::IsTerminal, sync::Arc, time::Duration};

use clap::Args;
use dynamoi::{Worker, open_store, settings::Settings};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{civil::Date, tz::TimeZone};
use rows::{
    Clock, DayRange,
    clock::SystemClock,
    day::{day_at, plus_days},
};
use store::{BackfillStatus, Store, StoreError};

use super::{
    Exit, output,
    run::Signals,
    source::{ConfigFiles, require_connection},
    status,
};

/// How often progress is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Reads days of the past again. It is a request in the database: a running daemon works it off beside its fresh work;
/// without one, this process does. Rows that are there already are corrected, never doubled.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi backfill --config dynamoi.toml --connection label-a-meta --from 2026-01-01
  dynamoi backfill --config dynamoi.toml --connection label-a-meta --from 2026-01-01 --to 2026-03-31")]
pub struct Backfill {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub connection: String,
    /// The first day, such as 2026-01-31.
    #[arg(long, value_name = "DATE")]
    pub from: Date,
    /// The last day, included; yesterday unless given.
    #[arg(long, value_name = "DATE")]
    pub to: Option<Date>,
}

// === impl Backfill ===

impl Backfill {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let yesterday = plus_days(day_at(SystemClock::new().now(), &TimeZone::UTC), -1);
        let to = self.to.unwrap_or(yesterday);
        let Some(days) = DayRange::new(self.from, to) else {
            output::complain(format_args!(
                "error: no days to read\n  --to: expected a day that is not before --from ({}), found {to}",
                self.from
            ));
            return Exit::Usage;
        };
        let loaded = self.source.load().await;
        let settings = match loaded.and_then(|settings| {
            require_connection(&settings, &self.connection)?;
            Ok(settings)
        }) {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        match self.work(settings, days).await {
            Ok(exit) => exit,
            Err(error) => Exit::failed(error),
        }
    }

    async fn work(&self, settings: Settings, days: DayRange) -> Result<Exit, Box<dyn std::error::Error>> {
        let mut signals = Signals::listen()?;
        let store = open_store(&settings, Arc::new(SystemClock::new())).await?;
        store.migrate_up().await?;
        let daemon = status::daemon(&settings).await.is_some();
        let worker = if daemon {
            output::complain("A daemon is running: it works the request. Ctrl-C leaves it to it.");
            None
        } else {
            Some(Worker::builder(settings).only(&self.connection).headless().start().await?)
        };
        let id = store.request_backfill(&self.connection, days).await?;
        let watched = tokio::select! {
            watched = watch(&store, id) => Some(watched?),
            _ = signals.stop() => None,
        };
        if let Some(worker) = worker {
            worker.stop().await;
        }
        store.close().await;
        if watched.is_none() {
            output::complain(
                "left unfinished: the request stays in the database and is worked by the next daemon",
            );
            return Ok(Exit::Incomplete);
        }
        Ok(Exit::Done)
    }
}

/// Shows progress until the request is done.
async fn watch(store: &Store, id: i64) -> Result<BackfillStatus, StoreError> {
    let clock = SystemClock::new();
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    if let Ok(style) =
        ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} days of streams, {eta} left")
    {
        bar.set_style(style);
    }
    bar.set_message("reading");
    loop {
        let status = store.backfill(id).await?;
        if let Some(left) = status.days_left.map(u64::from) {
            // Days count once for every stream and account: the first look tells how many there are.
            let length = bar.length().unwrap_or(0).max(left);
            bar.set_length(length);
            bar.set_position(length - left);
        }
        if status.finished_at.is_some() {
            bar.finish_with_message("done");
            return Ok(status);
        }
        clock.sleep(LOOK_EVERY).await;
    }
}
