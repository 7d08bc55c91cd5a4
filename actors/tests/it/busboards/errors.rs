//! What Busboards' answers mean.

use std::time::Duration;

use actors::{
    reading::names::name,
    session::{Meaning, Response, Signal, Verdict, quota::Scope},
};

use super::wire::{ApiError, ErrorBody};

/// Reads one answer: its status and error, and, on every answer, the headers that tell about the allowance.
pub fn classify(response: &Response) -> Verdict {
    Verdict { meaning: meaning(response), signals: signals(response) }
}

fn meaning(response: &Response) -> Meaning {
    if response.is_success() {
        return Meaning::Ok;
    }
    // In front of the API stands a proxy with pages of its own: no JSON is no error here.
    let ApiError { code, permission } =
        serde_json::from_slice::<ErrorBody>(&response.body).unwrap_or_default().error;
    let reason = format!("Busboards answers {} to {}", response.status, response.endpoint);
    match response.status {
        401 => Meaning::NeedsReauth {
            advice: "Busboards refuses the token: make a new one under Settings > API".to_owned(),
        },
        403 => Meaning::Forbidden {
            advice: format!(
                "grant the token the permission {}, under Settings > API",
                // What is no name may be a sentence, and tell of somebody.
                permission.as_deref().and_then(|text| name(text, "._")).unwrap_or("for this endpoint")
            ),
        },
        404 => Meaning::Gone { reason },
        413 if code == "too_many_lines" => Meaning::TooMuch { reason },
        // A status by itself; whose limit a 429 is about is the provider's to say.
        status => Meaning::of_status(status, Scope::Account, reason),
    }
}

fn signals(response: &Response) -> Vec<Signal> {
    let number = |name: &str| response.header(name)?.trim().parse::<u32>().ok();
    let scope = Scope::Account;
    let used =
        number("x-busboards-used").map(|percent| Signal::Used { scope, ratio: f64::from(percent) / 100.0 });
    let pause = number("x-busboards-pause")
        .map(|seconds| Signal::Hold { scope, wait: Duration::from_secs(u64::from(seconds)) });
    used.into_iter().chain(pause).collect()
}
