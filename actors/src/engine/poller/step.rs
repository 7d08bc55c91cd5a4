//! What to do now: the check of the accounts, then what is due and may run.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rows::checkpoint::{Checkpoint, DaysProgress, Progress, SnapshotProgress};

use super::{
    Job, Key, ONCE_FAILURES_MAX, Poller, SLEEP_MAX, Step, holes::Holes, later, sleep, sooner, until,
};
use crate::{
    engine::{cycle::Task, schedule},
    limits,
    session::quota::Urgency,
};

impl Poller {
    /// What to do now. `agreed_now` is the time on which this machine and the provider agree.
    pub fn step(&mut self, agreed_now: Timestamp) -> Step {
        let elapsed = self.clock.elapsed();
        let mut step = Step::default();
        self.next_poll_at = None;
        if self.stopped.is_some() {
            step.finished = self.once.map(|_| false);
            return step;
        }
        if self.withheld.is_some() {
            step.finished = self.once.filter(|_| self.running.is_empty()).map(|_| false);
            return step;
        }
        if let Some((_, until)) = self.reauth {
            if self.once.is_some() {
                step.finished = self.running.is_empty().then_some(false);
                return step;
            }
            if elapsed < until {
                let wait = until.saturating_sub(elapsed);
                self.next_poll_at = Some(later(self.clock.now(), wait));
                step.wake_in = Some(sleep(wait));
                return step;
            }
            self.reauth = None;
            self.check_at = None;
        }
        if self.paused && self.once.is_none() {
            return step;
        }
        if let Some(wait) = self.check(elapsed, &mut step) {
            step.wake_in = Some(sleep(wait));
            return step;
        }
        self.cycles(agreed_now, elapsed, &mut step);
        // People have our clock.
        let lag = self.clock.now().duration_since(agreed_now);
        self.next_poll_at = self.next_poll_at.map(|at| at.checked_add(lag).unwrap_or(at));
        step
    }

    /// Starts the check when it is time. Gives how long to wait when nothing else can run before it.
    fn check(&mut self, elapsed: Duration, step: &mut Step) -> Option<Duration> {
        // Before the first answer nothing is read, whatever the store remembers: an account may have changed.
        let is_first = self.check_at.is_none();
        if self.checking {
            return is_first.then_some(SLEEP_MAX);
        }
        if self.check_at.is_some_and(|at| elapsed < at) || self.has_given_up_checking() {
            return None;
        }
        if is_first && self.is_overdue() {
            step.finished = Some(false);
            return Some(SLEEP_MAX);
        }
        self.checking = true;
        step.jobs.push(Job::Check);
        is_first.then_some(SLEEP_MAX)
    }

    /// A single run has asked for the accounts often enough.
    fn has_given_up_checking(&self) -> bool {
        let is_troubled = self.check_trouble.is_some() || !self.unusable.is_empty();
        self.once.is_some() && is_troubled && !self.awaits_accounts()
    }

    /// A single run has asked for this stream often enough.
    fn has_given_up(&self, key: &Key, holes: Option<&Holes>) -> bool {
        let failures = self.troubles.get(key).map_or(0, |trouble| trouble.failures);
        let is_hopeless = holes.is_some_and(Holes::is_hopeless);
        self.once.is_some() && (is_hopeless || failures >= ONCE_FAILURES_MAX)
    }

    fn deep_running(&self) -> usize {
        self.running.values().filter(|work| work.urgency() == Urgency::Deep).count()
    }

    fn cycles(&mut self, agreed_now: Timestamp, elapsed: Duration, step: &mut Step) {
        let mut found: Vec<(Key, Task, Duration)> = Vec::new();
        let mut wake_in = SLEEP_MAX;
        let mut waiting = false;
        let mut holes = std::mem::take(&mut self.holes);
        for (key, checkpoint) in &self.checkpoints {
            if self.running.contains_key(key) {
                continue;
            }
            let (Some(stream), Some(account)) = (self.stream(key), self.account(key)) else { continue };
            let plan = self.plan(stream, agreed_now);
            let works = schedule::due(checkpoint, &plan);
            let mut hole_until = None;
            let work = if let Some(holes) = holes.get_mut(key) {
                let choice = holes.choose(works, elapsed);
                hole_until = choice.waits_until;
                choice.work
            } else {
                works.into_iter().next()
            };
            if self.has_given_up(key, holes.get(key)) {
                self.failed = true;
                continue;
            }
            if let Some(trouble) = self.troubles.get(key)
                && elapsed < trouble.until
            {
                waiting |= work.is_some() || hole_until.is_some();
                wake_in = wake_in.min(trouble.until.saturating_sub(elapsed));
                sooner(&mut self.next_poll_at, later(agreed_now, trouble.until.saturating_sub(elapsed)));
                continue;
            }
            let Some(work) = work else {
                let mut next = schedule::next_at(checkpoint, &plan);
                if holes.get(key).is_some_and(|holes| !holes.is_empty()) {
                    // What is due and waits is none of it.
                    next = next.max(later(agreed_now, SLEEP_MAX));
                }
                if let Some(at) = hole_until {
                    next = next.min(later(agreed_now, at.saturating_sub(elapsed)));
                }
                // A single run waits for nothing but reports that it asked for itself, and days that may be had yet.
                let report = matches!(
                    &checkpoint.progress,
                    Progress::Days(DaysProgress { resume: Some(_), .. })
                        | Progress::Snapshot(SnapshotProgress { resume: Some(_), .. })
                );
                waiting |= report || hole_until.is_some();
                wake_in = wake_in.min(until(agreed_now, next));
                sooner(&mut self.next_poll_at, next);
                continue;
            };
            let lateness = schedule::lateness(checkpoint, &plan, &work);
            let task = Task {
                account: account.clone(),
                stream: Arc::clone(stream),
                work,
                checkpoint: Checkpoint::clone(checkpoint),
                urgent: self.once.is_some(),
            };
            found.push((key.clone(), task, lateness));
        }
        self.holes = holes;
        // What is most urgent first; within, what waits longest.
        found.sort_by_key(|(_, task, lateness)| (task.work.rank(), std::cmp::Reverse(*lateness)));
        let pending = !found.is_empty();
        for (key, task, lateness) in found {
            if self.running.len() >= limits::CYCLES_PER_CONNECTION_MAX {
                break;
            }
            // Cycles of an account that is held wait within their calls: they leave places to those of the others.
            let of_account =
                self.running.keys().filter(|running| running.account_id == key.account_id).count();
            if self.accounts.len() > 1 && of_account >= limits::CYCLES_PER_ACCOUNT_MAX {
                continue;
            }
            let deep = task.work.urgency() == Urgency::Deep;
            // One place stays free for fresh work, unless a person waits for all of it.
            if deep && self.once.is_none() && self.deep_running() + 1 >= limits::CYCLES_PER_CONNECTION_MAX {
                continue;
            }
            self.running.insert(key.clone(), task.work.clone());
            step.jobs.push(Job::Cycle { key, task: Box::new(task), lateness });
        }
        let is_whole = self.check_trouble.is_none() && self.unusable.is_empty();
        if self.once.is_some() {
            // What may pass is asked for again before the run ends without it.
            waiting |= self.awaits_accounts();
            let exhausted = waiting && self.is_overdue();
            if self.running.is_empty() && !self.checking && !pending && (!waiting || exhausted) {
                step.finished = Some(!self.failed && !waiting && is_whole);
            }
        }
        // While it is under way, its end wakes.
        if let Some(at) = self.check_at
            && !self.checking
            && !self.has_given_up_checking()
        {
            wake_in = wake_in.min(at.saturating_sub(elapsed));
            // Until there are accounts, that is what comes next.
            if self.checkpoints.is_empty() {
                self.next_poll_at = Some(later(agreed_now, at.saturating_sub(elapsed)));
            }
        }
        step.wake_in = Some(sleep(wake_in));
    }
}
