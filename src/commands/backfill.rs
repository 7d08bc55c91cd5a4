//! `dynamoi backfill`: days of the past.

use std::{io::IsTerminal, sync::Arc, time::Duration};

use actors::{
    integration::ConnectionSpec,
    integrations::catalogue,
    stream::{Days, Kind},
};
use clap::Args;
use dynamoi::{Worker, WorkerKind, open_store, settings::Settings};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{civil::Date, tz::TimeZone};
use rows::{
    Clock, Day, DayRange,
    clock::SystemClock,
    day::{day_at, plus_days},
    state::State,
};
use store::{Access, BackfillStatus, Store, StoreError};

use super::{
    Exit, output,
    run::{self, Signals},
    source::{ConfigFiles, require_connection},
};

/// How often progress is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often it is looked at whether somebody still works on it.
const WORKER_EVERY: Duration = Duration::from_secs(5);
/// How long a worker may take to make itself and the connection known.
const BEGUN_WITHIN: Duration = Duration::from_secs(15);

/// Reads days of the past again. It is a request in the database: a running daemon, wherever it runs, works it off beside
/// its fresh work; without one, this process does. Rows that are there already are corrected, never doubled. What the provider
/// does not keep is said at once.
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

/// What a connection can read of the days that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    /// All of it.
    All,
    /// From this day on, of these streams; the others all.
    From(Day, Vec<String>),
    /// Nothing: why.
    Nothing(String),
}

/// How watching ended.
enum Watched {
    Done(BackfillStatus),
    /// It is not worked on now: why.
    Left(String),
}

// === impl Backfill ===

impl Backfill {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let today = day_at(SystemClock::new().now(), &TimeZone::UTC);
        let to = self.to.unwrap_or_else(|| plus_days(today, -1));
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
        let Some(spec) = settings.specs().into_iter().find(|spec| spec.name == self.connection) else {
            return Exit::failed(format_args!(
                "connection `{}` is switched off: nothing reads it. Set connections.{0}.enabled = true first",
                self.connection
            ));
        };
        match reach(&spec, days, today) {
            Reach::All => {}
            Reach::From(first, streams) => output::complain(format_args!(
                "{} keeps nothing before {first} for {}: what is later is read",
                spec.integration,
                streams.join(", ")
            )),
            Reach::Nothing(reason) => return Exit::failed(reason),
        }
        match self.work(settings, days).await {
            Ok(exit) => exit,
            Err(error) => Exit::failed(error),
        }
    }

    async fn work(&self, settings: Settings, days: DayRange) -> Result<Exit, Box<dyn std::error::Error>> {
        let mut signals = Signals::listen()?;
        let store = open_store(&settings, Access::Write, Arc::new(SystemClock::new())).await?;
        let worked = self.work_in(&store, settings, days, &mut signals).await;
        store.close().await;
        worked
    }

    async fn work_in(
        &self,
        store: &Store,
        settings: Settings,
        days: DayRange,
        signals: &mut Signals,
    ) -> Result<Exit, Box<dyn std::error::Error>> {
        let name = &self.connection;
        store.expect_current().await?;
        let stored = store.connections().await?.into_iter().find(|stored| stored.name == *name);
        if stored.as_ref().is_some_and(|stored| stored.paused) {
            return Ok(Exit::failed(format_args!(
                "connection `{name}` is paused, and nothing is read of it: `dynamoi resume --connection {name}` first"
            )));
        }
        let holder = store.holder().await?;
        let worker = if let Some(holder) = &holder {
            if stored.is_none_or(|stored| stored.removed) {
                return Ok(Exit::failed(format_args!(
                    "{holder} does not know the connection `{name}`: reload its configuration (SIGHUP) first"
                )));
            }
            output::complain(format_args!(
                "A worker is running: it works the request. Ctrl-C leaves it to it.\n  {holder}"
            ));
            None
        } else {
            let builder = Worker::builder(settings).only(name).headless().kind(WorkerKind::Backfill);
            Some(builder.start().await?)
        };
        let id = self.request(store, days).await?;
        let watched = tokio::select! {
            watched = self.watch(store, id) => Some(watched?),
            _ = signals.stop() => None,
        };
        if let Some(worker) = worker {
            run::stop(worker, signals).await;
        }
        Ok(match watched {
            Some(Watched::Done(BackfillStatus { reason: None, .. })) => Exit::Done,
            Some(Watched::Done(BackfillStatus { reason: Some(reason), .. })) => {
                output::complain(format_args!("{name}: {reason}"));
                Exit::Incomplete
            }
            Some(Watched::Left(reason)) => {
                output::complain(format_args!(
                    "{name}: {reason}\nleft unfinished: the request stays in the database and is worked once that is mended"
                ));
                Exit::Incomplete
            }
            None => {
                output::complain(
                    "left unfinished: the request stays in the database and is worked by the next daemon",
                );
                Exit::Incomplete
            }
        })
    }

    /// A worker that has just been started makes the connection known first.
    async fn request(&self, store: &Store, days: DayRange) -> Result<i64, StoreError> {
        let clock = SystemClock::new();
        loop {
            let requested = store.request_backfill(&self.connection, days).await;
            if clock.elapsed() >= BEGUN_WITHIN || !matches!(requested, Err(StoreError::Unknown(_))) {
                return requested;
            }
            clock.sleep(LOOK_EVERY).await;
        }
    }

    /// Shows progress until the request is done, or nobody works on it any more.
    async fn watch(&self, store: &Store, id: i64) -> Result<Watched, StoreError> {
        let clock = SystemClock::new();
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} days of streams, {eta} left")
        {
            bar.set_style(style);
        }
        bar.set_message("reading");
        let mut looked_at = Duration::ZERO;
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
                return Ok(Watched::Done(status));
            }
            if clock.elapsed() >= looked_at + WORKER_EVERY {
                looked_at = clock.elapsed();
                if let Some(reason) = self.stuck(store, clock.elapsed() >= BEGUN_WITHIN).await? {
                    return Ok(Watched::Left(reason));
                }
            }
            clock.sleep(LOOK_EVERY).await;
        }
    }

    /// Why nobody works on it, if nobody does.
    async fn stuck(&self, store: &Store, has_begun: bool) -> Result<Option<String>, StoreError> {
        if has_begun && store.holder().await?.is_none() {
            return Ok(Some("the worker has ended".to_owned()));
        }
        let stored = store.connections().await?.into_iter().find(|stored| stored.name == self.connection);
        let Some(stored) = stored else { return Ok(None) };
        let state = if stored.paused { Some(State::Paused) } else { stored.state };
        let is_stuck = matches!(
            state,
            Some(State::Stopped | State::Parked | State::NeedsReauth | State::Paused) if has_begun
        );
        Ok(state.filter(|_| is_stuck).map(|state| match stored.error {
            Some(error) => format!("{state}: {error}"),
            None => state.to_string(),
        }))
    }
}

/// What can be read of these days.
fn reach(spec: &ConnectionSpec, days: DayRange, today: Day) -> Reach {
    let integration = catalogue().into_iter().find(|known| known.manifest().id == spec.integration);
    let streams = integration.map(|integration| integration.known_streams()).unwrap_or_default();
    let mut limited: Vec<(Day, String)> = Vec::new();
    let mut is_limited = true;
    let mut has_past = false;
    for stream in &streams {
        match &stream.kind {
            Kind::Days(Days { history_days_max: Some(kept), .. }) => {
                has_past = true;
                limited.push((plus_days(today, 1 - i64::from(*kept)), stream.name.to_owned()));
            }
            Kind::Days(_) | Kind::Feed(_) => {
                has_past = true;
                is_limited = false;
            }
            Kind::Snapshot(_) | Kind::Files(_) => {}
        }
    }
    if streams.iter().any(|stream| matches!(stream.kind, Kind::Files(_))) {
        return Reach::Nothing(format!(
            "{} reads files, which bring their own days: put older ones where it looks, and it loads them",
            spec.integration
        ));
    }
    if !has_past {
        return Reach::Nothing(format!(
            "{} has no past to read: it tells only what is so now, and every poll stores that",
            spec.integration
        ));
    }
    limited.retain(|(first, _)| *first > days.first);
    let Some(earliest) = limited.iter().map(|(first, _)| *first).min() else { return Reach::All };
    if is_limited && limited.iter().all(|(first, _)| *first > days.last) && limited.len() == past(&streams) {
        return Reach::Nothing(format!(
            "{} keeps nothing of these days: what can be read begins on {earliest}",
            spec.integration
        ));
    }
    Reach::From(earliest, limited.into_iter().map(|(_, stream)| stream).collect())
}

/// How many streams have days of the past.
fn past(streams: &[actors::stream::Stream]) -> usize {
    streams.iter().filter(|stream| !matches!(stream.kind, Kind::Snapshot(_) | Kind::Files(_))).count()
}
