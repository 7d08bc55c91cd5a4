//! Songs that are named by their ids, many in one request: each is then still an object by itself.

use std::collections::{BTreeSet, HashMap};

use parking_lot::Mutex;

use super::{
    errors::SONGS,
    mapping::{id_of, row},
    source::AppleMusicSource,
    wire::List,
};
use crate::{
    failure::Failure,
    page::Page,
    reading::{catalogue::rows_or_aside, named_objects::Reference, subjects::Subject},
    session::Session,
};

/// Songs that are asked for together. Apple takes more; if it takes fewer, each is asked for by itself.
const TOGETHER: usize = 100;

/// Songs of one reading that were asked for together.
#[derive(Debug, Default)]
pub struct Songs(Mutex<Batch>);

#[derive(Debug, Default)]
struct Batch {
    asked: BTreeSet<String>,
    /// What came of them, and was not taken yet.
    came: HashMap<String, Page>,
}

// === impl Songs ===

impl Songs {
    /// A new reading begins.
    pub fn forget(&self) {
        *self.0.lock() = Batch::default();
    }

    /// What came of this song when it was asked for together with others; none where it did not come, or not yet.
    fn take(&self, id: &str) -> Option<Page> {
        self.0.lock().came.remove(id)
    }

    /// This song and those behind it that were not asked for yet.
    fn together<'a>(&self, all: &'a [Reference], id: &str) -> Vec<&'a str> {
        let batch = self.0.lock();
        let ids = all.iter().filter_map(|reference| match reference {
            Reference::Id(id) => Some(id.as_str()),
            _ => None,
        });
        let from = ids.skip_while(|other| *other != id);
        from.filter(|id| !batch.asked.contains(*id)).take(TOGETHER).collect()
    }

    /// They were asked for together, and this came of it.
    fn came(&self, ids: &[&str], pages: HashMap<String, Page>) {
        let mut batch = self.0.lock();
        batch.asked.extend(ids.iter().map(|id| (*id).to_owned()));
        batch.came.extend(pages);
    }
}

// === impl AppleMusicSource ===

impl AppleMusicSource {
    /// A song. What a storefront does not have is left out of a list without a word: who is not on it is asked for alone.
    pub(super) async fn song(&self, session: &Session, id: &str) -> Result<Page, Failure> {
        if let Some(page) = self.songs.take(id) {
            return Ok(page);
        }
        let ids = self.songs.together(self.shelf.wanted.of(Subject::Track), id);
        if let ([_, _, ..], Some(storefront)) = (&ids[..], self.storefronts.first()) {
            let call = self.call(storefront, &["songs"], SONGS).query("ids", ids.join(","));
            let path = call.path.clone();
            let pages = match session.send(call).await {
                Ok(response) => pages(&response.body, &path, &ids),
                // One of them may be why.
                Err(
                    Failure::Forbidden { .. }
                    | Failure::Permanent { .. }
                    | Failure::TooMuch { .. }
                    | Failure::Gone { .. },
                ) => HashMap::new(),
                Err(failure) => return Err(failure),
            };
            self.songs.came(&ids, pages);
            if let Some(page) = self.songs.take(id) {
                return Ok(page);
            }
        }
        self.single(session, Subject::Track, id).await
    }
}

/// What came of these ids, each by itself. Of what is no list, nothing.
fn pages(body: &[u8], path: &str, ids: &[&str]) -> HashMap<String, Page> {
    let mut pages = HashMap::new();
    for raw in List::of(body).unwrap_or_default().data {
        let Some(id) = id_of(raw).filter(|id| ids.contains(&id.as_str())) else { continue };
        let read = row(Subject::Track, raw).map(|row| vec![row]);
        pages.insert(id.clone(), rows_or_aside(read, raw.get().as_bytes(), path, &format!("track {id}")));
    }
    pages
}
