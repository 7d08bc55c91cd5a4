//! Snapshots: the whole set is read into memory (a named limit) and stored at the end; what was not seen goes.

use rows::{
    DayRange,
    checkpoint::{Checkpoint, Progress, Resume, SnapshotProgress},
    day::day_at,
    fit::Fitter,
    quarantine::Quarantined,
    sink::Vanish,
};

use super::{Cycle, CycleError, Done, trail::Trail};
use crate::{
    failure::Failure,
    limits,
    page::{Next, Page, Pending, SetPage, SnapshotReply, SnapshotRequest},
    reader::ReadPage,
    stream::Snapshot,
};

impl Cycle<'_> {
    /// Reads the whole set.
    pub(super) async fn snapshot(
        &mut self,
        reader: &dyn ReadPage<Snapshot>,
        policy: &Snapshot,
    ) -> Result<Done, CycleError> {
        let SetPage { page: mut whole, mut lacking } = SetPage::default();
        let mut cursor: Option<String> = None;
        let mut resume = self.resume();
        let mut moved = false;
        let mut trail = Trail::of_set(self.context.link.source().walks_own_list());
        let (mut fitter, mut set_aside) = (Fitter::default(), Vec::new());
        loop {
            let resumed = resume.take();
            let request = SnapshotRequest {
                account: &self.task.account,
                cursor: cursor.as_deref(),
                resume: resumed.as_deref(),
                now: self.began_at,
            };
            let mut page = match self.ask(reader.read(&self.session, request)).await? {
                SnapshotReply::Page(set) => {
                    lacking = lacking.or(set.lacking);
                    self.counted(set.page)
                }
                SnapshotReply::Pending(Pending { resume, not_before }) => {
                    let not_before = self.look_again_at(not_before);
                    let resume = Resume { days: None, token: resume, not_before };
                    let checkpoint = self.with_progress(|progress| progress.resume = Some(resume));
                    let commit = self.with_checkpoint(self.commit_of(Page::default()), checkpoint);
                    self.store(commit).await?;
                    return Ok(Done::Pending);
                }
            };
            trail.follow(&page)?;
            moved |= page.total.is_some() && whole.total.is_some() && page.total != whole.total;
            whole.total = page.total.or(whole.total);
            set_aside.append(&mut self.fit(&mut fitter, &mut page.rows));
            whole.rows.extend(page.rows);
            whole.quarantined.extend(page.quarantined);
            whole.tombstones.extend(page.tombstones);
            whole.changes.extend(page.changes);
            if whole.rows.len() > limits::SNAPSHOT_ROWS_MAX {
                return Err(CycleError::Source(Failure::Permanent {
                    reason: format!("more than {} objects in one set", limits::SNAPSHOT_ROWS_MAX),
                }));
            }
            match page.next {
                Next::End(_) => {
                    let whole = SetPage { page: whole, lacking };
                    return self.close_snapshot(policy, whole, set_aside, moved).await;
                }
                Next::More(next) => cursor = Some(next),
            }
        }
    }

    async fn close_snapshot(
        &mut self,
        policy: &Snapshot,
        SetPage { page: whole, lacking }: SetPage,
        mut set_aside: Vec<Quarantined>,
        moved: bool,
    ) -> Result<Done, CycleError> {
        // What could not be read may be the very object that seems to be missing.
        let sure = whole.quarantined.is_empty() && lacking.is_none() && !moved;
        let began_at = self.began_at;
        let today = day_at(began_at, &self.zone()?);
        let vanish = policy.vanishing.filter(|_| sure).map(|table| {
            let rows = whole.rows.iter().filter(|row| row.table() == table);
            if table.is_daily() {
                let seen = rows.filter_map(|row| Some((row.entity(), row.day()?))).collect();
                let (days, seen) = (DayRange::day(today), [(table, seen)].into());
                Vanish::Days {
                    days,
                    level: None,
                    seen,
                    spared: std::collections::BTreeSet::new(),
                    confirmed: true,
                }
            } else {
                Vanish::Objects { table, seen: rows.map(rows::Row::entity).collect() }
            }
        });
        let mut checkpoint = self.with_progress(|progress| {
            progress.read_at = Some(began_at);
            progress.resume = None;
            progress.lacking.clone_from(&lacking);
        });
        checkpoint.forbidden = None;
        let mut commit = self.with_checkpoint(self.commit_of(whole), checkpoint);
        commit.quarantined.append(&mut set_aside);
        commit.vanish = vanish;
        self.store(commit).await?;
        lacking.map_or(Ok(Done::Complete), |what| Err(CycleError::Lacking(what)))
    }

    fn resume(&self) -> Option<String> {
        match &self.checkpoint.progress {
            Progress::Snapshot(progress) => progress.resume.as_ref().map(|resume| resume.token.clone()),
            _ => None,
        }
    }

    fn with_progress(&self, change: impl FnOnce(&mut SnapshotProgress)) -> Checkpoint {
        let mut checkpoint = self.checkpoint.clone();
        if let Progress::Snapshot(progress) = &mut checkpoint.progress {
            change(progress);
        }
        checkpoint
    }
}
