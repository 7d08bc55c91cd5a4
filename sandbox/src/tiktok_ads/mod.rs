//! TikTok API for Business, version 1.3: advertisers, campaigns, ad groups, ads, and the synchronous report by day and country.
//!
//! A pure function of seed and time. What deliberately makes a client's life hard, because the provider does: errors under status
//! 200; paths without their last slash are not there; lists and filters are JSON within a parameter; zones with an inverted sign
//! (`Etc/GMT+8` is west of Greenwich); deleted objects and what they spent, only for those who ask; one number in four spellings;
//! money with 0, 2 and 3 decimals; rows without any number; reach that does not add up; countries `None` and empty; pages that are no
//! snapshot; one id that is not for us fails a whole list; ids above 2^53.

mod controls;
mod errors;
mod numbers;
mod params;
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
use serde_json::json;

pub use self::errors::TikTokError;
pub use self::numbers::Counts;
pub use self::truth::{TruthAd, TruthAdvertiser, TruthCampaign, TruthDay};
pub use self::world::{Budget, Level, Status};

use self::routes::Refusal;
use self::world::World;
use crate::consent::{ConsentPage, Manner};
use crate::exchange::{Answer, Imitation, Request};
use crate::limit::Limit;
use crate::stage::{Credential, Script, ShownTime};

/// The access token accepted at first.
pub const TOKEN: &str = "sandbox-tiktok-token";
/// The developer app that may list the token's advertisers.
pub const APP_ID: &str = "7001000000000000001";
/// Its secret.
pub const APP_SECRET: &str = "sandbox-tiktok-secret";

/// An advertiser eight hours behind UTC, whose zone is called `Etc/GMT+8`: dollars.
pub const WEST: &str = "7002238017842757633";
/// An advertiser in Berlin: euros.
pub const BERLIN: &str = "7002238017842757634";
/// An advertiser in Tokyo: yen, which have no decimals.
pub const TOKYO: &str = "7002238017842757635";
/// An advertiser in Kuwait: dinars, which have three.
pub const KUWAIT: &str = "7002238017842757636";
/// An advertiser that the token is listed for, and that is not for us.
pub const FORBIDDEN: &str = "7002238017842757637";

/// Where an advertiser authorises the app. Answers go to a registered https address only.
const AUTHORISATION_PATH: &str = "/portal/auth";
const AUTHORISATION: Manner = Manner { id: "app_id", code: "auth_code", loopback: false };

/// Rows of a page at most.
const PAGE_ROWS: usize = 1_000;

/// The provider's limit for an app of the basic level: 10 requests a second. It holds when it is set:
/// `sandbox.set_limit("tiktok_ads", Some(tiktok_ads::quota()))`.
pub fn quota() -> Limit {
    Limit::per_second(10)
}

/// A kind of call, to be forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// Campaign lists.
    Campaigns,
    /// Ad group lists.
    AdGroups,
    /// Ad lists.
    Ads,
    /// Reports.
    Reports,
}

/// The imitation and its world.
#[derive(Debug)]
pub struct TikTokAds {
    world: World,
    time: ShownTime,
    token: Credential<Surface>,
    consent: ConsentPage,
    script: Script<TikTokError>,
    page_rows: usize,
    /// Reports with more rows are too much for one request.
    report_rows_max: Option<usize>,
    /// Nothing of the first of the day is listed for this token.
    top_view_refused: bool,
    /// So many further pages show the rows in another order than the first did.
    pages_to_shift: u32,
    answered: u64,
}

impl TikTokAds {
    /// A label's advertisers with this many days of history before `now`.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self {
            world: seeding::world(seed, days, now),
            time: ShownTime::new(now),
            token: Credential::new(TOKEN),
            consent: ConsentPage::new(AUTHORISATION),
            script: Script::default(),
            page_rows: PAGE_ROWS,
            report_rows_max: None,
            top_view_refused: false,
            pages_to_shift: 0,
            answered: 0,
        }
    }

    fn request_id(&self) -> String {
        format!("202611211600{:020}", self.answered)
    }
}

impl Imitation for TikTokAds {
    fn id(&self) -> &'static str {
        "tiktok_ads"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.time.set(request.now);
        self.answered += 1;
        if request.path == AUTHORISATION_PATH {
            return self.consent.open(request, APP_ID);
        }
        let request_id = self.request_id();
        match self.respond(request) {
            Ok(data) => {
                let body = json!({ "code": 0, "message": "OK", "request_id": request_id, "data": data });
                Answer::json(200, &body).with_header("x-tt-logid", request_id)
            }
            Err(Refusal::Error(error)) => error.answer(200, &request_id),
            Err(Refusal::NoSuchPath) => {
                let body = b"404 page not found".to_vec();
                Answer { status: 404, headers: Vec::new(), body }.with_header("content-type", "text/plain")
            }
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
    }

    fn limited(&self, _request: &Request, _usage_percent: f64, _wait: Duration) -> Answer {
        TikTokError::app_limit().answer(200, &self.request_id())
    }

    /// It does not say how long: the limit is by the second.
    fn announced_wait(&self, _wait: Duration) -> Duration {
        Duration::from_secs(1)
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        TikTokError::new(50_000, "System error, please retry").answer(status, &self.request_id())
    }

    fn expired(&self, _request: &Request) -> Option<Answer> {
        Some(TikTokError::token_expired().answer(200, &self.request_id()))
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
