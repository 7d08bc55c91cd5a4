//! A table's columns in the order of the statements.

use sea_orm::{
    ActiveModelTrait, DbBackend, IdenStatic, IntoActiveModel, Iterable, ModelTrait, Value,
    sea_query::ArrayType,
};
use xxhash_rust::xxh3::Xxh3Default;

use super::{DIGEST, OBSERVED_AT, REVISION, Stored};
use crate::limits;

/// A row as it is bound: keys, values, then what counts restatements and the digest, where there are such.
pub type Record = Vec<Value>;

/// Keys, values, then what counts restatements, then the digest.
pub struct Shape<E: Stored> {
    /// The table's name.
    pub table: String,
    columns: Vec<E::Column>,
    /// Every column of a record.
    pub names: Vec<&'static str>,
    /// Their types.
    pub kinds: Vec<ArrayType>,
    /// How many columns are the key.
    pub keys: usize,
    /// How many columns after the key are values.
    pub values: usize,
}

// === impl Shape ===

impl<E: Stored> Shape<E> {
    /// Of this table.
    pub fn of() -> Self {
        let (keys, values) = (E::keys(), E::values());
        let (key_count, value_count) = (keys.len(), values.len());
        let mut columns = [keys, values].concat();
        if E::REVISED {
            columns.extend(E::Column::iter().filter(|column| column.as_str() == REVISION));
            columns.extend(E::Column::iter().filter(|column| column.as_str() == OBSERVED_AT));
        }
        let mut names: Vec<&'static str> = columns.iter().map(IdenStatic::as_str).collect();
        let mut kinds: Vec<ArrayType> =
            columns.iter().map(|column| E::Model::get_value_type(*column)).collect();
        if E::DIGESTED {
            names.push(DIGEST);
            kinds.push(ArrayType::BigInt);
        }
        Self {
            table: E::default().table_name().to_owned(),
            names,
            kinds,
            columns,
            keys: key_count,
            values: value_count,
        }
    }

    /// The model's values, ready to be bound.
    pub fn record(&self, model: E::Model) -> Record {
        let mut values = model.into_active_model();
        let mut record = Vec::with_capacity(self.names.len());
        for column in &self.columns {
            let value = values.take(*column).into_value();
            record.push(value.unwrap_or(Value::String(None)));
        }
        if E::DIGESTED {
            record.push(digest(&record[self.keys..self.keys + self.values]).into());
        }
        record
    }

    /// How many of `waiting` rows, of so many values each, go into the next statement.
    pub fn statement_rows(backend: DbBackend, width: usize, waiting: usize) -> usize {
        if backend == DbBackend::Postgres {
            return waiting.min(limits::POSTGRES_STATEMENT_ROWS_MAX);
        }
        let most = limits::SQLITE_STATEMENT_ROWS_MAX.min(limits::SQLITE_BINDS_MAX / width);
        let wanted = waiting.min(most);
        if wanted >= limits::SQLITE_STATEMENT_ROWS_STEP {
            return wanted / limits::SQLITE_STATEMENT_ROWS_STEP * limits::SQLITE_STATEMENT_ROWS_STEP;
        }
        // The largest power of two that is not above.
        1 << wanted.max(1).ilog2()
    }

    /// Every column of a record, by place and kind.
    pub fn columns(&self) -> impl Iterator<Item = (usize, ArrayType)> {
        self.kinds.iter().cloned().enumerate()
    }

    /// The columns of the natural key.
    pub fn key_names(&self) -> &[&'static str] {
        &self.names[..self.keys]
    }

    /// The columns that may change.
    pub fn value_names(&self) -> &[&'static str] {
        &self.names[self.keys..self.keys + self.values]
    }

    /// The columns that follow from the others, overwritten when a value is.
    pub const fn derived() -> &'static [&'static str] {
        match (E::REVISED, E::DIGESTED) {
            (true, true) => &[OBSERVED_AT, DIGEST],
            (true, false) => &[OBSERVED_AT],
            (false, _) => &[],
        }
    }

    /// The places of what tells an unchanged row in a record: the key, and the digest.
    pub fn probed(&self) -> Vec<usize> {
        (0..self.keys).chain([self.names.len() - 1]).collect()
    }

    /// `s.a = i.a AND …` for the key.
    pub fn same_key(&self) -> String {
        join(self.key_names(), " AND ", |name| format!("s.\"{name}\" = i.\"{name}\""))
    }

    /// `ON CONFLICT (key) DO …`
    pub fn on_conflict(&self) -> String {
        let keys = list(self.key_names(), quoted);
        if self.values == 0 {
            return format!(" ON CONFLICT ({keys}) DO NOTHING");
        }
        let overwritten = [self.value_names(), Self::derived()].concat();
        let mut text = format!(
            " ON CONFLICT ({keys}) DO UPDATE SET {}",
            list(&overwritten, |name| format!("\"{name}\" = excluded.\"{name}\""))
        );
        if E::REVISED {
            text.push_str(", \"revision\" = t.\"revision\" + 1");
        }
        text
    }

    /// Whether a `stored` row's values differ from an `incoming` one's, if `differ` tells it value by value: one look at the
    /// digests, where both have one.
    pub fn changed(stored: &str, incoming: &str, differ: &str) -> String {
        if !E::DIGESTED {
            return format!("({differ})");
        }
        format!(
            "({stored}.\"{DIGEST}\" <> {incoming}.\"{DIGEST}\" OR ({stored}.\"{DIGEST}\" IS NULL AND ({differ})))"
        )
    }

    /// What a written row answers: how often it was restated.
    pub fn returning() -> &'static str {
        if E::REVISED { " RETURNING \"revision\" AS revision" } else { " RETURNING 0 AS revision" }
    }
}

/// Of a row's values. It is stored, and compared with what later versions compute: XXH3 is a fixed function, and so is what
/// is fed to it.
fn digest(values: &[Value]) -> i64 {
    let mut hash = Xxh3Default::new();
    for value in values {
        match value {
            Value::BigInt(Some(value)) => feed(&mut hash, b'i', &value.to_le_bytes()),
            Value::Int(Some(value)) => feed(&mut hash, b'i', &i64::from(*value).to_le_bytes()),
            Value::Bool(Some(value)) => feed(&mut hash, b'b', &[u8::from(*value)]),
            Value::String(Some(value)) => feed(&mut hash, b's', value.as_bytes()),
            Value::Bytes(Some(value)) => feed(&mut hash, b'y', value),
            Value::ChronoDate(Some(value)) => {
                feed(&mut hash, b'd', &chrono::Datelike::num_days_from_ce(value).to_le_bytes());
            }
            // Of a type that no table has, all values look alike: the comparison with what is stored decides.
            _ => feed(&mut hash, b'0', &[]),
        }
    }
    hash.digest().cast_signed()
}

/// Type and length go before the bytes, so that neighbours do not run together.
fn feed(hash: &mut Xxh3Default, kind: u8, bytes: &[u8]) {
    let mut head = [kind; 9];
    head[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    hash.update(&head);
    hash.update(bytes);
}

/// `"name"`.
pub fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// Names, each shown so, with commas between them.
pub fn list(names: &[&'static str], show: impl Fn(&str) -> String) -> String {
    join(names, ", ", show)
}

/// Names, each shown so, with these words between them.
pub fn join(names: &[&'static str], between: &str, show: impl Fn(&str) -> String) -> String {
    let shown: Vec<String> = names.iter().map(|name| show(name)).collect();
    shown.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_in_every_version() {
        let values = [7_i64.into(), "a".into(), Value::String(None), true.into()];
        assert_eq!(digest(&values), -4_296_093_895_953_529_453);
    }

    #[test]
    fn values_do_not_run_together_and_nothing_is_not_empty() {
        let pairs: [[Value; 2]; 4] = [
            ["ab".into(), "c".into()],
            ["a".into(), "bc".into()],
            ["".into(), Value::String(None)],
            [Value::String(None), "".into()],
        ];
        let digests: std::collections::BTreeSet<i64> = pairs.iter().map(|values| digest(values)).collect();
        assert_eq!(digests.len(), pairs.len());
    }
}
