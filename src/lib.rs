//! The analytics worker for music marketing, as a library: see [`Worker`].

pub mod http;
pub mod insight;
pub mod probe;
mod secrets;
pub mod settings;
pub mod telemetry;
mod worker;

pub use secrets::load_settings;
pub use worker::{Worker, WorkerBuilder, WorkerError, open_store};
