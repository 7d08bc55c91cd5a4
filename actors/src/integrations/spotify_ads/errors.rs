//! What Spotify Ads' answers mean. Its messages are not repeated: they may quote what was asked; its codes are.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

use super::wire::ErrorCode;
use crate::{
    reading::{
        names::name,
        refusals::{self, Refusal},
    },
    session::{Meaning, Response, quota::Scope},
};

/// What an error has one of: in the Ads API's words (two spellings are known), or in those of what stands in front of it.
const WORDS: [&str; 5] = ["sp_trace_id", "messages", "error_codes", "errorCodes", "error"];

/// An object, field by field.
type Said<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    let said = refusals::object::<Said<'_>>(response);
    if response.is_success() && said.is_some() {
        return Meaning::Ok;
    }
    let code = said.as_ref().and_then(code).unwrap_or_default();
    let refusal = Refusal::new(response, "Spotify Ads", Scope::Project, response.status, &code);
    if !said.as_ref().is_some_and(is_refusal) {
        return refusal.by_front_end();
    }
    match refusal.status {
        401 => refusal.reauth(
            "it refuses an access token that was just fetched: authorise the app anew and set credentials again",
        ),
        403 => refusal.forbidden(
            "give the user who has let the app in a role in the ad account (AD_ACCOUNT_VIEWER is enough), and have the app              admitted to the Ads API at developer.spotify.com; or name the account in `accounts_exclude`",
        ),
        404 => refusal.gone(),
        400 | 422 => refusal.permanent("it does not take the request"),
        _ => refusal.of_status(),
    }
}

/// The first code, if it looks like one.
fn code(said: &Said<'_>) -> Option<String> {
    let codes = said.get("error_codes").or_else(|| said.get("errorCodes"))?;
    let codes: Vec<ErrorCode> = serde_json::from_str(codes.get()).ok()?;
    let code = codes.into_iter().next()?.code;
    name(&code, "_.").filter(|code| !code.contains(char::is_lowercase)).map(str::to_owned)
}

/// Whether these are Spotify's words, and not any object's.
fn is_refusal(said: &Said<'_>) -> bool {
    WORDS.iter().any(|word| said.get(*word).is_some_and(|value| value.get() != "null"))
}
