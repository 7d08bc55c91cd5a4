//! One connection: its credentials, its customers, its settings.

use futures::future::{BoxFuture, FutureExt as _};

use super::{
    DEVELOPER_TOKEN, SCOPE,
    countries::Position,
    criteria,
    customers::Customers,
    errors,
    gaql::{Object, Query, Report},
    mapping::{self, CAMPAIGN, CRITERION, InCountry, Owner},
    search,
    settings::Settings,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    integrations::google,
    page::{DaysReply, DaysRequest, Next, Page, SnapshotReply, SnapshotRequest},
    reading::cursor,
    session::{Auth, Response, Session, Verdict},
};

/// A connected credential.
#[derive(Debug)]
pub struct GoogleAdsSource {
    auth: Auth,
    /// The Cloud project, or what stands for it.
    counted_by: Option<String>,
    customers: Customers,
    settings: Settings,
}

// === impl GoogleAdsSource ===

impl GoogleAdsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: Settings) -> Result<Self, SetupError> {
        let login = settings.login()?;
        // Not needed since September 2026; whoever has one may still send it.
        let developer_token = spec.credentials.get(DEVELOPER_TOKEN.name).cloned();
        let headers = developer_token.into_iter().map(|token| ("developer-token", token)).collect();
        let credential = google::credential(spec, SCOPE)?;
        let customers = Customers::new(spec, login);
        let auth = Auth::Token { credential, headers };
        Ok(Self { auth, counted_by: google::counted_by(spec), customers, settings })
    }

    /// One page of objects.
    pub async fn objects(
        &self,
        session: &Session,
        object: Object,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let id = &request.account.id;
        let owner = self.owner(request.account)?;
        let found = self.ask(session, id, &object.query(), request.cursor).await?;
        let (rows, page) = found.read(|row| match object {
            Object::Customer => Ok(mapping::account(row.customer.unwrap_or_default(), id)),
            Object::Campaign => mapping::campaign(row, &owner),
            Object::AdGroup => mapping::ad_group(row, &owner),
            Object::Ad => mapping::ad(row, &owner),
        })?;
        // Every customer has one description of itself: an answer without it is none.
        if object == Object::Customer && rows.is_empty() && page.quarantined.is_empty() {
            let reason = format!("customer {id}: Google does not describe it, though it answers");
            return Err(Failure::Transient { reason });
        }
        Ok(Page { rows, ..page }.into())
    }

    /// One page of numbers.
    pub async fn report(
        &self,
        session: &Session,
        report: Report,
        request: DaysRequest<'_>,
    ) -> Result<DaysReply, Failure> {
        let DaysRequest { account, days, cursor, .. } = request;
        let query = report.query(days, self.settings.conversions);
        let owner = self.owner(account)?;
        let Some(level) = report.level() else {
            let page = self.countries(session, &account.id, &owner, &query, cursor).await?;
            return Ok(page.into());
        };
        let found = self.ask(session, &account.id, &query, cursor).await?;
        let (rows, page) = found.read(|row| mapping::performance(&row, level, &owner))?;
        Ok(Page { rows, ..page }.into())
    }

    /// One page of numbers by country. Those of no country are added over all pages, and stand on the last.
    async fn countries(
        &self,
        session: &Session,
        id: &str,
        owner: &Owner,
        query: &Query,
        cursor: Option<&str>,
    ) -> Result<Page, Failure> {
        let mut position: Position = cursor::read(cursor)?.unwrap_or_default();
        let token = cursor.map(|_| position.token.as_str());
        let found = self.ask(session, id, query, token).await?;
        let (read, mut page) = found.read(|row| mapping::in_country(&row, owner))?;
        let is_country = |field: &str, value: &str| {
            field == CRITERION && value.parse().ok().and_then(criteria::of_criterion).is_some()
        };
        for row in &page.quarantined {
            position.unplaced.spoil(row, CAMPAIGN, is_country);
        }
        for row in read {
            if row.country.is_some() {
                page.rows.push(row.row(owner));
            } else {
                position.unplaced.add(row.campaign_id, row.date, row.metrics);
            }
        }
        if let Next::More(token) = &mut page.next {
            position.token = std::mem::take(token);
            *token = cursor::write(&position);
        } else {
            let sum = |(campaign_id, date, metrics)| InCountry { campaign_id, date, country: None, metrics };
            page.rows.extend(position.unplaced.sums().map(|row| sum(row).row(owner)));
        }
        Ok(page)
    }

    async fn ask(
        &self,
        session: &Session,
        customer: &str,
        query: &Query,
        token: Option<&str>,
    ) -> Result<search::Found, Failure> {
        let root = self.customers.root_of(customer)?;
        search::page(session, self.customers.target(customer, &root), query, token).await
    }

    fn owner(&self, account: &Account) -> Result<Owner, Failure> {
        mapping::owner(account, self.settings.conversions)
    }
}

impl Source for GoogleAdsSource {
    fn auth(&self) -> Auth {
        self.auth.clone()
    }

    fn counted_by(&self) -> Option<String> {
        self.counted_by.clone()
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::classify(response)
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        self.customers.check(session).boxed()
    }
}
