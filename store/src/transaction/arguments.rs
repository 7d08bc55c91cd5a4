//! Values in the driver's own form.

use sea_orm::{
    DbBackend, DbErr, Value,
    prelude::Date,
    sea_query::ArrayType,
    sqlx::{self, Arguments as _, postgres::PgArguments, sqlite::SqliteArguments},
};

use crate::sql::date_text;

/// What is bound to a statement.
pub enum Arguments {
    /// On SQLite.
    Sqlite(SqliteArguments),
    /// On PostgreSQL.
    Postgres(PgArguments),
}

type Encoded = Result<(), sqlx::error::BoxDynError>;

// === impl Arguments ===

impl Arguments {
    /// None yet.
    pub fn new(backend: DbBackend) -> Self {
        if backend == DbBackend::Postgres {
            Self::Postgres(PgArguments::default())
        } else {
            Self::Sqlite(SqliteArguments::default())
        }
    }

    /// Room for so many more.
    pub fn reserve(&mut self, values: usize) {
        match self {
            Self::Sqlite(arguments) => arguments.reserve(values, 0),
            Self::Postgres(arguments) => arguments.reserve(values, 0),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Sqlite(arguments) => arguments.len(),
            Self::Postgres(arguments) => arguments.len(),
        }
    }

    /// Binds one value of a type that our tables have.
    pub fn bind(&mut self, value: &Value) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(arguments) => on_sqlite(arguments, value),
            Self::Postgres(arguments) => on_postgres(arguments, value),
        }
        .map_err(|reason| unbindable(&*reason))
    }

    /// Binds one array (PostgreSQL): a column of many rows.
    pub fn bind_column<'a>(
        &mut self,
        kind: &ArrayType,
        values: impl Iterator<Item = &'a Value>,
    ) -> Result<(), DbErr> {
        let Self::Postgres(arguments) = self else {
            return Err(DbErr::Type("SQLite has no arrays".to_owned()));
        };
        column(arguments, kind, values).map_err(|reason| unbindable(&*reason))
    }
}

fn on_sqlite(arguments: &mut SqliteArguments, value: &Value) -> Encoded {
    match value {
        Value::BigInt(value) => arguments.add(*value),
        Value::Int(value) => arguments.add(*value),
        Value::Bool(value) => arguments.add(*value),
        Value::String(value) => arguments.add(value.as_deref()),
        Value::Bytes(value) => arguments.add(value.as_deref()),
        Value::ChronoDate(value) => arguments.add(value.map(date_text)),
        Value::ChronoDateTimeUtc(value) => arguments.add(*value),
        other => Err(unknown(other)),
    }
}

fn on_postgres(arguments: &mut PgArguments, value: &Value) -> Encoded {
    match value {
        Value::BigInt(value) => arguments.add(*value),
        Value::Int(value) => arguments.add(*value),
        Value::Bool(value) => arguments.add(*value),
        Value::String(value) => arguments.add(value.as_deref()),
        Value::Bytes(value) => arguments.add(value.as_deref()),
        Value::ChronoDate(value) => arguments.add(*value),
        Value::ChronoDateTimeUtc(value) => arguments.add(*value),
        other => Err(unknown(other)),
    }
}

/// Collects the values of one variant and binds them as one array. A value of another variant is an error, never NULL:
/// nothing may be lost silently.
macro_rules! array {
    ($arguments:expr, $values:expr, $variant:ident, $kind:ty, $read:expr) => {{
        let mut array: Vec<Option<$kind>> = Vec::with_capacity($values.size_hint().1.unwrap_or(0));
        for value in $values {
            match value {
                Value::$variant(value) => array.push($read(value)),
                other => return Err(unknown(other)),
            }
        }
        $arguments.add(array)
    }};
}

fn column<'a>(
    arguments: &mut PgArguments,
    kind: &ArrayType,
    values: impl Iterator<Item = &'a Value>,
) -> Encoded {
    match kind {
        ArrayType::BigInt => array!(arguments, values, BigInt, i64, |value: &Option<i64>| *value),
        ArrayType::Int => array!(arguments, values, Int, i32, |value: &Option<i32>| *value),
        ArrayType::Bool => array!(arguments, values, Bool, bool, |value: &Option<bool>| *value),
        ArrayType::ChronoDate => array!(arguments, values, ChronoDate, Date, |value: &Option<Date>| *value),
        ArrayType::Bytes => array!(arguments, values, Bytes, &'a [u8], Option::as_deref),
        _ => array!(arguments, values, String, &'a str, Option::as_deref),
    }
}

fn unknown(value: &Value) -> sqlx::error::BoxDynError {
    // Its type only: the value may be personal.
    format!("a value of type {:?} cannot be bound here", value.array_type()).into()
}

fn unbindable(reason: &(dyn std::error::Error + Send + Sync)) -> DbErr {
    DbErr::Type(reason.to_string())
}
