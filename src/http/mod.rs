//! The worker's HTTP side: metrics, health, a page, and the state of its connections. It only reads, and only memory,
//! but for readiness, which asks whoever is needed.

mod connections;
mod guard;
mod page;
mod routes;
mod server;

use std::sync::Arc;

use futures::future::BoxFuture;
use rows::Clock;

pub use self::{
    connections::{ConnectionStatus, Connections, StreamStatus},
    server::{ServeError, Server, serve},
};
use crate::telemetry::{Exposition, snapshot::ConditionSource};

/// What the routes show.
#[derive(Clone)]
pub struct Shared {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// For `/metrics`.
    pub exposition: Arc<Exposition>,
    /// For `/` and `/api/v1/connections`.
    pub conditions: Arc<dyn ConditionSource>,
    /// For `/readyz`.
    pub readiness: Arc<dyn Readiness>,
}

/// Whether the worker can do its work.
pub trait Readiness: Send + Sync {
    /// What is missing, in words for an operator and without secrets; empty when ready.
    fn missing(&self) -> BoxFuture<'_, Vec<String>>;
}

#[cfg(test)]
mod tests;
