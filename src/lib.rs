//! The analytics worker for music marketing, as a library: see [`Worker`].

pub mod cache;
pub mod http;
pub mod insight;
pub mod probe;
pub mod settings;
pub mod telemetry;
mod worker;

pub use worker::{Worker, WorkerBuilder, WorkerError, open_store};
