//! What was refused: all of it is counted, and told of once a minute, however much it is.

use std::{collections::BTreeMap, fmt::Display, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rows::Clock;

use super::limits::TOLD_EVERY;
use crate::telemetry::Metrics;

/// Why a request was refused, or a connection closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refused {
    /// No HTTP.
    Malformed,
    /// Head or body.
    TooLarge,
    /// Head, body, or the taking of the answer.
    Slow,
    /// There were too many connections.
    Crowded,
    /// Too many pages and lists are made, or not taken.
    Busy,
    /// Made to a name that is not ours.
    ForeignHost,
    /// Another site's page, or an old one of ours.
    ForeignPage,
    /// Without credentials, as browsers ask at first.
    Stranger,
    /// With wrong credentials.
    WrongCredentials,
    /// With a tenant's token, for what is the operators'.
    NotForTenants,
    /// For a connection that takes none.
    NoWebhook,
    /// The signature.
    Unsigned,
    /// The handshake.
    Tls,
}

/// Counts and tells.
pub(super) struct Refusals {
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    untold: Mutex<Untold>,
}

#[derive(Default)]
struct Untold {
    told_at: Option<Duration>,
    counts: BTreeMap<Refused, u64>,
}

// === impl Refused ===

impl Refused {
    const ALL: [Self; 13] = [
        Self::Malformed,
        Self::TooLarge,
        Self::Slow,
        Self::Crowded,
        Self::Busy,
        Self::ForeignHost,
        Self::ForeignPage,
        Self::Stranger,
        Self::WrongCredentials,
        Self::NotForTenants,
        Self::NoWebhook,
        Self::Unsigned,
        Self::Tls,
    ];

    /// As a label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Slow => "slow",
            Self::Crowded => "crowded",
            Self::Busy => "busy",
            Self::ForeignHost => "foreign_host",
            Self::ForeignPage => "foreign_page",
            Self::Stranger => "stranger",
            Self::WrongCredentials => "wrong_credentials",
            Self::NotForTenants => "not_for_tenants",
            Self::NoWebhook => "no_webhook",
            Self::Unsigned => "unsigned",
            Self::Tls => "tls",
        }
    }
}

// === impl Refusals ===

impl Refusals {
    pub fn new(metrics: Arc<Metrics>, clock: Arc<dyn Clock>) -> Self {
        // They exist from the start, so that the first one is an increase and not a new series.
        for refused in Refused::ALL {
            metrics.http_refused(refused.as_str(), 0);
        }
        Self { metrics, clock, untold: Mutex::default() }
    }

    /// One more. The first one after a quiet minute is told at once, with its detail; the log never has more than a line a
    /// minute of them.
    pub fn note(&self, refused: Refused, detail: impl Display) {
        self.metrics.http_refused(refused.as_str(), 1);
        if refused == Refused::Stranger {
            return;
        }
        let now = self.clock.elapsed();
        let mut untold = self.untold.lock();
        if untold.counts.is_empty() && untold.is_due(now) {
            untold.told_at = Some(now);
            drop(untold);
            tracing::warn!(reason = refused.as_str(), %detail, "a request was refused");
        } else {
            *untold.counts.entry(refused).or_default() += 1;
        }
    }

    /// Tells what was not told yet, if it is time.
    pub fn tell(&self) {
        let now = self.clock.elapsed();
        let mut untold = self.untold.lock();
        if !untold.is_due(now) || untold.counts.is_empty() {
            return;
        }
        let counts = std::mem::take(&mut untold.counts);
        untold.told_at = Some(now);
        drop(untold);
        let requests: u64 = counts.values().sum();
        let reasons: Vec<_> =
            counts.iter().map(|(refused, count)| format!("{count} {}", refused.as_str())).collect();
        tracing::warn!(requests, reasons = reasons.join(", "), "more requests were refused");
    }
}

// === impl Untold ===

impl Untold {
    fn is_due(&self, now: Duration) -> bool {
        self.told_at.is_none_or(|at| now.saturating_sub(at) >= TOLD_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use rows::clock::SimulatedClock;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn however_many_are_refused_the_log_has_a_line_a_minute() {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(jiff::Timestamp::UNIX_EPOCH));
        let metrics = Arc::new(Metrics::new("1", clock.clone()).unwrap());
        let refusals = Refusals::new(metrics.clone(), clock);
        let (lines, counting) = Lines::counting();
        let _guard = tracing::subscriber::set_default(counting);
        for second in 0..150 {
            for _ in 0..10 {
                refusals.note(Refused::Malformed, "");
                refusals.note(Refused::Stranger, "");
            }
            refusals.tell();
            let expected = 1 + second / 60;
            assert_eq!(lines.count(), expected, "after {second} seconds");
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let text = metrics.text().unwrap();
        for line in [
            "dynamoi_http_refused_total{reason=\"malformed\"} 1500\n",
            "dynamoi_http_refused_total{reason=\"stranger\"} 1500\n",
            "dynamoi_http_refused_total{reason=\"slow\"} 0\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }

    /// How many lines were logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn counting() -> (Self, impl tracing::Subscriber) {
            let lines = Self::default();
            let writer = lines.clone();
            (lines, tracing_subscriber::fmt().with_writer(move || writer.clone()).finish())
        }

        fn count(&self) -> usize {
            String::from_utf8_lossy(&self.0.lock()).lines().count()
        }
    }

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
