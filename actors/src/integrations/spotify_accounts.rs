//! What Spotify's APIs share: accounts.spotify.com, where an app is let in and its tokens come from.
//! <https://developer.spotify.com/documentation/web-api/tutorials/code-flow>

use crate::{
    consent::{Consent, Exchange},
    session::oauth::{AUTHORIZE_HOST, ClientAuth, TOKEN_HOST},
    spec::{CredentialSpec, HostSpec},
};

/// Where access tokens are had.
pub const TOKEN: HostSpec = HostSpec {
    name: TOKEN_HOST,
    url: "https://accounts.spotify.com/api/token",
    help: "the address from which access tokens are had",
};
/// Where a person lets an app in.
pub const AUTHORIZE: HostSpec = HostSpec {
    name: AUTHORIZE_HOST,
    url: "https://accounts.spotify.com/authorize",
    help: "the page on which a person lets the app in; a browser opens it",
};

/// How a person lets an app in. Its redirect address, `http://127.0.0.1/callback`, is registered without a port, or with that
/// which is used.
pub const fn consent(
    application: [&'static CredentialSpec; 2],
    gives: &'static CredentialSpec,
    parameters: &'static [(&'static str, &'static str)],
) -> Consent {
    Consent {
        application,
        gives,
        id_parameter: "client_id",
        code_parameter: "code",
        parameters,
        pkce: true,
        loopback: true,
        exchange: Exchange::Standard(ClientAuth::Basic),
    }
}
