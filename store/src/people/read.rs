//! Finding and opening users: never another tenant's.

use rows::personal::Personal;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, prelude::DateTimeUtc};

use super::{
    AgeStatement, BirthDate, Listed, People, PeopleError, Person, PersonStatus, Who, keys::key_name,
    person::PERSONAL_COLUMNS,
};
use crate::{
    Store, StoreError,
    cipher::{Cell, DataKey},
    convert::timestamp,
    sql::Sql,
};

/// Ids that a refusal of an ambiguous address names at most.
const IDS_NAMED_MAX: usize = 20;

impl People {
    /// The id here of the user that is meant.
    pub async fn find(&self, tenant: &str, who: &Who) -> Result<String, PeopleError> {
        let ids = match who {
            Who::Id(id) => self.ids(tenant, "id = ", id.clone()).await?,
            Who::External(id) => self.ids(tenant, "external_id = ", id.clone()).await?,
            Who::Email(email) => {
                let digest = self.email_digest(tenant, email.reveal()).await?;
                self.ids(tenant, "email_hmac = ", digest).await?
            }
        };
        match ids.len() {
            0 => Err(unknown(tenant)),
            1 => Ok(ids.into_iter().next().unwrap_or_default()),
            _ => Err(PeopleError::Ambiguous(ids.into_iter().take(IDS_NAMED_MAX).collect())),
        }
    }

    /// The user with this id at the tenant, if there is one.
    pub async fn find_external(
        &self,
        tenant: &str,
        external_id: &str,
    ) -> Result<Option<String>, PeopleError> {
        Ok(self.ids(tenant, "external_id = ", external_id.to_owned()).await?.into_iter().next())
    }

    pub(super) async fn ids(
        &self,
        tenant: &str,
        condition: &str,
        value: impl Into<sea_orm::Value>,
    ) -> Result<Vec<String>, DbErr> {
        let query = Sql::new(self.backend(), "SELECT id FROM users WHERE tenant = ")
            .bind(tenant)
            .text(" AND ")
            .text(condition)
            .bind(value)
            .text(" ORDER BY id");
        let rows = self.store.pools.read.query_all_raw(query.done()).await?;
        rows.iter().map(|row| row.try_get("", "id")).collect()
    }

    /// Every user of a tenant, without anything personal, in the order in which they were first known.
    pub async fn list(&self, tenant: &str) -> Result<Vec<Listed>, PeopleError> {
        let query = Sql::new(
            self.backend(),
            "SELECT id, external_id, status, created_at, updated_at FROM users WHERE tenant = ",
        )
        .bind(tenant)
        .text(" ORDER BY created_at, id");
        let rows = self.store.pools.read.query_all_raw(query.done()).await?;
        rows.iter().map(listed).collect()
    }

    /// Opens a user.
    pub async fn show(&self, tenant: &str, id: &str) -> Result<Person, PeopleError> {
        self.show_in(&self.store.pools.read, tenant, id).await
    }

    /// Opens a user as this connection or transaction sees the row.
    pub(super) async fn show_in(
        &self,
        database: &impl ConnectionTrait,
        tenant: &str,
        id: &str,
    ) -> Result<Person, PeopleError> {
        let row = database.query_one_raw(select(self.backend(), tenant, id, "")).await?;
        self.opened(row.ok_or_else(|| unknown(tenant))?).await
    }

    /// Opens a user and holds the row until the transaction ends.
    pub(super) async fn show_locked(
        &self,
        tx: &DatabaseTransaction,
        tenant: &str,
        id: &str,
    ) -> Result<Person, PeopleError> {
        let lock = if self.backend() == DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let row = tx.query_one_raw(select(self.backend(), tenant, id, lock)).await?;
        self.opened(row.ok_or_else(|| unknown(tenant))?).await
    }

    async fn opened(&self, row: QueryResult) -> Result<Person, PeopleError> {
        let Listed { id, external_id, status, created_at, updated_at } = listed(&row)?;
        let mut sealed = Vec::with_capacity(PERSONAL_COLUMNS.len());
        for column in PERSONAL_COLUMNS {
            sealed.push(row.try_get::<Option<Vec<u8>>>("", column)?);
        }
        let mut values: [Option<Personal>; 4] = Default::default();
        if sealed.iter().any(Option::is_some) {
            let key = self.data_key(&id).await?;
            for ((place, column), sealed) in values.iter_mut().zip(PERSONAL_COLUMNS).zip(&sealed) {
                let Some(sealed) = sealed else { continue };
                *place = open(&key, &id, column, sealed)?;
            }
        }
        let [name, email, account, born] = values;
        let said: Option<String> = row.try_get("", "age_statement")?;
        Ok(Person {
            tenant: row.try_get("", "tenant")?,
            birth_date: born.and_then(|day| BirthDate::parse(day.reveal())),
            age_statement: said.as_deref().and_then(AgeStatement::parse),
            id,
            external_id,
            name,
            email,
            account,
            status,
            created_at,
            updated_at,
        })
    }

    /// The key under which a user's values are.
    pub(super) async fn data_key(&self, id: &str) -> Result<DataKey, StoreError> {
        self.keys.key(&self.keyring, &key_name(id)).await?.ok_or_else(|| {
            StoreError::Unreadable(format!(
                "the data key of user {id} is not in the key store {}: what it sealed opens no more",
                self.keys.location()
            ))
        })
    }
}

impl Store {
    /// Whether there is something that only the keys of a key store open, or know again.
    pub(super) async fn needs_key_store(&self) -> Result<bool, StoreError> {
        let query = Sql::new(
            self.pools.read.get_database_backend(),
            "SELECT 1 AS one FROM users WHERE key_id IS NOT NULL UNION ALL SELECT 1 FROM tombstones \
             UNION ALL SELECT 1 FROM journal_marks LIMIT 1",
        );
        Ok(self.pools.read.query_one_raw(query.done()).await?.is_some())
    }
}

fn select(backend: DbBackend, tenant: &str, id: &str, lock: &str) -> sea_orm::Statement {
    Sql::new(backend, "SELECT * FROM users WHERE tenant = ")
        .bind(tenant)
        .text(" AND id = ")
        .bind(id)
        .text(lock)
        .done()
}

fn listed(row: &QueryResult) -> Result<Listed, PeopleError> {
    let status: String = row.try_get("", "status")?;
    let at = |column: &str| row.try_get::<DateTimeUtc>("", column).map(timestamp);
    Ok(Listed {
        id: row.try_get("", "id")?,
        external_id: row.try_get("", "external_id")?,
        status: PersonStatus::parse(&status)
            .ok_or_else(|| StoreError::Unreadable("the status of a user is no word of ours".to_owned()))?,
        created_at: at("created_at")?,
        updated_at: at("updated_at")?,
    })
}

/// The cell of a user's value.
pub(super) fn cell<'a>(row: &'a [&'a str], column: &'a str) -> Cell<'a> {
    Cell { table: "users", row, column }
}

fn open(key: &DataKey, id: &str, column: &str, sealed: &[u8]) -> Result<Option<Personal>, StoreError> {
    let row = [id];
    let cell = cell(&row, column);
    let plain =
        key.open_cell(cell, sealed).map_err(|error| StoreError::Unreadable(format!("{cell}: {error}")))?;
    let text =
        str::from_utf8(&plain).map_err(|_| StoreError::Unreadable(format!("{cell}: it is no text")))?;
    Ok(Personal::of(text))
}

pub(super) fn unknown(tenant: &str) -> PeopleError {
    PeopleError::Unknown(format!(
        "tenant {tenant} has no such user: `dynamoi users list --tenant {tenant}` shows all"
    ))
}
