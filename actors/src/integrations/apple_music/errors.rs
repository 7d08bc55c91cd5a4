//! What Apple's answers mean. Its texts for people are not repeated: they may quote what was asked.

use super::wire;
use crate::{
    failure::{Wait, is_web_page},
    reading::refusals::Refusal,
    session::{Meaning, Response, quota::Scope},
};

/// Endpoints that answer with lists: songs or albums together, a playlist's contents, a chart.
pub const SONGS: &str = "songs";
pub const CODES: &str = "codes";
pub const CONTENTS: &str = "playlist.contents";
pub const CHART: &str = "chart";
/// The query of the Music Analytics API.
pub const PLAYS: &str = "plays";

/// The column without which an answer of the Music Analytics API is none.
pub const PLAY_COUNT: &str = "play_count";

/// There is no such object in this storefront.
const NOT_FOUND: &str = "40400";
/// A list is empty, or ends here.
const NO_RELATED: &str = "40403";

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    let Response { status, endpoint, .. } = response;
    let refusal = Refusal::new(response, "Apple Music", Scope::Project, *status, "");
    if *endpoint == PLAYS {
        return of_plays(response, refusal);
    }
    // A token that is not accepted is refused without a word.
    if *status == 401 && !is_web_page(&response.body) {
        return refusal.reauth(
            "it does not accept the key. Look whether it was revoked, compare `team_id` and `key_id` with it, make a new one at \
             developer.apple.com if need be, and set credentials.private_key",
        );
    }
    let said: wire::Refusal = match refusal.said() {
        Ok(said) => said,
        Err(meaning) => return meaning,
    };
    let Some(error) = said.errors.first() else { return refusal.by_front_end() };
    match (*status, error.code.0.as_str()) {
        (404, NOT_FOUND) => refusal.gone(),
        (404, NO_RELATED) if [SONGS, CODES, CONTENTS, CHART].contains(endpoint) => Meaning::Ok,
        (404, _) => refusal.permanent("it knows no such path, check base_url and api_version"),
        (403, _) => refusal.forbidden(
            "the key may not read this. Enable MusicKit for it at developer.apple.com, or take it out of the settings",
        ),
        (400, _) => refusal.permanent(
            "it does not take the request, look at the ids and at `storefronts` in the settings",
        ),
        _ => refusal.of_status(),
    }
}

/// Plays have a key of their own: what is refused to it says nothing about the other one.
fn of_plays(response: &Response, refusal: Refusal<'_>) -> Meaning {
    let body = &response.body;
    match response.status {
        _ if is_web_page(body) => refusal.by_front_end(),
        200..300
            if first_line(body).split(|byte| *byte == b'\t').any(|name| name == PLAY_COUNT.as_bytes()) =>
        {
            Meaning::Ok
        }
        200..300 => {
            let reason = format!("{} with something else than a table of plays", refusal.reason);
            Meaning::Transient { reason, wait: Wait::Unsaid }
        }
        401 | 403 => refusal.forbidden(
            "the Music Analytics API does not accept its key, or the key may not read these artists. Compare `analytics.issuer_id` and \
             `analytics.key_id` with it in iTunes Connect, and set credentials.analytics_key",
        ),
        _ => refusal.of_status(),
    }
}

fn first_line(body: &[u8]) -> &[u8] {
    body.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii()
}
