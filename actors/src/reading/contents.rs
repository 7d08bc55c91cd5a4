//! What stands on a list of tracks, read page by page, and whether it stood still meanwhile: from there to placements.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rows::{Day, Row, music::PlaylistPlacement, quarantine::Quarantined};
use serde_json::value::RawValue;

use super::{
    elements::Unreadable,
    named_objects::{asked_for, unread},
};
use crate::{
    failure::Failure,
    page::{Page, SetPage},
    session::{Call, Session},
};

/// How often a list that moves under the reader is read before it is left for the next time.
const READINGS_MAX: u32 = 3;
/// Entries of one list that are read: more than any service lets one hold.
pub const ENTRIES_MAX: u64 = 20_000;

/// A list, read once from its beginning to its end. Places count what was delivered, from 1.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Tracks and their places, in order.
    pub places: Vec<(i64, Placed)>,
    /// What was not understood.
    pub quarantined: Vec<Quarantined>,
    /// Tracks of which an earlier place was not understood: a later one must not pass for the first.
    pub displaced: BTreeSet<String>,
    /// How many entries the list has, by its own account, where it gives one.
    pub total: Option<u64>,
    /// How many entries were delivered.
    pub delivered: u64,
    /// How many pages were read.
    pub pages: u64,
    /// The list changed between pages, or a part of it is missing: places cannot be trusted.
    pub torn: bool,
    /// More follows than is read.
    pub cut: bool,
    /// A page that is none, for people: nothing behind it was read.
    pub malformed: Option<String>,
    /// What the last page said of the list's state.
    mark: Option<String>,
}

/// A track on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The service's id.
    pub track_id: String,
    /// Its title, as the list shows it.
    pub title: Option<String>,
    /// Its artist's name, as the list shows it.
    pub artist_name: Option<String>,
    /// When it was put there, where that is said.
    pub added_at: Option<Timestamp>,
}

/// The list that tracks stand on.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Where.
    pub service: &'a str,
    /// As in the column `playlist_id`.
    pub playlist_id: &'a str,
    /// The UTC day of the reading.
    pub day: Day,
    /// Its fans or followers.
    pub followers: Option<i64>,
}

/// Why what stands on a list is unknown.
#[derive(Debug)]
pub struct Lack {
    /// For labels.
    reason: &'static str,
    /// For people.
    why: String,
}

/// A list that is described by one request and read by others, and that may move in between.
pub trait Moving: Sync {
    /// Its description.
    type About: Send + Sync;

    /// Describes it. One that cannot be understood is a page that lacks: [`undescribed`].
    fn describe(&self) -> impl Future<Output = Result<Result<Self::About, SetPage>, Failure>> + Send;

    /// Reads it once.
    fn read(&self, about: &Self::About) -> impl Future<Output = Result<Contents, Failure>> + Send;

    /// Whether it was one list from one description to the other.
    fn stood_still(&self, before: &Self::About, contents: &Contents, after: &Self::About) -> bool;
}

/// What a list is called, and what stands on it.
pub type Found<About> = (About, Result<Contents, Lack>);

/// Describes a list and reads it, until it stands still. Contents that came in one answer are what they are; those of several pages are
/// believed when the list is the same before and after. Where they are refused, what it is called was told all the same.
pub async fn found<M: Moving>(list: &M) -> Result<Result<Found<M::About>, SetPage>, Failure> {
    let mut about = match list.describe().await? {
        Ok(about) => about,
        Err(page) => return Ok(Err(page)),
    };
    let mut lack = Lack::moved();
    for _ in 0..READINGS_MAX {
        let read = match list.read(&about).await {
            Ok(contents) if contents.pages <= 1 && list.stood_still(&about, &contents, &about) => {
                return Ok(Ok((about, Ok(contents))));
            }
            Ok(contents) => Some(contents),
            // It was there when it was described; if it is gone, its next description says so.
            Err(Failure::Gone { .. }) => None,
            Err(failure @ (Failure::Forbidden { .. } | Failure::Permanent { .. })) => {
                return Ok(Ok((about, Err(Lack::refused(&failure)))));
            }
            Err(failure) => return Err(failure),
        };
        let after = match list.describe().await? {
            Ok(after) => after,
            Err(page) => return Ok(Err(page)),
        };
        match read {
            Some(contents) if contents.pages > 1 && list.stood_still(&about, &contents, &after) => {
                return Ok(Ok((after, Ok(contents))));
            }
            read => lack = read.map_or_else(Lack::moved, Lack::of),
        }
        about = after;
    }
    Ok(Ok((about, Err(lack))))
}

/// Reads a list that nothing describes, until it stands still: a track that stands on it twice has moved from page to page.
pub async fn undescribed_found<F>(
    read: impl Fn() -> F + Send + Sync,
) -> Result<Result<Contents, Lack>, Failure>
where
    F: Future<Output = Result<Contents, Failure>> + Send,
{
    let mut lack = Lack::moved();
    for _ in 0..READINGS_MAX {
        let contents = read().await?;
        if !contents.torn && !contents.has_doubles() {
            return Ok(Ok(contents));
        }
        lack = Lack::of(contents);
    }
    Ok(Err(lack))
}

/// A list whose description, asked for as `asked`, cannot be understood.
pub fn undescribed(why: &Unreadable, body: &[u8], asked: &str) -> SetPage {
    let quarantined = vec![why.set_aside(body, asked.to_owned(), asked_for(asked))];
    let lacking = Some(format!("{asked}: its description cannot be understood: {why}"));
    SetPage { page: Page { quarantined, ..Page::default() }, lacking }
}

/// Reads contents, beginning with `call`. `take` reads a page's body into them and gives the call for the next one, if there is to be
/// one; where it cannot read the body, the contents are [`Contents::malformed`].
pub async fn read(
    session: &Session,
    mut call: Call,
    mut take: impl FnMut(&mut Contents, &[u8]) -> Result<Option<Call>, Unreadable> + Send,
) -> Result<Contents, Failure> {
    let mut contents = Contents::default();
    loop {
        let response = session.send(call).await?;
        contents.pages += 1;
        call = match take(&mut contents, &response.body) {
            Ok(Some(_)) if contents.delivered >= ENTRIES_MAX => {
                contents.cut = true;
                return Ok(contents);
            }
            Ok(Some(next)) => next,
            Ok(None) => return Ok(contents),
            Err(why) => {
                contents.torn = true;
                contents.malformed = Some(format!("its page {} is no list: {why}", contents.pages));
                return Ok(contents);
            }
        };
    }
}

// === impl Contents ===

impl Contents {
    /// Takes the entries of the next page. `read` gives the track in a place, if one stands there; `track_of` the track of an entry that
    /// cannot be read otherwise. `path` names the list.
    pub fn extend<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a RawValue>,
        path: &str,
        read: impl Fn(&RawValue) -> Result<Option<Placed>, Unreadable>,
        track_of: impl Fn(&RawValue) -> Option<String>,
    ) {
        for raw in entries {
            self.delivered += 1;
            let position = i64::try_from(self.delivered).unwrap_or(i64::MAX);
            match read(raw) {
                Ok(placed) => self.places.extend(placed.map(|placed| (position, placed))),
                Err(why) => {
                    self.displaced.extend(track_of(raw));
                    let place = format!("{path}, position {position}");
                    self.quarantined.push(why.set_aside(raw.get().as_bytes(), place, asked_for(path)));
                }
            }
        }
    }

    /// A page says how many entries the whole list has.
    pub fn told(&mut self, total: u64) {
        self.torn |= self.total.is_some_and(|before| before != total);
        self.total = Some(total);
    }

    /// A page says in which state the list is, or does not; the first one before it is taken.
    pub fn marked(&mut self, mark: Option<&str>) {
        self.torn |= self.delivered > 0 && self.mark.as_deref() != mark;
        self.mark = mark.map(str::to_owned);
    }

    /// Whether some track stands on it twice.
    pub fn has_doubles(&self) -> bool {
        let mut seen = BTreeSet::new();
        !self.places.iter().all(|(_, placed)| seen.insert(placed.track_id.as_str()))
    }

    /// The places of tracks. A track that is there more than once has its first place; those of displaced tracks are left as they are.
    pub fn placements(self, list: List<'_>) -> impl Iterator<Item = Row> + use<'_> {
        let mut seen = self.displaced;
        let first = self.places.into_iter().filter(move |(_, placed)| seen.insert(placed.track_id.clone()));
        first.map(move |(position, placed)| {
            let Placed { track_id, title, artist_name, added_at } = placed;
            Row::PlaylistPlacement(PlaylistPlacement {
                service: list.service.to_owned(),
                playlist_id: list.playlist_id.to_owned(),
                track_id,
                date: list.day,
                position: Some(position),
                followers: list.followers,
                added_at,
                title,
                artist_name,
                streams: None,
                listeners: None,
            })
        })
    }
}

// === impl Lack ===

impl Lack {
    /// Of a list that did not stand still.
    fn of(contents: Contents) -> Self {
        contents.malformed.map_or_else(Self::moved, |why| Self { reason: "malformed", why })
    }

    /// It never stood still.
    fn moved() -> Self {
        let why = format!(
            "its tracks changed while they were read, or some of them did not come, {READINGS_MAX} times in a row"
        );
        Self { reason: "moved", why }
    }

    /// It is not shown.
    fn refused(failure: &Failure) -> Self {
        Self { reason: "unavailable", why: failure.to_string() }
    }
}

// === impl SetPage ===

impl SetPage {
    /// Adds what stands on a list, which was asked for as `asked`. Without a whole list there are no placements, and what is there
    /// already stays.
    pub fn place(&mut self, list: List<'_>, found: Result<Contents, Lack>, asked: &str) {
        let Lack { reason, why } = match found {
            Ok(contents) => {
                let is_cut = contents.cut;
                self.page.quarantined.extend_from_slice(&contents.quarantined);
                self.page.rows.extend(contents.placements(list));
                if !is_cut {
                    return;
                }
                let why = format!("it has more than {ENTRIES_MAX} entries: only the first are kept");
                Lack { reason: "too_long", why }
            }
            Err(Lack { reason, why }) => {
                Lack { reason, why: format!("{why}: its placements stay as they were") }
            }
        };
        self.lack(reason, why, asked);
    }

    /// Says what of the set could not be read, which was asked for as `asked`: `reason` for labels, `why` for people.
    pub fn lack(&mut self, reason: &'static str, why: String, asked: &str) {
        self.lacking = Some(format!("{asked}: {why}"));
        self.page.quarantined.push(unread(reason, why, asked));
    }
}
