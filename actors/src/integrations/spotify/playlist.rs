//! A playlist: what it is called, and what stands on it where this app may read that.

use ::rows::Day;

use super::{
    contents,
    errors::{CONTENTS, CONTENTS_OTHERWISE},
    mapping,
    source::SpotifySource,
    wire::{self, SERVICE},
};
use crate::{
    failure::Failure,
    page::{Page, SetPage},
    reading::{
        contents::{Contents, Lack, List, READINGS_MAX},
        elements::{Unreadable, object},
        named_objects::asked_for,
        subjects::Subject,
    },
    session::Session,
};

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
        let mut list: wire::Playlist = match object(&response.body) {
            Ok(list) => list,
            Err(why) => return Ok(undescribed(&response.body, &why)),
        };
        let mut found = Err(Some(Lack::moved()));
        for _ in 0..READINGS_MAX {
            let contents = match self.contents(session, id, &list).await {
                Ok(Some(contents)) => contents,
                Ok(None) => {
                    found = Err(self.open.lock().contains(id).then(closed));
                    break;
                }
                // What it is called was told all the same.
                Err(failure @ Failure::Permanent { .. }) => {
                    found = Err(Some(Lack::refused(&failure)));
                    break;
                }
                Err(failure) => return Err(failure),
            };
            let mut stood_still = !contents.torn;
            if contents.pages > 1 {
                let response = session.send(self.call(Subject::Playlist, id)).await?;
                let after: wire::Playlist = match object(&response.body) {
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
        let said = list.items.as_ref().or(list.tracks.as_ref()).and_then(|head| Some(head.total?.0));
        let track_count = match &found {
            Ok(contents) => {
                self.open.lock().insert(list.id.0.clone());
                contents.total.and_then(|total| i64::try_from(total).ok())
            }
            Err(lack) => said.filter(|_| lack.is_some()),
        };
        let (playlist_id, followers) = (list.id.0.clone(), mapping::total(list.followers.as_ref()));
        let rows = mapping::playlist(list, track_count, day);
        let mut set = SetPage::from(Page { rows, ..Page::default() });
        if let Some(found) = found.map_or_else(|lack| lack.map(Err), |contents| Some(Ok(contents))) {
            set.place(List { service: SERVICE, playlist_id: &playlist_id, day, followers }, found, asked);
        }
        set
    }
}

fn closed() -> Lack {
    let why = "its entries could be read before, and this app may not read them any more".to_owned();
    Lack { reason: "unavailable", why }
}
