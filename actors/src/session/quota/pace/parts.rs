//! A pace that is a part of what several workers may send together, and what they tell each other.

use std::time::Duration;

use rows::cache;

use super::{DECREASE, Pace};

impl Pace {
    /// This worker's part of the rule changes; nothing = none for now. What was learned changes with it.
    pub fn share(&mut self, now: Duration, part: Option<f64>) {
        let part = part.filter(|part| *part > 0.0);
        self.partless = self.whole.is_some() && part.is_none();
        let (Some(whole), Some(part)) = (self.whole, part) else { return };
        let change = part / self.part;
        if (change - 1.0).abs() < 1e-6 {
            return;
        }
        self.part = part;
        self.rule = Some(if part < 1.0 { whole.part(part) } else { whole });
        if let Some((pace, _)) = &mut self.ceiling {
            *pace *= change;
        }
        if let Some(rate) = self.rate {
            let next = self.top().map_or(rate * change, |top| (rate * change).min(top)).max(self.floor());
            // What was earned since the last request stays earned.
            let last = self.passed.back().copied();
            self.set_rate(last.unwrap_or(now), next, last.is_none());
        }
    }

    /// This worker's part of the rule; nothing = none.
    pub fn part(&self) -> Option<f64> {
        (!self.partless).then_some(self.part)
    }

    /// What the provider told here: the rest of a hold, and a pace for all workers that was just learned.
    pub fn tell(&mut self, now: Duration) -> (Option<cache::Hold>, Option<f64>) {
        (self.holds.to_tell(now), self.news.take())
    }

    /// It could not be told: it stays news, unless there is newer.
    pub fn untold(&mut self, learned: Option<f64>) {
        self.news = self.news.or(learned);
    }

    /// The provider told another worker to wait, as was learned from a request sent at `asked_at`.
    pub fn hear_hold(&mut self, now: Duration, asked_at: Duration, hold: cache::Hold) {
        self.holds.hear(now, asked_at, hold);
    }

    /// What another worker learned: a pace for all, with the number of this news.
    pub fn hear(&mut self, now: Duration, learned: Option<(f64, u64)>) {
        let Some((pace, number)) = learned.filter(|(_, number)| *number != self.heard) else { return };
        self.heard = number;
        let pace = pace * self.part;
        if self.rate.is_some_and(|rate| rate > pace * 1.001) {
            self.ceiling = Some((pace / DECREASE, now));
            self.set_rate(now, pace.max(self.floor()), false);
            self.last_decrease = Some(now);
        }
    }
}
