//! The worker from the outside, in one binary: real databases, real sockets, imitated providers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a panic in a test is its report, and so is what a helper of one prints"
)]

mod allowance;
mod apart;
mod attack;
mod browser;
mod budgets;
mod cache;
mod cache_runs;
mod connect;
mod consent;
mod credentials;
mod daemon;
mod deploy;
mod disk;
mod docs;
mod embedding;
mod encryption;
mod end_to_end;
mod erase;
mod export_killed;
mod grafana;
mod https;
mod kill;
mod metrics;
#[path = "../support/npm.rs"]
mod npm;
mod people;
mod pooler;
#[path = "../support/postgres.rs"]
mod postgres;
mod postgres_restart;
mod privacy_commands;
mod privacy_export;
#[path = "../support/redis.rs"]
mod redis;
mod region;
mod report;
mod report_files;
mod retention;
mod rotating_token;
mod royalties;
mod secrets;
mod service;
mod services;
mod settings;
mod sharing;
mod supervision;
mod support;
mod tenants;
mod terminal;
#[path = "../support/tools.rs"]
mod tools;
mod two_tables;
mod users_api;
mod waiting;
mod webhooks;
mod workers;
