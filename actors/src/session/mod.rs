//! Everything between a cycle and the wire: authentication, quota, retries, deadlines, size limits.

mod body;
pub mod call;
pub mod quota;
pub mod response;
pub mod retry;
pub mod tokens;
pub mod transport;
pub mod verdict;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rows::Clock;

pub use self::{
    call::{Auth, Call, Method, Signature, Signer},
    response::Response,
    verdict::{Meaning, Signal, Verdict},
};
use self::{
    quota::{Caller, QuotaRule, Quotas, Scope, Urgency},
    retry::Delays,
    transport::{RawResponse, Transport, TransportError},
};
use crate::{
    failure::{Failure, Wait},
    integration::{ConnectionSpec, Source},
    limits,
    observer::Observer,
};

/// A connection's way to its provider: shared by all its cycles.
pub struct Link {
    spec: Arc<ConnectionSpec>,
    integration: &'static str,
    source: Arc<dyn Source>,
    transport: Arc<dyn Transport>,
    quotas: Arc<Quotas>,
    rules: Vec<QuotaRule>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    /// Calls that are between two attempts because of passing trouble.
    troubled: AtomicU32,
    /// Calls that have waited for a provider's hold or their turn for more than a second.
    waiting: AtomicU32,
    /// Seconds that the provider's clock is ahead of ours; `i64::MIN` before the first answer.
    skew_seconds: AtomicI64,
}

/// What the rooms around the engine give to every link.
#[derive(Clone)]
pub struct Surroundings {
    /// The wire.
    pub transport: Arc<dyn Transport>,
    /// All gates.
    pub quotas: Arc<Quotas>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Telemetry.
    pub observer: Arc<dyn Observer>,
}

/// One cycle's way to the provider: gated, retried and classified.
pub struct Session {
    link: Arc<Link>,
    urgency: Urgency,
    /// Nanoseconds that this cycle waited on purpose.
    waited_nanos: AtomicU64,
}

// === impl Link ===

impl Link {
    /// Between `source` and its provider. `default_rules` are the integration's; the specification's replace them.
    pub fn new(
        spec: Arc<ConnectionSpec>,
        integration: &'static str,
        source: Arc<dyn Source>,
        default_rules: Vec<QuotaRule>,
        surroundings: Surroundings,
    ) -> Arc<Self> {
        let Surroundings { transport, quotas, clock, observer } = surroundings;
        let rules = spec.quotas.clone().unwrap_or(default_rules);
        Arc::new(Self {
            spec,
            integration,
            source,
            transport,
            quotas,
            rules,
            clock,
            observer,
            troubled: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            skew_seconds: AtomicI64::new(i64::MIN),
        })
    }

    /// A session for one cycle.
    pub fn session(self: &Arc<Self>, urgency: Urgency) -> Session {
        Session { link: Arc::clone(self), urgency, waited_nanos: AtomicU64::new(0) }
    }

    /// The source that answers are read by.
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// Whether some call is between attempts because of passing trouble.
    pub fn is_troubled(&self) -> bool {
        self.troubled.load(Ordering::Relaxed) > 0
    }

    /// Whether some call waits for the quota.
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Our time, or the provider's when that is more than [`limits::CLOCK_SKEW_MAX`] behind: the turn of the day is
    /// held until both agree that it is over.
    pub fn agreed_now(&self) -> Timestamp {
        let now = self.clock.now();
        let skew = self.skew_seconds.load(Ordering::Relaxed);
        if skew == i64::MIN || skew >= -limits::CLOCK_SKEW_MAX.as_secs() {
            return now;
        }
        now.checked_add(SignedDuration::from_secs(skew)).unwrap_or(now)
    }

    fn caller<'a>(&'a self, account: &'a str, endpoint: &'static str) -> Caller<'a> {
        Caller {
            integration: self.integration,
            connection: &self.spec.name,
            account,
            endpoint,
            host: self.spec.base_url.host_str().unwrap_or_default(),
        }
    }

    fn note_date(&self, response: &Response) {
        let Some(date) = response.header("date").and_then(retry::http_date) else { return };
        let skew = date.duration_since(response.received_at);
        let before = self.skew_seconds.swap(skew.as_secs(), Ordering::Relaxed);
        let was_off =
            before != i64::MIN && before.unsigned_abs() > limits::CLOCK_SKEW_MAX.as_secs().unsigned_abs();
        if skew.abs() > limits::CLOCK_SKEW_MAX && !was_off {
            tracing::warn!(
                connection = self.spec.name,
                skew_seconds = skew.as_secs(),
                "the provider's clock and this machine's differ: check the time synchronisation; the turn of the day \
                 waits for the slower one"
            );
        }
    }

    fn apply(&self, caller: &Caller<'_>, signals: &[Signal]) {
        for signal in signals {
            match *signal {
                Signal::Used { scope, ratio } => self.quotas.used(caller, &self.rules, scope, ratio),
                Signal::Hold { scope, wait } => self.quotas.hold(caller, &self.rules, scope, wait),
                Signal::Limit { scope, per_second } => {
                    self.quotas.limit(caller, &self.rules, scope, per_second);
                }
                Signal::TokenExpires(at) => {
                    self.observer.token_expires(&self.spec.name, self.integration, at);
                }
                Signal::FieldUnavailable(field) => self.observer.field_unavailable(self.integration, field),
            }
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("connection", &self.spec.name).finish_non_exhaustive()
    }
}

// === impl Session ===

/// How one attempt ended when the call goes on.
enum Again {
    Refused { scope: Scope, held: Duration },
    Passing { reason: String, wait: Option<Duration> },
}

impl Session {
    /// Sends one call. Waits for the quota, retries what is passing, and gives the answer once it is good.
    pub async fn send(&self, call: Call) -> Result<Response, Failure> {
        let mut delays = Delays::new(limits::RETRY_INITIAL, limits::RETRY_MAX);
        let mut attempts = 0;
        let mut refusals = 0;
        loop {
            self.admit(&call).await?;
            match self.attempt(&call).await? {
                Ok(response) => return Ok(response),
                Err(Again::Refused { scope, held }) => {
                    refusals += 1;
                    tracing::debug!(
                        connection = self.link.spec.name,
                        path = call.path,
                        scope = scope.as_str(),
                        ?held,
                        "refused for quota"
                    );
                    if refusals >= limits::REFUSALS_MAX || held > limits::PATIENCE {
                        return Err(self.rate_limited(held));
                    }
                }
                Err(Again::Passing { reason, wait }) => {
                    attempts += 1;
                    let wait = wait.unwrap_or_else(|| delays.next_delay());
                    if attempts >= limits::ATTEMPTS_MAX || wait > limits::PATIENCE {
                        return Err(Failure::Transient { reason });
                    }
                    tracing::debug!(
                        connection = self.link.spec.name,
                        path = call.path,
                        reason,
                        ?wait,
                        "trying again"
                    );
                    let _troubled = Counted::new(&self.link.troubled);
                    self.on_purpose(self.link.clock.sleep(wait), &AtomicU32::new(0)).await;
                }
            }
        }
    }

    /// Sends one call and reads its JSON body.
    pub async fn json<T: serde::de::DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        let place = call.path.clone();
        self.send(call).await?.json(&place)
    }

    /// The clock's time.
    pub fn now(&self) -> Timestamp {
        self.link.clock.now()
    }

    /// The time on which both sides agree: see [`Link::agreed_now`].
    pub fn agreed_now(&self) -> Timestamp {
        self.link.agreed_now()
    }

    /// The connection as configured.
    pub fn spec(&self) -> &ConnectionSpec {
        &self.link.spec
    }

    /// How long this session has waited on purpose: no deadline counts it.
    pub fn waited(&self) -> Duration {
        Duration::from_nanos(self.waited_nanos.load(Ordering::Relaxed))
    }

    fn rate_limited(&self, held: Duration) -> Failure {
        let held = SignedDuration::try_from(held).unwrap_or(SignedDuration::MAX);
        Failure::RateLimited { until: self.now().checked_add(held).unwrap_or(Timestamp::MAX) }
    }

    async fn admit(&self, call: &Call) -> Result<(), Failure> {
        let link = &self.link;
        let caller = link.caller(&call.account, call.endpoint);
        let cost = call.cost.max(1);
        let admit = link.quotas.admit(&caller, &link.rules, self.urgency, cost, limits::PATIENCE);
        let admitted = self.on_purpose(admit, &link.waiting).await;
        admitted.map(drop).map_err(|held| self.rate_limited(held))
    }

    /// Counts the time as waited on purpose, while it passes. From the second second on it shows in `waiting`: shorter
    /// waits are the ordinary pace.
    async fn on_purpose<T>(&self, future: impl Future<Output = T>, waiting: &AtomicU32) -> T {
        let mut shown = None;
        let mut noted = self.link.clock.elapsed();
        let mut note = || {
            let now = self.link.clock.elapsed();
            let nanos = u64::try_from(now.saturating_sub(noted).as_nanos()).unwrap_or(u64::MAX);
            self.waited_nanos.fetch_add(nanos, Ordering::Relaxed);
            noted = now;
        };
        tokio::pin!(future);
        loop {
            tokio::select! {
                biased;
                result = &mut future => {
                    note();
                    return result;
                }
                () = self.link.clock.sleep(Duration::from_secs(1)) => {
                    note();
                    shown.get_or_insert_with(|| Counted::new(waiting));
                }
            }
        }
    }

    /// One attempt. The outer error ends the call; the inner one says how it goes on.
    async fn attempt(&self, call: &Call) -> Result<Result<Response, Again>, Failure> {
        let link = &self.link;
        let sent_at = link.clock.elapsed();
        let answer = link.transport.send(&link.spec.base_url, call, &link.source.auth()).await;
        let took = link.clock.elapsed().saturating_sub(sent_at);
        link.observer.request(link.integration, answer.as_ref().ok().map(|answer| answer.status), took);
        let RawResponse { status, headers, body } = match answer {
            Ok(answer) => answer,
            Err(error @ TransportError::Request(_)) => {
                return Err(Failure::Permanent { reason: error.to_string() });
            }
            Err(error) => return Ok(Err(Again::Passing { reason: error.to_string(), wait: None })),
        };
        let response = Response {
            status,
            headers,
            body,
            endpoint: call.endpoint,
            account: call.account.clone(),
            received_at: self.now(),
        };
        link.note_date(&response);
        let caller = link.caller(&call.account, call.endpoint);
        let verdict = match response.redirect() {
            Some(reason) => Meaning::Permanent { reason }.into(),
            None => link.source.classify(&response),
        };
        link.apply(&caller, &verdict.signals);
        self.judge(response, verdict.meaning, &caller, sent_at)
    }

    fn judge(
        &self,
        response: Response,
        meaning: Meaning,
        caller: &Caller<'_>,
        sent_at: Duration,
    ) -> Result<Result<Response, Again>, Failure> {
        let link = &self.link;
        let said = || response.header("retry-after").and_then(|text| retry::retry_after(text, self.now()));
        match meaning {
            Meaning::Ok => {
                link.quotas.succeeded(caller, &link.rules);
                Ok(Ok(response))
            }
            Meaning::RateLimited { scope, wait } => {
                let wait = match (wait, said()) {
                    (Wait::Unsaid, Some(said)) => Wait::For(said),
                    (wait, _) => wait,
                };
                let held = link.quotas.refused(caller, &link.rules, scope, wait, sent_at);
                Ok(Err(Again::Refused { scope, held }))
            }
            Meaning::Transient { reason, wait } => {
                let wait = match wait {
                    Wait::For(wait) => Some(wait),
                    Wait::Until(at) => {
                        Some(Duration::try_from(at.duration_since(self.now())).unwrap_or_default())
                    }
                    Wait::Unsaid => said(),
                };
                Ok(Err(Again::Passing { reason, wait }))
            }
            Meaning::NeedsReauth { advice } => Err(Failure::NeedsReauth { advice }),
            Meaning::Forbidden { advice } => Err(Failure::Forbidden { advice }),
            Meaning::TooMuch { reason } => Err(Failure::TooMuch { reason }),
            Meaning::Gone { reason } => Err(Failure::Gone { reason }),
            Meaning::Permanent { reason } => Err(Failure::Permanent { reason }),
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("connection", &self.link.spec.name).finish_non_exhaustive()
    }
}

/// Counts up while it lives, even when its future is dropped.
struct Counted<'a>(&'a AtomicU32);

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicU32) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
