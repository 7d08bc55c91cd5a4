//! The store on real engines. Every case runs on SQLite and on PostgreSQL.

mod cases;
mod postgres;
mod samples;
mod support;
