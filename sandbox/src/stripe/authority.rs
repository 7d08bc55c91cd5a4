//! Who may ask for what: the restricted key and its permissions.

use super::fault::Fault;
use super::records::Resource;
use crate::exchange::Request;
use crate::stage::{Credential, Standing};

/// The restricted key that a new account accepts.
pub const SANDBOX_KEY: &str = "rk_test_sandbox_0000000000000000";

/// The account's one key.
#[derive(Debug)]
pub(super) struct Authority {
    /// What it may not read are nouns, as in `rak_<noun>_read`.
    pub key: Credential<String>,
}

impl Default for Authority {
    fn default() -> Self {
        Self { key: Credential::new(SANDBOX_KEY) }
    }
}

impl Authority {
    /// The key of the request, if it is the account's.
    pub(super) fn admit(&self, request: &Request) -> Result<String, Fault> {
        let key = match request.bearer() {
            Some(key) => key.to_owned(),
            None => request.basic().unwrap_or_default().0,
        };
        if key.is_empty() {
            return Err(Fault::no_key());
        }
        match self.key.standing(&key) {
            Standing::Valid => Ok(key),
            Standing::Expired => Err(Fault::expired_key(&key)),
            Standing::Unknown => Err(Fault::wrong_key(&key)),
        }
    }

    pub(super) fn permit(&self, key: &str, resource: Resource) -> Result<(), Fault> {
        if !self.key.permits(&resource.object().to_owned()) {
            return Err(Fault::forbidden(key, resource.object()));
        }
        Ok(())
    }
}
