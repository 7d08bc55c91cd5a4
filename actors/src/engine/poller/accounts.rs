//! Which accounts and streams there are, and what was read of them before.

use std::{collections::HashSet, sync::Arc};

use rows::ledger::{DaysProgress, FeedProgress, Ledger, Progress, SnapshotProgress};

use super::{Key, Poller};
use crate::{
    integration::{Account, ConnectionSpec},
    stream::{Kind, Stream},
};

impl Poller {
    pub(super) fn adopt(&mut self, accounts: Vec<Account>) -> Vec<String> {
        let mut changed = Vec::new();
        for account in &accounts {
            let differs = |ledger: &Ledger| {
                ledger.account_id == account.id
                    && (ledger.time_zone != account.time_zone
                        || (ledger.currency.is_some() && ledger.currency != account.currency))
            };
            if self.ledgers.values().any(|ledger| differs(ledger)) || self.stored.iter().any(differs) {
                changed.push(account.id.clone());
                self.stored.retain(|ledger| ledger.account_id != account.id);
                self.ledgers.retain(|key, _| key.account_id != account.id);
            }
            for stream in &self.streams {
                let key = Key { account_id: account.id.clone(), stream: stream.name };
                if self.ledgers.contains_key(&key) {
                    continue;
                }
                let stored = self.stored.iter().position(|ledger| {
                    ledger.account_id == account.id
                        && ledger.stream == stream.name
                        && same_kind(&ledger.progress, &stream.kind)
                });
                let ledger =
                    stored.map_or_else(|| empty(account, stream), |index| self.stored.swap_remove(index));
                self.ledgers.insert(key, Box::new(ledger));
            }
        }
        self.stored.shrink_to_fit();
        let known: HashSet<_> = accounts.iter().map(|account| account.id.as_str()).collect();
        self.ledgers.retain(|key, _| known.contains(key.account_id.as_str()));
        self.troubles.retain(|key, _| known.contains(key.account_id.as_str()));
        self.accounts = accounts;
        changed
    }
}

/// The streams as the configuration changes them; those switched off are left out.
pub(super) fn configured(streams: Vec<Stream>, spec: &ConnectionSpec) -> Vec<Arc<Stream>> {
    let apply = |mut stream: Stream| {
        if let Some(change) = spec.streams.get(stream.name) {
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
            }
        }
        stream.enabled.then(|| Arc::new(stream))
    };
    streams.into_iter().filter_map(apply).collect()
}

const fn same_kind(progress: &Progress, kind: &Kind) -> bool {
    matches!(
        (progress, kind),
        (Progress::Days(_), Kind::Days(_))
            | (Progress::Feed(_), Kind::Feed(_))
            | (Progress::Snapshot(_), Kind::Snapshot(_))
    )
}

fn empty(account: &Account, stream: &Stream) -> Ledger {
    let progress = match &stream.kind {
        Kind::Days(_) => Progress::Days(DaysProgress::default()),
        Kind::Feed(_) => Progress::Feed(FeedProgress::default()),
        Kind::Snapshot(_) => Progress::Snapshot(SnapshotProgress::default()),
    };
    Ledger {
        account_id: account.id.clone(),
        stream: stream.name.to_owned(),
        time_zone: account.time_zone.clone(),
        currency: account.currency,
        progress,
        forbidden: None,
    }
}
