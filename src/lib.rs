//! The worker.

pub mod http;
pub mod insight;
pub mod telemetry;
