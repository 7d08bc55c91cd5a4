//! The engine and its integrations without a database: supervision, the compliance suite, the scenario simulator.

mod engine;
mod support;
