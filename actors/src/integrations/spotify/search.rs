//! Searches, page by page.

use serde_json::value::RawValue;

use super::wire::Found;
use crate::{
    failure::Failure,
    reading::elements::Unreadable,
    session::{Call, Session},
};

/// Hits on one page: the most that an app in development mode gets, and that Spotify's specification allows. A code leads to a
/// few.
const PAGE_LENGTH: &str = "10";
/// The last offset that a search takes.
const OFFSET_MAX: usize = 1_000;

/// What a search found.
#[derive(Debug, Default)]
pub struct Hits {
    /// One by one, unread.
    pub found: Vec<Box<RawValue>>,
    /// Why more may be there, for people.
    pub lacking: Option<String>,
}

/// Reads a search, which `call` is, to its end.
pub async fn read(session: &Session, call: Call) -> Result<Hits, Failure> {
    let mut hits = Hits::default();
    let mut offset = 0;
    loop {
        let part = call.clone().query("limit", PAGE_LENGTH).query("offset", offset.to_string());
        let response = session.send(part).await?;
        let page = match serde_json::from_slice(&response.body) {
            Ok(Found { tracks: Some(page), .. } | Found { albums: Some(page), .. }) => page,
            Ok(_) => return Ok(hits.lacking("the answer has no list".to_owned())),
            Err(error) => return Ok(hits.lacking(format!("no list of hits: {}", Unreadable::from(error)))),
        };
        offset += page.items.len();
        // Hits that are null are no longer there.
        let found = page.items.iter().filter(|raw| raw.get() != "null");
        hits.found.extend(found.map(|raw| (*raw).to_owned()));
        if page.next.is_none() {
            return Ok(hits);
        }
        if page.items.is_empty() {
            return Ok(hits.lacking("more hits are said to follow, and none come".to_owned()));
        }
        if offset > OFFSET_MAX {
            return Ok(hits.lacking(format!("only the first {offset} hits can be read")));
        }
    }
}

// === impl Hits ===

impl Hits {
    fn lacking(self, why: String) -> Self {
        Self { lacking: Some(why), ..self }
    }
}
