//! One connection: what is asked next, and what becomes of it.

use ::rows::{DayRange, budget::Period, sink::Change};
use futures::future::{BoxFuture, FutureExt as _};

use super::{
    credentials::credentials,
    errors,
    mapping::{self, ArtistDays, Measure, Of},
    pages,
    settings::{Settings, Wanted},
    subject::{Subject, Target, service, song_counter},
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{DaysReply, DaysRequest, Page, SetPage, SnapshotReply, SnapshotRequest},
    reading::{
        catalogue::rows_or_aside,
        elements::{Elements, Named, object},
        memo::Memo,
        named_objects::{NamedObjects, Objects, Reference, asked, gone_unmarked, unread},
        subjects::ids_of,
    },
    session::{Auth, Call, Response, Session, Verdict, quota::Scope},
};

/// Songs of which is remembered where their ISRC led: more than any settings name.
const SONGS_MAX: usize = 100_000;

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
    /// The UUIDs that ISRCs led to.
    known: Memo<Reference, String, SONGS_MAX>,
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
            known: Memo::default(),
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
        if song.code().is_none() {
            return Ok(song.to_string());
        }
        let ask = async {
            let found: wire::Single<wire::Identified> = session.json(song_call(song)).await?;
            Ok(found.object.uuid.0)
        };
        self.known.get_or_ask(song, ask).await
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
            let answer = session.send(Call::get("/api/v2/team/usage", "usage").units(0)).await;
            let account = Account::sole("Soundcharts", "UTC");
            match answer {
                // Not in every plan. It is enough that the credentials are taken; what else is wrong, the streams tell.
                Err(Failure::Permanent { .. }) => Ok(Accounts::one(account)),
                answer => Accounts::answered(answer, account),
            }
        }
        .boxed()
    }
}

fn song_call(song: &Reference) -> Call {
    match song.code() {
        Some((_, isrc)) => Call::get_at(&["api", "v2.25", "song", "by-isrc", isrc], "song.by_isrc"),
        None => Call::get_at(&["api", "v2.25", "song", &song.to_string()], "song"),
    }
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
        Page { spared, ..gone_unmarked(detail, &asked(self.word(), target)) }
    }

    fn id(&self, target: &Target) -> Option<String> {
        target.object.code().is_none().then(|| target.object.to_string())
    }
}

impl Reading<'_> {
    async fn song(&self, target: &Target) -> Result<Page, Failure> {
        let Self { source, session, .. } = *self;
        let song = &target.object;
        let call = song_call(song);
        let place = call.path.clone();
        let response = session.send(call).await;
        if let Err(Failure::Gone { .. }) = response {
            source.known.forget(song);
        }
        let body = &response?.body;
        let platforms = &source.wanted.platforms;
        let services: Vec<String> = platforms.iter().map(|platform| service(platform)).collect();
        let read =
            object(body).and_then(|one: wire::Single<wire::Song>| mapping::tracks(one.object, &services));
        let mut page = rows_or_aside(read, body, &place, &asked(self.word(), target));
        if let (Some((_, isrc)), Some(id)) = (song.code(), ids_of(&page.rows).pop_first()) {
            source.known.insert(song.clone(), id.clone());
            // Said each time: the store knows what it led to before, also before this process.
            let (id, before, after) = (isrc.to_owned(), None, Some(id));
            page.changes.push(Change { kind: "isrc", entity: "track", id, before, after });
        }
        Ok(page)
    }

    async fn song_audience(&self, target: &Target) -> Result<SetPage, Failure> {
        let (id, service) = self.song_on(target).await?;
        let of = Of { service: &service, id: &id };
        let counter = song_counter(&target.platform).unwrap_or_default();
        let call = self.call(&["v2", "song", &id, "audience", &target.platform], "song.audience");
        let map = |item: wire::SongDay| mapping::song_day(&item, of, counter);
        let (read, lacking) = pages::read(self.session, &call, mapping::named, map).await?;
        Ok(SetPage { page: read.into(), lacking })
    }

    /// Up to three lists. A plan may have one of them and not another.
    async fn artist_audience(&self, target: &Target) -> Result<SetPage, Failure> {
        let (service, platform) = (service(&target.platform), &*target.platform);
        let id = target.object.to_string();
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
                Ok((read, more)) => {
                    is_answered = true;
                    read.rows.into_iter().for_each(|row| told.add(measure, row));
                    read.quarantined.iter().filter_map(|aside| aside.day).for_each(|day| told.lacks(day));
                    page.quarantined.extend(read.quarantined);
                    lacking = lacking.or(more);
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
        let (id, service) = self.song_on(target).await?;
        let of = Of { service: &service, id: &id };
        // What comes meanwhile comes at the end.
        let call = self
            .call(&["v2.20", "song", &id, "playlist", "current", &target.platform], "song.playlists")
            .query("currentOnly", "1")
            .query("sortBy", "entryDate")
            .query("sortOrder", "asc");
        let map = |entry: wire::Entry| mapping::placement(entry, of);
        let (read, lacking) = pages::read(self.session, &call, |_| Named::default(), map).await?;
        let rows = mapping::placements(read.rows.into_iter().flatten().collect());
        Ok(SetPage { page: Elements { rows, quarantined: read.quarantined }.into(), lacking })
    }

    /// A song's UUID, and its platform as our tables call it.
    async fn song_on(&self, target: &Target) -> Result<(String, String), Failure> {
        Ok((self.source.song_id(self.session, &target.object).await?, service(&target.platform)))
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
