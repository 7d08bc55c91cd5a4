//! How much one reading may take from a provider, whose lists may have no end.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{failure::Failure, limits, stream::Kind};

/// The most that one session takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of answers, unpacked.
    pub bytes: u64,
    /// Requests, repeated ones included.
    pub requests: u64,
}

/// What a session has taken of its budget.
#[derive(Debug, Default)]
pub struct Taken {
    bytes: AtomicU64,
    requests: AtomicU64,
}

// === impl Budget ===

impl Budget {
    /// Of a check.
    pub const CHECK: Self = Self { bytes: limits::SET_BYTES_MAX, requests: limits::CHECK_REQUESTS_MAX };

    /// Of one access token.
    pub const TOKEN: Self =
        Self { bytes: limits::RESPONSE_BYTES_MAX as u64, requests: limits::TOKEN_REQUESTS_MAX };

    /// Of a cycle of this kind.
    pub const fn of(kind: &Kind) -> Self {
        let bytes = match kind {
            Kind::Days(_) => limits::WINDOW_BYTES_MAX,
            // What is read of files is bounded by their reader.
            Kind::Feed(_) | Kind::Files(_) => limits::FEED_BYTES_MAX,
            Kind::Snapshot(_) => limits::SET_BYTES_MAX,
        };
        Self { bytes, requests: limits::CYCLE_REQUESTS_MAX }
    }

    /// Whether one more request may be sent.
    pub fn allows(self, taken: &Taken) -> Result<(), Failure> {
        if taken.bytes.load(Ordering::Relaxed) > self.bytes {
            return Err(used_up(format_args!("{} MiB of answers", self.bytes / (1024 * 1024))));
        }
        if taken.requests.load(Ordering::Relaxed) >= self.requests {
            return Err(used_up(format_args!("{} requests", self.requests)));
        }
        Ok(())
    }
}

// === impl Taken ===

impl Taken {
    /// A request is sent.
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer came.
    pub fn answer(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes of answers so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

fn used_up(what: std::fmt::Arguments<'_>) -> Failure {
    Failure::Permanent {
        reason: format!(
            "more than {what} in one reading: the provider's lists have no end, or are longer than this worker reads"
        ),
    }
}
