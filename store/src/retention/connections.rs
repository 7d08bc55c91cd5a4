//! What providers' terms ask for: what was not read for long goes, and everything of a connection that is gone.
//!
//! A row that did not change keeps the time at which it was first seen so, whenever it is read again. So the last reading of its
//! stream tells how fresh it is.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use rows::{
    Table,
    checkpoint::{Checkpoint, Progress},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, prelude::DateTimeUtc};

use super::{Keep, Terms, condition::Condition, rules::Age, sweep::Sweep};
use crate::{
    Store, StoreError,
    convert::timestamp,
    entity::checkpoint,
    sql::Sql,
    tables::{Entities, storage},
};

/// A connection that terms are about.
struct Subject {
    id: i64,
    name: String,
    integration: String,
    /// Since when it is not configured any more.
    removed_at: Option<Timestamp>,
    /// Whether a customer of it is a user under a legal hold.
    held: bool,
}

/// A stream of an account.
type Stream = (String, String);

const UNREAD: &str = "the provider lets its data be kept only while it is read again";
const REMOVED: &str = "the provider wants its data deleted after whoever it is of has disconnected";

/// Everything that is due of connections.
pub(super) async fn of_connections(
    store: &Store,
    terms: &Terms,
    now: Timestamp,
) -> Result<Vec<Sweep>, StoreError> {
    let mut sweeps = Vec::new();
    for subject in store.subjects().await? {
        let Some(terms) = terms.integrations.get(&subject.integration) else { continue };
        let gone = |cut: Timestamp| subject.removed_at.is_some_and(|since| since < cut);
        if terms.removed.cut(now).is_some_and(gone) {
            // Ids of entities that a commit remembers are of no use once these are gone.
            store.ids_stale.store(true, Ordering::Release);
            sweeps.extend(subject.whole(terms.removed));
        } else if let Some(cut) = terms.unread.cut(now) {
            let (stale, fresh) = store.streams(subject.id, cut).await?;
            sweeps.extend(subject.unread(terms.unread, &stale, fresh == 0));
        }
    }
    Ok(sweeps)
}

// === impl Store ===

impl Store {
    async fn subjects(&self) -> Result<Vec<Subject>, StoreError> {
        let query = Sql::new(
            self.backend(),
            "SELECT c.id, c.name, c.integration, c.removed_at, EXISTS (SELECT 1 FROM legal_holds l \
             JOIN user_links k ON k.user_id = l.user_id WHERE k.connection = c.name AND l.released_at IS NULL) AS held \
             FROM connections c ORDER BY c.name",
        );
        let rows = self.pools.read.query_all_raw(query.done()).await?;
        let subjects = rows.iter().map(|row| {
            Ok(Subject {
                id: row.try_get("", "id")?,
                name: row.try_get("", "name")?,
                integration: row.try_get("", "integration")?,
                removed_at: row.try_get::<Option<DateTimeUtc>>("", "removed_at")?.map(timestamp),
                held: row.try_get("", "held")?,
            })
        });
        Ok(subjects.collect::<Result<_, sea_orm::DbErr>>()?)
    }

    /// The streams of a connection that were read for the last time before this, and how many were read since.
    async fn streams(&self, connection: i64, cut: Timestamp) -> Result<(Vec<Stream>, usize), StoreError> {
        let stored = checkpoint::Entity::find()
            .filter(checkpoint::Column::ConnectionId.eq(connection))
            .all(&self.pools.read)
            .await?;
        let (mut stale, mut fresh) = (Vec::new(), 0);
        for row in stored {
            // What cannot be read is not known to be old; whoever polls it says so.
            let read =
                serde_json::from_str::<Checkpoint>(&row.memory).map(|memory| last_read(&memory.progress));
            match read {
                Ok(Some(read)) if read < cut => stale.push((row.account_id, row.stream)),
                _ => fresh += 1,
            }
        }
        Ok((stale, fresh))
    }
}

/// When something of a stream was read for the last time.
fn last_read(progress: &Progress) -> Option<Timestamp> {
    match progress {
        Progress::Days(days) => days.read().map(|range| range.read_at).max(),
        Progress::Feed(feed) => feed.caught_up_at.max(feed.relisted_at),
        Progress::Snapshot(snapshot) => snapshot.read_at,
        Progress::Files(files) => files.listed_at,
    }
}

// === impl Subject ===

impl Subject {
    /// Everything of it but its name.
    fn whole(&self, keep: Keep) -> Vec<Sweep> {
        let line = |table, age, facts, due| self.sweep("removed", keep, REMOVED, table, age, facts, due);
        let by_id = || Condition::new("t.connection_id = ").bind(self.id);
        let by_name = || Condition::new("t.connection = ").bind(self.name.as_str());
        let (mut facts, mut objects, mut entities) = (Vec::new(), Vec::new(), Vec::new());
        for table in Table::ALL {
            let stored = storage(*table);
            match stored.entities {
                Some(Entities { table, .. }) => {
                    let due = entities_where(table).bind(self.id).text(")");
                    facts.push(line(stored.rows, Some(OBSERVED), true, due));
                    if entities.iter().all(|known: &Sweep| known.table != table) {
                        entities.push(line(table, None, false, by_id()));
                    }
                }
                None => objects.push(line(stored.rows, Some(OBSERVED), false, by_id())),
            }
        }
        let first_seen = Some(Age::Time("first_seen_at"));
        let rest = [
            line("report_files", first_seen, false, by_id()),
            line("ledger", None, false, by_id()),
            line("quarantined_rows", first_seen, false, by_name()),
            line("cycles", Some(Age::Time("finished_at")), false, by_name()),
            line("backfills", Some(Age::Time("requested_at")), false, by_name()),
            line("changes", Some(Age::Time("at")), false, by_name()),
        ];
        facts.into_iter().chain(entities).chain(objects).chain(rest).collect()
    }

    /// The facts of these streams; and, if there is no other, everything that it describes.
    fn unread(&self, keep: Keep, stale: &[Stream], all: bool) -> Vec<Sweep> {
        let line = |table, facts, due| self.sweep("unread", keep, UNREAD, table, Some(OBSERVED), facts, due);
        let mut sweeps = Vec::new();
        for table in Table::ALL {
            let stored = storage(*table);
            match stored.entities {
                Some(Entities { table, .. }) => sweeps.extend(stale.chunks(STREAMS_MAX).map(|streams| {
                    let due = entities_where(table).bind(self.id).text(" AND (");
                    let due = streams.iter().enumerate().fold(due, |due, (place, (account, stream))| {
                        due.text(if place == 0 { "(account_id = " } else { " OR (account_id = " })
                            .bind(account.as_str())
                            .text(" AND stream = ")
                            .bind(stream.as_str())
                            .text(")")
                    });
                    line(stored.rows, true, due.text("))"))
                })),
                None if all && !stale.is_empty() => {
                    sweeps.push(line(stored.rows, false, Condition::new("t.connection_id = ").bind(self.id)));
                }
                None => {}
            }
        }
        sweeps
    }

    #[expect(clippy::too_many_arguments, reason = "its two callers give half of them each")]
    fn sweep(
        &self,
        term: &str,
        keep: Keep,
        reason: &'static str,
        table: &'static str,
        age: Option<Age>,
        facts: bool,
        due: Condition,
    ) -> Sweep {
        // Whoever configures it again meanwhile keeps what is left.
        let due = match self.removed_at {
            Some(_) => due
                .text(" AND EXISTS (SELECT 1 FROM connections c WHERE c.removed AND c.id = ")
                .bind(self.id)
                .text(")"),
            None => due,
        };
        Sweep {
            rule: format!("integrations.{}.{term}", self.integration),
            connection: Some(self.name.clone()),
            table,
            keep,
            reason,
            age,
            due,
            held: self.held.then(|| Condition::new("1 = 1")),
            facts,
        }
    }
}

/// When a fact or an object was first seen as it is.
const OBSERVED: Age = Age::Seconds("observed_at");
/// Streams in one statement.
const STREAMS_MAX: usize = 500;

/// Facts about these entities of a connection, whose id follows.
fn entities_where(entities: &str) -> Condition {
    Condition::new(format!("t.entity_id IN (SELECT id FROM {entities} WHERE connection_id = "))
}
