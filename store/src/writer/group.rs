//! One transaction for several commits.

use rows::{
    Clock,
    sink::{Commit, Committed, SinkError},
};
use sea_orm::DbErr;

use crate::{cipher::Keyring, commit, dimension::EntityIds, limits, transaction::Line, upsert::Expectations};

/// Stores commits in one transaction and answers for each, in order. Stops early, with fewer answers, when it takes
/// long. On an error nothing was stored, unless COMMIT itself was lost on the way: to store again is harmless.
pub async fn store<'a>(
    line: &mut Line,
    ids: &mut EntityIds,
    expectations: &mut Expectations,
    keyring: Option<&Keyring>,
    clock: &dyn Clock,
    commits: impl Iterator<Item = &'a Commit>,
) -> Result<Vec<Result<Committed, SinkError>>, DbErr> {
    let began_at = clock.elapsed();
    let tx = line.begin().await?;
    let mut answers = Vec::new();
    for commit in commits {
        match commit::apply(&tx, ids, expectations, commit, keyring, clock.now()).await {
            Ok(Some(committed)) => answers.push(Ok(committed)),
            Ok(None) => answers.push(Err(SinkError::Outdated(commit.connection.clone()))),
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
