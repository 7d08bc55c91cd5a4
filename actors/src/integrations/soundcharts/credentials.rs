//! Two pairs of credentials, of which a connection has one: new accounts have clients, older ones keys.

use std::sync::Arc;

use secrecy::ExposeSecret;

use crate::{
    integration::{ConnectionSpec, CredentialSpec, SetupError},
    session::{
        Auth, Credential,
        oauth::{ClientAuth, TOKEN_HOST},
    },
};

pub const CLIENT_ID: CredentialSpec = CredentialSpec::optional(
    "client_id",
    "of an API client, with client_secret: Soundcharts dashboard > Credentials. Or set app_id and api_key",
);
pub const CLIENT_SECRET: CredentialSpec = CredentialSpec::optional(
    "client_secret",
    "of the same API client; Soundcharts shows it once, when the client is made",
);
pub const APP_ID: CredentialSpec = CredentialSpec::optional(
    "app_id",
    "the app id of an older account, with api_key. New accounts have client_id and client_secret instead",
);
pub const API_KEY: CredentialSpec = CredentialSpec::optional("api_key", "the API key that belongs to app_id");

/// How requests are authenticated, and what Soundcharts counts them by.
pub fn credentials(spec: &ConnectionSpec) -> Result<(Auth, String), SetupError> {
    let has = |of: [&CredentialSpec; 2]| of.iter().any(|one| spec.credentials.contains_key(one.name));
    if !has([&APP_ID, &API_KEY]) {
        let client = spec.client(&CLIENT_ID, &CLIENT_SECRET, ClientAuth::Basic)?;
        let (id, url) = (client.id.clone(), spec.host(TOKEN_HOST).unwrap_or(&spec.base_url));
        return Ok((Auth::token(Arc::new(Credential::client(url, client, ""))), id));
    }
    if has([&CLIENT_ID, &CLIENT_SECRET]) {
        let problem = "it stands beside client_id or client_secret: keep one of the two pairs".to_owned();
        return Err(SetupError::Credential { name: APP_ID.name, problem });
    }
    let (app_id, api_key) = (spec.credential(&APP_ID)?, spec.credential(&API_KEY)?);
    let counted_by = app_id.expose_secret().to_owned();
    Ok((Auth::headers(vec![("x-app-id", app_id), ("x-api-key", api_key)]), counted_by))
}
