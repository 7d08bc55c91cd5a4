//! What has been read when, per (connection, account, stream): the memory behind every decision to poll.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    day::{Day, DayRange, days_between, plus_days},
    money::Currency,
    zone::zone,
};

/// Days that were completely read in one go, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRange {
    /// Which days.
    #[serde(flatten)]
    pub days: DayRange,
    /// When the reading began: what the source changed later is not in it.
    pub read_at: Timestamp,
    /// They were asked for, and the source had nothing of them yet: they have not been read, and nothing is known of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
}

/// A window that shrank suspiciously and waits for a second reading that agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    /// Which days.
    #[serde(flatten)]
    pub days: DayRange,
    /// Rows that the first reading saw.
    pub rows: u64,
}

/// An asynchronous report in progress at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Which days it covers; nothing for kinds without days.
    pub days: Option<DayRange>,
    /// The integration's own words to pick it up.
    pub token: String,
    /// Not to be asked for earlier.
    pub not_before: Timestamp,
}

/// The memory of one stream of one account. Stored in the same transaction as the rows that it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The provider's account; `""` where the connection has no accounts.
    pub account_id: String,
    /// The stream's name.
    pub stream: String,
    /// IANA zone in which its days are counted.
    pub time_zone: String,
    /// Currency of its amounts, where the account has one.
    pub currency: Option<Currency>,
    /// What has been read.
    pub progress: Progress,
    /// The stream is refused by the provider: why, and what to grant. Tried again hourly.
    #[serde(default)]
    pub forbidden: Option<Forbidden>,
}

/// Why a stream is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forbidden {
    /// What to grant, for people.
    pub advice: String,
    /// When it was last refused.
    pub since: Timestamp,
}

/// Progress by kind of stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Progress {
    /// Windows of days.
    Days(DaysProgress),
    /// A durable token.
    Feed(FeedProgress),
    /// Whole sets.
    Snapshot(SnapshotProgress),
    /// Files: each of them is remembered by itself.
    Files(FilesProgress),
}

/// Which days have been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaysProgress {
    /// Sorted by day, without overlap.
    pub ranges: Vec<ReadRange>,
    /// A report in progress.
    pub resume: Option<Resume>,
    /// A window that waits for a second reading.
    pub suspect: Option<Suspect>,
}

/// How far a feed has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedProgress {
    /// The integration's own words to go on; nothing before the first page.
    pub token: Option<String>,
    /// When the feed was last read to its end.
    pub caught_up_at: Option<Timestamp>,
    /// The token of a re-listing in progress.
    pub relist_token: Option<String>,
    /// When the last re-listing ended.
    pub relisted_at: Option<Timestamp>,
    /// When the re-listing in progress began.
    pub relist_began_at: Option<Timestamp>,
    /// The first day (UTC) from which everything was listed; nothing for what an older version listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
}

/// When a set was last read whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotProgress {
    /// When the last complete reading began.
    pub read_at: Option<Timestamp>,
    /// A report in progress.
    pub resume: Option<Resume>,
    /// What that reading could not read, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacking: Option<String>,
}

/// When files were last looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesProgress {
    /// When what lies there was last listed, and everything in it that could be loaded was.
    pub listed_at: Option<Timestamp>,
    /// The last day that a loaded file speaks of: nothing is known of later ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Day>,
    /// When a report was last seen for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Timestamp>,
    /// What waits, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacking: Option<String>,
}

/// Which days a checkpoint has anything to say about: while it stays the same, a reading can change what is shown only by
/// changing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The first and the last day; nothing before anything was read to its end.
    pub ends: Option<(Day, Day)>,
    /// How many days between the ends have been read, both included; 0 for kinds without days.
    pub days: u32,
    /// The provider refuses the stream.
    pub forbidden: bool,
}

// === impl Checkpoint ===

impl Checkpoint {
    /// The zone of its days; `None` when nobody here knows its name: then nothing can be said about them.
    pub fn zone(&self) -> Option<TimeZone> {
        zone(&self.time_zone)
    }

    /// What it speaks of now.
    pub fn reach(&self) -> Reach {
        let at_once = |instant: Option<Timestamp>| {
            let day = crate::day::day_at(instant?, &self.zone()?);
            Some((day, day))
        };
        let (ends, days) = match &self.progress {
            Progress::Days(progress) => {
                let mut read = progress.read();
                let first = read.next();
                let ends = first.map(|first| (first.days.first, read.next_back().unwrap_or(first).days.last));
                (ends, progress.read().map(|range| range.days.len_days()).sum())
            }
            Progress::Feed(feed) => (at_once(feed.caught_up_at), 0),
            Progress::Snapshot(snapshot) => (at_once(snapshot.read_at), 0),
            Progress::Files(files) => (files.last_day.map(|day| (day, day)), 0),
        };
        Reach { ends, days, forbidden: self.forbidden.is_some() }
    }

    /// End of the last day completely read, rows or none (for feeds and snapshots: when they were last read whole; for files:
    /// the end of the last day that one of them speaks of).
    pub fn data_through(&self) -> Option<Timestamp> {
        match &self.progress {
            Progress::Days(days) => {
                let zone = self.zone()?;
                days.data_through_day(&zone).map(|day| crate::day::end_of(day, &zone))
            }
            Progress::Feed(feed) => feed.caught_up_at,
            Progress::Snapshot(snapshot) => snapshot.read_at,
            Progress::Files(files) => {
                let zone = self.zone()?;
                files.last_day.map(|day| crate::day::end_of(day, &zone))
            }
        }
    }
}

// === impl DaysProgress ===

impl DaysProgress {
    /// What has been read, by day: without what was only asked for.
    pub fn read(&self) -> impl DoubleEndedIterator<Item = &ReadRange> {
        self.ranges.iter().filter(|range| !range.missing)
    }

    /// When the day was last read, or asked for in vain.
    pub fn read_at(&self, day: Day) -> Option<Timestamp> {
        let after = self.ranges.partition_point(|range| range.days.first <= day);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        range.days.contains(day).then_some(range.read_at)
    }

    /// Notes that `days` were read at `read_at`: cuts what it covers out of older entries, then joins neighbours that
    /// were read at the same instant.
    pub fn mark(&mut self, days: DayRange, read_at: Timestamp) {
        self.note(ReadRange { days, read_at, missing: false });
    }

    /// Notes that `days` were asked for at `read_at`, and the source had nothing of them yet.
    pub fn mark_missing(&mut self, days: DayRange, read_at: Timestamp) {
        self.note(ReadRange { days, read_at, missing: true });
    }

    fn note(&mut self, noted: ReadRange) {
        let days = noted.days;
        let mut ranges = Vec::with_capacity(self.ranges.len() + 2);
        for range in &self.ranges {
            if range.days.first < days.first
                && let Some(before) =
                    DayRange::new(range.days.first, range.days.last.min(plus_days(days.first, -1)))
            {
                ranges.push(ReadRange { days: before, ..*range });
            }
            if range.days.last > days.last
                && let Some(after) =
                    DayRange::new(range.days.first.max(plus_days(days.last, 1)), range.days.last)
            {
                ranges.push(ReadRange { days: after, ..*range });
            }
        }
        ranges.push(noted);
        ranges.sort_by_key(|range| range.days.first);
        ranges.dedup_by(|next, previous| {
            let joins = (previous.read_at, previous.missing) == (next.read_at, next.missing)
                && days_between(previous.days.last, next.days.first) == 1;
            if joins {
                previous.days.last = next.days.last;
            }
            joins
        });
        self.ranges = ranges;
    }

    /// Joins neighbours whose days all lie before `before` and that were read before `read_before`, keeping the earlier
    /// time of reading: such days are settled, and the checkpoint stays small over years. What was read lately keeps its
    /// time: somebody may have asked for it to be read again.
    pub fn compact(&mut self, before: Day, read_before: Timestamp) {
        self.ranges.dedup_by(|next, previous| {
            let joins = !next.missing
                && !previous.missing
                && next.days.last < before
                && next.read_at < read_before
                && previous.read_at < read_before
                && days_between(previous.days.last, next.days.first) == 1;
            if joins {
                previous.days.last = next.days.last;
                previous.read_at = previous.read_at.min(next.read_at);
            }
            joins
        });
    }

    /// The last day that was read after it was over.
    pub fn data_through_day(&self, zone: &TimeZone) -> Option<Day> {
        self.read().rev().find_map(|range| {
            let complete = plus_days(crate::day::day_at(range.read_at, zone), -1).min(range.days.last);
            (complete >= range.days.first).then_some(complete)
        })
    }

    /// The last day of the unbroken run, from the oldest day read, in which each day was read at or after its end plus
    /// `settling`. A fact is provisional while its date is after this day.
    pub fn settled_through(&self, zone: &TimeZone, settling: jiff::SignedDuration) -> Option<Day> {
        let mut settled: Option<Day> = None;
        for range in &self.ranges {
            if range.missing || settled.is_some_and(|day| plus_days(day, 1) != range.days.first) {
                break;
            }
            let Ok(cutoff) = range.read_at.checked_sub(settling) else {
                break;
            };
            let last = plus_days(crate::day::day_at(cutoff, zone), -1).min(range.days.last);
            if last >= range.days.first {
                settled = Some(last);
            }
            if last < range.days.last {
                break;
            }
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, civil::date};
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn range(first: i8, last: i8) -> DayRange {
        DayRange::new(date(2026, 11, first), date(2026, 11, last)).unwrap()
    }

    #[test]
    fn marking_cuts_what_it_covers() {
        let mut progress = DaysProgress::default();
        progress.mark(range(1, 10), at("2026-11-11T00:00:00Z"));
        progress.mark(range(4, 6), at("2026-11-12T00:00:00Z"));
        assert_eq!(progress.ranges.len(), 3);
        assert_eq!(progress.read_at(date(2026, 11, 3)), Some(at("2026-11-11T00:00:00Z")));
        assert_eq!(progress.read_at(date(2026, 11, 5)), Some(at("2026-11-12T00:00:00Z")));
        assert_eq!(progress.read_at(date(2026, 11, 11)), None);
    }

    #[test]
    fn a_day_read_before_its_end_is_not_complete() {
        let mut progress = DaysProgress::default();
        progress.mark(range(1, 24), at("2026-11-24T10:00:00Z"));
        assert_eq!(progress.data_through_day(&TimeZone::UTC), Some(date(2026, 11, 23)));
        // Three days of settling: the 20th ended at 21T00:00Z; +72 h = 24T00:00Z, which had passed.
        let settled = progress.settled_through(&TimeZone::UTC, SignedDuration::from_hours(72));
        assert_eq!(settled, Some(date(2026, 11, 20)));
    }

    #[test]
    fn a_hole_ends_the_settled_run() {
        let mut progress = DaysProgress::default();
        progress.mark(range(1, 5), at("2026-11-20T00:00:00Z"));
        progress.mark(range(7, 10), at("2026-11-20T00:00:00Z"));
        let settled = progress.settled_through(&TimeZone::UTC, SignedDuration::ZERO);
        assert_eq!(settled, Some(date(2026, 11, 5)));
    }

    #[test]
    fn what_was_asked_for_in_vain_is_not_read() {
        let mut progress = DaysProgress::default();
        let read_at = at("2026-11-24T12:00:00Z");
        progress.mark(range(1, 20), read_at);
        progress.mark_missing(range(21, 24), read_at);
        assert_eq!(progress.ranges.len(), 2, "they are not joined");
        assert_eq!(progress.read_at(date(2026, 11, 22)), Some(read_at));
        assert_eq!(progress.data_through_day(&TimeZone::UTC), Some(date(2026, 11, 20)));
        let settled =
            |progress: &DaysProgress| progress.settled_through(&TimeZone::UTC, SignedDuration::ZERO);
        assert_eq!(settled(&progress), Some(date(2026, 11, 20)));
        progress.compact(date(2026, 12, 31), at("2026-12-31T00:00:00Z"));
        assert_eq!(progress.ranges.len(), 2);
        // One of them has come, and those before it with it.
        progress.mark(range(21, 23), at("2026-11-25T12:00:00Z"));
        assert_eq!(settled(&progress), Some(date(2026, 11, 23)));
        assert_eq!(progress.read().map(|range| range.days.len_days()).sum::<u32>(), 23);
        let stored = serde_json::to_string(&progress).unwrap();
        assert_eq!(stored.matches("missing").count(), 1, "{stored}");
        assert_eq!(serde_json::from_str::<DaysProgress>(&stored).unwrap(), progress);
    }

    #[test]
    fn only_what_was_read_long_ago_is_joined() {
        let mut progress = DaysProgress::default();
        progress.mark(range(1, 3), at("2026-11-04T00:00:00Z"));
        progress.mark(range(4, 6), at("2026-11-07T00:00:00Z"));
        progress.mark(range(7, 9), at("2026-11-20T00:00:00Z"));
        progress.compact(date(2026, 11, 15), at("2026-11-18T00:00:00Z"));
        assert_eq!(progress.ranges.len(), 2);
        assert_eq!(progress.read_at(date(2026, 11, 5)), Some(at("2026-11-04T00:00:00Z")));
        assert_eq!(progress.read_at(date(2026, 11, 8)), Some(at("2026-11-20T00:00:00Z")));
    }

    #[test]
    fn the_stored_form_is_stable() {
        let mut days = DaysProgress::default();
        days.mark(range(1, 2), at("2026-11-03T00:00:00Z"));
        let checkpoint = Checkpoint {
            account_id: "1".into(),
            stream: "insights".into(),
            time_zone: "Europe/Berlin".into(),
            currency: Currency::parse("EUR").ok(),
            progress: Progress::Days(days),
            forbidden: None,
        };
        let text = serde_json::to_string(&checkpoint).unwrap();
        assert_eq!(
            text,
            r#"{"account_id":"1","stream":"insights","time_zone":"Europe/Berlin","currency":"EUR","progress":{"kind":"days","ranges":[{"first":"2026-11-01","last":"2026-11-02","read_at":"2026-11-03T00:00:00Z"}],"resume":null,"suspect":null},"forbidden":null}"#
        );
        assert_eq!(serde_json::from_str::<Checkpoint>(&text).unwrap(), checkpoint);
    }

    proptest! {
        /// The ranges always answer like a plain map from day to time of reading.
        #[test]
        fn ranges_answer_like_a_map(marks in prop::collection::vec((0_i64..60, 1_i64..20, 0_i64..1_000_000), 1..20)) {
            let origin = date(2026, 1, 1);
            let mut progress = DaysProgress::default();
            let mut model = std::collections::BTreeMap::new();
            for (start, length, second) in marks {
                let first = plus_days(origin, start);
                let days = DayRange::new(first, plus_days(first, length - 1)).unwrap();
                let read_at = Timestamp::from_second(second).unwrap();
                progress.mark(days, read_at);
                for day in days.days() {
                    model.insert(day, read_at);
                }
            }
            for offset in -2..90 {
                let day = plus_days(origin, offset);
                prop_assert_eq!(progress.read_at(day), model.get(&day).copied());
            }
            for pair in progress.ranges.windows(2) {
                prop_assert!(pair[0].days.last < pair[1].days.first);
            }
        }
    }
}
