//! Whether the configured daemon answers: for health checks, by somebody who may have none of its secrets.

use std::time::Duration;

use dynamoi::settings::Settings;
use reqwest::StatusCode;

/// It is on this machine: it answers at once, or not at all.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A daemon that is alive.
#[derive(Debug, Clone, Copy)]
pub struct Alive {
    /// It tells more only to whoever authenticates, or over TLS.
    pub is_guarded: bool,
}

/// Asks `/healthz`, for which nobody needs a password. An error says why not.
pub async fn check(settings: &Settings) -> Result<Alive, String> {
    let http = &settings.http;
    let told = |error: &dyn std::error::Error| format!("no daemon answers at {}: {error}", http.listen);
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        // The certificate is for the name under which others know it. Nothing secret is sent, and only `ok` is believed.
        .tls_danger_accept_invalid_certs(true)
        .build()
        .map_err(|error| told(&error))?;
    let scheme = if http.tls.is_some() { "https" } else { "http" };
    let ask = |path| client.get(format!("{scheme}://{}{path}", http.listen)).send();
    let answer =
        ask("/healthz").await.and_then(reqwest::Response::error_for_status).map_err(|error| told(&error))?;
    match answer.text().await {
        Ok(text) if text.trim() == "ok" => {}
        Ok(_) => return Err(format!("what answers at {} is no daemon of ours", http.listen)),
        Err(error) => return Err(told(&error)),
    }
    let further = ask("/api/v1/connections?limit=1").await.map_err(|error| told(&error))?;
    Ok(Alive { is_guarded: http.tls.is_some() || further.status() == StatusCode::UNAUTHORIZED })
}
