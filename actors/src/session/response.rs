//! One answer, read to its end within the limits.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::HeaderMap;

use crate::failure::Failure;

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

    /// The body as JSON of this type. `place` names the request in the error.
    pub fn json<T: serde::de::DeserializeOwned>(&self, place: &str) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Failure::malformed(place, &error))
    }

    /// Whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}
