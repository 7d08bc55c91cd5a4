//! One connection: which object is next, and what becomes of it.

use std::collections::HashMap;

use futures::future::{BoxFuture, FutureExt as _};
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use rows::{Day, Row, day::day_at, quarantine::Quarantined, sink::Change};
use serde::de::DeserializeOwned;

use super::{
    contents::{self, Contents, ENTRIES_MAX},
    errors,
    mapping::{self, asked_for},
    settings::{Settings, Wanted},
    subject::Subject,
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{Page, SetPage, SnapshotReply, SnapshotRequest},
    reading::{
        elements::Unreadable,
        named_objects::{NamedObjects, Objects, Reference, asked, unread},
    },
    session::{Auth, Call, Response, Session, Verdict},
};

/// How often a list that moves under the reader is read before it is left for the next time.
const READINGS_MAX: u32 = 3;

/// A connection to Deezer. It has no credentials and no accounts, only a list of what to look at.
#[derive(Debug)]
pub struct DeezerSource {
    wanted: Wanted,
    /// The ids that standard codes led to: what is gone can only be named by its id.
    known: Mutex<HashMap<Reference, String>>,
    objects: NamedObjects,
}

/// The objects of one kind, as they are at the cycle's beginning: the same day for all of its pages.
struct Reading<'a> {
    source: &'a DeezerSource,
    session: &'a Session,
    subject: Subject,
    day: Day,
}

/// Why what stands on a list is unknown.
struct Lack {
    /// For labels.
    reason: &'static str,
    /// For people.
    why: String,
}

// === impl DeezerSource ===

impl DeezerSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        spec.refuse_accounts("tracks", "name tracks, albums, artists, playlists or charts")?;
        Ok(Self { wanted: settings.wanted()?, known: Mutex::default(), objects: NamedObjects::default() })
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
}

// === impl Reading ===

impl Objects for Reading<'_> {
    fn word(&self) -> &'static str {
        self.subject.word()
    }

    async fn read(&self, reference: &Reference) -> Result<SetPage, Failure> {
        let Self { source, session, subject, day } = *self;
        source.object(session, subject, reference, day).await
    }

    fn gone(&self, reference: &Reference) -> Page {
        gone(self.subject, reference)
    }

    /// What is not read of a list would be taken off it.
    fn must_be_whole(&self) -> bool {
        self.subject.is_list()
    }
}

impl DeezerSource {
    async fn object(
        &self,
        session: &Session,
        subject: Subject,
        reference: &Reference,
        day: Day,
    ) -> Result<SetPage, Failure> {
        match subject {
            Subject::Playlist => playlist(session, reference, day).await,
            Subject::Chart => chart(session, reference, day).await,
            Subject::Track | Subject::Album | Subject::Artist => {
                let read = single(session, subject, reference, day).await;
                let Some((_, code)) = reference.code() else { return read.map(SetPage::from) };
                let known = self.known.lock().get(reference).cloned();
                match (read, known) {
                    // The code leads nowhere any more; what it led to can be asked for by its own name.
                    (Err(Failure::Gone { .. }), Some(id)) => {
                        let reference = Reference::Id(id);
                        match single(session, subject, &reference, day).await {
                            Err(Failure::Gone { .. }) => Ok(gone(subject, &reference).into()),
                            read => read.map(SetPage::from),
                        }
                    }
                    (Ok(mut page), _) => {
                        if let Some(id) = page.rows.first().and_then(id_of) {
                            // Said each time: the store knows what it led to before, also before this process.
                            page.changes.push(led(subject, code, &id));
                            self.known.lock().insert(reference.clone(), id);
                        }
                        Ok(page.into())
                    }
                    (read, _) => read.map(SetPage::from),
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
    let call = call(subject, reference);
    let path = call.path.clone();
    let response = session.send(call).await?;
    let body = &response.body;
    let read = match subject {
        Subject::Track => parse(body).and_then(|track| mapping::track(track, day)),
        Subject::Album => parse(body).and_then(|album| mapping::album(album, day)),
        _ => parse(body).map(|artist| mapping::artist(artist, day)),
    };
    Ok(match read {
        Ok(rows) => Page { rows, ..Page::default() },
        Err(why) => set_aside(why.set_aside(body, path, asked_for(&asked(subject.word(), reference)))),
    })
}

/// A playlist and what stands on it. It is asked for before and after: if it is not the same, its pages belong to
/// different lists.
async fn playlist(session: &Session, reference: &Reference, day: Day) -> Result<SetPage, Failure> {
    let description = call(Subject::Playlist, reference);
    let tracks = Call::get_at(&["playlist", &reference.to_string(), "tracks"], "playlist.tracks");
    let asked = asked(Subject::Playlist.word(), reference);
    let unreadable =
        |body: &[u8], why: &Unreadable| why.set_aside(body, description.path.clone(), asked_for(&asked));
    let aside = |body: &[u8], why: Unreadable| {
        let lacking = Some(format!("{asked}: its description cannot be understood: {why}"));
        Ok(SetPage { lacking, page: set_aside(unreadable(body, &why)) })
    };
    let mut response = session.send(description.clone()).await?;
    let mut before: wire::Playlist = match parse(&response.body) {
        Ok(playlist) => playlist,
        Err(why) => return aside(&response.body, why),
    };
    let mut found = Err(Lack::moved());
    for _ in 0..READINGS_MAX {
        let read = contents::read(session, &tracks).await;
        response = session.send(description.clone()).await?;
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
    match mapping::playlist(before, day) {
        Ok(rows) => page.rows = rows,
        Err(why) => page.quarantined.push(unreadable(&response.body, &why)),
    }
    let list = mapping::List { playlist_id: &playlist_id, day, followers };
    let lacking = place(&mut page, list, found, &asked);
    Ok(SetPage { page, lacking })
}

/// A chart of tracks. It has no description to compare: a track that stands on it twice has moved from page to page.
async fn chart(session: &Session, reference: &Reference, day: Day) -> Result<SetPage, Failure> {
    let tracks = Call::get_at(&["chart", &reference.to_string(), "tracks"], "chart.tracks");
    let mut found = Err(Lack::moved());
    for _ in 0..READINGS_MAX {
        let contents = contents::read(session, &tracks).await?;
        let is_whole = contents.is_whole() && !contents.has_doubles();
        found = if is_whole { Ok(contents) } else { Err(Lack::of(contents)) };
        if is_whole {
            break;
        }
    }
    let playlist_id = mapping::chart_id(&reference.to_string());
    let mut page = Page::default();
    if let Some(total) = found.as_ref().ok().and_then(|contents| contents.total) {
        page.rows.push(mapping::chart(playlist_id.clone(), total));
    }
    let list = mapping::List { playlist_id: &playlist_id, day, followers: None };
    let lacking = place(&mut page, list, found, &asked(Subject::Chart.word(), reference));
    Ok(SetPage { page, lacking })
}

/// Whether the pages between the two answers are of one list.
fn stood_still(before: &wire::Playlist, contents: &Contents, after: &wire::Playlist) -> bool {
    let is_same = before.checksum == after.checksum && before.nb_tracks == after.nb_tracks;
    // A list that is said to be empty while its playlist is not is not believed.
    let is_hollow = contents.total == Some(0) && after.nb_tracks.is_some_and(|tracks| tracks.0 > 0);
    is_same && contents.is_whole() && !is_hollow
}

/// Adds the placements, and gives what of them is lacking. Without a whole list there are none, and what is there already
/// stays.
fn place(
    page: &mut Page,
    list: mapping::List<'_>,
    found: Result<Contents, Lack>,
    asked: &str,
) -> Option<String> {
    let contents = match found {
        Ok(contents) => contents,
        Err(Lack { reason, why }) => {
            let detail = format!("{why}: its placements stay as they were");
            let lacking = format!("{asked}: {detail}");
            page.quarantined.push(unread(reason, detail, asked));
            return Some(lacking);
        }
    };
    let mut lacking = None;
    if contents.total.is_some_and(|total| total > ENTRIES_MAX) {
        let detail = format!("it has more than {ENTRIES_MAX} tracks: only the first are kept");
        lacking = Some(format!("{asked}: {detail}"));
        page.quarantined.push(unread("too_long", detail, asked));
    }
    page.quarantined.extend(contents.quarantined);
    page.rows.extend(mapping::placements(list, contents.places, contents.displaced));
    lacking
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    Ok(serde_json::from_slice(body)?)
}

fn call(subject: Subject, reference: &Reference) -> Call {
    Call::get_at(&[subject.word(), &reference.to_string()], subject.word())
}

fn set_aside(quarantined: Quarantined) -> Page {
    Page { quarantined: vec![quarantined], ..Page::default() }
}

/// What Deezer says is gone. Without its id it cannot be named, and a person must look.
fn gone(subject: Subject, reference: &Reference) -> Page {
    let id = match reference {
        Reference::Id(id) if subject == Subject::Chart => mapping::chart_id(id),
        Reference::Id(id) => id.clone(),
        Reference::Isrc(_) | Reference::Upc(_) => {
            let detail =
                "Deezer knows nothing by this code (any more): name its id to have it marked as removed";
            return set_aside(unread("gone", detail.to_owned(), &asked(subject.word(), reference)));
        }
    };
    Page { tombstones: vec![(subject.table(), id)], ..Page::default() }
}

/// Where a standard code leads.
fn led(subject: Subject, code: &str, id: &str) -> Change {
    let (kind, entity) = if subject == Subject::Album { ("upc", "album") } else { ("isrc", "track") };
    Change { kind, entity, id: code.to_owned(), before: None, after: Some(id.to_owned()) }
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
            Ok(Accounts::one(Account::sole("Deezer", "UTC")))
        }
        .boxed()
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
