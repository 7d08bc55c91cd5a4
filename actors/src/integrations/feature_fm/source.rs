//! One connection: which link is next, and what becomes of it.

use std::collections::HashMap;

use futures::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
use rows::{DayRange, Row, Table};
use secrecy::SecretString;
use serde::de::IgnoredAny;

use super::{
    API_KEY,
    analytics::Report,
    endpoint, errors, mapping,
    settings::{Settings, WORD, short},
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{DaysReply, DaysRequest, Page, SetPage, SnapshotReply, SnapshotRequest},
    reading::{
        elements::Unreadable,
        named_objects::{NamedObjects, Objects, Reference, asked, asked_for, gone_unmarked},
    },
    session::{Auth, Call, Response, Session, Verdict},
};

/// A connection to Feature.fm.
pub struct FeatureFmSource {
    api_key: SecretString,
    version: String,
    wanted: Vec<Reference>,
    report: Option<Report>,
    /// The ids that short addresses led to.
    known: Mutex<HashMap<Reference, String>>,
    links: NamedObjects,
    activity: NamedObjects,
}

/// The links themselves.
struct Links<'a>(&'a FeatureFmSource, &'a Session);

/// What happened on them.
struct Activity<'a> {
    source: &'a FeatureFmSource,
    session: &'a Session,
    report: &'a Report,
    days: DayRange,
}

// === impl FeatureFmSource ===

impl FeatureFmSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        spec.refuse_accounts("links", "name links")?;
        Ok(Self {
            api_key: spec.credential(&API_KEY)?,
            version: spec.api_version.clone(),
            wanted: settings.references()?,
            report: settings.analytics.as_ref().map(Report::new).transpose()?,
            known: Mutex::default(),
            links: NamedObjects::default(),
            activity: NamedObjects::default(),
        })
    }

    /// Reads the next link.
    pub async fn links(
        &self,
        session: &Session,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let links = Links(self, session);
        self.links.page(&self.wanted, request.cursor, &links).await.map(SnapshotReply::Page)
    }

    /// Reads what happened on the next link.
    pub async fn activity(&self, session: &Session, request: DaysRequest<'_>) -> Result<DaysReply, Failure> {
        let Some(report) = &self.report else {
            return Err(Failure::Permanent { reason: "`analytics` is not set".to_owned() });
        };
        let activity = Activity { source: self, session, report, days: request.days };
        self.activity.days(&self.wanted, request.cursor, &activity).await
    }

    /// `manage`, `v1`.
    fn root(&self) -> Vec<&str> {
        self.version.split('/').filter(|part| !part.is_empty()).collect()
    }

    fn call(&self, own: &[&str], endpoint: &'static str) -> Call {
        Call::get_at(&[&self.root()[..], own].concat(), endpoint)
    }

    /// A link's own words.
    async fn ask(&self, session: &Session, reference: &Reference) -> Result<Response, Failure> {
        let name = reference.to_string();
        let call = match short(&name) {
            Some((domain, id)) => {
                self.call(&["smartlink", "shortid", id], endpoint::LINK).query("domain", domain)
            }
            None => self.call(&["smartlink", &name], endpoint::LINK),
        };
        session.send(call).await
    }

    /// The id of a link; none of a short address that has led nowhere so far.
    fn id(&self, reference: &Reference) -> Option<String> {
        let name = reference.to_string();
        if short(&name).is_none() { Some(name) } else { self.known.lock().get(reference).cloned() }
    }

    /// Reads one link.
    async fn link(&self, session: &Session, reference: &Reference) -> Result<Page, Failure> {
        let response = match self.ask(session, reference).await {
            // The short address leads nowhere any more; what it led to can be asked for by its id.
            Err(Failure::Gone { reason }) => match self.id(reference).map(Reference::Id) {
                Some(id) if id != *reference => self.ask(session, &id).await?,
                _ => return Err(Failure::Gone { reason }),
            },
            answer => answer?,
        };
        let body = &response.body;
        let asked = asked(WORD, reference);
        let mut page = Page::default();
        let name = reference.to_string();
        let is_asked = |id: &str| short(&name).is_some() || name == id;
        let read = wire::link(body).and_then(mapping::link).and_then(|(link, unread)| {
            let other = || Unreadable::Form("id", "id that was asked for");
            is_asked(&link.link_id).then_some((link, unread)).ok_or_else(other)
        });
        match read {
            Ok((link, unread)) => {
                self.known.lock().insert(reference.clone(), link.link_id.clone());
                page.rows.push(Row::SmartLink(link));
                page.quarantined =
                    unread.iter().map(|why| why.set_aside(body, asked.clone(), asked_for(&asked))).collect();
            }
            Err(why) => page.quarantined.push(why.set_aside(body, asked.clone(), asked_for(&asked))),
        }
        Ok(page)
    }
}

impl Source for FeatureFmSource {
    fn auth(&self) -> Auth {
        Auth::headers(vec![("x-api-key", self.api_key.clone())])
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::meaning(response).into()
    }

    fn walks_own_list(&self) -> bool {
        true
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        async move {
            let zone = self.report.as_ref().map_or("UTC", |report| &report.time_zone);
            let answer = session.json::<IgnoredAny>(self.call(&["artists"], endpoint::ARTISTS)).await;
            Accounts::answered(answer, Account::sole("Feature.fm", zone))
        }
        .boxed()
    }
}

impl Objects for Links<'_> {
    type Object = Reference;

    fn word(&self) -> &'static str {
        WORD
    }

    async fn read(&self, reference: &Reference) -> Result<SetPage, Failure> {
        let Self(source, session) = *self;
        source.link(session, reference).await.map(SetPage::from)
    }

    fn gone(&self, reference: &Reference) -> Page {
        let Some(id) = self.0.id(reference) else {
            let detail =
                "Feature.fm has no link at this address (any more): name its id to have it marked as removed";
            return gone_unmarked(detail, &asked(WORD, reference));
        };
        Page { tombstones: vec![(Table::SmartLinks, id)], ..Page::default() }
    }
}

impl Objects for Activity<'_> {
    type Object = Reference;

    fn word(&self) -> &'static str {
        WORD
    }

    async fn read(&self, reference: &Reference) -> Result<SetPage, Failure> {
        let Self { source, session, report, days } = *self;
        let id = if let Some(id) = source.id(reference) {
            id
        } else {
            // Its own stream tells what ails a link that cannot be read.
            source.link(session, reference).await?;
            let reason = format!("{} tells no id", asked(WORD, reference));
            source.id(reference).ok_or(Failure::Permanent { reason })?
        };
        let response = session.send(report.call(&source.root(), &id, days)).await?;
        report.read(&id, days, &response.body).map(SetPage::from)
    }

    /// What is stored of it stays: it is not seen any more, and was.
    fn gone(&self, reference: &Reference) -> Page {
        let detail = "the link is gone: take it out of the settings. What is stored of it stays";
        let spared = self.id(reference).into_iter().collect();
        Page { spared, ..gone_unmarked(detail, &asked(WORD, reference)) }
    }

    fn id(&self, reference: &Reference) -> Option<String> {
        self.source.id(reference)
    }
}
