//! One connection to one place with files, in virtual time.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actors::observer::Silent;
use rows::{Clock, Currency, clock::SimulatedClock, quarantine::sha256_hex, royalties::RoyaltyStatement};

use super::{
    super::bench::NOON,
    case::{FileCase, Place, Sample, Samples},
};
use crate::support::{
    drive::{Driver, End},
    memory::MemorySink,
    scripted::Wire,
};

pub struct FileBench {
    pub place: Box<dyn Place>,
    pub samples: Samples,
    pub clock: SimulatedClock,
    pub sink: MemorySink,
    /// The connection's name.
    pub name: String,
}

/// Digits after the point in which amounts are compared.
const EXACT_DIGITS: usize = 20;

/// What lines come to: quantity in millionths, and amounts by currency.
type Sums = (i128, BTreeMap<String, i128>);

impl FileBench {
    pub fn new(case: &dyn FileCase) -> Self {
        let place = case.place();
        let name = place.spec().name;
        let clock = SimulatedClock::new(NOON.parse().unwrap());
        Self { place, samples: case.samples(), clock, sink: MemorySink::default(), name }
    }

    pub fn put(&self, path: &str, content: &[u8]) {
        self.place.put(&self.path(path), content);
    }

    /// As the place knows it.
    pub fn path(&self, path: &str) -> String {
        format!("{path}{}", self.samples.suffix)
    }

    pub fn driver(&self) -> Driver {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let (spec, integration) = (self.place.spec(), self.place.integration());
        Driver::new(
            spec,
            integration,
            Arc::new(Wire("")),
            clock,
            Arc::new(Silent),
            Arc::new(self.sink.clone()),
        )
    }

    pub async fn once(&self) -> End {
        self.driver().once().await
    }

    /// Looks once, which must succeed.
    pub async fn read(&self) {
        let end = self.once().await;
        assert_eq!(end.finished, Some(true), "a look failed: {:#?}", end.failures);
    }

    /// Looks once: something must wait. Gives what is said of it.
    pub async fn waits(&self) -> String {
        let end = self.once().await;
        assert_eq!(end.finished, Some(false), "nothing waits");
        assert_eq!(end.status.state, rows::state::State::BackingOff);
        end.status.error.expect("it says what waits")
    }

    /// Polls for so long and is killed.
    pub async fn killed_after(&self, duration: Duration) {
        let _ = tokio::time::timeout(duration, self.driver().daemon(Duration::from_hours(24))).await;
    }

    pub fn lines(&self) -> Vec<RoyaltyStatement> {
        self.sink.statements(&self.name)
    }

    /// The hashes of what readers see.
    pub fn shown(&self) -> Vec<String> {
        let mut statements: Vec<String> = self.lines().into_iter().map(|line| line.statement).collect();
        statements.sort();
        statements.dedup();
        statements
    }

    /// Readers see these files and nothing else, whole.
    #[track_caller]
    pub fn assert_shown(&self, samples: &[&Sample], when: &str) {
        let mut expected: Vec<String> = samples.iter().map(|sample| hash(sample)).collect();
        expected.sort();
        assert_eq!(self.shown(), expected, "{when}");
        let mut sums: Sums = Sums::default();
        for sample in samples {
            sums.0 += sample.quantity;
            for (currency, amount) in &sample.revenue {
                *sums.1.entry((*currency).to_owned()).or_default() += exact(amount);
            }
        }
        assert_eq!(self.sums(), sums, "{when}");
        assert_eq!(self.sink.stored_lines(&self.name), self.lines().len(), "{when}: lines that nobody sees");
    }

    fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for line in self.lines() {
            sums.0 += i128::from(line.quantity.map_or(0, |quantity| quantity.0));
            if let (Some(currency), Some(amount)) =
                (line.currency.as_ref().map(Currency::as_str), &line.revenue_exact)
            {
                *sums.1.entry(currency.to_owned()).or_default() += exact(amount);
            }
        }
        sums
    }
}

/// By this a file is known.
pub fn hash(sample: &Sample) -> String {
    sha256_hex(&sample.content)
}

/// A decimal text in units of its twentieth digit.
fn exact(text: &str) -> i128 {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= EXACT_DIGITS, "{text}");
    let value: i128 = format!("{whole}{fraction:0<EXACT_DIGITS$}").parse().unwrap();
    if negative { -value } else { value }
}
