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

// === impl Meaning ===

impl Meaning {
    /// What a status means by itself, in an answer that says nothing in the provider's own words: what stands between here
    /// and there (a proxy, a load balancer) answers so, too. That something is gone is the provider's to say, so that 404
    /// and 410 are [`Meaning::Permanent`]; success without what was asked for is [`Meaning::Transient`]. `scope` is whose
    /// limit a 429 is about; `reason` says what happened or what to do, without secrets.
    pub fn of_status(status: u16, scope: Scope, reason: String) -> Self {
        match status {
            401 => Self::NeedsReauth { advice: reason },
            403 => Self::Forbidden { advice: reason },
            // The session reads Retry-After.
            429 => Self::RateLimited { scope, wait: Wait::Unsaid },
            // 408: too slow this time; 425: too early.
            200..300 | 408 | 425 | 500.. => Self::Transient { reason, wait: Wait::Unsaid },
            _ => Self::Permanent { reason },
        }
    }
}

// === impl Verdict ===

impl From<Meaning> for Verdict {
    fn from(meaning: Meaning) -> Self {
        Self { meaning, signals: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_alone_makes_nothing_gone() {
        let word = |status| match Meaning::of_status(status, Scope::Project, "why".to_owned()) {
            Meaning::RateLimited { scope: Scope::Project, wait: Wait::Unsaid } => "limited",
            Meaning::Transient { reason, wait: Wait::Unsaid } if reason == "why" => "transient",
            Meaning::NeedsReauth { advice } if advice == "why" => "reauth",
            Meaning::Forbidden { advice } if advice == "why" => "forbidden",
            Meaning::Permanent { reason } if reason == "why" => "permanent",
            other => panic!("{status}: {other:?}"),
        };
        for (statuses, expected) in [
            (&[401][..], "reauth"),
            (&[403], "forbidden"),
            (&[429], "limited"),
            (&[200, 204, 408, 425, 500, 502, 503, 524, 599], "transient"),
            (&[301, 400, 404, 405, 409, 410, 422], "permanent"),
        ] {
            for status in statuses {
                assert_eq!(word(*status), expected, "{status}");
            }
        }
    }
}
