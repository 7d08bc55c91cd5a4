//! Access tokens: how many are fetched, where they go, and what of them is kept.

mod hosts;
mod issuer;
mod refusals;
mod replaced;
mod sharing;
mod stage;

use self::issuer::Event;

/// Requests for tokens among these.
fn fetched(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Token(..))).count()
}

/// Requests to the API among these.
fn asked(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Asked(..))).count()
}
