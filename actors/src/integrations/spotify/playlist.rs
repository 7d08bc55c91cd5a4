//! A playlist: what it is called, and what stands on it where this app may read that.

use ::rows::Day;

use super::{
    contents::{self, Contents, ENTRIES_MAX},
    errors::{CONTENTS, CONTENTS_OTHERWISE},
    mapping::{self, asked_for},
    source::{SpotifySource, parse},
    subject::Subject,
    wire,
};
use crate::{
    failure::Failure,
    page::{Page, SetPage},
    reading::{elements::Unreadable, named_objects::unread},
    session::Session,
};

/// How often a list that moves under the reader is read before it is left for the next time.
const READINGS_MAX: u32 = 3;

/// Why what stands on a playlist is unknown, although the app may read it.
struct Lack {
    /// For labels.
    reason: &'static str,
    /// For people.
    why: String,
}

// === impl SpotifySource ===

impl SpotifySource {
    /// A playlist and what stands on it. Unless that came in one answer, the playlist is asked for before and after: if it is
    /// not the same, its pages belong to different lists.
    pub(super) async fn playlist(&self, session: &Session, id: &str, day: Day) -> Result<SetPage, Failure> {
        let asked = format!("playlist {id}");
        let undescribed = |body: &[u8], why: &Unreadable| {
            let quarantined = vec![why.set_aside(body, asked.clone(), asked_for(&asked))];
            let lacking = Some(format!("{asked}: its description cannot be understood: {why}"));
            SetPage { page: Page { quarantined, ..Page::default() }, lacking }
        };
        let response = session.send(self.call(Subject::Playlist, id)).await?;
        let mut list: wire::Playlist = match parse(&response.body) {
            Ok(list) => list,
            Err(why) => return Ok(undescribed(&response.body, &why)),
        };
        let mut found = Err(Some(Lack::moved()));
        for _ in 0..READINGS_MAX {
            let contents = match self.contents(session, id, &list).await {
                Ok(Some(contents)) => contents,
                Ok(None) => {
                    found = Err(self.open.lock().contains(id).then(Lack::closed));
                    break;
                }
                // What it is called was told all the same.
                Err(Failure::Permanent { reason: why }) => {
                    found = Err(Some(Lack { reason: "unavailable", why }));
                    break;
                }
                Err(failure) => return Err(failure),
            };
            let mut stood_still = !contents.torn;
            if contents.pages > 1 {
                let response = session.send(self.call(Subject::Playlist, id)).await?;
                let after: wire::Playlist = match parse(&response.body) {
                    Ok(list) => list,
                    Err(why) => return Ok(undescribed(&response.body, &why)),
                };
                stood_still &= list.snapshot_id == after.snapshot_id;
                list = after;
            }
            found = if stood_still { Ok(contents) } else { Err(Some(Lack::of(contents))) };
            if found.is_ok() {
                break;
            }
        }
        Ok(self.described(list, found, &asked, day))
    }

    /// What stands on a playlist; none where this app may not read it. Which of the two paths an app may use is not asked of
    /// its mode: the description tells it, or the answers do.
    async fn contents(
        &self,
        session: &Session,
        id: &str,
        list: &wire::Playlist,
    ) -> Result<Option<Contents>, Failure> {
        let is_old = list.items.is_none() && list.tracks.is_some();
        let [first, second] = if is_old { ["tracks", "items"] } else { ["items", "tracks"] };
        for (segment, endpoint) in [(first, CONTENTS), (second, CONTENTS_OTHERWISE)] {
            match contents::read(session, self.entries(id, segment, endpoint)).await {
                Err(Failure::Forbidden { .. } | Failure::Gone { .. }) => {}
                read => return read.map(Some),
            }
        }
        Ok(None)
    }

    /// The page of a playlist. Without a whole list there are no placements, and what is there already stays.
    fn described(
        &self,
        list: wire::Playlist,
        found: Result<Contents, Option<Lack>>,
        asked: &str,
        day: Day,
    ) -> SetPage {
        let SetPage { mut page, mut lacking } = SetPage::default();
        let said = list.items.as_ref().or(list.tracks.as_ref()).and_then(|head| Some(head.total?.0));
        let mut lacks = |reason, why: String| {
            lacking = Some(format!("{asked}: {why}"));
            page.quarantined.push(unread(reason, why, asked));
        };
        let track_count = match found {
            Ok(contents) => {
                self.open.lock().insert(list.id.0.clone());
                let total = contents.total;
                if total.is_some_and(|total| total > ENTRIES_MAX) {
                    lacks(
                        "too_long",
                        format!("it has more than {ENTRIES_MAX} entries: only the first are kept"),
                    );
                }
                page.quarantined.extend(contents.quarantined);
                page.rows.extend(mapping::placements(&list, day, contents.places, contents.displaced));
                total
            }
            Err(Some(Lack { reason, why })) => {
                lacks(reason, format!("{why}: its placements stay as they were"));
                said
            }
            Err(None) => None,
        };
        page.rows.extend(mapping::playlist(list, track_count, day));
        SetPage { page, lacking }
    }
}

// === impl Lack ===

impl Lack {
    fn of(contents: Contents) -> Self {
        contents.malformed.map_or_else(Self::moved, |why| Self { reason: "malformed", why })
    }

    fn moved() -> Self {
        let why = format!(
            "its entries changed while they were read, or some of them did not come, {READINGS_MAX} times in a row"
        );
        Self { reason: "moved", why }
    }

    fn closed() -> Self {
        let why = "its entries could be read before, and this app may not read them any more".to_owned();
        Self { reason: "unavailable", why }
    }
}
