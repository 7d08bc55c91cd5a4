//! What a complete reading did not see is not there any more.

use std::collections::{BTreeSet, HashMap, HashSet};

use rows::{
    Day, DayRange, Table,
    ads::{REMOVED, country_entity, performance_entity},
    key::Fingerprint,
    music::placement_entity,
    sink::{Commit, Shrunk, SinkError, Vanish},
    web::{WebOrigin, WebScope, web_entity},
};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value, entity::prelude::Date,
    sea_query::ArrayType,
};

use super::Scope;
use crate::{
    convert::{chrono_day, day},
    limits, long_keys,
    objects::{Gone, ObjectTable, Within, object_table},
    sql::Sql,
    transaction::Transaction,
};

/// What came of it.
pub enum Vanished {
    /// So many rows were deleted or marked.
    Rows(u64),
    /// Too few were seen to believe it.
    Shrunk(Shrunk),
}

/// A table of daily facts: its rows, its entities, and the entities' parts as their fingerprint wants them.
struct FactTable {
    facts: &'static str,
    entities: &'static str,
    parts: &'static [&'static str],
    fingerprint: fn(&[String]) -> Fingerprint,
}

/// What a window saw.
struct SeenDays<'a> {
    days: DayRange,
    keys: &'a HashSet<(Fingerprint, Day)>,
    confirmed: bool,
    is_all_stored: bool,
}

/// Only daily tables lose days, and only tables with a word for it lose objects.
pub fn check(commit: &Commit) -> Result<(), SinkError> {
    let (table, known, what) = match &commit.vanish {
        None => return Ok(()),
        Some(Vanish::Days { table, .. }) => (table, fact_table(*table).is_some(), "days"),
        Some(Vanish::Objects { table, .. }) => {
            let known = object_table(*table).is_some_and(|object| object.gone.is_some());
            (table, known, "objects")
        }
    };
    if known {
        return Ok(());
    }
    Err(SinkError::Refused(format!("{} cannot lose {what} that were not seen", table.name())))
}

/// Where something may have vanished.
pub const fn table(vanish: &Vanish) -> Table {
    match vanish {
        Vanish::Days { table, .. } | Vanish::Objects { table, .. } => *table,
    }
}

/// Takes away what was not seen. `is_all_stored`: what was seen is in the table by now, all of it.
pub async fn apply(
    tx: &Transaction<'_>,
    scope: &Scope<'_>,
    vanish: &Vanish,
    is_all_stored: bool,
) -> Result<Vanished, DbErr> {
    match vanish {
        Vanish::Days { table, level, days, seen, confirmed } => match fact_table(*table) {
            Some(facts) => {
                let seen = SeenDays { days: *days, keys: seen, confirmed: *confirmed, is_all_stored };
                lost_days(tx, scope, &facts, *level, seen).await
            }
            None => Ok(Vanished::Rows(0)),
        },
        Vanish::Objects { table, seen } => match object_table(*table) {
            Some(ObjectTable { gone: Some(gone), .. }) => lost_objects(tx, scope, *table, gone, seen).await,
            _ => Ok(Vanished::Rows(0)),
        },
    }
}

fn fact_table(table: Table) -> Option<FactTable> {
    match table {
        Table::AdPerformanceDaily => Some(FactTable {
            facts: "ad_performance_rows",
            entities: "ad_entities",
            parts: &["account_id", "level", "campaign_id", "ad_set_id", "ad_id"],
            fingerprint: |parts| match parts {
                [account, level, campaign, ad_set, ad] => {
                    performance_entity(account, level, campaign, ad_set, ad)
                }
                _ => Fingerprint::of(&[]),
            },
        }),
        Table::AdCountryDaily => Some(FactTable {
            facts: "ad_country_rows",
            entities: "ad_country_entities",
            parts: &["account_id", "campaign_id", "country"],
            fingerprint: |parts| match parts {
                [account, campaign, country] => country_entity(account, campaign, country),
                _ => Fingerprint::of(&[]),
            },
        }),
        Table::SubscriptionMrrDaily => Some(FactTable {
            facts: "subscription_mrr_rows",
            entities: "subscription_entities",
            parts: &["subscription_id"],
            fingerprint: |parts| match parts {
                [id] => Fingerprint::of(&[id]),
                _ => Fingerprint::of(&[]),
            },
        }),
        Table::WebAnalyticsDaily => Some(web("web_analytics_rows")),
        Table::WebConversionsDaily => Some(web("web_conversion_rows")),
        Table::PlaylistPlacements => Some(FactTable {
            facts: "playlist_placement_rows",
            entities: "playlist_placement_entities",
            parts: &["service", "playlist_id", "track_id"],
            fingerprint: |parts| match parts {
                [service, playlist, track] => placement_entity(service, playlist, track),
                _ => Fingerprint::of(&[]),
            },
        }),
        _ => None,
    }
}

fn web(facts: &'static str) -> FactTable {
    FactTable {
        facts,
        entities: "web_entities",
        parts: &["account_id", "goal", "scope", "campaign", "source", "medium"],
        fingerprint: |parts| match parts {
            [account, goal, scope, campaign, source, medium] => {
                let total = scope == WebScope::Total.as_str();
                let origin = WebOrigin {
                    scope: if total { WebScope::Total } else { WebScope::Campaign },
                    campaign: campaign.clone(),
                    source: source.clone(),
                    medium: medium.clone(),
                };
                web_entity(account, goal, &origin)
            }
            _ => Fingerprint::of(&[]),
        },
    }
}

async fn lost_days(
    tx: &Transaction<'_>,
    scope: &Scope<'_>,
    table: &FactTable,
    level: Option<&'static str>,
    SeenDays { days, keys: seen, confirmed, is_all_stored }: SeenDays<'_>,
) -> Result<Vanished, DbErr> {
    let of_account = |sql: Sql| {
        let sql = sql
            .text(" e.connection_id = ")
            .bind(scope.connection_id)
            .text(" AND e.account_id = ")
            .bind(scope.commit.account_id.as_str())
            .text(" AND e.stream = ")
            .bind(scope.commit.stream.as_str());
        match level {
            Some(level) => sql.text(" AND e.level = ").bind(level),
            None => sql,
        }
    };
    let backend = tx.get_database_backend();
    let (facts, entities) = (table.facts, table.entities);
    let of_window = |columns: &str| {
        let sql = Sql::new(backend, &format!("SELECT {columns} FROM {facts} f JOIN {entities} e"))
            .text(" ON e.id = f.entity_id WHERE f.date BETWEEN ")
            .bind(chrono_day(days.first))
            .text(" AND ")
            .bind(chrono_day(days.last))
            .text(" AND");
        of_account(sql).done()
    };
    let seen_rows = u64::try_from(seen.len()).unwrap_or(u64::MAX);
    // If all that was seen is stored, and there are not more, then there are no others.
    if is_all_stored && count(tx, of_window("count(*)")).await? == seen_rows {
        return Ok(Vanished::Rows(0));
    }
    let stored = tx.query_all_raw(of_window("f.entity_id, f.date")).await?;
    if stored.is_empty() {
        return Ok(Vanished::Rows(0));
    }
    let counts = Shrunk { stored: u64::try_from(stored.len()).unwrap_or(u64::MAX), seen: seen_rows };
    if !confirmed && counts.seen < counts.stored.div_ceil(2) {
        return Ok(Vanished::Shrunk(counts));
    }
    let parts = whole_texts(backend, "e.", table.parts);
    let known = Sql::new(backend, &format!("SELECT e.id, {parts} FROM {entities} e WHERE"));
    let mut fingerprints: HashMap<i64, Fingerprint> = HashMap::new();
    for row in tx.query_all_raw(of_account(known).done()).await? {
        fingerprints.insert(row.try_get("", "id")?, (table.fingerprint)(&texts(&row, table.parts)?));
    }
    let mut gone: Vec<Vec<Value>> = Vec::new();
    for row in &stored {
        let (entity_id, date): (i64, Date) = (row.try_get("", "entity_id")?, row.try_get("", "date")?);
        let key = fingerprints.get(&entity_id).copied().zip(day(date));
        if key.is_some_and(|key| !seen.contains(&key)) {
            gone.push(vec![entity_id.into(), date.into()]);
        }
    }
    let mut deleted = 0;
    for chunk in gone.chunks(limits::KEYS_STATEMENT_MAX) {
        // The first condition lets SQLite find the rows; the second says which of them.
        let entities: BTreeSet<i64> = chunk
            .iter()
            .filter_map(|key| match key.first() {
                Some(Value::BigInt(Some(id))) => Some(*id),
                _ => None,
            })
            .collect();
        let entities = entities.into_iter().map(|id| vec![id.into()]).collect();
        let statement = Sql::new(backend, &format!("DELETE FROM {facts} WHERE entity_id IN "))
            .keys(&[ArrayType::BigInt], entities)
            .text(" AND (entity_id, date) IN ")
            .keys(&[ArrayType::BigInt, ArrayType::ChronoDate], chunk.to_vec())
            .done();
        deleted += tx.execute_raw(statement).await?.rows_affected();
    }
    Ok(Vanished::Rows(deleted))
}

async fn lost_objects(
    tx: &Transaction<'_>,
    scope: &Scope<'_>,
    table: Table,
    gone: Gone,
    seen: &HashSet<Fingerprint>,
) -> Result<Vanished, DbErr> {
    let Some(object) = object_table(table) else {
        return Ok(Vanished::Rows(0));
    };
    let here = |sql: Sql| {
        let sql = sql.text(" WHERE connection_id = ").bind(scope.connection_id);
        if object.within == Within::Account && !scope.commit.account_id.is_empty() {
            sql.text(" AND account_id = ").bind(scope.commit.account_id.as_str())
        } else {
            sql
        }
    };
    let (still_there, marks) = match gone {
        Gone::Status => ("COALESCE(status, '') <> 'removed'", "status = "),
        Gone::BothStatuses => {
            ("COALESCE(status, '') <> 'removed'", "effective_status = 'removed', status = ")
        }
        Gone::Active => ("COALESCE(active, true)", "active = "),
    };
    let backend = tx.get_database_backend();
    let parts = object.key();
    let select = format!("SELECT {} FROM {}", whole_texts(backend, "", &parts), object.table);
    let stored = here(Sql::new(backend, &select)).text(&format!(" AND {still_there}")).done();
    let mut unseen: Vec<Vec<Value>> = Vec::new();
    for row in tx.query_all_raw(stored).await? {
        let texts = texts(&row, &parts)?;
        let key: Vec<&str> = texts.iter().map(String::as_str).collect();
        if !seen.contains(&Fingerprint::of(&key)) {
            unseen.push(texts.into_iter().map(|text| long_keys::stored(backend, text).into()).collect());
        }
    }
    let mut marked = 0;
    for chunk in unseen.chunks(limits::KEYS_STATEMENT_MAX) {
        let mark = match gone {
            Gone::Active => Value::from(false),
            Gone::Status | Gone::BothStatuses => Value::from(REMOVED),
        };
        let update = Sql::new(backend, &format!("UPDATE {} SET {marks}", object.table))
            .bind(mark)
            .text(", digest = NULL, revision = revision + 1, observed_at = ")
            .bind(scope.observed_at);
        let statement = here(update)
            .text(&format!(" AND ({}) IN ", parts.join(", ")))
            .keys(&vec![ArrayType::String; parts.len()], chunk.to_vec())
            .done();
        marked += tx.execute_raw(statement).await?.rows_affected();
    }
    Ok(Vanished::Rows(marked))
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
