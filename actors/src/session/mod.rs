//! Everything between a cycle and the wire: authentication, quota, retries, deadlines, size limits.

mod body;
pub mod budget;
pub mod call;
pub mod link;
mod path;
pub mod quota;
pub mod response;
pub mod retry;
pub mod said;
mod skew;
pub mod tokens;
pub mod transport;
pub mod verdict;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use url::Url;

pub use self::{
    budget::Budget,
    call::{Auth, Call, Method, Signature, Signer},
    link::{Link, Signs, Surroundings},
    response::Response,
    said::SaidWait,
    verdict::{Meaning, Signal, Verdict},
};
use self::{
    budget::Taken,
    link::Waiting,
    quota::{Caller, Scope, Urgency},
    retry::Delays,
    transport::{RawResponse, TransportError},
};
use crate::{
    failure::{Failure, Wait},
    integration::ConnectionSpec,
    limits,
};

/// One cycle's way to the provider: gated, retried and classified.
pub struct Session {
    link: Arc<Link>,
    urgency: Urgency,
    budget: Budget,
    taken: Taken,
    /// Nanoseconds that this cycle waited on purpose.
    waited_nanos: AtomicU64,
}

// === impl Session ===

/// How one attempt ended when the call goes on.
enum Again {
    Refused { scope: Scope, held: SaidWait },
    Passing { reason: String, wait: Duration, said: Option<SaidWait> },
}

impl Session {
    pub(crate) fn new(link: Arc<Link>, urgency: Urgency, budget: Budget) -> Self {
        Self { link, urgency, budget, taken: Taken::default(), waited_nanos: AtomicU64::new(0) }
    }

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
                        held = ?held.wait(),
                        "refused for quota"
                    );
                    if refusals >= limits::REFUSALS_MAX || held.wait() > call.patience {
                        return Err(self.rate_limited(held));
                    }
                }
                Err(Again::Passing { reason, wait, said }) => {
                    attempts += 1;
                    // Our own delay is the least: "at once" may be said again and again.
                    let wait = wait.max(delays.next_delay());
                    if attempts >= limits::ATTEMPTS_MAX || wait > limits::PATIENCE {
                        return Err(match said {
                            Some(said) => Failure::Down { reason, until: said.end(self.now()), said },
                            None => Failure::Transient { reason },
                        });
                    }
                    tracing::debug!(
                        connection = self.link.spec.name,
                        path = call.path,
                        reason,
                        ?wait,
                        "trying again"
                    );
                    let _troubled = Counted::new(&self.link.troubled);
                    self.on_purpose(self.link.clock.sleep(wait), None).await;
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

    /// Bytes of answers that this session has taken.
    pub fn taken_bytes(&self) -> u64 {
        self.taken.bytes()
    }

    fn rate_limited(&self, said: SaidWait) -> Failure {
        Failure::RateLimited { until: said.end(self.now()), said }
    }

    async fn admit(&self, call: &Call) -> Result<(), Failure> {
        let link = &self.link;
        if let Some(failure) = link.down() {
            return Err(failure);
        }
        self.budget.allows(&self.taken)?;
        let caller = link.caller(&call.account, call.endpoint);
        let cost = call.cost.max(1);
        let admit = link.quotas.admit(&caller, &link.rules, self.urgency, cost, call.patience);
        let admitted = self.on_purpose(admit, Some(&link.waiting)).await;
        admitted.map_err(|held| self.rate_limited(held))?;
        // While it waited, another call may have been told so.
        link.down().map_or(Ok(()), Err)
    }

    /// Counts the time as waited on purpose, while it passes. From the second second on it shows in `waiting`: shorter
    /// waits are the ordinary pace.
    async fn on_purpose<T>(&self, future: impl Future<Output = T>, waiting: Option<&Waiting>) -> T {
        let (mut shown, mut shown_long) = (None, None);
        let mut noted = self.link.clock.elapsed();
        let began = noted;
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
                    let Some(waiting) = waiting else { continue };
                    shown.get_or_insert_with(|| Counted::new(&waiting.any));
                    if self.link.clock.elapsed().saturating_sub(began) > limits::PATIENCE {
                        shown_long.get_or_insert_with(|| Counted::new(&waiting.long));
                    }
                }
            }
        }
    }

    /// One attempt. The outer error ends the call; the inner one says how it goes on.
    async fn attempt(&self, call: &Call) -> Result<Result<Response, Again>, Failure> {
        let link = &self.link;
        let sent_at = link.clock.elapsed();
        self.taken.request();
        let answer = link.transport.send(&link.spec.base_url, call, &link.source.auth()).await;
        let took = link.clock.elapsed().saturating_sub(sent_at);
        link.observer.request(link.integration, answer.as_ref().ok().map(|answer| answer.status), took);
        let RawResponse { status, headers, body } = match answer {
            Ok(answer) => answer,
            Err(error @ TransportError::Request(_)) => {
                return Err(Failure::Permanent { reason: error.to_string() });
            }
            // Asked again it would be as large: whoever asked asks for less.
            Err(error @ TransportError::TooLarge { .. }) => {
                return Err(Failure::TooMuch { reason: error.to_string() });
            }
            Err(error) => {
                let (reason, wait) = (error.to_string(), Duration::ZERO);
                return Ok(Err(Again::Passing { reason, wait, said: None }));
            }
        };
        let response = Response {
            status,
            headers,
            body,
            endpoint: call.endpoint,
            account: call.account.clone(),
            received_at: self.now(),
        };
        self.taken.answer(response.body.len());
        if let 300..400 = status {
            return Err(redirected(&response, &link.spec.base_url));
        }
        link.note_date(&response);
        let caller = link.caller(&call.account, call.endpoint);
        let verdict = link.source.classify(&response);
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
        match meaning {
            Meaning::Ok => {
                link.quotas.succeeded(caller, &link.rules);
                Ok(Ok(response))
            }
            Meaning::RateLimited { scope, wait } => {
                let wait = match (wait, response.said_wait()) {
                    (Wait::Unsaid, Some(said)) => Wait::For(said.asked()),
                    (wait, _) => wait,
                };
                let held = link.quotas.refused(caller, &link.rules, scope, wait, sent_at);
                Ok(Err(Again::Refused { scope, held }))
            }
            Meaning::Transient { reason, wait } => {
                let said = response.said_wait();
                if let Some(said) = said.filter(|said| said.wait() > limits::PATIENCE) {
                    link.went_down(&reason, said);
                }
                let wait = wait.said(self.now()).max(said).map_or(Duration::ZERO, SaidWait::wait);
                Ok(Err(Again::Passing { reason, wait, said }))
            }
            Meaning::NeedsReauth { advice } => Err(Failure::NeedsReauth { advice }),
            Meaning::Forbidden { advice } => Err(Failure::Forbidden { advice }),
            Meaning::TooMuch { reason } => Err(Failure::TooMuch { reason }),
            Meaning::Gone { reason } => Err(Failure::Gone { reason }),
            Meaning::Permanent { reason } => Err(Failure::Permanent { reason }),
        }
    }
}

/// A redirect is never followed: credentials would travel with it. Whoever sends it is not the API, or not at this
/// address.
fn redirected(response: &Response, base: &Url) -> Failure {
    let host = base.host_str().unwrap_or_default();
    // Its path and query may hold whatever we sent.
    let target = response.header("location").and_then(|to| base.join(to).ok());
    let origin = target.map(|to| to.origin().ascii_serialization());
    let to = origin.filter(|to| to.len() <= limits::ORIGIN_LENGTH_MAX);
    let to = to.unwrap_or_else(|| "nowhere".to_owned());
    Failure::Permanent {
        reason: format!(
            "{host} redirects to {to} (status {}), which is not followed because credentials would go there, too: check \
             that base_url is the API's own address, and whether a proxy or a login page stands in front of it",
            response.status
        ),
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
