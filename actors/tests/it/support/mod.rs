//! What the suites share: a store in memory, imitations over a wire in memory, scripted integrations.

pub mod allowance;
pub mod drive;
pub mod fed;
pub mod files;
pub mod log;
pub mod memory;
pub mod puppet;
pub mod scripted;
pub mod wire;
