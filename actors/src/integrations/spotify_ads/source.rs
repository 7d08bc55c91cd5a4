//! One connection: its credential, its accounts, what it counts.

use std::sync::Arc;

use ::rows::{Row, ads::AdLevel};
use futures::future::{BoxFuture, FutureExt as _};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{
    CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN,
    accounts::{self, Businesses},
    ad_sets::{AdSets, CampaignOf},
    endpoint, errors,
    mapping::{self, Counted, Owner},
    settings::Settings,
    wire,
};
use crate::{
    failure::Failure,
    integration::{Accounts, ConnectionSpec, Integration as _, SetupError, Source},
    page::{DaysReply, DaysRequest, Next, Page, SnapshotReply, SnapshotRequest},
    reading::{
        elements::{self, Elements, Unreadable},
        wire::Count,
    },
    session::{
        Auth, Call, Credential, Response, Session, Verdict,
        oauth::{Client, ClientAuth, TOKEN_HOST},
    },
};

/// Objects, or rows of a report, on one page: the most there can be.
const PAGE_LENGTH: &str = "50";

/// A connected credential.
#[derive(Debug)]
pub struct SpotifyAdsSource {
    version: String,
    credential: Arc<Credential>,
    /// Those to read; empty = all.
    pub(super) accounts: Vec<String>,
    pub(super) businesses: Businesses,
    counted: Counted,
    ad_sets: AdSets,
}

/// A kind of object that is read as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// The account itself.
    Account,
    /// `/campaigns`
    Campaign,
    /// `/ad_sets`
    AdSet,
    /// `/ads`
    Ad,
}

// === impl SpotifyAdsSource ===

impl SpotifyAdsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        let client = Client {
            id: spec.credential(&CLIENT_ID)?.expose_secret().to_owned(),
            secret: spec.credential(&CLIENT_SECRET)?,
            auth: ClientAuth::Basic,
        };
        let url = spec.host(TOKEN_HOST).unwrap_or(&spec.base_url);
        let account_id = |id: &String| super::SpotifyAds.account_id(id).into_owned();
        Ok(Self {
            version: spec.api_version.clone(),
            credential: Arc::new(Credential::refresh(url, client, spec.credential(&REFRESH_TOKEN)?)),
            accounts: spec.accounts.iter().map(account_id).collect(),
            businesses: Businesses::default(),
            counted: Counted::new(settings.conversions()?),
            ad_sets: AdSets::default(),
        })
    }

    /// A request below the API's version.
    pub fn call(&self, path: &[&str], endpoint: &'static str, account: &str) -> Call {
        let segments: Vec<&str> = [self.version.as_str()].into_iter().chain(path.iter().copied()).collect();
        Call::get_at(&segments, endpoint).account(account)
    }

    /// One page of objects, the oldest first: what is made meanwhile stands at the end.
    pub async fn objects(
        &self,
        session: &Session,
        object: Object,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let SnapshotRequest { account, cursor, .. } = request;
        let owner = Owner::of(account, &self.counted)?;
        let (offset, before) = cursor.and_then(|cursor| cursor.split_once('/')).unwrap_or(("0", ""));
        let (path, endpoint) = match object {
            Object::Account => {
                let row = accounts::describe(self, session, &account.id).await?;
                return Ok(Page { rows: vec![row], ..Page::default() }.into());
            }
            Object::Campaign => ("campaigns", endpoint::CAMPAIGNS),
            Object::AdSet => ("ad_sets", endpoint::AD_SETS),
            Object::Ad => ("ads", endpoint::ADS),
        };
        let call = self
            .call(&["ad_accounts", &account.id, path], endpoint, &account.id)
            .query("sort_field", "CREATED_AT")
            .query("sort_direction", "ASC")
            .query("limit", PAGE_LENGTH)
            .query("offset", offset);
        let place = call.path.clone();
        let body = session.send(call).await?.body;
        let list = ObjectList { body: &body, place: &place, offset, before };
        let page = match object {
            Object::Ad => {
                let read =
                    |campaign_of: &CampaignOf<'_>| list.read(|wire| mapping::ad(wire, &owner, campaign_of));
                self.ad_sets.page(self, session, &account.id, read).await?
            }
            Object::AdSet => list.read(|wire: wire::AdSet| {
                self.ad_sets.learn(wire.id.0.clone(), wire.campaign_id.0.clone());
                mapping::ad_set(wire, &owner)
            })?,
            Object::Campaign | Object::Account => list.read(|wire| mapping::campaign(wire, &owner))?,
        };
        Ok(page.into())
    }

    /// One page of numbers.
    pub async fn report(
        &self,
        session: &Session,
        level: AdLevel,
        request: DaysRequest<'_>,
    ) -> Result<DaysReply, Failure> {
        let DaysRequest { account, days, cursor, .. } = request;
        let owner = Owner::of(account, &self.counted)?;
        let mut call =
            self.call(&["ad_accounts", &account.id, "aggregate_reports"], endpoint::REPORT, &account.id);
        if let Some(token) = cursor {
            // It stands for all the others.
            call = call.query("continuation_token", token);
        } else {
            call = call
                .query("entity_type", mapping::entity_type(level))
                .query("granularity", "DAY")
                .query("report_start", format!("{}T00:00:00Z", days.first))
                .query("report_end", format!("{}T00:00:00Z", days.last))
                .query("limit", PAGE_LENGTH);
            if level != AdLevel::Campaign {
                call = call.query("include_parent_entity", "true");
            }
            for field in mapping::fields(&self.counted) {
                call = call.query("fields", field);
            }
        }
        let place = format!("{} by {}", call.path, mapping::entity_type(level));
        let body = match session.send(call).await {
            Ok(response) => response.body,
            // How long a token holds is not documented: one that is refused is read from the beginning.
            Err(Failure::Gone { reason } | Failure::Permanent { reason }) if cursor.is_some() => {
                let reason =
                    format!("{place}: the next page is not given: it is read from the beginning ({reason})");
                return Err(Failure::Transient { reason });
            }
            Err(failure) => return Err(failure),
        };
        let read = |campaign_of: &CampaignOf<'_>| -> Result<Page, Failure> {
            let (Elements { rows, quarantined }, (_, token)) =
                elements::read::<wire::List<wire::ReportRow>, _>(&body, &place, mapping::named, |row| {
                    mapping::performance(row, level, &owner, campaign_of)
                })?;
            let token = token.filter(|token| !token.is_empty());
            let next = Next::after(token.is_some(), token, cursor, &place)?;
            Ok(Page { rows, quarantined, next, ..Page::default() })
        };
        Ok(self.ad_sets.page(self, session, &account.id, read).await?.into())
    }
}

impl Source for SpotifyAdsSource {
    fn auth(&self) -> Auth {
        Auth::token(Arc::clone(&self.credential))
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::meaning(response).into()
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        accounts::check(self, session).boxed()
    }
}

/// A page of an account's objects, as it came.
#[derive(Clone, Copy)]
struct ObjectList<'a> {
    body: &'a [u8],
    place: &'a str,
    /// What it was asked for with.
    offset: &'a str,
    /// The id of the object before, which this page begins with; `""` where it does not.
    before: &'a str,
}

// === impl ObjectList ===

impl ObjectList<'_> {
    /// Its objects, each on its own. The next page begins with the last object of this one: if it does not, the list has moved
    /// meanwhile, and one may have been passed over.
    fn read<T>(&self, map: impl Fn(T) -> Result<Row, Unreadable>) -> Result<Page, Failure>
    where
        T: for<'de> Deserialize<'de>,
    {
        let Self { body, place, offset, before } = *self;
        let ids = wire::ids(body);
        if !before.is_empty() && ids.first().is_none_or(|first| first != before) {
            let reason = format!("{place}: the list moved while it was read: read again from the beginning");
            return Err(Failure::Transient { reason });
        }
        let (Elements { mut rows, quarantined }, (paging, _)) =
            elements::read::<wire::List<T>, _>(body, place, mapping::named, map)?;
        let Some(wire::Paging { total_results: Count(total) }) = paging else {
            let reason = format!("{place}: the answer does not say how many there are (`paging`)");
            return Err(Failure::Transient { reason });
        };
        let total = u64::try_from(total).unwrap_or_default();
        rows.retain(|row| before.is_empty() || mapping::id_of(row) != Some(before));
        let begin = offset.parse::<u64>().unwrap_or_default();
        let end = begin.saturating_add(u64::try_from(ids.len()).unwrap_or_default());
        let asked = format!("{offset}/{before}");
        // Of an object without an id it cannot be told whether it comes again.
        let cursor = ids.last().map(|last| {
            let begin = if last.is_empty() { end } else { end.saturating_sub(1) };
            format!("{begin}/{last}")
        });
        let next = Next::after(end < total, cursor, Some(&asked), place)?;
        Ok(Page { rows, quarantined, total: Some(total), next, ..Page::default() })
    }
}
