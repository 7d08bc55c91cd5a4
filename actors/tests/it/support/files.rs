//! Report files in memory, with the semantics of the port.

use std::collections::{BTreeSet, HashSet};

use futures::future::BoxFuture;
use rows::{
    Row, Table,
    files::{FileFacts, FileNote, FileRecord, FileSink, FileState, Publication, Published, Standing},
    fit::Fitter,
    royalties::RoyaltyStatement,
    sink::{Committed, SinkError},
};

use super::memory::{MemorySink, RowKey, Stored};

impl MemorySink {
    /// Lines that readers see: those of loaded files.
    pub fn statements(&self, connection: &str) -> Vec<RoyaltyStatement> {
        let stored = self.0.lock();
        let mut seen: Vec<RoyaltyStatement> = stored
            .lines(connection)
            .filter(|(_, line)| stored.is_loaded(connection, &line.statement))
            .map(|(_, line)| line.clone())
            .collect();
        seen.sort_by_cached_key(|line| format!("{line:?}"));
        seen
    }

    /// Lines that are there, seen or not.
    pub fn stored_lines(&self, connection: &str) -> usize {
        self.0.lock().lines(connection).count()
    }

    pub fn file(&self, connection: &str, name: &str) -> Option<FileRecord> {
        let stored = self.0.lock();
        stored.files.iter().find(|file| file.connection == connection && file.name == name).cloned()
    }

    /// What `dynamoi files accept` does: `replaces` names a file.
    pub fn accept(
        &self,
        connection: &str,
        name: &str,
        replaces: Option<&str>,
        period: Option<rows::DayRange>,
    ) {
        let mut stored = self.0.lock();
        let sha256 = |name: &str| {
            stored
                .files
                .iter()
                .find(|file| file.connection == connection && file.name == name)
                .map(|file| file.sha256.clone())
        };
        let replaces = replaces.and_then(sha256);
        let file = stored.files.iter_mut().find(|file| file.connection == connection && file.name == name);
        let file = file.expect("a file of that name");
        file.state = FileState::Quarantined;
        file.decided_by = Some("ada".to_owned());
        file.replaces = replaces;
        file.period = period.or(file.period);
    }

    /// What `dynamoi files reject` does.
    pub fn reject(&self, connection: &str, name: &str) {
        let mut stored = self.0.lock();
        let mut files = stored.files.iter_mut().filter(|file| file.connection == connection);
        let file = files.find(|file| file.name == name).expect("a file of that name");
        file.state = FileState::Rejected;
        file.decided_by = Some("ada".to_owned());
    }

    fn note(&self, note: FileNote) -> Result<bool, SinkError> {
        let mut stored = self.0.lock();
        stored.enter(&note.connection, note.epoch)?;
        let place = stored
            .files
            .iter()
            .position(|file| file.connection == note.connection && file.sha256 == note.sha256);
        let place = match place {
            Some(place)
                if !matches!(stored.files[place].state, FileState::Loading | FileState::Quarantined) =>
            {
                return Ok(false);
            }
            Some(place) => place,
            None => {
                let number = i64::try_from(stored.files.len()).unwrap_or(i64::MAX);
                stored.files.push(new(&note, number));
                stored.files.len() - 1
            }
        };
        let file = &mut stored.files[place];
        match note.standing {
            Standing::Loading(facts) => know(file, facts),
            Standing::Waits { reason, facts } => {
                if let Some(facts) = facts {
                    know(file, facts);
                }
                wait(file, reason);
            }
            Standing::Foreign { reason } => {
                wait(file, reason);
                file.state = FileState::Foreign;
            }
        }
        Ok(true)
    }

    fn publish(&self, publication: Publication) -> Result<Published, SinkError> {
        publication.check()?;
        let mut stored = self.0.lock();
        stored.enter(&publication.connection, publication.epoch)?;
        let Publication { connection, facts, lines, rows, .. } = publication;
        let known: Vec<FileRecord> =
            stored.files.iter().filter(|file| file.connection == connection).cloned().collect();
        let own = known.iter().find(|file| file.sha256 == facts.sha256 && file.state == FileState::Loading);
        let Some(accepted) = own.map(FileRecord::is_accepted) else {
            return Err(SinkError::Refused(format!("file {} is not being loaded", facts.sha256)));
        };
        let staged =
            stored.lines(&connection).filter(|(_, line)| line.statement == facts.sha256).count() as u64;
        if staged != lines {
            return Err(SinkError::Refused(format!("{lines} lines were read, and {staged} are there")));
        }
        let fitted = Fitter::default().fit(rows, "file");
        if !fitted.set_aside.is_empty() {
            return Err(SinkError::Refused("a row of it cannot be kept".to_owned()));
        }
        let taken: Vec<FileRecord> = match facts.takes_place_of(&known) {
            Ok(taken) => taken.into_iter().cloned().collect(),
            Err(reason) => return Ok(stored.waits(&connection, &facts, reason)),
        };
        let mut next = stored.clone();
        let mut committed = Committed::default();
        let written = next.write(&connection, &facts.sha256, fitted.rows, &mut committed);
        if written > 0 {
            committed.written = vec![(Table::TrackPerformanceDaily, written)];
        }
        for other in &taken {
            let missing = stored.missing(&connection, &facts.sha256, &other.sha256);
            let left: Vec<RowKey> = next.rows_of(&connection, &other.sha256);
            if !accepted && missing + left.len() > 0 {
                let reason = facts.lacks(other, (missing + left.len()) as u64, "one of them");
                return Ok(stored.waits(&connection, &facts, reason));
            }
            for key in left {
                next.rows.remove(&key);
                next.file_of.remove(&key);
                committed.vanished += 1;
            }
        }
        for file in next.files.iter_mut().filter(|file| file.connection == connection) {
            if file.sha256 == facts.sha256 {
                file.state = FileState::Loaded;
                file.loaded_at = Some(file.first_seen_at);
                file.replaces = taken.first().map(|other| other.sha256.clone());
            } else if taken.iter().any(|other| other.sha256 == file.sha256) {
                file.state = FileState::Superseded;
                file.superseded_by = Some(facts.sha256.clone());
            }
        }
        *stored = next;
        let superseded = taken.into_iter().map(|other| other.sha256).collect();
        Ok(Published::Loaded { committed, superseded })
    }

    fn sweep(&self, connection: &str, epoch: i64) -> Result<u64, SinkError> {
        let mut stored = self.0.lock();
        stored.enter(connection, epoch)?;
        let unseen: Vec<RowKey> = stored
            .lines(connection)
            .filter(|(_, line)| !stored.is_loaded(connection, &line.statement))
            .map(|(key, _)| key.clone())
            .collect();
        for key in &unseen {
            stored.rows.remove(key);
            stored.revisions.remove(key);
        }
        Ok(unseen.len() as u64)
    }
}

impl Stored {
    fn lines<'a>(&'a self, connection: &'a str) -> impl Iterator<Item = (&'a RowKey, &'a RoyaltyStatement)> {
        self.rows.iter().filter_map(move |(key, row)| match row {
            Row::RoyaltyStatement(line) if key.0 == connection => Some((key, line)),
            _ => None,
        })
    }

    fn is_loaded(&self, connection: &str, sha256: &str) -> bool {
        let mut files = self.files.iter().filter(|file| file.connection == connection);
        files.any(|file| file.sha256 == sha256 && file.state == FileState::Loaded)
    }

    fn rows_of(&self, connection: &str, sha256: &str) -> Vec<RowKey> {
        let rows = self.file_of.iter().filter(|(key, of)| key.0 == connection && *of == sha256);
        rows.map(|(key, _)| key.clone()).collect()
    }

    fn missing(&self, connection: &str, own: &str, other: &str) -> usize {
        let entries = |sha256: &str| -> BTreeSet<_> {
            let lines = self.lines(connection).filter(|(_, line)| line.statement == sha256);
            let entry = |line: &RoyaltyStatement| {
                let RoyaltyStatement { service, store, track_id, country, period_start, period_end, .. } =
                    line.clone();
                (service, store, track_id, country, period_start, period_end)
            };
            lines.map(|(_, line)| entry(line)).collect()
        };
        entries(other).difference(&entries(own)).count()
    }

    fn write(&mut self, connection: &str, sha256: &str, rows: Vec<Row>, committed: &mut Committed) -> u64 {
        let (mut written, mut seen) = (0, HashSet::new());
        for row in rows {
            let key: RowKey = (connection.to_owned(), row.table(), row.entity(), row.day());
            committed.duplicates += u64::from(!seen.insert(key.clone()));
            self.file_of.insert(key.clone(), sha256.to_owned());
            match self.rows.get(&key) {
                Some(before) if *before == row => continue,
                Some(_) => {
                    *self.revisions.entry(key.clone()).or_default() += 1;
                    committed.restated += 1;
                }
                None => {}
            }
            written += 1;
            self.rows.insert(key, row);
        }
        written
    }

    fn waits(&mut self, connection: &str, facts: &FileFacts, reason: String) -> Published {
        let mut files = self.files.iter_mut().filter(|file| file.connection == connection);
        if let Some(file) = files.find(|file| file.sha256 == facts.sha256) {
            wait(file, reason.clone());
        }
        Published::Waits { reason }
    }
}

fn new(note: &FileNote, number: i64) -> FileRecord {
    FileRecord {
        connection: note.connection.clone(),
        sha256: note.sha256.clone(),
        name: note.name.clone(),
        member: note.member.clone(),
        size_bytes: note.size_bytes,
        state: FileState::Loading,
        layout: None,
        unit: None,
        period: None,
        statement_period: None,
        rows: None,
        rejected: None,
        totals: None,
        made_at: None,
        reason: None,
        replaces: None,
        superseded_by: None,
        decided_by: None,
        first_seen_at: jiff::Timestamp::from_second(number).unwrap_or_default(),
        loaded_at: None,
    }
}

fn know(file: &mut FileRecord, facts: FileFacts) {
    file.state = FileState::Loading;
    file.layout = Some(facts.layout);
    file.unit = Some(facts.unit);
    file.period = facts.period;
    file.statement_period = facts.statement_period;
    file.rows = Some(facts.rows);
    file.rejected = Some(facts.rejected);
    file.totals = facts.totals;
    file.made_at = facts.made_at;
    file.reason = (!facts.notes.is_empty()).then(|| facts.notes.join("; "));
}

/// It waits for a person; what was decided before is over.
fn wait(file: &mut FileRecord, reason: String) {
    file.state = FileState::Quarantined;
    file.reason = Some(reason);
    file.decided_by = None;
    file.replaces = None;
}

impl FileSink for MemorySink {
    fn files<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Vec<FileRecord>, SinkError>> {
        let stored = self.0.lock();
        let files = stored.files.iter().filter(|file| file.connection == connection).cloned().collect();
        Box::pin(std::future::ready(Ok(files)))
    }

    fn note_file(&self, note: FileNote) -> BoxFuture<'_, Result<bool, SinkError>> {
        Box::pin(self.slowly(move || self.note(note)))
    }

    fn publish_file(&self, publication: Publication) -> BoxFuture<'_, Result<Published, SinkError>> {
        Box::pin(self.slowly(move || self.publish(publication)))
    }

    fn sweep_files<'a>(&'a self, connection: &'a str, epoch: i64) -> BoxFuture<'a, Result<u64, SinkError>> {
        Box::pin(self.slowly(move || self.sweep(connection, epoch)))
    }
}
