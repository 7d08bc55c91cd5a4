//! One connection to one imitation in virtual time: what every rule works with.

use std::{sync::Arc, time::Duration};

use actors::{integration::ConnectionSpec, observer::Silent};
use jiff::{Timestamp, tz::TimeZone};
use rows::{Clock, checkpoint::Checkpoint, clock::SimulatedClock, day};
use secrecy::SecretString;

use super::{
    case::Case,
    fact::{self, Facts},
};
use crate::support::{
    drive::{Driver, End},
    memory::MemorySink,
    wire::ImitationWire,
};

/// An ordinary Saturday noon, three days before the end of nothing.
pub const NOON: &str = "2026-11-21T12:00:00Z";
/// Days of history: more than any fresh tier, less than what would make the suite slow.
pub const HISTORY_DAYS: u32 = 9;

pub struct Bench {
    pub case: &'static dyn Case,
    pub clock: SimulatedClock,
    pub wire: ImitationWire,
    pub sink: MemorySink,
    pub spec: ConnectionSpec,
}

impl Bench {
    pub fn new(case: &'static dyn Case) -> Self {
        Self::at(case, NOON, 1)
    }

    /// A world that is seen first at this time.
    pub fn at(case: &'static dyn Case, now: &str, seed: u64) -> Self {
        let now: Timestamp = now.parse().unwrap();
        Self::beside(case, SimulatedClock::new(now), seed)
    }

    /// One of several that share a clock. Its world and its line grow from the seed.
    pub fn beside(case: &'static dyn Case, clock: SimulatedClock, seed: u64) -> Self {
        let now = clock.now();
        let imitation = case.imitation(seed, HISTORY_DAYS, now);
        let wire = ImitationWire::new(imitation, Arc::new(clock.clone()), seed);
        // Two days more: the world begins with the day of its westernmost zone.
        let start = day::plus_days(day::day_at(now, &TimeZone::UTC), -i64::from(HISTORY_DAYS) - 2);
        Self { case, clock, wire, sink: MemorySink::default(), spec: case.spec(start) }
    }

    pub fn driver(&self) -> Driver {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        Driver::new(
            self.spec.clone(),
            self.case.integration(),
            Arc::new(self.wire.clone()),
            clock,
            Arc::new(Silent),
            Arc::new(self.sink.clone()),
        )
    }

    /// Reads everything once.
    pub async fn once(&self) -> End {
        self.driver().once().await
    }

    /// Reads everything once, which must succeed.
    pub async fn read(&self) {
        let end = self.once().await;
        assert_eq!(end.finished, Some(true), "a complete reading failed: {:#?}", end.failures);
    }

    pub async fn daemon(&self, duration: Duration) -> End {
        self.driver().daemon(duration).await
    }

    /// Polls for so long and is killed.
    pub async fn killed_after(&self, duration: Duration) {
        let _ = tokio::time::timeout(duration, self.driver().daemon(Duration::from_hours(24))).await;
    }

    pub fn set_secret(&mut self, secret: &str) {
        self.case.accept(&self.wire, secret);
        self.spec.credentials.insert(self.case.credential().to_owned(), SecretString::from(secret));
    }

    pub fn truth(&self) -> Facts {
        fact::collect(self.case.truth(&self.wire, &self.spec))
    }

    /// What the tables say.
    pub fn stored(&self) -> Facts {
        let stored = self.sink.0.lock();
        let mine = stored.rows.iter().filter(|((connection, ..), _)| *connection == self.spec.name);
        let facts = mine.filter_map(|(_, row)| fact::of_row(row));
        fact::collect(facts.filter(|fact| !self.case.is_past(fact.table, &fact.key, &self.wire, &self.spec)))
    }

    pub fn checkpoints(&self) -> Vec<Checkpoint> {
        let stored = self.sink.0.lock();
        let mine = stored.checkpoints.iter().filter(|((connection, ..), _)| *connection == self.spec.name);
        mine.map(|(_, checkpoint)| checkpoint.clone()).collect()
    }

    pub fn quarantined(&self) -> usize {
        self.sink.0.lock().quarantined.len()
    }

    /// The tables hold what the imitation serves, and nothing else.
    #[track_caller]
    pub fn assert_true(&self, when: &str) {
        let difference = fact::difference(&self.truth(), &self.stored());
        let name = &self.spec.name;
        assert!(difference.is_empty(), "{when}, the tables of {name} differ from the truth:\n{difference}");
    }
}
