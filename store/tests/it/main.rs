//! The store on real engines. Every case runs on SQLite and on PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a panic in a test is its report, and so is what a helper of one prints"
)]

mod budgets;
mod cases;
mod changes;
mod claiming;
mod customers;
mod erasing;
mod files;
mod kinds;
mod months;
mod music;
mod narrowing;
mod newcomers;
mod people;
mod postgres;
#[path = "../../../tests/support/postgres.rs"]
mod postgres_server;
mod privacy;
mod reading;
mod refusing;
mod retention;
mod royalties;
mod samples;
mod sealing;
mod sqlite;
mod storing;
mod support;
mod tables;
mod texts;
#[path = "../../../tests/support/tools.rs"]
mod tools;
mod upgrading;
mod vanishing;
mod web;
mod windows;
