//! How far requests for days of the past are, and what cannot be read of them.

use jiff::Timestamp;
use rows::{
    Day, DayRange,
    checkpoint::{Checkpoint, Progress},
    day::day_at,
    sink::BackfillRequest,
};

use super::Poller;
use crate::{
    engine::schedule,
    stream::{Kind, Stream},
};

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackfillState {
    /// So many days are left, counted once for every stream and account.
    Left(u32),
    /// It has ended though not all was read: why, and what can be read.
    Ended(String),
}

/// What one stream of one account has of a request.
enum Share {
    /// So many days are left. The provider keeps none before that one.
    Left { days: u32, kept_from: Option<Day> },
    /// They have not begun.
    Future,
    /// The provider does not permit the stream: what to grant.
    Forbidden(String),
}

impl Poller {
    /// How far each request is, as far as that is known.
    pub fn backfills(&self, agreed_now: Timestamp) -> Vec<(i64, BackfillState)> {
        if self.stopped.is_some() {
            return Vec::new();
        }
        let state = |request: &BackfillRequest| {
            let state = match self.refusal() {
                Some(reason) => BackfillState::Ended(reason),
                None => self.state(request, agreed_now)?,
            };
            Some((request.id, state))
        };
        self.backfills.iter().filter_map(state).collect()
    }

    /// Why nothing can be read that anybody asks for.
    fn refusal(&self) -> Option<String> {
        let name = &self.spec.name;
        if !self.streams.iter().any(|stream| reads_the_past(stream)) {
            return Some(format!(
                "{name} has no days to read again: its streams tell what is there now ({})",
                self.integration
            ));
        }
        if self.paused && self.once.is_none() {
            return Some(format!(
                "{name} is paused and reads nothing: `dynamoi resume --connection {name}`, then ask again"
            ));
        }
        if let Some(reason) = &self.withheld {
            return Some(format!("{name} reads nothing: {reason}"));
        }
        let (advice, _) = self.reauth.as_ref()?;
        Some(format!("{name} reads nothing until it is authorised: {advice}"))
    }

    /// None until its accounts are known.
    fn state(&self, request: &BackfillRequest, agreed_now: Timestamp) -> Option<BackfillState> {
        let mut is_known = false;
        let mut left = 0;
        let mut reasons: Vec<String> = Vec::new();
        for (key, checkpoint) in &self.checkpoints {
            let Some(stream) = self.stream(key) else { continue };
            let asked_at = schedule::agreed(request.requested_at, &self.plan(stream, agreed_now));
            let Some(share) = share(request, asked_at, checkpoint, stream, agreed_now) else { continue };
            is_known = true;
            let reason = match share {
                Share::Left { days, kept_from } => {
                    left += days;
                    kept_from.map(|day| format!("{}: the provider keeps no day before {day}", key.stream))
                }
                Share::Future => Some(format!("{}: these days have not begun", key.stream)),
                Share::Forbidden(advice) => Some(format!("{}: not permitted: {advice}", key.stream)),
            };
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
        is_known.then(|| match (left, reasons.is_empty()) {
            (0, false) => BackfillState::Ended(reasons.join("; ")),
            (left, _) => BackfillState::Left(left),
        })
    }
}

const fn reads_the_past(stream: &Stream) -> bool {
    match &stream.kind {
        Kind::Days(_) => true,
        Kind::Feed(feed) => feed.relist.is_some(),
        Kind::Snapshot(_) | Kind::Files(_) => false,
    }
}

/// None where the stream has no past.
fn share(
    request: &BackfillRequest,
    asked_at: Timestamp,
    checkpoint: &Checkpoint,
    stream: &Stream,
    now: Timestamp,
) -> Option<Share> {
    if !reads_the_past(stream) {
        return None;
    }
    if let Some(forbidden) = &checkpoint.forbidden {
        return Some(Share::Forbidden(forbidden.advice.clone()));
    }
    let today = day_at(now, &checkpoint.zone()?);
    if request.days.first > today {
        return Some(Share::Future);
    }
    let is_left = |read_at: Option<Timestamp>| read_at.is_none_or(|at| at < asked_at);
    match (&checkpoint.progress, &stream.kind) {
        (Progress::Days(progress), Kind::Days(policy)) => {
            let oldest = schedule::kept_from(policy, today);
            let last = request.days.last.min(today);
            let days = DayRange::new(request.days.first.max(oldest), last);
            let days = days.iter().flat_map(DayRange::days);
            let left = days.filter(|day| is_left(progress.read_at(*day))).count();
            let kept_from = (oldest > request.days.first).then_some(oldest);
            Some(Share::Left { days: u32::try_from(left).unwrap_or(u32::MAX), kept_from })
        }
        (Progress::Feed(progress), _) => {
            Some(Share::Left { days: u32::from(is_left(progress.relisted_at)), kept_from: None })
        }
        _ => None,
    }
}
