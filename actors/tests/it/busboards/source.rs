//! One connection to Busboards.

use actors::{
    failure::Failure,
    integration::{Accounts, ConnectionSpec, SetupError, Source},
    page::{Next, Page, PageRequest, Reply, Span},
    session::{Auth, Call, Response, Session, Verdict},
};
use futures::future::{BoxFuture, FutureExt as _};
use secrecy::SecretString;

use super::{Settings, TOKEN, errors, rows, wire};

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
        let account = rows::account(session.json(call).await?)?;
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
        let listing: wire::Listing = session.json(call).await?;

        let currency = account.currency.ok_or_else(|| nonsense(&place, "the account has no currency"))?;
        let (rows, quarantined) = rows::read_all(&listing.data, &place, |raw| match request.span {
            Span::Days { .. } => rows::performance(account, currency, raw),
            _ => rows::campaign(account, raw),
        });
        Ok(Reply::Page(Page { rows, quarantined, next: next(listing, &place)?, ..Page::default() }))
    }
}

/// A page that says that more follows and cannot be followed is no end: nothing may be deleted after it.
fn next(listing: wire::Listing, place: &str) -> Result<Next, Failure> {
    match listing {
        wire::Listing { has_more: false, .. } => Ok(Next::End(None)),
        wire::Listing { data, cursor: Some(cursor), .. } if !data.is_empty() => Ok(Next::More(cursor)),
        _ => Err(nonsense(place, "more is said to follow an empty page")),
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
