//! A request limit on an imitation, and what the client made of it.

use std::collections::VecDeque;
use std::time::Duration;

/// Requests that arrive this soon after a refusal may have been on their way already: they are no violation.
const IN_FLIGHT_GRACE: Duration = Duration::from_millis(100);

/// How requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Counters that restart at every multiple of the period.
    Fixed,
    /// The period before each request.
    Sliding,
}

/// By which clock a limit is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Real time, for clients that really wait.
    Real,
    /// The sandbox's clock, for clients whose time a test drives.
    Sandbox,
}

/// At most this many requests in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Requests admitted per period, at least 1.
    pub requests: u32,
    /// The period's length.
    pub period: Duration,
    /// How requests are counted.
    pub window: Window,
    /// The clock it is measured by.
    pub measure: Measure,
}

impl Limit {
    /// This many requests in any second of real time.
    pub fn per_second(requests: u32) -> Self {
        Self::per(requests, Duration::from_secs(1))
    }

    /// This many requests in any `period` of real time.
    pub fn per(requests: u32, period: Duration) -> Self {
        let period = period.max(Duration::from_millis(1));
        Self { requests: requests.max(1), period, window: Window::Sliding, measure: Measure::Real }
    }

    /// The same limit, counted in fixed windows.
    #[must_use]
    pub fn fixed(mut self) -> Self {
        self.window = Window::Fixed;
        self
    }

    /// The same limit, measured by the sandbox's clock.
    #[must_use]
    pub fn by_sandbox_clock(mut self) -> Self {
        self.measure = Measure::Sandbox;
        self
    }
}

/// What came of the requests while a limit was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitCounts {
    /// Requests within the limit.
    pub admitted: u64,
    /// Requests above it.
    pub refused: u64,
    /// Requests that came although an answer had told the client to wait longer (see `Imitation::announced_wait`).
    pub violations: u64,
}

/// The limit's answer to one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    /// Within the limit; this much of it is used now (0 to 100).
    Admitted(f64),
    /// Above it until `wait` has passed.
    Refused { usage_percent: f64, wait: Duration },
}

/// One limit at work. Times are durations since any fixed moment of the limit's clock.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: Limit,
    admitted_at: VecDeque<Duration>,
    told: Option<Told>,
    counts: LimitCounts,
}

/// The client was told, at a time, to stay away until another.
#[derive(Debug, Clone, Copy)]
struct Told {
    at: Duration,
    until: Duration,
}

impl Meter {
    pub(crate) fn new(limit: Limit) -> Self {
        Self { limit, admitted_at: VecDeque::new(), told: None, counts: LimitCounts::default() }
    }

    pub(crate) fn limit(&self) -> Limit {
        self.limit
    }

    pub(crate) fn counts(&self) -> LimitCounts {
        self.counts
    }

    /// Counts one request that arrives at `time`.
    pub(crate) fn judge(&mut self, time: Duration) -> Verdict {
        self.note_violation(time);
        let window_start = self.window_start(time);
        while self.admitted_at.front().is_some_and(|at| *at < window_start) {
            self.admitted_at.pop_front();
        }
        let used = u32::try_from(self.admitted_at.len()).unwrap_or(u32::MAX);
        if used < self.limit.requests {
            self.admitted_at.push_back(time);
            self.counts.admitted += 1;
            return Verdict::Admitted(100.0 * f64::from(used + 1) / f64::from(self.limit.requests));
        }
        let until = self.next_room(time);
        self.counts.refused += 1;
        let usage_percent = 100.0 * f64::from(used) / f64::from(self.limit.requests);
        Verdict::Refused { usage_percent, wait: until.saturating_sub(time) }
    }

    /// Notes that the client has been told, at `time`, to wait this long. While an earlier word holds, it counts.
    pub(crate) fn tell(&mut self, time: Duration, wait: Duration) {
        if self.told.is_none_or(|told| told.until <= time) {
            self.told = Some(Told { at: time, until: time + wait });
        }
    }

    fn note_violation(&mut self, time: Duration) {
        let grace = match self.limit.measure {
            Measure::Real => IN_FLIGHT_GRACE,
            Measure::Sandbox => Duration::ZERO,
        };
        if let Some(told) = self.told
            && time < told.until
            && time >= told.at + grace
        {
            self.counts.violations += 1;
        }
    }

    /// Admissions before this time no longer count.
    fn window_start(&self, time: Duration) -> Duration {
        match self.limit.window {
            Window::Sliding => (time + Duration::from_nanos(1)).saturating_sub(self.limit.period),
            Window::Fixed => time.saturating_sub(remainder(time, self.limit.period)),
        }
    }

    /// When the next request would be admitted.
    fn next_room(&self, time: Duration) -> Duration {
        match self.limit.window {
            Window::Sliding => self.admitted_at.front().copied().unwrap_or(time) + self.limit.period,
            Window::Fixed => self.window_start(time) + self.limit.period,
        }
    }
}

/// A wait in whole seconds, the unit of `Retry-After`: rounded up, at least one.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

fn remainder(time: Duration, period: Duration) -> Duration {
    let nanos = time.as_nanos() % period.as_nanos().max(1);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: f64) -> Duration {
        Duration::from_secs_f64(count)
    }

    #[test]
    fn a_sliding_window_refuses_until_the_oldest_admission_leaves_it() {
        let mut meter = Meter::new(Limit::per_second(2));
        assert_eq!(meter.judge(seconds(10.0)), Verdict::Admitted(50.0));
        assert_eq!(meter.judge(seconds(10.5)), Verdict::Admitted(100.0));
        let wait = Duration::from_millis(300);
        assert_eq!(meter.judge(seconds(10.7)), Verdict::Refused { usage_percent: 100.0, wait });
        assert_eq!(meter.judge(seconds(11.0)), Verdict::Admitted(100.0));
        assert_eq!(meter.counts(), LimitCounts { admitted: 3, refused: 1, violations: 0 });
    }

    #[test]
    fn a_fixed_window_restarts_at_its_multiples() {
        let mut meter = Meter::new(Limit::per_second(1).fixed());
        assert!(matches!(meter.judge(seconds(3.9)), Verdict::Admitted(_)));
        assert!(matches!(meter.judge(seconds(3.95)), Verdict::Refused { .. }));
        assert!(matches!(meter.judge(seconds(4.0)), Verdict::Admitted(_)));
    }

    #[test]
    fn a_request_before_the_told_time_is_a_violation_unless_it_was_on_its_way() {
        let mut meter = Meter::new(Limit::per(1, seconds(60.0)));
        meter.judge(seconds(0.0));
        meter.judge(seconds(1.0));
        meter.tell(seconds(1.0), seconds(120.0));
        meter.judge(seconds(1.05));
        assert_eq!(meter.counts().violations, 0, "within the grace for requests in flight");
        meter.judge(seconds(30.0));
        meter.tell(seconds(30.0), seconds(60.0));
        meter.judge(seconds(120.9));
        assert_eq!(meter.counts().violations, 2, "what was told first holds, also where there is room again");
        meter.judge(seconds(121.0));
        assert_eq!(meter.counts().violations, 2);
        let mut driven = Meter::new(Limit::per(1, seconds(60.0)).by_sandbox_clock());
        driven.judge(seconds(0.0));
        driven.tell(seconds(0.0), seconds(60.0));
        driven.judge(seconds(0.0));
        assert_eq!(driven.counts().violations, 1, "a driven clock knows no grace");
    }
}
