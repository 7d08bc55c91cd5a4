//! Objects that the settings name, each asked for by a request of its own, so that one page is one object. One that is bad
//! never takes its set with it: what lacks is set aside and said, and the others are stored.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use parking_lot::Mutex;
use rows::{
    codes::{Isrc, Upc},
    quarantine::{Quarantined, sha256_hex},
};

use super::elements::Named;
use crate::{
    failure::Failure,
    limits::OBJECT_FAILURES_MAX,
    page::{DaysReply, Next, Page, SetPage},
    spec::SetupError,
};

/// One object as the settings name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// By the provider's own id.
    Id(String),
    /// By its recording's code.
    Isrc(Isrc),
    /// By its release's code.
    Upc(Upc),
}

/// A standard code by which an object can be named instead of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// `isrc:GBDUW0000059`: tracks.
    Isrc,
    /// `upc:0724384960650`: albums.
    Upc,
}

/// How objects of one kind are named in the settings.
#[derive(Debug, Clone, Copy)]
pub struct Naming {
    /// The key in the settings: `tracks`.
    pub key: &'static str,
    /// The word for one: `track`.
    pub word: &'static str,
    /// What may stand for an id, behind its prefix.
    pub standard: Option<Standard>,
    /// Whether a text has the form of the provider's ids.
    pub is_id: fn(&str) -> bool,
    /// What is expected of an entry, for people: `an id (digits, the end of the artist's address)`.
    pub expected: &'static str,
}

/// Objects of one kind, as a provider reads them.
pub trait Objects: Sync {
    /// One of them, shown in the settings' words: a [`Reference`], or more than that.
    type Object: fmt::Display + Sync;

    /// The word for one: `track`.
    fn word(&self) -> &'static str;

    /// Reads one: its rows, and what of it was set aside. [`Failure::Gone`] is the provider's word that there is none.
    fn read(&self, object: &Self::Object) -> impl Future<Output = Result<SetPage, Failure>> + Send;

    /// What becomes of one that the provider says is gone: a tombstone where its id is known.
    fn gone(&self, object: &Self::Object) -> Page;

    /// The id by which the rows of one are known, as far as it is: where nothing of it can be read, they stay.
    fn id(&self, _object: &Self::Object) -> Option<String> {
        None
    }

    /// Whether the stream is shown as not well while one of them is refused: where the rows of an object that was not read
    /// would be taken for gone.
    fn must_be_whole(&self) -> bool {
        false
    }
}

/// What is remembered of the objects of one connection between readings.
#[derive(Debug, Default)]
pub struct NamedObjects {
    /// Objects of which the last reading told nothing, by what was asked for.
    silent: Mutex<HashMap<String, Silence>>,
    /// Objects that are gone, or never were, and of which that was said.
    gone: Mutex<HashSet<String>>,
}

/// Why an object told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// So many readings in a row failed in passing.
    Failing(u32),
    /// It is not shown.
    Refused,
}

/// How far a reading is: a page is one object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Progress {
    /// The place in the settings of the object that came first.
    first: usize,
    /// How many objects came before the next one.
    next: usize,
    /// The provider has told something about one of those before it.
    answered: bool,
}

/// In the cursor of a window, behind its last object: what lacks is told then.
const AFTER_ALL: &str = "after all";

/// What was asked for, in the settings' words: `track isrc:GBDUW0000059`.
pub fn asked(word: &str, object: &impl fmt::Display) -> String {
    format!("{word} {object}")
}

/// What may be repeated of an answer that cannot be read: what was asked for.
pub fn asked_for(asked: &str) -> Named {
    Named { fields: vec![("asked", asked.to_owned())], day: None }
}

/// Sets aside what was not sent, or not in one piece: `reason` for labels, `detail` for people.
pub fn unread(reason: &'static str, detail: String, asked: &str) -> Quarantined {
    Quarantined {
        reason,
        detail,
        place: asked.to_owned(),
        // The same trouble of the same object is one entry, however often it is met.
        hash: sha256_hex(format!("{reason} {asked}").as_bytes()),
        fields: asked_for(asked).fields,
        day: None,
    }
}

/// What becomes of an object that is gone, or never was, and that has no id to be marked by: `detail` is shown to people.
pub fn gone_unmarked(detail: &str, asked: &str) -> Page {
    Page::aside(unread("gone", detail.to_owned(), asked))
}

// === impl NamedObjects ===

impl NamedObjects {
    /// Reads the next of `all` objects, which is where `cursor` says; the cursors of its pages walk a list of their own
    /// ([`Source::walks_own_list`](crate::session::Source::walks_own_list)).
    ///
    /// Where none has answered yet, passing trouble is the provider's and fails the reading. An object that failed so
    /// [`OBJECT_FAILURES_MAX`] times in a row comes last, and the others are stored without it.
    pub async fn page<O: Objects>(
        &self,
        all: &[O::Object],
        cursor: Option<&str>,
        objects: &O,
    ) -> Result<SetPage, Failure> {
        let mut progress = match cursor {
            Some(cursor) => Progress::parse(cursor),
            None => Progress { first: self.first(all, objects.word()), ..Progress::default() },
        };
        let mut from_first = all.iter().cycle().skip(progress.first).take(all.len());
        let Some(object) = from_first.nth(progress.next) else { return Ok(SetPage::default()) };
        progress.next += 1;
        let is_last = progress.next == all.len();

        let asked = asked(objects.word(), object);
        let read = objects.read(object).await;
        let failures = self.note(&asked, &read);
        let mut set = match read {
            Ok(set) => {
                progress.answered = true;
                set
            }
            Err(Failure::Gone { .. }) => {
                progress.answered = true;
                self.note_gone(&asked);
                objects.gone(object).into()
            }
            Err(failure @ Failure::Transient { .. })
                if failures < OBJECT_FAILURES_MAX || !progress.answered =>
            {
                return Err(failure);
            }
            // One object that is not shown does not hide the others; if none is, the stream says why.
            Err(
                failure @ (Failure::Forbidden { .. }
                | Failure::Permanent { .. }
                | Failure::TooMuch { .. }
                | Failure::Transient { .. }),
            ) => {
                if is_last && !progress.answered {
                    return Err(failure);
                }
                let reason = if failures > 0 { "unanswered" } else { "unavailable" };
                let is_lacking =
                    objects.must_be_whole() || failures > 0 || matches!(failure, Failure::TooMuch { .. });
                let quarantined = vec![unread(reason, failure.to_string(), &asked)];
                SetPage {
                    page: Page {
                        quarantined,
                        spared: objects.id(object).into_iter().collect(),
                        ..Page::default()
                    },
                    lacking: is_lacking.then(|| format!("{asked}: {failure}")),
                }
            }
            Err(failure) => return Err(failure),
        };
        set.page.next = if is_last { Next::End(None) } else { Next::More(progress.cursor()) };
        Ok(set)
    }

    /// The same for a window of days. What lacks of an object fails the window once the rows of all others are stored: its days
    /// are read again, and do not count as read without it.
    pub async fn days<O: Objects>(
        &self,
        all: &[O::Object],
        cursor: Option<&str>,
        objects: &O,
    ) -> Result<DaysReply, Failure> {
        let (place, lacked) = match cursor.map(|cursor| cursor.split_once('\n').ok_or(cursor)) {
            None => (None, None),
            Some(Err(place)) => (Some(place), None),
            Some(Ok((AFTER_ALL, lacked))) => return Err(Failure::Transient { reason: lacked.to_owned() }),
            Some(Ok((place, lacked))) => (Some(place), Some(lacked.to_owned())),
        };
        let SetPage { mut page, lacking } = self.page(all, place, objects).await?;
        if let Some(lacked) = lacked.or(lacking) {
            let next = page.next.into_cursor().unwrap_or_else(|| AFTER_ALL.to_owned());
            page.next = Next::More(format!("{next}\n{lacked}"));
        }
        Ok(page.into())
    }

    /// Says, once, that there is no such object: what is deleted is marked as removed, and of a mistyped id nothing else would
    /// be seen.
    fn note_gone(&self, asked: &str) {
        if self.gone.lock().insert(asked.to_owned()) {
            tracing::warn!(
                asked,
                "the provider has no such object (any more): take it out of the settings, or mend it"
            );
        }
    }

    /// The place of the first object for which the provider answers, as far as is known.
    fn first(&self, all: &[impl fmt::Display], word: &str) -> usize {
        let silent = self.silent.lock();
        let silence = |object| silent.get(&asked(word, object)).copied();
        let is_failing =
            |silence| matches!(silence, Some(Silence::Failing(times)) if times >= OBJECT_FAILURES_MAX);
        let answers = |object| {
            let silence = silence(object);
            silence != Some(Silence::Refused) && !is_failing(silence)
        };
        all.iter()
            .position(answers)
            .or_else(|| all.iter().position(|object| !is_failing(silence(object))))
            .unwrap_or_default()
    }

    /// How many times in a row the reading of this object has failed in passing, this time included.
    fn note(&self, asked: &str, read: &Result<SetPage, Failure>) -> u32 {
        let mut silent = self.silent.lock();
        match read {
            Err(Failure::Transient { .. }) => {
                let before = match silent.get(asked) {
                    Some(Silence::Failing(times)) => *times,
                    _ => 0,
                };
                let failures = before.saturating_add(1);
                silent.insert(asked.to_owned(), Silence::Failing(failures));
                return failures;
            }
            Err(Failure::Forbidden { .. } | Failure::Permanent { .. } | Failure::TooMuch { .. }) => {
                silent.insert(asked.to_owned(), Silence::Refused);
            }
            Ok(_) | Err(_) => drop(silent.remove(asked)),
        }
        0
    }
}

// === impl Progress ===

impl Progress {
    /// Of our own cursor: never anybody else's.
    fn parse(cursor: &str) -> Self {
        let mut parts = cursor.split('/');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or_default();
        let (first, next) = (number(), number());
        Self { first, next, answered: parts.next() == Some("answered") }
    }

    fn cursor(self) -> String {
        let Self { first, next, answered } = self;
        format!("{first}/{next}/{}", if answered { "answered" } else { "silent" })
    }
}

// === impl Naming ===

impl Naming {
    /// The objects that these entries name, each once; the first mistake is told.
    pub fn references(&self, entries: &[String]) -> Result<Vec<Reference>, SetupError> {
        let mut references = Vec::with_capacity(entries.len());
        for text in entries {
            let reference = self.reference(text)?;
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
        Ok(references)
    }

    fn reference(&self, text: &str) -> Result<Reference, SetupError> {
        let entry = text.trim();
        let read = match (self.standard, entry.split_once(':')) {
            (Some(standard), Some((prefix, code))) => standard.read(prefix, code),
            _ => (self.is_id)(entry).then(|| Reference::Id(entry.to_owned())),
        };
        read.ok_or_else(|| SetupError::Setting {
            key: self.key.to_owned(),
            problem: format!("{text:?} is no {}: expected {}", self.word, self.expected),
        })
    }
}

// === impl Standard ===

impl Standard {
    fn read(self, prefix: &str, code: &str) -> Option<Reference> {
        if !prefix.eq_ignore_ascii_case(self.prefix()) {
            return None;
        }
        match self {
            Self::Isrc => Isrc::parse(code).map(Reference::Isrc),
            Self::Upc => Upc::parse(code).map(Reference::Upc),
        }
    }

    /// The word before the colon.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Isrc => "isrc",
            Self::Upc => "upc",
        }
    }
}

// === impl Reference ===

impl Reference {
    /// The standard code and its kind; none of an id.
    pub fn code(&self) -> Option<(Standard, &str)> {
        match self {
            Self::Id(_) => None,
            Self::Isrc(code) => Some((Standard::Isrc, code.as_str())),
            Self::Upc(code) => Some((Standard::Upc, code.as_str())),
        }
    }
}

impl fmt::Display for Reference {
    /// As in the settings: `3135556`, `isrc:GBDUW0000059`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.code()) {
            (_, Some((standard, code))) => write!(f, "{}:{code}", standard.prefix()),
            (Self::Id(id), _) => f.write_str(id),
            (_, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use proptest::prelude::*;
    use rows::Table;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Answer {
        Good,
        Gone,
        Passing,
        Refused,
        TooLarge,
        NotAllowed,
    }

    /// Answers by the number that is an object's id.
    struct World<'a>(&'a [Answer]);

    impl Objects for World<'_> {
        type Object = Reference;

        fn word(&self) -> &'static str {
            "track"
        }

        async fn read(&self, reference: &Reference) -> Result<SetPage, Failure> {
            let index: usize = reference.to_string().parse().unwrap();
            let reason = "down".to_owned();
            match self.0[index] {
                Answer::Good => Ok(Page { total: Some(index as u64), ..Page::default() }.into()),
                Answer::Gone => Err(Failure::Gone { reason }),
                Answer::Passing => Err(Failure::Transient { reason }),
                Answer::Refused => Err(Failure::Forbidden { advice: reason }),
                Answer::TooLarge => Err(Failure::TooMuch { reason }),
                Answer::NotAllowed => Err(Failure::NeedsReauth { advice: reason }),
            }
        }

        fn gone(&self, reference: &Reference) -> Page {
            Page { tombstones: vec![(Table::Tracks, reference.to_string())], ..Page::default() }
        }
    }

    /// One whole reading: the objects that were good, in order, and what was set aside.
    fn reading(named: &NamedObjects, answers: &[Answer]) -> Result<(Vec<u64>, Vec<SetPage>), Failure> {
        let all: Vec<_> = (0..answers.len()).map(|id| Reference::Id(id.to_string())).collect();
        let (mut good, mut pages, mut cursor) = (Vec::new(), Vec::new(), None);
        for _ in 0..=answers.len() {
            let set = named.page(&all, cursor.as_deref(), &World(answers)).now_or_never().unwrap()?;
            good.extend(set.page.total);
            cursor = set.page.next.clone().into_cursor();
            pages.push(set);
            if cursor.is_none() {
                return Ok((good, pages));
            }
        }
        panic!("no end")
    }

    #[test]
    fn one_that_is_not_shown_hides_no_other() {
        use Answer::{Gone, Good, Refused, TooLarge};
        let (good, pages) =
            reading(&NamedObjects::default(), &[Refused, Good, Gone, Good, TooLarge]).unwrap();
        assert_eq!(good, [1, 3]);
        assert_eq!(pages[4].lacking.as_deref(), Some("track 4: too much data for one request: down"));
        assert_eq!(pages[0].page.quarantined[0].reason, "unavailable");
        assert_eq!(pages[0].page.quarantined[0].fields, [("asked", "track 0".to_owned())]);
        assert_eq!(pages[0].lacking, None);
        assert_eq!(pages[2].page.tombstones, [(Table::Tracks, "2".to_owned())]);
        let failure = reading(&NamedObjects::default(), &[Refused, Refused]).unwrap_err();
        assert_eq!(failure.outcome(), "forbidden", "where none is shown the stream says why");
    }

    #[test]
    fn one_that_fails_again_and_again_comes_last_and_is_said() {
        use Answer::{Good, Passing};
        let (named, answers) = (NamedObjects::default(), [Passing, Good, Good]);
        for _ in 0..OBJECT_FAILURES_MAX {
            assert_eq!(reading(&named, &answers).unwrap_err().outcome(), "transient");
        }
        let (good, pages) = reading(&named, &answers).unwrap();
        assert_eq!(good, [1, 2]);
        let last = pages.last().unwrap();
        assert_eq!(last.page.quarantined[0].reason, "unanswered");
        assert_eq!(last.lacking.as_deref(), Some("track 0: down"));
        // Once it answers it has its place again.
        assert_eq!(reading(&named, &[Good, Good, Good]).unwrap().0, [1, 2, 0]);
        assert_eq!(reading(&named, &[Good, Good, Good]).unwrap().0, [0, 1, 2]);
        // A provider that is down is no trouble of one object.
        let down = NamedObjects::default();
        for _ in 0..10 {
            assert_eq!(reading(&down, &[Passing, Passing]).unwrap_err().outcome(), "transient");
        }
    }

    #[test]
    fn a_window_without_one_of_them_is_no_whole_window() {
        use Answer::{Good, Passing, Refused};
        let window = |named: &NamedObjects, answers: &[Answer]| {
            let all: Vec<_> = (0..answers.len()).map(|id| Reference::Id(id.to_string())).collect();
            let (mut good, mut cursor) = (Vec::new(), None);
            loop {
                match named.days(&all, cursor.as_deref(), &World(answers)).now_or_never().unwrap() {
                    Ok(DaysReply::Page(page)) => {
                        good.extend(page.total);
                        cursor = page.next.into_cursor();
                        if cursor.is_none() {
                            return (good, None);
                        }
                    }
                    Ok(reply) => panic!("{reply:?}"),
                    Err(failure) => return (good, Some(failure.to_string())),
                }
            }
        };
        let named = NamedObjects::default();
        assert_eq!(window(&named, &[Good, Refused, Good]), (vec![0, 2], None));
        assert_eq!(window(&named, &[Good, Passing, Good]), (vec![0], Some("down".to_owned())));
        let told = Some("track 1: down".to_owned());
        assert_eq!(
            window(&named, &[Good, Passing, Good]),
            (vec![0, 2], told),
            "the others are stored before"
        );
        assert_eq!(window(&named, &[Good, Good, Good]), (vec![0, 1, 2], None));
    }

    #[test]
    fn what_is_no_trouble_of_one_object_ends_the_reading() {
        let failure = reading(&NamedObjects::default(), &[Answer::Good, Answer::NotAllowed]).unwrap_err();
        assert_eq!(failure.outcome(), "needs_reauth");
    }

    #[test]
    fn entries_are_ids_or_codes_each_once() {
        let naming = Naming {
            key: "tracks",
            word: "track",
            standard: Some(Standard::Isrc),
            is_id: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            expected: "an id or isrc: and an ISRC",
        };
        let read = |entries: &[&str]| {
            let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
            naming.references(&entries)
        };
        let names: Vec<_> = read(&["7a", " 7a ", "isrc:gb-duw-00-00059", "ISRC:GBDUW0000059"])
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["7a", "isrc:GBDUW0000059"]);
        for entry in ["", "a/b", "upc:0724384960650", "isrc:GBDUW", ":"] {
            let error = read(&[entry]).unwrap_err().to_string();
            assert!(error.starts_with("settings.tracks: ") && error.contains("expected an id"), "{error}");
        }
    }

    fn answers() -> impl Strategy<Value = Vec<Answer>> {
        let one = prop_oneof![
            Just(Answer::Good),
            Just(Answer::Gone),
            Just(Answer::Refused),
            Just(Answer::TooLarge),
            Just(Answer::Passing)
        ];
        prop::collection::vec(one, 1..8)
    }

    proptest! {
        #[test]
        fn every_object_is_read_or_said(answers in answers()) {
            let named = NamedObjects::default();
            let answering = answers.iter().any(|answer| matches!(answer, Answer::Good | Answer::Gone));
            let mut read = None;
            for _ in 0..=answers.len() * 3 {
                read = reading(&named, &answers).ok();
            }
            prop_assert_eq!(read.is_some(), answering);
            if let Some((good, pages)) = read {
                prop_assert_eq!(pages.len(), answers.len());
                let pages = pages.iter().map(|set| &set.page);
                let said = pages.filter(|page| !page.quarantined.is_empty() || !page.tombstones.is_empty());
                prop_assert_eq!(good.len() + said.count(), answers.len());
            }
        }
    }
}
