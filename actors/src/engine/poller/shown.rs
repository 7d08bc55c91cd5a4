//! What a poller shows of itself.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use rows::{
    checkpoint::{Checkpoint, Progress},
    day::{end_of, start_of},
    state::State,
};

use super::{Key, Poller, accounts::about, holes::Holes};
use crate::{
    engine::status::{ConnectionStatus, StreamStatus},
    session::Signs,
    stream::Kind,
};

/// Further accounts in trouble that are named beside the worst.
const OTHERS_NAMED_MAX: usize = 5;

impl Poller {
    /// As seen from outside. `signs` are what the link says of calls under way.
    pub fn status(&self, signs: &Signs) -> ConnectionStatus {
        // Kept for as long as it holds: exactly as large as needed.
        let unread = self.unread_accounts();
        let mut streams = Vec::with_capacity(self.checkpoints.len() + unread.len() * self.streams.len());
        streams.extend(self.checkpoints.iter().filter_map(|(key, checkpoint)| self.shown(key, checkpoint)));
        streams.extend(
            unread.iter().flat_map(|id| self.streams.iter().map(|stream| self.unread(id, stream.name))),
        );
        let mut state = streams.iter().map(|stream| stream.state).min().unwrap_or(State::Starting);
        let mut worst = streams.iter().filter(|stream| stream.state == state);
        let mut error = worst
            .find_map(|stream| Some((&stream.account_id, stream.error.as_deref()?)))
            .map(|(account_id, error)| about(account_id, error) + &likewise(&streams, account_id));
        if self.check_at.is_none() {
            state = State::Starting;
        }
        if let Some(trouble) = &self.check_trouble
            && trouble.state < state
        {
            state = trouble.state;
            error = Some(trouble.error.clone());
        }
        if signs.troubled {
            state = state.min(State::BackingOff);
        } else if signs.waiting {
            state = state.min(State::WaitingQuota);
            if signs.waiting_long && error.is_none() {
                error = Some(
                    "requests wait for minutes for their turn: more is asked for than the limits allow, as configured or as \
                     the provider told them"
                        .to_owned(),
                );
            }
        }
        if self.paused && self.once.is_none() {
            state = state.min(State::Paused);
        }
        if let Some((advice, _)) = &self.reauth {
            state = state.min(State::NeedsReauth);
            error = Some(advice.clone());
        }
        if let Some(reason) = self.withheld.as_ref().or(self.stopped.as_ref()) {
            state = State::Stopped;
            error = Some(reason.clone());
        }
        // No failure by itself, so that it shows only where none does.
        let error = error.or_else(|| signs.doubt.clone());
        ConnectionStatus {
            connection: self.spec.name.clone(),
            integration: self.integration,
            tenant: self.spec.tenant.clone(),
            start_date: self.spec.start_date,
            paused: self.paused,
            state,
            last_success_at: self.last_success_at,
            next_poll_at: self.next_poll_at,
            error,
            streams,
        }
    }

    fn shown(&self, key: &Key, checkpoint: &Checkpoint) -> Option<StreamStatus> {
        let stream = self.stream(key)?;
        let trouble = self.troubles.get(key);
        let (mut state, mut error) = match (trouble, &checkpoint.forbidden) {
            (_, Some(forbidden)) => (State::NeedsReauth, Some(forbidden.advice.clone())),
            (Some(trouble), _) => (trouble.state, Some(trouble.error.clone())),
            (None, None) if self.running.contains_key(key) => (State::Polling, None),
            (None, None) => (State::Idle, None),
        };
        // What is known to be missing outlasts a success and says more than the last failure.
        if let Some(said) = self.holes.get(key).and_then(Holes::said)
            && State::BackingOff <= state
        {
            (state, error) = (State::BackingOff, Some(said));
        }
        if let Some(trouble) = self.unusable.get(&key.account_id)
            && trouble.state < state
        {
            (state, error) = (trouble.state, Some(trouble.error.clone()));
        }
        let zone = checkpoint.zone();
        let settled_through = match (&checkpoint.progress, &stream.kind, &zone) {
            (Progress::Days(progress), Kind::Days(policy), Some(zone)) => {
                progress.settled_through(zone, policy.settling)
            }
            (Progress::Files(progress), ..) => progress.last_day,
            _ => None,
        };
        Some(StreamStatus {
            account_id: key.account_id.clone(),
            stream: key.stream,
            state,
            data_through: checkpoint.data_through().or(Some(self.start(checkpoint))),
            settled_through,
            settled_through_at: settled_through.zip(zone).map(|(day, zone)| end_of(day, &zone)),
            last_file_at: match &checkpoint.progress {
                Progress::Files(progress) => progress.last_seen_at,
                _ => None,
            },
            error,
        })
    }

    /// A stream of an account that should be read and is not.
    fn unread(&self, account_id: &str, stream: &'static str) -> StreamStatus {
        let trouble = self.unusable.get(account_id).or(self.check_trouble.as_deref());
        let stored = self
            .stored
            .iter()
            .find(|checkpoint| checkpoint.account_id == account_id && checkpoint.stream == stream);
        let start = start_of(self.spec.start_date, &TimeZone::UTC);
        StreamStatus {
            account_id: account_id.to_owned(),
            stream,
            state: trouble.map_or(State::Starting, |trouble| trouble.state),
            data_through: stored.and_then(Checkpoint::data_through).or(Some(start)),
            settled_through: None,
            settled_through_at: None,
            last_file_at: None,
            error: trouble.map(|trouble| trouble.error.clone()),
        }
    }

    /// What stands for the last day read where there is none yet: its age says how much is missing.
    fn start(&self, checkpoint: &Checkpoint) -> Timestamp {
        start_of(self.spec.start_date, &checkpoint.zone().unwrap_or(TimeZone::UTC))
    }
}

/// The other accounts of which something is said, by name: a person who mends the worst should know of them.
fn likewise(streams: &[StreamStatus], worst: &str) -> String {
    let troubled = streams.iter().filter(|stream| stream.error.is_some() && stream.account_id != worst);
    let others: BTreeSet<&str> = troubled.map(|stream| stream.account_id.as_str()).collect();
    if others.is_empty() {
        return String::new();
    }
    let named: Vec<&str> = others.iter().copied().take(OTHERS_NAMED_MAX).collect();
    let more = match others.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "; there is trouble with {} {}{more}, too",
        if others.len() == 1 { "account" } else { "accounts" },
        named.join(", ")
    )
}
