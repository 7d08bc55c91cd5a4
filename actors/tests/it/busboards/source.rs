//! One connection to Busboards.

use actors::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{DaysReply, DaysRequest, Next, Page, SnapshotReply, SnapshotRequest},
    reading::elements::{self, Elements, Unreadable},
    session::{Auth, Call, Response, Session, Verdict},
};
use futures::future::{BoxFuture, FutureExt as _};
use rows::Row;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::{Settings, TOKEN, errors, mapping, wire};

/// A token is for one advertiser.
pub struct BusboardsSource {
    token: SecretString,
    accounts: Vec<String>,
    settings: Settings,
}

impl BusboardsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: Settings) -> Result<Self, SetupError> {
        Ok(Self { token: spec.credential(&TOKEN)?, accounts: spec.accounts.clone(), settings })
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

    /// A page of campaigns.
    pub async fn campaigns(
        &self,
        session: &Session,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let account = request.account;
        let call = Call::get("/v1/campaigns", "campaigns");
        let page = self.page(session, account, call, request.cursor, |campaign: wire::Campaign| {
            mapping::campaign(account, campaign)
        });
        page.await.map(SnapshotReply::from)
    }

    /// A page of what these days brought.
    pub async fn report(&self, session: &Session, request: DaysRequest<'_>) -> Result<DaysReply, Failure> {
        let DaysRequest { account, days, cursor, .. } = request;
        let call = Call::get("/v1/report", "report")
            .query("from", days.first.to_string())
            .query("to", days.last.to_string());
        let currency = account.currency.ok_or_else(|| nonsense(&call.path, "the account has no currency"))?;
        let page = self.page(session, account, call, cursor, |line: wire::Line| {
            mapping::performance(account, currency, line)
        });
        page.await.map(DaysReply::from)
    }

    /// A page of some list.
    async fn page<T: DeserializeOwned>(
        &self,
        session: &Session,
        account: &Account,
        call: Call,
        cursor: Option<&str>,
        map: impl Fn(T) -> Result<Row, Unreadable>,
    ) -> Result<Page, Failure> {
        let place = call.path.clone();
        let call = call.account(&*account.id).query("limit", self.settings.page_size.to_string());
        let call = cursor.into_iter().fold(call, |call, cursor| call.query("after", cursor));
        let body = session.send(call).await?.body;
        let (Elements { rows, quarantined }, paging) =
            elements::read::<wire::Page<T>, _>(&body, &place, mapping::named, map)?;
        let next = Next::after(paging.has_more, paging.cursor, cursor, &place)?;
        Ok(Page { rows, quarantined, next, ..Page::default() })
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
}
