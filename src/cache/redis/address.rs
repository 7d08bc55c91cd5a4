//! Where Redis is, and how one gets in.

use std::{fs, path::Path, sync::Arc};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, RedisConnectionInfo, RedisError, RedisResult,
    aio::MultiplexedConnection,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{cache::CacheError, settings};

/// An address, and what is said there first.
pub struct Address {
    host: String,
    port: u16,
    /// With TLS: a provider of our own, because the process's default belongs to the host program.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// User, password, database.
    login: RedisConnectionInfo,
}

// === impl Address ===

impl Address {
    /// As configured.
    pub fn of(settings: &settings::Cache) -> Result<Self, CacheError> {
        // The parser's error may repeat the URL, which may hold a password.
        let malformed =
            || CacheError("url: not a Redis URL such as redis://USER:PASSWORD@HOST:6379/0".to_owned());
        let client = Client::open(settings.url.expose_secret()).map_err(|_| malformed())?;
        let info = client.get_connection_info();
        let login = info.redis_settings().clone();
        match info.addr() {
            ConnectionAddr::Tcp(host, port) => Ok(Self { host: host.clone(), port: *port, tls: None, login }),
            ConnectionAddr::TcpTls { host, port, insecure: false, .. } => {
                let name = ServerName::try_from(host.clone()).map_err(|_| malformed())?;
                let tls = Some((connector(settings.ca_file.as_deref())?, name));
                Ok(Self { host: host.clone(), port: *port, tls, login })
            }
            _ => Err(malformed()),
        }
    }

    /// Connects; requests go on in a task of their own.
    pub async fn connect(&self, config: AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let Some((connector, name)) = &self.tls else {
            let (connection, requests) =
                MultiplexedConnection::new_with_config(&self.login, stream, config).await?;
            tokio::spawn(requests);
            return Ok(connection);
        };
        let stream = connector.connect(name.clone(), stream).await.map_err(RedisError::from)?;
        let (connection, requests) =
            MultiplexedConnection::new_with_config(&self.login, stream, config).await?;
        tokio::spawn(requests);
        Ok(connection)
    }
}

/// The server's certificate must come from a public authority, or from this file's instead.
fn connector(authorities: Option<&Path>) -> Result<TlsConnector, CacheError> {
    let roots = match authorities {
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Some(path) => read_roots(path)?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| CacheError(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn read_roots(path: &Path) -> Result<RootCertStore, CacheError> {
    let unusable = |why: String| CacheError(format!("ca_file: {}: {why}", path.display()));
    let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| unusable("no certificates in PEM form".to_owned()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("no certificates in PEM form".to_owned()));
    }
    Ok(roots)
}
