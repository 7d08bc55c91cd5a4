//! One connection: what is asked next, and what becomes of it.

use std::{collections::HashMap, sync::Arc};

use ::rows::{DayRange, budget::Period, quarantine::Quarantined, sink::Change};
use futures::future::{BoxFuture, FutureExt as _};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::{
    API_KEY, APP_ID, CLIENT_ID, CLIENT_SECRET, errors,
    mapping::{self, ArtistDays, Measure, Of},
    pages::{self, List},
    settings::{Settings, Wanted},
    subject::{Subject, Target, service, song_counter},
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{DaysReply, DaysRequest, Page, SetPage, SnapshotReply, SnapshotRequest},
    reading::{
        elements::{Named, Unreadable},
        named_objects::{NamedObjects, Objects, Reference, asked, unread},
    },
    session::{
        Auth, Call, Credential, Response, Session, Signature, Verdict,
        oauth::{Client, ClientAuth, TOKEN_HOST},
        quota::Scope,
    },
};

/// A connection to Soundcharts. It has no accounts, only a list of what to look at.
#[derive(Debug)]
pub struct SoundchartsSource {
    wanted: Wanted,
    auth: Auth,
    /// What requests are counted by: the app or API client.
    counted_by: String,
    /// How many requests a month there are, where the configuration says so.
    allowance: Option<u64>,
    objects: NamedObjects,
    /// The UUIDs that ISRCs led to. Held while one is looked up, so that nobody else asks, too.
    known: Mutex<HashMap<String, String>>,
}

/// One subject, of one target after another.
struct Reading<'a> {
    source: &'a SoundchartsSource,
    session: &'a Session,
    subject: Subject,
    /// Of what is told by day.
    days: Option<DayRange>,
}

// === impl SoundchartsSource ===

impl SoundchartsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        spec.refuse_accounts("tracks", "name tracks or artists")?;
        let (auth, counted_by) = credentials(spec)?;
        let mut budgets = spec.quotas.iter().flat_map(|quota| &quota.budgets);
        let monthly = budgets.find(|one| one.scope == Scope::Project && one.term.per == Period::Month);
        Ok(Self {
            wanted: settings.wanted()?,
            auth,
            counted_by,
            allowance: monthly.map(|budget| budget.limit),
            objects: NamedObjects::default(),
            known: Mutex::default(),
        })
    }

    /// Reads the next target of a subject that is a set.
    pub async fn set(
        &self,
        session: &Session,
        subject: Subject,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let reading = Reading { source: self, session, subject, days: None };
        let targets = self.wanted.targets(subject);
        self.objects.page(&targets, request.cursor, &reading).await.map(SnapshotReply::Page)
    }

    /// Reads the next target of a subject that is told by day.
    pub async fn days(
        &self,
        session: &Session,
        subject: Subject,
        request: DaysRequest<'_>,
    ) -> Result<DaysReply, Failure> {
        let reading = Reading { source: self, session, subject, days: Some(request.days) };
        self.objects.days(&self.wanted.targets(subject), request.cursor, &reading).await
    }

    /// A song's UUID; that of an ISRC is looked up once.
    async fn song_id(&self, session: &Session, song: &Reference) -> Result<String, Failure> {
        let Some((_, isrc)) = song.code() else { return Ok(song.to_string()) };
        let mut known = self.known.lock().await;
        if let Some(id) = known.get(isrc) {
            return Ok(id.clone());
        }
        let found: wire::Single<wire::Identified> = session.json(song_call(song)).await?;
        let id = found.object.uuid.0;
        known.insert(isrc.to_owned(), id.clone());
        Ok(id)
    }
}

impl Source for SoundchartsSource {
    fn auth(&self) -> Auth {
        self.auth.clone()
    }

    fn counted_by(&self) -> Option<String> {
        Some(self.counted_by.clone())
    }

    fn classify(&self, response: &Response) -> Verdict {
        Verdict { meaning: errors::meaning(response), signals: errors::signals(response, self.allowance) }
    }

    fn walks_own_list(&self) -> bool {
        true
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        async move {
            // Costs nothing of the quota.
            let usage = Call::get("/api/v2/team/usage", "usage").units(0);
            match session.send(usage).await {
                // Not in every plan. It is enough that the credentials are taken; what else is wrong, the streams tell.
                Ok(_) | Err(Failure::Gone { .. } | Failure::Forbidden { .. } | Failure::Permanent { .. }) => {
                }
                Err(failure) => return Err(failure),
            }
            Ok(Accounts::one(Account::sole("Soundcharts", "UTC")))
        }
        .boxed()
    }
}

/// How requests are authenticated, and what Soundcharts counts them by.
fn credentials(spec: &ConnectionSpec) -> Result<(Auth, String), SetupError> {
    let has = |of: [&str; 2]| of.iter().any(|name| spec.credentials.contains_key(*name));
    if !has([APP_ID.name, API_KEY.name]) {
        let id = spec.credential(&CLIENT_ID)?.expose_secret().to_owned();
        let client =
            Client { id: id.clone(), secret: spec.credential(&CLIENT_SECRET)?, auth: ClientAuth::Basic };
        let url = spec.host(TOKEN_HOST).unwrap_or(&spec.base_url);
        return Ok((Auth::token(Arc::new(Credential::client(url, client, ""))), id));
    }
    if has([CLIENT_ID.name, CLIENT_SECRET.name]) {
        let problem = "it stands beside client_id or client_secret: keep one of the two pairs".to_owned();
        return Err(SetupError::Credential { name: APP_ID.name, problem });
    }
    let (app_id, api_key) = (spec.credential(&APP_ID)?, spec.credential(&API_KEY)?);
    let counted_by = app_id.expose_secret().to_owned();
    let headers = vec![("x-app-id", app_id), ("x-api-key", api_key)];
    let sign = move |_: &Call| Signature { headers: headers.clone(), ..Signature::default() };
    Ok((Auth::Signer(Arc::new(sign)), counted_by))
}

fn song_call(song: &Reference) -> Call {
    match song.code() {
        Some((_, isrc)) => Call::get_at(&["api", "v2.25", "song", "by-isrc", isrc], "song.by_isrc"),
        None => Call::get_at(&["api", "v2.25", "song", &song.to_string()], "song"),
    }
}

fn set_aside(quarantined: Quarantined) -> Page {
    Page { quarantined: vec![quarantined], ..Page::default() }
}

// === impl Reading ===

impl Objects for Reading<'_> {
    type Object = Target;

    fn word(&self) -> &'static str {
        self.subject.word()
    }

    async fn read(&self, target: &Target) -> Result<SetPage, Failure> {
        match self.subject {
            Subject::Song => self.song(target).await.map(SetPage::from),
            Subject::SongAudience => self.song_audience(target).await,
            Subject::ArtistAudience => self.artist_audience(target).await,
            Subject::Playlists => self.playlists(target).await,
        }
    }

    /// Is shown. Nothing is marked as removed: it is still on its platforms.
    fn gone(&self, target: &Target) -> Page {
        let detail = "Soundcharts knows no such object (any more), or does not show it: take it out of the settings, or mend it";
        let spared = self.id(target).into_iter().collect();
        Page { spared, ..set_aside(unread("gone", detail.to_owned(), &asked(self.word(), target))) }
    }

    fn id(&self, target: &Target) -> Option<String> {
        target.object.code().is_none().then(|| target.object.to_string())
    }
}

impl Reading<'_> {
    async fn song(&self, target: &Target) -> Result<Page, Failure> {
        let Self { source, session, .. } = *self;
        let call = song_call(&target.object);
        let place = call.path.clone();
        let isrc = target.object.code().map(|(_, isrc)| isrc.to_owned());
        let response = session.send(call).await;
        if let (Err(Failure::Gone { .. }), Some(isrc)) = (&response, &isrc) {
            source.known.lock().await.remove(isrc);
        }
        let body = response?.body;
        let services: Vec<String> =
            source.wanted.platforms.iter().map(|platform| service(platform)).collect();
        let read = serde_json::from_slice(&body).map_err(Unreadable::from);
        let read = read.and_then(|one: wire::Single<wire::Song>| {
            let id = one.object.uuid.0.clone();
            Ok((id, mapping::tracks(one.object, &services)?))
        });
        let (id, rows) = match read {
            Ok(read) => read,
            Err(why) => {
                let named = Named { fields: vec![("asked", asked(self.word(), target))], day: None };
                return Ok(set_aside(why.set_aside(&body, place, named)));
            }
        };
        let mut page = Page { rows, ..Page::default() };
        if let Some(isrc) = isrc {
            source.known.lock().await.insert(isrc.clone(), id.clone());
            // Said each time: the store knows what it led to before, also before this process.
            page.changes.push(Change {
                kind: "isrc",
                entity: "track",
                id: isrc,
                before: None,
                after: Some(id),
            });
        }
        Ok(page)
    }

    async fn song_audience(&self, target: &Target) -> Result<SetPage, Failure> {
        let (id, service) =
            (self.source.song_id(self.session, &target.object).await?, service(&target.platform));
        let of = Of { service: &service, id: &id };
        let counter = song_counter(&target.platform).unwrap_or_default();
        let call = self.call(&["v2", "song", &id, "audience", &target.platform], "song.audience");
        let map = |item: wire::SongDay| mapping::song_day(&item, of, counter);
        let List { rows, quarantined, lacking } =
            pages::read(self.session, &call, mapping::named, map).await?;
        let page = Page { rows: rows.into_iter().flatten().collect(), quarantined, ..Page::default() };
        Ok(SetPage { page, lacking })
    }

    /// Up to three lists. A plan may have one of them and not another.
    async fn artist_audience(&self, target: &Target) -> Result<SetPage, Failure> {
        let (service, id, platform) =
            (service(&target.platform), target.object.to_string(), &*target.platform);
        let artist = ["v2", "artist", &id];
        let lists = [
            (Measure::Followers, &["audience", platform][..], "artist.audience"),
            (Measure::MonthlyListeners, &["streaming", platform, "listening"], "artist.listeners"),
            (Measure::Popularity, &["popularity", platform], "artist.popularity"),
        ];
        let mut told = ArtistDays::default();
        let SetPage { mut page, mut lacking } = SetPage::default();
        let (mut refused, mut is_answered) = (None, false);
        for (measure, path, endpoint) in lists.into_iter().filter(|(measure, ..)| measure.is_of(platform)) {
            let call = self.call(&[&artist[..], path].concat(), endpoint);
            let map = |item: wire::ArtistDay| mapping::artist_day(item, measure);
            match pages::read(self.session, &call, mapping::named, map).await {
                Ok(list) => {
                    is_answered = true;
                    list.rows.into_iter().for_each(|row| told.add(measure, row));
                    list.quarantined.iter().filter_map(|aside| aside.day).for_each(|day| told.lacks(day));
                    page.quarantined.extend(list.quarantined);
                    lacking = lacking.or(list.lacking);
                }
                Err(
                    failure @ (Failure::Forbidden { .. } | Failure::Permanent { .. } | Failure::Gone { .. }),
                ) => {
                    let asked = format!("{endpoint} of artist {target}");
                    page.quarantined.push(unread("unavailable", failure.to_string(), &asked));
                    refused.get_or_insert(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        page.rows = told.rows(Of { service: &service, id: &id });
        refused.filter(|_| !is_answered).map_or(Ok(SetPage { page, lacking }), Err)
    }

    async fn playlists(&self, target: &Target) -> Result<SetPage, Failure> {
        let (id, service) =
            (self.source.song_id(self.session, &target.object).await?, service(&target.platform));
        let of = Of { service: &service, id: &id };
        // What comes meanwhile comes at the end.
        let call = self
            .call(&["v2.20", "song", &id, "playlist", "current", &target.platform], "song.playlists")
            .query("currentOnly", "1")
            .query("sortBy", "entryDate")
            .query("sortOrder", "asc");
        let map = |entry: wire::Entry| mapping::placement(entry, of);
        let list = pages::read(self.session, &call, |_| Named::default(), map).await?;
        let page = Page {
            rows: mapping::placements(list.rows.into_iter().flatten().collect()),
            quarantined: list.quarantined,
            ..Page::default()
        };
        Ok(SetPage { page, lacking: list.lacking })
    }

    /// A request below the API's root, for the days in question.
    fn call(&self, path: &[&str], endpoint: &'static str) -> Call {
        let call = Call::get_at(&[&["api"], path].concat(), endpoint);
        match self.days {
            Some(days) => {
                call.query("startDate", days.first.to_string()).query("endDate", days.last.to_string())
            }
            None => call,
        }
    }
}
