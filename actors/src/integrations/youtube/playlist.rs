//! A playlist and its entries.

use rows::{Day, Row, Table, music::Playlist};
use serde_json::value::RawValue;

use super::{
    endpoint, mapping,
    source::YouTubeSource,
    wire::{self, SERVICE},
};
use crate::{
    failure::Failure,
    page::{Page, SetPage, SnapshotReply, SnapshotRequest},
    reading::{
        contents::{self, Contents, List, Moving},
        elements::{self, Listing as _, Unreadable, parse},
        named_objects::{Objects, Reference, asked},
    },
    session::Session,
};

/// Entries on one page: the most that Google gives.
const PAGE_LENGTH: &str = "50";

/// The playlists of the settings, on one day.
struct Playlists<'a> {
    source: &'a YouTubeSource,
    session: &'a Session,
    day: Day,
}

/// One of them.
struct PlaylistOf<'a> {
    of: &'a Playlists<'a>,
    id: &'a str,
    asked: &'a str,
}

impl YouTubeSource {
    /// Reads the next playlist.
    pub async fn playlist(
        &self,
        session: &Session,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let day = mapping::day(request.now, request.account)?;
        let playlists = Playlists { source: self, session, day };
        let read = self.objects.page(&self.wanted.playlists, request.cursor, &playlists).await;
        read.map(SnapshotReply::Page)
    }
}

// === impl Playlists ===

impl Objects for Playlists<'_> {
    type Object = Reference;

    fn word(&self) -> &'static str {
        "playlist"
    }

    async fn read(&self, reference: &Reference) -> Result<SetPage, Failure> {
        let (id, asked) = (reference.to_string(), asked(self.word(), reference));
        let list = PlaylistOf { of: self, id: &id, asked: &asked };
        let (playlist, found) = match contents::found(&list).await? {
            Ok(found) => found,
            Err(page) => return Ok(page),
        };
        let mut set = SetPage::default();
        set.page.rows.push(Row::Playlist(playlist));
        set.place(List { service: SERVICE, playlist_id: &id, day: self.day, followers: None }, found, &asked);
        Ok(set)
    }

    fn gone(&self, reference: &Reference) -> Page {
        Page { tombstones: vec![(Table::Playlists, reference.to_string())], ..Page::default() }
    }

    /// What is not read of a playlist would be taken off it.
    fn must_be_whole(&self) -> bool {
        true
    }
}

// === impl PlaylistOf ===

impl Moving for PlaylistOf<'_> {
    type About = Playlist;

    async fn describe(&self) -> Result<Result<Playlist, SetPage>, Failure> {
        let Self { of: Playlists { source, session, .. }, id, asked } = *self;
        let call = source.call(endpoint::PLAYLISTS, "id,snippet,status,contentDetails").query("id", id);
        let body = session.send(call.query("maxResults", PAGE_LENGTH)).await?.body;
        let (found, tail) = elements::unread::<wire::List<_>>(&body, asked)?;
        let Some(raw) = found.first() else {
            return Err(match tail.total {
                Some(0) => Failure::Gone { reason: format!("YouTube shows no {asked}") },
                _ => Failure::Transient { reason: format!("{asked}: an answer without the playlist") },
            });
        };
        let read = parse(raw).and_then(mapping::playlist).and_then(|playlist| {
            let is_it = playlist.playlist_id == id;
            is_it.then_some(playlist).ok_or(Unreadable::Form("id", "id that was asked for"))
        });
        Ok(read.map_err(|why| contents::undescribed(&why, &body, asked)))
    }

    async fn read(&self, _: &Playlist) -> Result<Contents, Failure> {
        let Self { of: Playlists { source, session, .. }, id, asked } = *self;
        let first = source.call(endpoint::PLAYLIST_ITEMS, "snippet").query("playlistId", id);
        let first = first.query("maxResults", PAGE_LENGTH);
        let mut token: Option<String> = None;
        contents::read(session, first.clone(), |contents, body| {
            let list: wire::List<&RawValue> = serde_json::from_slice(body)?;
            let (entries, tail) = list.into_parts();
            if let Some(total) = tail.total.and_then(|total| u64::try_from(total).ok()) {
                contents.told(total);
            }
            take(contents, &entries, asked);
            let Some(next) = tail.next else { return Ok(None) };
            // A list has an end, also one whose tokens are always new.
            if entries.is_empty() || next.is_empty() || token.as_ref() == Some(&next) {
                return Err(Unreadable::Form("nextPageToken", "token of another page"));
            }
            let call = first.clone().query("pageToken", &*next);
            token = Some(next);
            Ok(Some(call))
        })
        .await
    }

    fn stood_still(&self, before: &Playlist, contents: &Contents, after: &Playlist) -> bool {
        // A list that is said to be empty while its playlist is not is not believed.
        let is_hollow = contents.delivered == 0 && after.track_count > Some(0);
        before.track_count == after.track_count && !contents.torn && !is_hollow
    }
}

/// Takes the entries of a page. Their places are what YouTube says, and go up.
fn take(contents: &mut Contents, entries: &[&RawValue], asked: &str) {
    let (known, delivered) = (contents.places.len(), contents.delivered);
    let placed = |raw: &RawValue| mapping::placed(parse(raw)?);
    contents.extend(
        entries.iter().copied(),
        asked,
        |raw| placed(raw).map(|(_, placed)| Some(placed)),
        |raw| parse(raw).ok().and_then(wire::Identified::into_id),
    );
    for (place, _) in contents.places.iter_mut().skip(known) {
        let raw = usize::try_from(*place - 1).ok().zip(usize::try_from(delivered).ok());
        let raw = raw.and_then(|(place, before)| entries.get(place.checked_sub(before)?));
        if let Some(Ok((said, _))) = raw.map(|raw| placed(raw)) {
            *place = said;
        }
    }
    contents.torn |= !contents.places.is_sorted_by(|(one, _), (next, _)| one < next);
}
