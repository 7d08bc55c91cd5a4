//! One connection: which object is next, and what becomes of it.

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use rows::Day;

use super::{
    contents::read,
    errors, mapping,
    settings::Settings,
    wire::{self, SERVICE},
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    page::{Page, SetPage},
    reading::{
        catalogue::{Catalogue, Shelf, rows_or_aside},
        contents::{self, Contents, List, Moving},
        elements::object,
        named_objects::{Reference, asked, asked_for, gone_unmarked},
        subjects::{Subject, ids_of},
    },
    session::{Auth, Call, Response, Session, Verdict},
};

/// A connection to Deezer. It has no credentials and no accounts, only a list of what to look at.
#[derive(Debug)]
pub struct DeezerSource(Shelf);

// === impl DeezerSource ===

impl DeezerSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        spec.refuse_accounts("tracks", "name tracks, albums, artists, playlists or charts")?;
        Ok(Self(Shelf::of(settings.wanted()?)))
    }
}

impl Catalogue for DeezerSource {
    fn shelf(&self) -> &Shelf {
        &self.0
    }

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
                let known = self.0.codes.before(reference).pop_first();
                match (read, known) {
                    (read, _) if reference.code().is_none() => read.map(SetPage::from),
                    // The code leads nowhere any more; what it led to can be asked for by its own name.
                    (Err(Failure::Gone { .. }), Some(id)) => {
                        match single(session, subject, &Reference::Id(id.clone()), day).await {
                            Err(Failure::Gone { .. }) => Ok(subject.gone(id).into()),
                            read => read.map(SetPage::from),
                        }
                    }
                    (Ok(mut page), _) => {
                        let ids = ids_of(&page.rows);
                        if !ids.is_empty() {
                            self.0.codes.note(reference, subject, ids, &mut page);
                        }
                        Ok(page.into())
                    }
                    (read, _) => read.map(SetPage::from),
                }
            }
        }
    }

    /// What Deezer says is gone. Without its id it cannot be named, and a person must look.
    fn gone(&self, subject: Subject, reference: &Reference) -> Page {
        match reference {
            Reference::Id(id) if subject == Subject::Chart => subject.gone(mapping::chart_id(id)),
            Reference::Id(id) => subject.gone(id),
            Reference::Isrc(_) | Reference::Upc(_) => {
                let detail =
                    "Deezer knows nothing by this code (any more): name its id to have it marked as removed";
                gone_unmarked(detail, &asked(subject.word(), reference))
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
        Subject::Track => object(body).and_then(|track| mapping::track(track, day)),
        Subject::Album => object(body).and_then(|album| mapping::album(album, day)),
        _ => object(body).map(|artist| mapping::artist(artist, day)),
    };
    Ok(rows_or_aside(read, body, &path, &asked(subject.word(), reference)))
}

/// A playlist and what stands on it.
async fn playlist(session: &Session, reference: &Reference, day: Day) -> Result<SetPage, Failure> {
    let (description, asked) =
        (call(Subject::Playlist, reference), asked(Subject::Playlist.word(), reference));
    let tracks = Call::get_at(&["playlist", &reference.to_string(), "tracks"], "playlist.tracks");
    let list = PlaylistOf { session, description, tracks, asked: &asked };
    let ((playlist, body), found) = match contents::found(&list).await? {
        Ok(found) => found,
        Err(page) => return Ok(page),
    };
    let playlist_id = playlist.id.0.clone();
    let followers = playlist.fans.map(|fans| fans.0);
    let mut set = SetPage::default();
    match mapping::playlist(playlist, day) {
        Ok(rows) => set.page.rows = rows,
        Err(why) => {
            set.page.quarantined.push(why.set_aside(&body, list.description.path.clone(), asked_for(&asked)));
        }
    }
    set.place(List { service: SERVICE, playlist_id: &playlist_id, day, followers }, found, &asked);
    Ok(set)
}

/// A playlist at Deezer.
struct PlaylistOf<'a> {
    session: &'a Session,
    description: Call,
    tracks: Call,
    asked: &'a str,
}

impl Moving for PlaylistOf<'_> {
    /// And the answer that it came in.
    type About = (wire::Playlist, Bytes);

    async fn describe(&self) -> Result<Result<Self::About, SetPage>, Failure> {
        let body = self.session.send(self.description.clone()).await?.body;
        let read = object(&body).map_err(|why| contents::undescribed(&why, &body, self.asked));
        Ok(read.map(|playlist| (playlist, body)))
    }

    async fn read(&self, _: &Self::About) -> Result<Contents, Failure> {
        read(self.session, &self.tracks).await
    }

    fn stood_still(&self, (before, _): &Self::About, contents: &Contents, (after, _): &Self::About) -> bool {
        let is_same = before.checksum == after.checksum && before.nb_tracks == after.nb_tracks;
        // A list that is said to be empty while its playlist is not is not believed.
        let is_hollow = contents.total == Some(0) && after.nb_tracks.is_some_and(|tracks| tracks.0 > 0);
        is_same && !contents.torn && !is_hollow
    }
}

/// A chart of tracks.
async fn chart(session: &Session, reference: &Reference, day: Day) -> Result<SetPage, Failure> {
    let tracks = Call::get_at(&["chart", &reference.to_string(), "tracks"], "chart.tracks");
    let found = contents::undescribed_found(|| read(session, &tracks)).await?;
    let playlist_id = mapping::chart_id(&reference.to_string());
    let mut set = SetPage::default();
    if let Some(total) = found.as_ref().ok().and_then(|contents| contents.total) {
        set.page.rows.push(mapping::chart(playlist_id.clone(), total));
    }
    let list = List { service: SERVICE, playlist_id: &playlist_id, day, followers: None };
    set.place(list, found, &asked(Subject::Chart.word(), reference));
    Ok(set)
}

fn call(subject: Subject, reference: &Reference) -> Call {
    Call::get_at(&[subject.word(), &reference.to_string()], subject.word())
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
            let answer = session.json::<wire::Listing>(call).await;
            Accounts::answered(answer, Account::sole("Deezer", "UTC"))
        }
        .boxed()
    }
}
