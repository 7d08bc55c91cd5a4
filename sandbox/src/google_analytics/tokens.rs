//! What a property has left: each report takes tokens from pools that fill up by the hour and by the Pacific day.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Value, json};

/// A quota of a property, as `propertyQuota` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// `concurrentRequests`.
    Concurrent,
    /// `tokensPerDay`, from midnight to midnight in California.
    Day,
    /// `tokensPerHour`.
    Hour,
    /// `tokensPerProjectPerHour`.
    ProjectHour,
    /// `serverErrorsPerProjectPerHour`.
    ServerErrors,
    /// `potentiallyThresholdedRequestsPerHour`.
    Thresholded,
}

/// What one property has used.
#[derive(Debug, Clone, Default)]
pub(super) struct Used {
    day: Option<Date>,
    hour: i64,
    /// In the order of [`Pool::ALL`].
    tokens: [u64; 6],
}

impl Pool {
    const ALL: [Self; 6] =
        [Self::Concurrent, Self::Day, Self::Hour, Self::ProjectHour, Self::ServerErrors, Self::Thresholded];

    /// What the limit of a sandbox is taken for, by how long it asks for silence.
    pub(super) fn of_wait(wait: Duration) -> Self {
        if wait > Duration::from_mins(1) { Self::ProjectHour } else { Self::Concurrent }
    }

    /// How long the documentation asks to wait when it is used up.
    pub(super) fn wait(self) -> Duration {
        match self {
            Self::Concurrent => Duration::from_secs(30),
            Self::Hour | Self::ProjectHour | Self::Thresholded => Duration::from_mins(30),
            Self::ServerErrors => Duration::from_hours(1),
            Self::Day => Duration::from_hours(24),
        }
    }

    /// What a standard property gets.
    fn allowance(self) -> u64 {
        match self {
            Self::Concurrent | Self::ServerErrors => 10,
            Self::Day => 200_000,
            Self::Hour => 40_000,
            Self::ProjectHour => 14_000,
            Self::Thresholded => 120,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Concurrent => "concurrentRequests",
            Self::Day => "tokensPerDay",
            Self::Hour => "tokensPerHour",
            Self::ProjectHour => "tokensPerProjectPerHour",
            Self::ServerErrors => "serverErrorsPerProjectPerHour",
            Self::Thresholded => "potentiallyThresholdedRequestsPerHour",
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Concurrent => {
                "Exhausted concurrent requests quota. Please wait for other requests to complete before sending more."
            }
            Self::Day => {
                "Exhausted property tokens per day. These quota tokens will return in less than 24 hours."
            }
            Self::Hour => {
                "Exhausted property tokens per hour. These quota tokens will return in under an hour."
            }
            Self::ProjectHour => {
                "Exhausted property tokens for a project per hour. These quota tokens will return in under an hour."
            }
            Self::ServerErrors => "Exhausted server errors quota.",
            Self::Thresholded => "Exhausted potentially thresholded requests quota.",
        }
    }

    fn is_tokens(self) -> bool {
        matches!(self, Self::Day | Self::Hour | Self::ProjectHour)
    }
}

impl Used {
    /// Lets the pools fill up that time has refilled.
    fn refill(&mut self, now: Timestamp) {
        let pacific = TimeZoneDatabase::bundled().get("America/Los_Angeles").unwrap_or(TimeZone::UTC);
        let (day, hour) = (now.to_zoned_datetime(pacific).date(), now.as_second().div_euclid(3_600));
        for (pool, used) in Pool::ALL.into_iter().zip(&mut self.tokens) {
            let is_old = if pool == Pool::Day { self.day != Some(day) } else { self.hour != hour };
            if is_old {
                *used = 0;
            }
        }
        (self.day, self.hour) = (Some(day), hour);
    }

    /// The first pool that is empty.
    pub(super) fn empty(&mut self, now: Timestamp) -> Option<Pool> {
        self.refill(now);
        Pool::ALL
            .into_iter()
            .zip(self.tokens)
            .find(|(pool, used)| *used >= pool.allowance())
            .map(|(pool, _)| pool)
    }

    /// Takes out what a report costs.
    pub(super) fn take(&mut self, tokens: u64) {
        for (pool, used) in Pool::ALL.into_iter().zip(&mut self.tokens) {
            *used += if pool.is_tokens() { tokens } else { 0 };
        }
    }

    /// Leaves so much in a pool.
    pub(super) fn leave(&mut self, pool: Pool, left: u64, now: Timestamp) {
        self.refill(now);
        for (other, used) in Pool::ALL.into_iter().zip(&mut self.tokens) {
            if other == pool {
                *used = pool.allowance().saturating_sub(left);
            }
        }
    }

    /// `propertyQuota`: what a report that cost so much leaves.
    pub(super) fn told(&self, tokens: u64) -> Value {
        let status = |(pool, used): (Pool, u64)| {
            let mut status = json!({ "remaining": pool.allowance().saturating_sub(used) });
            if pool.is_tokens() {
                status["consumed"] = tokens.into();
            }
            (pool.name().to_owned(), status)
        };
        Value::Object(Pool::ALL.into_iter().zip(self.tokens).map(status).collect())
    }
}
