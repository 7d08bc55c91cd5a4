//! The worker from the outside, in one binary: real databases, real sockets, imitated providers.

mod credentials;
mod daemon;
mod disk;
mod docs;
mod end_to_end;
mod kill;
mod metrics;
#[path = "../support/postgres.rs"]
mod postgres;
mod postgres_restart;
mod quota;
mod secrets;
mod settings;
mod support;
