//! Tracks and albums by a standard code: one recording or release can stand under many ids.

use ::rows::Day;
use serde_json::value::RawValue;

use super::{mapping, search, source::SpotifySource, wire};
use crate::{
    failure::Failure,
    page::{Page, SetPage},
    reading::{
        elements::{Unreadable, parse},
        named_objects::{Reference, Standard, asked, asked_for},
        subjects::{Subject, check_code, found},
        wire::Identified,
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
        let hits = search::read(session, call).await?;
        let mut page = Page::default();
        for raw in &hits.found {
            match self.hit(session, subject, code, raw, day).await? {
                Ok(hit) => page.absorb(hit),
                Err(why) => {
                    let aside = why.set_aside(raw.get().as_bytes(), path.clone(), asked_for(&asked));
                    page.quarantined.push(aside);
                }
            }
        }
        if let Some(why) = hits.lacking {
            let mut set = SetPage::from(page);
            set.lack("moved", why, &asked);
            return Ok(set);
        }
        let by_id = |id: String| async move { self.single(session, subject, &id, day).await };
        self.shelf.codes.led(reference, subject, page, by_id).await.map(SetPage::from)
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
            let id = match parse::<Identified>(raw) {
                Ok(hit) => hit.id.0,
                Err(why) => return Ok(Err(why)),
            };
            let page = found(self.single(session, subject, &id, day).await, subject, &id)?;
            return Ok(check_code(&page.rows, code).map(|()| page));
        }
        Ok(parse::<wire::Track>(raw).and_then(|track| {
            let is_given_for_another = track.linked_from.is_some();
            let rows = mapping::track(track, None, day)?;
            if !is_given_for_another {
                check_code(&rows, code)?;
            }
            Ok(Page::of(rows))
        }))
    }
}
