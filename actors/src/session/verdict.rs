//! What an answer means, as an integration reads it.

use std::time::Duration;

use jiff::Timestamp;

use super::quota::Scope;
use crate::failure::Wait;

/// An integration's reading of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What to do with it.
    pub meaning: Meaning,
    /// What it tells about the quota, whatever its meaning.
    pub signals: Vec<Signal>,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Good.
    Ok,
    /// Over a limit of this scope: nothing is sent there before `wait` is over.
    RateLimited {
        /// Whose limit.
        scope: Scope,
        /// How long.
        wait: Wait,
    },
    /// Passing: tried again.
    Transient {
        /// What happened, without secrets.
        reason: String,
        /// What the provider says about when.
        wait: Wait,
    },
    /// The credentials are refused.
    NeedsReauth {
        /// What to do.
        advice: String,
    },
    /// Not permitted for this stream or account.
    Forbidden {
        /// What to grant.
        advice: String,
    },
    /// Too much data for one request.
    TooMuch {
        /// The provider's words.
        reason: String,
    },
    /// Does not exist (any more).
    Gone {
        /// The provider's words.
        reason: String,
    },
    /// Can never succeed.
    Permanent {
        /// What is wrong.
        reason: String,
    },
}

/// What an answer tells beside its content.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// Share of a scope's allowance that is used: 1.0 = all of it.
    Used {
        /// Whose allowance.
        scope: Scope,
        /// 0.0 to 1.0 and above.
        ratio: f64,
    },
    /// Nothing may be sent to this scope for so long.
    Hold {
        /// Whose limit.
        scope: Scope,
        /// How long.
        wait: Duration,
    },
    /// The scope's real limit.
    Limit {
        /// Whose limit.
        scope: Scope,
        /// Requests a second.
        per_second: f64,
    },
    /// When the credentials stop working.
    TokenExpires(Timestamp),
    /// A field that the provider did not deliver although it was asked for.
    FieldUnavailable(&'static str),
}

// === impl Verdict ===

impl From<Meaning> for Verdict {
    fn from(meaning: Meaning) -> Self {
        Self { meaning, signals: Vec::new() }
    }
}
