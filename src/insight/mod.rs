//! Pure functions from numbers to what they mean: pacing, ratios, status, names. No I/O, no clock of their own.
//!
//! An answer that cannot be given is `None`: an unknown is never shown as a zero.

pub mod figures;
mod name_pattern;
pub mod pacing;
pub mod ratio;
pub mod unread;
pub use rows::status;

pub use name_pattern::NamePattern;
