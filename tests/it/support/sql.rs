//! Tables as JSON, on either engine.

use rows::Table;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement};
use serde_json::Value;

/// A reader of its own beside the worker's.
pub struct Eyes(DatabaseConnection);

impl Eyes {
    pub async fn open(url: &str) -> Self {
        Self(Database::connect(url).await.unwrap())
    }

    /// Rows as JSON objects.
    pub async fn query(&self, sql: &str) -> Vec<Value> {
        let postgres = self.0.get_database_backend() == DbBackend::Postgres;
        let text =
            if postgres { format!("SELECT to_jsonb(q)::text AS row FROM ({sql}) q") } else { sql.to_owned() };
        let statement = Statement::from_string(self.0.get_database_backend(), text);
        let rows = self.0.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.iter()
            .map(|row| {
                if postgres {
                    return serde_json::from_str(&row.try_get::<String>("", "row").unwrap()).unwrap();
                }
                row.column_names().into_iter().map(|name| (name.clone(), sqlite_value(row, &name))).collect()
            })
            .collect()
    }

    /// The first column of the only row, as an integer.
    pub async fn number(&self, sql: &str) -> i64 {
        let rows = self.query(sql).await;
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        let value = rows[0].as_object().unwrap().values().next().unwrap();
        value.as_i64().unwrap_or_else(|| panic!("{sql}: {value} is no integer"))
    }

    /// Every row of every table and view that readers see, as text; without when it was observed.
    pub async fn dump(&self) -> Vec<String> {
        self.dump_with(false).await
    }

    /// As [`Eyes::dump`], with `observed_at`.
    pub async fn dump_observed(&self) -> Vec<String> {
        self.dump_with(true).await
    }

    async fn dump_with(&self, observed: bool) -> Vec<String> {
        let mut dump = Vec::new();
        for table in tables() {
            for mut row in self.query(&format!("SELECT * FROM {table}")).await {
                if !observed {
                    row.as_object_mut().unwrap().remove("observed_at");
                }
                dump.push(format!("{table} {row}"));
            }
        }
        dump.sort();
        dump
    }
}

/// What readers see beside the tables of the registry: views over them.
const DERIVED: [&str; 2] = ["campaign_performance_daily", "counter_deltas_daily"];

/// What readers see; without what is sealed anew each time.
pub fn tables() -> impl Iterator<Item = &'static str> {
    let tables = Table::ALL.iter().filter(|table| **table != Table::BillingProfiles);
    tables.map(|table| table.name()).chain(DERIVED)
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
