//! The worker from the outside, in one binary: real databases, real sockets, imitated providers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a panic in a test is its report, and so is what a helper of one prints"
)]

mod allowance;
mod credentials;
mod daemon;
mod disk;
mod docs;
mod encryption;
mod end_to_end;
mod grafana;
mod kill;
mod metrics;
#[path = "../support/postgres.rs"]
mod postgres;
mod postgres_restart;
mod secrets;
mod settings;
mod supervision;
mod support;
#[path = "../support/tools.rs"]
mod tools;
mod waiting;
