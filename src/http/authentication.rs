//! Who may ask.

use std::{collections::HashMap, fmt, net::IpAddr, sync::Arc, time::Duration};

use actix_web::http::header::HeaderMap;
use base64::{Engine, prelude::BASE64_STANDARD};
use parking_lot::Mutex;
use rows::Clock;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::settings::Authentication;

/// Wrong attempts of one address within [`ATTEMPTS_WINDOW`]; further ones are not looked at until it is over.
const ATTEMPTS_MAX: u32 = 20;
/// See [`ATTEMPTS_MAX`].
const ATTEMPTS_WINDOW: Duration = Duration::from_mins(1);
/// Addresses that are remembered; when there are more, the oldest are forgotten together.
const ADDRESSES_MAX: usize = 4_096;

/// Checks what requests bring, against digests: secrets are compared in constant time, whatever their lengths.
pub(super) struct Gatekeeper {
    bearer: Option<Hash>,
    basic: Option<Hash>,
    user: String,
    clock: Arc<dyn Clock>,
    attempts: Mutex<HashMap<IpAddr, Attempts>>,
}

/// Who was let in, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asker {
    /// Whoever has the bearer token.
    Token,
    /// This user.
    User(String),
}

/// SHA-256 of what comes after the scheme.
type Hash = [u8; 32];

/// Wrong ones of one address.
#[derive(Debug, Clone, Copy)]
struct Attempts {
    count: u32,
    since: Duration,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may go on.
    Welcome,
    /// It has to bring something else.
    Unknown,
    /// Its address has tried too often; again after so many seconds.
    TooMany(u64),
}

// === impl Gatekeeper ===

impl Gatekeeper {
    /// Who brings any of these is let in.
    pub(super) fn new(authentication: &Authentication, clock: Arc<dyn Clock>) -> Self {
        let Authentication { bearer, basic } = authentication;
        let bearer = bearer.as_ref().map(|token| hash(token.expose_secret().as_bytes()));
        let user = basic.as_ref().map(|basic| basic.user.clone()).unwrap_or_default();
        let basic = basic
            .as_ref()
            .map(|basic| hash(format!("{}:{}", basic.user, basic.password.expose_secret()).as_bytes()));
        Self { bearer, basic, user, clock, attempts: Mutex::default() }
    }

    /// Looks at the request's `Authorization`.
    pub(super) fn verdict(&self, headers: &HeaderMap, address: Option<IpAddr>) -> Verdict {
        let Some(value) = headers.get("authorization") else {
            return Verdict::Unknown;
        };
        if let Some(seconds) = self.locked_seconds(address) {
            return Verdict::TooMany(seconds);
        }
        if self.is_known(value.as_bytes()) {
            return Verdict::Welcome;
        }
        self.note_attempt(address);
        Verdict::Unknown
    }

    /// Who was let in with these headers.
    pub(super) fn asker(&self, headers: &HeaderMap) -> Asker {
        let scheme = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_basic = scheme.trim_start().get(..5).is_some_and(|word| word.eq_ignore_ascii_case("basic"));
        if is_basic { Asker::User(self.user.clone()) } else { Asker::Token }
    }

    /// The schemes that a refused client may use.
    pub(super) fn challenges(&self) -> impl Iterator<Item = &'static str> {
        let basic = self.basic.map(|_| r#"Basic realm="dynamoi", charset="UTF-8""#);
        let bearer = self.bearer.map(|_| r#"Bearer realm="dynamoi""#);
        basic.into_iter().chain(bearer)
    }

    fn is_known(&self, value: &[u8]) -> bool {
        let Ok(value) = std::str::from_utf8(value) else { return false };
        let Some((scheme, rest)) = value.trim().split_once(' ') else { return false };
        let rest = rest.trim();
        let (expected, brought) = if scheme.eq_ignore_ascii_case("bearer") {
            (self.bearer, hash(rest.as_bytes()))
        } else if scheme.eq_ignore_ascii_case("basic") {
            let Ok(pair) = BASE64_STANDARD.decode(rest) else { return false };
            (self.basic, hash(&pair))
        } else {
            return false;
        };
        expected.map_or(Choice::from(0), |expected| expected.ct_eq(&brought)).into()
    }

    fn locked_seconds(&self, address: Option<IpAddr>) -> Option<u64> {
        let now = self.clock.elapsed();
        let attempts = self.attempts.lock().get(&address?).copied()?;
        let left = (attempts.since + ATTEMPTS_WINDOW).checked_sub(now)?;
        (attempts.count >= ATTEMPTS_MAX).then(|| left.as_secs() + 1)
    }

    fn note_attempt(&self, address: Option<IpAddr>) {
        let Some(address) = address else { return };
        let now = self.clock.elapsed();
        let mut all = self.attempts.lock();
        if all.len() >= ADDRESSES_MAX && !all.contains_key(&address) {
            all.retain(|_, attempts| attempts.since + ATTEMPTS_WINDOW > now);
            if all.len() >= ADDRESSES_MAX {
                all.clear();
            }
        }
        let attempts = all.entry(address).or_insert(Attempts { count: 0, since: now });
        if attempts.since + ATTEMPTS_WINDOW <= now {
            *attempts = Attempts { count: 0, since: now };
        }
        attempts.count += 1;
        if attempts.count == ATTEMPTS_MAX {
            tracing::warn!(%address, "too many wrong attempts to authenticate: not looked at for a minute");
        }
    }
}

// === impl Asker ===

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("the bearer of the token"),
            Self::User(user) => write!(f, "the user {user:?}"),
        }
    }
}

fn hash(text: &[u8]) -> Hash {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{AUTHORIZATION, HeaderValue};
    use rows::clock::SimulatedClock;

    use super::*;
    use crate::settings::Basic;

    fn brings(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        headers
    }

    fn gatekeeper(clock: Arc<dyn Clock>) -> Gatekeeper {
        let basic = Basic { user: "ops".to_owned(), password: "pass:word".into() };
        Gatekeeper::new(&Authentication { bearer: Some("token".into()), basic: Some(basic) }, clock)
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_was_agreed_opens() {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(jiff::Timestamp::UNIX_EPOCH));
        let gatekeeper = gatekeeper(clock);
        let basic = |pair: &str| format!("Basic {}", BASE64_STANDARD.encode(pair));
        for (value, verdict) in [
            ("Bearer token".to_owned(), Verdict::Welcome),
            ("bearer  token".to_owned(), Verdict::Welcome),
            (basic("ops:pass:word"), Verdict::Welcome),
            ("Bearer tokens".to_owned(), Verdict::Unknown),
            ("Bearer ".to_owned(), Verdict::Unknown),
            ("token".to_owned(), Verdict::Unknown),
            (basic("ops:"), Verdict::Unknown),
            (basic("token"), Verdict::Unknown),
            ("Basic token".to_owned(), Verdict::Unknown),
            ("Digest token".to_owned(), Verdict::Unknown),
        ] {
            assert_eq!(gatekeeper.verdict(&brings(&value), None), verdict, "{value}");
        }
        assert_eq!(gatekeeper.verdict(&HeaderMap::new(), None), Verdict::Unknown);
        assert_eq!(gatekeeper.challenges().count(), 2);
        assert_eq!(gatekeeper.asker(&brings("bearer token")), Asker::Token);
        assert_eq!(gatekeeper.asker(&brings(&basic("ops:pass:word"))), Asker::User("ops".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn guessing_is_slowed_for_the_guesser_alone() {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(jiff::Timestamp::UNIX_EPOCH));
        let gatekeeper = gatekeeper(clock);
        let (guesser, other) = (Some(IpAddr::from([192, 0, 2, 1])), Some(IpAddr::from([192, 0, 2, 2])));
        for _ in 0..ATTEMPTS_MAX {
            assert_eq!(gatekeeper.verdict(&brings("Bearer guess"), guesser), Verdict::Unknown);
        }
        assert!(matches!(gatekeeper.verdict(&brings("Bearer token"), guesser), Verdict::TooMany(1..=61)));
        assert_eq!(gatekeeper.verdict(&brings("Bearer token"), other), Verdict::Welcome);
        assert_eq!(gatekeeper.verdict(&HeaderMap::new(), guesser), Verdict::Unknown);
        tokio::time::advance(ATTEMPTS_WINDOW + Duration::from_secs(1)).await;
        assert_eq!(gatekeeper.verdict(&brings("Bearer token"), guesser), Verdict::Welcome);
    }
}
