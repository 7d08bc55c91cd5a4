//! What is due: one pure function of a checkpoint, a stream's policy and the time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rows::{
    Day, DayRange,
    checkpoint::{Checkpoint, DaysProgress, FeedProgress, Progress, Resume, SnapshotProgress},
    day::{day_at, days_between, plus_days, start_of},
    sink::BackfillRequest,
};

use crate::{
    limits,
    page::Lane,
    session::quota::Urgency,
    stream::{DAILY, Days, Feed, Kind, Snapshot, Stream},
};

/// One piece of work: a cycle's whole task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Read these days in one go.
    Window {
        /// Which days.
        days: DayRange,
        /// Why.
        reason: Reason,
    },
    /// Follow a feed.
    Feed {
        /// Which of its readings.
        lane: Lane,
        /// The first day of interest.
        start: Day,
    },
    /// Read the whole set.
    Snapshot,
    /// Look what files lie there, and load what is new.
    Files,
}

/// Why days are read, in the order in which they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A report that was asked for and may be ready.
    Report,
    /// The newest days.
    Fresh,
    /// A person asked.
    Requested,
    /// The days that may still move.
    Deep,
    /// A hole between days that were read.
    Gap,
    /// Days never read.
    Backfill,
}

/// What [`due`] needs to know beside the checkpoint.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The stream, changes from the configuration applied.
    pub stream: &'a Stream,
    /// Where history begins.
    pub start: Day,
    /// The time on which both clocks agree.
    pub now: Timestamp,
    /// How far that is behind our own clock, by which what follows is dated.
    pub lag: SignedDuration,
    /// Set when everything is to be read once, due or not: when that run began.
    pub once_since: Option<Timestamp>,
    /// What people asked for.
    pub backfills: &'a [BackfillRequest],
    /// Everything is to be read as if it was due: when that was asked for.
    pub poll_requested_at: Option<Timestamp>,
    /// Feeds have something new, as their provider said by itself: when it did.
    pub news_at: Option<Timestamp>,
}

// === impl Work ===

impl Work {
    /// Its place in the line: lower goes first.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Window { reason, .. } => *reason as u8,
            Self::Snapshot | Self::Files | Self::Feed { lane: Lane::Tail, .. } => Reason::Fresh as u8,
            Self::Feed { lane: Lane::Relist, .. } => Reason::Deep as u8,
        }
    }

    /// How it stands at the gates.
    pub const fn urgency(&self) -> Urgency {
        match self {
            Self::Window { reason: Reason::Deep | Reason::Gap | Reason::Backfill, .. }
            | Self::Feed { lane: Lane::Relist, .. } => Urgency::Deep,
            _ => Urgency::Fresh,
        }
    }
}

/// What is due now, in the order in which it should be done.
pub fn due(checkpoint: &Checkpoint, plan: &Plan<'_>) -> Vec<Work> {
    if let Some(forbidden) = &checkpoint.forbidden
        && !asked_since(Some(forbidden.since), plan)
        && !interval_over(forbidden.since, limits::PROBE, &TimeZone::UTC, plan.now)
    {
        return Vec::new();
    }
    // Accounts in a zone that nobody knows are not taken up (`poller::accounts`).
    let Some(zone) = checkpoint.zone() else { return Vec::new() };
    match (&checkpoint.progress, &plan.stream.kind) {
        (Progress::Days(progress), Kind::Days(policy)) => days_due(progress, policy, &zone, plan),
        (Progress::Feed(progress), Kind::Feed(policy)) => feed_due(progress, policy, &zone, plan),
        (Progress::Snapshot(progress), Kind::Snapshot(policy)) => snapshot_due(progress, policy, &zone, plan),
        (Progress::Files(progress), Kind::Files(policy)) => {
            whole_due(progress.listed_at, policy.every, Work::Files, &zone, plan)
        }
        // A stream whose kind changed: its checkpoint is of no use and was replaced when the connection started.
        _ => Vec::new(),
    }
}

/// When something may be due next, if nothing is now. Never later than that; asking earlier is harmless.
pub fn next_at(checkpoint: &Checkpoint, plan: &Plan<'_>) -> Timestamp {
    let next = next_reading(checkpoint, plan);
    match &checkpoint.forbidden {
        // What is asked for again then must be due as well: it may have been read just before it was forbidden.
        Some(forbidden) => after(forbidden.since, limits::PROBE).max(next),
        None => next,
    }
}

fn next_reading(checkpoint: &Checkpoint, plan: &Plan<'_>) -> Timestamp {
    let Some(zone) = checkpoint.zone() else { return after(plan.now, limits::PROBE) };
    let turn = start_of(plus_days(day_at(plan.now, &zone), 1), &zone);
    let next = match (&checkpoint.progress, &plan.stream.kind) {
        (Progress::Days(progress), Kind::Days(policy)) => {
            if let Some(resume) = &progress.resume {
                return resume.not_before;
            }
            let today = day_at(plan.now, &zone);
            policy
                .tiers
                .iter()
                .filter(|tier| tier.every < DAILY)
                .filter_map(|tier| {
                    let oldest =
                        (0..i64::from(tier.days)).filter_map(|age| progress.read_at(plus_days(today, -age)));
                    oldest.min().map(|read_at| after(read_at, tier.every))
                })
                .min()
        }
        (Progress::Feed(progress), Kind::Feed(policy)) => {
            progress.caught_up_at.map(|at| after(at, tail_every(at, policy, plan)))
        }
        (Progress::Snapshot(progress), Kind::Snapshot(policy)) => {
            if let Some(resume) = &progress.resume {
                return resume.not_before;
            }
            progress.read_at.filter(|_| policy.every < DAILY).map(|at| after(at, policy.every))
        }
        (Progress::Files(progress), Kind::Files(policy)) => {
            progress.listed_at.filter(|_| policy.every < DAILY).map(|at| after(at, policy.every))
        }
        _ => None,
    };
    next.map_or(turn, |next| next.min(turn))
}

/// How long after it was due this work begins; zero for what is never late.
pub fn lateness(checkpoint: &Checkpoint, plan: &Plan<'_>, work: &Work) -> Duration {
    let due_at = match (&checkpoint.progress, &plan.stream.kind, work) {
        (Progress::Feed(progress), Kind::Feed(policy), Work::Feed { lane: Lane::Tail, .. }) => {
            progress.caught_up_at.map(|at| after(at, tail_every(at, policy, plan)))
        }
        (Progress::Snapshot(progress), Kind::Snapshot(policy), Work::Snapshot) if policy.every < DAILY => {
            progress.read_at.map(|at| after(at, policy.every))
        }
        (Progress::Files(progress), Kind::Files(policy), Work::Files) if policy.every < DAILY => {
            progress.listed_at.map(|at| after(at, policy.every))
        }
        (Progress::Days(progress), Kind::Days(policy), Work::Window { days, reason: Reason::Fresh }) => {
            policy.tiers.first().and_then(|tier| progress.read_at(days.last).map(|at| after(at, tier.every)))
        }
        _ => None,
    };
    due_at.and_then(|at| Duration::try_from(plan.now.duration_since(at)).ok()).unwrap_or_default()
}

fn days_due(progress: &DaysProgress, policy: &Days, zone: &TimeZone, plan: &Plan<'_>) -> Vec<Work> {
    if let Some(resume) = &progress.resume {
        // One report at a time; nothing else of this stream runs beside it.
        let Some(days) = resume.days.filter(|_| is_ready(resume, plan.now)) else { return Vec::new() };
        return vec![Work::Window { days, reason: Reason::Report }];
    }
    let today = day_at(plan.now, zone);
    let oldest = plan.start.max(kept_from(policy, today));
    let Some(history) = DayRange::new(oldest, today) else { return Vec::new() };
    let first_read = progress.ranges.first().map(|range| range.days.first);
    let fresh_days = policy.tiers.first().map_or(1, |tier| i64::from(tier.days.max(1)));
    let lookback = policy.tiers.iter().map(|tier| i64::from(tier.days)).max().unwrap_or(1);

    // A single run reads all of history again; else only the look-back is.
    let lookback = if plan.once_since.is_some() { i64::MAX } else { lookback };
    // Newest first. Days inside the look-back one by one, the rest by walking over what was read.
    let mut found: Vec<(Day, Reason)> = Vec::new();
    let mut day = today;
    while day >= history.first && days_between(day, today) < lookback {
        let age = days_between(day, today);
        let read_at = progress.read_at(day);
        let due = read_at.is_none_or(|read_at| {
            asked_since(Some(read_at), plan)
                || policy.tiers.iter().any(|tier| {
                    age < i64::from(tier.days) && interval_over(read_at, tier.every, zone, plan.now)
                })
        });
        if due {
            let reason = match read_at {
                _ if age < fresh_days => Reason::Fresh,
                Some(_) => Reason::Deep,
                None => never_read(day, first_read),
            };
            found.push((day, reason));
        }
        day = plus_days(day, -1);
    }
    let mut works = windows(&found, policy);
    works.extend(holes(progress, day, history.first, first_read, policy));
    works.extend(requested(progress, today, policy, plan));
    works.sort_by_key(|work| (work.rank(), read_longest_ago(progress, work)));
    works
}

/// When a day of a window that is read again was last read. Of several such windows the one that waits longest goes first:
/// where more is due than can be read, newest first would never come to the oldest.
fn read_longest_ago(progress: &DaysProgress, work: &Work) -> Timestamp {
    match work {
        Work::Window { days, reason: Reason::Fresh | Reason::Deep } => {
            days.days().map(|day| progress.read_at(day).unwrap_or(Timestamp::MIN)).min()
        }
        _ => None,
    }
    .unwrap_or(Timestamp::MIN)
}

/// Why a day that was never read is read: a hole between days that were, or history.
fn never_read(day: Day, first_read: Option<Day>) -> Reason {
    if first_read.is_some_and(|first| day > first) { Reason::Gap } else { Reason::Backfill }
}

/// Joins neighbouring days into windows, newest first. A window that reaches into the fresh days is fresh as a whole:
/// a deeper tier that is due absorbs the shallower ones.
fn windows(found: &[(Day, Reason)], policy: &Days) -> Vec<Work> {
    let mut works: Vec<Work> = Vec::new();
    for &(day, reason) in found {
        if let Some(Work::Window { days, reason: before }) = works.last_mut()
            && days_between(day, days.first) == 1
            && days.len_days() < policy.window_days_max.max(1)
            && (*before == reason || matches!((*before, reason), (Reason::Fresh, Reason::Deep)))
        {
            days.first = day;
            continue;
        }
        works.push(Work::Window { days: DayRange::day(day), reason });
    }
    works
}

/// Days from `newest` down to `oldest` that were never read, newest first, cut into windows.
fn holes(
    progress: &DaysProgress,
    newest: Day,
    oldest: Day,
    first_read: Option<Day>,
    policy: &Days,
) -> Vec<Work> {
    let mut works = Vec::new();
    let mut upper = newest;
    let mut hole = |first: Day, last: Day| {
        let Some(days) = DayRange::new(first, last) else { return };
        works.extend(cut(days, never_read(last, first_read), policy));
    };
    for range in progress.read().rev() {
        if range.days.first > upper {
            continue;
        }
        if range.days.last < oldest {
            break;
        }
        hole(plus_days(range.days.last, 1).max(oldest), upper);
        upper = plus_days(range.days.first, -1);
    }
    hole(oldest, upper);
    works
}

/// The first day that the provider answers at all.
pub fn kept_from(policy: &Days, today: Day) -> Day {
    policy.history_days_max.map_or(Day::MIN, |days| plus_days(today, 1 - i64::from(days)))
}

/// What people asked for and was not read since.
fn requested(progress: &DaysProgress, today: Day, policy: &Days, plan: &Plan<'_>) -> Vec<Work> {
    let mut found = Vec::new();
    for request in plan.backfills {
        // A person may ask for days before the start date, but not for more than the provider keeps.
        let oldest = kept_from(policy, today);
        let Some(days) = DayRange::new(request.days.first.max(oldest), request.days.last.min(today)) else {
            continue;
        };
        for day in days.days().rev() {
            if progress.read_at(day).is_none_or(|read_at| read_at < agreed(request.requested_at, plan)) {
                found.push((day, Reason::Requested));
            }
        }
    }
    windows(&found, policy)
}

fn cut(days: DayRange, reason: Reason, policy: &Days) -> Vec<Work> {
    let width = i64::from(policy.window_days_max.max(1));
    let mut works = Vec::new();
    let mut last = days.last;
    while last >= days.first {
        let first = plus_days(last, 1 - width).max(days.first);
        works.push(Work::Window { days: DayRange { first, last }, reason });
        last = plus_days(first, -1);
    }
    works
}

fn feed_due(progress: &FeedProgress, policy: &Feed, zone: &TimeZone, plan: &Plan<'_>) -> Vec<Work> {
    let mut works = Vec::new();
    let caught_up = progress.caught_up_at;
    if caught_up.is_none_or(|at| {
        asked_since(Some(at), plan) || interval_over(at, tail_every(at, policy, plan), zone, plan.now)
    }) {
        works.push(Work::Feed { lane: Lane::Tail, start: plan.start });
    }
    // The first listing is as good as a re-listing: it is the tail's to begin with.
    if let (Some(relist), Some(relisted_at)) = (&policy.relist, progress.relisted_at) {
        let in_progress = progress.relist_token.is_some();
        let asked = plan.once_since.is_some() && asked_since(Some(relisted_at), plan);
        let requests =
            plan.backfills.iter().filter(|request| agreed(request.requested_at, plan) > relisted_at);
        let requested = requests.map(|request| request.days.first).min();
        if in_progress
            || asked
            || requested.is_some()
            || interval_over(relisted_at, relist.every, zone, plan.now)
        {
            let began = progress.relist_began_at.filter(|_| in_progress).unwrap_or(plan.now);
            let recent = relist.days.filter(|_| plan.once_since.is_none());
            let start = recent.map_or(plan.start, |days| {
                plan.start.max(plus_days(day_at(began, &TimeZone::UTC), -i64::from(days)))
            });
            works.push(Work::Feed {
                lane: Lane::Relist,
                start: requested.map_or(start, |first| first.min(start)),
            });
        }
    }
    works
}

fn snapshot_due(
    progress: &SnapshotProgress,
    policy: &Snapshot,
    zone: &TimeZone,
    plan: &Plan<'_>,
) -> Vec<Work> {
    if let Some(resume) = &progress.resume {
        return if is_ready(resume, plan.now) { vec![Work::Snapshot] } else { Vec::new() };
    }
    whole_due(progress.read_at, policy.every, Work::Snapshot, zone, plan)
}

/// What is read as a whole every so often, and was last read then.
fn whole_due(
    read_at: Option<Timestamp>,
    every: Duration,
    work: Work,
    zone: &TimeZone,
    plan: &Plan<'_>,
) -> Vec<Work> {
    let due =
        read_at.is_none_or(|at| asked_since(Some(at), plan) || interval_over(at, every, zone, plan.now));
    if due { vec![work] } else { Vec::new() }
}

/// Whether a report may be looked at. A time further away than any that is kept was noted by a clock that was wrong.
fn is_ready(resume: &Resume, now: Timestamp) -> bool {
    resume.not_before <= now || resume.not_before.duration_since(now) > limits::PENDING_MAX
}

/// How long after a tail was caught up its next reading is due: soon, where the provider has told of news since. Not at once,
/// because where there is one there are more.
fn tail_every(caught_up_at: Timestamp, policy: &Feed, plan: &Plan<'_>) -> Duration {
    let has_news = plan.news_at.is_some_and(|at| caught_up_at < agreed(at, plan));
    if has_news { policy.every.min(limits::NEWS_EVERY) } else { policy.every }
}

/// Whether what was read then is to be read again because someone said so.
fn asked_since(read_at: Option<Timestamp>, plan: &Plan<'_>) -> bool {
    let asked = plan.once_since.max(plan.poll_requested_at).map(|asked| agreed(asked, plan));
    matches!((read_at, asked), (Some(read_at), Some(asked)) if read_at < asked)
}

/// A time by our own clock, on the one on which both agree.
pub fn agreed(at: Timestamp, plan: &Plan<'_>) -> Timestamp {
    at.checked_sub(plan.lag).unwrap_or(at)
}

/// Whether `every` has passed since `read_at`. Days are counted as the account's: over once they have turned. A time of
/// reading that lies in the future (this machine's clock was wrong) counts as long ago.
fn interval_over(read_at: Timestamp, every: Duration, zone: &TimeZone, now: Timestamp) -> bool {
    let age = now.duration_since(read_at);
    if age < -limits::CLOCK_SKEW_MAX {
        return true;
    }
    if every >= DAILY {
        let days = i64::try_from(every.as_secs() / DAILY.as_secs()).unwrap_or(i64::MAX);
        return days_between(day_at(read_at, zone), day_at(now, zone)) >= days;
    }
    age >= SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX)
}

fn after(at: Timestamp, every: Duration) -> Timestamp {
    at.checked_add(SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
}
