//! Catalogues of streaming services, whose objects the settings name: each kind is a stream of its own, and each object a page.

use std::time::Duration;

use futures::future::FutureExt as _;
use jiff::tz::TimeZone;
use rows::{Day, Row, Table, day::day_at};

use super::{
    elements::Unreadable,
    named_objects::{NamedObjects, Objects, Reference, asked_for},
    subjects::{Codes, Subject, Wanted},
};
use crate::{
    failure::Failure,
    page::{Page, SetPage, SnapshotReply, SnapshotRequest},
    reader::StreamOf,
    session::{Session, Source},
    stream::Snapshot,
};

/// What a connection reads of a catalogue, and what it remembers of that.
#[derive(Debug, Default)]
pub struct Shelf {
    /// What the settings name.
    pub wanted: Wanted,
    /// Where standard codes led.
    pub codes: Codes,
    objects: NamedObjects,
}

/// A source of which the settings name the objects.
pub trait Catalogue: Source {
    /// What it reads.
    fn shelf(&self) -> &Shelf;

    /// A kind of objects is about to be read from its first on.
    fn begin(&self, _subject: Subject) {}

    /// Reads one object. `day` is the UTC day of the reading, the same for all of its pages.
    fn object(
        &self,
        session: &Session,
        subject: Subject,
        reference: &Reference,
        day: Day,
    ) -> impl Future<Output = Result<SetPage, Failure>> + Send;

    /// What becomes of one that the service says is gone.
    fn gone(&self, subject: Subject, reference: &Reference) -> Page {
        subject.gone(reference.to_string())
    }
}

/// The objects of one kind, as they are at the cycle's beginning.
struct Reading<'a, C> {
    catalogue: &'a C,
    session: &'a Session,
    subject: Subject,
    day: Day,
}

/// The streams of a catalogue, one for each kind, which fills `tables`. Nothing is asked for where the settings name nothing.
pub fn streams<'a, C: Catalogue + 'static>(
    named: impl IntoIterator<Item = (Subject, &'a [String])>,
    every: Duration,
    tables: fn(Subject) -> &'static [Table],
) -> Vec<StreamOf<C>> {
    let stream = |(subject, entries): (Subject, &[String])| {
        let policy = Snapshot { every, vanishing: subject.vanishing() };
        StreamOf::snapshot(
            subject.stream(),
            tables(subject),
            policy,
            move |catalogue: &C, session, request| page(catalogue, session, subject, request).boxed(),
        )
        .enabled(!entries.is_empty())
    };
    named.into_iter().map(stream).collect()
}

/// Reads the next object of one kind.
async fn page(
    catalogue: &impl Catalogue,
    session: &Session,
    subject: Subject,
    request: SnapshotRequest<'_>,
) -> Result<SnapshotReply, Failure> {
    if request.cursor.is_none() {
        catalogue.begin(subject);
    }
    let day = day_at(request.now, &TimeZone::UTC);
    let Shelf { wanted, objects, .. } = catalogue.shelf();
    let reading = Reading { catalogue, session, subject, day };
    objects.page(wanted.of(subject), request.cursor, &reading).await.map(SnapshotReply::Page)
}

/// What an answer about one object becomes: its rows, or itself set aside. `place` is where it came from, `asked` what was asked for.
pub fn rows_or_aside(read: Result<Vec<Row>, Unreadable>, body: &[u8], place: &str, asked: &str) -> Page {
    match read {
        Ok(rows) => Page::of(rows),
        Err(why) => Page::aside(why.set_aside(body, place.to_owned(), asked_for(asked))),
    }
}

// === impl Shelf ===

impl Shelf {
    /// With these objects, of which nothing is known yet.
    pub fn of(wanted: Wanted) -> Self {
        Self { wanted, ..Self::default() }
    }
}

// === impl Reading ===

impl<C: Catalogue> Objects for Reading<'_, C> {
    type Object = Reference;

    fn word(&self) -> &'static str {
        self.subject.word()
    }

    async fn read(&self, reference: &Reference) -> Result<SetPage, Failure> {
        self.catalogue.object(self.session, self.subject, reference, self.day).await
    }

    fn gone(&self, reference: &Reference) -> Page {
        self.catalogue.gone(self.subject, reference)
    }

    /// What is not read of a list would be taken off it.
    fn must_be_whole(&self) -> bool {
        self.subject.is_list()
    }
}

#[cfg(test)]
mod tests {
    use rows::music::Artist;

    use super::*;

    #[test]
    fn an_object_is_its_rows_or_set_aside_by_what_was_asked_for() {
        let page = |read| rows_or_aside(read, b"Jane Doe", "/artists/7", "artist 7");
        let artist = || Row::Artist(Artist::of("deezer", "7"));
        assert_eq!(page(Ok(vec![artist()])), Page::of(vec![artist()]));
        let Page { rows, quarantined, .. } = page(Err(Unreadable::Missing("id")));
        let [aside] = &quarantined[..] else { panic!("{quarantined:?}") };
        assert_eq!((rows.len(), aside.reason, &*aside.place), (0, "missing_field", "/artists/7"));
        assert_eq!(aside.fields, [("asked", "artist 7".to_owned())]);
        assert!(!format!("{aside:?}").contains("Jane"));
    }
}
