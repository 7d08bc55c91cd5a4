//! Who polls and how: the engine, the session between a cycle and the wire, and one folder per provider.
//!
//! A provider is an [`Integration`](integration::Integration) and the [`Source`](integration::Source) that it
//! connects: what it reads, how it authenticates, what its answers mean. Windows, checkpoint, paging loops, retries,
//! quota, commits and deletes belong to the engine, which names no provider; what integrations share when they read is in
//! [`reading`], and what those share that read files in [`reports`].

pub mod account;
pub mod consent;
pub mod engine;
pub mod failure;
pub mod files;
pub mod integration;
pub mod integrations;
pub mod limits;
pub mod manifest;
pub mod observer;
pub mod page;
pub mod reader;
pub mod reading;
pub mod reports;
pub mod scope;
pub mod session;
pub mod spec;
pub mod stream;
pub mod webhook;

#[cfg(test)]
mod testing;
