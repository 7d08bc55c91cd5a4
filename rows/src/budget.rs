//! Budgets: so much in a day or a month. What is used of them is kept where a restart does not refill them, and where
//! everybody sees it who is counted together: the port [`Budgets`].
//!
//! What is used is noted under the beginning of a *slot*: an hour where the budget frees bit by bit, the whole day or month
//! where it is granted anew at its beginning.

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    day::{day_at, plus_days, start_of},
    limits::BUDGET_LATENESS,
};

/// The length of a rolling budget's slots.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// 24 hours, or a calendar day.
    Day,
    /// 30 days, or a calendar month.
    Month,
}

/// When what was used is granted again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resets {
    /// Each use for itself, once it is older than the period.
    Rolling,
    /// All at once, when the day or month turns in this zone.
    Zone(TimeZone),
}

/// For how long a budget is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The period.
    pub per: Period,
    /// When it begins anew.
    pub resets: Resets,
}

/// What somebody wants to use of a budget.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// Whose budget: a digest of what the provider counts by.
    pub owner: &'a str,
    /// Which of the owner's budgets.
    pub scope: &'a str,
    /// How much there is, in the budget's own unit.
    pub limit: u64,
    /// For how long.
    pub term: &'a Term,
    /// How much is wanted.
    pub amount: u64,
    /// When.
    pub at: Timestamp,
}

/// What came of charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// All were granted.
    All {
        /// What is used now, by charge.
        used: Vec<u64>,
    },
    /// Nothing was taken from any budget.
    Nothing {
        /// Which of the charges does not fit; the one that waits longest.
        place: usize,
        /// What is used.
        used: u64,
        /// When it will fit, if nobody else takes what gets free. The end of time for more than the limit.
        until: Timestamp,
    },
}

/// What is used, by slot, oldest first.
pub type Slots = Vec<(Timestamp, u64)>;

/// Keeps what is used of budgets, durable and the same for all who share one.
pub trait Budgets: Send + Sync {
    /// Takes all of it or nothing. Whatever others take at the same time, no budget is exceeded. An error: what is used is
    /// not known, and nothing that needs a budget may be done.
    fn take<'a>(&'a self, charges: &'a [Charge<'a>]) -> BoxFuture<'a, Result<Taken, BudgetError>>;
}

/// What is used of a budget is not known, or could not be noted: passing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what is used of the budget cannot be looked up, and nothing is sent before it can: {0}")]
pub struct BudgetError(pub String);

// === impl Period ===

impl Period {
    /// As in labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

// === impl Term ===

impl Term {
    /// Any 24 hours, or 30 days.
    pub const fn rolling(per: Period) -> Self {
        Self { per, resets: Resets::Rolling }
    }

    /// The slot under which is noted what is used now.
    pub fn slot(&self, now: Timestamp) -> Timestamp {
        match &self.resets {
            Resets::Rolling => hour_of(now),
            Resets::Zone(zone) => self.turn(now, zone, 0),
        }
    }

    /// The oldest slot that counts now.
    pub fn oldest(&self, now: Timestamp) -> Timestamp {
        match &self.resets {
            Resets::Rolling => {
                // Of a slot, the use at its very end is the one that counts longest.
                let age = self.length().saturating_add(BUDGET_LATENESS);
                hour_of(now.checked_sub(age).unwrap_or(Timestamp::MIN))
            }
            Resets::Zone(zone) => self.turn(now, zone, 0),
        }
    }

    /// When what is noted under this slot counts no longer.
    pub fn freed(&self, slot: Timestamp) -> Timestamp {
        match &self.resets {
            Resets::Rolling => {
                let age = HOUR.saturating_add(self.length()).saturating_add(BUDGET_LATENESS);
                slot.checked_add(age).unwrap_or(Timestamp::MAX)
            }
            Resets::Zone(zone) => self.turn(slot, zone, 1),
        }
    }

    /// For people, after an amount: `today`.
    pub const fn words(&self) -> &'static str {
        match (&self.resets, self.per) {
            (Resets::Rolling, Period::Day) => "in 24 hours",
            (Resets::Rolling, Period::Month) => "in 30 days",
            (Resets::Zone(_), Period::Day) => "today",
            (Resets::Zone(_), Period::Month) => "this month",
        }
    }

    const fn length(&self) -> SignedDuration {
        match self.per {
            Period::Day => SignedDuration::from_hours(24),
            Period::Month => SignedDuration::from_hours(24 * 30),
        }
    }

    /// When the day or month of this instant began in the zone, or the one so many later.
    fn turn(&self, instant: Timestamp, zone: &TimeZone, later: i64) -> Timestamp {
        let today = day_at(instant, zone);
        let day = match self.per {
            Period::Day => plus_days(today, later),
            Period::Month if later == 0 => today.first_of_month(),
            Period::Month => plus_days(today.last_of_month(), later),
        };
        start_of(day, zone)
    }
}

fn hour_of(instant: Timestamp) -> Timestamp {
    let hour = HOUR.as_secs();
    let seconds = instant.as_second().div_euclid(hour) * hour;
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN)
}

// === impl Taken ===

impl Taken {
    /// What comes of these charges where so much is used of their budgets already.
    pub fn judge(charges: &[Charge<'_>], used: &[Slots]) -> Self {
        let judged = charges.iter().zip(used).map(|(charge, slots)| charge.judge(slots));
        let judged: Vec<Result<u64, (u64, Timestamp)>> = judged.collect();
        let refused = judged.iter().enumerate().filter_map(|(place, one)| Some((place, one.err()?)));
        match refused.max_by_key(|(_, (_, until))| *until) {
            Some((place, (used, until))) => Self::Nothing { place, used, until },
            None => Self::All { used: judged.into_iter().filter_map(Result::ok).collect() },
        }
    }
}

// === impl Charge ===

impl Charge<'_> {
    /// What is used then; or what is used now, and when it will fit.
    fn judge(&self, slots: &Slots) -> Result<u64, (u64, Timestamp)> {
        let oldest = self.term.oldest(self.at);
        let counting = || slots.iter().filter(|(slot, _)| *slot >= oldest);
        let used = counting().fold(0_u64, |sum, (_, used)| sum.saturating_add(*used));
        let then = |used: u64| used.saturating_add(self.amount);
        if then(used) <= self.limit {
            return Ok(then(used));
        }
        let mut left = used;
        let fits = counting().find(|(_, freed)| {
            left = left.saturating_sub(*freed);
            then(left) <= self.limit
        });
        Err((used, fits.map_or(Timestamp::MAX, |(slot, _)| self.term.freed(*slot))))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zoned(per: Period, name: &str) -> Term {
        Term { per, resets: Resets::Zone(crate::zone::zone(name).unwrap()) }
    }

    fn charge(term: &Term, limit: u64, amount: u64, at: Timestamp) -> Charge<'_> {
        Charge { owner: "project", scope: "project", limit, term, amount, at }
    }

    #[test]
    fn a_rolling_day_frees_hour_by_hour() {
        let term = Term::rolling(Period::Day);
        let used = [vec![(at("2026-11-24T10:00:00Z"), 3), (at("2026-11-24T15:00:00Z"), 7)]];
        let ask = |amount, now| Taken::judge(&[charge(&term, 10, amount, at(now))], &used);
        // What was used at 10:59 counts until it is older than a day, whatever its request's way took.
        for now in ["2026-11-24T16:00:00Z", "2026-11-25T10:59:00Z", "2026-11-25T11:01:59Z"] {
            let until = at("2026-11-25T11:02:00Z");
            assert_eq!(ask(3, now), Taken::Nothing { place: 0, used: 10, until }, "{now}");
        }
        let until = at("2026-11-25T16:02:00Z");
        assert_eq!(ask(4, "2026-11-24T16:00:00Z"), Taken::Nothing { place: 0, used: 10, until });
        assert_eq!(ask(3, "2026-11-25T11:02:00Z"), Taken::All { used: vec![10] });
        assert_eq!(ask(10, "2026-11-25T16:02:00Z"), Taken::All { used: vec![10] });
        let until = Timestamp::MAX;
        assert_eq!(ask(11, "2026-11-24T16:00:00Z"), Taken::Nothing { place: 0, used: 10, until });
    }

    #[test]
    fn days_and_months_of_a_zone_have_their_own_length() {
        let day = zoned(Period::Day, "America/Los_Angeles");
        // The day on which clocks are put forward has 23 hours, the other one 25.
        for (now, from, until) in [
            ("2026-03-08T09:59:00Z", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
            ("2026-11-02T07:59:00Z", "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
        ] {
            assert_eq!((day.slot(at(now)), day.oldest(at(now))), (at(from), at(from)));
            assert_eq!(day.freed(at(from)), at(until));
        }
        let month = zoned(Period::Month, "Europe/Berlin");
        for (now, from, until) in [
            ("2026-02-28T22:59:59Z", "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"),
            ("2026-02-28T23:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
            ("2026-12-31T22:00:00Z", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z"),
        ] {
            assert_eq!(month.slot(at(now)), at(from), "{now}");
            assert_eq!(month.freed(at(from)), at(until), "{now}");
        }
    }

    #[test]
    fn of_several_charges_all_are_taken_or_none() {
        let (day, month) = (Term::rolling(Period::Day), zoned(Period::Month, "UTC"));
        let now = at("2026-11-24T10:30:00Z");
        let charges = [charge(&day, 5, 1, now), charge(&month, 9, 1, now)];
        let (hour, first) = (at("2026-11-24T10:00:00Z"), at("2026-11-01T00:00:00Z"));
        let judge =
            |of_day, of_month| Taken::judge(&charges, &[vec![(hour, of_day)], vec![(first, of_month)]]);
        assert_eq!(judge(4, 8), Taken::All { used: vec![5, 9] });
        let until = at("2026-12-01T00:00:00Z");
        assert_eq!(judge(4, 9), Taken::Nothing { place: 1, used: 9, until });
        assert_eq!(judge(5, 9), Taken::Nothing { place: 1, used: 9, until }, "the one that waits longest");
    }

    /// One of every kind.
    fn term(which: usize) -> Term {
        let zones = [
            "UTC",
            "America/Los_Angeles",
            "Europe/Berlin",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "America/Sao_Paulo",
        ];
        let per = if which.is_multiple_of(2) { Period::Day } else { Period::Month };
        match zones.get(which / 2) {
            Some(name) => zoned(per, name),
            None => Term::rolling(per),
        }
    }

    proptest! {
        /// A slot counts from its first use until it is freed, and not a second longer.
        #[test]
        fn a_slot_counts_until_it_is_freed(seconds in 0_i64..4_000_000_000, which in 0_usize..14, later in 0_i64..3_000_000) {
            let term = term(which);
            let now = Timestamp::from_second(seconds).unwrap();
            let slot = term.slot(now);
            prop_assert!(term.oldest(now) <= slot && slot <= now && now < term.freed(slot));
            let then = Timestamp::from_second(seconds + later).unwrap();
            prop_assert_eq!(slot >= term.oldest(then), then < term.freed(slot));
            prop_assert!(term.slot(then) >= slot, "time goes on");
        }

        /// Whoever asks before each use never uses more than there is: in any 24 hours, in any day of the zone. And what
        /// does not fit fits at the time that was told.
        #[test]
        fn no_budget_is_ever_exceeded(
            which in prop::sample::select(vec![0_usize, 2, 4, 6, 8, 10, 12]),
            limit in 1_u64..40,
            steps in prop::collection::vec((0_i64..20_000, 1_u64..6), 1..200),
        ) {
            let term = term(which);
            let mut now = Timestamp::from_second(1_774_000_000).unwrap(); // days before clocks change
            let mut noted: BTreeMap<Timestamp, u64> = BTreeMap::new();
            let mut used: VecDeque<(Timestamp, u64)> = VecDeque::new();
            for (pause, amount) in steps {
                now = now.checked_add(SignedDuration::from_secs(pause)).unwrap();
                let slots = |noted: &BTreeMap<Timestamp, u64>| [noted.iter().map(|(slot, used)| (*slot, *used)).collect()];
                match Taken::judge(&[charge(&term, limit, amount, now)], &slots(&noted)) {
                    Taken::All { .. } => {
                        *noted.entry(term.slot(now)).or_default() += amount;
                        used.push_back((now, amount));
                    }
                    Taken::Nothing { until, .. } if amount <= limit => {
                        prop_assert!(until > now);
                        let early = until.checked_sub(SignedDuration::from_secs(1)).unwrap();
                        if early > now {
                            let taken = Taken::judge(&[charge(&term, limit, amount, early)], &slots(&noted));
                            let is_refused = matches!(taken, Taken::Nothing { .. });
                            prop_assert!(is_refused, "it fitted before {}", until);
                        }
                        let taken = Taken::judge(&[charge(&term, limit, amount, until)], &slots(&noted));
                        let is_granted = matches!(taken, Taken::All { .. });
                        prop_assert!(is_granted, "it did not fit at {}", until);
                    }
                    Taken::Nothing { until, .. } => prop_assert_eq!(until, Timestamp::MAX),
                }
                let counts = |then: Timestamp| match &term.resets {
                    Resets::Rolling => then > now.checked_sub(SignedDuration::from_hours(24)).unwrap(),
                    Resets::Zone(zone) => day_at(then, zone) == day_at(now, zone),
                };
                let sum: u64 = used.iter().filter(|(then, _)| counts(*then)).map(|(_, amount)| amount).sum();
                prop_assert!(sum <= limit, "{} of {} used at {}", sum, limit, now);
            }
        }
    }

    #[test]
    fn a_day_without_midnight_begins_when_it_begins() {
        // Clocks went from 0:00 to 1:00.
        let day = zoned(Period::Day, "America/Sao_Paulo");
        let noon = at("2018-11-04T14:00:00Z");
        assert_eq!(day.slot(noon), at("2018-11-04T03:00:00Z"));
        assert_eq!(
            day_at(day.slot(noon), &crate::zone::zone("America/Sao_Paulo").unwrap()),
            date(2018, 11, 4)
        );
    }
}
