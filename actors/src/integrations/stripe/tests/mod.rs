//! The source over a real session, against an account held in memory.

#![expect(clippy::needless_pass_by_value, reason = "objects are written where they are used")]

mod account;
mod feeds;
mod mapping;
mod profiles;
mod revenue;
