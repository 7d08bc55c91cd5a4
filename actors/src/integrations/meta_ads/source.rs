//! One connection: its token, its accounts, its settings.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};

use super::{
    ACCESS_TOKEN, APP_SECRET, accounts,
    entities::{self, Level},
    errors, insights,
    insights::Report,
    mapping::VIDEO_VIEW,
    proof,
    settings::Settings,
    streams,
};
use crate::{
    failure::Failure,
    integration::{Accounts, ConnectionSpec, SetupError, Source},
    page::{Page, PageRequest, Reply},
    session::{Auth, Call, Response, Session, Verdict},
    stream::Stream,
};

/// A connected token.
pub struct MetaAdsSource {
    auth: Auth,
    /// `v25.0`: calls to the Marketing API without a version fail.
    version: String,
    /// Configured accounts, without `act_`; empty = all.
    pub accounts: Vec<String>,
    /// The connection's settings.
    pub settings: Settings,
    /// `settings.conversion`, shared by all rows.
    pub conversion: Option<Arc<str>>,
    /// What counts as a view, shared by all rows.
    pub view: Arc<str>,
}

// === impl MetaAdsSource ===

impl MetaAdsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec) -> Result<Self, SetupError> {
        let settings: Settings = spec.settings()?;
        settings.check()?;
        Ok(Self {
            auth: proof::auth(&spec.credential(&ACCESS_TOKEN)?, spec.credential(&APP_SECRET).ok().as_ref()),
            version: spec.api_version.clone(),
            accounts: undecorated(&spec.accounts),
            conversion: settings.conversion.as_deref().map(Arc::from),
            view: Arc::from(VIDEO_VIEW),
            settings,
        })
    }

    /// A GET of a node or edge in the configured version.
    pub fn get(&self, node: &[&str], use_case: &'static str) -> Call {
        Call::get_at(&[&[&*self.version], node].concat(), use_case)
    }

    /// A POST to a node or edge in the configured version.
    pub fn post(&self, node: &[&str], use_case: &'static str) -> Call {
        Call::post_at(&[&[&*self.version], node].concat(), use_case)
    }

    async fn read(&self, session: &Session, request: PageRequest<'_>) -> Result<Reply, Failure> {
        let stream = request.stream.name;
        if stream == streams::ACCOUNTS {
            let row = accounts::describe(self, session, request.account).await?;
            Ok(Reply::Page(Page { rows: vec![row], ..Page::default() }))
        } else if let Some(level) = Level::of_stream(stream) {
            entities::page(self, session, &request, level).await
        } else if let Some(report) = Report::of_stream(stream) {
            insights::page(self, session, &request, report).await
        } else {
            Err(Failure::Permanent { reason: format!("meta_ads has no stream {stream:?}") })
        }
    }
}

impl Source for MetaAdsSource {
    fn auth(&self) -> Auth {
        self.auth.clone()
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::classify(response)
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        accounts::check(self, session).boxed()
    }

    fn adjust_streams(&self, mut streams: Vec<Stream>) -> Vec<Stream> {
        for stream in &mut streams {
            match stream.name {
                streams::COUNTRY_INSIGHTS => stream.enabled = self.settings.countries,
                streams::ADS | streams::AD_INSIGHTS => stream.enabled = self.settings.ad_level,
                _ => {}
            }
        }
        streams
    }

    fn page<'a>(
        &'a self,
        session: &'a Session,
        request: PageRequest<'a>,
    ) -> BoxFuture<'a, Result<Reply, Failure>> {
        self.read(session, request).boxed()
    }
}

/// `act_123` and `123` are the same account.
fn undecorated(accounts: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::with_capacity(accounts.len());
    for account in accounts {
        let id = account.strip_prefix("act_").unwrap_or(account);
        if !ids.iter().any(|it| it == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}
