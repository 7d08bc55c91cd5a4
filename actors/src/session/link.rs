//! A connection's way to its provider, shared by all its cycles: what they must know of each other's calls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use parking_lot::Mutex;
use rows::Clock;
use secrecy::ExposeSecret as _;
use url::Url;

use super::{
    Auth, Budget, Call, Response, Session, Signal, Source,
    digest::digest,
    quota::{Caller, Quota, Quotas, Urgency},
    said::SaidWait,
    skew::{ProviderClock, SkewNotice},
    tokens::Tokens,
    transport::Transport,
};
use crate::{failure::Failure, files::OneFile, observer::Observer, spec::ConnectionSpec};

/// A connection's way to its provider: shared by all its cycles.
pub struct Link {
    pub(super) spec: Arc<ConnectionSpec>,
    pub(super) integration: &'static str,
    pub(super) source: Arc<dyn Source>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) quotas: Arc<Quotas>,
    pub(super) quota: Quota,
    /// A digest of what the provider counts its budgets by.
    pub(super) budget_owner: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) tokens: Arc<Tokens>,
    one_file: OneFile,
    /// When the access token expires, as telemetry was told last: Unix seconds.
    pub(super) told_expiry: AtomicI64,
    /// Calls that are between two attempts because of passing trouble.
    pub(super) troubled: AtomicU32,
    pub(super) waiting: Waiting,
    provider_clock: Mutex<ProviderClock>,
    /// The provider is down and said for how long; none = it is not, as far as it said.
    down: Mutex<Option<Down>>,
    /// An access token that had just been fetched was refused, or none is given: the advice. Nobody asks before the next
    /// check.
    refused: Mutex<Option<String>>,
}

/// What the rooms around the engine give to every link.
#[derive(Clone)]
pub struct LinkServices {
    /// The wire.
    pub transport: Arc<dyn Transport>,
    /// All gates.
    pub quotas: Arc<Quotas>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Telemetry.
    pub observer: Arc<dyn Observer>,
    /// Access tokens.
    pub tokens: Arc<Tokens>,
    /// Files are read one at a time.
    pub one_file: OneFile,
}

/// What a source may ask for beside its session.
#[derive(Clone)]
pub struct Services {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Access tokens, for what does not go through the session.
    pub tokens: Arc<Tokens>,
}

/// Calls that wait for a provider's hold or their turn.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// … for more than a second, …
    pub any: AtomicU32,
    /// … and for more than [`crate::limits::PATIENCE`].
    pub long: AtomicU32,
}

/// What shows of a link while calls are under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signs {
    /// Some call is between attempts because of passing trouble.
    pub troubled: bool,
    /// Some call waits for the quota.
    pub waiting: bool,
    /// … and has for long.
    pub waiting_long: bool,
    /// The provider's clock is not believed: why, and what to look at.
    pub doubt: Option<String>,
}

/// An outage whose end the provider has told.
#[derive(Debug, Clone)]
struct Down {
    reason: String,
    /// On our stopwatch.
    until: Duration,
    said: SaidWait,
}

// === impl LinkServices ===

impl LinkServices {
    /// Of a process that shares limits and tokens with no other.
    pub fn alone(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        let quotas = Arc::new(Quotas::new(Arc::clone(&clock), Arc::clone(&observer)));
        let tokens = Arc::new(Tokens::alone(Arc::clone(&clock)));
        Self { transport, quotas, clock, observer, tokens, one_file: OneFile::default() }
    }

    /// What a source may ask for.
    pub fn services(&self) -> Services {
        Services { clock: Arc::clone(&self.clock), tokens: Arc::clone(&self.tokens) }
    }
}

// === impl Services ===

impl Services {
    /// Of a process that shares tokens with no other, and keeps none.
    pub fn alone(clock: Arc<dyn Clock>) -> Self {
        let tokens = Arc::new(Tokens::alone(Arc::clone(&clock)));
        Self { clock, tokens }
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

// === impl Link ===

impl Link {
    /// Between `source` and its provider. `built_in` is the integration's; the specification's replaces of each scope
    /// what it names.
    pub fn new(
        spec: Arc<ConnectionSpec>,
        integration: &'static str,
        source: Arc<dyn Source>,
        built_in: impl Into<Quota>,
        services: LinkServices,
    ) -> Arc<Self> {
        let LinkServices { transport, quotas, clock, observer, tokens, one_file } = services;
        let built_in = built_in.into();
        let quota = match &spec.quotas {
            Some(changes) => built_in.with(changes),
            None => built_in,
        };
        let budget_owner = budget_owner(&spec, source.as_ref());
        Arc::new(Self {
            spec,
            integration,
            source,
            transport,
            quotas,
            quota,
            budget_owner,
            clock,
            observer,
            tokens,
            one_file,
            told_expiry: AtomicI64::new(i64::MIN),
            troubled: AtomicU32::new(0),
            waiting: Waiting::default(),
            provider_clock: Mutex::default(),
            down: Mutex::default(),
            refused: Mutex::default(),
        })
    }

    /// A session for a check: its answers are held in memory. It asks again what was refused.
    pub fn session(self: &Arc<Self>, urgency: Urgency) -> Session {
        *self.refused.lock() = None;
        self.session_within(urgency, Budget::CHECK)
    }

    /// A session for one cycle, which takes no more than its budget.
    pub fn session_within(self: &Arc<Self>, urgency: Urgency, budget: Budget) -> Session {
        Session::new(Arc::clone(self), urgency, budget)
    }

    /// The source that answers are read by.
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// Whose turn it is to hold a file in memory.
    pub const fn one_file(&self) -> &OneFile {
        &self.one_file
    }

    /// Whether some call is between attempts because of passing trouble.
    pub fn is_troubled(&self) -> bool {
        self.troubled.load(Ordering::Relaxed) > 0
    }

    /// Whether some call waits for the quota.
    pub fn is_waiting(&self) -> bool {
        self.waiting.any.load(Ordering::Relaxed) > 0
    }

    /// What shows of it.
    pub fn signs(&self) -> Signs {
        let doubt = self.provider_clock.lock().doubt();
        let waiting_long = self.waiting.long.load(Ordering::Relaxed) > 0;
        Signs { troubled: self.is_troubled(), waiting: self.is_waiting(), waiting_long, doubt }
    }

    /// Our time, or the provider's when that is more than [`crate::limits::CLOCK_SKEW_MAX`] behind: the turn of the day
    /// is held until both agree that it is over. A clock further off than
    /// [`crate::limits::CLOCK_SKEW_BELIEVED_MAX`] says nothing.
    pub fn agreed_now(&self) -> Timestamp {
        self.provider_clock.lock().agreed(self.clock.now())
    }

    /// A person wants the provider to be asked again, and said so long ago, whatever it said about waiting.
    pub fn lift(&self, age: Duration) {
        *self.down.lock() = None;
        *self.refused.lock() = None;
        self.quotas.lift(&self.spec.name, age);
    }

    /// The failure of whoever would ask now, while the credentials are refused or the provider is down by its own words.
    pub(super) fn closed(&self) -> Option<Failure> {
        let refused = self.refused.lock().clone();
        refused.map(|advice| Failure::NeedsReauth { advice }).or_else(|| self.down())
    }

    fn down(&self) -> Option<Failure> {
        let mut down = self.down.lock();
        let left = down.as_ref()?.until.checked_sub(self.clock.elapsed()).filter(|left| !left.is_zero());
        let Some(left) = left else {
            *down = None;
            return None;
        };
        let Down { reason, said, .. } = down.as_ref()?;
        let said = said.left(left);
        Some(Failure::Down { reason: reason.clone(), until: said.end(self.clock.now()), said })
    }

    /// The provider says that it is down for so long: nobody asks it before.
    pub(super) fn went_down(&self, reason: &str, said: SaidWait) {
        let until = self.clock.elapsed().saturating_add(said.wait());
        let mut down = self.down.lock();
        if down.as_ref().is_none_or(|down| down.until < until) {
            *down = Some(Down { reason: reason.to_owned(), until, said });
        }
    }

    /// Notes that the credentials are refused, if that is what happened.
    pub(super) fn refused(&self, failure: Failure) -> Failure {
        if let Failure::NeedsReauth { advice } = &failure {
            *self.refused.lock() = Some(advice.clone());
        }
        failure
    }

    /// The root of the host that a call goes to.
    pub(super) fn base(&self, call: &Call) -> Result<&Url, Failure> {
        self.spec.host(call.host).ok_or_else(|| Failure::Permanent {
            reason: format!(
                "{} has no host {:?}: its integration must declare it",
                self.integration, call.host
            ),
        })
    }

    pub(super) fn caller<'a>(&'a self, call: &'a Call, base: &'a Url) -> Caller<'a> {
        Caller {
            integration: self.integration,
            connection: &self.spec.name,
            account: &call.account,
            endpoint: call.endpoint,
            // With its port, where that is not the scheme's own: behind another port another server answers.
            host: base.authority(),
        }
    }

    pub(super) fn note_date(&self, response: &Response) {
        let Some(skew) = response.skew() else { return };
        let news = self.provider_clock.lock().note(skew, self.clock.elapsed());
        let connection = &self.spec.name;
        match news {
            Some(SkewNotice::Differs(skew)) => tracing::warn!(
                connection,
                skew_seconds = skew.as_secs(),
                "the provider's clock and this machine's differ: check the time synchronisation; the turn of the day \
                 waits for the slower one"
            ),
            Some(SkewNotice::Doubted(skew)) => tracing::warn!(
                connection,
                skew_seconds = skew.as_secs(),
                "the provider's clock is more than a day off and is not believed: check the time synchronisation here, and \
                 what stands between"
            ),
            None => {}
        }
    }

    pub(super) fn apply(&self, caller: &Caller<'_>, signals: &[Signal]) {
        for signal in signals {
            match *signal {
                Signal::Used { scope, ratio } => self.quotas.used(caller, &self.quota.rates, scope, ratio),
                Signal::Hold { scope, wait } => self.quotas.hold(caller, &self.quota.rates, scope, wait),
                Signal::Limit { scope, per_second } => {
                    self.quotas.limit(caller, &self.quota.rates, scope, per_second);
                }
                Signal::TokenExpires(at) => {
                    self.observer.token_expires(&self.spec.name, self.integration, at);
                }
                Signal::FieldUnavailable(field) => self.observer.field_unavailable(self.integration, field),
            }
        }
    }
}

/// A digest of what the provider counts this connection's budgets by: what its source says, else its credential.
fn budget_owner(spec: &ConnectionSpec, source: &dyn Source) -> String {
    if let Some(counted_by) = source.counted_by() {
        return digest([counted_by.as_str()]);
    }
    match source.auth() {
        Auth::Token { credential, .. } => digest([credential.name()]),
        Auth::Bearer(secret) => digest([secret.expose_secret()]),
        Auth::None | Auth::Signer(_) => {
            let all = spec.credentials.iter();
            digest(all.flat_map(|(name, secret)| [name.as_str(), secret.expose_secret()]))
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("connection", &self.spec.name).finish_non_exhaustive()
    }
}
