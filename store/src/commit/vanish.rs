//! What a complete reading did not see is not there any more.

use std::collections::{BTreeSet, HashMap, HashSet};

use rows::{
    Day, DayRange, Table,
    ads::REMOVED,
    key::Fingerprint,
    sink::{Shrunk, Vanish},
    table::{Kind, Mark},
};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value, entity::prelude::Date,
    sea_query::ArrayType,
};

use super::Scope;
use crate::{
    convert::{chrono_day, day},
    limits, long_keys,
    sql::Sql,
    tables::{Entities, storage},
    transaction::Transaction,
};

/// What came of it.
pub enum Vanished {
    /// So many rows were deleted or marked.
    Rows(u64),
    /// Too few were seen to believe it.
    Shrunk(Shrunk),
}

/// What a window saw of one table.
struct Window<'a> {
    facts: &'static str,
    entities: Entities,
    days: DayRange,
    /// Only rows of this level.
    level: Option<&'static str>,
    seen: &'a HashSet<(Fingerprint, Day)>,
    /// Entities with one of these in their key are left alone.
    spared: &'a BTreeSet<String>,
    /// Fewer rows than before are believed.
    confirmed: bool,
    /// What was seen is in the table by now, all of it.
    is_all_stored: bool,
}

/// What is stored of a window.
enum Held {
    /// These facts were not seen, by entity and day.
    Unseen(Vec<Vec<Value>>),
    /// Too few were seen to believe it.
    Shrunk(Shrunk),
}

/// Takes away what was not seen. `is_all_stored` says of a table whether what was seen of it is there by now, all of it.
pub async fn apply(
    tx: &Transaction<'_>,
    scope: &Scope<'_>,
    vanish: &Vanish,
    is_all_stored: impl Fn(Table) -> bool,
) -> Result<Vanished, DbErr> {
    let (days, level, (seen, spared), confirmed) = match vanish {
        Vanish::Days { days, level, seen, spared, confirmed } => (*days, *level, (seen, spared), *confirmed),
        Vanish::Objects { table, seen } => {
            return lost_objects(tx, scope, *table, seen).await.map(Vanished::Rows);
        }
    };
    let mut unseen = Vec::new();
    for (table, seen) in seen {
        let stored = storage(*table);
        let Some(entities) = stored.entities.filter(|_| table.is_daily()) else { continue };
        let level = level.filter(|_| table.is_keyed_by("level"));
        let is_all_stored = is_all_stored(*table);
        let window =
            Window { facts: stored.rows, entities, days, level, seen, spared, confirmed, is_all_stored };
        match held(tx, scope, &window).await? {
            Held::Unseen(facts) => unseen.push((stored.rows, facts)),
            // Of one window all is believed, or nothing.
            Held::Shrunk(shrunk) => return Ok(Vanished::Shrunk(shrunk)),
        }
    }
    let mut deleted = 0;
    for (table, facts) in unseen {
        deleted += delete(tx, table, &facts).await?;
    }
    Ok(Vanished::Rows(deleted))
}

/// Looks for facts of the window that were not seen.
async fn held(tx: &Transaction<'_>, scope: &Scope<'_>, window: &Window<'_>) -> Result<Held, DbErr> {
    let Window { facts, entities: Entities { table: entities, keys }, days, .. } = *window;
    let of_account = |sql: Sql| {
        let sql = sql
            .text(" e.connection_id = ")
            .bind(scope.connection_id)
            .text(" AND e.account_id = ")
            .bind(scope.commit.account_id.as_str())
            .text(" AND e.stream = ")
            .bind(scope.commit.stream.as_str());
        match window.level {
            Some(level) => sql.text(" AND e.level = ").bind(level),
            None => sql,
        }
    };
    let backend = tx.get_database_backend();
    let of_window = |columns: &str| {
        let sql = Sql::new(backend, &format!("SELECT {columns} FROM {facts} f JOIN {entities} e"))
            .text(" ON e.id = f.entity_id WHERE f.date BETWEEN ")
            .bind(chrono_day(days.first))
            .text(" AND ")
            .bind(chrono_day(days.last))
            .text(" AND");
        of_account(sql).done()
    };
    let seen_rows = u64::try_from(window.seen.len()).unwrap_or(u64::MAX);
    // If all that was seen is stored, and there are not more, then there are no others.
    if window.is_all_stored && count(tx, of_window("count(*)")).await? == seen_rows {
        return Ok(Held::Unseen(Vec::new()));
    }
    let mut stored: Vec<(i64, Date)> = Vec::new();
    for row in tx.query_all_raw(of_window("f.entity_id, f.date")).await? {
        stored.push((row.try_get("", "entity_id")?, row.try_get("", "date")?));
    }
    if stored.is_empty() {
        return Ok(Held::Unseen(Vec::new()));
    }
    let keys = keys();
    let parts: Vec<&str> = keys.into_iter().filter(|column| *column != "connection_id").collect();
    let columns = whole_texts(backend, "e.", &parts);
    let known = Sql::new(backend, &format!("SELECT e.id, {columns} FROM {entities} e WHERE"));
    let mut fingerprints: HashMap<i64, Fingerprint> = HashMap::new();
    for row in tx.query_all_raw(of_account(known).done()).await? {
        let texts = texts(&row, &parts)?;
        if !texts.iter().any(|text| window.spared.contains(text)) {
            fingerprints.insert(row.try_get("", "id")?, fingerprint(&texts));
        }
    }
    stored.retain(|(entity_id, _)| fingerprints.contains_key(entity_id));
    let counts = Shrunk { stored: u64::try_from(stored.len()).unwrap_or(u64::MAX), seen: seen_rows };
    if !window.confirmed && counts.seen < counts.stored.div_ceil(2) {
        return Ok(Held::Shrunk(counts));
    }
    let mut unseen: Vec<Vec<Value>> = Vec::new();
    for (entity_id, date) in stored {
        let key = fingerprints.get(&entity_id).copied().zip(day(date));
        if key.is_some_and(|key| !window.seen.contains(&key)) {
            unseen.push(vec![entity_id.into(), date.into()]);
        }
    }
    Ok(Held::Unseen(unseen))
}

async fn delete(tx: &Transaction<'_>, facts: &str, unseen: &[Vec<Value>]) -> Result<u64, DbErr> {
    let mut deleted = 0;
    for chunk in unseen.chunks(limits::KEYS_STATEMENT_MAX) {
        let statement =
            Sql::new(tx.get_database_backend(), &format!("DELETE FROM {facts}")).at_facts(chunk).done();
        deleted += tx.execute_raw(statement).await?.rows_affected();
    }
    Ok(deleted)
}

async fn lost_objects(
    tx: &Transaction<'_>,
    scope: &Scope<'_>,
    table: Table,
    seen: &HashSet<Fingerprint>,
) -> Result<u64, DbErr> {
    let Kind::Objects { unseen: Some(mark), .. } = table.description().kind else {
        return Ok(0);
    };
    let rows = storage(table).rows;
    let here = |sql: Sql| {
        let sql = sql.text(" WHERE connection_id = ").bind(scope.connection_id);
        if table.is_keyed_by("account_id") && !scope.commit.account_id.is_empty() {
            sql.text(" AND account_id = ").bind(scope.commit.account_id.as_str())
        } else {
            sql
        }
    };
    let (still_there, marks) = match mark {
        Mark::Status => ("COALESCE(status, '') <> 'removed'", "status = "),
        Mark::BothStatuses => {
            ("COALESCE(status, '') <> 'removed'", "effective_status = 'removed', status = ")
        }
        Mark::Active => ("COALESCE(active, true)", "active = "),
    };
    let backend = tx.get_database_backend();
    let parts = table.description().key;
    let select = format!("SELECT {} FROM {rows}", whole_texts(backend, "", parts));
    let stored = here(Sql::new(backend, &select)).text(&format!(" AND {still_there}")).done();
    let mut unseen: Vec<Vec<Value>> = Vec::new();
    for row in tx.query_all_raw(stored).await? {
        let texts = texts(&row, parts)?;
        if !seen.contains(&fingerprint(&texts)) {
            unseen.push(texts.into_iter().map(|text| long_keys::stored(backend, text).into()).collect());
        }
    }
    let mut marked = 0;
    for chunk in unseen.chunks(limits::KEYS_STATEMENT_MAX) {
        let value = match mark {
            Mark::Active => Value::from(false),
            Mark::Status | Mark::BothStatuses => Value::from(REMOVED),
        };
        let update = Sql::new(backend, &format!("UPDATE {rows} SET {marks}"))
            .bind(value)
            .text(", digest = NULL, revision = revision + 1, observed_at = ")
            .bind(scope.observed_at);
        let statement = here(update)
            .text(&format!(" AND ({}) IN ", parts.join(", ")))
            .keys(&vec![ArrayType::String; parts.len()], chunk.to_vec())
            .done();
        marked += tx.execute_raw(statement).await?.rows_affected();
    }
    Ok(marked)
}

/// What `TableRow::entity` gives for these texts.
fn fingerprint(texts: &[String]) -> Fingerprint {
    Fingerprint::of(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The columns of a key, each with its whole text.
fn whole_texts(backend: DbBackend, table: &str, columns: &[&str]) -> String {
    let whole =
        |column: &&str| format!("{} AS {column}", long_keys::whole(backend, &format!("{table}{column}")));
    columns.iter().map(whole).collect::<Vec<_>>().join(", ")
}

async fn count(tx: &Transaction<'_>, statement: Statement) -> Result<u64, DbErr> {
    let Some(row) = tx.query_one_raw(statement).await? else {
        return Ok(0);
    };
    let count: i64 = row.try_get_by_index(0)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn texts(row: &QueryResult, columns: &[&str]) -> Result<Vec<String>, DbErr> {
    columns.iter().map(|column| row.try_get("", column)).collect()
}
