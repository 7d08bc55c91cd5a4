//! What Spotify Ads' answers mean. Its messages are not repeated: they may quote what was asked; its codes are.

use super::wire::{ErrorCode, Refusal};
use crate::{
    reading::front_end,
    session::{Meaning, Response, quota::Scope},
};

/// Longest code that is repeated.
const CODE_LENGTH_MAX: usize = 80;

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    let Response { status, endpoint, account, .. } = response;
    let body = response.body.trim_ascii_start();
    // A list would pass for a structure without its fields.
    let said = Some(body).filter(|body| body.starts_with(b"{"));
    let said: Option<Refusal<'_>> = said.and_then(|body| serde_json::from_slice(body).ok());
    if response.is_success() && said.is_some() {
        return Meaning::Ok;
    }
    let of = if account.is_empty() { String::new() } else { format!(" of ad account {account}") };
    let code = said.as_ref().and_then(code).map(|code| format!(" ({code})")).unwrap_or_default();
    let reason = format!("Spotify Ads answers status {status}{code} to {endpoint}{of}");
    if !said.is_some_and(|said| said.is_one()) {
        return front_end::meaning(response, "Spotify", Scope::Project, &reason);
    }
    match status {
        401 => Meaning::NeedsReauth {
            advice: format!(
                "{reason}: it refuses an access token that was just fetched: authorise the app anew and set credentials again"
            ),
        },
        403 => Meaning::Forbidden {
            advice: format!(
                "{reason}: give the user who has let the app in a role in the ad account (AD_ACCOUNT_VIEWER is enough), and have \
                 the app admitted to the Ads API at developer.spotify.com; or name the account in `accounts_exclude`"
            ),
        },
        404 => Meaning::Gone { reason },
        400 | 422 => Meaning::Permanent { reason: format!("{reason}: it does not take the request") },
        _ => Meaning::of_status(*status, Scope::Project, reason),
    }
}

/// The first code, if it looks like one.
fn code(said: &Refusal<'_>) -> Option<String> {
    let codes: Vec<ErrorCode> = serde_json::from_str(said.error_codes?.get()).ok()?;
    let code = codes.into_iter().next()?.code;
    let is_word =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.');
    ((1..=CODE_LENGTH_MAX).contains(&code.len()) && code.bytes().all(is_word)).then_some(code)
}

// === impl Refusal ===

impl Refusal<'_> {
    /// Whether these are Spotify's words, and not any object's.
    fn is_one(&self) -> bool {
        let fields = [self.sp_trace_id, self.messages, self.error_codes, self.error];
        fields.iter().any(Option::is_some)
    }
}
