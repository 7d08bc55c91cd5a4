//! Days that a provider does not answer for, while it answers for others: one bad day never takes its stream with it.
//!
//! A window that fails again and again is halved, and so are its halves, until one day is left: a *hole*. What else is due
//! is read, a hole is asked for again after a delay of its own, and the stream says so until it is read.

use std::time::Duration;

use rows::{DayRange, day::plus_days};

use crate::{
    engine::schedule::{Reason, Work},
    limits,
    session::retry::Delays,
};

/// Windows of one stream that are set aside.
#[derive(Debug, Default)]
pub(super) struct Holes {
    /// Everything is read once: what has failed often enough is given up.
    once: bool,
    /// Newest first, without overlap.
    known: Vec<Hole>,
    /// The window that failed last, and how often in a row.
    last: Option<(DayRange, u32)>,
    /// Windows that failed since something of the stream was read.
    in_a_row: u32,
}

#[derive(Debug)]
struct Hole {
    days: DayRange,
    error: String,
    /// When it is asked for again, by the monotonic clock.
    until: Duration,
    delays: Delays,
    failures: u32,
    /// How often it was halved.
    depth: u32,
}

/// What can be done of what is due.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// What goes first.
    pub work: Option<Work>,
    /// Something waits until then, by the monotonic clock.
    pub waits_until: Option<Duration>,
}

/// More than these make a text long, and the log has them.
const HOLES_NAMED: usize = 5;

// === impl Holes ===

impl Holes {
    /// None yet.
    pub fn new(once: bool) -> Self {
        Self { once, ..Self::default() }
    }

    /// The first of these works that touches no hole which waits. A window that reaches over holes is cut at them.
    pub fn choose(&mut self, works: Vec<Work>, now: Duration) -> Choice {
        // A hole of which nothing is due any more has been overtaken by time.
        self.known.retain(|hole| {
            works.iter().any(|work| window(work).is_some_and(|(days, _)| overlap(days, hole.days).is_some()))
        });
        if self.known.is_empty() {
            return Choice { work: works.into_iter().next(), waits_until: None };
        }
        let mut waits_until: Option<Duration> = None;
        let mut ready: Option<(&Hole, Reason)> = None;
        for work in works {
            // What is no window touches no hole, and a report is prepared already.
            let Some((days, reason)) = window(&work).filter(|(_, reason)| *reason != Reason::Report) else {
                return Choice { work: Some(work), waits_until };
            };
            for (days, hole) in self.cut(days) {
                match hole {
                    Some(hole) if self.once && hole.is_given_up() => {}
                    Some(hole) if now < hole.until => {
                        waits_until = Some(waits_until.map_or(hole.until, |at| at.min(hole.until)));
                    }
                    // Where nothing comes, what was asked for least goes first: of holes, the one that waits longest.
                    Some(hole) if self.may_be_down() => {
                        ready =
                            ready.filter(|(before, _)| before.until <= hole.until).or(Some((hole, reason)));
                    }
                    _ => return Choice { work: Some(Work::Window { days, reason }), waits_until },
                }
            }
        }
        let work = ready.map(|(hole, reason)| Work::Window { days: hole.days, reason });
        Choice { work, waits_until }
    }

    /// Notes that these days were not to be had. Gives whether the rest of the stream goes on at once: not while it may be
    /// the provider that is down.
    pub fn failed(&mut self, days: DayRange, error: &str, is_final: bool, now: Duration) -> bool {
        // A day that failed before says nothing new of the provider.
        let is_known = self.known.iter().any(|hole| hole.days == days && hole.failures > 0);
        self.in_a_row = self.in_a_row.saturating_add(u32::from(!is_known));
        let goes_on = !self.may_be_down();
        if let Some(at) = self.known.iter().position(|hole| hole.days == days) {
            let hole = self.known.remove(at);
            self.set_aside(hole, error, now);
            return goes_on;
        }
        let times = match self.last {
            Some((last, times)) if last == days => times + 1,
            _ => 1,
        };
        self.last = Some((days, times));
        let is_passing = !is_final && times < limits::WINDOW_FAILURES_MAX;
        if is_passing || self.known.len() >= limits::HOLES_MAX {
            return false;
        }
        self.last = None;
        // What is known of a part of it is known of all of it.
        self.known.retain(|known| overlap(known.days, days).is_none());
        self.set_aside(Hole::new(days, error, now), error, now);
        goes_on
    }

    /// In halves, asked for at once: one bad day is to be found. A day alone waits.
    fn set_aside(&mut self, mut hole: Hole, error: &str, now: Duration) {
        if let Some((older, newer)) = hole.days.halves().filter(|_| self.known.len() + 2 <= limits::HOLES_MAX)
        {
            let half = |days| Hole { depth: hole.depth + 1, ..Hole::new(days, error, now) };
            self.known.extend([half(newer), half(older)]);
        } else {
            hole.failed(error, now);
            self.known.push(hole);
        }
        self.known.sort_by_key(|hole| std::cmp::Reverse(hole.days.first));
    }

    /// A single run has got nothing for too long: it gives the stream up.
    pub const fn is_hopeless(&self) -> bool {
        self.once && self.may_be_down()
    }

    /// Notes that these days were read; other kinds of work tell none.
    pub fn read(&mut self, days: Option<DayRange>) {
        self.in_a_row = 0;
        self.last = None;
        let Some(days) = days else { return };
        let before = std::mem::take(&mut self.known);
        for hole in before {
            let Some(common) = overlap(hole.days, days) else {
                self.known.push(hole);
                continue;
            };
            let newer = DayRange::new(plus_days(common.last, 1), hole.days.last);
            let older = DayRange::new(hole.days.first, plus_days(common.first, -1));
            for left in [newer, older].into_iter().flatten() {
                self.known.push(Hole { days: left, ..hole.again() });
            }
        }
    }

    /// A person wants everything to be asked for again.
    pub fn ask_again(&mut self, now: Duration) {
        self.last = None;
        self.in_a_row = 0;
        for hole in &mut self.known {
            *hole = Hole { until: now, ..hole.again() };
        }
    }

    /// None are known.
    pub const fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// For people: what is not read, and why.
    pub fn said(&self) -> Option<String> {
        let first = self.known.first()?;
        let named = self.known.iter().take(HOLES_NAMED).map(|hole| match (hole.days.first, hole.days.last) {
            (day, last) if day == last => day.to_string(),
            (day, last) => format!("{day} to {last}"),
        });
        let mut days = named.collect::<Vec<_>>().join(", ");
        if let Some(more) = self.known.len().checked_sub(HOLES_NAMED).filter(|more| *more > 0) {
            days = format!("{days} and {more} more");
        }
        Some(format!(
            "{days} cannot be read; other days are read, and these are asked for again: {}",
            first.error
        ))
    }

    /// The trouble may be with the provider and not with days.
    const fn may_be_down(&self) -> bool {
        self.in_a_row > limits::FAILURES_IN_A_ROW_MAX
    }

    /// The days in pieces: first, newest first, what is in no hole, then the holes; of them those that were halved least: if
    /// one half fails, the other is known before halves of halves are.
    fn cut(&self, days: DayRange) -> Vec<(DayRange, Option<&Hole>)> {
        let mut pieces = Vec::new();
        let mut touched = Vec::new();
        let mut upper = days.last;
        for hole in &self.known {
            let Some(common) = overlap(hole.days, days) else { continue };
            pieces.extend(DayRange::new(plus_days(common.last, 1), upper).map(|days| (days, None)));
            // Asked for as it failed: that is how it is known again. Days of it that are not due are read with it.
            touched.push((hole.days, Some(hole)));
            upper = plus_days(common.first, -1);
        }
        pieces.extend(DayRange::new(days.first, upper).map(|days| (days, None)));
        touched.sort_by_key(|(_, hole)| hole.map(|hole| hole.depth));
        pieces.extend(touched);
        pieces
    }
}

// === impl Hole ===

impl Hole {
    /// Asked for at once.
    fn new(days: DayRange, error: &str, now: Duration) -> Self {
        let delays = Delays::new(limits::BACKOFF_INITIAL, limits::BACKOFF_MAX);
        Self { days, error: error.to_owned(), until: now, delays, failures: 0, depth: 0 }
    }

    fn failed(&mut self, error: &str, now: Duration) {
        error.clone_into(&mut self.error);
        self.failures = self.failures.saturating_add(1);
        self.until = now + self.delays.next_delay().max(Duration::from_secs(1));
    }

    /// The same, as if it had not failed yet; it still waits.
    fn again(&self) -> Self {
        Self { depth: self.depth, ..Self::new(self.days, &self.error, self.until) }
    }

    const fn is_given_up(&self) -> bool {
        self.failures >= limits::WINDOW_FAILURES_MAX
    }
}

fn window(work: &Work) -> Option<(DayRange, Reason)> {
    match work {
        Work::Window { days, reason } => Some((*days, *reason)),
        _ => None,
    }
}

fn overlap(one: DayRange, other: DayRange) -> Option<DayRange> {
    DayRange::new(one.first.max(other.first), one.last.min(other.last))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn days(first: i8, last: i8) -> DayRange {
        DayRange::new(date(2026, 11, first), date(2026, 11, last)).unwrap()
    }

    /// What has been read of a hole, by whatever window, is missing no longer, and is not said to be.
    #[test]
    fn what_is_read_of_a_hole_is_none_of_it_any_more() {
        let mut holes = Holes::new(false);
        assert!(
            holes.failed(days(10, 13), "status 400", true, Duration::ZERO),
            "the rest of the stream goes on"
        );
        let said = holes.said().unwrap();
        assert!(
            said.starts_with("2026-11-12 to 2026-11-13, 2026-11-10 to 2026-11-11 cannot be read"),
            "{said}"
        );
        holes.read(Some(days(11, 12)));
        let said = holes.said().unwrap();
        assert!(said.starts_with("2026-11-13, 2026-11-10 cannot be read"), "{said}");
        holes.read(Some(days(10, 13)));
        assert!(holes.is_empty() && holes.said().is_none());
    }
}
