//! `dynamoi status`: every connection at a glance.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use clap::Args;
use comfy_table::{Table, presets};
use dynamoi::{
    http::{ConnectionAnswer, Connections, Quarantine, StreamAnswer},
    open_store,
    settings::Settings,
};
use jiff::{SignedDuration, Timestamp};
use rows::{Clock, clock::SystemClock, state::State};
use serde::Serialize;
use store::{Access, Ending, Store, StoreError};

use super::{
    Exit, alive, output,
    source::{ConfigFiles, missing_file},
};

/// The daemon is asked first, on this machine: it answers at once or not at all.
const DAEMON_TIMEOUT: Duration = Duration::from_secs(2);

/// Shows every connection: its state, when it last succeeded, how far its data reaches, when it polls next, and what to
/// do where something is wrong. Asks the running daemon, else the database, and says so. Ends with 3 when no daemon answers
/// and the last worker ended without a word; with 0 after a stop, and after a single run.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi status --config dynamoi.toml
  dynamoi status --config dynamoi.toml --daemon                as a health check
  dynamoi status --config dynamoi.toml --json | jq '.connections[] | select(.state == \"needs_reauth\")'")]
pub struct Status {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// For programs.
    #[arg(long)]
    pub json: bool,
    /// Ask only the running daemon, never the database: ends with 3 when none answers. For health checks.
    #[arg(long)]
    pub daemon: bool,
}

// === impl Status ===

impl Status {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let settings = match self.source.load_without_secrets() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let alive = match self.daemon.then_some(alive::check(&settings)) {
            None => None,
            Some(checked) => match checked.await {
                Ok(alive) => Some(alive),
                Err(error) => {
                    output::complain(error);
                    return Exit::Incomplete;
                }
            },
        };
        let answer = match daemon(&settings).await {
            Some(status) => Answer { daemon: true, worker: None, stored_at: None, is_well: true, status },
            None if alive.is_some_and(|alive| alive.is_guarded) => {
                return output::print(&format!(
                    "The daemon at {} is alive. It tells its connections to whoever authenticates.\n",
                    settings.http.listen
                ));
            }
            None if self.daemon => {
                output::complain(format_args!("no daemon of ours answers at {}", settings.http.listen));
                return Exit::Incomplete;
            }
            None => match database(&settings).await {
                Ok(answer) => answer,
                Err(error) => return Exit::failed(error),
            },
        };
        let printed = if self.json {
            match serde_json::to_string_pretty(&answer) {
                Ok(text) => output::print_data(&format!("{text}\n")),
                Err(error) => Exit::failed(error),
            }
        } else {
            if let Some(worker) = &answer.worker {
                output::complain(worker);
            }
            output::print(&shown(&answer.status))
        };
        if answer.is_well || printed != Exit::Done { printed } else { Exit::Incomplete }
    }
}

/// What is told, and who tells it.
#[derive(Debug, Serialize)]
struct Answer {
    /// The daemon told it.
    daemon: bool,
    /// Who has or had the database, in words; none when the daemon answers, and when no worker ever ran.
    worker: Option<String>,
    /// Of when it is, where it was stored.
    stored_at: Option<Timestamp>,
    /// A worker lives, or the last one ended well.
    #[serde(skip)]
    is_well: bool,
    #[serde(flatten)]
    status: Connections,
}

/// What the running daemon says, if there is one.
pub async fn daemon(settings: &Settings) -> Option<Connections> {
    let client = reqwest::Client::builder().timeout(DAEMON_TIMEOUT).no_proxy().build().ok()?;
    let url = format!("http://{}/api/v1/connections", settings.http.listen);
    let mut status: Option<Connections> = None;
    loop {
        let after = status.as_ref().and_then(|status| status.next.as_deref());
        let request =
            client.get(&url).query(&[("limit", "1000")]).query(&after.map(|after| [("after", after)]));
        let response = request.send().await.ok()?.error_for_status().ok()?;
        let mut part: Connections = response.json().await.ok()?;
        if let Some(mut before) = status.take() {
            before.connections.append(&mut part.connections);
            part.connections = before.connections;
        }
        let is_whole = part.next.is_none();
        status = Some(part);
        if is_whole {
            break;
        }
    }
    let status = status?;
    // Another worker may listen there: it is ours if it knows a connection of ours.
    let ours = status.connections.iter().any(|shown| settings.connections.contains_key(&shown.connection));
    (ours || settings.specs().is_empty()).then_some(status)
}

async fn database(settings: &Settings) -> Result<Answer, StoreError> {
    let clock = Arc::new(SystemClock::new());
    let none = || Connections { at: clock.now(), total: 0, next: None, connections: Vec::new() };
    if let Some(path) = missing_file(settings) {
        let worker = Some(format!("there is no database at {}", path.display()));
        return Ok(Answer { daemon: false, worker, stored_at: None, is_well: true, status: none() });
    }
    let store = open_store(settings, Access::Read, clock.clone()).await?;
    let read = match store.expect_current().await {
        Ok(()) => stored(&store, &settings.http.listen, clock.now()).await,
        Err(StoreError::Empty(_)) => {
            Ok(Answer { daemon: false, worker: None, stored_at: None, is_well: true, status: none() })
        }
        Err(error) => Err(error),
    };
    store.close().await;
    read
}

async fn stored(store: &Store, listen: &SocketAddr, now: Timestamp) -> Result<Answer, StoreError> {
    let status = connections(store, now).await?;
    let holder = store.holder().await?;
    let last = store.last_worker().await?;
    let is_new = status.connections.is_empty() && last.is_none();
    let (worker, stored_at, is_well) = match (holder, last) {
        (Some(worker), _) => {
            let stored_at = worker.heartbeat_at;
            let text =
                format!("no daemon answers at {listen} to this command, and {worker} lives: as stored");
            (Some(text), Some(stored_at), true)
        }
        (None, Some(worker)) => {
            let at = worker.ended_at.filter(|_| worker.ending != Some(Ending::Lost));
            let at = at.unwrap_or(worker.heartbeat_at);
            let (how, is_well) = match worker.ending {
                Some(Ending::Stopped) => ("was stopped", true),
                Some(Ending::Finished) => ("has finished its single run", true),
                Some(Ending::Unfinished) => ("has ended its single run without having read everything", true),
                Some(Ending::Lost | Ending::TakenOver) | None => ("has ended without a word", false),
            };
            let shown_at = whole_seconds(at);
            let text = format!(
                "no daemon answers: {} ({}, process {} on {}) {how}. As stored at {shown_at}",
                worker.name, worker.kind, worker.process_id, worker.host
            );
            (Some(text), Some(at), is_well)
        }
        (None, None) => (None, None, is_new),
    };
    Ok(Answer { daemon: false, worker, stored_at, is_well, status })
}

async fn connections(store: &Store, now: Timestamp) -> Result<Connections, StoreError> {
    let set_aside = store.set_aside().await?;
    let connections = store.connections().await?.into_iter().filter(|stored| !stored.removed);
    let connections = connections.map(|stored| ConnectionAnswer {
        connection: stored.name.clone(),
        integration: stored.integration,
        tenant: stored.tenant,
        state: if stored.paused { State::Paused } else { stored.state.unwrap_or(State::Starting) },
        last_success_at: stored.last_success_at,
        data_through: stored.data_through,
        lag_seconds: stored.data_through.map(|at| now.duration_since(at).as_secs()),
        // Nobody is known to keep it.
        next_poll_at: None,
        paused: stored.paused,
        quota: None,
        error: stored.error,
        quarantine: Quarantine::of(set_aside.iter().filter(|one| one.connection == stored.name)),
        streams: stored
            .streams
            .into_iter()
            .map(|stream| StreamAnswer {
                state: if stream.forbidden.is_some() { State::NeedsReauth } else { State::Idle },
                data_through: stream.data_through,
                lag_seconds: stream.data_through.map(|at| now.duration_since(at).as_secs()),
                settled_through: stream.settled_through,
                error: stream.forbidden,
                quarantine: Quarantine::of(set_aside.iter().filter(|one| {
                    one.connection == stored.name
                        && one.account_id == stream.account_id
                        && one.stream == stream.stream
                })),
                account_id: stream.account_id,
                stream: stream.stream,
            })
            .collect(),
    });
    let connections: Vec<_> = connections.collect();
    Ok(Connections { at: now, total: connections.len(), next: None, connections })
}

fn shown(status: &Connections) -> String {
    if status.connections.is_empty() {
        return "No connection has run yet: `dynamoi run` starts them.\n".to_owned();
    }
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header([
        "connection",
        "integration",
        "state",
        "last success",
        "data through",
        "lag",
        "next poll",
    ]);
    let mut remarks = String::new();
    for connection in &status.connections {
        let time =
            |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| whole_seconds(at).to_string());
        table.add_row([
            connection.connection.clone(),
            connection.integration.clone(),
            connection.state.to_string(),
            time(connection.last_success_at),
            time(connection.data_through),
            connection.lag_seconds.map_or_else(|| "-".to_owned(), lag),
            time(connection.next_poll_at),
        ]);
        if let Some(error) = &connection.error {
            remarks = format!("{remarks}\n{}: {error}\n", connection.connection);
        }
        if let Some(Quarantine { rows, last_seen_at, reason, detail }) = &connection.quarantine {
            let at = whole_seconds(*last_seen_at);
            remarks = format!(
                "{remarks}\n{}: rows set aside: {rows}, the latest at {at} ({reason}: {detail}); all are in quarantined_rows\n",
                connection.connection
            );
        }
    }
    format!("{table}\n{remarks}")
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn lag(seconds: i64) -> String {
    let lag = SignedDuration::from_secs(seconds.max(0));
    match (lag.as_hours(), lag.as_mins()) {
        (0, minutes) => format!("{minutes} min"),
        (hours, _) if hours < 48 => format!("{hours} h"),
        (hours, _) => format!("{} d", hours / 24),
    }
}
