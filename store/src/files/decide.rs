//! What people see of files, and decide about them.

use rows::{
    DayRange,
    files::{FileRecord, FileState},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};

use crate::{
    Store, StoreError,
    convert::chrono_day,
    entity::report_file::{Column, Entity, Model},
};

/// What a person decides about a file that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileDecision {
    /// It is to be loaded.
    Accept {
        /// Instead of this one (its hash); `None`: beside all others.
        replaces: Option<String>,
        /// The days that it speaks of, where it does not say so itself.
        period: Option<DayRange>,
    },
    /// It is to be left out.
    Reject,
}

impl Store {
    /// Every file of every connection, in the order in which they were first seen.
    pub async fn report_files(&self) -> Result<Vec<FileRecord>, StoreError> {
        let stored = Entity::find().order_by_asc(Column::Id).all(&self.pools.read).await?;
        Ok(stored.into_iter().map(Model::record).collect::<Result<_, _>>()?)
    }

    /// Notes what a person decided. The next look of its connection acts on it. A file that waits can be accepted and
    /// rejected, one that was rejected can be accepted; of any other it is an error.
    pub async fn decide_file(
        &self,
        file: &FileRecord,
        decision: &FileDecision,
        decided_by: &str,
    ) -> Result<(), StoreError> {
        let from = match decision {
            FileDecision::Accept { .. } => {
                vec![FileState::Quarantined.as_str(), FileState::Rejected.as_str()]
            }
            FileDecision::Reject => vec![FileState::Quarantined.as_str()],
        };
        let update = Entity::update_many()
            .filter(Column::Connection.eq(file.connection.as_str()))
            .filter(Column::Sha256.eq(file.sha256.as_str()))
            .filter(Column::State.is_in(from))
            .col_expr(Column::DecidedBy, Expr::value(decided_by));
        let update = match decision {
            FileDecision::Accept { replaces, period } => {
                let update = update
                    .col_expr(Column::State, Expr::value(FileState::Quarantined.as_str()))
                    .col_expr(Column::Replaces, Expr::value(replaces.as_deref()));
                match period {
                    Some(period) => update
                        .col_expr(Column::PeriodStart, Expr::value(chrono_day(period.first)))
                        .col_expr(Column::PeriodEnd, Expr::value(chrono_day(period.last))),
                    None => update,
                }
            }
            FileDecision::Reject => update
                .col_expr(Column::State, Expr::value(FileState::Rejected.as_str()))
                .col_expr(Column::Replaces, Expr::value(Option::<String>::None)),
        };
        if update.exec(&self.pools.write).await?.rows_affected == 1 {
            return Ok(());
        }
        Err(StoreError::Unknown(format!(
            "{} is {}: only what waits can be decided about (`dynamoi files list`)",
            file.name,
            file.state.as_str()
        )))
    }
}
