//! What the worker's own surfaces read: status, telemetry, operators' commands. Dashboards read the views.

mod campaigns;
mod category;
mod connections;
mod coverage;
mod days;
mod displayed;
mod history;
mod music;
mod payments;
mod royalties;
mod set_aside;
mod settled;
mod streams;
mod sums;
mod tally;
mod web;

pub use connections::{ConnectionStatus, StreamStatus};
pub use days::{CampaignDays, CampaignKey};
pub use history::{CampaignHistory, CampaignVisits, DayTold, GoalVisits};
pub use rows::figures::{
    ArtistFigures, CampaignFigures, CampaignWindow, CounterFigures, GoalFigures, GoalWindow, MusicFigures,
    PaymentFigures, PaymentWindow, PlaylistFigures, RoyaltyFigures, RoyaltyRevenue, SetAside, TrackFigures,
    Unread, WebFigures, WebWindow, Windows,
};
pub use royalties::RoyaltyLine;
pub use settled::RoyaltyMemory;

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
