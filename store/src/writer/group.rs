//! One transaction for several commits.

use std::collections::BTreeMap;

use rows::{
    Clock, Table,
    sink::{Committed, SinkError},
};
use sea_orm::DbErr;

use crate::{
    cipher::Keyring,
    commit::{
        self, Circumstances,
        admit::Admitted,
        erased::Erased,
        single_statement::{self, SingleStatement},
    },
    dimension::EntityIds,
    limits,
    people::{self, RestsOn},
    transaction::Line,
    upsert::Expectations,
};

/// What a group is stored by.
pub struct Manner<'a> {
    /// What personal columns are sealed with.
    pub keyring: Option<&'a Keyring>,
    /// What rests on a user's consent.
    pub rests: &'a BTreeMap<String, RestsOn>,
    /// The database has refused it: the rows that it refuses are looked for.
    pub narrowing: bool,
}

/// Stores commits in one transaction and answers for each, in order. Stops early, with fewer answers, when it takes
/// long. With `narrowing`, rows that the database refuses are set aside. On an error nothing was stored, unless COMMIT itself was lost on the way: to store again is harmless.
pub async fn store(
    line: &mut Line,
    ids: &mut EntityIds,
    expectations: &mut Expectations,
    erased: &mut Erased,
    Manner { keyring, rests, narrowing }: Manner<'_>,
    clock: &dyn Clock,
    commits: &[&Admitted],
) -> Result<Vec<Result<Committed, SinkError>>, DbErr> {
    let mut stored_already = None;
    if let [commit] = commits
        && !narrowing
        // A consent is looked at within the transaction, which has more statements than one.
        && !rests.contains_key(&commit.commit.connection)
    {
        match single_statement::store(line, ids, expectations, erased, commit, clock.now()).await? {
            SingleStatement::Stored(committed) => return Ok(vec![Ok(committed)]),
            SingleStatement::Outdated => return Ok(vec![Err(outdated(commit))]),
            SingleStatement::Unsuited(already) => stored_already = already,
        }
    }
    let began_at = clock.elapsed();
    let tx = line.begin().await?;
    let mut answers = Vec::new();
    for commit in commits {
        let circumstances = Circumstances { keyring, now: clock.now(), narrowing };
        let withheld = match rests.get(&commit.commit.connection) {
            Some(on) => people::withheld(&tx, on, clock.now(), true).await,
            None => Ok(None),
        };
        let applied = match withheld {
            Ok(Some(reason)) => {
                answers.push(Err(SinkError::Withheld(reason)));
                continue;
            }
            // On the heap: this frame would hold it a second time.
            Ok(None) => Box::pin(commit::apply(&tx, ids, expectations, erased, commit, circumstances)).await,
            Err(error) => Err(error),
        };
        match applied {
            Ok(Some(mut committed)) => {
                add_written(&mut committed, stored_already);
                answers.push(Ok(committed));
            }
            Ok(None) => answers.push(Err(outdated(commit))),
            Err(error) => {
                ids.discard();
                // Dropping it rolls back too; this way it is done before the next transaction begins.
                if let Err(error) = tx.rollback().await {
                    tracing::debug!(%error, "rollback failed; the connection is given up");
                }
                return Err(error);
            }
        }
        if clock.elapsed().saturating_sub(began_at) >= limits::GROUP_DURATION_MAX {
            break;
        }
    }
    match tx.commit().await {
        Ok(()) => {
            ids.keep();
            Ok(answers)
        }
        Err(error) => {
            ids.discard();
            Err(error)
        }
    }
}

fn add_written(committed: &mut Committed, more: Option<(Table, u64)>) {
    let Some((table, rows)) = more.filter(|(_, rows)| *rows > 0) else { return };
    match committed.written.iter_mut().find(|(of, _)| *of == table) {
        Some((_, written)) => *written += rows,
        None => committed.written.push((table, rows)),
    }
}

fn outdated(commit: &Admitted) -> SinkError {
    SinkError::Outdated(commit.commit.connection.clone())
}
