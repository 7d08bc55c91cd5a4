//! A store in memory with the semantics of the port: what the SQL store must do, in a page of plain code.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::future::BoxFuture;
use parking_lot::Mutex;
use rows::{
    Clock, Day, DayRange, Row, Table,
    checkpoint::Checkpoint,
    clock::{SimulatedClock, SystemClock},
    files::FileRecord,
    fit::Fitter,
    key::Fingerprint,
    quarantine::Quarantined,
    row::Row as AnyRow,
    sink::{
        Change, Commit, Committed, ConnectionRecord, Control, CycleRecord, Registration, Shrunk, Sink,
        SinkError, StatusRecord, Vanish,
    },
    state::State,
};

/// A row's identity: connection, table, entity, day.
pub type RowKey = (String, Table, Fingerprint, Option<Day>);

/// What is stored.
#[derive(Debug, Default, Clone)]
pub struct Stored {
    pub rows: HashMap<RowKey, Row>,
    /// How often each row's value changed.
    pub revisions: HashMap<RowKey, u32>,
    pub checkpoints: BTreeMap<(String, String, String), Checkpoint>,
    pub quarantined: Vec<Quarantined>,
    /// As noted: none twice in a row.
    pub changes: Vec<Change>,
    pub cycles: Vec<CycleRecord>,
    pub reports: Vec<StatusRecord>,
    pub controls: Vec<Control>,
    pub backfills_left: BTreeMap<i64, u32>,
    /// Why requests ended though not all was read.
    pub backfills_ended: BTreeMap<i64, String>,
    /// Connections are said to have been out of the configuration.
    pub returned: bool,
    /// In the order in which they were first seen.
    pub files: Vec<FileRecord>,
    /// The hash of the file that a daily row came from.
    pub file_of: HashMap<RowKey, String>,
    pub(super) epochs: HashMap<String, i64>,
    /// Account of each row, for windows and resets.
    accounts: HashMap<RowKey, String>,
    streams: HashMap<RowKey, String>,
    /// Commits answered with this error before any succeeds.
    pub failing: u32,
    pub commits: u64,
    /// Commits take time, before and after they happen, so that a kill can strike between.
    pub slow: Option<SimulatedClock>,
    /// What is said of a backfill takes this long while days are left, and no time at its end.
    pub slow_progress: Option<Duration>,
}

/// Half of what a slow commit takes.
const COMMIT_HALF: Duration = Duration::from_millis(4);

#[derive(Debug, Default, Clone)]
pub struct MemorySink(pub Arc<Mutex<Stored>>);

impl Stored {
    /// What stands before every change: the disk may be full, and the worker outdated.
    pub(super) fn enter(&mut self, connection: &str, epoch: i64) -> Result<(), SinkError> {
        if self.failing > 0 {
            self.failing -= 1;
            return Err(SinkError::Unavailable("the disk is full".to_owned()));
        }
        if self.epochs.get(connection) != Some(&epoch) {
            return Err(SinkError::Outdated(connection.to_owned()));
        }
        Ok(())
    }

    /// Daily rows of these days that a stream read of an account.
    fn window<'a>(
        &'a self,
        connection: &'a str,
        account_id: &'a str,
        stream: &'a str,
        days: DayRange,
    ) -> impl Iterator<Item = (&'a RowKey, &'a Row)> {
        self.rows.iter().filter(move |(key, _)| {
            key.0 == connection
                && key.3.is_some_and(|day| days.contains(day))
                && self.accounts.get(*key).is_some_and(|of| of == account_id)
                && self.streams.get(*key).is_some_and(|of| of == stream)
        })
    }
}

impl MemorySink {
    /// Every row of a table, in a stable order of their debug text.
    pub fn table(&self, connection: &str, table: Table) -> Vec<Row> {
        let stored = self.0.lock();
        let mut rows: Vec<_> = stored
            .rows
            .iter()
            .filter(|((owner, of, ..), _)| owner == connection && *of == table)
            .map(|(_, row)| row.clone())
            .collect();
        rows.sort_by_cached_key(|row| format!("{row:?}"));
        rows
    }

    /// Everything as text, to compare two states of the store.
    pub fn dump(&self) -> String {
        let stored = self.0.lock();
        let mut lines: Vec<_> = stored
            .rows
            .iter()
            .map(|(key, row)| format!("{key:?} r{} {row:?}", stored.revisions.get(key).copied().unwrap_or(0)))
            .collect();
        lines.sort();
        lines.join("\n")
    }

    /// Takes its time before and after, where commits do.
    pub(super) async fn slowly<T>(&self, change: impl FnOnce() -> T + Send) -> T {
        let slow = self.0.lock().slow.clone();
        let Some(clock) = slow else { return change() };
        clock.sleep(COMMIT_HALF).await;
        let result = change();
        clock.sleep(COMMIT_HALF).await;
        result
    }

    fn apply(&self, commit: Commit) -> Result<Committed, SinkError> {
        commit.check()?;
        let mut stored = self.0.lock();
        stored.enter(&commit.connection, commit.epoch)?;
        stored.commits += 1;
        let mut committed = Committed::default();
        let mut written: BTreeMap<Table, u64> = BTreeMap::new();
        committed.changes = note(&mut stored, &commit.connection, commit.changes);
        let mut seen_here = HashSet::new();
        let fitted = Fitter::default().fit(commit.rows, "commit");
        stored.quarantined.extend(fitted.set_aside);
        for row in fitted.rows {
            let key = (commit.connection.clone(), row.table(), row.entity(), row.day());
            committed.duplicates += u64::from(!seen_here.insert(key.clone()));
            match stored.rows.get(&key) {
                Some(before) if *before == row => continue,
                Some(_) => {
                    *stored.revisions.entry(key.clone()).or_default() += 1;
                    committed.restated += 1;
                }
                None => {}
            }
            *written.entry(row.table()).or_default() += 1;
            stored.accounts.insert(key.clone(), commit.account_id.clone());
            stored.streams.insert(key.clone(), commit.stream.clone());
            stored.rows.insert(key, row);
        }
        committed.written = written.into_iter().collect();
        for (table, id) in &commit.tombstones {
            // By its id alone, or (at a streaming service) by service and id.
            for entity in [Fingerprint::of(&[id]), Fingerprint::of(&[&commit.integration, id])] {
                let key = (commit.connection.clone(), *table, entity, None);
                committed.vanished += u64::from(stored.rows.remove(&key).is_some());
            }
        }
        stored.quarantined.extend(commit.quarantined);
        match commit.vanish {
            Some(Vanish::Days { days, level, seen, spared, confirmed }) => {
                let mut unseen: Vec<RowKey> = Vec::new();
                for (table, seen) in seen {
                    let inside = stored.window(&commit.connection, &commit.account_id, &commit.stream, days);
                    let inside = inside.filter(|((_, of, ..), row)| {
                        *of == table
                            && level.is_none_or(|it| is_of_level(row, it))
                            && !object_of(row).is_some_and(|id| spared.contains(id))
                    });
                    let inside: Vec<RowKey> = inside.map(|(key, _)| key.clone()).collect();
                    let (known, seen_count) = (inside.len() as u64, seen.len() as u64);
                    if seen_count * 2 < known && !confirmed {
                        committed.shrunk = Some(Shrunk { stored: known, seen: seen_count });
                        return Ok(committed);
                    }
                    let is_unseen = |key: &RowKey| key.3.is_none_or(|day| !seen.contains(&(key.2, day)));
                    unseen.extend(inside.into_iter().filter(is_unseen));
                }
                for key in unseen {
                    stored.rows.remove(&key);
                    committed.vanished += 1;
                }
            }
            Some(Vanish::Objects { table, seen }) => {
                let account = commit.account_id.clone();
                let unseen: Vec<RowKey> = stored
                    .rows
                    .keys()
                    .filter(|key| key.1 == table && key.0 == commit.connection && !seen.contains(&key.2))
                    .filter(|key| stored.accounts.get(*key) == Some(&account))
                    .cloned()
                    .collect();
                for key in unseen {
                    if let Some(row) = stored.rows.get_mut(&key)
                        && remove(row)
                    {
                        committed.vanished += 1;
                        *stored.revisions.entry(key).or_default() += 1;
                    }
                }
            }
            None => {}
        }
        if let Some(checkpoint) = commit.checkpoint {
            let key = (commit.connection, checkpoint.account_id.clone(), checkpoint.stream.clone());
            stored.checkpoints.insert(key, checkpoint);
        }
        Ok(committed)
    }
}

/// Notes those that are not what was noted last.
fn note(stored: &mut Stored, connection: &str, changes: Vec<Change>) -> Vec<Change> {
    let mut noted = Vec::new();
    for change in changes {
        let same =
            |one: &&Change| (one.kind, one.entity, &one.id) == (change.kind, change.entity, &change.id);
        let before = stored.changes.iter().rev().find(same).map_or_else(
            || change.before.clone().or_else(|| led_before(&stored.rows, connection, &change)),
            |last| last.after.clone(),
        );
        if before.is_some() && before != change.after {
            let change = Change { before, ..change };
            noted.push(change.clone());
            stored.changes.push(change);
        }
    }
    noted
}

/// The track that this ISRC led to before; `None` when the one that it leads to now is known already.
fn led_before(rows: &HashMap<RowKey, Row>, connection: &str, change: &Change) -> Option<String> {
    let ids = rows.iter().filter_map(|(key, row)| match row {
        AnyRow::Track(track) if key.0 == connection && track.isrc.as_ref() == Some(&change.id) => {
            Some(track.track_id.clone())
        }
        _ => None,
    });
    let ids: Vec<String> = ids.collect();
    ids.iter().all(|id| Some(id) != change.after.as_ref()).then(|| ids.first().cloned()).flatten()
}

/// The object that a daily row is about, by its key.
fn object_of(row: &Row) -> Option<&String> {
    match row {
        Row::ContentPerformance(row) => Some(&row.content_id),
        Row::SmartLinkActivity(row) => Some(&row.link_id),
        Row::ArtistAudience(row) => Some(&row.artist_id),
        Row::CounterReading(row) => Some(&row.id),
        _ => None,
    }
}

/// Rows without a level are of each.
fn is_of_level(row: &Row, level: &str) -> bool {
    match row {
        AnyRow::AdPerformance(row) => row.level.as_str() == level,
        _ => true,
    }
}

/// Marks an object as removed; false when it was already.
fn remove(row: &mut Row) -> bool {
    let status = match row {
        AnyRow::AdCampaign(row) => &mut row.status,
        AnyRow::AdSet(row) => &mut row.status,
        AnyRow::Ad(row) => &mut row.status,
        AnyRow::AdAccount(row) => &mut row.status,
        _ => return false,
    };
    let removed = Some(rows::ads::REMOVED.to_owned());
    if *status == removed {
        return false;
    }
    *status = removed;
    true
}

impl Sink for MemorySink {
    fn register(&self, connection: ConnectionRecord) -> BoxFuture<'_, Result<Registration, SinkError>> {
        let mut stored = self.0.lock();
        let epoch = stored.epochs.entry(connection.name.clone()).or_default();
        *epoch += 1;
        let epoch = *epoch;
        let checkpoints = stored
            .checkpoints
            .iter()
            .filter(|((owner, ..), _)| *owner == connection.name)
            .map(|(_, checkpoint)| checkpoint.clone())
            .collect();
        Box::pin(std::future::ready(Ok(Registration {
            returned: stored.returned,
            epoch,
            paused: false,
            withheld: None,
            last_success_at: None,
            once_since: connection.once_since,
            checkpoints,
        })))
    }

    fn end_once<'a>(&'a self, _connection: &'a str, _epoch: i64) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, SinkError>> {
        Box::pin(self.slowly(move || self.apply(commit)))
    }

    fn reset_account<'a>(
        &'a self,
        connection: &'a str,
        _epoch: i64,
        account_id: &'a str,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        let mut stored = self.0.lock();
        stored.changes.extend(changes);
        let Stored { rows, accounts, checkpoints, files, .. } = &mut *stored;
        files.retain(|file| file.connection != connection);
        rows.retain(|key, _| key.0 != connection || accounts.get(key).is_none_or(|of| of != account_id));
        checkpoints.retain(|(owner, account, _), _| owner != connection || account != account_id);
        Box::pin(std::future::ready(Ok(())))
    }

    fn record_cycle(&self, cycle: CycleRecord) -> BoxFuture<'_, Result<(), SinkError>> {
        self.0.lock().cycles.push(cycle);
        Box::pin(std::future::ready(Ok(())))
    }

    fn report(&self, report: StatusRecord) -> BoxFuture<'_, Result<(), SinkError>> {
        self.0.lock().reports.push(report);
        Box::pin(std::future::ready(Ok(())))
    }

    fn note_state<'a>(
        &'a self,
        _connection: &'a str,
        _state: State,
        _error: Option<String>,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn controls(&self) -> BoxFuture<'_, Result<Vec<Control>, SinkError>> {
        let controls = self.0.lock().controls.clone();
        Box::pin(std::future::ready(Ok(controls)))
    }

    fn backfill_progress(&self, id: i64, days_left: u32) -> BoxFuture<'_, Result<(), SinkError>> {
        let slow = self.0.lock().slow_progress.filter(|_| days_left > 0);
        Box::pin(async move {
            if let Some(time) = slow {
                SystemClock::new().sleep(time).await;
            }
            self.0.lock().backfills_left.insert(id, days_left);
            Ok(())
        })
    }

    fn end_backfill<'a>(&'a self, id: i64, reason: &'a str) -> BoxFuture<'a, Result<(), SinkError>> {
        self.0.lock().backfills_ended.entry(id).or_insert_with(|| reason.to_owned());
        Box::pin(std::future::ready(Ok(())))
    }
}
