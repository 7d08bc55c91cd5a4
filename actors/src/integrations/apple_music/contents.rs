//! Lists of songs: a playlist's contents, and charts.

use rows::{Day, Row};

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
        contents::{self, Contents, Lack, READINGS_MAX},
        elements::Unreadable,
        named_objects::asked_for,
        subjects::Subject,
    },
    session::{Call, Response, Session},
};

/// Reads a list to its end, and what it is called where that is told.
async fn read(session: &Session, list: Call) -> Result<(Contents, Option<String>), Failure> {
    let (mut last, mut name) = (list.clone(), None);
    let contents = contents::read(session, list, |contents, body| {
        let page = List::of(body)?;
        let next = follow(&last, &page)?;
        contents.extend(page.data.iter().copied(), &last.path, placed, id_of);
        name = name.take().or(page.name);
        Ok(next.inspect(|next| last.clone_from(next)))
    });
    let contents = contents.await?;
    Ok((contents, name))
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

// === impl AppleMusicSource ===

impl AppleMusicSource {
    /// A playlist and what stands on it. Unless that came in one answer, it is asked for before and after: if it was changed in between,
    /// its pages belong to different lists.
    pub(super) async fn playlist(&self, session: &Session, id: &str, day: Day) -> Result<SetPage, Failure> {
        let asked = format!("playlist {id}");
        let unknown = |response: &Response, why: &Unreadable| {
            let quarantined = vec![why.set_aside(&response.body, asked.clone(), asked_for(&asked))];
            let lacking = Some(format!("{asked}: its description cannot be understood: {why}"));
            SetPage { page: Page { quarantined, ..Page::default() }, lacking }
        };
        let (storefront, mut response) =
            self.described(session, self.storefronts(), Subject::Playlist, id).await?;
        let mut list = match described(&response) {
            Ok(list) => list,
            Err(why) => return Ok(unknown(&response, &why)),
        };
        let mut found = Err(Lack::moved());
        for _ in 0..READINGS_MAX {
            let contents =
                match read(session, self.call(storefront, &["playlists", id, "tracks"], CONTENTS)).await {
                    Ok((contents, _)) => contents,
                    // It was there when it was described: its contents moved, or it is gone by the next reading.
                    Err(Failure::Gone { .. }) => continue,
                    // What it is called was told all the same.
                    Err(failure @ (Failure::Forbidden { .. } | Failure::Permanent { .. })) => {
                        found = Err(Lack::refused(&failure));
                        break;
                    }
                    Err(failure) => return Err(failure),
                };
            let mut stood_still = !contents.torn;
            if contents.pages > 1 {
                (_, response) =
                    self.described(session, &[storefront.to_owned()], Subject::Playlist, id).await?;
                let after = match described(&response) {
                    Ok(list) => list,
                    Err(why) => return Ok(unknown(&response, &why)),
                };
                stood_still &= list.modified == after.modified;
                list = after;
            }
            found = if stood_still { Ok(contents) } else { Err(Lack::of(contents)) };
            if found.is_ok() {
                break;
            }
        }
        Ok(placed_on(list.playlist, found, &asked, day))
    }

    /// The songs of a storefront's chart. It has no description to compare: a song that stands on it twice has moved from page to page.
    pub(super) async fn chart(
        &self,
        session: &Session,
        storefront: &str,
        day: Day,
    ) -> Result<SetPage, Failure> {
        let mut found = Err(Lack::moved());
        let mut called = None;
        for _ in 0..READINGS_MAX {
            let (contents, name) = read(session, self.chart_call(storefront)).await?;
            called = name.or(called);
            let is_whole = !contents.torn && !contents.has_doubles();
            found = if is_whole { Ok(contents) } else { Err(Lack::of(contents)) };
            if is_whole {
                break;
            }
        }
        let list = mapping::list(format!("chart:{storefront}:all:songs"), called);
        Ok(placed_on(list, found, &format!("chart {storefront}"), day))
    }

    /// Asks for a storefront's chart of songs.
    pub(super) fn chart_call(&self, storefront: &str) -> Call {
        self.call(storefront, &["charts"], CHART).query("types", "songs")
    }
}

fn described(response: &Response) -> Result<Described, Unreadable> {
    mapping::playlist(List::of(&response.body)?.data.first().ok_or(Unreadable::Missing("data"))?)
}

/// A list and its placements. It is as long as what was read of it; of a part, the whole length is unknown.
fn placed_on(
    mut list: rows::music::Playlist,
    found: Result<Contents, Lack>,
    asked: &str,
    day: Day,
) -> SetPage {
    let whole = found.as_ref().ok().filter(|contents| !contents.cut);
    list.track_count = whole.and_then(|contents| i64::try_from(contents.delivered).ok());
    let playlist_id = list.playlist_id.clone();
    let mut set = SetPage::from(Page { rows: vec![Row::Playlist(list)], ..Page::default() });
    let list = contents::List { service: SERVICE, playlist_id: &playlist_id, day, followers: None };
    set.place(list, found, asked);
    set
}
