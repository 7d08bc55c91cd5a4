//! Which accounts and streams there are, and what was read of them before.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use rows::{
    checkpoint::{Checkpoint, DaysProgress, FeedProgress, FilesProgress, Progress, SnapshotProgress},
    sink::Change,
    state::State,
    zone::zone,
};

use super::{Key, ONCE_FAILURES_MAX, Poller, trouble::Trouble};
use crate::{
    account::{Account, Accounts, Unusable},
    engine::cycle::CycleError,
    failure::Failure,
    integration::AnyIntegration,
    limits,
    reader::BoundStream,
    spec::{ConnectionSpec, StreamOverride},
    stream::{Kind, Stream},
};

/// What the configuration says about accounts, in the provider's own ids.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Those to read; empty = all that the credentials see.
    accounts: BTreeSet<String>,
    /// Those to leave out.
    excluded: BTreeSet<String>,
}

/// An account whose zone or currency is another than before: everything read of it must be forgotten in the store, because
/// such days cannot be mixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restated {
    /// The account.
    pub account_id: String,
    /// What changed, for people to see.
    pub changes: Vec<Change>,
}

/// Accounts are asked for again so often: new ones appear, zones and currencies change.
const CHECK_EVERY: Duration = Duration::from_hours(6);

// === impl Named ===

impl Named {
    pub fn of(spec: &ConnectionSpec, integration: &dyn AnyIntegration) -> Self {
        let ids = |configured: &[String]| -> BTreeSet<String> {
            configured.iter().map(|id| integration.account_id(id).into_owned()).collect()
        };
        let mut accounts = ids(&spec.accounts);
        accounts.extend(integration.known_accounts(&spec.settings));
        Self { accounts, excluded: ids(&spec.accounts_exclude) }
    }

    /// Whether it is to be read, if it is there.
    fn wants(&self, id: &str) -> bool {
        (self.accounts.is_empty() || self.accounts.contains(id)) && !self.excluded.contains(id)
    }
}

// === impl Poller ===

impl Poller {
    /// Takes up what the store knows of accounts: it is what is read and shown where the provider says nothing of them.
    pub(super) fn recall(&mut self) {
        let mut accounts = BTreeMap::new();
        for checkpoint in &self.stored {
            // Nobody can tell the days of a zone that is not known.
            if self.named.wants(&checkpoint.account_id) && checkpoint.zone().is_some() {
                accounts.entry(checkpoint.account_id.clone()).or_insert_with(|| Account {
                    id: checkpoint.account_id.clone(),
                    name: String::new(),
                    currency: checkpoint.currency,
                    time_zone: checkpoint.time_zone.clone(),
                });
            }
        }
        self.accounts = accounts.into_values().collect();
        self.take_up();
    }

    /// The provider told its accounts. Gives those of which everything must be forgotten in the store before the next step.
    pub fn checked(&mut self, result: Result<Accounts, Failure>) -> Vec<Restated> {
        self.checking = false;
        let elapsed = self.clock.elapsed();
        match result.and_then(|found| self.wanted(found)) {
            Ok(found) => {
                self.check_trouble = None;
                let restated = self.adopt(found);
                let passing = self.unusable.values().map(|trouble| trouble.until).min();
                let next = elapsed + CHECK_EVERY;
                self.check_at = Some(passing.map_or(next, |until| until.min(next)));
                restated
            }
            Err(Failure::NeedsReauth { advice }) => {
                self.needs_reauth(advice);
                Vec::new()
            }
            Err(failure) => {
                let before = self.check_trouble.take().map(|trouble| *trouble);
                let trouble = self.trouble(before, &CycleError::Source(failure));
                // What was read before goes on: the provider's word on it is hours old at most, or the store's.
                self.check_at = Some(trouble.until);
                self.check_trouble = Some(Box::new(trouble));
                Vec::new()
            }
        }
    }

    /// Without what is excluded; with what is missing, and with that set apart which nobody can read.
    fn wanted(&self, found: Accounts) -> Result<Accounts, Failure> {
        let mut wanted = Accounts { listed: found.listed, ..Accounts::default() };
        for account in found.usable.into_iter().filter(|account| !self.named.excluded.contains(&account.id)) {
            let id = account.id.clone();
            let known = if zone(&account.time_zone).is_some() {
                Ok(account)
            } else {
                // What stands there may be anything.
                let reason = format!(
                    "account {id}: its time zone is none that is known, so that its days cannot be told: correct it at the \
                     provider, or name the account in `accounts_exclude`"
                );
                Err(Failure::Permanent { reason })
            };
            wanted.add(&id, known);
        }
        let unusable = found.unusable.into_iter().filter(|one| !self.named.excluded.contains(&one.id));
        wanted.unusable.extend(unusable);
        if found.listed && self.named.accounts.is_empty() {
            let is_told = |id: &str| {
                wanted.usable.iter().any(|account| account.id == id)
                    || wanted.unusable.iter().any(|one| one.id == id)
            };
            let before: BTreeSet<&str> = self.accounts.iter().map(|account| account.id.as_str()).collect();
            let missing: Vec<_> = before.into_iter().filter(|id| !is_told(id)).map(missing).collect();
            wanted.unusable.extend(missing);
        }
        if wanted.usable.is_empty() && wanted.unusable.is_empty() {
            let reason = if self.named.excluded.is_empty() {
                "the provider names no account to read"
            } else {
                "`accounts_exclude` leaves no account to read: take one out of it, or set `enabled = false`"
            };
            return Err(Failure::Permanent { reason: reason.to_owned() });
        }
        Ok(wanted)
    }

    fn adopt(&mut self, found: Accounts) -> Vec<Restated> {
        let mut unusable = BTreeMap::new();
        let mut accounts = found.usable;
        for Unusable { id, failure } in found.unusable {
            // What it was before holds on, unless the provider's word contradicts it.
            if !matches!(failure, Failure::Permanent { .. })
                && let Some(known) = self.accounts.iter().find(|known| known.id == id)
            {
                accounts.push(known.clone());
            }
            let before = self.unusable.remove(&id);
            let trouble = self.account_trouble(&id, before, failure);
            unusable.insert(id, trouble);
        }
        self.unusable = unusable;
        let restated: Vec<Restated> = accounts.iter().filter_map(|account| self.restated(account)).collect();
        for Restated { account_id, .. } in &restated {
            self.stored.retain(|checkpoint| checkpoint.account_id != *account_id);
            self.checkpoints.retain(|key, _| key.account_id != *account_id);
        }
        self.accounts = accounts;
        self.take_up();
        restated
    }

    /// What differs from what was read before.
    fn restated(&self, account: &Account) -> Option<Restated> {
        let checkpoints = self.checkpoints.values().map(|checkpoint| &**checkpoint).chain(&self.stored);
        let mut changes = BTreeMap::new();
        for checkpoint in checkpoints.filter(|checkpoint| checkpoint.account_id == account.id) {
            if checkpoint.time_zone != account.time_zone {
                let after = Some(account.time_zone.clone());
                changes.insert("time_zone", (checkpoint.time_zone.clone(), after));
            }
            if let Some(before) = checkpoint.currency.filter(|before| account.currency != Some(*before)) {
                changes.insert(
                    "currency",
                    (before.to_string(), account.currency.map(|after| after.to_string())),
                );
            }
        }
        let change = |(kind, (before, after))| Change {
            kind,
            entity: "account",
            id: account.id.clone(),
            before: Some(before),
            after,
        };
        let changes: Vec<Change> = changes.into_iter().map(change).collect();
        (!changes.is_empty()).then(|| Restated { account_id: account.id.clone(), changes })
    }

    /// Gives every stream of every account that is read its checkpoint, and puts the others away.
    fn take_up(&mut self) {
        for account in &self.accounts {
            for stream in &self.streams {
                let key = Key { account_id: account.id.clone(), stream: stream.name };
                if self.checkpoints.contains_key(&key) {
                    continue;
                }
                let stored = self.stored.iter().position(|checkpoint| {
                    checkpoint.account_id == account.id
                        && checkpoint.stream == stream.name
                        && same_kind(&checkpoint.progress, &stream.kind)
                });
                let checkpoint =
                    stored.map_or_else(|| empty(account, stream), |index| self.stored.swap_remove(index));
                // What its last reading lacked, it lacks still.
                if let Progress::Snapshot(SnapshotProgress { lacking: Some(lacking), .. })
                | Progress::Files(FilesProgress { lacking: Some(lacking), .. }) = &checkpoint.progress
                {
                    let trouble = Trouble::lacking(lacking.clone(), self.clock.elapsed());
                    self.troubles.insert(key.clone(), trouble);
                }
                self.checkpoints.insert(key, Box::new(checkpoint));
            }
        }
        let known: HashSet<String> = self.accounts.iter().map(|account| account.id.clone()).collect();
        let gone: Vec<Key> =
            self.checkpoints.keys().filter(|key| !known.contains(&key.account_id)).cloned().collect();
        for checkpoint in gone.iter().filter_map(|key| self.checkpoints.remove(key)).collect::<Vec<_>>() {
            self.put_away(*checkpoint);
        }
        self.stored.shrink_to_fit();
        self.troubles.retain(|key, _| known.contains(&key.account_id));
        self.holes.retain(|key, _| known.contains(&key.account_id));
    }

    /// Keeps what was read of an account that is not read now: it may come back.
    pub(super) fn put_away(&mut self, checkpoint: Checkpoint) {
        self.stored.retain(|stored| {
            (&stored.account_id, &stored.stream) != (&checkpoint.account_id, &checkpoint.stream)
        });
        self.stored.push(checkpoint);
    }

    /// Whether a single run should ask once more for accounts that cannot be read now.
    pub(super) fn awaits_accounts(&self) -> bool {
        let mut troubles = self.check_trouble.as_deref().into_iter().chain(self.unusable.values());
        troubles.any(|trouble| trouble.state != State::NeedsReauth && trouble.failures < ONCE_FAILURES_MAX)
    }

    /// Accounts that should be read and are not: named in the configuration, or found and of no use; `""` where nothing at
    /// all is known of any.
    pub(super) fn unread_accounts(&self) -> BTreeSet<String> {
        let named = self.named.accounts.iter().filter(|id| self.named.wants(id));
        let mut unread: BTreeSet<String> = named.chain(self.unusable.keys()).cloned().collect();
        for account in &self.accounts {
            unread.remove(&account.id);
        }
        if self.accounts.is_empty() && unread.is_empty() {
            unread.insert(String::new());
        }
        unread
    }

    fn account_trouble(&self, id: &str, before: Option<Trouble>, failure: Failure) -> Trouble {
        let is_passing = matches!(
            failure,
            Failure::Transient { .. } | Failure::RateLimited { .. } | Failure::OverBudget { .. }
        );
        let is_forbidden =
            matches!(failure, Failure::Forbidden { .. } | Failure::Gone { .. } | Failure::NeedsReauth { .. });
        let mut trouble = self.trouble(before, &CycleError::Source(failure));
        trouble.error = about(id, &trouble.error);
        if !is_passing {
            trouble.until = self.clock.elapsed() + limits::PROBE;
            // Asking once more in the same run would not help.
            trouble.failures = ONCE_FAILURES_MAX;
        }
        if is_forbidden {
            trouble.state = State::NeedsReauth;
        }
        trouble
    }
}

/// What is wrong with an account, with its id: whoever reads it must know which one it is.
pub(super) fn about(id: &str, error: &str) -> String {
    let is_part_of_word = |beside: Option<char>| beside.is_some_and(|beside| beside.is_ascii_alphanumeric());
    let is_named = error.match_indices(id).any(|(at, _)| {
        !is_part_of_word(error[..at].chars().next_back())
            && !is_part_of_word(error[at + id.len()..].chars().next())
    });
    if id.is_empty() || is_named { error.to_owned() } else { format!("account {id}: {error}") }
}

fn missing(id: &str) -> Unusable {
    let advice = format!(
        "account {id} was read before, and the credentials do not see it any more: grant access to it again, or name it in \
         `accounts_exclude`"
    );
    Unusable { id: id.to_owned(), failure: Failure::Forbidden { advice } }
}

/// The streams as the configuration changes them; those switched off are left out.
pub(super) fn configured(streams: Vec<BoundStream>, spec: &ConnectionSpec) -> Vec<Arc<BoundStream>> {
    let configured = streams.into_iter().map(|stream| match spec.streams.get(stream.name) {
        Some(change) => stream.changed(|stream| apply(change, stream)),
        None => stream,
    });
    configured.filter(|stream| stream.enabled).map(Arc::new).collect()
}

fn apply(change: &StreamOverride, stream: &mut Stream) {
    stream.enabled = change.enabled.unwrap_or(stream.enabled);
    match &mut stream.kind {
        Kind::Days(days) => {
            if let Some(tiers) = &change.tiers {
                days.tiers.clone_from(tiers);
            }
            if let Some(lookback) = change.lookback_days {
                days.tiers.iter_mut().for_each(|tier| tier.days = tier.days.min(lookback));
                if let Some(deepest) = days.tiers.last_mut() {
                    deepest.days = lookback;
                }
            }
        }
        Kind::Feed(feed) => {
            feed.every = change.every.unwrap_or(feed.every);
            if let (Some(lookback), Some(relist)) = (change.lookback_days, &mut feed.relist) {
                relist.days = Some(lookback);
            }
        }
        Kind::Snapshot(snapshot) => snapshot.every = change.every.unwrap_or(snapshot.every),
        Kind::Files(files) => files.every = change.every.unwrap_or(files.every),
    }
}

const fn same_kind(progress: &Progress, kind: &Kind) -> bool {
    matches!(
        (progress, kind),
        (Progress::Days(_), Kind::Days(_))
            | (Progress::Feed(_), Kind::Feed(_))
            | (Progress::Snapshot(_), Kind::Snapshot(_))
            | (Progress::Files(_), Kind::Files(_))
    )
}

fn empty(account: &Account, stream: &Stream) -> Checkpoint {
    let progress = match &stream.kind {
        Kind::Days(_) => Progress::Days(DaysProgress::default()),
        Kind::Feed(_) => Progress::Feed(FeedProgress::default()),
        Kind::Snapshot(_) => Progress::Snapshot(SnapshotProgress::default()),
        Kind::Files(_) => Progress::Files(FilesProgress::default()),
    };
    Checkpoint {
        account_id: account.id.clone(),
        stream: stream.name.to_owned(),
        time_zone: account.time_zone.clone(),
        currency: account.currency,
        progress,
        forbidden: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_account_begins_with_it_unless_it_is_named() {
        let named = "the token does not see ad account act_12: assign it";
        assert_eq!(about("12", named), named);
        assert_eq!(about("2", named), format!("account 2: {named}"), "part of another number");
        assert_eq!(about("7", ""), "account 7: ");
        assert_eq!(about("", "status 500"), "status 500", "a connection without accounts");
    }
}
