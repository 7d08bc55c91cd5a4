//! Meta (Facebook) Marketing API: accounts, campaigns, ad sets, ads, insights and asynchronous reports of an imagined label.
//!
//! A pure function of seed and time, so that a world of any size costs nothing until it is read. What deliberately makes a client's
//! life hard, because the provider does: today is partial, spend falls after two days, conversions come for 28 days, zero is left
//! out, reach does not add up, campaign rows differ a little from the sum of their ads, archived objects appear only when asked
//! for, enum values and fields nobody knows turn up, and ids do not fit a float.

mod controls;
mod delivery;
mod entities;
mod errors;
mod fields;
mod insights;
mod params;
mod query;
mod reports;
mod routes;
mod rows;
mod seeding;
#[cfg(test)]
mod tests;
mod truth;
mod usage;
mod world;

use std::any::Any;
use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

pub use self::controls::NewCampaign;
pub use self::delivery::Counts;
pub use self::errors::MetaError;
pub use self::query::Level;
pub use self::rows::CUSTOM_CONVERSION;
pub use self::truth::{TruthAccount, TruthAd, TruthCampaign, TruthDay};
pub use self::world::Status;

use self::insights::{Edits, Ledger};
use self::reports::Reports;
use self::world::Account;
use crate::exchange::{Answer, Imitation, Request};
use crate::options::Scale;
use crate::seed::Seed;
use crate::stage::{Credential, Script, ShownTime};

/// The access token accepted at first.
pub const TOKEN: &str = "sandbox-meta-token";

/// A kind of call, to be forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Surface {
    /// The list of accounts and each account's object.
    Accounts,
    /// Campaign lists.
    Campaigns,
    /// Ad set lists.
    AdSets,
    /// Ad lists.
    Ads,
    /// Insights, synchronous and not.
    Insights,
}

/// What the token may be forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Permission {
    Surface(Surface),
    Account(u64),
}

/// What is wrong with how an account is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountFault {
    /// `timezone_name` is left out.
    NoZone,
    /// `timezone_name` is one that nobody knows.
    StrangeZone,
    /// `currency` is null.
    NullCurrency,
    /// It "does not exist" (100/33), though it is listed.
    Missing,
    /// Asked for by itself, it answers 500.
    Broken,
}

/// The imitation and its world.
#[derive(Debug)]
pub struct MetaAds {
    seed: Seed,
    time: ShownTime,
    accounts: Vec<Account>,
    edits: Edits,
    reports: Reports,
    token: Credential<Permission>,
    /// The app's, where the app wants proof of it on every call.
    app_secret: Option<String>,
    account_faults: HashMap<u64, AccountFault>,
    script: Script<MetaError>,
    insights_empty: bool,
    archived_insights_hidden: bool,
    sync_row_limit: Option<usize>,
    async_row_limit: Option<usize>,
    cursor_limit: Option<usize>,
    reported_usage: Option<f64>,
}

impl MetaAds {
    /// A small label with this many days of history before `now`.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self::with_scale(seed, days, now, Scale::default())
    }

    /// A world of any size.
    pub fn with_scale(seed: u64, days: u32, now: Timestamp, scale: Scale) -> Self {
        Self {
            seed: Seed::new(seed),
            time: ShownTime::new(now),
            accounts: seeding::accounts(days, now, scale),
            edits: Edits::default(),
            reports: Reports::default(),
            token: Credential::new(TOKEN),
            app_secret: None,
            account_faults: HashMap::new(),
            script: Script::default(),
            insights_empty: false,
            archived_insights_hidden: true,
            sync_row_limit: None,
            async_row_limit: None,
            cursor_limit: None,
            reported_usage: None,
        }
    }

    /// The time whose knowledge the world's numbers show.
    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn ledger<'w>(&'w self, account: &'w Account, now: Timestamp) -> Ledger<'w> {
        Ledger {
            seed: self.seed,
            edits: &self.edits,
            account,
            now,
            hides_archived: self.archived_insights_hidden,
        }
    }
}

impl Imitation for MetaAds {
    fn id(&self) -> &'static str {
        "meta_ads"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.time.set(request.now);
        match self.respond(request) {
            Ok(body) => Answer::json(200, &body),
            Err(error) => error.answer(),
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
    }

    fn limited(&self, request: &Request, usage_percent: f64, wait: Duration) -> Answer {
        usage::refusal(request, usage_percent, wait)
    }

    fn announced_wait(&self, wait: Duration) -> Duration {
        usage::whole_minutes(wait)
    }

    fn usage_headers(&self, request: &Request, usage_percent: f64) -> Vec<(String, String)> {
        usage::headers(request, self.reported_usage.unwrap_or(usage_percent), Duration::ZERO)
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        let error = match status {
            500 => MetaError::new(500, 1, "An unknown error has occurred.").subcode(99),
            _ => MetaError::new(status, 2, "Service temporarily unavailable").transient(),
        };
        error.answer()
    }

    fn expired(&self, _request: &Request) -> Option<Answer> {
        Some(MetaError::token_expired().answer())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
