//! The analytics worker for music marketing, as a library: see [`Worker`].
//!
//! The rooms that a host program needs to name are here, too: [`actors`] and [`rows`] for integrations of its own,
//! [`prometheus`] for the registry that it hands over.

pub mod audience;
pub mod cache;
mod certificate;
pub mod consent;
mod display;
pub mod http;
pub mod insight;
pub mod probe;
pub mod reference;
pub mod report;
mod secrets;
pub mod service;
pub mod settings;
pub mod telemetry;
pub mod terminal;
mod worker;

pub use actors;
pub use prometheus;
pub use rows;
pub use store::WorkerKind;

pub use secrets::load_settings;
pub use worker::{Worker, WorkerBuilder, WorkerError, open_store};
