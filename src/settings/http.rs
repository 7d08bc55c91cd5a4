//! The HTTP section: where the worker serves, over what, and to whom.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{
    form,
    place::KeyPath,
    review::{Review, Secrets},
    secret::SecretSource,
    tokens::{Token, TokenTable},
};
use crate::certificate::certified_key;

/// The HTTP server.
#[derive(Debug, Clone)]
pub struct Http {
    /// The address that is listened on.
    pub listen: SocketAddr,
    /// Serve an address that others can reach, without authentication. Only behind something that authenticates.
    pub allow_public: bool,
    /// The names that are answered to, beside addresses and this machine's loopback; none: as the rest says.
    pub allowed_hosts: Vec<String>,
    /// Certificate and key; without them, plain HTTP.
    pub tls: Option<Tls>,
    /// Who may ask; without it, everybody who reaches the address, and nobody may act.
    pub authentication: Option<Authentication>,
    /// Whether it is configured, also where its secrets were left out.
    pub is_authenticated: bool,
    /// Tokens that see one tenant's, by name; empty when secrets were left out.
    pub tokens: BTreeMap<String, Token>,
}

/// Certificate and key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Tls {
    /// PEM file: the server's certificate, then those between it and the authority's.
    #[schemars(schema_with = "form::path")]
    pub certificate: PathBuf,
    /// PEM file: the certificate's private key.
    #[schemars(schema_with = "form::path")]
    pub key: PathBuf,
}

/// What a request has to bring: any of what is there.
#[derive(Debug, Clone)]
pub struct Authentication {
    /// `Authorization: Bearer …`: for programs.
    pub bearer: Option<SecretString>,
    /// User and password: for people.
    pub basic: Option<Basic>,
}

/// A user and its password.
#[derive(Debug, Clone)]
pub struct Basic {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// The HTTP server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpTable {
    /// The address that is listened on.
    #[schemars(schema_with = "form::address")]
    listen: SocketAddr,
    /// Serve an address that others can reach, without authentication. Only behind something that authenticates.
    allow_public: bool,
    /// The names, without port, under which requests may come, beside IP addresses and `localhost`: others are refused, since
    /// a page on the web could read this server through a browser under a name of its own. Without any: names without a dot, or
    /// all names where authentication or `allow_public` is set.
    #[serde(default)]
    #[schemars(schema_with = "form::host_names")]
    allowed_hosts: Vec<String>,
    /// Certificate and key: HTTPS instead of HTTP.
    #[serde(default)]
    #[schemars(schema_with = "form::of::<Tls>")]
    tls: Option<Tls>,
    /// Who may ask for anything but `/healthz`, and act on connections: a bearer token, a user with a password, or either.
    #[serde(default)]
    #[schemars(schema_with = "form::of::<AuthenticationTable>")]
    authentication: Option<AuthenticationTable>,
    /// Tokens for tenants, by a name of your own: `Authorization: Bearer …` of one sees what is one tenant's, and spend as that
    /// tenant is shown it. Only with `authentication`.
    #[serde(default)]
    tokens: BTreeMap<String, TokenTable>,
}

/// What a request has to bring.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
struct AuthenticationTable {
    /// A token for programs: `Authorization: Bearer …`.
    #[serde(default)]
    #[schemars(schema_with = "form::of::<SecretSource>")]
    bearer: Option<SecretSource>,
    /// A user for people: browsers ask for it.
    #[serde(default)]
    #[schemars(schema_with = "form::of::<BasicTable>")]
    basic: Option<BasicTable>,
}

/// A user with a password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct BasicTable {
    /// The user's name, without a colon.
    #[schemars(regex(pattern = "^[^:]+$"))]
    user: String,
    /// The password.
    password: SecretSource,
}

/// Shortest token and password that are not complained about.
const SECRET_CHARS_MIN: usize = 16;

// === impl Review ===

impl Review<'_> {
    /// The HTTP section.
    pub fn http(&mut self) -> Option<Http> {
        let key = KeyPath::of(["http"]);
        let HttpTable { listen, allow_public, allowed_hosts, tls, authentication, tokens } =
            self.read(&key)?;
        let is_authenticated = authentication.is_some();
        if !listen.ip().is_loopback() {
            let key = key.child("listen");
            match (is_authenticated, allow_public) {
                (true, _) if tls.is_none() => self.warn(
                    &key,
                    "others can reach this address, and passwords and tokens travel in clear: set http.tls, unless \
                     something in front of it encrypts",
                ),
                (true, _) => {}
                (false, true) => self.warn(
                    &key,
                    if allowed_hosts.is_empty() {
                        "metrics and status are served without authentication to whoever reaches this address, and to \
                         pages on the web through a browser that does: set http.allowed_hosts"
                    } else {
                        "metrics and status are served without authentication to whoever reaches this address"
                    },
                ),
                (false, false) => self.mistake(
                    &key,
                    "address that others can reach, without authentication",
                    "a loopback address such as 127.0.0.1:9464, or http.authentication",
                    &listen.to_string(),
                    Some("set http.allow_public = true if something in front of it authenticates".to_owned()),
                ),
            }
        }
        if let Some(files) = &tls
            && self.secrets == Secrets::Fetched
            && let Err(error) = certified_key(&files.certificate, &files.key)
        {
            let help =
                Some("relative paths begin in the directory in which the worker is started".to_owned());
            self.mistake(
                &key.child("tls"),
                "certificate and key cannot be used",
                "two PEM files that fit each other",
                &error.to_string(),
                help,
            );
        }
        let authentication =
            authentication.and_then(|table| self.authentication(&key.child("authentication"), table));
        if !tokens.is_empty() && !is_authenticated {
            self.mistake(
                &key.child("tokens"),
                "tokens for tenants, and nobody has to bring one",
                "http.authentication, without which everybody sees every tenant's",
                "no such section",
                None,
            );
        }
        let bearer = authentication.as_ref().and_then(|authentication| authentication.bearer.as_ref());
        let tokens = self.tokens(tokens, bearer);
        Some(Http { listen, allow_public, allowed_hosts, tls, authentication, is_authenticated, tokens })
    }

    /// Nothing when a secret is missing, which has been noted then, or when secrets are left out.
    fn authentication(&mut self, key: &KeyPath, table: AuthenticationTable) -> Option<Authentication> {
        let AuthenticationTable { bearer, basic } = table;
        let bearer = bearer.map(|source| self.long_secret(&key.child("bearer"), &source));
        let basic = basic.map(|BasicTable { user, password }| {
            let password = self.long_secret(&key.child("basic").child("password"), &password)?;
            Some(Basic { user, password })
        });
        // Half of what was asked for would lock somebody out, or in.
        let is_whole =
            bearer.as_ref().is_none_or(Option::is_some) && basic.as_ref().is_none_or(Option::is_some);
        is_whole.then(|| Authentication { bearer: bearer.flatten(), basic: basic.flatten() })
    }

    /// Fetches a secret that is compared with what somebody brings.
    pub fn long_secret(&mut self, key: &KeyPath, source: &SecretSource) -> Option<SecretString> {
        let secret = self.secret(key, source)?;
        if secret.expose_secret().chars().count() < SECRET_CHARS_MIN {
            self.warn(
                key,
                format!("shorter than {SECRET_CHARS_MIN} characters: it can be guessed; `openssl rand -hex 24` makes one"),
            );
        }
        Some(secret)
    }
}

// === impl Http ===

impl PartialEq for Http {
    /// Whether all that needs a restart is the same.
    fn eq(&self, other: &Self) -> bool {
        let exposed = |http: &Self| {
            let Authentication { bearer, basic } = http.authentication.clone()?;
            let bearer = bearer.map(|token| token.expose_secret().to_owned());
            Some((bearer, basic.map(|basic| (basic.user, basic.password.expose_secret().to_owned()))))
        };
        self.listen == other.listen
            && self.allow_public == other.allow_public
            && self.allowed_hosts == other.allowed_hosts
            && self.tls == other.tls
            && exposed(self) == exposed(other)
    }
}
