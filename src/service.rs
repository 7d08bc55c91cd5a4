//! What a service manager is told: systemd, or whoever else listens at `$NOTIFY_SOCKET`. Without one, nothing happens.
//!
//! The watchdog is no blind timer: a sign of life is passed on only when the engine gave one. While the actors' thread or
//! the runtime is stuck, the manager hears nothing and starts the process again.

use std::{collections::BTreeMap, fmt::Write, sync::Arc, time::Duration};

use actors::engine::{Heartbeat, status::Statuses};
use rows::{Clock, clock::SystemClock};
use sd_notify::NotifyState;
use tokio::task::JoinHandle;

/// Where the manager listens.
const SOCKET: &str = "NOTIFY_SOCKET";
/// How often the status line follows the connections when there is no watchdog.
const STATUS_EVERY: Duration = Duration::from_secs(10);
/// Signs of life within one watchdog interval: one may come late.
const BEATS_PER_INTERVAL: u32 = 3;

/// Tells the service manager how it goes.
pub struct Service {
    clock: Arc<dyn Clock>,
    listened: bool,
    beats: Option<JoinHandle<()>>,
}

// === impl Service ===

impl Service {
    /// Tells whoever is named in the environment.
    pub fn from_environment() -> Self {
        let listened = std::env::var_os(SOCKET).is_some_and(|socket| !socket.is_empty());
        Self { clock: Arc::new(SystemClock::new()), listened, beats: None }
    }

    /// The worker has started (again). From the first time on, its heartbeat feeds the watchdog.
    pub fn ready(&mut self, heartbeat: &Heartbeat, statuses: &Statuses) {
        if !self.listened {
            return;
        }
        let status = summary(statuses);
        tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
        if self.beats.is_none() {
            let (clock, heartbeat, statuses) = (self.clock.clone(), heartbeat.clone(), statuses.clone());
            self.beats = Some(tokio::spawn(async move { beat(clock, heartbeat, statuses).await }));
        }
    }

    /// The configuration is being read again; [`ready`](Self::ready) must follow, whatever comes of it.
    pub fn reloading(&self) {
        if !self.listened {
            return;
        }
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now, NotifyState::Status("reading the configuration")]),
            // Without its time the manager would take the message for a mistake.
            Err(error) => tracing::debug!(%error, "no monotonic time for the service manager"),
        }
    }

    /// The worker is about to end.
    pub fn stopping(&mut self) {
        if let Some(beats) = self.beats.take() {
            beats.abort();
        }
        if self.listened {
            tell(&[NotifyState::Stopping, NotifyState::Status("stopping: cycles end at their next page")]);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(beats) = self.beats.take() {
            beats.abort();
        }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("listened", &self.listened).finish_non_exhaustive()
    }
}

/// Passes the engine's signs of life on, and what the connections do. Waits for an answer as long as it takes: a late one
/// counts, too, if the manager has not lost its patience.
async fn beat(clock: Arc<dyn Clock>, heartbeat: Heartbeat, statuses: Statuses) {
    let watchdog = sd_notify::watchdog_enabled().filter(|interval| !interval.is_zero());
    let every = watchdog.map_or(STATUS_EVERY, |interval| interval / BEATS_PER_INTERVAL);
    let mut shown = summary(&statuses);
    loop {
        if watchdog.is_some() && heartbeat.beat().await {
            tell(&[NotifyState::Watchdog]);
        }
        let status = summary(&statuses);
        if status != shown {
            tell(&[NotifyState::Status(&status)]);
            shown = status;
        }
        clock.sleep(every).await;
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        // Not worth more: a manager that hears nothing for long acts, and says so in its own log.
        tracing::debug!(%error, "the service manager was not reached");
    }
}

/// `5 connections: 3 idle, 1 needs_reauth, 1 polling`
fn summary(statuses: &Statuses) -> String {
    let all = statuses.all();
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for status in &all {
        *states.entry(status.state.as_str()).or_default() += 1;
    }
    let mut text = format!("{} connection{}", all.len(), if all.len() == 1 { "" } else { "s" });
    for (at, (state, count)) in states.iter().enumerate() {
        let _ = write!(text, "{} {count} {state}", if at == 0 { ":" } else { "," });
    }
    text
}
