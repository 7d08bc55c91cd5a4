//! How reading can fail, in the terms that decide what happens next.

use std::{borrow::Cow, time::Duration};

use jiff::Timestamp;

use crate::session::said::SaidWait;

/// Why a request or page failed. Texts never hold secrets or personal data: they go to logs, metrics pages and
/// `status`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider said to wait longer than one cycle waits.
    #[error("the provider allows no requests until {until}{}", said.note())]
    RateLimited {
        /// Until when.
        until: Timestamp,
        /// What it asked for.
        said: SaidWait,
    },
    /// A budget of ours is used up: nothing that needs it is sent before it frees.
    #[error("{reason}{GOES_ON}{until}")]
    OverBudget {
        /// What is used of what.
        reason: String,
        /// Until when.
        until: Timestamp,
    },
    /// The provider is down and said when it will be back: nothing is sent before.
    #[error("{reason}: nothing is sent before {until}, as it asks{}", said.note())]
    Down {
        /// What happened.
        reason: String,
        /// Until when.
        until: Timestamp,
        /// What it asked for.
        said: SaidWait,
    },
    /// Passing trouble, after retries: the provider is down, slow or answers nonsense.
    #[error("{reason}")]
    Transient {
        /// What happened.
        reason: String,
    },
    /// The credentials are refused. Nothing is retried until they change.
    #[error("{advice}")]
    NeedsReauth {
        /// What to do.
        advice: String,
    },
    /// This stream (or account) is not permitted; its siblings are.
    #[error("{advice}")]
    Forbidden {
        /// What to grant.
        advice: String,
    },
    /// The request covers too much data.
    #[error("too much data for one request: {reason}")]
    TooMuch {
        /// The provider's words.
        reason: String,
    },
    /// The object asked for does not exist (any more).
    #[error("gone: {reason}")]
    Gone {
        /// The provider's words.
        reason: String,
    },
    /// The request can never succeed as it is.
    #[error("{reason}")]
    Permanent {
        /// What is wrong.
        reason: String,
    },
}

/// Between what is used of a budget and when it frees.
const GOES_ON: &str = "; goes on at ";

// === impl Failure ===

impl Failure {
    /// The text of a failure for whom it is none of their business how much of a budget is used: others may share it.
    pub fn without_usage(text: &str) -> Cow<'_, str> {
        match text.split_once(GOES_ON) {
            Some((_, until)) => Cow::Owned(format!("an allowance is used up{GOES_ON}{until}")),
            None => Cow::Borrowed(text),
        }
    }

    /// An answer that does not have the documented shape: as passing as any other nonsense.
    pub fn malformed(place: &str, error: &serde_json::Error) -> Self {
        // The category and position only: the error's own text may quote the body.
        Self::Transient {
            reason: format!(
                "{place}: the answer does not have the documented shape ({:?} error at line {} column {})",
                error.classify(),
                error.line(),
                error.column()
            ),
        }
    }

    /// A body that is none of the documented ones. A web page (a login page, a proxy, a wrong address) is called by its name.
    pub fn undocumented(place: &str, body: &[u8], error: &serde_json::Error) -> Self {
        if !is_web_page(body) {
            return Self::malformed(place, error);
        }
        Self::Transient {
            reason: format!(
                "{place}: a web page came instead of data: a login page or a proxy answers in the provider's place. Look at \
                 `base_url`, and at what stands between here and there"
            ),
        }
    }

    /// A short, bounded word for labels and records.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } | Self::OverBudget { .. } => "rate_limited",
            Self::Transient { .. } | Self::Down { .. } => "transient",
            Self::NeedsReauth { .. } => "needs_reauth",
            Self::Forbidden { .. } => "forbidden",
            Self::TooMuch { .. } => "too_much",
            Self::Gone { .. } => "gone",
            Self::Permanent { .. } => "permanent",
        }
    }
}

/// Whether a body is HTML or XML.
pub fn is_web_page(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'<')
}

/// How long to wait, as a provider says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// This long from now.
    For(Duration),
    /// Until this instant.
    Until(Timestamp),
    /// It does not say.
    Unsaid,
}

// === impl Wait ===

impl Wait {
    /// The wait from `now` on, as far as it is believed; none where there is no word.
    pub fn said(self, now: Timestamp) -> Option<SaidWait> {
        match self {
            Self::For(wait) => Some(SaidWait::new(wait)),
            Self::Until(at) => Some(SaidWait::until(at, now)),
            Self::Unsaid => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_of_a_budget_is_used_can_be_left_out() {
        let until = "2026-12-01T08:00:00Z".parse().unwrap();
        let used =
            Failure::OverBudget { reason: "used 5 of 5 requests in 24 hours (quota.app)".to_owned(), until };
        let told = Failure::without_usage(&used.to_string()).into_owned();
        assert_eq!(told, "an allowance is used up; goes on at 2026-12-01T08:00:00Z");
        assert_eq!(Failure::without_usage("it is down"), "it is down");
    }
}
