//! One connection: its credentials, its advertisers, its settings.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ::rows::{Row, ads::AdLevel};
use futures::future::{BoxFuture, FutureExt as _};
use secrecy::SecretString;

use super::{
    ACCESS_TOKEN, APP_ID, APP_SECRET, advertisers, endpoint,
    errors::{self, Refusals},
    mapping::{self, Owner},
    pages::{self, Cursor},
    report::{Object, Report},
    settings::Settings,
};
use crate::{
    account::{Account, Accounts},
    failure::Failure,
    page::{DaysReply, DaysRequest, Next, Page, SetPage, SnapshotReply, SnapshotRequest},
    reading::{cursor, unplaced::UNKNOWN},
    session::{Auth, Call, Response, Session, Signature, Source, Verdict},
    spec::{ConnectionSpec, SetupError},
};

/// A page of 1,000 rows takes its time.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Rows of one report of several days: TikTok answers for 10,000 ads, and pages that are many are shifted while they are read.
const REPORT_ROWS_MAX: i64 = 20_000;

/// A connected token.
#[derive(Debug)]
pub struct TikTokAdsSource {
    auth: Auth,
    version: String,
    /// Those to read; empty = all that the token is for.
    pub wanted: Vec<String>,
    /// Those not to ask for.
    pub excluded: BTreeSet<String>,
    settings: Settings,
    refusals: Refusals,
}

// === impl TikTokAdsSource ===

impl TikTokAdsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: Settings) -> Result<Self, SetupError> {
        let token = spec.credential(&ACCESS_TOKEN)?;
        let app = if spec.accounts.is_empty() {
            Some((spec.credential(&APP_ID)?, spec.credential(&APP_SECRET)?))
        } else {
            None
        };
        Ok(Self {
            auth: auth(token, app),
            version: spec.api_version.clone(),
            wanted: spec.accounts.clone(),
            excluded: spec.accounts_exclude.iter().cloned().collect(),
            settings,
            refusals: Refusals::default(),
        })
    }

    /// A request to a path below the version. Its last slash belongs to it.
    pub fn call(&self, path: &[&str], endpoint: &'static str) -> Call {
        let mut segments = vec!["open_api", self.version.as_str()];
        segments.extend(path);
        segments.push("");
        let mut call = Call::get_at(&segments, endpoint);
        call.timeout = Some(TIMEOUT);
        call
    }

    /// The advertiser itself.
    pub async fn account(
        &self,
        session: &Session,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let advertiser = advertisers::describe(self, session, &request.account.id).await?;
        Ok(Page { rows: vec![advertiser.row()], ..Page::default() }.into())
    }

    /// One page of objects.
    pub async fn objects(
        &self,
        session: &Session,
        object: Object,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let (owner, id) = (self.owner(request.account)?, &request.account.id);
        let cursor: Cursor = cursor::read(request.cursor)?.unwrap_or_default();
        let (list, filters) = (cursor.list, object.filters());
        let (path, endpoint) = object.path();
        let filtering = filters.get(list).map(ToString::to_string).unwrap_or_default();
        let call = self
            .call(&[path, "get"], endpoint)
            .account(id)
            .query("advertiser_id", id)
            .query("filtering", filtering.clone());
        let read = match object {
            Object::Campaign => {
                pages::read(session, call, cursor, |wire| mapping::campaign(wire, &owner)).await
            }
            Object::AdGroup => {
                pages::read(session, call, cursor, |wire| mapping::ad_group(wire, &owner)).await
            }
            Object::Ad => pages::read(session, call, cursor, |wire| Ok(mapping::ad(wire, &owner))).await,
        };
        let mut page = match read {
            Ok(read) => read.into_page(|row| row),
            // A further list that is refused takes nothing from the first.
            Err(failure @ (Failure::Permanent { .. } | Failure::Forbidden { .. })) if list > 0 => {
                let lacking = Some(format!("the list of {filtering}: {failure}"));
                return Ok(SnapshotReply::Page(SetPage { page: Page::default(), lacking }));
            }
            Err(failure) => return Err(failure),
        };
        if page.next == Next::default() && list + 1 < filters.len() {
            page.next = cursor::next(Some(&Cursor::next_list(list)));
        }
        Ok(page.into())
    }

    /// One page of numbers.
    pub async fn report(
        &self,
        session: &Session,
        report: Report,
        request: DaysRequest<'_>,
    ) -> Result<DaysReply, Failure> {
        let DaysRequest { account, days, cursor, .. } = request;
        let owner = self.owner(account)?;
        let call = self.call(&["report", "integrated", "get"], endpoint::REPORT).account(&account.id);
        let call = report.ask(call, &account.id, days, self.settings.conversion);
        let cursor: Cursor = cursor::read(cursor)?.unwrap_or_default();
        let (page, total) = match report.level() {
            Some(level) => self.rows(session, call, cursor, level, &owner).await?,
            None => self.countries(session, call, cursor, &owner).await?,
        };
        if total > REPORT_ROWS_MAX && days.len_days() > 1 {
            return Err(Failure::TooMuch {
                reason: format!("{total} rows from {} to {}", days.first, days.last),
            });
        }
        Ok(page.into())
    }

    async fn rows(
        &self,
        session: &Session,
        call: Call,
        cursor: Cursor,
        level: AdLevel,
        owner: &Owner,
    ) -> Result<(Page, i64), Failure> {
        let read =
            pages::read(session, call, cursor, |line| mapping::performance(line, level, owner)).await?;
        let total = read.total;
        Ok((read.into_page(|row| row), total))
    }

    /// Rows of no country (`None` and an empty text are two) are added over all pages, and stand on the last.
    async fn countries(
        &self,
        session: &Session,
        call: Call,
        mut cursor: Cursor,
        owner: &Owner,
    ) -> Result<(Page, i64), Failure> {
        let mut unplaced = std::mem::take(&mut cursor.unplaced);
        let mut read = pages::read(session, call, cursor, |line| mapping::in_country(line, owner)).await?;
        for row in &read.quarantined {
            unplaced.spoil(row, mapping::CAMPAIGN, |field, _| field == mapping::COUNTRY);
        }
        for row in read.rows.extract_if(.., |row| row.country == UNKNOWN) {
            unplaced.add(row.campaign_id, row.date, row.metrics);
        }
        match &mut read.next {
            Some(next) => next.unplaced = unplaced,
            None => read.rows.extend(unplaced.sums().map(|(campaign_id, date, metrics)| {
                owner.country_day(campaign_id, UNKNOWN.to_owned(), date, metrics)
            })),
        }
        let total = read.total;
        Ok((read.into_page(Row::AdCountry), total))
    }

    fn owner(&self, account: &Account) -> Result<Owner, Failure> {
        mapping::owner(account, self.settings.conversion)
    }
}

impl Source for TikTokAdsSource {
    fn auth(&self) -> Auth {
        self.auth.clone()
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::classify(response, &self.refusals)
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        advertisers::check(self, session).boxed()
    }
}

/// The token is a header of TikTok's own. Who lists advertisers proves the app, too, and its secret is taken as a parameter only.
fn auth(token: SecretString, app: Option<(SecretString, SecretString)>) -> Auth {
    Auth::Signer(Arc::new(move |call| {
        let app = app.clone().filter(|_| call.endpoint == endpoint::ADVERTISERS);
        let query = app.into_iter().flat_map(|(id, secret)| [("app_id", id), ("secret", secret)]);
        Signature {
            headers: vec![("access-token", token.clone())],
            query: query.collect(),
            ..Signature::default()
        }
    }))
}
