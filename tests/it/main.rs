//! The worker from the outside, in one binary: real databases, real sockets, imitated providers.

mod end_to_end;
mod metrics;
mod settings;
mod support;
