//! One answer, read to its end within the limits.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderMap;

use super::said::{SaidWait, http_date, retry_after};
use crate::{failure::Failure, limits};

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
    /// The endpoint's name, from the call.
    pub endpoint: &'static str,
    /// The account, from the call.
    pub account: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

// === impl Response ===

impl Response {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A header that is a number; none where it is missing or no such number.
    pub fn header_number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.header(name)?.trim().parse().ok()
    }

    /// The body as JSON of this type. `place` names the request in the error.
    pub fn json<T: serde::de::DeserializeOwned>(&self, place: &str) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Failure::undocumented(place, &self.body, &error))
    }

    /// How far the clock of whoever answered is ahead of ours: its `Date`, and how long the answer lay in a cache (`Age`,
    /// RFC 9111, section 5.1); none where it does not say.
    pub fn skew(&self) -> Option<SignedDuration> {
        let date = http_date(self.header("date")?)?;
        let age: u32 = self.header_number("age").unwrap_or(0);
        let now = date.checked_add(SignedDuration::from_secs(i64::from(age))).ok()?;
        Some(now.duration_since(self.received_at))
    }

    /// What `Retry-After` says. Instants are by the clock of whoever answered, where that is believed.
    pub fn said_wait(&self) -> Option<SaidWait> {
        let skew = self.skew().filter(|skew| skew.abs() <= limits::CLOCK_SKEW_BELIEVED_MAX);
        let now = self.received_at.checked_add(skew.unwrap_or_default()).unwrap_or(self.received_at);
        Some(SaidWait::new(retry_after(self.header("retry-after")?, now)?))
    }

    /// Whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}
