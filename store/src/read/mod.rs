//! What the worker's own surfaces read: status, telemetry, operators' commands. Dashboards read the views.

mod campaigns;
mod connections;
mod days;
mod history;
mod music;
mod payments;
mod streams;
mod sums;
mod web;

pub use connections::{ConnectionStatus, StreamStatus};
pub use days::{CampaignDays, CampaignKey};
pub use history::{CampaignHistory, CampaignVisits, GoalVisits};
pub use rows::snapshot::{
    ArtistSnapshot, CampaignSnapshot, CampaignWindow, CounterSnapshot, GoalSnapshot, GoalWindow,
    MusicSnapshot, PaymentSnapshot, PaymentWindow, PlaylistSnapshot, TrackSnapshot, WebSnapshot, WebWindow,
    Windows,
};

use rows::{Day, DayRange, day::plus_days};

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
