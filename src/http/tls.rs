//! The server's certificate: read from PEM files, and read again while it serves.

use std::{fmt, sync::Arc};

use parking_lot::RwLock;
use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{
    certificate::{CertificateError, certified_key, provider},
    settings::Tls,
};

/// What new connections are shown.
#[derive(Clone)]
pub struct Certificate(Arc<RwLock<Arc<CertifiedKey>>>);

// === impl Certificate ===

impl Certificate {
    /// Reads it.
    pub fn read(files: &Tls) -> Result<Self, CertificateError> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(certified_key(&files.certificate, &files.key)?)))))
    }

    /// Reads it again: connections that are open keep what they have.
    pub fn renew(&self, files: &Tls) -> Result<(), CertificateError> {
        let renewed = Arc::new(certified_key(&files.certificate, &files.key)?);
        *self.0.write() = renewed;
        Ok(())
    }

    /// What the server is set up with.
    pub(super) fn config(&self) -> Result<ServerConfig, CertificateError> {
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        Ok(config.with_no_client_auth().with_cert_resolver(Arc::new(self.clone())))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().clone())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}
