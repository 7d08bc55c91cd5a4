//! A provider's limit, counted exactly.

use std::{collections::VecDeque, time::Duration};

/// How requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Counters that restart at every multiple of the period.
    Fixed,
    /// The period before each request.
    Sliding,
}

/// At most so many requests in a period, and what came of them.
#[derive(Debug, Clone)]
pub struct Allowance {
    requests: usize,
    period: Duration,
    window: Window,
    admitted_at: VecDeque<Duration>,
    pub admitted: u64,
    pub refused: u64,
}

/// The limit's answer to one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Admission {
    /// So much of the allowance is used now.
    Admitted { percent: f64 },
    /// Nothing before this has passed.
    Refused { wait: Duration },
}

impl Allowance {
    pub const fn new(requests: usize, period: Duration, window: Window) -> Self {
        Self { requests, period, window, admitted_at: VecDeque::new(), admitted: 0, refused: 0 }
    }

    /// Counts one request that arrives at `now`.
    pub fn judge(&mut self, now: Duration) -> Admission {
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap();
        let fixed_start = Duration::from_nanos(nanos(now) / nanos(self.period) * nanos(self.period));
        let counts = |at: &Duration| match self.window {
            Window::Fixed => *at >= fixed_start,
            Window::Sliding => *at + self.period > now,
        };
        while self.admitted_at.front().is_some_and(|at| !counts(at)) {
            self.admitted_at.pop_front();
        }
        if self.admitted_at.len() < self.requests {
            self.admitted_at.push_back(now);
            self.admitted += 1;
            let percent = self.admitted_at.len() * 100 / self.requests;
            return Admission::Admitted { percent: f64::from(u32::try_from(percent).unwrap()) };
        }
        self.refused += 1;
        let free = match self.window {
            Window::Fixed => fixed_start + self.period,
            Window::Sliding => self.admitted_at[0] + self.period,
        };
        Admission::Refused { wait: free.saturating_sub(now) }
    }
}
