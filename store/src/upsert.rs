//! Insert or overwrite, once for every table: unchanged rows are not touched.

use std::cmp::Ordering;

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IdenStatic,
    IntoActiveModel, Iterable, ModelTrait, PrimaryKeyToColumn, Value, sea_query::ArrayType,
};

use crate::{limits, sql::Sql};

/// A table whose rows are known by their natural key. By default the key is the primary key, the values are all other
/// columns, and each row counts its restatements (`revision`, `observed_at`).
pub trait Stored: EntityTrait<Model: IntoActiveModel<Self::ActiveModel>> {
    /// Whether a row has `revision` and `observed_at`.
    const REVISED: bool = true;

    /// The natural key.
    fn keys() -> Vec<Self::Column> {
        Self::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect()
    }

    /// What may change.
    fn values() -> Vec<Self::Column> {
        let keys: Vec<&str> = Self::keys().iter().map(IdenStatic::as_str).collect();
        Self::Column::iter()
            .filter(|column| {
                let name = column.as_str();
                !keys.contains(&name) && name != REVISION && name != OBSERVED_AT
            })
            .collect()
    }
}

const REVISION: &str = "revision";
const OBSERVED_AT: &str = "observed_at";

/// What an upsert did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows inserted or changed.
    pub written: u64,
    /// Of these: changed.
    pub restated: u64,
}

/// Inserts what is new and overwrites what differs; a row that is there already, value for value, is not touched. Keys
/// must be unique within `models`.
pub async fn upsert<E: Stored>(tx: &DatabaseTransaction, models: Vec<E::Model>) -> Result<Outcome, DbErr> {
    let shape = Shape::<E>::of();
    let backend = tx.get_database_backend();
    let record = |model: E::Model| {
        let mut values = model.into_active_model();
        let taken = shape.columns.iter().map(|column| values.take(*column).into_value());
        taken.map(|value| clean(value.unwrap_or(Value::String(None)))).collect()
    };
    let mut records: Vec<Vec<Value>> = models.into_iter().map(record).collect();
    // In the order of the key: neighbours on disk are written together, and two writers cannot deadlock.
    let keys = shape.keys;
    records.sort_unstable_by(|a, b| compare_keys(&a[..keys], &b[..keys]));
    let mut outcome = Outcome::default();
    let mut records = records.into_iter();
    while records.len() > 0 {
        let rows = shape.statement_rows(backend, records.len());
        let chunk: Vec<Vec<Value>> = records.by_ref().take(rows).collect();
        let step = match backend {
            DbBackend::Postgres => on_postgres(tx, &shape, &chunk).await?,
            _ => on_sqlite(tx, &shape, chunk).await?,
        };
        outcome.written += step.written;
        outcome.restated += step.restated;
    }
    Ok(outcome)
}

/// A table's columns in the order of the statements: keys, values, then what counts restatements.
struct Shape<E: Stored> {
    table: String,
    columns: Vec<E::Column>,
    names: Vec<&'static str>,
    kinds: Vec<ArrayType>,
    /// How many columns are the key.
    keys: usize,
    /// How many columns after the key are values.
    values: usize,
}

impl<E: Stored> Shape<E> {
    fn of() -> Self {
        let (keys, values) = (E::keys(), E::values());
        let (key_count, value_count) = (keys.len(), values.len());
        let mut columns = [keys, values].concat();
        if E::REVISED {
            columns.extend(E::Column::iter().filter(|column| column.as_str() == REVISION));
            columns.extend(E::Column::iter().filter(|column| column.as_str() == OBSERVED_AT));
        }
        Self {
            table: E::default().table_name().to_owned(),
            names: columns.iter().map(IdenStatic::as_str).collect(),
            kinds: columns.iter().map(|column| E::Model::get_value_type(*column)).collect(),
            columns,
            keys: key_count,
            values: value_count,
        }
    }

    /// How many of `waiting` rows go into the next statement.
    fn statement_rows(&self, backend: DbBackend, waiting: usize) -> usize {
        if backend == DbBackend::Postgres {
            return waiting.min(limits::POSTGRES_STATEMENT_ROWS_MAX);
        }
        let most = limits::SQLITE_STATEMENT_ROWS_MAX.min(limits::SQLITE_BINDS_MAX / self.columns.len());
        let wanted = waiting.min(most);
        if wanted >= limits::SQLITE_STATEMENT_ROWS_STEP {
            return wanted / limits::SQLITE_STATEMENT_ROWS_STEP * limits::SQLITE_STATEMENT_ROWS_STEP;
        }
        // The largest power of two that is not above.
        1 << wanted.max(1).ilog2()
    }

    fn key_names(&self) -> &[&'static str] {
        &self.names[..self.keys]
    }

    fn value_names(&self) -> &[&'static str] {
        &self.names[self.keys..self.keys + self.values]
    }

    /// `ON CONFLICT (key) DO …`
    fn on_conflict(&self) -> String {
        let keys = list(self.key_names(), quoted);
        if self.values == 0 {
            return format!(" ON CONFLICT ({keys}) DO NOTHING");
        }
        let mut text = format!(
            " ON CONFLICT ({keys}) DO UPDATE SET {}",
            list(self.value_names(), |name| format!("\"{name}\" = excluded.\"{name}\""))
        );
        if E::REVISED {
            text.push_str(", \"revision\" = t.\"revision\" + 1, \"observed_at\" = excluded.\"observed_at\"");
        }
        text
    }

    /// What a written row answers: how often it was restated.
    fn returning() -> &'static str {
        if E::REVISED { " RETURNING \"revision\" AS revision" } else { " RETURNING 0 AS revision" }
    }
}

async fn on_postgres<E: Stored>(
    tx: &DatabaseTransaction,
    shape: &Shape<E>,
    records: &[Vec<Value>],
) -> Result<Outcome, DbErr> {
    let backend = DbBackend::Postgres;
    let names = list(&shape.names, quoted);
    let table = &shape.table;
    // Unchanged rows fall out here, before the conflict clause: a conflicting row is locked even when nothing changes.
    let first_key = shape.names[0];
    let mut changed = format!("s.\"{first_key}\" IS NULL");
    if shape.values > 0 {
        let stored = list(shape.value_names(), |name| format!("s.\"{name}\""));
        let incoming = list(shape.value_names(), |name| format!("i.\"{name}\""));
        changed = format!("{changed} OR ROW({stored}) IS DISTINCT FROM ROW({incoming})");
    }
    let same_key = join(shape.key_names(), " AND ", |name| format!("s.\"{name}\" = i.\"{name}\""));
    let compared = list(&shape.names[..shape.keys + shape.values], |name| format!("s.\"{name}\""));
    let incoming = list(&shape.names, |name| format!("i.\"{name}\""));
    // One look into the index a row: OFFSET keeps the planner from reading the whole table instead.
    let found = format!(
        " AS i({names}) LEFT JOIN LATERAL (SELECT s.ctid AS place, {compared} FROM \"{table}\" AS s WHERE {same_key} \
         OFFSET 0) AS s ON true WHERE {changed}"
    );
    let sql = if E::REVISED && shape.values > 0 {
        // The connection's row is locked: nobody else writes these keys. So what is not there is inserted without the cost
        // of a conflict clause, and what differs is updated where it was found.
        let set = list(shape.value_names(), |name| format!("\"{name}\" = n.\"{name}\""));
        Sql::new(backend, "WITH n AS MATERIALIZED (SELECT s.place AS place, ")
            .text(&format!("{incoming} FROM "))
            .unnest(&shape.kinds, records)
            .text(&found)
            .text(&format!("), added AS (INSERT INTO \"{table}\" ({names}) SELECT {names} FROM n WHERE place IS NULL"))
            .text(&format!(" RETURNING 1), restated AS (UPDATE \"{table}\" AS t SET {set}, "))
            .text("\"revision\" = t.\"revision\" + 1, \"observed_at\" = n.\"observed_at\" FROM n WHERE t.ctid = n.place")
            .text(" RETURNING 1) SELECT (SELECT count(*) FROM added) + (SELECT count(*) FROM restated) AS written,")
            .text(" (SELECT count(*) FROM restated) AS restated")
    } else {
        Sql::new(backend, "WITH written AS (INSERT INTO ")
            .text(&format!("\"{table}\" AS t ({names}) SELECT {incoming} FROM "))
            .unnest(&shape.kinds, records)
            .text(&found)
            .text(&shape.on_conflict())
            .text(&Shape::<E>::returning().replace("\"revision\"", "t.\"revision\""))
            .text(
                ") SELECT count(*) AS written, count(*) FILTER (WHERE revision > 0) AS restated FROM written",
            )
    };
    let statement = sql.done();
    let Some(row) = tx.query_one_raw(statement).await? else {
        return Ok(Outcome::default());
    };
    let count = |value: i64| u64::try_from(value).unwrap_or_default();
    Ok(Outcome { written: count(row.try_get("", "written")?), restated: count(row.try_get("", "restated")?) })
}

async fn on_sqlite<E: Stored>(
    tx: &DatabaseTransaction,
    shape: &Shape<E>,
    records: Vec<Vec<Value>>,
) -> Result<Outcome, DbErr> {
    let names = list(&shape.names, quoted);
    let mut sql = Sql::new(DbBackend::Sqlite, "INSERT INTO ")
        .text(&format!("\"{}\" AS t ({names}) VALUES ", shape.table))
        .tuples(records)
        .text(&shape.on_conflict());
    if shape.values > 0 {
        let changed =
            join(shape.value_names(), " OR ", |name| format!("t.\"{name}\" IS NOT excluded.\"{name}\""));
        sql = sql.text(&format!(" WHERE {changed}"));
    }
    let rows = tx.query_all_raw(sql.text(Shape::<E>::returning()).done()).await?;
    let mut outcome = Outcome::default();
    for row in rows {
        let revision: i64 = row.try_get("", "revision")?;
        outcome.written += 1;
        outcome.restated += u64::from(revision > 0);
    }
    Ok(outcome)
}

/// PostgreSQL's text cannot hold the character U+0000; no name of an object has one on purpose.
fn clean(value: Value) -> Value {
    match value {
        Value::String(Some(text)) if text.contains('\0') => Value::String(Some(text.replace('\0', ""))),
        other => other,
    }
}

fn compare_keys(a: &[Value], b: &[Value]) -> Ordering {
    let parts = a.iter().zip(b).map(|(a, b)| match (a, b) {
        (Value::BigInt(a), Value::BigInt(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::ChronoDate(a), Value::ChronoDate(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
    parts.fold(Ordering::Equal, Ordering::then)
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn list(names: &[&'static str], show: impl Fn(&str) -> String) -> String {
    join(names, ", ", show)
}

fn join(names: &[&'static str], between: &str, show: impl Fn(&str) -> String) -> String {
    let shown: Vec<String> = names.iter().map(|name| show(name)).collect();
    shown.join(between)
}
