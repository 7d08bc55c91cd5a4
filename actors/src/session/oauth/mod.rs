//! Access tokens that expire: what they are had for, how they are asked for, and what the answers mean.
//!
//! One mechanism each, shared by all integrations: client credentials, a refresh token, a signed assertion (JWT bearer,
//! RFC 7523), and tokens that are signed here and used as they are. A source names its [`Credential`] in
//! [`Auth::Token`](super::Auth::Token); the session does the rest.

mod answer;
mod code;
mod credential;
pub mod jwt;
mod refresh;
mod replaced;

pub use credential::{Client, ClientAuth, Credential, SignedToken};
pub use replaced::Replaced;

pub(super) use answer::classify;
pub(super) use credential::TokenRequest;

/// The name of the host that gives access tokens: `endpoints.token`. Its URL is the whole address.
pub const TOKEN_HOST: &str = "token";
/// The name of the host whose page asks a person for consent: `endpoints.authorize`. A browser opens it, nobody else.
pub const AUTHORIZE_HOST: &str = "authorize";
