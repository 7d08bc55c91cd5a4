//! Files: what lies there is listed; what is new is read whole, in the order of its last day, staged unseen and published.
//! A kill at any moment leaves a file that is not loaded, and the next look begins it again.

mod hand;
mod load;
mod waiting;

use std::collections::{HashMap, HashSet};

use rows::{
    Day, DayRange,
    checkpoint::{Checkpoint, Progress},
    files::{FileFacts, FileRecord, FileState},
};

use self::{hand::Hand, waiting::Waiting};
use super::{Cycle, CycleError, Done};
use crate::{
    failure::Failure,
    files::{FilesReader, FoundFile, Look, Report},
    limits,
    page::Page,
};

/// What is to be done with a report that is known by its hash.
enum Standing {
    /// It is read, for the days that a person named, if one did.
    Read(Option<DayRange>),
    /// It waits for a person.
    Waits(String),
    /// Nothing.
    Done,
}

/// A report that was read and makes sense, and is to be loaded.
struct Candidate {
    file: FoundFile,
    report: Report,
    /// What a person named.
    period: Option<DayRange>,
    facts: FileFacts,
}

impl Cycle<'_> {
    /// Looks what lies there, and loads what is new.
    pub(super) async fn files(&mut self, reader: &FilesReader) -> Result<Done, CycleError> {
        let (connection, epoch) = (self.context.spec.name.as_str(), self.context.epoch);
        let swept = self.context.sink.sweep_files(connection, epoch).await?;
        if swept > 0 {
            tracing::info!(connection, lines = swept, "deleted lines of files that are not loaded");
        }
        let look = self.look(reader).await?;
        let mut waiting = Waiting::default();
        if self.task.urgent {
            for file in &look.growing {
                waiting.add(&file.path, None, "it may still grow: it is read once it stands still");
            }
        }
        let known = self.context.sink.files(connection).await?;
        let known: HashMap<String, FileRecord> =
            known.into_iter().map(|record| (record.sha256.clone(), record)).collect();
        let mut hand = Hand::default();
        let candidates = self.candidates(reader, &look, &known, &mut hand, &mut waiting).await?;
        for candidate in candidates {
            self.check_time()?;
            self.load(reader, candidate, &mut hand, &mut waiting).await?;
        }
        drop(hand);
        self.close_look(waiting).await
    }

    /// Lists, and where something has just come or changed lists again a moment later, to see whether it stands still.
    async fn look(&self, reader: &FilesReader) -> Result<Look, CycleError> {
        let look = self.list(reader).await?;
        if look.growing.is_empty() {
            return Ok(look);
        }
        self.unless_stopping(self.context.clock.sleep(limits::FILE_STILL_FOR)).await?;
        self.list(reader).await
    }

    async fn list(&self, reader: &FilesReader) -> Result<Look, CycleError> {
        let found = self.ask(reader.source().list(&self.session)).await?;
        Ok(reader.seen().look(found, self.context.clock.elapsed()))
    }

    /// Reads every report that is not known yet, or that a person accepted. Those that cannot be loaded are noted; the others
    /// come in the order of their last day, because what a later one says of a day stands.
    async fn candidates(
        &mut self,
        reader: &FilesReader,
        look: &Look,
        known: &HashMap<String, FileRecord>,
        hand: &mut Hand,
        waiting: &mut Waiting,
    ) -> Result<Vec<Candidate>, CycleError> {
        let (mut candidates, mut taken) = (Vec::new(), HashSet::new());
        for file in &look.still {
            self.check_time()?;
            for report in self.reports(reader, file, hand, waiting).await? {
                if !taken.insert(report.sha256.clone()) {
                    continue;
                }
                match standing(reader, known.get(&report.sha256), &report.sha256) {
                    Standing::Done => {}
                    Standing::Waits(reason) => waiting.add(&file.path, report.member.as_deref(), &reason),
                    Standing::Read(period) => {
                        let facts = self.facts(reader, file, &report, period, hand, waiting).await?;
                        candidates.extend(facts.map(|facts| Candidate {
                            file: file.clone(),
                            report,
                            period,
                            facts,
                        }));
                    }
                }
            }
        }
        candidates.sort_by_cached_key(Candidate::place);
        Ok(candidates)
    }

    /// Notes that it was looked, and what waits.
    async fn close_look(&mut self, waiting: Waiting) -> Result<Done, CycleError> {
        let known = self.context.sink.files(&self.context.spec.name).await?;
        let loaded = known.iter().filter(|file| file.state == FileState::Loaded);
        let reports = known.iter().filter(|file| file.state != FileState::Foreign);
        let lacking = waiting.said();
        let mut checkpoint = Checkpoint { forbidden: None, ..self.checkpoint.clone() };
        if let Progress::Files(progress) = &mut checkpoint.progress {
            progress.listed_at = Some(self.began_at);
            progress.last_day = loaded.filter_map(|file| Some(file.period?.last)).max();
            progress.last_seen_at = reports.map(|file| file.first_seen_at).max();
            progress.lacking.clone_from(&lacking);
        }
        let commit = self.with_checkpoint(self.commit_of(Page::default()), checkpoint);
        self.store(commit).await?;
        lacking.map_or(Ok(Done::Complete), |what| Err(CycleError::Lacking(what)))
    }
}

/// What is to be done with a report of which this is stored.
fn standing(reader: &FilesReader, stored: Option<&FileRecord>, sha256: &str) -> Standing {
    let is_untried = reader.seen().try_once(sha256);
    let Some(record) = stored else { return Standing::Read(None) };
    match record.state {
        FileState::Loaded | FileState::Superseded | FileState::Rejected | FileState::Foreign => {
            Standing::Done
        }
        FileState::Loading | FileState::Quarantined if record.is_accepted() => Standing::Read(record.period),
        FileState::Loading => Standing::Read(None),
        // Whether settings have taught its layout since, only reading it tells.
        FileState::Quarantined if record.layout.is_none() && is_untried => Standing::Read(None),
        FileState::Quarantined => Standing::Waits(
            record.reason.clone().unwrap_or_else(|| "`dynamoi files list` says why".to_owned()),
        ),
    }
}

/// Whether a failure is of the one file that was asked for, so that others are read.
const fn is_of_the_file(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Transient { .. }
            | Failure::Permanent { .. }
            | Failure::TooMuch { .. }
            | Failure::Gone { .. }
    )
}

// === impl Candidate ===

impl Candidate {
    /// Its place among the others.
    fn place(&self) -> (Option<Day>, Option<jiff::Timestamp>, String, usize) {
        (self.facts.last_day(), self.facts.made_at, self.file.path.clone(), self.report.place)
    }
}
