//! Everything that is stored of one person, written out row by row: memory does not grow with a person's history.

use std::{collections::BTreeMap, io};

use futures::TryStreamExt;
use rows::personal::{PERSONAL_COLUMNS, Personal};
use sea_orm::{
    AccessMode, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IsolationLevel,
    QueryFilter, QueryOrder, QueryResult, StreamTrait, TransactionOptions, TransactionTrait,
};
use serde_json::{Map, Value};

use super::{
    Category, PLACES, People, PeopleError, Place, audit,
    disclosures::DATA_SUBJECT,
    subject::{Customer, Subject},
};
use crate::{
    StoreError,
    cipher::{Cell, Keyring},
    commit::profiles::{TABLE, row_key},
    entity::billing_profile,
    sql::Sql,
};

/// How many rows of each table were written.
pub type Exported = BTreeMap<&'static str, u64>;

/// Columns that tell nobody anything: keys, digests, numbers of the database's own.
const HIDDEN: [&str; 5] = ["connection_id", "subject_hmac", "prev", "mac", "key_id"];

/// What is left out of every export, and why.
pub const LEFT_OUT: [(&str, &str); 5] = [
    (
        "disclosures to the person, and lines of the audit log about exports",
        "each export would be another one otherwise; exports to others are in `disclosures`",
    ),
    ("keyed digests, keys, and the sealed form of values", "they tell nothing but to this program"),
    (
        "figures of accounts, campaigns, works and audiences",
        "they are about many people together, and no row of them is found by a person",
    ),
    ("records of polling cycles, metrics, logs, and the cache", "nothing personal is written there"),
    (
        "backups, and what recipients and payment providers keep of their own",
        "not in this program's reach: ask those who keep them",
    ),
];

impl People {
    /// Writes a JSON object with what is stored of a user in each place of these categories, by the table's name. All of it
    /// is of one moment.
    pub async fn export(
        &self,
        tenant: &str,
        user: &str,
        categories: &[Category],
        out: &mut (impl io::Write + Send),
    ) -> Result<Exported, PeopleError> {
        // Before the snapshot: in memory, there is one connection only.
        let subject = self.subject(&self.store.pools.read, tenant, user).await?;
        let keyring = self.store.require_keys("users")?;
        let tx = self.snapshot().await?;
        let mut exported = Exported::new();
        let places = PLACES.iter().filter(|place| categories.contains(&place.category));
        out.write_all(b"{").map_err(unwritten)?;
        for place in places {
            let mut rows = Rows { out: &mut *out, written: 0 };
            rows.begin(place, exported.is_empty()).map_err(unwritten)?;
            match place.table {
                "users" => {
                    let person = self.show_in(&tx, tenant, user).await?;
                    let fields = person.fields().into_iter();
                    rows.row(&fields.map(|(name, value)| (name.to_owned(), value.into())).collect())
                        .map_err(unwritten)?;
                }
                TABLE_OF_PROFILES => {
                    for customer in &subject.customers {
                        for profile in profiles(&tx, &keyring, customer).await? {
                            rows.row(&profile).map_err(unwritten)?;
                        }
                    }
                }
                _ => self.rows_of(&tx, place, &subject, &mut rows).await?,
            }
            let written = rows.end().map_err(unwritten)?;
            exported.insert(place.shown, written);
        }
        out.write_all(b"\n  }").map_err(unwritten)?;
        tx.rollback().await?;
        Ok(exported)
    }

    /// A transaction that sees what is there now, and nothing that comes later.
    async fn snapshot(&self) -> Result<DatabaseTransaction, PeopleError> {
        if self.backend() != DbBackend::Postgres {
            return Ok(self.store.pools.read.begin().await?);
        }
        let options = TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        let tx = self.store.pools.read.begin_with_options(options).await?;
        // Instants are written in it.
        tx.execute_unprepared("SET LOCAL TIME ZONE 'UTC'").await?;
        Ok(tx)
    }

    async fn rows_of(
        &self,
        tx: &DatabaseTransaction,
        place: &Place,
        subject: &Subject,
        rows: &mut Rows<'_, impl io::Write>,
    ) -> Result<(), PeopleError> {
        for key in subject.keys(place) {
            let postgres = self.backend() == DbBackend::Postgres;
            let select = if postgres {
                "SELECT to_jsonb(q)::text AS row FROM (SELECT * FROM "
            } else {
                "SELECT * FROM "
            };
            let mut sql = key.shown(Sql::new(self.backend(), &format!("{select}{} WHERE ", place.shown)));
            sql = match place.table {
                "disclosures" => sql.text(" AND recipient <> ").bind(DATA_SUBJECT),
                "audit_log" => sql.text(" AND action <> ").bind(audit::Action::Export.as_str()),
                _ => sql,
            };
            let sql = sql.text(if postgres { ") q ORDER BY " } else { " ORDER BY " }).text(place.order);
            let mut found = tx.stream_raw(sql.done()).await?;
            while let Some(row) = found.try_next().await? {
                let mut row = if postgres { on_postgres(&row)? } else { on_sqlite(&row)? };
                row.retain(|column, _| !HIDDEN.contains(&&**column));
                rows.row(&row).map_err(unwritten)?;
            }
        }
        Ok(())
    }
}

/// Billing profiles by source, opened.
const TABLE_OF_PROFILES: &str = "billing_profile_rows";

async fn profiles(
    tx: &DatabaseTransaction,
    keyring: &Keyring,
    customer: &Customer,
) -> Result<Vec<Map<String, Value>>, PeopleError> {
    use billing_profile::{Column, Entity};
    let found = Entity::find()
        .filter(Column::ConnectionId.eq(customer.connection_id))
        .filter(Column::CustomerId.is_in(customer.forms()))
        .order_by_asc(Column::Source)
        .all(tx)
        .await?;
    let mut profiles = Vec::with_capacity(found.len());
    for model in found {
        let row = row_key(model.connection_id, &model.customer_id, &model.source);
        let row = row.each_ref().map(String::as_str);
        let mut profile = Map::new();
        for (name, value) in [
            ("connection", &customer.connection),
            ("customer_id", &model.customer_id),
            ("source", &model.source),
            ("source_id", &model.source_id),
        ] {
            profile.insert(name.to_owned(), value.as_str().into());
        }
        for (column, sealed) in PERSONAL_COLUMNS.into_iter().zip(model.personal()) {
            let cell = Cell { table: TABLE, row: &row, column };
            let value = sealed.map(|sealed| open(keyring, cell, sealed)).transpose()?.flatten();
            profile.insert(column.to_owned(), value.map(|value| value.reveal().to_owned()).into());
        }
        for (name, seconds) in [("as_of", model.as_of), ("observed_at", model.observed_at)] {
            let at = jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).ok();
            profile.insert(name.to_owned(), at.into());
        }
        profiles.push(profile);
    }
    Ok(profiles)
}

fn open(keyring: &Keyring, cell: Cell<'_>, sealed: &[u8]) -> Result<Option<Personal>, StoreError> {
    let unreadable = |error: String| StoreError::Unreadable(format!("{cell}: {error}"));
    let plain = keyring.open_cell(cell, sealed).map_err(|error| unreadable(error.to_string()))?;
    let text = str::from_utf8(&plain).map_err(|_| unreadable("it is no text".to_owned()))?;
    Ok(Personal::of(text))
}

fn on_postgres(row: &QueryResult) -> Result<Map<String, Value>, PeopleError> {
    let text: String = row.try_get("", "row")?;
    serde_json::from_str(&text)
        .map_err(|_| StoreError::Unreadable("a row is not what the database says it is".to_owned()).into())
}

fn on_sqlite(row: &QueryResult) -> Result<Map<String, Value>, PeopleError> {
    let value = |name: &str| -> Result<Value, sea_orm::DbErr> {
        // By the column's declared type: what is no whole number fails as one.
        if let Ok(value) = row.try_get::<Option<i64>>("", name) {
            return Ok(value.into());
        }
        if let Ok(value) = row.try_get::<Option<bool>>("", name) {
            return Ok(value.into());
        }
        if let Ok(value) = row.try_get::<Option<f64>>("", name) {
            return Ok(value.into());
        }
        row.try_get::<Option<String>>("", name).map(Value::from)
    };
    let shown = row.column_names().into_iter().filter(|name| !HIDDEN.contains(&&**name));
    Ok(shown.map(|name| Ok((name.clone(), value(&name)?))).collect::<Result<_, sea_orm::DbErr>>()?)
}

/// Of whoever takes what is written. It does not say what was written.
fn unwritten(error: io::Error) -> PeopleError {
    PeopleError::Unwritten(error)
}

/// The rows of one place, one a line.
struct Rows<'a, W> {
    out: &'a mut W,
    written: u64,
}

// === impl Rows ===

impl<W: io::Write> Rows<'_, W> {
    fn begin(&mut self, place: &Place, first: bool) -> io::Result<()> {
        let comma = if first { "" } else { "," };
        write!(
            self.out,
            "{comma}\n    {}: {{ \"category\": {}, \"why\": {}, \"rows\": [",
            Value::from(place.shown),
            Value::from(place.category.as_str()),
            Value::from(place.why)
        )
    }

    fn row(&mut self, row: &Map<String, Value>) -> io::Result<()> {
        self.out.write_all(if self.written > 0 { b",\n      " } else { b"\n      " })?;
        serde_json::to_writer(&mut *self.out, row)?;
        self.written += 1;
        Ok(())
    }

    fn end(self) -> io::Result<u64> {
        self.out.write_all(if self.written > 0 { b"\n    ] }" } else { b"] }" })?;
        Ok(self.written)
    }
}
