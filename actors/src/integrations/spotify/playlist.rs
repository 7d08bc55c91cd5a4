//! A playlist: what it is called, and what stands on it where this app may read that.

use ::rows::Day;

use super::{
    contents::read,
    errors::{CONTENTS, CONTENTS_OTHERWISE},
    mapping,
    source::SpotifySource,
    wire::{self, SERVICE},
};
use crate::{
    failure::Failure,
    page::{Page, SetPage},
    reading::{
        contents::{self, Contents, List, Moving},
        elements::object,
        subjects::Subject,
    },
    session::Session,
};

/// A playlist at Spotify.
struct PlaylistOf<'a> {
    source: &'a SpotifySource,
    session: &'a Session,
    id: &'a str,
    asked: &'a str,
}

// === impl SpotifySource ===

impl SpotifySource {
    /// A playlist and what stands on it, where this app may read that.
    pub(super) async fn playlist(&self, session: &Session, id: &str, day: Day) -> Result<SetPage, Failure> {
        let asked = &format!("playlist {id}");
        let (list, found) = match contents::found(&PlaylistOf { source: self, session, id, asked }).await? {
            Ok(found) => found,
            Err(page) => return Ok(page),
        };
        let track_count = match &found {
            Ok(contents) => contents.total.and_then(|total| i64::try_from(total).ok()),
            Err(_) => list.items.as_ref().or(list.tracks.as_ref()).and_then(|head| Some(head.total?.0)),
        };
        let (playlist_id, followers) = (list.id.0.clone(), mapping::total(list.followers.as_ref()));
        let rows = mapping::playlist(list, track_count, day);
        let mut set = SetPage::from(Page::of(rows));
        set.place(List { service: SERVICE, playlist_id: &playlist_id, day, followers }, found, asked);
        Ok(set)
    }
}

// === impl PlaylistOf ===

impl Moving for PlaylistOf<'_> {
    type About = wire::Playlist;

    async fn describe(&self) -> Result<Result<wire::Playlist, SetPage>, Failure> {
        let body = self.session.send(self.source.call(Subject::Playlist, self.id)).await?.body;
        Ok(object(&body).map_err(|why| contents::undescribed(&why, &body, self.asked)))
    }

    /// Which of the two paths an app may use is not asked of its mode: the description tells it, or the answers do. Where it may use
    /// neither, there are no contents, and no total: only what could be read before is missed.
    async fn read(&self, list: &wire::Playlist) -> Result<Contents, Failure> {
        let is_old = list.items.is_none() && list.tracks.is_some();
        let [first, second] = if is_old { ["tracks", "items"] } else { ["items", "tracks"] };
        for (segment, endpoint) in [(first, CONTENTS), (second, CONTENTS_OTHERWISE)] {
            match read(self.session, self.source.entries(self.id, segment, endpoint)).await {
                Err(Failure::Forbidden { .. } | Failure::Gone { .. }) => {}
                Ok(contents) => {
                    self.source.open.lock().insert(self.id.to_owned());
                    return Ok(contents);
                }
                failed => return failed,
            }
        }
        if self.source.open.lock().contains(self.id) {
            let advice =
                "its entries could be read before, and this app may not read them any more".to_owned();
            return Err(Failure::Forbidden { advice });
        }
        Ok(Contents::default())
    }

    fn stood_still(&self, before: &wire::Playlist, contents: &Contents, after: &wire::Playlist) -> bool {
        !contents.torn && before.snapshot_id == after.snapshot_id
    }
}
