//! Lists of songs: a playlist's contents, and charts.

use rows::{Day, Row, music::Playlist};

use super::{
    errors::{CHART, CONTENTS},
    mapping::{self, Described, id_of, placed},
    source::AppleMusicSource,
    wire::{List, SERVICE},
};
use crate::{
    failure::Failure,
    page::{Page, SetPage},
    reading::{
        contents::{self, Contents, Lack, Moving},
        elements::Unreadable,
        subjects::Subject,
    },
    session::{Call, Session},
};

/// Reads a list to its end.
async fn read(session: &Session, list: Call) -> Result<Contents, Failure> {
    let mut asked = list.clone();
    contents::read(session, list, |contents, body| {
        let page = if asked.endpoint == CHART { List::chart(body)? } else { List::of(body)? };
        let next = follow(&asked, &page)?;
        contents.extend(page.data.iter().copied(), &asked.path, placed, id_of);
        Ok(next.inspect(|next| asked.clone_from(next)))
    })
    .await
}

/// Asks for what follows a page that `call` has asked for. Apple tells a path: it is asked for at the same root, and only if it is
/// another page of the same list.
pub fn follow(call: &Call, page: &List<'_>) -> Result<Option<Call>, Unreadable> {
    let Some(next) = &page.next else { return Ok(None) };
    let (path, query) = next.split_once('?').unwrap_or((next, ""));
    let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if path != call.path || query == call.query || page.data.is_empty() {
        return Err(Unreadable::Form("next", "path of a further page of this list"));
    }
    Ok(Some(Call { query, ..call.clone() }))
}

/// A playlist in the first storefront that has it.
struct PlaylistOf<'a> {
    source: &'a AppleMusicSource,
    session: &'a Session,
    id: &'a str,
    asked: &'a str,
}

// === impl AppleMusicSource ===

impl AppleMusicSource {
    /// A playlist and what stands on it.
    pub(super) async fn playlist(&self, session: &Session, id: &str, day: Day) -> Result<SetPage, Failure> {
        let asked = &format!("playlist {id}");
        Ok(match contents::found(&PlaylistOf { source: self, session, id, asked }).await? {
            Ok(((_, described), found)) => placed_on(described.playlist, found, asked, day),
            Err(page) => page,
        })
    }

    /// The songs of a storefront's chart.
    pub(super) async fn chart(
        &self,
        session: &Session,
        storefront: &str,
        day: Day,
    ) -> Result<SetPage, Failure> {
        let found = contents::undescribed_found(|| read(session, self.chart_call(storefront))).await?;
        let (list, is_known) =
            (Playlist::of(SERVICE, format!("chart:{storefront}:all:songs")), found.is_ok());
        let mut set = placed_on(list, found, &format!("chart {storefront}"), day);
        if !is_known {
            // Nothing but its songs describes it.
            set.page.rows.clear();
        }
        Ok(set)
    }

    /// Asks for a storefront's chart of songs.
    pub(super) fn chart_call(&self, storefront: &str) -> Call {
        self.call(storefront, &["charts"], CHART).query("types", "songs")
    }
}

// === impl PlaylistOf ===

impl<'a> Moving for PlaylistOf<'a> {
    /// And the storefront that describes it.
    type About = (&'a str, Described);

    async fn describe(&self) -> Result<Result<Self::About, SetPage>, Failure> {
        let Self { source, session, id, asked } = *self;
        let (storefront, body) = source.described(session, Subject::Playlist, id).await?;
        let read = || mapping::playlist(List::of(&body)?.data.first().ok_or(Unreadable::Missing("data"))?);
        let read = read().map_err(|why| contents::undescribed(&why, &body, asked));
        Ok(read.map(|described| (storefront, described)))
    }

    async fn read(&self, (storefront, _): &Self::About) -> Result<Contents, Failure> {
        read(self.session, self.source.call(storefront, &["playlists", self.id, "tracks"], CONTENTS)).await
    }

    fn stood_still(&self, before: &Self::About, contents: &Contents, after: &Self::About) -> bool {
        !contents.torn && (before.0, &before.1.modified) == (after.0, &after.1.modified)
    }
}

/// A list and its placements. It is as long as what was read of it; of a part, the whole length is unknown.
fn placed_on(mut list: Playlist, found: Result<Contents, Lack>, asked: &str, day: Day) -> SetPage {
    let whole = found.as_ref().ok().filter(|contents| !contents.cut);
    list.track_count = whole.and_then(|contents| i64::try_from(contents.delivered).ok());
    let playlist_id = list.playlist_id.clone();
    let mut set = SetPage::from(Page::of(vec![Row::Playlist(list)]));
    let list = contents::List { service: SERVICE, playlist_id: &playlist_id, day, followers: None };
    set.place(list, found, asked);
    set
}
