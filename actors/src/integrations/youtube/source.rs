//! One connection: its credentials, and what it reads.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};

use super::{
    ANALYTICS, API_KEY, SCOPES, endpoint, errors,
    report::Subject,
    settings::{Settings, Wanted, refuse},
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    integrations::google,
    reading::named_objects::{NamedObjects, Reference},
    session::{Auth, Call, Credential, Response, Session, Signature, Verdict},
};

/// A connection to YouTube.
#[derive(Debug)]
pub struct YouTubeSource {
    /// Asks for what everybody can see.
    key: Option<SecretString>,
    /// Asks for a channel's own numbers, and without a key for everything.
    credential: Option<Arc<Credential>>,
    counted_by: Option<String>,
    version: String,
    pub(super) wanted: Wanted,
    /// Whether days of a channel or video have their revenue.
    pub(super) revenue: bool,
    /// The channel of the credentials, as the last check found it: asked for where none is named.
    own: Mutex<Option<Reference>>,
    pub(super) objects: NamedObjects,
}

// === impl YouTubeSource ===

impl YouTubeSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        spec.refuse_accounts("channels", "name channels, videos or playlists")?;
        let key = spec.credentials.get(API_KEY.name).cloned();
        let oauth = [google::CLIENT_ID, google::CLIENT_SECRET, google::REFRESH_TOKEN];
        let has_oauth = oauth.iter().any(|of| spec.credentials.contains_key(of.name));
        let credential = has_oauth.then(|| google::credential(spec, SCOPES)).transpose()?;
        let wanted = settings.wanted()?;
        if key.is_none() && credential.is_none() {
            return Err(SetupError::MissingCredential { name: API_KEY.name, help: API_KEY.help });
        }
        if key.is_some() && credential.is_some() && wanted.channels.is_empty() {
            return Err(refuse("channels", "beside an API key, name the channel whose analytics are read"));
        }
        if credential.is_none() && wanted.names().is_empty() {
            let problem = "nothing to read: name at least one of channels, videos, playlists, or set client_id, client_secret and \
                           refresh_token";
            return Err(refuse("channels", problem));
        }
        // Units are the Cloud project's; a key or client belongs to one.
        let counted_by = key.as_ref().map(|key| key.expose_secret().trim().to_owned());
        Ok(Self {
            counted_by: counted_by.or_else(|| google::counted_by(spec)),
            key,
            credential,
            version: spec.api_version.clone(),
            wanted,
            revenue: settings.revenue,
            own: Mutex::default(),
            objects: NamedObjects::default(),
        })
    }

    /// A method of the Data API, and the parts of its objects that are asked for.
    pub(super) fn call(&self, method: &'static str, part: &str) -> Call {
        Call::get_at(&["youtube", &self.version, method], method).query("part", part)
    }

    /// What Analytics is asked about: channels, then videos.
    pub(super) fn contents(&self) -> Vec<Reference> {
        let own = self.own.lock().clone().filter(|_| self.wanted.channels.is_empty());
        own.into_iter().chain(self.wanted.channels.iter().chain(&self.wanted.videos).cloned()).collect()
    }

    fn token(&self) -> Auth {
        self.credential.as_ref().map_or(Auth::None, |credential| Auth::token(Arc::clone(credential)))
    }

    async fn check(&self, session: &Session) -> Result<Accounts, Failure> {
        let is_own = self.credential.is_some() && self.wanted.channels.is_empty();
        let account = || Accounts::one(Account::sole("YouTube", google::PACIFIC));
        if is_own {
            let call = self.call(endpoint::CHANNELS, "id").query("mine", "true");
            let found: wire::List<wire::Counted> = match session.json(call).await {
                // Analytics has another quota, and who is asked about is known.
                Err(Failure::RateLimited { .. } | Failure::OverBudget { .. })
                    if self.own.lock().is_some() =>
                {
                    return Ok(account());
                }
                found => found?,
            };
            let Some(channel) = found.into_first() else {
                let reason = "the credentials have no channel: let the owner of one authorise anew, or name `channels`";
                return Err(Failure::Permanent { reason: reason.to_owned() });
            };
            *self.own.lock() = Some(Reference::Id(channel.id.0));
            return Ok(account());
        }
        let Wanted { channels, videos, playlists, .. } = &self.wanted;
        let named =
            [(endpoint::CHANNELS, channels), (endpoint::VIDEOS, videos), (endpoint::PLAYLISTS, playlists)];
        let first = named.iter().find_map(|(method, all)| Some((*method, all.first()?)));
        let Some((method, id)) = first else { return Ok(account()) };
        match session.send(self.call(method, "id").query("id", id.to_string())).await {
            // It is answered. What is not shown, and what has to wait, is told by the streams: Analytics has another quota.
            Ok(_)
            | Err(
                Failure::Gone { .. }
                | Failure::Forbidden { .. }
                | Failure::RateLimited { .. }
                | Failure::OverBudget { .. },
            ) => Ok(account()),
            Err(failure) => Err(failure),
        }
    }
}

impl Source for YouTubeSource {
    fn auth(&self) -> Auth {
        let Some(key) = self.key.clone() else { return self.token() };
        Auth::Signer(Arc::new(move |_| Signature {
            query: vec![("key", key.clone())],
            ..Signature::default()
        }))
    }

    fn auth_at(&self, host: &'static str) -> Auth {
        if host == ANALYTICS.name { self.token() } else { Auth::None }
    }

    fn counted_by(&self) -> Option<String> {
        self.counted_by.clone()
    }

    /// Without OAuth credentials there are no analytics.
    fn goes_with(&self, stream: &str) -> bool {
        self.credential.is_some() || Subject::ALL.iter().all(|subject| subject.stream() != stream)
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::meaning(response).into()
    }

    fn walks_own_list(&self) -> bool {
        true
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        Self::check(self, session).boxed()
    }
}
