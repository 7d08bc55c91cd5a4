//! Which connections take webhooks, and what becomes of them: the engine hears that there is news.

use std::{collections::HashMap, sync::Arc};

use actors::{
    engine::Bell,
    integration::{AnyIntegration, ConnectionSpec},
};
use parking_lot::RwLock;

use crate::http::{Check, Webhooks};

/// Takes messages for the connections that run.
pub struct EngineWebhooks {
    integrations: Vec<Arc<dyn AnyIntegration>>,
    /// By integration and connection.
    checks: RwLock<HashMap<(String, String), Check>>,
    bell: Bell,
}

// === impl EngineWebhooks ===

impl EngineWebhooks {
    /// For these connections of these integrations.
    pub fn new(
        integrations: Vec<Arc<dyn AnyIntegration>>,
        specs: &[Arc<ConnectionSpec>],
        bell: Bell,
    ) -> Self {
        let webhooks = Self { integrations, checks: RwLock::default(), bell };
        webhooks.renew(specs);
        webhooks
    }

    /// For these instead.
    pub fn renew(&self, specs: &[Arc<ConnectionSpec>]) {
        let checks = specs.iter().filter_map(|spec| {
            let check = self.check_of(spec)?;
            Some(((spec.integration.clone(), spec.name.clone()), check))
        });
        *self.checks.write() = checks.collect();
    }

    fn check_of(&self, spec: &ConnectionSpec) -> Option<Check> {
        let integration = self.integrations.iter().find(|known| known.manifest().id == spec.integration)?;
        let verifier = integration.manifest().webhook?;
        let secret = spec.credentials.get(verifier.credential().name)?.clone();
        Some(Check { verifier, secret })
    }
}

impl Webhooks for EngineWebhooks {
    fn check(&self, integration: &str, connection: &str) -> Option<Check> {
        self.checks.read().get(&(integration.to_owned(), connection.to_owned())).cloned()
    }

    fn news(&self, connection: &str) {
        self.bell.news_of(connection);
    }
}
