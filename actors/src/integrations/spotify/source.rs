//! One connection: which object is next, and what becomes of it.

use std::{collections::BTreeSet, sync::Arc};

use ::rows::{Day, day::day_at};
use futures::future::{BoxFuture, FutureExt as _};
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use secrecy::ExposeSecret;

use super::{
    CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN,
    errors::{self, Quota},
    mapping,
    settings::Settings,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{Page, SetPage, SnapshotReply, SnapshotRequest},
    reading::{
        elements::object,
        named_objects::{NamedObjects, Objects, Reference, Standard, asked, asked_for},
        subjects::{Codes, Subject, Wanted},
    },
    session::{
        Auth, Call, Credential, Response, Session, Verdict,
        oauth::{Client, ClientAuth, TOKEN_HOST},
    },
};

/// A connection to Spotify. It has no accounts, only a list of what to look at.
#[derive(Debug)]
pub struct SpotifySource {
    wanted: Wanted,
    /// The country for which is asked.
    market: Option<String>,
    version: String,
    credential: Arc<Credential>,
    objects: NamedObjects,
    quota: Quota,
    pub(super) codes: Codes,
    /// Playlists of which the contents could be read.
    pub(super) open: Mutex<BTreeSet<String>>,
}

/// The objects of one kind, as they are at the cycle's beginning: the same day for all of its pages.
struct Reading<'a> {
    source: &'a SpotifySource,
    session: &'a Session,
    subject: Subject,
    day: Day,
}

// === impl SpotifySource ===

impl SpotifySource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        spec.refuse_accounts("tracks", "name tracks, albums, artists or playlists")?;
        let client = Client {
            id: spec.credential(&CLIENT_ID)?.expose_secret().to_owned(),
            secret: spec.credential(&CLIENT_SECRET)?,
            auth: ClientAuth::Basic,
        };
        let url = spec.host(TOKEN_HOST).unwrap_or(&spec.base_url);
        let credential = match spec.credentials.get(REFRESH_TOKEN.name) {
            Some(token) => Credential::refresh(url, client, token.clone()),
            None => Credential::client(url, client, ""),
        };
        Ok(Self {
            wanted: settings.wanted()?,
            market: settings.market.clone(),
            version: spec.api_version.clone(),
            credential: Arc::new(credential),
            objects: NamedObjects::default(),
            quota: Quota::default(),
            codes: Codes::default(),
            open: Mutex::default(),
        })
    }

    /// Reads the next object of one kind.
    pub async fn read(
        &self,
        session: &Session,
        subject: Subject,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let day = day_at(request.now, &TimeZone::UTC);
        let reading = Reading { source: self, session, subject, day };
        let read = self.objects.page(self.wanted.of(subject), request.cursor, &reading).await;
        read.map(SnapshotReply::Page)
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
        let response = session.send(call).await?;
        let body = &response.body;
        let read = match subject {
            Subject::Track => object(body).and_then(|track| mapping::track(track, Some(id), day)),
            Subject::Album => object(body).and_then(mapping::album),
            Subject::Artist | Subject::Playlist | Subject::Chart => {
                object(body).map(|artist| mapping::artist(artist, day))
            }
        };
        Ok(match read {
            Ok(rows) => Page { rows, ..Page::default() },
            Err(why) => {
                let asked = asked(subject.word(), &Reference::Id(id.to_owned()));
                Page { quarantined: vec![why.set_aside(body, path, asked_for(&asked))], ..Page::default() }
            }
        })
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

// === impl Reading ===

impl Objects for Reading<'_> {
    type Object = Reference;

    fn word(&self) -> &'static str {
        self.subject.word()
    }

    async fn read(&self, reference: &Reference) -> Result<SetPage, Failure> {
        let Self { source, session, subject, day } = *self;
        match (reference, reference.code()) {
            (reference, Some(code)) => source.coded(session, subject, reference, code, day).await,
            (Reference::Id(id), _) if subject == Subject::Playlist => source.playlist(session, id, day).await,
            (reference, _) => {
                let read = source.single(session, subject, &reference.to_string(), day).await;
                read.map(SetPage::from)
            }
        }
    }

    fn gone(&self, reference: &Reference) -> Page {
        self.subject.gone(reference.to_string())
    }

    /// What is not read of a playlist would be taken off it.
    fn must_be_whole(&self) -> bool {
        self.subject.is_list()
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
            let mut refused = None;
            for (subject, _) in Settings::default().lists() {
                let Some(reference) = self.wanted.of(subject).first() else { continue };
                let call = match reference.code() {
                    Some(code) => self.search(subject, code).query("limit", "1"),
                    None => self.call(subject, &reference.to_string()),
                };
                match session.send(call).await {
                    // What is not shown is told by the stream that wants it: here it is enough that Spotify answers.
                    Ok(_) | Err(Failure::Gone { .. } | Failure::Forbidden { .. }) => {
                        return Ok(Accounts::one(Account::sole("Spotify", "UTC")));
                    }
                    Err(failure @ Failure::Permanent { .. }) => refused = Some(failure),
                    Err(failure) => return Err(failure),
                }
            }
            Err(refused
                .unwrap_or(Failure::Permanent { reason: "nothing is named in the settings".to_owned() }))
        }
        .boxed()
    }
}
