//! A database of an older version, opened by this one.

use migrations::Migrator;
use rows::{
    Row, Table,
    sink::{Commit, Committed},
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};
use sea_orm_migration::MigratorTrait;
use serde_json::Value;

use crate::{kinds::every_kind, samples::ACCOUNT, support::Bench};

/// What commit a982c4a stored of `every_kind("1")` and `every_kind("2")`, but for what is sealed: a line a row, its table
/// and its columns, written by that version's own code.
const STORED: &str = include_str!("a982c4a.jsonl");

/// The steps that it had.
const STEPS: u32 = 6;

/// When it stored them.
const OBSERVED_AT: &str = "2026-11-24T10:00:00";

/// A database as that version left it.
async fn left(url: &str) {
    let database = Database::connect(url).await.unwrap();
    Migrator::up(&database, Some(STEPS)).await.unwrap();
    database
        .execute_unprepared(
            "INSERT INTO connections (id, name, integration, tenant, epoch, state, paused, removed) \
             VALUES (1, 'old', 'deezer', 'label-a', 1, 'idle', false, false)",
        )
        .await
        .unwrap();
    for line in STORED.lines() {
        let (table, row): (String, serde_json::Map<String, Value>) = serde_json::from_str(line).unwrap();
        let names: Vec<&str> = row.keys().map(String::as_str).collect();
        let values: Vec<String> = row.values().map(literal).collect();
        let insert =
            format!("INSERT INTO {table} (\"{}\") VALUES ({})", names.join("\", \""), values.join(", "));
        database.execute_unprepared(&insert).await.unwrap_or_else(|error| panic!("{insert}: {error}"));
        if row.contains_key("id") && row["id"].is_i64() {
            went_on(&database, &table).await;
        }
    }
    database.close().await.unwrap();
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    }
}

/// The server would have counted, too.
async fn went_on(database: &DatabaseConnection, table: &str) {
    if database.get_database_backend() == DbBackend::Postgres {
        let set =
            format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))");
        database.execute_unprepared(&set).await.unwrap();
    }
}

fn rows() -> Vec<Row> {
    // These are not of that version; and whom bills go to was left out.
    let unknown = |table| {
        matches!(
            table,
            Table::ContentPerformanceDaily
                | Table::RoyaltyStatements
                | Table::SmartLinks
                | Table::SmartLinkActivityDaily
                | Table::BillingProfiles
        )
    };
    let rows = ["1", "2"].iter().flat_map(|id| every_kind(id));
    rows.filter(|row| !unknown(row.table())).collect()
}

/// The provider says what it said before: nothing is restated, and nothing is observed anew.
pub async fn unchanged_rows_of_an_old_database_are_not_restated(url: &str) {
    left(url).await;
    let bench = Bench::open(url).await;
    bench.clock.set("2026-11-28T10:00:00Z");
    let epoch = bench.register("old", "deezer").await.epoch;
    let commit = |rows| Commit {
        connection: "old".into(),
        integration: "deezer".into(),
        epoch,
        stream: "all".into(),
        account_id: ACCOUNT.into(),
        rows,
        ..Commit::default()
    };
    let before = bench.dump().await;
    // As it looks at first, and as it looks once nothing else is expected.
    for _ in 0..2 {
        assert_eq!(bench.commit(commit(rows())).await, Committed::default());
        assert_eq!(bench.dump().await, before);
    }
    let mut tables = 0;
    for table in rows().iter().map(Row::table).collect::<std::collections::BTreeSet<_>>() {
        let shown = bench.query(&format!("SELECT revision, observed_at FROM {}", table.name())).await;
        assert_eq!(shown.len(), 2, "{table:?}");
        for row in shown {
            assert_eq!(row["revision"], 0, "{table:?}");
            assert!(row["observed_at"].as_str().unwrap().starts_with(OBSERVED_AT), "{table:?} {row}");
        }
        tables += 1;
    }
    assert_eq!(tables, 27);
    let classes = bench.count("counter_readings_daily WHERE measure_class = 'public_counter'").await;
    assert_eq!(classes, 2);
    // What did change is seen.
    let mut changed = rows();
    for row in &mut changed {
        if let Row::CounterReading(reading) = row {
            reading.value += 1;
        }
    }
    let committed = bench.commit(commit(changed)).await;
    assert_eq!((committed.written, committed.restated), (vec![(Table::CounterReadingsDaily, 2)], 2));
    bench.store.close().await;
}
