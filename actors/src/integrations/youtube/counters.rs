//! Public counters: fifty objects a request, which costs one unit however many there are.

use std::collections::BTreeSet;

use rows::{Day, Row, music::MusicEntity};

use super::{endpoint, mapping, source::YouTubeSource, wire};
use crate::{
    failure::Failure,
    page::{Next, Page, SnapshotReply, SnapshotRequest},
    reading::{
        elements::{self, Elements, Unreadable},
        named_objects::{Reference, asked, unread},
    },
    session::Session,
};

/// Ids in one request: the most that Google takes.
const BATCH: usize = 50;

/// The method that tells counters: the stream's name, and the key in the settings, too.
pub const fn method(entity: MusicEntity) -> &'static str {
    match entity {
        MusicEntity::Channel => endpoint::CHANNELS,
        _ => endpoint::VIDEOS,
    }
}

impl YouTubeSource {
    /// Reads the next batch.
    pub async fn counters(
        &self,
        session: &Session,
        entity: MusicEntity,
        request: SnapshotRequest<'_>,
    ) -> Result<SnapshotReply, Failure> {
        let all = match entity {
            MusicEntity::Channel => &self.wanted.channels,
            _ => &self.wanted.videos,
        };
        let start = request.cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or_default();
        let end = all.len().min(start + BATCH);
        let day = mapping::day(request.now, request.account)?;
        let mut page = Page::default();
        let mut waiting = vec![all.get(start..end).unwrap_or_default()];
        while let Some(batch) = waiting.pop() {
            match self.batch(session, entity, batch, day).await {
                Ok(read) => {
                    page.rows.extend(read.rows);
                    page.quarantined.extend(read.quarantined);
                }
                // One id that is refused does not take the others with it: halves of the batch find it.
                Err(Failure::Permanent { .. } | Failure::Gone { .. }) if batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    waiting.extend([second, first]);
                }
                Err(failure @ (Failure::Permanent { .. } | Failure::Gone { .. })) if all.len() > 1 => {
                    let asked = batch.first().map(|id| asked(entity.as_str(), id)).unwrap_or_default();
                    page.quarantined.push(unread("refused", failure.to_string(), &asked));
                }
                Err(failure) => return Err(failure),
            }
        }
        page.next = if end < all.len() { Next::More(end.to_string()) } else { Next::End(None) };
        Ok(page.into())
    }

    /// Counters of these objects, and those of them of which YouTube shows nothing.
    async fn batch(
        &self,
        session: &Session,
        entity: MusicEntity,
        batch: &[Reference],
        day: Day,
    ) -> Result<Elements<Row>, Failure> {
        let ids: Vec<String> = batch.iter().map(Reference::to_string).collect();
        let mut call = self.call(method(entity), "id,statistics").query("id", ids.join(","));
        if entity == MusicEntity::Channel {
            // Videos by id are not paged, and refuse it.
            call = call.query("maxResults", BATCH.to_string());
        }
        let place = call.path.clone();
        let body = session.send(call).await?.body;
        let map = |counted: wire::Counted| {
            if !ids.contains(&counted.id.0) {
                let detail = "it was not asked for".to_owned();
                return Err(Unreadable::Other { reason: "unasked", detail });
            }
            Ok((counted.id.0.clone(), mapping::readings(entity, counted, day)))
        };
        let (read, tail) =
            elements::read::<wire::List<wire::Counted>, _>(&body, &place, mapping::named, map)?;
        if !tail.is_list {
            return Err(Failure::Transient { reason: format!("{place}: the answer is no list") });
        }
        let Elements { rows, mut quarantined } = read;
        let shown: BTreeSet<&str> = rows.iter().map(|(id, _)| id.as_str()).collect();
        // Where something could not be read, it is one of those.
        if quarantined.is_empty() {
            quarantined.extend(ids.iter().filter(|id| !shown.contains(id.as_str())).map(|id| {
                let detail =
                    "YouTube shows nothing by this id (any more): it is private, deleted or mistyped";
                unread("gone", detail.to_owned(), &format!("{} {id}", entity.as_str()))
            }));
        }
        Ok(Elements { rows: rows.into_iter().flat_map(|(_, rows)| rows).collect(), quarantined })
    }
}
