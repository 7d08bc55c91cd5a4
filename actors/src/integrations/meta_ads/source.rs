//! One connection: its token, its accounts, its settings.

use std::sync::Arc;

use super::{ACCESS_TOKEN, APP_SECRET, mapping::VIDEO_VIEW, proof, settings::Settings};
use crate::{
    integration::{ConnectionSpec, SetupError},
    session::{Auth, Call},
};

/// A connected token.
pub struct MetaAdsSource {
    /// How calls are authenticated.
    pub auth: Auth,
    /// `v25.0`: calls to the Marketing API without a version fail.
    version: String,
    /// Configured accounts, without `act_`; empty = all.
    pub accounts: Vec<String>,
    /// The connection's settings.
    pub settings: Settings,
    /// `settings.conversion`, shared by all rows.
    pub conversion: Option<Arc<str>>,
    /// What counts as a view, shared by all rows.
    pub view: Arc<str>,
}

// === impl MetaAdsSource ===

impl MetaAdsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: Settings) -> Result<Self, SetupError> {
        settings.check()?;
        Ok(Self {
            auth: proof::auth(&spec.credential(&ACCESS_TOKEN)?, spec.credential(&APP_SECRET).ok().as_ref()),
            version: spec.api_version.clone(),
            accounts: undecorated(&spec.accounts),
            conversion: settings.conversion.as_deref().map(Arc::from),
            view: Arc::from(VIDEO_VIEW),
            settings,
        })
    }

    /// A GET of a node or edge in the configured version.
    pub fn get(&self, node: &[&str], use_case: &'static str) -> Call {
        Call::get_at(&[&[&*self.version], node].concat(), use_case)
    }

    /// A POST to a node or edge in the configured version.
    pub fn post(&self, node: &[&str], use_case: &'static str) -> Call {
        Call::post_at(&[&[&*self.version], node].concat(), use_case)
    }
}

/// `act_123` and `123` are the same account.
fn undecorated(accounts: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::with_capacity(accounts.len());
    for account in accounts {
        let id = account.strip_prefix("act_").unwrap_or(account);
        if !ids.iter().any(|it| it == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}
