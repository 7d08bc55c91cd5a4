//! How a sandbox is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use crate::chaos::Chaos;
use crate::clock::Start;

/// How large the worlds are. The default is a small label, made by hand; numbers above zero ask for uniform worlds of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scale {
    /// Accounts; 0 for the label's own.
    pub accounts: usize,
    /// Campaigns in each account, all of them running through the whole history; 0 for the label's own.
    pub campaigns_per_account: usize,
}

/// The settings of a sandbox. `Options::default()` serves a fresh world by the wall clock on a random loopback port.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// What the worlds and the faults grow from.
    pub seed: u64,
    /// Days of history before today.
    pub days: u32,
    /// The faults of every imitation at the start.
    pub chaos: Chaos,
    /// The clock.
    pub start: Start,
    /// How often the worlds are advanced by themselves, in real time; `None` leaves it to requests and tests.
    pub tick: Option<Duration>,
    /// How large the worlds are.
    pub scale: Scale,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            days: 90,
            chaos: Chaos::none(),
            start: Start::Wall,
            tick: None,
            scale: Scale::default(),
        }
    }
}

impl Options {
    /// Listens here.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Grows the worlds from this seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Gives the worlds this many days of history.
    #[must_use]
    pub fn days(mut self, days: u32) -> Self {
        self.days = days;
        self
    }

    /// Starts with this faults everywhere.
    #[must_use]
    pub fn chaos(mut self, chaos: Chaos) -> Self {
        self.chaos = chaos;
        self
    }

    /// Stops the clock at this time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.start = Start::Fixed(now);
        self
    }

    /// Advances the worlds this often.
    #[must_use]
    pub fn tick(mut self, every: Duration) -> Self {
        self.tick = Some(every);
        self
    }

    /// Makes uniform worlds of this size.
    #[must_use]
    pub fn scale(mut self, accounts: usize, campaigns_per_account: usize) -> Self {
        self.scale = Scale { accounts, campaigns_per_account };
        self
    }
}
