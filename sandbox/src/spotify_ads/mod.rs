//! Spotify Ads API, version 3: businesses, their ad accounts, campaigns, ad sets and ads, and aggregate reports by UTC day; and the
//! token endpoint that goes with it.
//!
//! A pure function of seed and time. What deliberately makes a client's life hard, because the provider does: an account that is listed
//! and forbidden; budgets that stand on ad sets, one of them above 2^53; conversions below five that are masked as -5; spend with nine
//! decimals, counts that are written `1920.0`; fields that a row leaves out; rows of nothing but zeros, and days without one; people reached
//! that do not add up; cost that falls, conversions that come for 14 days, some of them after a campaign's end; reports of 50 rows
//! a page whose last page says so in three ways; errors that are spelt in two; tokens that expire, refresh tokens that may rotate.

mod controls;
mod errors;
mod numbers;
mod render;
mod report;
mod routes;
mod seeding;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::any::Any;
use std::time::Duration;

use jiff::Timestamp;

pub use self::errors::AdsError;
pub use self::numbers::Numbers;
pub use self::seeding::{EURO_ACCOUNT, FORBIDDEN_ACCOUNT, HARBOUR, NORTHBOUND, US_ACCOUNT, YEN_ACCOUNT};
pub use self::truth::{TruthAccount, TruthAd, TruthCampaign, TruthDay};
pub use self::world::{Budget, Level};

use self::world::World;
use crate::consent::AUTHORIZE_PATH;
use crate::exchange::{Answer, Imitation, Request};
use crate::limit::{Limit, whole_seconds};
use crate::oauth::TokenServer;
use crate::stage::{Script, ShownTime};

/// The app's id.
pub const CLIENT_ID: &str = "sandbox-spotify-ads-client";
/// The app's secret.
pub const CLIENT_SECRET: &str = "sandbox-spotify-ads-secret";
/// The advertiser's refresh token at first.
pub const REFRESH_TOKEN: &str = "sandbox-spotify-ads-refresh";

/// Where tokens come from, below the imitation's root; the API is below `/v3`.
const TOKEN_PATH: &str = "/api/token";

/// Elements of a page at most, and unless asked otherwise.
const PAGE_LENGTH: usize = 50;

/// A limit as the provider counts: requests a second of one user through one app. Its size is unpublished, this one is invented. It
/// holds when it is set: `sandbox.set_limit("spotify_ads", Some(spotify_ads::rate_limit()))`.
pub fn rate_limit() -> Limit {
    Limit::per_second(3)
}

/// The imitation and its world.
#[derive(Debug)]
pub struct SpotifyAds {
    world: World,
    time: ShownTime,
    tokens: TokenServer,
    script: Script<AdsError>,
    page_length: usize,
    /// Continuation tokens of an earlier generation have expired.
    generation: u64,
    answered: u64,
}

impl SpotifyAds {
    /// A label's and an agency's accounts with this many days of history before `now`.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self {
            world: seeding::world(seed, days, now),
            time: ShownTime::new(now),
            tokens: TokenServer::new((CLIENT_ID, CLIENT_SECRET), REFRESH_TOKEN, "", seed),
            script: Script::default(),
            page_length: PAGE_LENGTH,
            generation: 0,
            answered: 0,
        }
    }
}

impl Imitation for SpotifyAds {
    fn id(&self) -> &'static str {
        "spotify_ads"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.time.set(request.now);
        self.answered += 1;
        if request.path == TOKEN_PATH {
            return self.tokens.answer(request);
        }
        if request.path == AUTHORIZE_PATH {
            return self.tokens.open(request);
        }
        match self.respond(request) {
            Ok(body) => Answer::json(200, &body),
            Err(error) => error.answer(self.answered),
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
    }

    fn is_counted(&self, request: &Request) -> bool {
        request.path != TOKEN_PATH
    }

    fn limited(&self, _request: &Request, _usage_percent: f64, wait: Duration) -> Answer {
        AdsError::rate_limited(Some(whole_seconds(wait))).answer(self.answered)
    }

    fn announced_wait(&self, wait: Duration) -> Duration {
        Duration::from_secs(whole_seconds(wait))
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        AdsError::server_error(status).answer(self.answered)
    }

    fn expired(&self, request: &Request) -> Option<Answer> {
        (request.path != TOKEN_PATH).then(|| AdsError::token_expired().answer(self.answered))
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
