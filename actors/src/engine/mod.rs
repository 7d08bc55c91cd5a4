//! The engine: who polls when, and what happens with what comes back. It names no provider, no SQL, no Redis and no
//! Prometheus.
//!
//! - [`schedule`]: what is due, a pure function of the checkpoint and the time.
//! - [`cycle`]: one reading of one stream of one account, from its first page to its commit. A plain async function.
//! - [`poller`]: what one connection does next. A state machine without I/O.
//! - [`connection`]: the actor around a poller: starts its cycles as tasks and hears of their end.
//! - [`overseer`]: the actor that owns every connection and rebuilds what crashed.
//! - [`messages`]: what the actors tell each other.
//! - [`status`]: what a connection shows of itself.

pub mod blueprint;
pub mod connection;
pub mod cycle;
mod job;
pub mod messages;
pub mod overseer;
pub mod poller;
pub mod schedule;
#[cfg(test)]
mod schedule_tests;
mod start;
pub mod status;

pub use start::{Bell, Engine, EngineError, EngineOptions, Heartbeat};
