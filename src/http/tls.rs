//! The server's certificate: read from PEM files, and read again while it serves.

use std::{fmt, path::PathBuf, sync::Arc};

use parking_lot::RwLock;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::settings::Tls;

/// Certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("{path}: {error}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why; never its content.
        error: String,
    },
    /// Both can be read, and are of no use.
    #[error("certificate and key: {0}")]
    Unusable(#[from] rustls::Error),
}

/// What new connections are shown.
#[derive(Clone)]
pub struct Certificate(Arc<RwLock<Arc<CertifiedKey>>>);

// === impl Certificate ===

impl Certificate {
    /// Reads it.
    pub fn read(files: &Tls) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(certified_key(files)?)))))
    }

    /// Reads it again: connections that are open keep what they have.
    pub fn renew(&self, files: &Tls) -> Result<(), TlsError> {
        let renewed = Arc::new(certified_key(files)?);
        *self.0.write() = renewed;
        Ok(())
    }

    /// What the server is set up with.
    pub(super) fn config(&self) -> Result<ServerConfig, TlsError> {
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

/// A provider of its own: the process's default belongs to the host.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Reads both files and sees whether they fit each other.
pub fn certified_key(Tls { certificate, key }: &Tls) -> Result<CertifiedKey, TlsError> {
    let failed = |path: &PathBuf| {
        let path = path.clone();
        move |error: pem::Error| TlsError::File { path, error: told(&error) }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .map_err(failed(certificate))?
        .collect::<Result<_, _>>()
        .map_err(failed(certificate))?;
    if chain.is_empty() {
        return Err(TlsError::File { path: certificate.clone(), error: "holds no certificate".to_owned() });
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(failed(key))?;
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

/// In words, without a byte of the file.
fn told(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "holds no private key".to_owned(),
        _ => "is no valid PEM file".to_owned(),
    }
}
