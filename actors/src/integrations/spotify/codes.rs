//! Tracks and albums by a standard code: one recording or release can stand under many ids.

use ::rows::Day;
use serde_json::value::RawValue;

use super::{mapping, search, source::SpotifySource, wire};
use crate::{
    failure::Failure,
    page::{Page, SetPage},
    reading::{
        elements::{Unreadable, parse},
        named_objects::{Reference, Standard, asked, asked_for, unread},
        subjects::{Subject, check_code, ids_of},
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
        reference: &Reference,
        wanted: (Standard, &str),
        day: Day,
    ) -> Result<SetPage, Failure> {
        let code = wanted.1;
        let asked = asked(subject.word(), reference);
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
        let ids = ids_of(&page.rows);
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
        for lost in self.codes.before(reference).difference(&ids) {
            absorb(&mut page, self.found(session, subject, lost, day).await?);
        }
        self.codes.note(reference, subject, ids, &mut page);
        Ok(page.into())
    }

    /// What a code leads to or led to, by its id. One that is not shown does not hide the others.
    async fn found(&self, session: &Session, subject: Subject, id: &str, day: Day) -> Result<Page, Failure> {
        match self.single(session, subject, id, day).await {
            Err(Failure::Gone { .. }) => Ok(subject.gone(id)),
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
                    Ok(check_code(&page.rows, code).map(|()| page))
                }
                Err(why) => Ok(Err(why)),
            };
        }
        Ok(parse::<wire::Track>(raw).and_then(|track| {
            let is_given_for_another = track.linked_from.is_some();
            let rows = mapping::track(track, None, day)?;
            if !is_given_for_another {
                check_code(&rows, code)?;
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
