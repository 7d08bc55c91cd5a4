//! What access tokens are had for.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    TOKEN_HOST,
    jwt::{SignError, SigningKey},
};
use crate::{
    consent::Code,
    limits,
    session::{Call, Signature, digest::digest},
};

/// A credential, and how access tokens are had for it. Connections with the same one share its tokens.
pub struct Credential {
    name: String,
    scopes: String,
    pub(super) grant: Grant,
}

/// How tokens are had.
pub(super) enum Grant {
    /// The application asks for itself (RFC 6749, section 4.4).
    Client(Client),
    /// Somebody has let the application in (RFC 6749, section 6).
    Refresh { client: Client, configured: SecretString },
    /// A signed assertion is exchanged (RFC 7523, section 2.1).
    Assertion(SignedToken),
    /// What is signed here is the access token.
    Signed(SignedToken),
}

/// An application as the provider knows it.
#[derive(Clone)]
pub struct Client {
    /// Its public id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
    /// Where both are told.
    pub auth: ClientAuth,
}

/// Where the token endpoint wants the application's id and secret (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// `Authorization: Basic …`.
    Basic,
    /// Form fields `client_id` and `client_secret`.
    Form,
}

/// A token that is signed here.
#[derive(Debug)]
pub struct SignedToken {
    /// What signs it.
    pub key: SigningKey,
    /// What it says, beside when it was issued (`iat`) and until when it holds (`exp`).
    pub claims: Map<String, Value>,
    /// How long it holds: no longer than the provider takes.
    pub valid_for: Duration,
}

/// One request to a token endpoint.
pub struct TokenRequest {
    scopes: String,
    proof: Proof,
}

/// What stands for the credential in one request.
pub(super) enum Proof {
    Client(Client),
    Refresh { client: Client, token: SecretString },
    Assertion(SecretString),
    Code(Code),
}

/// The grant type of a signed assertion.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// === impl Credential ===

impl Credential {
    /// The application's own. `url` is that of the token endpoint, `scopes` what is asked for, separated by blanks; `""`
    /// asks for none.
    pub fn client(url: &Url, client: Client, scopes: &str) -> Self {
        let identity = [client.id.as_str(), client.secret.expose_secret()];
        let name = name("client", url.as_str(), scopes, &identity);
        Self { name, scopes: scopes.to_owned(), grant: Grant::Client(client) }
    }

    /// A refresh token for this application. One that the provider puts in its place is stored and used instead.
    pub fn refresh(url: &Url, client: Client, token: SecretString) -> Self {
        let identity = [client.id.as_str(), client.secret.expose_secret(), token.expose_secret()];
        let name = name("refresh", url.as_str(), "", &identity);
        Self { name, scopes: String::new(), grant: Grant::Refresh { client, configured: token } }
    }

    /// A key that signs an assertion, which is exchanged for a token. The claims need `iss`, `aud` and whatever else is
    /// asked for.
    pub fn assertion(url: &Url, assertion: SignedToken) -> Self {
        let identity = [assertion.claims_text(), assertion.key.digest().to_owned()];
        let name = name("assertion", url.as_str(), "", &identity.each_ref().map(String::as_str));
        Self { name, scopes: String::new(), grant: Grant::Assertion(assertion) }
    }

    /// A key that signs access tokens.
    pub fn signed(token: SignedToken) -> Self {
        let identity = [token.claims_text(), token.key.digest().to_owned()];
        let name = name("signed", "", "", &identity.each_ref().map(String::as_str));
        Self { name, scopes: String::new(), grant: Grant::Signed(token) }
    }

    /// A digest of all that tells it apart: the name of its tokens in this process and in the cache.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is sent for a token.
    pub(super) fn request(&self, proof: Proof) -> TokenRequest {
        TokenRequest { scopes: self.scopes.clone(), proof }
    }
}

fn name(kind: &str, url: &str, scopes: &str, identity: &[&str]) -> String {
    digest([kind, url, scopes].iter().chain(identity).copied())
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.grant {
            Grant::Client(_) => "Credential(client)",
            Grant::Refresh { .. } => "Credential(refresh token)",
            Grant::Assertion(_) => "Credential(signed assertion)",
            Grant::Signed(_) => "Credential(signed token)",
        })
    }
}

// === impl Client ===

impl Client {
    fn sign(&self, signature: &mut Signature) {
        match self.auth {
            ClientAuth::Basic => {
                // Both parts are form-encoded first (RFC 6749, section 2.3.1).
                let encode =
                    |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encode(&self.id), encode(self.secret.expose_secret()));
                let value = SecretString::from(format!("Basic {}", STANDARD.encode(pair)));
                signature.headers.push(("authorization", value));
            }
            ClientAuth::Form => {
                signature.form.push(("client_id", SecretString::from(self.id.as_str())));
                signature.form.push(("client_secret", self.secret.clone()));
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("auth", &self.auth).finish_non_exhaustive()
    }
}

// === impl SignedToken ===

impl SignedToken {
    fn claims_text(&self) -> String {
        Value::from(self.claims.clone()).to_string()
    }

    /// The token, issued now.
    pub(super) fn sign(&self, now: Timestamp) -> Result<SecretString, SignError> {
        let valid_for = SignedDuration::try_from(self.valid_for).map_err(|_| SignError)?;
        // Clocks differ: what is issued in the other side's future is refused.
        let issued = now.checked_sub(limits::ISSUED_BEFORE).map_err(|_| SignError)?;
        let expires = issued.checked_add(valid_for).map_err(|_| SignError)?;
        let mut claims = self.claims.clone();
        claims.insert("iat".to_owned(), json!(issued.as_second()));
        claims.insert("exp".to_owned(), json!(expires.as_second()));
        self.key.sign(&claims)
    }

    /// How long it holds from the moment of signing.
    pub(super) fn holds_for(&self) -> Duration {
        self.valid_for.saturating_sub(limits::ISSUED_BEFORE.unsigned_abs())
    }
}

// === impl TokenRequest ===

impl TokenRequest {
    /// Asks for no scopes.
    pub(super) const fn of(proof: Proof) -> Self {
        Self { scopes: String::new(), proof }
    }

    /// The call, without what is secret about it.
    pub fn call(&self) -> Call {
        let grant_type = match self.proof {
            Proof::Client(_) => "client_credentials",
            Proof::Refresh { .. } => "refresh_token",
            Proof::Assertion(_) => JWT_BEARER,
            Proof::Code(_) => "authorization_code",
        };
        let call = Call::post("", "token").host(TOKEN_HOST).form("grant_type", grant_type);
        // What is counted at the API is not counted here.
        let mut call = call.header("accept", "application/json").units(0);
        if let Proof::Code(code) = &self.proof {
            call = call.form("redirect_uri", code.redirect.as_str());
        }
        if self.scopes.is_empty() { call } else { call.form("scope", self.scopes.as_str()) }
    }

    /// What is secret about it.
    pub fn signature(&self) -> Signature {
        let mut signature = Signature::default();
        match &self.proof {
            Proof::Client(client) => client.sign(&mut signature),
            Proof::Refresh { client, token } => {
                client.sign(&mut signature);
                signature.form.push(("refresh_token", token.clone()));
            }
            Proof::Assertion(assertion) => signature.form.push(("assertion", assertion.clone())),
            Proof::Code(Code { client, code, verifier, .. }) => {
                client.sign(&mut signature);
                signature.form.push(("code", code.clone()));
                let verifier = verifier.iter().cloned();
                signature.form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
            }
        }
        signature
    }
}
