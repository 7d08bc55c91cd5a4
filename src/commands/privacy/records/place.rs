//! Where something is, without the secrets of its address.

use url::{Host, Url};

/// A database, a cache.
pub struct Place {
    /// What kind: `sqlite`, `postgres`, `redis`, `memory` …
    pub scheme: String,
    /// A path, or host and port.
    pub at: String,
    /// Whether nothing that is sent there leaves this machine.
    pub is_local: bool,
    /// What the address asks for of TLS, if anything.
    pub tls: Option<String>,
}

// === impl Place ===

impl Place {
    /// Of an address, which may hold a password, or of a path.
    pub fn of(address: &str) -> Self {
        let local = |scheme: &str, at: &str| Self {
            scheme: scheme.to_owned(),
            at: at.split('?').next().unwrap_or_default().to_owned(),
            is_local: true,
            tls: None,
        };
        match address.split_once(':') {
            None => local("sqlite", address),
            Some(("sqlite", path)) => local("sqlite", path.trim_start_matches("//")),
            Some(("memory", _)) => local("memory", "the worker's own memory"),
            Some((scheme, _)) => Self::on_server(scheme, address),
        }
    }

    fn on_server(scheme: &str, address: &str) -> Self {
        let url = Url::parse(address).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let port = url.as_ref().and_then(Url::port).map(|port| format!(":{port}")).unwrap_or_default();
        let sslmode = url.as_ref().and_then(|url| {
            url.query_pairs()
                .find(|(name, _)| name == "sslmode" || name == "ssl-mode")
                .map(|(_, mode)| mode.into_owned())
        });
        Self {
            scheme: scheme.to_owned(),
            at: if host.is_empty() { "not told by its address".to_owned() } else { format!("{host}{port}") },
            is_local: is_loopback(host),
            tls: if scheme == "rediss" { Some("rediss".to_owned()) } else { sslmode },
        }
    }

    /// Whether everything that is sent there is encrypted, or the address says that nothing is sent otherwise.
    pub fn is_encrypted(&self) -> bool {
        // `prefer`, the default, takes what it gets.
        matches!(self.tls.as_deref(), Some("rediss" | "require" | "verify-ca" | "verify-full"))
    }
}

/// Whether what is sent to this host stays on this machine.
pub fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_without_its_secrets() {
        let told = |address: &str| {
            let Place { scheme, at, is_local, .. } = Place::of(address);
            (scheme, at, is_local)
        };
        let local = |scheme: &str, at: &str| (scheme.to_owned(), at.to_owned(), true);
        assert_eq!(told("sqlite://data/dynamoi.db?mode=rwc"), local("sqlite", "data/dynamoi.db"));
        assert_eq!(told("data/dynamoi.db.keys"), local("sqlite", "data/dynamoi.db.keys"));
        assert_eq!(told("memory://"), local("memory", "the worker's own memory"));
        assert_eq!(told("redis://:s3cret@[::1]:6379/1"), local("redis", "[::1]:6379"));
        let server = Place::of("postgres://worker:s3cret@db.example.com:5432/d?sslmode=verify-full");
        assert_eq!(
            (&*server.at, server.is_local, server.is_encrypted()),
            ("db.example.com:5432", false, true)
        );
        for plain in ["postgres://w:p@db.example.com/d", "postgres://db/d?sslmode=prefer", "redis://cache"] {
            assert!(!Place::of(plain).is_encrypted(), "{plain}");
        }
        assert!(Place::of("rediss://cache").is_encrypted());
    }
}
