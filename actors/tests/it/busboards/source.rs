//! One connection to Busboards.

use actors::{
    failure::Failure,
    integration::{Accounts, ConnectionSpec, SetupError, Source},
    page::{Next, Page, PageRequest, Reply, Span},
    reading::elements::{self, Elements},
    session::{Auth, Call, Response, Session, Verdict},
};
use futures::future::{BoxFuture, FutureExt as _};
use secrecy::SecretString;

use super::{Settings, TOKEN, errors, mapping, wire};

/// A token is for one advertiser.
pub struct BusboardsSource {
    token: SecretString,
    accounts: Vec<String>,
    settings: Settings,
}

impl BusboardsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec) -> Result<Self, SetupError> {
        Ok(Self {
            token: spec.credential(&TOKEN)?,
            accounts: spec.accounts.clone(),
            settings: spec.settings()?,
        })
    }

    async fn advertiser(&self, session: &Session) -> Result<Accounts, Failure> {
        let call = Call::get("/v1/advertiser", "advertiser");
        let account = mapping::account(session.json(call).await?)?;
        if self.accounts.is_empty() || self.accounts.contains(&account.id) {
            return Ok(Accounts::one(account));
        }
        let reason = format!("the token is for advertiser {}, which `accounts` does not name", account.id);
        Err(Failure::Permanent { reason })
    }

    async fn read(&self, session: &Session, request: PageRequest<'_>) -> Result<Reply, Failure> {
        let account = request.account;
        let call = match &request.span {
            Span::Days { days, .. } => Call::get("/v1/report", "report")
                .query("from", days.first.to_string())
                .query("to", days.last.to_string()),
            _ => Call::get("/v1/campaigns", "campaigns"),
        };
        let place = call.path.clone();
        let call = call.account(&*account.id).query("limit", self.settings.page_size.to_string());
        let call = match &request.cursor {
            Some(cursor) => call.query("after", cursor.as_str()),
            None => call,
        };
        let body = session.send(call).await?.body;
        let (Elements { rows, quarantined }, paging) = match request.span {
            Span::Days { .. } => {
                let currency =
                    account.currency.ok_or_else(|| nonsense(&place, "the account has no currency"))?;
                elements::read::<wire::Page<wire::Line>, _>(&body, &place, mapping::named, |line| {
                    mapping::performance(account, currency, line)
                })?
            }
            _ => {
                elements::read::<wire::Page<wire::Campaign>, _>(&body, &place, mapping::named, |campaign| {
                    mapping::campaign(account, campaign)
                })?
            }
        };
        let next = Next::after(paging.has_more, paging.cursor, request.cursor.as_deref(), &place)?;
        Ok(Reply::Page(Page { rows, quarantined, next, ..Page::default() }))
    }
}

fn nonsense(place: &str, what: &str) -> Failure {
    Failure::Transient { reason: format!("{place}: {what}") }
}

impl Source for BusboardsSource {
    fn auth(&self) -> Auth {
        Auth::Bearer(self.token.clone())
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::classify(response)
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        self.advertiser(session).boxed()
    }

    fn page<'a>(
        &'a self,
        session: &'a Session,
        request: PageRequest<'a>,
    ) -> BoxFuture<'a, Result<Reply, Failure>> {
        self.read(session, request).boxed()
    }
}
