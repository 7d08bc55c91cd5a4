//! Windows of days: pages are stored as they come, fast ones together; the last one's transaction also deletes what was
//! not seen and marks the checkpoint. A kill in between costs one window.

use std::collections::{BTreeMap, BTreeSet};

use rows::{
    Day, DayRange, Table,
    checkpoint::{Checkpoint, DaysProgress, Progress, Resume, Suspect},
    day::plus_days,
    fit::Fitter,
    quarantine::Quarantined,
    sink::{SeenDays, Vanish},
};
use sha2::{Digest as _, Sha256};

use super::{Cycle, CycleError, Done, trail::Trail};
use crate::{
    failure::Failure,
    limits,
    page::{DaysReply, DaysRequest, Next, Page, Pending},
    reader::ReadPage,
    stream::Days,
};

/// A request to read days again is worked within this time: until then, the checkpoint keeps when exactly each was read.
const REQUESTS_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);

/// A stream of days: how it is to be read, and what reads it.
#[derive(Clone, Copy)]
pub(super) struct DaysStream<'a> {
    pub policy: &'a Days,
    pub reader: &'a dyn ReadPage<Days>,
}

/// What a window has seen so far.
#[derive(Default)]
struct Seen {
    /// In each daily table that the stream fills.
    keys: BTreeMap<Table, SeenDays>,
    /// The window may delete nothing: a row of it was set aside, or the provider's count moved.
    unsure: bool,
    total: Option<u64>,
    /// Objects of which nothing could be read.
    spared: BTreeSet<String>,
    /// The last day of which the provider has numbers, where it is behind.
    through: Option<Day>,
    duplicates: u64,
    fitter: Fitter,
}

/// Rows of a page that are dated outside the window that was asked for.
struct Outside {
    first: Day,
    last: Day,
    rows: u64,
}

/// How one piece of a window ended.
enum Piece {
    Last(Page),
    Pending,
    Split(Vec<String>),
}

impl Cycle<'_> {
    /// Reads the days in one go, or, where that is too much, in halves.
    pub(super) async fn window(
        &mut self,
        stream: DaysStream<'_>,
        days: DayRange,
    ) -> Result<Done, CycleError> {
        let resume = self.progress().resume.clone().filter(|resume| resume.days == Some(days));
        let tables = self.task.stream.tables.iter().filter(|table| table.is_daily());
        let keys = tables.map(|table| (*table, SeenDays::new())).collect();
        let mut seen = Seen { keys, ..Seen::default() };
        match self.piece(stream, days, None, resume.map(|resume| resume.token), &mut seen).await? {
            Piece::Last(page) => self.close(stream.policy, days, page, seen).await,
            Piece::Pending => Ok(Done::Pending),
            Piece::Split(parts) => {
                if let Some((older, newer)) = days.halves() {
                    self.forget_report().await?;
                    return match Box::pin(self.window(stream, newer)).await? {
                        Done::Complete => Box::pin(self.window(stream, older)).await,
                        unfinished => Ok(unfinished),
                    };
                }
                self.parts(stream, days, parts, seen).await
            }
        }
    }

    /// Reads one day in the parts that the source split it into.
    async fn parts(
        &mut self,
        stream: DaysStream<'_>,
        days: DayRange,
        parts: Vec<String>,
        mut seen: Seen,
    ) -> Result<Done, CycleError> {
        if parts.is_empty() {
            return Err(too_much(format!("{} alone is too much for one request", days.first)));
        }
        self.forget_report().await?;
        let mut left: Vec<String> = parts.into_iter().rev().collect();
        let mut last = Page::default();
        let mut read = 0;
        while let Some(part) = left.pop() {
            read += 1;
            if read > limits::PARTS_MAX {
                return Err(too_much(format!("{} needs more than {} parts", days.first, limits::PARTS_MAX)));
            }
            // The previous part's last page: stored like any other.
            let commit = self.commit_of(std::mem::take(&mut last));
            self.gather(commit).await?;
            match self.piece(stream, days, Some(part), None, &mut seen).await? {
                Piece::Last(page) => last = page,
                Piece::Split(smaller) if smaller.is_empty() => {
                    return Err(too_much(format!("a part of {} cannot be made smaller", days.first)));
                }
                Piece::Split(smaller) => left.extend(smaller.into_iter().rev()),
                Piece::Pending => return Ok(Done::Pending),
            }
        }
        self.close(stream.policy, days, last, seen).await
    }

    /// Reads all pages of a window or part; gives the last one, which is not stored yet.
    async fn piece(
        &mut self,
        stream: DaysStream<'_>,
        days: DayRange,
        part: Option<String>,
        mut resume: Option<String>,
        seen: &mut Seen,
    ) -> Result<Piece, CycleError> {
        let mut cursor: Option<String> = None;
        let mut trail = Trail::of_set(self.context.link.source().walks_own_list());
        loop {
            let resumed = resume.take();
            let request = DaysRequest {
                account: &self.task.account,
                days,
                part: part.as_deref(),
                cursor: cursor.as_deref(),
                resume: resumed.as_deref(),
                now: self.began_at,
            };
            let reply = match self.ask(stream.reader.read(&self.session, request)).await {
                Err(CycleError::Source(Failure::TooMuch { .. })) => DaysReply::Split { parts: Vec::new() },
                reply => reply?,
            };
            let mut page = match reply {
                DaysReply::Page(page) => self.counted(page),
                DaysReply::Split { parts } => return Ok(Piece::Split(parts)),
                DaysReply::Pending(Pending { resume: token, not_before }) if part.is_some() => {
                    // A part's report is waited for here: the window's other parts are in memory only.
                    let now = self.context.link.agreed_now();
                    let wait = self.look_again_at(not_before).duration_since(now);
                    let wait = self.context.clock.sleep(wait.try_into().unwrap_or_default());
                    self.unless_stopping(wait).await?;
                    resume = Some(token);
                    continue;
                }
                DaysReply::Pending(Pending { resume: token, not_before }) => {
                    let not_before = self.look_again_at(not_before);
                    self.keep_report(Resume { days: Some(days), token, not_before }).await?;
                    return Ok(Piece::Pending);
                }
            };
            self.take(&mut page, days, seen)?;
            let lost = trail.follow(&page).err();
            match std::mem::take(&mut page.next) {
                Next::End(_) => return Ok(Piece::Last(page)),
                Next::More(next) => cursor = Some(next),
            }
            // Its rows are good, wherever it leads.
            let commit = self.commit_of(page);
            self.gather(commit).await?;
            if let Some(lost) = lost {
                return Err(lost);
            }
        }
    }

    /// Notes what the page holds; drops rows outside the window.
    fn take(&self, page: &mut Page, days: DayRange, seen: &mut Seen) -> Result<(), CycleError> {
        let mut outside: Option<Outside> = None;
        page.rows.retain(|row| match row.day() {
            Some(day) if !days.contains(day) => {
                outside.get_or_insert(Outside { first: day, last: day, rows: 0 }).note(day);
                false
            }
            _ => true,
        });
        let inside = |day: Option<Day>| day.is_none_or(|day| days.contains(day));
        if page.spared.is_empty() {
            seen.unsure |= page.quarantined.iter().any(|quarantined| inside(quarantined.day));
        }
        seen.spared.extend(page.spared.drain(..));
        page.quarantined.append(&mut self.fit(&mut seen.fitter, &mut page.rows));
        for row in &page.rows {
            if let (Some(keys), Some(day)) = (seen.keys.get_mut(&row.table()), row.day())
                && !keys.insert((row.entity(), day))
            {
                seen.duplicates += 1;
            }
        }
        if seen.rows() > limits::WINDOW_KEYS_MAX {
            return Err(too_much(format!("more than {} rows in one window", limits::WINDOW_KEYS_MAX)));
        }
        if let Some(total) = page.total {
            seen.unsure |= seen.total.is_some_and(|before| before != total);
            seen.total = Some(total);
        }
        seen.through = seen.through.max(page.through);
        // Set aside only now: rows of other days make these no less sure.
        if let Some(outside) = outside {
            let (integration, stream) = (self.context.integration, self.task.stream.name);
            self.context.observer.dropped(integration, stream, outside.rows);
            page.quarantined.push(outside.quarantined(&self.task.account.id, stream, days));
        }
        Ok(())
    }

    /// The window's last transaction.
    async fn close(
        &mut self,
        policy: &Days,
        days: DayRange,
        page: Page,
        seen: Seen,
    ) -> Result<Done, CycleError> {
        let count = seen.rows() as u64;
        if seen.duplicates > 0 {
            tracing::warn!(
                connection = self.context.spec.name,
                stream = self.task.stream.name,
                duplicates = seen.duplicates,
                "the provider gave keys twice in one window: the last one stands"
            );
        }
        let suspect = self.progress().suspect;
        let confirmed = suspect.is_some_and(|suspect| suspect.days == days && suspect.rows == count);
        // Of days that have not come yet, nothing is gone.
        let known = seen.through.map_or(Some(days), |last| DayRange::new(days.first, last.min(days.last)));
        let checkpoint = self.marked(policy, days, known);
        let mut commit = self.with_checkpoint(self.commit_of(page), checkpoint);
        if let Some(days) = known.filter(|_| !seen.unsure) {
            commit.vanish = Some(Vanish::Days {
                days,
                level: policy.level,
                seen: seen.keys,
                spared: seen.spared,
                confirmed,
            });
        }
        let committed = self.store(commit).await?;
        let Some(shrunk) = committed.shrunk else { return Ok(Done::Complete) };
        tracing::warn!(
            connection = self.context.spec.name,
            stream = self.task.stream.name,
            days = %format_args!("{}..{}", days.first, days.last),
            stored = shrunk.stored,
            seen = shrunk.seen,
            "the window shrank: read once more before anything is deleted"
        );
        self.suspect(Some(Suspect { days, rows: count })).await?;
        Ok(Done::Unconfirmed)
    }

    fn progress(&self) -> &DaysProgress {
        static NONE: DaysProgress = DaysProgress { ranges: Vec::new(), resume: None, suspect: None };
        match &self.checkpoint.progress {
            Progress::Days(progress) => progress,
            _ => &NONE,
        }
    }

    fn changed(&self, change: impl FnOnce(&mut DaysProgress)) -> Checkpoint {
        let mut checkpoint = self.checkpoint.clone();
        if let Progress::Days(progress) = &mut checkpoint.progress {
            change(progress);
        }
        checkpoint
    }

    /// The checkpoint once `days` have been asked for, and `known` of them have been read.
    fn marked(&self, policy: &Days, days: DayRange, known: Option<DayRange>) -> Checkpoint {
        let settled_before = self.compactable(policy);
        let read_before = self.began_at.checked_sub(REQUESTS_KEPT).unwrap_or(self.began_at);
        let mut checkpoint = self.changed(|progress| {
            if known != Some(days) {
                progress.mark_missing(days, self.began_at);
            }
            if let Some(known) = known {
                progress.mark(known, self.began_at);
            }
            progress.resume = None;
            if progress.suspect.is_some_and(|suspect| suspect.days.intersection(&days).is_some()) {
                progress.suspect = None;
            }
            if let Some(before) = settled_before {
                progress.compact(before, read_before);
            }
        });
        checkpoint.forbidden = None;
        checkpoint
    }

    /// Days before this one are never read again and have settled.
    fn compactable(&self, policy: &Days) -> Option<Day> {
        let Days { tiers, settling, .. } = policy;
        let lookback = tiers.iter().map(|tier| i64::from(tier.days)).max().unwrap_or(0);
        let settling_days = settling.as_hours() / 24 + 1;
        let today = rows::day::day_at(self.began_at, &self.checkpoint.zone()?);
        Some(plus_days(today, -(lookback.max(settling_days) + 2)))
    }

    async fn keep_report(&mut self, resume: Resume) -> Result<(), CycleError> {
        let checkpoint = self.changed(|progress| progress.resume = Some(resume));
        self.store_checkpoint(checkpoint).await
    }

    async fn forget_report(&mut self) -> Result<(), CycleError> {
        if self.progress().resume.is_none() {
            return Ok(());
        }
        let checkpoint = self.changed(|progress| progress.resume = None);
        self.store_checkpoint(checkpoint).await
    }

    async fn suspect(&mut self, suspect: Option<Suspect>) -> Result<(), CycleError> {
        let checkpoint = self.changed(|progress| progress.suspect = suspect);
        self.store_checkpoint(checkpoint).await
    }

    async fn store_checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), CycleError> {
        let commit = self.with_checkpoint(self.commit_of(Page::default()), checkpoint);
        self.store(commit).await.map(drop)
    }
}

// === impl Seen ===

impl Seen {
    /// How many, over all tables.
    fn rows(&self) -> usize {
        self.keys.values().map(SeenDays::len).sum()
    }
}

// === impl Outside ===

impl Outside {
    fn note(&mut self, day: Day) {
        self.first = self.first.min(day);
        self.last = self.last.max(day);
        self.rows += 1;
    }

    /// One entry for all of them, and the same one for the next page: a provider that heeds no dates sends very many.
    fn quarantined(&self, account_id: &str, stream: &str, asked: DayRange) -> Quarantined {
        let Self { first, last, rows } = self;
        let hash = Sha256::digest(format!("date_outside_window\n{stream}\n{account_id}"));
        Quarantined {
            reason: "date_outside_window",
            detail: format!(
                "expected days from {} to {}, found {rows} rows dated {first} to {last}: they were left out",
                asked.first, asked.last
            ),
            place: format!("stream {stream}"),
            hash: hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")),
            fields: Vec::new(),
            day: None,
        }
    }
}

const fn too_much(reason: String) -> CycleError {
    CycleError::Source(Failure::Permanent { reason })
}
