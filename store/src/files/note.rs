//! How it stands with a file.

use rows::{
    files::{FileFacts, FileNote, FileState, Standing},
    sink::SinkError,
};
use sea_orm::{ActiveValue::Unchanged, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set};

use crate::{
    Store,
    convert::{chrono_day, shortened, utc},
    entity::report_file::{ActiveModel, Column, Entity},
    error::sink_error,
    fence,
};

/// A file in one of these states is not done with: what is found out about it is noted.
const OPEN: [FileState; 2] = [FileState::Loading, FileState::Quarantined];

impl Store {
    pub(super) async fn note(&self, note: FileNote) -> Result<bool, SinkError> {
        let tx = self.pools.begin().await.map_err(|error| sink_error(&error))?;
        let passed = fence::pass(&tx, &note.connection, note.epoch).await;
        let Some(connection_id) = passed.map_err(|error| sink_error(&error))? else {
            return Err(SinkError::Outdated(note.connection));
        };
        let withheld = self.withheld_in(&tx, &note.connection).await;
        if let Some(reason) = withheld.map_err(|error| sink_error(&error))? {
            return Err(SinkError::Withheld(reason));
        }
        let noted = self.note_of(&tx, connection_id, note).await.map_err(|error| sink_error(&error))?;
        tx.commit().await.map_err(|error| sink_error(&error))?;
        Ok(noted)
    }

    async fn note_of(
        &self,
        tx: &impl ConnectionTrait,
        connection_id: i64,
        note: FileNote,
    ) -> Result<bool, DbErr> {
        let before = Entity::find()
            .filter(Column::ConnectionId.eq(connection_id))
            .filter(Column::Sha256.eq(note.sha256.as_str()))
            .one(tx)
            .await?;
        let mut row = standing(note.standing);
        if let Some(before) = before {
            if OPEN.iter().all(|state| state.as_str() != before.state) {
                return Ok(false);
            }
            row.id = Unchanged(before.id);
            Entity::update(row).exec_without_returning(tx).await?;
        } else {
            row.connection_id = Set(connection_id);
            row.connection = Set(note.connection);
            row.sha256 = Set(note.sha256);
            row.name = Set(note.name);
            row.member = Set(note.member);
            row.size_bytes = Set(count(note.size_bytes));
            row.first_seen_at = Set(utc(self.clock.0.now()));
            Entity::insert(row).exec_without_returning(tx).await?;
        }
        Ok(true)
    }
}

/// The columns that say how it stands; those that it does not set stay.
fn standing(standing: Standing) -> ActiveModel {
    let (state, reason, facts) = match standing {
        Standing::Loading(facts) => return of_facts(facts),
        Standing::Waits { reason, facts } => (FileState::Quarantined, reason, facts),
        Standing::Foreign { reason } => (FileState::Foreign, reason, None),
    };
    ActiveModel {
        state: Set(state.as_str().to_owned()),
        reason: Set(Some(shortened(&reason))),
        decided_by: Set(None),
        replaces: Set(None),
        ..facts.map(of_facts).unwrap_or_default()
    }
}

fn of_facts(facts: FileFacts) -> ActiveModel {
    ActiveModel {
        state: Set(FileState::Loading.as_str().to_owned()),
        layout: Set(Some(facts.layout)),
        unit: Set(Some(facts.unit)),
        period_start: Set(facts.period.map(|period| chrono_day(period.first))),
        period_end: Set(facts.period.map(|period| chrono_day(period.last))),
        statement_period: Set(facts.statement_period),
        rows: Set(Some(count(facts.rows))),
        rejected: Set(Some(count(facts.rejected))),
        totals: Set(facts.totals),
        made_at: Set(facts.made_at.map(utc)),
        reason: Set((!facts.notes.is_empty()).then(|| shortened(&facts.notes.join("; ")))),
        ..ActiveModel::default()
    }
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
