//! What the suites share: a store in memory and scripted integrations.

pub mod memory;
pub mod scripted;
