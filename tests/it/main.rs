//! The worker from the outside, in one binary.

mod settings;
