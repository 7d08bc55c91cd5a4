//! Which connections take webhooks, and what becomes of them: the engine hears that there is news.

use std::{collections::HashMap, sync::Arc};

use actors::{engine::Bell, integration::ConnectionSpec};
use parking_lot::RwLock;
use secrecy::SecretString;

use crate::http::Webhooks;

/// The credential that the messages are signed with.
const SECRET: &str = "webhook_secret";

/// Takes messages for the connections that run.
pub struct EngineWebhooks {
    secrets: RwLock<HashMap<String, SecretString>>,
    bell: Bell,
}

// === impl EngineWebhooks ===

impl EngineWebhooks {
    /// For these connections.
    pub fn new(specs: &[Arc<ConnectionSpec>], bell: Bell) -> Self {
        Self { secrets: RwLock::new(secrets(specs)), bell }
    }

    /// For these instead.
    pub fn renew(&self, specs: &[Arc<ConnectionSpec>]) {
        *self.secrets.write() = secrets(specs);
    }
}

impl Webhooks for EngineWebhooks {
    fn secret(&self, connection: &str) -> Option<SecretString> {
        self.secrets.read().get(connection).cloned()
    }

    fn news(&self, connection: &str) {
        self.bell.news_of(connection);
    }
}

fn secrets(specs: &[Arc<ConnectionSpec>]) -> HashMap<String, SecretString> {
    let stripes = specs.iter().filter(|spec| spec.integration == "stripe");
    stripes.filter_map(|spec| Some((spec.name.clone(), spec.credentials.get(SECRET)?.clone()))).collect()
}
