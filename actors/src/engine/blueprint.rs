//! Everything that a connection is built from, again and again.

use std::{sync::Arc, time::Duration};

use rows::sink::Sink;
use tokio::runtime::Handle;

use super::{poller::Once, status::Statuses};
use crate::{integration::AnyIntegration, observer::Observer, session::LinkServices, spec::ConnectionSpec};

/// A connection, as it is to be made.
#[derive(Clone)]
pub struct Blueprint {
    /// As configured.
    pub spec: Arc<ConnectionSpec>,
    /// Its integration.
    pub integration: Arc<dyn AnyIntegration>,
    /// The rooms around the engine.
    pub services: LinkServices,
    /// Where rows go.
    pub sink: Arc<dyn Sink>,
    /// Where statuses are shown.
    pub statuses: Statuses,
    /// Where tasks run.
    pub runtime: Handle,
    /// One page at most.
    pub page_timeout: Duration,
    /// A single run.
    pub once: Option<Once>,
    /// Wait so long before the first step: starts are spread.
    pub start_delay: Duration,
}

// === impl Blueprint ===

impl Blueprint {
    /// Telemetry.
    pub fn observer(&self) -> &dyn Observer {
        self.services.observer.as_ref()
    }
}
