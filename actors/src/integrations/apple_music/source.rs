//! One connection: which object is next, and in which storefront it is.

use std::{slice, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use rows::Day;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{
    ANALYTICS, PRIVATE_KEY,
    analytics::Plays,
    contents::follow,
    errors::{self, CODES},
    mapping::{id_of, row},
    settings::Settings,
    songs::Songs,
    wire::List,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, CredentialSpec, SetupError, Source},
    page::{DaysReply, DaysRequest, Page, SetPage},
    reading::{
        catalogue::{Catalogue, Shelf, rows_or_aside},
        elements::Unreadable,
        named_objects::{Reference, Standard, asked, asked_for},
        subjects::{Subject, check_code, ids_of},
    },
    session::{
        Auth, Call, Credential, Response, Session, Verdict,
        oauth::{SignedToken, jwt::SigningKey},
    },
};

/// How long a developer token holds. Apple takes half a year; a short one is worth little to who finds it.
const TOKEN_LIFE: Duration = Duration::from_hours(1);

/// A connection to Apple Music. It has no accounts, only a list of what to look at.
#[derive(Debug)]
pub struct AppleMusicSource {
    pub(super) shelf: Shelf,
    /// Where it looks, in the order of the settings.
    pub(super) storefronts: Vec<String>,
    version: String,
    credential: Arc<Credential>,
    plays: Option<Plays>,
    pub(super) songs: Songs,
}

// === impl AppleMusicSource ===

impl AppleMusicSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        spec.refuse_accounts("tracks", "name tracks, albums, artists or playlists, or set charts")?;
        let wanted = settings.wanted()?;
        let claims = [("iss", settings.team_id.clone())];
        Ok(Self {
            plays: Plays::new(spec, settings, wanted.of(Subject::Artist))?,
            shelf: Shelf::of(wanted),
            storefronts: settings.storefronts.clone(),
            version: spec.api_version.clone(),
            credential: signed(
                &PRIVATE_KEY,
                &spec.credential(&PRIVATE_KEY)?,
                &settings.key_id,
                claims,
                TOKEN_LIFE,
            )?,
            songs: Songs::default(),
        })
    }

    /// Reads a window of plays.
    pub async fn plays(&self, session: &Session, request: DaysRequest<'_>) -> Result<DaysReply, Failure> {
        let Some(plays) = &self.plays else {
            let reason = "plays need `analytics` in the settings, and credentials.analytics_key".to_owned();
            return Err(Failure::Permanent { reason });
        };
        plays.page(session, request).await.map(DaysReply::Page)
    }

    /// Asks for something of a storefront's catalogue.
    pub(super) fn call(&self, storefront: &str, rest: &[&str], endpoint: &'static str) -> Call {
        Call::get_at(&[&[&self.version, "catalog", storefront], rest].concat(), endpoint)
    }

    /// An object as the first storefront describes it that has it, and which one that is. It is gone where each of them says so.
    pub(super) async fn described(
        &self,
        session: &Session,
        subject: Subject,
        id: &str,
    ) -> Result<(&str, Bytes), Failure> {
        let mut lacking = None;
        for storefront in &self.storefronts {
            match session.send(self.call(storefront, &[kind(subject), id], subject.word())).await {
                Ok(response) => return Ok((storefront, response.body)),
                Err(gone @ Failure::Gone { .. }) => lacking = lacking.or(Some(gone)),
                // It may be in another one. If not, nobody has said that it is gone.
                Err(refused @ (Failure::Forbidden { .. } | Failure::Permanent { .. })) => {
                    lacking = Some(refused);
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(lacking.unwrap_or(Failure::Permanent { reason: "no storefront is named".to_owned() }))
    }

    /// A song, album or artist.
    pub(super) async fn single(
        &self,
        session: &Session,
        subject: Subject,
        id: &str,
    ) -> Result<Page, Failure> {
        let (storefront, body) = self.described(session, subject, id).await?;
        let read = || {
            let list = List::of(&body)?;
            let raw = list.data.first().ok_or(Unreadable::Missing("data"))?;
            if id_of(raw).is_some_and(|found| found != id) {
                let detail = "it was asked for by an id, and has another".to_owned();
                return Err(Unreadable::Other { reason: "other_id", detail });
            }
            Ok(vec![row(subject, raw)?])
        };
        let (place, asked) = (format!("storefront {storefront}"), asked(subject.word(), &id));
        Ok(rows_or_aside(read(), &body, &place, &asked))
    }

    /// Everything that a standard code leads to in any storefront, and what it led to before.
    async fn coded(
        &self,
        session: &Session,
        subject: Subject,
        reference: &Reference,
        (standard, code): (Standard, &str),
    ) -> Result<SetPage, Failure> {
        let asked = asked(subject.word(), reference);
        let filter = format!("filter[{}]", standard.prefix());
        let mut page = Page::default();
        for storefront in &self.storefronts {
            let mut next = Some(self.call(storefront, &[kind(subject)], CODES).query(&filter, code));
            while let Some(call) = next {
                let response = session.send(call.clone()).await?;
                let list = List::of(&response.body).and_then(|list| Ok((follow(&call, &list)?, list)));
                let (following, list) = match list {
                    Ok(list) => list,
                    Err(why) => {
                        let mut set = SetPage::from(page);
                        set.lack("malformed", why.to_string(), &asked);
                        return Ok(set);
                    }
                };
                for raw in list.data {
                    let found = row(subject, raw)
                        .and_then(|row| check_code(slice::from_ref(&row), code).map(|()| row));
                    match found {
                        // The storefront before has described it.
                        Ok(row) if !ids_of(&page.rows).is_disjoint(&ids_of(slice::from_ref(&row))) => {}
                        Ok(row) => page.rows.push(row),
                        Err(why) => {
                            let path = call.path.clone();
                            page.quarantined.push(why.set_aside(
                                raw.get().as_bytes(),
                                path,
                                asked_for(&asked),
                            ));
                        }
                    }
                }
                next = following;
            }
        }
        let by_id = |id: String| async move { self.single(session, subject, &id).await };
        self.shelf.codes.led(reference, subject, page, by_id).await.map(SetPage::from)
    }
}

/// A credential whose tokens are signed with this key.
pub fn signed<const N: usize>(
    of: &CredentialSpec,
    key: &SecretString,
    key_id: &str,
    claims: [(&str, String); N],
    valid_for: Duration,
) -> Result<Arc<Credential>, SetupError> {
    let key = SigningKey::es256(key, Some(key_id.to_owned()))
        .map_err(|error| SetupError::Credential { name: of.name, problem: error.to_string() })?;
    let claims = Map::from_iter(claims.map(|(name, value)| (name.to_owned(), Value::from(value))));
    Ok(Arc::new(Credential::signed(SignedToken { key, claims, valid_for })))
}

/// The word for objects of a kind in paths.
const fn kind(subject: Subject) -> &'static str {
    if matches!(subject, Subject::Track) { "songs" } else { subject.stream() }
}

impl Catalogue for AppleMusicSource {
    fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    fn begin(&self, subject: Subject) {
        if subject == Subject::Track {
            self.songs.forget();
        }
    }

    async fn object(
        &self,
        session: &Session,
        subject: Subject,
        reference: &Reference,
        day: Day,
    ) -> Result<SetPage, Failure> {
        let id = &reference.to_string();
        match (reference.code(), subject) {
            (Some(code), _) => self.coded(session, subject, reference, code).await,
            (None, Subject::Chart) => self.chart(session, id, day).await,
            (None, Subject::Playlist) => self.playlist(session, id, day).await,
            (None, Subject::Track) => self.song(session, id).await.map(SetPage::from),
            (None, Subject::Album | Subject::Artist) => {
                self.single(session, subject, id).await.map(SetPage::from)
            }
        }
    }
}

impl Source for AppleMusicSource {
    fn auth(&self) -> Auth {
        Auth::token(Arc::clone(&self.credential))
    }

    fn auth_at(&self, host: &'static str) -> Auth {
        match &self.plays {
            Some(plays) if host == ANALYTICS.name => Auth::token(Arc::clone(plays.credential())),
            _ => Auth::None,
        }
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::meaning(response).into()
    }

    fn walks_own_list(&self) -> bool {
        true
    }

    /// Asks for the top of the first chart: every key may.
    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        async move {
            let storefront = self.storefronts.first().map_or("", String::as_str);
            let answer = session.send(self.chart_call(storefront).query("limit", "1")).await;
            Accounts::answered(answer, Account::sole("Apple Music", "UTC"))
        }
        .boxed()
    }
}
