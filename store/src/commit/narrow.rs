//! When the database refuses rows for what they hold, the bad ones are found, and the rest is stored.

use rows::{Row, Table, fit, quarantine::Quarantined};
use sea_orm::DbErr;

use super::Scope;
use crate::{
    dimension::EntityIds, error::refused_data, limits::NARROWING_TRIES_MAX, tables::storage,
    transaction::Transaction, upsert::Outcome,
};

/// The rows that the database refuses, set aside.
#[derive(Debug)]
pub struct Narrowing {
    /// Pieces that may still be tried in this commit.
    tries_left: usize,
    /// What was refused, with the reason.
    pub refused: Vec<Quarantined>,
}

impl Narrowing {
    /// Of one commit.
    pub const fn new() -> Self {
        Self { tries_left: NARROWING_TRIES_MAX, refused: Vec::new() }
    }

    /// Writes the rows of one table: together, or else in halves, until those that are refused stand alone.
    pub async fn write(
        &mut self,
        tx: &Transaction<'_>,
        ids: &mut EntityIds,
        scope: &Scope<'_>,
        table: Table,
        rows: &[&Row],
    ) -> Result<Outcome, DbErr> {
        let mut outcome = Outcome::default();
        let mut pieces = vec![rows];
        tx.savepoint().await?;
        while let Some(piece) = pieces.pop() {
            let error = match (storage(table).write)(tx, ids, scope, piece).await {
                Ok(step) => {
                    tx.release_savepoint().await?;
                    tx.savepoint().await?;
                    outcome.written += step.written;
                    outcome.restated += step.restated;
                    continue;
                }
                Err(error) => error,
            };
            let Some(why) = refused_data(&error).filter(|_| self.tries_left > 0) else { return Err(error) };
            self.tries_left -= 1;
            tx.rollback_to_savepoint().await?;
            // What was numbered since is not there any more.
            ids.discard();
            if let [row] = piece {
                let place = format!("commit of stream {}", scope.commit.stream);
                let detail = format!("the database refuses it: {why}");
                self.refused.push(fit::set_aside(&mut Row::clone(row), "refused", detail, &place));
            } else {
                let (first, second) = piece.split_at(piece.len() / 2);
                pieces.extend([second, first]);
            }
        }
        tx.release_savepoint().await?;
        Ok(outcome)
    }
}
