//! What Spotify's answers mean: <https://developer.spotify.com/documentation/web-api/concepts/api-calls>. Its messages are not
//! repeated: they may quote what was asked.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde_json::value::RawValue;

use super::wire::{self, Found, RefusalBody, Shown};
use crate::{
    failure::Wait,
    reading::refusals::Refusal,
    session::{Meaning, Response, SaidWait, Signal, quota::Scope},
};

/// How long a quota that is used up is left alone at least, where Spotify does not say; then twice as long …
const EXHAUSTED_MIN: Duration = Duration::from_hours(1);
/// … up to this: its size is not published, and counts calls of a day.
const EXHAUSTED_MAX: Duration = Duration::from_hours(24);

/// The endpoint of a playlist's contents, asked for by the path that its description speaks of …
pub const CONTENTS: &str = "playlist.contents";
/// … and by the other one, after the first was refused.
pub const CONTENTS_OTHERWISE: &str = "playlist.contents.otherwise";

/// The quota of the developer's account, as far as it was said to be used up.
#[derive(Debug, Default)]
pub struct Quota {
    /// For how long it was left alone last, and until when.
    pause: Mutex<Option<(Duration, Timestamp)>>,
}

/// Reads one answer.
pub fn meaning(response: &Response, quota: &Quota) -> Meaning {
    let Response { status, endpoint, .. } = response;
    let refusal = Refusal::new(response, "Spotify", Scope::Project, *status, "");
    let RefusalBody { message, reason: word, .. } = match refusal.said::<wire::Refusal>() {
        Ok(said) => said.error,
        Err(meaning) => {
            if meaning == Meaning::Ok {
                quota.answered();
            }
            return meaning;
        }
    };
    let message = message.unwrap_or_default().to_lowercase();
    match status {
        401 => refusal.reauth(
            "it refuses an access token that was just fetched. Look at the app at developer.spotify.com, and set credentials again",
        ),
        403 => refusal.forbidden(advice(&message, endpoint)),
        429 if word.as_deref() == Some("QUOTA_EXCEEDED") => {
            let said = response.said_wait().map(SaidWait::asked);
            Meaning::RateLimited {
                scope: Scope::Project,
                wait: Wait::For(quota.exceeded(response.received_at, said)),
            }
        }
        404 if message == "service not found" => {
            refusal.permanent("it knows no such path, check base_url and api_version")
        }
        404 => refusal.gone(),
        400 => {
            refusal.permanent("it does not take the request, look at the ids and at `market` in the settings")
        }
        _ => refusal.of_status(),
    }
}

/// What a 403 wants.
fn advice(message: &str, endpoint: &str) -> &'static str {
    if message.contains("premium") {
        "an app in development mode stops when its owner has no Premium subscription: renew it"
    } else if message.contains("scope") {
        "the refresh token lacks a permission: authorise anew with playlist-read-private and playlist-read-collaborative, and \
         set credentials.refresh_token"
    } else if endpoint.starts_with("playlist") {
        "it shows this playlist to its owner only. Set credentials.refresh_token of the owner, or take it out of the settings"
    } else {
        "the app may not read this. Ask Spotify for extended quota, or take it out of the settings"
    }
}

/// The fields that this app may not read, as far as the answer tells.
pub fn unavailable(response: &Response) -> Vec<Signal> {
    let mut fields = Vec::new();
    let body = &response.body;
    let shown = || serde_json::from_slice::<Shown>(body).unwrap_or_default();
    let hides_followers =
        |shown: &Shown| shown.followers.as_ref().is_none_or(|followers| followers.total.is_none());
    match response.endpoint {
        CONTENTS_OTHERWISE if matches!(response.status, 403 | 404) => fields.push("playlist.items"),
        _ if !response.is_success() => {}
        "track" if shown().popularity.is_none() => fields.push("track.popularity"),
        "search" => {
            let found = serde_json::from_slice::<Found<'_>>(body).ok().and_then(|found| found.tracks);
            let mut tracks = found.into_iter().flat_map(|page| page.items);
            let hides = |raw: &RawValue| {
                serde_json::from_str::<Option<Shown>>(raw.get())
                    .is_ok_and(|shown| shown.is_some_and(|shown| shown.popularity.is_none()))
            };
            if tracks.any(hides) {
                fields.push("track.popularity");
            }
        }
        "artist" => {
            let shown = shown();
            fields.extend(shown.popularity.is_none().then_some("artist.popularity"));
            fields.extend(hides_followers(&shown).then_some("artist.followers"));
        }
        "playlist" if hides_followers(&shown()) => fields.push("playlist.followers"),
        _ => {}
    }
    fields.into_iter().map(Signal::FieldUnavailable).collect()
}

// === impl Quota ===

impl Quota {
    /// It was said to be used up: how long to leave it alone. Hours are believed; without them it is left alone for longer
    /// each time. What comes while that lasts was under way before.
    fn exceeded(&self, at: Timestamp, said: Option<Duration>) -> Duration {
        if let Some(said) = said.filter(|said| *said >= EXHAUSTED_MIN) {
            return said;
        }
        let mut pause = self.pause.lock();
        let wait = match *pause {
            Some((wait, until)) if at < until => return wait,
            Some((wait, _)) => (wait * 2).min(EXHAUSTED_MAX),
            None => EXHAUSTED_MIN,
        };
        let until = SignedDuration::try_from(wait).ok().and_then(|wait| at.checked_add(wait).ok());
        *pause = Some((wait, until.unwrap_or(Timestamp::MAX)));
        wait
    }

    /// It is not used up (any more).
    fn answered(&self) {
        *self.pause.lock() = None;
    }
}
