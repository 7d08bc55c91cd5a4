//! One connection: which object is next, and what becomes of it.

use std::collections::HashMap;

use ::rows::{Day, Row, day::day_at, quarantine::Quarantined, sink::Change};
use futures::future::{BoxFuture, FutureExt as _};
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;

use super::{
    contents::{self, Contents, ENTRIES_MAX},
    errors,
    quarantine::{Unreadable, unread, unreadable},
    rows,
    settings::{Reference, Settings, Wanted},
    subject::Subject,
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{Next, Page, PageRequest, Reply},
    session::{Auth, Call, Response, Session, Verdict},
    stream::Stream,
};

/// How often a list that moves under the reader is read before it is left for the next time.
const READINGS_MAX: u32 = 3;

/// An object that Deezer did not manage to answer for in so many readings in a row comes last in the next, and the others are
/// stored without it. Fewer than a single run tries.
const FAILURES_MAX: u32 = 2;

/// A connection to Deezer. It has no credentials and no accounts, only a list of what to look at.
#[derive(Debug)]
pub struct DeezerSource {
    wanted: Wanted,
    /// The ids that standard codes led to: what is gone can only be named by its id.
    known: Mutex<HashMap<String, String>>,
    /// How many times in a row the reading of an object failed in passing, by what was asked for.
    failures: Mutex<HashMap<String, u32>>,
}

/// Why what stands on a list is unknown.
struct Lack {
    /// For labels.
    reason: &'static str,
    /// For people.
    why: String,
}

/// How far a reading of a stream is: a page is one object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Progress {
    /// The place in the settings of the object that came first.
    first: usize,
    /// How many objects came before the next one.
    next: usize,
    /// Deezer has told something about one of those before it.
    answered: bool,
}

// === impl DeezerSource ===

impl DeezerSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec) -> Result<Self, SetupError> {
        if spec.accounts.iter().any(|account| !account.is_empty()) {
            return Err(SetupError::Setting {
                key: "tracks".to_owned(),
                problem:
                    "`accounts` means nothing to Deezer: name tracks, albums, artists, playlists or charts"
                        .to_owned(),
            });
        }
        let settings: Settings = spec.settings()?;
        Ok(Self { wanted: settings.wanted()?, known: Mutex::default(), failures: Mutex::default() })
    }

    async fn read(&self, session: &Session, request: PageRequest<'_>) -> Result<Page, Failure> {
        let Some(subject) = Subject::of_stream(request.stream.name) else {
            let reason = format!("deezer reads no stream {:?}", request.stream.name);
            return Err(Failure::Permanent { reason });
        };
        let all = self.wanted.of(subject);
        let mut progress = match request.cursor.as_deref() {
            Some(cursor) => Progress::parse(cursor),
            None => Progress { first: self.first(subject, all), ..Progress::default() },
        };
        let mut from_first = all.iter().cycle().skip(progress.first).take(all.len());
        let Some(reference) = from_first.nth(progress.next) else { return Ok(Page::default()) };
        progress.next += 1;
        let is_last = progress.next == all.len();

        // The cycle's beginning: the same for all of its pages.
        let day = day_at(request.now, &TimeZone::UTC);
        let asked = asked(subject, reference);
        let read = self.object(session, subject, reference, day).await;
        let failures = self.count(&asked, matches!(read, Err(Failure::Transient { .. })));
        let mut page = match read {
            Ok(page) => {
                progress.answered = true;
                page
            }
            Err(Failure::Gone { .. }) => {
                progress.answered = true;
                gone(subject, reference)
            }
            // Where none has answered yet it is Deezer that is down: the others are not asked.
            Err(failure @ Failure::Transient { .. }) if failures < FAILURES_MAX || !progress.answered => {
                return Err(failure);
            }
            // One object that is not shown does not hide the others; if none is, the stream says why.
            Err(
                failure @ (Failure::Forbidden { .. } | Failure::Permanent { .. } | Failure::Transient { .. }),
            ) => {
                if is_last && !progress.answered {
                    return Err(failure);
                }
                let reason = if failures > 0 { "unanswered" } else { "unavailable" };
                let mut page = set_aside(unread(reason, failure.to_string(), &asked));
                page.lacking = (subject.is_list() || failures > 0).then(|| format!("{asked}: {failure}"));
                page
            }
            Err(failure) => return Err(failure),
        };
        page.next = if is_last { Next::End(None) } else { Next::More(progress.cursor()) };
        Ok(page)
    }

    /// The place of the first object for which Deezer answers, as far as is known.
    fn first(&self, subject: Subject, all: &[Reference]) -> usize {
        let failures = self.failures.lock();
        let count = |reference| failures.get(&asked(subject, reference)).copied().unwrap_or_default();
        all.iter().position(|reference| count(reference) < FAILURES_MAX).unwrap_or_default()
    }

    /// How many times in a row the reading of this object has failed, this time included.
    fn count(&self, asked: &str, has_failed: bool) -> u32 {
        let mut failures = self.failures.lock();
        if !has_failed {
            failures.remove(asked);
            return 0;
        }
        let count = failures.entry(asked.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count
    }

    async fn object(
        &self,
        session: &Session,
        subject: Subject,
        reference: &Reference,
        day: Day,
    ) -> Result<Page, Failure> {
        match subject {
            Subject::Playlist => playlist(session, reference, day).await,
            Subject::Chart => chart(session, reference, day).await,
            Subject::Track | Subject::Album | Subject::Artist => {
                let Reference::Code(code) = reference else {
                    return single(session, subject, reference, day).await;
                };
                let read = single(session, subject, reference, day).await;
                let known = self.known.lock().get(code).cloned();
                match (read, known) {
                    // The code leads nowhere any more; what it led to can be asked for by its own name.
                    (Err(Failure::Gone { .. }), Some(id)) => {
                        let reference = Reference::Id(id);
                        match single(session, subject, &reference, day).await {
                            Err(Failure::Gone { .. }) => Ok(gone(subject, &reference)),
                            read => read,
                        }
                    }
                    (Ok(mut page), _) => {
                        if let Some(id) = page.rows.first().and_then(id_of) {
                            // Said each time: the store knows what it led to before, also before this process.
                            page.changes.push(led(subject, code, &id));
                            self.known.lock().insert(code.clone(), id);
                        }
                        Ok(page)
                    }
                    (read, _) => read,
                }
            }
        }
    }
}

/// A track, album or artist: one request.
async fn single(
    session: &Session,
    subject: Subject,
    reference: &Reference,
    day: Day,
) -> Result<Page, Failure> {
    let path = path_of(subject, reference);
    let response = session.send(Call::get(&*path, subject.word())).await?;
    let body = &response.body;
    let read = match subject {
        Subject::Track => parse(body).and_then(|track| rows::track(track, day)),
        Subject::Album => parse(body).and_then(|album| rows::album(album, day)),
        _ => parse(body).map(|artist| rows::artist(artist, day)),
    };
    Ok(match read {
        Ok(rows) => Page { rows, ..Page::default() },
        Err(why) => set_aside(unreadable(body, path, &asked(subject, reference), &why)),
    })
}

/// A playlist and what stands on it. It is asked for before and after: if it is not the same, its pages belong to
/// different lists.
async fn playlist(session: &Session, reference: &Reference, day: Day) -> Result<Page, Failure> {
    let path = path_of(Subject::Playlist, reference);
    let asked = asked(Subject::Playlist, reference);
    let aside = |body: &[u8], why: Unreadable| {
        let lacking = Some(format!("{asked}: its description cannot be understood: {why}"));
        Ok(Page { lacking, ..set_aside(unreadable(body, path.clone(), &asked, &why)) })
    };
    let mut response = session.send(Call::get(&*path, "playlist")).await?;
    let mut before: wire::Playlist = match parse(&response.body) {
        Ok(playlist) => playlist,
        Err(why) => return aside(&response.body, why),
    };
    let mut found = Err(Lack::moved());
    for _ in 0..READINGS_MAX {
        let read = contents::read(session, &format!("{path}/tracks"), "playlist.tracks").await;
        response = session.send(Call::get(&*path, "playlist")).await?;
        let after: wire::Playlist = match parse(&response.body) {
            Ok(playlist) => playlist,
            Err(why) => return aside(&response.body, why),
        };
        let is_refused = matches!(read, Err(Failure::Forbidden { .. } | Failure::Permanent { .. }));
        found = match read {
            Ok(contents) if stood_still(&before, &contents, &after) => Ok(contents),
            Ok(contents) => Err(Lack::of(contents)),
            // It was there before and after: its tracks were not gone.
            Err(Failure::Gone { .. }) => Err(Lack::moved()),
            // What it is and its fans were told all the same.
            Err(failure) if is_refused => Err(Lack::refused(&failure)),
            Err(failure) => return Err(failure),
        };
        before = after;
        if found.is_ok() || is_refused {
            break;
        }
    }
    let playlist_id = before.id.0.clone();
    let followers = before.fans.map(|fans| fans.0);
    let mut page = Page::default();
    match rows::playlist(before, day) {
        Ok(rows) => page.rows = rows,
        Err(why) => page.quarantined.push(unreadable(&response.body, path.clone(), &asked, &why)),
    }
    place(&mut page, rows::List { playlist_id: &playlist_id, day, followers }, found, &asked);
    Ok(page)
}

/// A chart of tracks. It has no description to compare: a track that stands on it twice has moved from page to page.
async fn chart(session: &Session, reference: &Reference, day: Day) -> Result<Page, Failure> {
    let path = format!("{}/tracks", path_of(Subject::Chart, reference));
    let mut found = Err(Lack::moved());
    for _ in 0..READINGS_MAX {
        let contents = contents::read(session, &path, "chart.tracks").await?;
        let is_whole = contents.is_whole() && !contents.has_doubles();
        found = if is_whole { Ok(contents) } else { Err(Lack::of(contents)) };
        if is_whole {
            break;
        }
    }
    let playlist_id = rows::chart_id(&reference.to_string());
    let mut page = Page::default();
    if let Some(total) = found.as_ref().ok().and_then(|contents| contents.total) {
        page.rows.push(rows::chart(playlist_id.clone(), total));
    }
    let list = rows::List { playlist_id: &playlist_id, day, followers: None };
    place(&mut page, list, found, &asked(Subject::Chart, reference));
    Ok(page)
}

/// Whether the pages between the two answers are of one list.
fn stood_still(before: &wire::Playlist, contents: &Contents, after: &wire::Playlist) -> bool {
    let is_same = before.checksum == after.checksum && before.nb_tracks == after.nb_tracks;
    // A list that is said to be empty while its playlist is not is not believed.
    let is_hollow = contents.total == Some(0) && after.nb_tracks.is_some_and(|tracks| tracks.0 > 0);
    is_same && contents.is_whole() && !is_hollow
}

/// Adds the placements. Without a whole list there are none, and what is there already stays.
fn place(page: &mut Page, list: rows::List<'_>, found: Result<Contents, Lack>, asked: &str) {
    let contents = match found {
        Ok(contents) => contents,
        Err(Lack { reason, why }) => {
            let detail = format!("{why}: its placements stay as they were");
            page.lacking = Some(format!("{asked}: {detail}"));
            page.quarantined.push(unread(reason, detail, asked));
            return;
        }
    };
    if contents.total.is_some_and(|total| total > ENTRIES_MAX) {
        let detail = format!("it has more than {ENTRIES_MAX} tracks: only the first are kept");
        page.lacking = Some(format!("{asked}: {detail}"));
        page.quarantined.push(unread("too_long", detail, asked));
    }
    page.quarantined.extend(contents.quarantined);
    page.rows.extend(rows::placements(list, contents.places, contents.displaced));
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    Ok(serde_json::from_slice(body)?)
}

fn path_of(subject: Subject, reference: &Reference) -> String {
    format!("/{}/{reference}", subject.word())
}

/// What was asked for, in the settings' words.
fn asked(subject: Subject, reference: &Reference) -> String {
    format!("{} {reference}", subject.word())
}

fn set_aside(quarantined: Quarantined) -> Page {
    Page { quarantined: vec![quarantined], ..Page::default() }
}

/// What Deezer says is gone. Without its id it cannot be named, and a person must look.
fn gone(subject: Subject, reference: &Reference) -> Page {
    let id = match reference {
        Reference::Id(id) if subject == Subject::Chart => rows::chart_id(id),
        Reference::Id(id) => id.clone(),
        Reference::Code(_) => {
            let detail =
                "Deezer knows nothing by this code (any more): name its id to have it marked as removed";
            return set_aside(unread("gone", detail.to_owned(), &asked(subject, reference)));
        }
    };
    Page { tombstones: vec![(subject.table(), id)], ..Page::default() }
}

/// Where a standard code leads.
fn led(subject: Subject, code: &str, id: &str) -> Change {
    let (kind, entity) = if subject == Subject::Album { ("upc", "album") } else { ("isrc", "track") };
    let id_of_code = subject.code_prefix().and_then(|prefix| code.strip_prefix(prefix)).unwrap_or(code);
    Change { kind, entity, id: id_of_code.to_owned(), before: None, after: Some(id.to_owned()) }
}

fn id_of(row: &Row) -> Option<String> {
    match row {
        Row::Track(track) => Some(track.track_id.clone()),
        Row::Album(album) => Some(album.album_id.clone()),
        _ => None,
    }
}

impl Source for DeezerSource {
    fn auth(&self) -> Auth {
        Auth::None
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::meaning(response).into()
    }

    fn walks_own_list(&self) -> bool {
        true
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        async move {
            let call = Call::get("/chart/0/tracks", "chart.tracks").query("limit", "1").query("index", "0");
            match session.json::<wire::Listing>(call).await {
                // What is not shown is told by the stream that wants it: here it is enough that Deezer answers.
                Ok(_) | Err(Failure::Gone { .. } | Failure::Forbidden { .. }) => {}
                Err(failure) => return Err(failure),
            }
            let account = Account {
                id: String::new(),
                name: "Deezer".to_owned(),
                currency: None,
                time_zone: "UTC".to_owned(),
            };
            Ok(Accounts::one(account))
        }
        .boxed()
    }

    fn adjust_streams(&self, mut streams: Vec<Stream>) -> Vec<Stream> {
        for stream in &mut streams {
            let wanted = Subject::of_stream(stream.name).map(|subject| self.wanted.of(subject));
            stream.enabled &= wanted.is_some_and(|references| !references.is_empty());
        }
        streams
    }

    fn page<'a>(
        &'a self,
        session: &'a Session,
        request: PageRequest<'a>,
    ) -> BoxFuture<'a, Result<Reply, Failure>> {
        self.read(session, request).map(|page| page.map(Reply::Page)).boxed()
    }
}

// === impl Lack ===

impl Lack {
    fn of(contents: Contents) -> Self {
        contents.malformed.map_or_else(Self::moved, |why| Self { reason: "malformed", why })
    }

    fn moved() -> Self {
        let why = format!(
            "its tracks changed while they were read, or most of them did not come, {READINGS_MAX} times in a row"
        );
        Self { reason: "moved", why }
    }

    fn refused(failure: &Failure) -> Self {
        Self { reason: "unavailable", why: failure.to_string() }
    }
}

// === impl Progress ===

impl Progress {
    /// Of our own cursor: never anybody else's.
    fn parse(cursor: &str) -> Self {
        let mut parts = cursor.split('/');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or_default();
        let (first, next) = (number(), number());
        Self { first, next, answered: parts.next() == Some("answered") }
    }

    fn cursor(self) -> String {
        let Self { first, next, answered } = self;
        format!("{first}/{next}/{}", if answered { "answered" } else { "silent" })
    }
}
