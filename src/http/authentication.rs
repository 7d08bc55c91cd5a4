//! Who may ask.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use actix_web::http::header::HeaderMap;
use base64::{Engine, prelude::BASE64_STANDARD};
use parking_lot::{Mutex, RwLock};
use rows::Clock;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::{
    audience::Audience,
    settings::{Authentication, Token},
};

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
    /// Those that see one tenant's; they can change.
    tokens: RwLock<Vec<TenantToken>>,
    clock: Arc<dyn Clock>,
    attempts: Mutex<HashMap<IpAddr, Attempts>>,
}

/// A token that sees one tenant's.
struct TenantToken {
    hash: Hash,
    name: Arc<str>,
    tenant: Arc<str>,
}

/// Who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asker {
    /// Whoever has the bearer token.
    Token,
    /// This user.
    User(String),
    /// Whoever has a tenant's token.
    Tenant {
        /// The token's.
        name: Arc<str>,
        /// Whose it is.
        tenant: Arc<str>,
    },
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may go on; it is theirs.
    Welcome(Asker),
    /// It has to bring something else.
    Unknown,
    /// Its address has tried too often; again after so many seconds.
    TooMany(u64),
}

// === impl Gatekeeper ===

impl Gatekeeper {
    /// Who brings any of these is let in.
    pub(super) fn new(
        authentication: &Authentication,
        tokens: &BTreeMap<String, Token>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let Authentication { bearer, basic } = authentication;
        let bearer = bearer.as_ref().map(|token| hash(token.expose_secret().as_bytes()));
        let user = basic.as_ref().map(|basic| basic.user.clone()).unwrap_or_default();
        let basic = basic
            .as_ref()
            .map(|basic| hash(format!("{}:{}", basic.user, basic.password.expose_secret()).as_bytes()));
        let tokens = RwLock::new(hashed(tokens));
        Self { bearer, basic, user, tokens, clock, attempts: Mutex::default() }
    }

    /// From now on these see one tenant's.
    pub(super) fn use_tokens(&self, tokens: &BTreeMap<String, Token>) {
        *self.tokens.write() = hashed(tokens);
    }

    /// Looks at the request's `Authorization`.
    pub(super) fn verdict(&self, headers: &HeaderMap, address: Option<IpAddr>) -> Verdict {
        let Some(value) = headers.get("authorization") else {
            return Verdict::Unknown;
        };
        if let Some(seconds) = self.locked_seconds(address) {
            return Verdict::TooMany(seconds);
        }
        if let Some(asker) = self.asker(value.as_bytes()) {
            return Verdict::Welcome(asker);
        }
        self.note_attempt(address);
        Verdict::Unknown
    }

    /// The schemes that a refused client may use.
    pub(super) fn challenges(&self) -> impl Iterator<Item = &'static str> {
        let basic = self.basic.map(|_| r#"Basic realm="dynamoi", charset="UTF-8""#);
        let takes_bearer = self.bearer.is_some() || !self.tokens.read().is_empty();
        basic.into_iter().chain(takes_bearer.then_some(r#"Bearer realm="dynamoi""#))
    }

    /// Whose this is. Every digest is compared, whichever fits.
    fn asker(&self, value: &[u8]) -> Option<Asker> {
        let (scheme, rest) = std::str::from_utf8(value).ok()?.trim().split_once(' ')?;
        let rest = rest.trim();
        let fits = |expected: Option<Hash>, brought: &Hash| -> bool {
            expected.map_or(Choice::from(0), |expected| expected.ct_eq(brought)).into()
        };
        if scheme.eq_ignore_ascii_case("basic") {
            let brought = hash(&BASE64_STANDARD.decode(rest).ok()?);
            return fits(self.basic, &brought).then(|| Asker::User(self.user.clone()));
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let brought = hash(rest.as_bytes());
        let mut asker = fits(self.bearer, &brought).then_some(Asker::Token);
        for token in &*self.tokens.read() {
            if fits(Some(token.hash), &brought) {
                asker = Some(Asker::Tenant { name: token.name.clone(), tenant: token.tenant.clone() });
            }
        }
        asker
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

impl Asker {
    /// For whom answers to it are.
    pub(super) fn audience(&self) -> Audience {
        match self {
            Self::Token | Self::User(_) => Audience::Operators,
            Self::Tenant { tenant, .. } => Audience::Tenant(tenant.clone()),
        }
    }
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("the bearer of the token"),
            Self::User(user) => write!(f, "the user {user:?}"),
            Self::Tenant { name, tenant } => write!(f, "the bearer of {tenant}'s token {name}"),
        }
    }
}

fn hashed(tokens: &BTreeMap<String, Token>) -> Vec<TenantToken> {
    let hashed = |(name, token): (&String, &Token)| TenantToken {
        hash: hash(token.secret.expose_secret().as_bytes()),
        name: name.as_str().into(),
        tenant: token.tenant.as_str().into(),
    };
    tokens.iter().map(hashed).collect()
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
        let authentication = Authentication { bearer: Some("token".into()), basic: Some(basic) };
        Gatekeeper::new(&authentication, &tokens(&[("a", "token-a"), ("b", "token-b")]), clock)
    }

    /// Tokens of tenants, each of the name of its tenant.
    fn tokens(pairs: &[(&str, &str)]) -> BTreeMap<String, Token> {
        let token = |(tenant, secret): &(&str, &str)| {
            ((*tenant).to_owned(), Token { tenant: (*tenant).to_owned(), secret: (*secret).into() })
        };
        pairs.iter().map(token).collect()
    }

    fn welcome() -> Verdict {
        Verdict::Welcome(Asker::Token)
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_was_agreed_opens() {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(jiff::Timestamp::UNIX_EPOCH));
        let gatekeeper = gatekeeper(clock);
        let basic = |pair: &str| format!("Basic {}", BASE64_STANDARD.encode(pair));
        let tenant = |name: &str| Verdict::Welcome(Asker::Tenant { name: name.into(), tenant: name.into() });
        for (value, verdict) in [
            ("Bearer token".to_owned(), welcome()),
            ("bearer  token".to_owned(), welcome()),
            (basic("ops:pass:word"), Verdict::Welcome(Asker::User("ops".to_owned()))),
            ("Bearer token-a".to_owned(), tenant("a")),
            ("bearer token-b".to_owned(), tenant("b")),
            (basic("token-a"), Verdict::Unknown),
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
        gatekeeper.use_tokens(&tokens(&[("b", "another")]));
        assert_eq!(gatekeeper.verdict(&brings("Bearer token-a"), None), Verdict::Unknown, "taken back");
        assert_eq!(gatekeeper.verdict(&brings("Bearer another"), None), tenant("b"));
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
        assert_eq!(gatekeeper.verdict(&brings("Bearer token"), other), welcome());
        assert_eq!(gatekeeper.verdict(&HeaderMap::new(), guesser), Verdict::Unknown);
        tokio::time::advance(ATTEMPTS_WINDOW + Duration::from_secs(1)).await;
        assert_eq!(gatekeeper.verdict(&brings("Bearer token"), guesser), welcome());
    }
}
