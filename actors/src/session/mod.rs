//! Everything between a cycle and the wire: authentication, quota, retries, deadlines, size limits.

mod body;
pub mod budget;
pub mod call;
mod digest;
pub mod link;
pub mod oauth;
mod path;
pub mod quota;
pub mod response;
pub mod retry;
pub mod said;
mod skew;
pub mod source;
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
use secrecy::SecretString;
use url::Url;

pub use self::{
    budget::Budget,
    call::{API_HOST, Auth, Call, Method, Signature, Signer},
    link::{Link, LinkServices, Services, Signs},
    oauth::Credential,
    response::Response,
    said::SaidWait,
    source::Source,
    verdict::{Meaning, Signal, Verdict},
};
use self::{
    budget::Taken,
    link::Waiting,
    oauth::TokenRequest,
    quota::{Caller, Scope, Urgency},
    retry::Delays,
    transport::{RawResponse, TransportError},
};
use crate::{
    failure::{Failure, Wait},
    limits,
    spec::ConnectionSpec,
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

/// Who is asked: what authenticates a call, and who reads its answer.
enum Counterpart<'a> {
    /// The provider's API: the connection's source says both.
    Api,
    /// The provider's API, which is told who asks by this signature instead.
    Signed(&'a Signature),
    /// The endpoint that gives access tokens.
    Tokens(&'a TokenRequest),
}

/// How a call is authenticated.
struct Signed {
    signature: Signature,
    /// The access token that it goes with, where that can be had anew.
    token: Option<(Arc<Credential>, SecretString)>,
}

/// How one attempt ended when the call goes on.
enum Again {
    Refused {
        scope: Scope,
        held: SaidWait,
    },
    Passing {
        reason: String,
        wait: Duration,
        said: Option<SaidWait>,
    },
    /// The credentials are refused: an access token may have ended early.
    Unauthorised {
        advice: String,
    },
}

// === impl Session ===

impl Session {
    pub(crate) fn new(link: Arc<Link>, urgency: Urgency, budget: Budget) -> Self {
        Self { link, urgency, budget, taken: Taken::default(), waited_nanos: AtomicU64::new(0) }
    }

    /// Sends one call. Waits for the quota, retries what is passing, and gives the answer once it is good. An access token
    /// that is refused is fetched anew, once; what is refused then, too, ends all calls until the connection is checked again.
    pub async fn send(&self, call: Call) -> Result<Response, Failure> {
        self.send_to(&call, &Counterpart::Api).await
    }

    /// As [`Session::send`], authenticated by this signature alone.
    pub(crate) async fn send_signed(&self, call: Call, signature: &Signature) -> Result<Response, Failure> {
        self.send_to(&call, &Counterpart::Signed(signature)).await
    }

    /// Asks for an access token.
    pub(in crate::session) async fn send_for_token(
        &self,
        request: TokenRequest,
    ) -> Result<Response, Failure> {
        self.send_to(&request.call(), &Counterpart::Tokens(&request)).await
    }

    async fn send_to(&self, call: &Call, counterpart: &Counterpart<'_>) -> Result<Response, Failure> {
        let mut delays = Delays::new(limits::RETRY_INITIAL, limits::RETRY_MAX);
        let mut attempts = 0;
        let mut refusals = 0;
        let mut is_renewed = false;
        loop {
            self.admit(call).await?;
            let Signed { signature, token } = self.sign(call, counterpart).await?;
            self.spend(call).await?;
            let again = match (self.attempt(call, &signature, counterpart).await, token) {
                (Ok(Err(Again::Unauthorised { .. })), Some((credential, token))) if !is_renewed => {
                    is_renewed = true;
                    self.link.tokens.forget(credential.name(), &token).await;
                    continue;
                }
                (Ok(Err(Again::Unauthorised { advice })), Some(_)) => {
                    return Err(self.link.refused(Failure::NeedsReauth { advice }));
                }
                (Err(failure), Some(_)) => return Err(self.link.refused(failure)),
                (Err(failure), None) => return Err(failure),
                (Ok(Ok(response)), _) => return Ok(response),
                (Ok(Err(again)), _) => again,
            };
            match again {
                Again::Unauthorised { advice } => return Err(Failure::NeedsReauth { advice }),
                Again::Refused { scope, held } => {
                    refusals += 1;
                    tracing::debug!(
                        connection = self.link.spec.name,
                        host = call.host,
                        path = call.path,
                        scope = scope.as_str(),
                        held = ?held.wait(),
                        "refused for quota"
                    );
                    if refusals >= limits::REFUSALS_MAX || held.wait() > call.patience {
                        return Err(self.rate_limited(held));
                    }
                }
                Again::Passing { reason, wait, said } => {
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
                        host = call.host,
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

    /// What authenticates the call. May fetch an access token first.
    async fn sign(&self, call: &Call, counterpart: &Counterpart<'_>) -> Result<Signed, Failure> {
        let auth = match counterpart {
            Counterpart::Tokens(request) => {
                return Ok(Signed { signature: request.signature(), token: None });
            }
            Counterpart::Signed(signature) => {
                return Ok(Signed { signature: (*signature).clone(), token: None });
            }
            Counterpart::Api if call.host == API_HOST => self.link.source.auth(),
            Counterpart::Api => self.link.source.auth_at(call.host),
        };
        let (credential, headers) = match auth {
            Auth::None => return Ok(Signed { signature: Signature::default(), token: None }),
            Auth::Bearer(token) => return Ok(Signed { signature: Signature::bearer(&token), token: None }),
            Auth::Signer(signer) => return Ok(Signed { signature: signer(call), token: None }),
            Auth::Token { credential, headers } => (credential, headers),
        };
        let access = self.link.access(&credential, self.urgency).await;
        let access = access.map_err(|failure| self.link.refused(failure))?;
        let mut signature = Signature::bearer(&access.token);
        signature.headers.extend(headers);
        Ok(Signed { signature, token: Some((credential, access.token)) })
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
        if let Some(failure) = link.closed() {
            return Err(failure);
        }
        self.budget.allows(&self.taken)?;
        let caller = link.caller(call, link.base(call)?);
        let cost = call.cost.max(1);
        let admit = link.quotas.admit(&caller, &link.quota.rates, self.urgency, cost, call.patience);
        let admitted = self.on_purpose(admit, Some(&link.waiting)).await;
        admitted.map_err(|held| self.rate_limited(held))?;
        // While it waited, another call may have been told so.
        link.closed().map_or(Ok(()), Err)
    }

    /// Takes what it costs from the budgets. Each attempt does: what is refused may be counted there, too.
    async fn spend(&self, call: &Call) -> Result<(), Failure> {
        let link = &self.link;
        let caller = link.caller(call, link.base(call)?);
        link.quotas.spend(&caller, &link.budget_owner, &link.quota.budgets, call.units).await
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
    async fn attempt(
        &self,
        call: &Call,
        signature: &Signature,
        counterpart: &Counterpart<'_>,
    ) -> Result<Result<Response, Again>, Failure> {
        let link = &self.link;
        let base = link.base(call)?;
        let sent_at = link.clock.elapsed();
        self.taken.request();
        let answer = link.transport.send(base, call, signature).await;
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
            return Err(redirected(&response, call.host, base));
        }
        link.note_date(&response);
        let caller = link.caller(call, base);
        let verdict = match counterpart {
            Counterpart::Api | Counterpart::Signed(_) => link.source.classify(&response),
            Counterpart::Tokens(_) => oauth::classify(&response),
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
        match meaning {
            Meaning::Ok => {
                link.quotas.succeeded(caller, &link.quota.rates);
                Ok(Ok(response))
            }
            Meaning::RateLimited { scope, wait } => {
                let wait = match (wait, response.said_wait()) {
                    (Wait::Unsaid, Some(said)) => Wait::For(said.asked()),
                    (wait, _) => wait,
                };
                let held = link.quotas.refused(caller, &link.quota.rates, scope, wait, sent_at);
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
            // What may not be done may not be done with another token either.
            Meaning::NeedsReauth { advice } if response.status == 403 => Err(Failure::NeedsReauth { advice }),
            Meaning::NeedsReauth { advice } => Ok(Err(Again::Unauthorised { advice })),
            Meaning::Forbidden { advice } => Err(Failure::Forbidden { advice }),
            Meaning::TooMuch { reason } => Err(Failure::TooMuch { reason }),
            Meaning::Gone { reason } => Err(Failure::Gone { reason }),
            Meaning::Permanent { reason } => Err(Failure::Permanent { reason }),
        }
    }
}

/// A redirect is never followed: credentials would travel with it. Whoever sends it is not the API, or not at this
/// address.
fn redirected(response: &Response, name: &str, base: &Url) -> Failure {
    let host = base.host_str().unwrap_or_default();
    let setting = if name == API_HOST { "base_url".to_owned() } else { format!("endpoints.{name}") };
    // Its path and query may hold whatever we sent.
    let target = response.header("location").and_then(|to| base.join(to).ok());
    let origin = target.map(|to| to.origin().ascii_serialization());
    let to = origin.filter(|to| to.len() <= limits::ORIGIN_LENGTH_MAX);
    let to = to.unwrap_or_else(|| "nowhere".to_owned());
    Failure::Permanent {
        reason: format!(
            "{host} redirects to {to} (status {}), which is not followed because credentials would go there, too: check \
             that {setting} is the provider's own address, and whether a proxy or a login page stands in front of it",
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
