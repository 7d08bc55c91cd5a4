//! What Google's APIs share: who may ask. Either a service account's key, or the refresh token of somebody who has let an
//! application in. And how they say that something is wrong, and when their days turn.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use rows::zone::zone;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, json};

use crate::{
    consent::{Consent, Exchange},
    integration::{ConnectionSpec, CredentialSpec, HostSpec, SetupError},
    reading::refusals::Refusal,
    session::{
        Credential, Meaning, Response,
        oauth::{AUTHORIZE_HOST, ClientAuth, SignedToken, TOKEN_HOST, jwt::SigningKey},
    },
};

/// The key of a service account.
pub const SERVICE_ACCOUNT: CredentialSpec = CredentialSpec {
    name: "service_account",
    required: false,
    help: "the JSON key of a service account as downloaded: Google Cloud console > IAM > Service accounts > Keys. Or set \
           client_id, client_secret and refresh_token",
};
/// An application's id.
pub const CLIENT_ID: CredentialSpec = CredentialSpec {
    name: "client_id",
    required: false,
    help: "OAuth client id, with client_secret and refresh_token: Google Cloud console > APIs & Services > Credentials",
};
/// An application's secret.
pub const CLIENT_SECRET: CredentialSpec = CredentialSpec {
    name: "client_secret",
    required: false,
    help: "OAuth client secret, from the same place as client_id",
};
/// What somebody gave the application.
pub const REFRESH_TOKEN: CredentialSpec = CredentialSpec {
    name: "refresh_token",
    required: false,
    help: "refresh token of a person who has let the OAuth client in; of a client in testing it expires after 7 days",
};
/// Where access tokens are had.
pub const TOKEN: HostSpec = HostSpec {
    name: TOKEN_HOST,
    url: "https://oauth2.googleapis.com/token",
    help: "gives access tokens; the whole address",
};

/// Where a person lets an application in.
pub const AUTHORIZE: HostSpec = HostSpec {
    name: AUTHORIZE_HOST,
    url: "https://accounts.google.com/o/oauth2/v2/auth",
    help: "the page on which a person lets the OAuth client in; a browser opens it",
};

/// The zone in which Google's quotas of a day, and YouTube's days, turn.
pub const PACIFIC: &str = "America/Los_Angeles";

/// Google takes no assertion that holds for longer.
const ASSERTION_LIFE: Duration = Duration::from_hours(1);

/// What is read of a key file. Unknown fields are passed over.
#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: SecretString,
    private_key_id: Option<String>,
    project_id: Option<String>,
    token_uri: Option<String>,
}

/// How a person lets an OAuth client in, of the kind "Desktop app": `parameters` are [`offline`] with the scopes.
/// <https://developers.google.com/identity/protocols/oauth2/native-app>
pub const fn consent(parameters: &'static [(&'static str, &'static str)]) -> Consent {
    Consent {
        application: [&CLIENT_ID, &CLIENT_SECRET],
        gives: &REFRESH_TOKEN,
        id_parameter: "client_id",
        code_parameter: "code",
        parameters,
        pkce: true,
        loopback: true,
        exchange: Exchange::Standard(ClientAuth::Form),
    }
}

/// The parameters that ask for these scopes and a refresh token: Google gives none unless it is asked for, and none the second
/// time unless the person is asked again.
pub const fn offline(scopes: &'static str) -> [(&'static str, &'static str); 4] {
    [("response_type", "code"), ("scope", scopes), ("access_type", "offline"), ("prompt", "consent")]
}

/// An error, whatever its status: `google.rpc.Status`.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    pub error: Status,
}

/// What is read of it. The message tells some errors apart and is not repeated.
#[derive(Debug, Deserialize)]
pub struct Status {
    /// The HTTP status.
    #[serde(default)]
    pub code: u16,
    #[serde(default)]
    pub message: String,
    /// As the older APIs have it.
    #[serde(default)]
    errors: Vec<Detail>,
    #[serde(default)]
    details: Vec<Detail>,
}

/// One of several types; that of an `ErrorInfo`.
#[derive(Debug, Deserialize)]
struct Detail {
    #[serde(default)]
    reason: String,
}

/// The error that an answer is. Errors are short: what is longer is data.
pub fn said(response: &Response) -> Option<Status> {
    const ERROR_BYTES_MAX: usize = 64 << 10;
    let body = Some(&response.body).filter(|body| body.len() <= ERROR_BYTES_MAX)?;
    serde_json::from_slice(body).ok().map(|Envelope { error }| error)
}

/// What all of Google's APIs refuse alike: the credentials, their `scope` where it is told apart, and `apis` that are not switched on.
pub fn refused(
    refusal: &Refusal<'_>,
    said: Option<&Status>,
    scope: Option<&str>,
    apis: &str,
) -> Option<Meaning> {
    let says = |reason| said.is_some_and(|said| said.says(reason));
    match (refusal.status, scope) {
        (401, _) => {
            Some(refusal.reauth("the credentials are refused: authorise anew and set credentials again"))
        }
        (403, Some(scope)) if says("ACCESS_TOKEN_SCOPE_INSUFFICIENT") => Some(refusal.reauth(&format!(
            "the credentials lack the scope {scope}: authorise anew and set credentials again"
        ))),
        (403, _) if says("SERVICE_DISABLED") || says("accessNotConfigured") => Some(refusal.forbidden(&format!(
            "switch the {apis} on for the Google Cloud project of the credentials (APIs & Services > Library)"
        ))),
        _ => None,
    }
}

/// The credential of a connection, for this scope. Sends nothing.
pub fn credential(spec: &ConnectionSpec, scope: &str) -> Result<Arc<Credential>, SetupError> {
    let given = |of: &CredentialSpec| spec.credentials.get(of.name);
    let has_refresh_token = [CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN].iter().any(|of| given(of).is_some());
    let credential = match given(&SERVICE_ACCOUNT) {
        Some(_) if has_refresh_token => {
            return Err(refuse(
                "it stands beside client_id, client_secret or refresh_token: keep one of the two",
            ));
        }
        Some(key) => service_account(spec, key, scope)?,
        None if has_refresh_token => {
            let client = spec.client(&CLIENT_ID, &CLIENT_SECRET, ClientAuth::Form)?;
            Credential::refresh(token_url(spec)?, client, spec.credential(&REFRESH_TOKEN)?)
        }
        None => {
            let CredentialSpec { name, help, .. } = SERVICE_ACCOUNT;
            return Err(SetupError::MissingCredential { name, help });
        }
    };
    Ok(Arc::new(credential))
}

/// What Google counts the requests of a connection by: the Cloud project that the key names, or the OAuth client, which
/// belongs to one.
pub fn counted_by(spec: &ConnectionSpec) -> Option<String> {
    if let Some(key) = spec.credentials.get(SERVICE_ACCOUNT.name) {
        let file: KeyFile = serde_json::from_str(key.expose_secret()).ok()?;
        return Some(file.project_id.filter(|id| !id.is_empty()).unwrap_or(file.client_email));
    }
    let client = spec.credentials.get(CLIENT_ID.name)?;
    Some(client.expose_secret().trim().to_owned())
}

/// How long it is until the day turns in California.
pub fn midnight(now: Timestamp) -> Duration {
    /// Where nobody can say.
    const HOUR: Duration = Duration::from_hours(1);
    let pacific = zone(PACIFIC).unwrap_or(TimeZone::UTC);
    let tomorrow = now.to_zoned_datetime(pacific).tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
    let wait = tomorrow.ok().and_then(|at| Duration::try_from(at.timestamp().duration_since(now)).ok());
    wait.unwrap_or(HOUR)
}

/// The assertion is meant for the address that the key names (`aud`), wherever it is sent: only to `endpoints.token`.
fn service_account(spec: &ConnectionSpec, key: &SecretString, scope: &str) -> Result<Credential, SetupError> {
    let file: KeyFile = serde_json::from_str(key.expose_secret()).map_err(|error| {
        // The error's own text may quote the key.
        let (line, column) = (error.line(), error.column());
        refuse(&format!(
            "expected the JSON key of a service account, whole, with client_email and private_key \
             ({:?} error at line {line} column {column})",
            error.classify()
        ))
    })?;
    let key = SigningKey::rs256(&file.private_key, file.private_key_id)
        .map_err(|error| refuse(&format!("private_key: {error}")))?;
    let audience = file.token_uri.unwrap_or_else(|| TOKEN.url.to_owned());
    let claims = [
        ("iss".to_owned(), json!(file.client_email)),
        ("scope".to_owned(), json!(scope)),
        ("aud".to_owned(), json!(audience)),
    ];
    let assertion = SignedToken { key, claims: Map::from_iter(claims), valid_for: ASSERTION_LIFE };
    Ok(Credential::assertion(token_url(spec)?, assertion))
}

fn token_url(spec: &ConnectionSpec) -> Result<&url::Url, SetupError> {
    spec.host(TOKEN_HOST).ok_or_else(|| SetupError::Setting {
        key: "endpoints.token".to_owned(),
        problem: "expected the address that gives access tokens".to_owned(),
    })
}

fn refuse(problem: &str) -> SetupError {
    SetupError::Credential { name: SERVICE_ACCOUNT.name, problem: problem.to_owned() }
}

// === impl Status ===

impl Status {
    /// What its `ErrorInfo` calls it, else the first of its errors; `""` where neither says.
    pub fn reason(&self) -> &str {
        self.reasons().next().unwrap_or_default()
    }

    /// Whether anything in it calls it so.
    pub fn says(&self, reason: &str) -> bool {
        self.reasons().any(|said| said == reason)
    }

    fn reasons(&self) -> impl Iterator<Item = &str> {
        let all = self.details.iter().chain(&self.errors).map(|detail| &*detail.reason);
        all.filter(|reason| !reason.is_empty())
    }
}
