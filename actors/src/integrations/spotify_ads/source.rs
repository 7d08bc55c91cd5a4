//! One connection: its credential, its accounts, what it counts.

use std::{collections::BTreeMap, sync::Arc};

use ::rows::ads::AdLevel;
use futures::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;

use super::{
    CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, accounts,
    ad_sets::AdSets,
    endpoint, errors,
    mapping::{self, Counted},
    settings::Settings,
    wire,
};
use crate::{
    failure::Failure,
    integration::{Accounts, ConnectionSpec, Integration as _, SetupError, Source},
    page::{DaysReply, DaysRequest, Next, Page, SnapshotReply, SnapshotRequest},
    reading::{
        cursor,
        elements::{self, parse},
        offsets::Position,
        wire::Identified,
    },
    session::{
        Auth, Call, Credential, Response, Session, Verdict,
        oauth::{ClientAuth, TOKEN_HOST},
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
    /// Which business an account was found in.
    pub(super) businesses: Mutex<BTreeMap<String, String>>,
    counted: Counted,
    pub(super) ad_sets: AdSets,
}

/// A kind of object that is read as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// The account itself.
    Account,
    /// Campaigns of an account.
    Campaign,
    /// Its ad sets.
    AdSet,
    /// Its ads.
    Ad,
}

// === impl Object ===

impl Object {
    /// What its stream and its endpoint are called; below an account, its path, too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => endpoint::ACCOUNTS,
            Self::Campaign => "campaigns",
            Self::AdSet => endpoint::AD_SETS,
            Self::Ad => "ads",
        }
    }
}

// === impl SpotifyAdsSource ===

impl SpotifyAdsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        let client = spec.client(&CLIENT_ID, &CLIENT_SECRET, ClientAuth::Basic)?;
        let url = spec.host(TOKEN_HOST).unwrap_or(&spec.base_url);
        let account_id = |id: &String| super::SpotifyAds.account_id(id).into_owned();
        Ok(Self {
            version: spec.api_version.clone(),
            credential: Arc::new(Credential::refresh(url, client, spec.credential(&REFRESH_TOKEN)?)),
            accounts: spec.accounts.iter().map(account_id).collect(),
            businesses: Mutex::default(),
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
        let (owner, id) = (mapping::owner(account, &self.counted)?, &account.id);
        if object == Object::Account {
            let account = accounts::fetch(self, session, id).await?;
            return Ok(Page { rows: vec![account.row()], ..Page::default() }.into());
        }
        let position: Position = cursor::read(cursor)?.unwrap_or_default();
        let call = self
            .call(&["ad_accounts", id, object.name()], object.name(), id)
            .query("sort_field", "CREATED_AT")
            .query("sort_direction", "ASC")
            .query("limit", PAGE_LENGTH)
            .query("offset", position.offset.to_string());
        let place = call.path.clone();
        let body = session.send(call).await?.body;
        let (objects, tail) = elements::unread::<wire::List<_>>(&body, &place)?;
        let ads = objects.iter().filter_map(|raw| parse::<wire::Ad>(raw).ok());
        let ad_sets = ads.filter(|_| object == Object::Ad).map(|ad| ad.ad_set_id.0);
        let campaigns = self.campaigns(session, id, ad_sets).await?;
        let page = position.page(&objects, tail.total, &place, mapping::named, |raw| match object {
            Object::Campaign | Object::Account => mapping::campaign(parse(raw)?, &owner),
            Object::AdSet => {
                let wire: wire::AdSet = parse(raw)?;
                self.ad_sets.insert(wire.id.0.clone(), wire.campaign_id.0.clone());
                mapping::ad_set(wire, &owner)
            }
            Object::Ad => mapping::ad(parse(raw)?, &owner, |ad_set| campaigns.of(ad_set)),
        })?;
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
        let (owner, id) = (mapping::owner(account, &self.counted)?, &account.id);
        let mut call = self.call(&["ad_accounts", id, "aggregate_reports"], endpoint::REPORT, id);
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
        let response = session.send(call).await.map_err(|failure| cursor::lost(failure, cursor, &place))?;
        let (unread, tail) = elements::unread::<wire::List<_>>(&response.body, &place)?;
        let parents = unread.iter().filter_map(|raw| parse::<wire::ReportRow>(raw).ok()?.parent_entity);
        let ad_sets = parents.filter(|_| level != AdLevel::Campaign).map(|Identified { id }| id.0);
        let campaigns = self.campaigns(session, id, ad_sets).await?;
        let read = elements::each(unread, &place, mapping::named, |raw| {
            mapping::performance(parse(raw)?, level, &owner, |ad_set| campaigns.of(ad_set))
        });
        let token = tail.continuation_token;
        let next = Next::after(token.is_some(), token, cursor, &place)?;
        Ok(Page { next, ..read.into() }.into())
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
