//! A playlist and its entries.

use std::collections::BTreeSet;

use rows::{Day, Row, Table, music::PlaylistPlacement, quarantine::Quarantined};
use serde_json::value::RawValue;

use super::{endpoint, mapping, source::YouTubeSource, wire};
use crate::{
    failure::Failure,
    page::{Next, Page, SetPage, SnapshotReply, SnapshotRequest},
    reading::{
        elements::{self, Elements, Listing as _, parse},
        named_objects::{Objects, Reference, asked, unread},
    },
    session::Session,
};

/// Entries on one page: the most that Google gives.
const PAGE_LENGTH: &str = "50";
/// Entries of one playlist that are read: YouTube lets it hold 5,000.
const ENTRIES_MAX: usize = 5_000;
/// How often a playlist that moves under the reader is read before it is left for the next time.
const READINGS_MAX: u32 = 3;

/// The playlists of the settings, on one day.
struct Playlists<'a> {
    source: &'a YouTubeSource,
    session: &'a Session,
    day: Day,
}

/// What stands on a playlist, read once from its beginning to its end.
#[derive(Debug, Default)]
struct Contents {
    places: Vec<PlaylistPlacement>,
    quarantined: Vec<Quarantined>,
    /// Videos of which an earlier place was not understood: a later one must not pass for the first.
    displaced: BTreeSet<String>,
    total: Option<i64>,
    delivered: usize,
    /// It changed between pages.
    is_torn: bool,
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
        let id = reference.to_string();
        let asked = asked(self.word(), reference);
        let (description, has_entries) = self.description(&id).await?;
        let Elements { rows, quarantined } = description;
        let mut page = Page { rows, quarantined, ..Page::default() };
        for _ in 0..READINGS_MAX {
            let contents = match self.contents(&id).await {
                Ok(contents) => contents,
                // It was there a moment ago; and what it is was told all the same.
                Err(
                    failure @ (Failure::Gone { .. } | Failure::Forbidden { .. } | Failure::Permanent { .. }),
                ) => {
                    return Ok(lacking(page, "unavailable", &failure.to_string(), &asked));
                }
                Err(failure) => return Err(failure),
            };
            if contents.delivered > ENTRIES_MAX {
                return Ok(lacking(
                    page,
                    "too_long",
                    &format!("it has more than {ENTRIES_MAX} entries"),
                    &asked,
                ));
            }
            // A list that is said to be empty while its playlist is not is not believed.
            if !contents.is_torn && (contents.delivered > 0 || !has_entries) {
                page.quarantined.extend(contents.quarantined);
                let mut seen = contents.displaced;
                let first = contents.places.into_iter().filter(|place| seen.insert(place.track_id.clone()));
                page.rows.extend(first.map(Row::PlaylistPlacement));
                return Ok(page.into());
            }
        }
        let why = format!("its entries changed while they were read, {READINGS_MAX} times in a row");
        Ok(lacking(page, "moved", &why, &asked))
    }

    fn gone(&self, reference: &Reference) -> Page {
        Page { tombstones: vec![(Table::Playlists, reference.to_string())], ..Page::default() }
    }

    /// What is not read of a playlist would be taken off it.
    fn must_be_whole(&self) -> bool {
        true
    }
}

impl Playlists<'_> {
    /// What the playlist is, and whether it says that something stands on it.
    async fn description(&self, id: &str) -> Result<(Elements<Row>, bool), Failure> {
        let call = self.source.call(endpoint::PLAYLISTS, "id,snippet,status,contentDetails");
        let call = call.query("id", id).query("maxResults", PAGE_LENGTH);
        let place = format!("{}, {id}", call.path);
        let body = self.session.send(call).await?.body;
        let map = |playlist: wire::Playlist| {
            if playlist.id.0 != id {
                let detail = "it was not asked for".to_owned();
                return Err(elements::Unreadable::Other { reason: "unasked", detail });
            }
            mapping::playlist(playlist)
        };
        let (read, tail) =
            elements::read::<wire::List<wire::Playlist>, _>(&body, &place, mapping::named, map)?;
        if read.rows.is_empty() && read.quarantined.is_empty() {
            return Err(match tail.total {
                Some(0) => Failure::Gone { reason: format!("YouTube shows no playlist {id}") },
                _ => Failure::Transient { reason: format!("{place}: an answer without the playlist") },
            });
        }
        let holds = |row: &Row| matches!(row, Row::Playlist(playlist) if playlist.track_count > Some(0));
        let has_entries = read.rows.iter().any(holds);
        Ok((read, has_entries))
    }

    async fn contents(&self, id: &str) -> Result<Contents, Failure> {
        let call = self.source.call(endpoint::PLAYLIST_ITEMS, "snippet");
        let call = call.query("playlistId", id).query("maxResults", PAGE_LENGTH);
        let place = format!("{}, {id}", call.path);
        let mut contents = Contents::default();
        let mut token: Option<String> = None;
        loop {
            let mut page = call.clone();
            if let Some(token) = &token {
                page = page.query("pageToken", token);
            }
            let body = self.session.send(page).await?.body;
            let list: wire::List<&RawValue> = serde_json::from_slice(&body)
                .map_err(|error| Failure::undocumented(&place, &body, &error))?;
            let (entries, tail) = list.into_parts();
            contents.add(&entries, tail.total, id, self.day);
            let next = Next::after(tail.next.is_some(), tail.next, token.as_deref(), &place)?;
            token = next.into_cursor();
            if token.is_none() || contents.is_torn || contents.delivered > ENTRIES_MAX {
                return Ok(contents);
            }
        }
    }
}

// === impl Contents ===

impl Contents {
    /// Takes a page. Places count on from page to page; all pages are of a list of one length.
    fn add(&mut self, entries: &[&RawValue], total: Option<i64>, id: &str, day: Day) {
        self.is_torn |= self.delivered > 0 && self.total != total;
        self.total = total;
        for raw in entries {
            self.delivered += 1;
            match parse(raw).and_then(|entry| mapping::placement(entry, id, day)) {
                Ok(place) => {
                    self.is_torn |= self.places.last().is_some_and(|last| last.position >= place.position);
                    self.places.push(place);
                }
                Err(why) => {
                    self.displaced.extend(parse(raw).ok().and_then(wire::Identified::into_id));
                    let place = format!("playlist {id}, entry {}", self.delivered);
                    self.quarantined.push(why.set_aside(raw.get().as_bytes(), place, mapping::named(raw)));
                }
            }
        }
    }
}

/// What is known, without the entries: what is there of them stays.
fn lacking(mut page: Page, reason: &'static str, why: &str, asked: &str) -> SetPage {
    let detail = format!("{why}: its entries stay as they were");
    let lacking = Some(format!("{asked}: {detail}"));
    page.quarantined.push(unread(reason, detail, asked));
    SetPage { page, lacking }
}
