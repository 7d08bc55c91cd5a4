//! The worker.

pub mod settings;
