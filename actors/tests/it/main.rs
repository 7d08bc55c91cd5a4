//! The engine and its integrations without a database: supervision, the compliance suite, the scenario simulator.

mod compliance;
mod engine;
mod simulator;
mod support;
