//! An opened store with a clock that a test sets, and eyes for what is in its tables.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::Timestamp;
use rows::{
    Clock,
    clock::SystemClock,
    sink::{Commit, Committed, ConnectionRecord, Registration, Sink, SinkError},
};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use serde_json::Value;
use store::{Store, StoreOptions};

/// Wall time stands still until a test moves it; intervals are real.
pub struct TestClock {
    now: Mutex<Timestamp>,
    real: SystemClock,
}

impl TestClock {
    pub fn at(text: &str) -> Self {
        Self { now: Mutex::new(at(text)), real: SystemClock::new() }
    }

    pub fn set(&self, text: &str) {
        *self.now.lock().unwrap() = at(text);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.real.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.real.sleep(duration)
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A migrated store.
pub struct Bench {
    pub store: Store,
    pub clock: Arc<TestClock>,
    url: String,
}

impl Bench {
    pub async fn open(url: &str) -> Self {
        let clock = Arc::new(TestClock::at("2026-11-24T10:00:00Z"));
        let store = Store::connect(url, StoreOptions::default(), clock.clone()).await.unwrap();
        store.migrate_up().await.unwrap();
        Self { store, clock, url: url.to_owned() }
    }

    /// The same database with another writer, which remembers nothing.
    pub async fn again(&self) -> Self {
        Self::open(&self.url).await
    }

    pub async fn register(&self, name: &str, integration: &str) -> Registration {
        let record = ConnectionRecord {
            name: name.into(),
            integration: integration.into(),
            tenant: "label-a".into(),
            once_since: None,
        };
        self.store.register(record).await.unwrap()
    }

    pub async fn commit(&self, commit: Commit) -> Committed {
        self.try_commit(commit).await.unwrap()
    }

    pub async fn try_commit(&self, commit: Commit) -> Result<Committed, SinkError> {
        self.store.commit(commit).await
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn backend(&self) -> DbBackend {
        self.store.reader().get_database_backend()
    }

    /// What somebody else does to the tables.
    pub async fn execute(&self, sql: &str) {
        let database = sea_orm::Database::connect(&self.url).await.unwrap();
        database.execute_unprepared(sql).await.unwrap();
        database.close().await.unwrap();
    }

    /// Rows as JSON objects.
    pub async fn query(&self, sql: &str) -> Vec<Value> {
        let text = match self.backend() {
            DbBackend::Postgres => format!("SELECT to_jsonb(q)::text AS row FROM ({sql}) q"),
            _ => sql.to_owned(),
        };
        let statement = Statement::from_string(self.backend(), text);
        let rows = self.store.reader().query_all_raw(statement).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let json = |row| match self.backend() {
            DbBackend::Postgres => postgres_row(row),
            _ => sqlite_row(row),
        };
        rows.iter().map(json).collect()
    }

    /// One row of one query.
    pub async fn one(&self, sql: &str) -> Value {
        let mut rows = self.query(sql).await;
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows.remove(0)
    }

    /// Rows of a table, seen or not: lines of a statement are there before anybody sees them.
    pub async fn stored_rows(&self, table: rows::Table) -> i64 {
        match table {
            rows::Table::RoyaltyStatements => self.count("royalty_statement_rows").await,
            other => self.count(other.name()).await,
        }
    }

    pub async fn count(&self, table: &str) -> i64 {
        self.one(&format!("SELECT count(*) AS n FROM {table}")).await["n"].as_i64().unwrap()
    }

    /// The names of all tables, as SQL.
    fn all_tables(&self) -> &'static str {
        match self.backend() {
            DbBackend::Postgres => {
                "SELECT table_name::text AS name FROM information_schema.tables \
                 WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
            }
            _ => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
            }
        }
    }

    /// How many rows each table has.
    pub async fn rows_by_table(&self) -> std::collections::BTreeMap<String, i64> {
        let mut rows = std::collections::BTreeMap::new();
        for table in self.query(self.all_tables()).await {
            let table = table["name"].as_str().unwrap().to_owned();
            rows.insert(table.clone(), self.count(&table).await);
        }
        rows
    }

    /// Every row of every table but `connections`, as text.
    pub async fn dump(&self) -> Vec<String> {
        let mut dump = Vec::new();
        for table in self.query(self.all_tables()).await {
            let table = table["name"].as_str().unwrap();
            if matches!(table, "connections" | "seaql_migrations") {
                continue;
            }
            let mut rows: Vec<String> = self
                .query(&format!("SELECT * FROM {table}"))
                .await
                .iter()
                .map(|row| format!("{table} {row}"))
                .collect();
            rows.sort();
            dump.append(&mut rows);
        }
        dump
    }
}

fn postgres_row(row: &QueryResult) -> Value {
    serde_json::from_str(&row.try_get::<String>("", "row").unwrap()).unwrap()
}

fn sqlite_row(row: &QueryResult) -> Value {
    let names = row.column_names().into_iter();
    names.map(|name| (name.clone(), sqlite_value(row, &name))).collect()
}

fn sqlite_value(row: &QueryResult, name: &str) -> Value {
    if let Ok(value) = row.try_get::<Option<i64>>("", name) {
        return value.into();
    }
    if let Ok(value) = row.try_get::<Option<bool>>("", name) {
        return value.into();
    }
    if let Ok(value) = row.try_get::<Option<f64>>("", name) {
        return value.into();
    }
    row.try_get::<Option<String>>("", name).unwrap().into()
}
