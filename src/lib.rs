//! The analytics worker for music marketing, as a library: see [`Worker`].

pub mod settings;
mod worker;

pub use worker::{Worker, WorkerBuilder, WorkerError, open_store};
