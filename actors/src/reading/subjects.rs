//! What of a streaming service can be named in the settings: each kind is a stream of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use parking_lot::Mutex;
use rows::{Row, Table, sink::Change};

use super::{
    elements::Unreadable,
    named_objects::{Naming, Reference, Standard, asked, unread},
};
use crate::{failure::Failure, page::Page, spec::SetupError};

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A track.
    Track,
    /// An album.
    Album,
    /// An artist.
    Artist,
    /// A playlist, with its contents.
    Playlist,
    /// The tracks of a chart.
    Chart,
}

/// How objects of one kind are named by their ids.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Whether a text has the form of the service's ids.
    pub is_id: fn(&str) -> bool,
    /// What is expected of an entry, for people: `an id (digits, the end of the artist's address)`.
    pub expected: &'static str,
}

/// Everything that a connection reads. Nothing stands in it twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted(BTreeMap<Subject, Vec<Reference>>);

/// The ids that standard codes led to when they were read last by this process: what is gone can only be named by its id.
#[derive(Debug, Default)]
pub struct Codes(Mutex<HashMap<Reference, BTreeSet<String>>>);

// === impl Subject ===

impl Subject {
    /// The stream's name, and the key in the settings.
    pub const fn stream(self) -> &'static str {
        match self {
            Self::Track => "tracks",
            Self::Album => "albums",
            Self::Artist => "artists",
            Self::Playlist => "playlists",
            Self::Chart => "charts",
        }
    }

    /// The word for one.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Album => "album",
            Self::Artist => "artist",
            Self::Playlist => "playlist",
            Self::Chart => "chart",
        }
    }

    /// Where the object itself is described.
    pub const fn table(self) -> Table {
        match self {
            Self::Track => Table::Tracks,
            Self::Album => Table::Albums,
            Self::Artist => Table::Artists,
            Self::Playlist | Self::Chart => Table::Playlists,
        }
    }

    /// Whether tracks stand on it.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Playlist | Self::Chart)
    }

    /// A track that is not on a playlist any more has no place on it today. Objects are named in the settings: one that
    /// was not seen may only have been taken out of them, so that the service's own word alone makes it `removed`.
    pub const fn vanishing(self) -> Option<Table> {
        if self.is_list() { Some(Table::PlaylistPlacements) } else { None }
    }

    /// What the service says is gone is marked as removed.
    pub fn gone(self, id: impl Into<String>) -> Page {
        Page { tombstones: vec![(self.table(), id.into())], ..Page::default() }
    }

    /// The standard code by which one can be named instead of its id.
    const fn standard(self) -> Option<Standard> {
        match self {
            Self::Track => Some(Standard::Isrc),
            Self::Album => Some(Standard::Upc),
            Self::Artist | Self::Playlist | Self::Chart => None,
        }
    }
}

// === impl Wanted ===

impl Wanted {
    /// Reads what the settings name, kind by kind; the first mistake is told, and so is that nothing is named.
    pub fn read<'a>(
        lists: impl IntoIterator<Item = (Subject, &'a [String])>,
        form: impl Fn(Subject) -> Form,
    ) -> Result<Self, SetupError> {
        let mut wanted = Self::default();
        for (subject, entries) in lists {
            let Form { is_id, expected } = form(subject);
            let (key, word, standard) = (subject.stream(), subject.word(), subject.standard());
            let naming = Naming { key, word, standard, is_id, expected };
            wanted.0.insert(subject, naming.references(entries)?);
        }
        if wanted.names().is_empty() {
            let keys: Vec<&str> = wanted.0.keys().map(|subject| subject.stream()).collect();
            let problem = format!("nothing to read: name at least one of {}", keys.join(", "));
            return Err(SetupError::setting("tracks", problem));
        }
        Ok(wanted)
    }

    /// The objects of one kind, in the order of the settings.
    pub fn of(&self, subject: Subject) -> &[Reference] {
        self.0.get(&subject).map_or(&[], Vec::as_slice)
    }

    /// The first object of each kind of which any is named.
    pub fn firsts(&self) -> impl Iterator<Item = (Subject, &Reference)> {
        self.0.iter().filter_map(|(subject, all)| Some((*subject, all.first()?)))
    }

    /// Each in words of its own: `track 3135556`, `album upc:724384960650`.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().flat_map(|(subject, all)| all.iter().map(|one| asked(subject.word(), one))).collect()
    }
}

// === impl Codes ===

impl Codes {
    /// The ids that a code led to before.
    pub fn before(&self, reference: &Reference) -> BTreeSet<String> {
        self.0.lock().get(reference).cloned().unwrap_or_default()
    }

    /// A code leads to what stands on this page, which holds everything that was found. What it led to before is asked for by its id.
    pub async fn led<F>(
        &self,
        reference: &Reference,
        subject: Subject,
        mut page: Page,
        by_id: impl Fn(String) -> F + Send + Sync,
    ) -> Result<Page, Failure>
    where
        F: Future<Output = Result<Page, Failure>> + Send,
    {
        let ids = ids_of(&page.rows);
        if page == Page::default() {
            let detail = "nothing is found by this code (any more): name the id to have it marked as removed";
            page.quarantined.push(unread("gone", detail.to_owned(), &asked(subject.word(), reference)));
        }
        for lost in self.before(reference).difference(&ids) {
            page.absorb(found(by_id(lost.clone()).await, subject, lost)?);
        }
        self.note(reference, subject, ids, &mut page);
        Ok(page)
    }

    /// A code leads to these objects. It is said each time where to: the store knows what it led to before this process. Of many ids,
    /// the first in their order stands for all.
    pub fn note(&self, reference: &Reference, subject: Subject, ids: BTreeSet<String>, page: &mut Page) {
        let after = ids.first().cloned();
        let before = self.0.lock().insert(reference.clone(), ids).and_then(|mut before| before.pop_first());
        if let (Some((standard, code)), Some(_)) = (reference.code(), &after) {
            let (kind, entity) = (standard.prefix(), subject.word());
            page.changes.push(Change { kind, entity, id: code.to_owned(), before, after });
        }
    }
}

/// What an object is that was asked for by its id because a code leads to it, or led to it before: one that is not shown does not hide the
/// others.
pub fn found(read: Result<Page, Failure>, subject: Subject, id: &str) -> Result<Page, Failure> {
    match read {
        Err(Failure::Gone { .. }) => Ok(subject.gone(id)),
        Err(failure @ (Failure::Forbidden { .. } | Failure::Permanent { .. })) => {
            let aside = unread("unavailable", failure.to_string(), &format!("{} {id}", subject.word()));
            Ok(Page { quarantined: vec![aside], ..Page::default() })
        }
        read => read,
    }
}

/// The ids of tracks and albums among these rows.
pub fn ids_of(rows: &[Row]) -> BTreeSet<String> {
    let id = |row: &Row| match row {
        Row::Track(track) => Some(track.track_id.clone()),
        Row::Album(album) => Some(album.album_id.clone()),
        _ => None,
    };
    rows.iter().filter_map(id).collect()
}

/// Refuses what was found by a code and says that it has another. Leading zeros of a UPC are written or not.
pub fn check_code(rows: &[Row], code: &str) -> Result<(), Unreadable> {
    let has_code = |row: &Row| {
        let said = match row {
            Row::Track(track) => track.isrc.as_deref(),
            Row::Album(album) => album.upc.as_deref(),
            _ => None,
        };
        said.is_none_or(|said| said.trim_start_matches('0') == code.trim_start_matches('0'))
    };
    let detail = "it was found by a code, and says that it has another";
    let refused = || Unreadable::Other { reason: "other_code", detail: detail.to_owned() };
    if rows.iter().all(has_code) { Ok(()) } else { Err(refused()) }
}
