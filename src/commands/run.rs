//! `dynamoi run`: the daemon.

use std::{collections::BTreeMap, time::Duration};

use clap::Args;
use dynamoi::{
    Worker, WorkerBuilder, WorkerError, WorkerKind,
    service::Service,
    settings::{Settings, parse_duration},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Exit, output, source::ConfigFiles};

/// How long a single run waits for quotas, reports and passing failures unless told.
const MAX_WAIT: Duration = Duration::from_mins(15);

/// As for any failure: it did not come to its end.
const ENDED_AT_ONCE: i32 = 1;

/// Polls every connection until it is told to stop (SIGINT, SIGTERM). SIGHUP reads the configuration again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi run --config dynamoi.toml
  dynamoi run --config base.toml --config production.toml
  dynamoi run --config dynamoi.toml --once --max-wait 10m      from cron")]
pub struct Run {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// Read every stream once, due or not, history to its end, and exit: 0 when all was read, 3 when not. A run that was
    /// killed is taken up where it stopped.
    #[arg(long)]
    pub once: bool,
    /// With --once: how long a connection may wait for its provider's quota or report before it counts as not finished,
    /// such as 90s, 10m, 1h; 15m unless given.
    #[arg(long, value_name = "DURATION", requires = "once", value_parser = parse_duration)]
    pub max_wait: Option<Duration>,
    /// Take the database over from a worker that still has it, which takes it back when this one has ended. Without, that
    /// is an error.
    #[arg(long)]
    pub take_over: bool,
}

/// The signals that the daemon listens to.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Stop,
    Reload,
}

// === impl Run ===

impl Run {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        output::write_as(self.source.log_format());
        let settings = match self.source.load().await {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        super::log(&settings.log);
        if self.once { self.once(settings).await } else { self.daemon(settings).await }
    }

    async fn daemon(&self, settings: Settings) -> Exit {
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return Exit::failed(format_args!("cannot listen to signals: {error}")),
        };
        let builder = Worker::builder(settings).kind(WorkerKind::Daemon).take_over(self.take_over);
        let mut worker = match started(builder, &mut signals).await {
            Some(Ok(worker)) => worker,
            Some(Err(error)) => return refused(&error),
            None => return Exit::Done,
        };
        let mut service = Service::from_environment();
        service.ready(&worker.heartbeat(), worker.statuses());
        loop {
            match signals.next().await {
                Asked::Stop => break,
                Asked::Reload => {
                    service.reloading();
                    self.reload(&mut worker).await;
                    service.ready(&worker.heartbeat(), worker.statuses());
                }
            }
        }
        tracing::info!("stopping");
        service.stopping();
        stop(worker, &mut signals).await;
        Exit::Done
    }

    /// Takes over the configuration as it is now. An invalid one is refused whole, and everything goes on as it was.
    async fn reload(&self, worker: &mut Worker) {
        match self.source.reload().await {
            Ok(settings) => {
                settings.warnings().iter().for_each(output::warn);
                let changes = match worker.reload(settings).await {
                    Ok(changes) => changes,
                    Err(error) if error.is_refusal() => {
                        tracing::error!(%error, "the new configuration is refused: everything goes on as before");
                        return;
                    }
                    Err(error) => {
                        tracing::error!(%error, "the new configuration could not be taken over: send SIGHUP again");
                        return;
                    }
                };
                tracing::info!(
                    added = ?changes.added,
                    removed = ?changes.removed,
                    changed = ?changes.changed,
                    campaigns = changes.campaigns,
                    tenants = changes.tenants,
                    tokens = changes.tokens,
                    encryption = changes.encryption,
                    "configuration reloaded"
                );
                if !changes.needs_restart.is_empty() {
                    tracing::warn!(sections = ?changes.needs_restart, "changed, and take effect after a restart only");
                }
            }
            Err(mistakes) => {
                tracing::error!(
                    mistakes = mistakes.len(),
                    "the new configuration is refused: everything goes on as before"
                );
                output::complain(&mistakes);
            }
        }
    }

    async fn once(&self, settings: Settings) -> Exit {
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return Exit::failed(format_args!("cannot listen to signals: {error}")),
        };
        let builder = Worker::builder(settings).once(self.max_wait.unwrap_or(MAX_WAIT));
        let builder = builder.kind(WorkerKind::Once).take_over(self.take_over);
        let mut worker = match started(builder, &mut signals).await {
            Some(Ok(worker)) => worker,
            Some(Err(error)) => return refused(&error),
            None => return Exit::Incomplete,
        };
        let finished = tokio::select! {
            progress = worker.finished() => Some(progress.finished),
            _ = signals.stop() => None,
        };
        let errors: BTreeMap<_, _> = worker
            .statuses()
            .all()
            .into_iter()
            .map(|status| (status.connection.clone(), status.error.clone()))
            .collect();
        stop(worker, &mut signals).await;
        let Some(finished) = finished else {
            output::complain("interrupted: the next run takes this one up");
            return Exit::Incomplete;
        };
        let mut exit = Exit::Done;
        for (connection, ok) in finished {
            if !ok {
                let error = errors.get(&connection).cloned().flatten();
                let error = error.unwrap_or_else(|| "did not finish in time: see --max-wait".to_owned());
                output::complain(format_args!("{connection}: {error}"));
                exit = Exit::Incomplete;
            }
        }
        exit
    }
}

/// Starts it, unless somebody wants it to stop before.
async fn started(builder: WorkerBuilder, signals: &mut Signals) -> Option<Result<Worker, WorkerError>> {
    tokio::select! {
        started = builder.start() => Some(started),
        _ = signals.stop() => None,
    }
}

fn refused(error: &WorkerError) -> Exit {
    if error.is_held() {
        return Exit::failed(format_args!(
            "{error}: two workers would take each other's connections. Stop that one, or start this one with --take-over"
        ));
    }
    Exit::failed(error)
}

/// Ends it; a second signal ends the process at once, whatever it still waits for. Nothing is lost either way.
pub async fn stop(worker: Worker, signals: &mut Signals) {
    tokio::select! {
        () = worker.stop() => {}
        _ = signals.stop() => {
            output::complain("ended at once: what was being read is read again by the next start");
            std::process::exit(ENDED_AT_ONCE);
        }
    }
}

// === impl Signals ===

impl Signals {
    /// Takes over SIGINT, SIGTERM and SIGHUP.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next wish.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }

    /// The wish to stop; others are passed over.
    pub async fn stop(&mut self) -> Asked {
        loop {
            let asked = self.next().await;
            if asked == Asked::Stop {
                return asked;
            }
        }
    }
}
