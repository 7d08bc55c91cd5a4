//! From a file that lies there to rows that readers see.

use rows::{
    DayRange, Row, Table,
    files::{FileFacts, FileNote, Publication, Published, Standing},
    limits::FILE_DAILY_ROWS_MAX,
    sink::SinkError,
};

use super::{
    Candidate, Cycle, CycleError,
    hand::Hand,
    is_of_the_file,
    waiting::{Waiting, shown},
};
use crate::{
    engine::cycle::within,
    failure::Failure,
    files::{FilesReader, FoundFile, Refusal, Refused, Report},
    limits,
    page::Page,
};

/// What was staged of a file.
#[derive(Default)]
struct Staged {
    lines: u64,
    /// They appear with the publication.
    daily: Vec<Row>,
}

/// Why a file is not loaded.
enum Unloaded {
    /// Of its own: others are.
    Refused(String),
    /// The cycle ends.
    Ends(CycleError),
}

impl Cycle<'_> {
    /// The reports in a file, by their content. None where they cannot be had now.
    pub(super) async fn reports(
        &mut self,
        reader: &FilesReader,
        file: &FoundFile,
        hand: &mut Hand,
        waiting: &mut Waiting,
    ) -> Result<Vec<Report>, CycleError> {
        if let Some(known) = reader.seen().reports(file) {
            return Ok(known);
        }
        if !self.open(reader, file, hand, waiting).await? {
            return Ok(Vec::new());
        }
        let (mut reports, mut is_whole) = (Vec::new(), true);
        for found in self.unless_stopping(hand.reports()).await? {
            match found {
                Ok(report) => reports.push(report),
                Err((member, refused)) => {
                    is_whole = false;
                    if refused.kind != Refusal::Foreign {
                        waiting.add(&file.path, member.as_deref(), &refused.reason);
                    }
                }
            }
        }
        if is_whole {
            reader.seen().know(file, reports.clone());
        }
        Ok(reports)
    }

    /// Has a file in hand. Not where it cannot be had.
    async fn open(
        &mut self,
        reader: &FilesReader,
        file: &FoundFile,
        hand: &mut Hand,
        waiting: &mut Waiting,
    ) -> Result<bool, CycleError> {
        if hand.holds(&file.path, &file.version) {
            return Ok(true);
        }
        hand.let_go();
        let clock = self.context.clock.as_ref();
        let opened = reader.source().open(&self.session, &file.path);
        let opened = within(clock, &self.session, limits::FILE_OPEN_TIMEOUT, opened);
        match self.unless_stopping(opened).await? {
            Ok(opened) => {
                // Bringing it here takes no memory, and may take long.
                let turn = self.unless_stopping(self.context.link.one_file().turn()).await?;
                let Some(turn) = turn else { return Err(CycleError::Stopped) };
                hand.take(&file.path, &file.version, opened, turn);
                Ok(true)
            }
            Err(Failure::Gone { .. }) => Ok(false),
            Err(failure) if is_of_the_file(&failure) => {
                waiting.add(&file.path, None, &failure.to_string());
                Ok(false)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Reads a report. None where it cannot be loaded: that is noted.
    pub(super) async fn facts(
        &mut self,
        reader: &FilesReader,
        file: &FoundFile,
        report: &Report,
        period: Option<DayRange>,
        hand: &mut Hand,
        waiting: &mut Waiting,
    ) -> Result<Option<FileFacts>, CycleError> {
        if !self.open(reader, file, hand, waiting).await? {
            return Ok(None);
        }
        match self.unless_stopping(hand.read(report, period)).await? {
            Ok(()) => Ok(hand.facts(&report.sha256).cloned()),
            Err(refused) => {
                self.refused(file, report, refused, waiting).await?;
                Ok(None)
            }
        }
    }

    /// Notes why a report is not loaded.
    async fn refused(
        &self,
        file: &FoundFile,
        report: &Report,
        Refused { reason, kind }: Refused,
        waiting: &mut Waiting,
    ) -> Result<(), CycleError> {
        let name = shown(&file.path, report.member.as_deref());
        let connection = self.context.spec.name.as_str();
        match kind {
            Refusal::Unreadable => waiting.add(&file.path, report.member.as_deref(), &reason),
            Refusal::Waits => {
                tracing::warn!(connection, file = name, reason, "a file waits");
                waiting.add(&file.path, report.member.as_deref(), &reason);
                self.note(file, report, Standing::Waits { reason, facts: None }).await?;
            }
            Refusal::Foreign => {
                tracing::info!(connection, file = name, reason, "a file is no report");
                self.note(file, report, Standing::Foreign { reason }).await?;
            }
        }
        Ok(())
    }

    async fn note(&self, file: &FoundFile, report: &Report, standing: Standing) -> Result<bool, SinkError> {
        let note = FileNote {
            connection: self.context.spec.name.clone(),
            epoch: self.context.epoch,
            sha256: report.sha256.clone(),
            name: file.path.clone(),
            member: report.member.clone(),
            size_bytes: report.size_bytes,
            standing,
        };
        self.context.sink.note_file(note).await
    }

    /// Loads a report that makes sense.
    pub(super) async fn load(
        &mut self,
        reader: &FilesReader,
        candidate: Candidate,
        hand: &mut Hand,
        waiting: &mut Waiting,
    ) -> Result<(), CycleError> {
        let Candidate { file, report, period, .. } = &candidate;
        if hand.facts(&report.sha256).is_none()
            && self.facts(reader, file, report, *period, hand, waiting).await?.is_none()
        {
            return Ok(());
        }
        let begins = Standing::Loading(candidate.facts.clone());
        if !self.note(file, report, begins).await? {
            return Ok(()); // somebody has rejected it meanwhile
        }
        let name = shown(&file.path, report.member.as_deref());
        let loaded = match self.stage(hand, &candidate.facts, &name).await {
            Ok(staged) => self.publish(&candidate.facts, staged, &name).await,
            Err(unloaded) => Err(unloaded),
        };
        match loaded {
            Ok(None) => {}
            Ok(Some(reason)) => {
                tracing::warn!(connection = self.context.spec.name, file = name, reason, "a file waits");
                waiting.add(&file.path, report.member.as_deref(), &reason);
            }
            Err(Unloaded::Ends(error)) => return Err(error),
            Err(Unloaded::Refused(reason)) => {
                tracing::warn!(connection = self.context.spec.name, file = name, reason, "a file waits");
                waiting.add(&file.path, report.member.as_deref(), &reason);
                let facts = Some(candidate.facts);
                self.note(&candidate.file, &candidate.report, Standing::Waits { reason, facts }).await?;
            }
        }
        // Its lines, if it was refused, or those that it took the place of.
        self.context.sink.sweep_files(&self.context.spec.name, self.context.epoch).await?;
        Ok(())
    }

    /// Stores its lines, which nobody sees yet.
    async fn stage(&mut self, hand: &mut Hand, facts: &FileFacts, name: &str) -> Result<Staged, Unloaded> {
        let (mut staged, mut given) = (Staged::default(), 0);
        let mut told = self.context.clock.elapsed();
        loop {
            if self.context.stopping.is_cancelled() {
                return Err(CycleError::Stopped.into());
            }
            let page = hand.page(given, limits::FILE_PAGE_ROWS);
            let page = page.map_err(|refused| Unloaded::Refused(refused.reason))?;
            if page.is_empty() {
                break;
            }
            given += page.len() as u64;
            let (lines, mut daily): (Vec<Row>, Vec<Row>) =
                page.into_iter().partition(|row| row.table() == Table::RoyaltyStatements);
            staged.lines += lines.len() as u64;
            staged.daily.append(&mut daily);
            if staged.daily.len() > FILE_DAILY_ROWS_MAX {
                return Err(Unloaded::Refused(format!(
                    "it has more than {FILE_DAILY_ROWS_MAX} rows of days: export fewer days or tracks at once"
                )));
            }
            self.pages += 1;
            if !lines.is_empty() {
                self.stage_lines(lines).await?;
            }
            let now = self.context.clock.elapsed();
            if now.saturating_sub(told) >= limits::FILE_PROGRESS_EVERY {
                told = now;
                tracing::info!(
                    connection = self.context.spec.name,
                    file = name,
                    rows = given,
                    of = facts.rows,
                    "a file is being loaded"
                );
            }
        }
        if given != facts.rows {
            let reason = format!("its reader told of {} rows and gave {given}: this is a bug", facts.rows);
            return Err(Unloaded::Refused(reason));
        }
        Ok(staged)
    }

    async fn stage_lines(&mut self, lines: Vec<Row>) -> Result<(), Unloaded> {
        let commit = self.commit_of(Page { rows: lines, ..Page::default() });
        let context = self.context;
        let began = context.clock.elapsed();
        let committed = context.sink.commit(commit).await?;
        let took = context.clock.elapsed().saturating_sub(began);
        context.observer.committed(context.integration, self.task.stream.name, &committed, took);
        if let Some(reason) = committed.set_aside.first() {
            context.observer.set_aside(&context.spec.name);
            return Err(Unloaded::Refused(format!(
                "{} of its lines cannot be kept ({reason}): correct them",
                committed.set_aside.len()
            )));
        }
        Ok(())
    }

    /// Shows it. Gives why it waits, if it does.
    async fn publish(
        &mut self,
        facts: &FileFacts,
        staged: Staged,
        name: &str,
    ) -> Result<Option<String>, Unloaded> {
        let context = self.context;
        let publication = Publication {
            connection: context.spec.name.clone(),
            integration: context.integration.to_owned(),
            epoch: context.epoch,
            stream: self.task.stream.name.to_owned(),
            account_id: self.task.account.id.clone(),
            facts: facts.clone(),
            lines: staged.lines,
            rows: staged.daily,
        };
        let began = context.clock.elapsed();
        let (committed, superseded) = match context.sink.publish_file(publication).await? {
            Published::Loaded { committed, superseded } => (committed, superseded),
            Published::Waits { reason } => return Ok(Some(reason)),
        };
        let took = context.clock.elapsed().saturating_sub(began);
        context.observer.committed(context.integration, self.task.stream.name, &committed, took);
        context.observer.rows_changed(&context.spec.name, &self.task.account.id);
        context.observer.file_loaded(&context.spec.name);
        self.rows += facts.rows;
        tracing::info!(
            connection = context.spec.name,
            file = name,
            layout = facts.layout,
            rows = facts.rows,
            rejected = facts.rejected,
            superseded = superseded.len(),
            "a file is loaded"
        );
        Ok(None)
    }
}

// === impl Unloaded ===

impl From<CycleError> for Unloaded {
    fn from(error: CycleError) -> Self {
        Self::Ends(error)
    }
}

impl From<SinkError> for Unloaded {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::Refused(reason) => Self::Refused(reason),
            error => Self::Ends(error.into()),
        }
    }
}
