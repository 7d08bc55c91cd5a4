//! Tracks and albums by a standard code: one recording or release can stand under many ids.

use std::collections::BTreeSet;

use ::rows::{Day, Row, sink::Change};
use serde_json::value::RawValue;

use super::{
    mapping::{self, asked_for},
    search,
    source::{SpotifySource, gone},
    subject::Subject,
    wire,
};
use crate::{
    failure::Failure,
    page::{Page, SetPage},
    reading::{
        elements::{Unreadable, parse},
        named_objects::{Standard, unread},
    },
    session::Session,
};

// === impl SpotifySource ===

impl SpotifySource {
    /// Everything that a standard code leads to, and what it led to before.
    pub(super) async fn coded(
        &self,
        session: &Session,
        subject: Subject,
        wanted: (Standard, &str),
        day: Day,
    ) -> Result<SetPage, Failure> {
        let (standard, code) = wanted;
        let asked = format!("{} {}:{code}", subject.word(), standard.prefix());
        let call = self.search(subject, wanted);
        let path = call.path.clone();
        let hits = search::read(session, call, &self.page_length).await?;
        let mut page = Page::default();
        for raw in &hits.found {
            match self.hit(session, subject, code, raw, day).await? {
                Ok(hit) => absorb(&mut page, hit),
                Err(why) => {
                    let aside = why.set_aside(raw.get().as_bytes(), path.clone(), asked_for(&asked));
                    page.quarantined.push(aside);
                }
            }
        }
        let ids: BTreeSet<String> = page.rows.iter().filter_map(id_of).map(str::to_owned).collect();
        if let Some(why) = hits.lacking {
            let detail = format!("{asked}: {why}");
            page.quarantined.push(unread("moved", why, &asked));
            return Ok(SetPage { page, lacking: Some(detail) });
        }
        if hits.found.is_empty() {
            let detail =
                "Spotify finds nothing by this code (any more): name the id to have it marked as removed";
            page.quarantined.push(unread("gone", detail.to_owned(), &asked));
        }
        let before = self.known.lock().get(&asked).cloned().unwrap_or_default();
        for lost in before.difference(&ids) {
            absorb(&mut page, self.found(session, subject, lost, day).await?);
        }
        if let Some(id) = ids.first() {
            // Said each time: the store knows what it led to before, also before this process. Of many ids, the first in
            // their order stands for all.
            page.changes.push(Change {
                kind: standard.prefix(),
                entity: subject.word(),
                id: code.to_owned(),
                before: before.first().cloned(),
                after: Some(id.clone()),
            });
        }
        self.known.lock().insert(asked, ids);
        Ok(page.into())
    }

    /// What a code leads to or led to, by its id. One that is not shown does not hide the others.
    async fn found(&self, session: &Session, subject: Subject, id: &str, day: Day) -> Result<Page, Failure> {
        match self.single(session, subject, id, day).await {
            Err(Failure::Gone { .. }) => Ok(gone(subject, id)),
            Err(failure @ (Failure::Forbidden { .. } | Failure::Permanent { .. })) => {
                let aside = unread("unavailable", failure.to_string(), &format!("{} {id}", subject.word()));
                Ok(Page { quarantined: vec![aside], ..Page::default() })
            }
            read => read,
        }
    }

    /// One hit. Of albums, a search shows only a part: they are asked for by themselves.
    async fn hit(
        &self,
        session: &Session,
        subject: Subject,
        code: &str,
        raw: &RawValue,
        day: Day,
    ) -> Result<Result<Page, Unreadable>, Failure> {
        if subject != Subject::Track {
            return match parse::<wire::Identified>(raw) {
                Ok(found) => {
                    let page = self.found(session, subject, &found.id.0, day).await?;
                    Ok(page.rows.iter().all(|row| has_code(row, code)).then_some(page).ok_or_else(other_code))
                }
                Err(why) => Ok(Err(why)),
            };
        }
        Ok(parse::<wire::Track>(raw).and_then(|track| {
            let is_given_for_another = track.linked_from.is_some();
            let rows = mapping::track(track, None, day)?;
            if !is_given_for_another && !rows.iter().all(|row| has_code(row, code)) {
                return Err(other_code());
            }
            Ok(Page { rows, ..Page::default() })
        }))
    }
}

fn absorb(page: &mut Page, other: Page) {
    page.rows.extend(other.rows);
    page.tombstones.extend(other.tombstones);
    page.quarantined.extend(other.quarantined);
}

fn id_of(row: &Row) -> Option<&str> {
    match row {
        Row::Track(track) => Some(&track.track_id),
        Row::Album(album) => Some(&album.album_id),
        _ => None,
    }
}

/// Whether what was found by a code says nothing else. Leading zeros of a UPC are written or not.
fn has_code(row: &Row, code: &str) -> bool {
    let said = match row {
        Row::Track(track) => track.isrc.as_deref(),
        Row::Album(album) => album.upc.as_deref(),
        _ => None,
    };
    said.is_none_or(|said| said.trim_start_matches('0') == code.trim_start_matches('0'))
}

fn other_code() -> Unreadable {
    let detail = "it was found by a code, and says that it has another".to_owned();
    Unreadable::Other { reason: "other_code", detail }
}
