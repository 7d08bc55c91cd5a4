//! The read model: every shown campaign as JSON in the cache, current within a second of each commit.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use rows::{
    Cache, Clock,
    cache::Announcement,
    day::{day_at, end_of},
    figures::CampaignFigures,
    zone::zone,
};
use tokio::sync::Mutex;

use super::campaign_value::{CampaignValue, ChangeValue};
use crate::{
    audience::{Audience, written},
    telemetry::{
        Changes,
        figures::{FigureSource, Touched},
        limits::{REFRESH_INTERVAL, ROLLOVER_MARGIN},
    },
};

/// Commits come in groups: writing begins so long after the last change …
const QUIET: Duration = Duration::from_millis(100);
/// … but not later than this after the first …
const DELAY_MAX: Duration = Duration::from_millis(300);
/// … nor sooner than this after the last writing.
const APART: Duration = Duration::from_millis(200);
/// Whether the cache still holds what was written is asked so often; also how soon a failure is made up for.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Campaigns written in one go: about a megabyte.
const TOGETHER_MAX: usize = 500;

/// Where listeners listen, below the prefix.
pub const CHANNEL: &str = "campaigns";

/// Writes it.
pub struct ReadModel {
    cache: Arc<dyn Cache>,
    source: Arc<dyn FigureSource>,
    changes: Arc<Changes>,
    clock: Arc<dyn Clock>,
    options: ReadModelOptions,
    state: Mutex<State>,
}

/// What a read model needs to know.
#[derive(Debug, Clone)]
pub struct ReadModelOptions {
    /// This process; no other one has the same.
    pub worker: String,
    /// Before every key, for what listeners are told.
    pub prefix: String,
    /// How long values are kept: longer than [`REFRESH_INTERVAL`].
    pub ttl: Duration,
}

/// What the cache holds, as far as this process knows.
#[derive(Debug)]
struct State {
    /// By connection and key.
    written: BTreeMap<String, BTreeMap<String, Written>>,
    /// What is out of date.
    owed: Touched,
    /// Zones of the accounts, for the end of their days.
    zones: BTreeSet<String>,
    /// When everything is to be written again, by elapsed time.
    everything_at: Duration,
    /// Not before: the cache or the database did not answer.
    not_before: Duration,
}

#[derive(Debug)]
struct Written {
    account_id: String,
    /// Of what was written; nothing = by somebody before us.
    hash: Option<u64>,
}

/// Not done; what is owed stays owed.
#[derive(Debug)]
struct Unwritten;

// === impl ReadModel ===

impl ReadModel {
    /// Writes what `source` reads whenever `changes` tells of news.
    pub fn new(
        cache: Arc<dyn Cache>,
        source: Arc<dyn FigureSource>,
        changes: Arc<Changes>,
        clock: Arc<dyn Clock>,
        options: ReadModelOptions,
    ) -> Self {
        let state = State {
            written: BTreeMap::new(),
            owed: Touched::All,
            zones: BTreeSet::new(),
            everything_at: Duration::ZERO,
            not_before: Duration::ZERO,
        };
        Self { cache, source, changes, clock, options, state: Mutex::new(state) }
    }

    /// Works until it is dropped.
    pub async fn run(&self) {
        loop {
            self.write().await;
            self.wait(self.clock.elapsed()).await;
        }
    }

    /// Everything is out of date: connections came or went.
    pub async fn touch(&self) {
        self.state.lock().await.owed = Touched::All;
    }

    /// Writes what is owed, if that is possible now.
    pub async fn write(&self) {
        let mut state = self.state.lock().await;
        let state = &mut *state;
        state.owed.merge(self.changes.take_campaigns());
        let now = self.clock.elapsed();
        if now < state.not_before {
            return;
        }
        if now >= state.everything_at {
            state.owed = Touched::All;
        }
        if self.pass(state).await.is_err() {
            state.not_before = self.clock.elapsed() + HEARTBEAT;
        }
    }

    /// Waits for changes, or for the next heartbeat.
    async fn wait(&self, written_at: Duration) {
        let beat_at = written_at + HEARTBEAT;
        loop {
            let change_at = self
                .changes
                .noted()
                .map(|(first, last)| (last + QUIET).min(first + DELAY_MAX).max(written_at + APART));
            let due_at = change_at.map_or(beat_at, |at| at.min(beat_at));
            let now = self.clock.elapsed();
            if now >= due_at {
                return;
            }
            tokio::select! {
                () = self.clock.sleep(due_at.saturating_sub(now)) => {}
                () = self.changes.changed() => {}
            }
        }
    }

    async fn pass(&self, state: &mut State) -> Result<(), Unwritten> {
        // The mark vanishes with everything else when the cache loses its memory.
        let mark = format!("read-model:{}", self.options.worker);
        if self.cache.get(&mark).await.is_none() {
            if !self.cache.put(&mark, b"1".to_vec(), self.options.ttl).await {
                return Err(Unwritten);
            }
            state.owed = Touched::All;
            state.written.clear();
        }
        let touched = std::mem::take(&mut state.owed);
        if touched.is_nothing() {
            return Ok(());
        }
        let done = self.write_touched(state, &touched).await;
        if done.is_err() {
            state.owed.merge(touched);
        }
        done
    }

    async fn write_touched(&self, state: &mut State, touched: &Touched) -> Result<(), Unwritten> {
        let now = self.clock.now();
        let campaigns = self.source.campaigns(touched.clone(), now).await.map_err(|error| {
            tracing::warn!(%error, "the read model cannot be read from the database: it stays as it is");
            Unwritten
        })?;
        let is_everything = *touched == Touched::All;
        if is_everything {
            state.zones = campaigns.iter().map(|campaign| campaign.time_zone.clone()).collect();
        }
        let mut by_connection: BTreeMap<&str, Vec<&CampaignFigures>> = BTreeMap::new();
        match touched {
            Touched::Accounts(accounts) => {
                by_connection.extend(accounts.iter().map(|(connection, _)| (&**connection, Vec::new())));
            }
            _ => by_connection.extend(state.written.keys().map(|connection| (&**connection, Vec::new()))),
        }
        for campaign in &campaigns {
            by_connection.entry(&campaign.connection).or_default().push(campaign);
        }
        let mut written: BTreeMap<String, _> = BTreeMap::new();
        for (connection, campaigns) in by_connection {
            let before = match state.written.get(connection) {
                Some(before) => Before::Known(before),
                None => Before::Found(self.found(connection).await?),
            };
            let after = self.write_connection(connection, &campaigns, before.keys(), touched, now).await?;
            written.insert(connection.to_owned(), after);
        }
        state.written.extend(written);
        state.written.retain(|_, keys| !keys.is_empty());
        if is_everything {
            state.everything_at = self.clock.elapsed() + until_refresh(&state.zones, now);
        }
        Ok(())
    }

    /// What an earlier process left of this connection.
    async fn found(&self, connection: &str) -> Result<BTreeMap<String, Written>, Unwritten> {
        let keys = self.cache.members(&index(connection)).await.ok_or(Unwritten)?;
        Ok(keys.into_iter().map(|key| (key, Written { account_id: String::new(), hash: None })).collect())
    }

    /// Writes one connection's campaigns, removes those that are gone, and gives what it has then.
    async fn write_connection(
        &self,
        connection: &str,
        campaigns: &[&CampaignFigures],
        before: &BTreeMap<String, Written>,
        touched: &Touched,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Written>, Unwritten> {
        let mut after: BTreeMap<String, Written> = BTreeMap::new();
        let mut values = Vec::with_capacity(campaigns.len());
        for campaign in campaigns {
            let key = key_of(campaign);
            let bytes = written(|| CampaignValue::of(campaign, now).bytes(campaign, now));
            let bytes = bytes.for_audience(&Audience::Operators).map_err(|error| {
                tracing::error!(%error, "a campaign is not written into the cache");
                Unwritten
            })?;
            let (bytes, hash) = bytes.map_err(|_| Unwritten)?;
            let news = before.get(&key).is_none_or(|written| written.hash != Some(hash));
            let written = Written { account_id: campaign.account_id.clone(), hash: Some(hash) };
            after.insert(key.clone(), written);
            values.push((key, bytes, news));
        }
        let mut gone = Vec::new();
        for (key, written) in before {
            if after.contains_key(key) {
                continue;
            }
            if touched.holds(connection, &written.account_id) {
                gone.push(key.clone());
            } else {
                let kept = Written { account_id: written.account_id.clone(), hash: written.hash };
                after.insert(key.clone(), kept);
            }
        }
        for values in values.chunks(TOGETHER_MAX) {
            let news = values.iter().filter(|(_, _, news)| *news);
            let messages = news.map(|(key, _, _)| self.message(key, "updated")).collect();
            let values = values.iter().map(|(key, bytes, _)| (key.clone(), bytes.clone())).collect();
            self.announce(connection, values, Vec::new(), messages).await?;
        }
        for gone in gone.chunks(TOGETHER_MAX) {
            let messages = gone.iter().map(|key| self.message(key, "removed")).collect();
            self.announce(connection, Vec::new(), gone.to_vec(), messages).await?;
        }
        Ok(after)
    }

    async fn announce(
        &self,
        connection: &str,
        values: Vec<(String, Vec<u8>)>,
        removed: Vec<String>,
        messages: Vec<Vec<u8>>,
    ) -> Result<(), Unwritten> {
        let announcement = Announcement {
            index: index(connection),
            values,
            removed,
            ttl: self.options.ttl,
            channel: CHANNEL.to_owned(),
            messages,
        };
        if self.cache.announce(announcement).await { Ok(()) } else { Err(Unwritten) }
    }

    fn message(&self, key: &str, change: &'static str) -> Vec<u8> {
        let key = format!("{}:{key}", self.options.prefix);
        serde_json::to_vec(&ChangeValue { key: &key, change }).unwrap_or_default()
    }
}

impl std::fmt::Debug for ReadModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadModel").field("options", &self.options).finish_non_exhaustive()
    }
}

/// What a connection had before a writing.
enum Before<'a> {
    Known(&'a BTreeMap<String, Written>),
    Found(BTreeMap<String, Written>),
}

impl Before<'_> {
    const fn keys(&self) -> &BTreeMap<String, Written> {
        match self {
            Self::Known(keys) => keys,
            Self::Found(keys) => keys,
        }
    }
}

fn index(connection: &str) -> String {
    format!("connection-campaigns:{connection}")
}

fn key_of(campaign: &CampaignFigures) -> String {
    format!("campaign:{}:{}:{}", campaign.provider, campaign.account_id, campaign.campaign_id)
}

/// Windows move when an account's day ends.
fn until_refresh(zones: &BTreeSet<String>, now: Timestamp) -> Duration {
    let ends = zones.iter().filter_map(|name| {
        let zone = zone(name)?;
        Some(end_of(day_at(now, &zone), &zone).duration_since(now))
    });
    let left = ends.min().and_then(|left| Duration::try_from(left).ok());
    left.map_or(REFRESH_INTERVAL, |left| (left + ROLLOVER_MARGIN).min(REFRESH_INTERVAL))
}
