//! What the worker's own surfaces read: status, telemetry, operators' commands. Dashboards read the views.

mod campaigns;
mod connections;
mod payments;
mod sums;

pub use campaigns::{CampaignSnapshot, CampaignWindow};
pub use connections::{ConnectionStatus, StreamStatus};
pub use payments::{PaymentSnapshot, PaymentWindow};

use rows::{Day, DayRange, day::plus_days};

/// A figure in the four windows that are shown. Days are the account's own; `None` = not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Windows<T> {
    /// Today so far; `None` until something of today has been read.
    pub today: Option<T>,
    /// Yesterday; `None` until it has been read.
    pub yesterday: Option<T>,
    /// Today and the six days before it.
    pub last_7_days: Option<T>,
    /// Today and the 27 days before it.
    pub last_28_days: Option<T>,
}

/// Which days each window holds.
fn window_days(today: Day) -> [DayRange; 4] {
    let back = |days: i64| plus_days(today, -days);
    [
        DayRange::day(today),
        DayRange::day(back(1)),
        DayRange { first: back(6), last: today },
        DayRange { first: back(27), last: today },
    ]
}
