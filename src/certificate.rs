//! A server's certificate and its key, from PEM files.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    sign::CertifiedKey,
};

/// Certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
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

/// A provider of its own: the process's default belongs to the host.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Reads both files and sees whether they fit each other.
pub fn certified_key(certificate: &Path, key: &Path) -> Result<CertifiedKey, CertificateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: pem::Error| CertificateError::File { path, error: told(&error) }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .map_err(failed(certificate))?
        .collect::<Result<_, _>>()
        .map_err(failed(certificate))?;
    if chain.is_empty() {
        return Err(CertificateError::File {
            path: certificate.to_owned(),
            error: "holds no certificate".to_owned(),
        });
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
