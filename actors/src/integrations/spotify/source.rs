//! One connection: which object is next, and what becomes of it.

use std::{collections::BTreeSet, sync::Arc};

use ::rows::Day;
use futures::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;

use super::{
    CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN,
    errors::{self, Quota},
    mapping,
    settings::Settings,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{Page, SetPage},
    reading::{
        catalogue::{Catalogue, Shelf, rows_or_aside},
        elements::object,
        named_objects::{Reference, Standard, asked},
        subjects::Subject,
    },
    session::{
        Auth, Call, Credential, Response, Session, Verdict,
        oauth::{ClientAuth, TOKEN_HOST},
    },
};

/// A connection to Spotify. It has no accounts, only a list of what to look at.
#[derive(Debug)]
pub struct SpotifySource {
    pub(super) shelf: Shelf,
    /// The country for which is asked.
    market: Option<String>,
    version: String,
    credential: Arc<Credential>,
    quota: Quota,
    /// Playlists of which the contents could be read.
    pub(super) open: Mutex<BTreeSet<String>>,
}

// === impl SpotifySource ===

impl SpotifySource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        spec.refuse_accounts("tracks", "name tracks, albums, artists or playlists")?;
        let client = spec.client(&CLIENT_ID, &CLIENT_SECRET, ClientAuth::Basic)?;
        let url = spec.host(TOKEN_HOST).unwrap_or(&spec.base_url);
        let credential = match spec.credentials.get(REFRESH_TOKEN.name) {
            Some(token) => Credential::refresh(url, client, token.clone()),
            None => Credential::client(url, client, ""),
        };
        Ok(Self {
            shelf: Shelf::of(settings.wanted()?),
            market: settings.market.clone(),
            version: spec.api_version.clone(),
            credential: Arc::new(credential),
            quota: Quota::default(),
            open: Mutex::default(),
        })
    }

    /// A track, album or artist: one request.
    pub(super) async fn single(
        &self,
        session: &Session,
        subject: Subject,
        id: &str,
        day: Day,
    ) -> Result<Page, Failure> {
        let call = self.call(subject, id);
        let path = call.path.clone();
        let body = &session.send(call).await?.body;
        let read = match subject {
            Subject::Track => object(body).and_then(|track| mapping::track(track, Some(id), day)),
            Subject::Album => object(body).and_then(mapping::album),
            Subject::Artist | Subject::Playlist | Subject::Chart => {
                object(body).map(|artist| mapping::artist(artist, day))
            }
        };
        Ok(rows_or_aside(read, body, &path, &asked(subject.word(), &id)))
    }

    /// Asks for one object.
    pub(super) fn call(&self, subject: Subject, id: &str) -> Call {
        let call = Call::get_at(&[&self.version, subject.stream(), id], subject.word());
        // Artists and descriptions of playlists are the same everywhere.
        if matches!(subject, Subject::Track | Subject::Album) { self.in_market(call) } else { call }
    }

    /// Asks for what a standard code leads to.
    pub(super) fn search(&self, subject: Subject, (standard, code): (Standard, &str)) -> Call {
        let call = Call::get_at(&[&self.version, "search"], "search");
        let wanted = format!("{}:{code}", standard.prefix());
        self.in_market(call.query("q", wanted).query("type", subject.word()))
    }

    /// Asks for what stands on a playlist, by one of the two words for it.
    pub(super) fn entries(&self, id: &str, segment: &str, endpoint: &'static str) -> Call {
        let path = [&*self.version, Subject::Playlist.stream(), id, segment];
        self.in_market(Call::get_at(&path, endpoint))
    }

    /// The call, for the market of the settings.
    fn in_market(&self, call: Call) -> Call {
        match &self.market {
            Some(market) => call.query("market", market),
            None => call,
        }
    }
}

impl Catalogue for SpotifySource {
    fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    async fn object(
        &self,
        session: &Session,
        subject: Subject,
        reference: &Reference,
        day: Day,
    ) -> Result<SetPage, Failure> {
        let id = &reference.to_string();
        match reference.code() {
            Some(code) => self.coded(session, subject, reference, code, day).await,
            None if subject == Subject::Playlist => self.playlist(session, id, day).await,
            None => self.single(session, subject, id, day).await.map(SetPage::from),
        }
    }
}

impl Source for SpotifySource {
    fn auth(&self) -> Auth {
        Auth::token(Arc::clone(&self.credential))
    }

    fn classify(&self, response: &Response) -> Verdict {
        let meaning = errors::meaning(response, &self.quota);
        Verdict { meaning, signals: errors::unavailable(response) }
    }

    fn walks_own_list(&self) -> bool {
        true
    }

    /// Asks for the first object of some stream: every app may, whatever its mode, and costs one request of its quota.
    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        async move {
            let mut refused = Failure::Permanent { reason: "nothing is named in the settings".to_owned() };
            for (subject, reference) in self.shelf.wanted.firsts() {
                let call = match reference.code() {
                    Some(code) => self.search(subject, code).query("limit", "1"),
                    None => self.call(subject, &reference.to_string()),
                };
                match Accounts::answered(session.send(call).await, Account::sole("Spotify", "UTC")) {
                    Err(failure @ Failure::Permanent { .. }) => refused = failure,
                    answered => return answered,
                }
            }
            Err(refused)
        }
        .boxed()
    }
}
