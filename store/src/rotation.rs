//! Rotating the key: everything that an older key sealed is opened and sealed again with the newest, in small
//! transactions, beside a worker that goes on. A rotation that was killed is taken up by running it again.

use rows::personal::{PERSONAL_COLUMNS, Personal};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    Store, StoreError,
    cipher::{Cell, Keyring},
    commit::profiles::{DELETED, TABLE, row_key},
    entity::{
        billing_profile::{self, Entity as Profiles, Model as Profile},
        secret::{self, Entity as Secrets, Model as Secret},
    },
    limits, secrets,
    sql::Sql,
};

/// Where a rotation stands. Begin with the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// Before anything.
    #[default]
    Start,
    /// After this secret.
    Secret(String),
    /// Between secrets and billing profiles.
    Profiles,
    /// After this billing profile: connection, customer, source.
    Profile(i64, String, String),
    /// Everything was looked at.
    End,
}

/// What one step did.
#[derive(Debug, Default)]
pub struct Rotated {
    /// Rows sealed again.
    pub sealed: u64,
    /// What cannot be opened, and why: it stays as it is.
    pub failed: Vec<String>,
    /// Where to go on.
    pub next: Place,
}

impl Store {
    /// How many rows an older key sealed.
    pub async fn rotation_left(&self) -> Result<u64, StoreError> {
        let newest = self.require_keys("a rotation")?.newest_id().to_owned();
        let secrets =
            Secrets::find().filter(secret::Column::KeyId.ne(&*newest)).count(&self.pools.read).await?;
        let profiles = Profiles::find().filter(old_profiles(&newest)).count(&self.pools.read).await?;
        Ok(secrets + profiles)
    }

    /// Seals the next few rows again that an older key sealed, in one transaction. A row that somebody else writes
    /// meanwhile keeps what they wrote. Changes no `observed_at`: what is sealed stays the same.
    pub async fn rotate(&self, place: Place) -> Result<Rotated, StoreError> {
        let keyring = self.require_keys("a rotation")?;
        let mut tries = self.tries();
        loop {
            match self.rotate_once(&keyring, place.clone()).await {
                // A worker holds the database, or rows of it: it is done soon.
                Err(StoreError::Database(error)) if tries.again(&error).await => {}
                other => return other,
            }
        }
    }

    async fn rotate_once(&self, keyring: &Keyring, place: Place) -> Result<Rotated, StoreError> {
        match place {
            Place::Start => self.rotate_secrets(keyring, "").await,
            Place::Secret(after) => self.rotate_secrets(keyring, &after).await,
            Place::Profiles => self.rotate_profiles(keyring, None).await,
            Place::Profile(connection_id, customer_id, source) => {
                self.rotate_profiles(keyring, Some((connection_id, customer_id, source))).await
            }
            Place::End => Ok(Rotated { next: Place::End, ..Rotated::default() }),
        }
    }

    async fn rotate_secrets(&self, keyring: &Keyring, after: &str) -> Result<Rotated, StoreError> {
        let tx = self.pools.begin().await?;
        let old = Secrets::find()
            .filter(secret::Column::KeyId.ne(keyring.newest_id()))
            .filter(secret::Column::Name.gt(after))
            .order_by_asc(secret::Column::Name)
            .limit(limits::ROTATION_ROWS_MAX)
            .all(&tx)
            .await?;
        let next = old.last().map_or(Place::Profiles, |last| Place::Secret(last.name.clone()));
        let mut rotated = Rotated { next, ..Rotated::default() };
        for secret in old {
            match seal_secret(keyring, &secret) {
                Ok(sealed) => rotated.sealed += put_secret(&tx, keyring, &secret, sealed).await?,
                Err(reason) => rotated.failed.push(format!("secret {:?}: {reason}", secret.name)),
            }
        }
        tx.commit().await?;
        Ok(rotated)
    }

    async fn rotate_profiles(
        &self,
        keyring: &Keyring,
        after: Option<(i64, String, String)>,
    ) -> Result<Rotated, StoreError> {
        use billing_profile::Column;
        let tx = self.pools.begin().await?;
        let old = Profiles::find()
            .filter(old_profiles(keyring.newest_id()))
            .filter(after.map_or_else(Condition::all, later))
            .order_by_asc(Column::ConnectionId)
            .order_by_asc(Column::CustomerId)
            .order_by_asc(Column::Source)
            .limit(limits::ROTATION_ROWS_MAX)
            .all(&tx)
            .await?;
        let next = old.last().map_or(Place::End, |last| {
            Place::Profile(last.connection_id, last.customer_id.clone(), last.source.clone())
        });
        let mut rotated = Rotated { next, ..Rotated::default() };
        for profile in old {
            match seal_profile(keyring, &profile) {
                Ok(sealed) => rotated.sealed += put_profile(&tx, &profile, &sealed).await?,
                Err(reason) => rotated.failed.push(reason),
            }
        }
        tx.commit().await?;
        Ok(rotated)
    }
}

fn old_profiles(newest: &str) -> Condition {
    use billing_profile::Column;
    Condition::all().add(Column::KeyId.ne(newest)).add(Column::Source.ne(DELETED))
}

/// After this key, in its order.
fn later((connection_id, customer_id, source): (i64, String, String)) -> Condition {
    use billing_profile::Column;
    let same_connection = || Condition::all().add(Column::ConnectionId.eq(connection_id));
    Condition::any()
        .add(Column::ConnectionId.gt(connection_id))
        .add(same_connection().add(Column::CustomerId.gt(customer_id.as_str())))
        .add(
            same_connection().add(Column::CustomerId.eq(customer_id.as_str())).add(Column::Source.gt(source)),
        )
}

fn seal_secret(keyring: &Keyring, secret: &Secret) -> Result<Vec<u8>, String> {
    let row = [secret.name.as_str()];
    let plain = keyring.open_cell(secrets::cell(&row), &secret.sealed).map_err(|error| error.to_string())?;
    keyring.seal_cell(secrets::cell(&row), &plain).map_err(|error| error.to_string())
}

async fn put_secret(
    tx: &DatabaseTransaction,
    keyring: &Keyring,
    secret: &Secret,
    sealed: Vec<u8>,
) -> Result<u64, DbErr> {
    // Only over what was read: somebody may have stored a new one meanwhile.
    let statement = Sql::new(tx.get_database_backend(), "UPDATE secrets SET sealed = ")
        .bind(sealed)
        .text(", key_id = ")
        .bind(keyring.newest_id())
        .text(" WHERE name = ")
        .bind(secret.name.as_str())
        .text(" AND sealed = ")
        .bind(secret.sealed.clone())
        .done();
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// The profile under the newest key, or why not.
fn seal_profile(keyring: &Keyring, profile: &Profile) -> Result<Profile, String> {
    let row = row_key(profile.connection_id, &profile.customer_id, &profile.source);
    let row = row.each_ref().map(String::as_str);
    let mut opened: [Option<Personal>; 12] = Default::default();
    let mut sealed: [Option<Vec<u8>>; 12] = Default::default();
    for (place, (column, value)) in PERSONAL_COLUMNS.into_iter().zip(profile.personal()).enumerate() {
        let Some(value) = value else { continue };
        let cell = Cell { table: TABLE, row: &row, column };
        let plain = keyring.open_cell(cell, value).map_err(|error| format!("{cell}: {error}"))?;
        let text = str::from_utf8(&plain).map_err(|_| format!("{cell}: it is no text"))?;
        opened[place] = Personal::of(text);
        sealed[place] = Some(keyring.seal_cell(cell, &plain).map_err(|error| format!("{cell}: {error}"))?);
    }
    let key_id = keyring.newest_id();
    let hmac = keyring.digest(key_id, &row, &opened.each_ref().map(Option::as_ref)).unwrap_or_default();
    let mut again = Profile { key_id: key_id.to_owned(), hmac, ..profile.clone() };
    again.set_personal(sealed);
    Ok(again)
}

async fn put_profile(tx: &DatabaseTransaction, read: &Profile, sealed: &Profile) -> Result<u64, DbErr> {
    let mut sql = Sql::new(tx.get_database_backend(), "UPDATE billing_profile_rows SET key_id = ")
        .bind(sealed.key_id.as_str())
        .text(", hmac = ")
        .bind(sealed.hmac.clone());
    for (column, value) in PERSONAL_COLUMNS.into_iter().zip(sealed.personal()) {
        // What is NULL stays NULL.
        if let Some(value) = value {
            sql = sql.text(&format!(", {column} = ")).bind(value.to_vec());
        }
    }
    let statement = sql
        .text(" WHERE connection_id = ")
        .bind(read.connection_id)
        .text(" AND customer_id = ")
        .bind(read.customer_id.as_str())
        .text(" AND source = ")
        .bind(read.source.as_str())
        // Only over what was read: a worker may have written something newer meanwhile.
        .text(" AND key_id = ")
        .bind(read.key_id.as_str())
        .text(" AND hmac = ")
        .bind(read.hmac.clone())
        .done();
    Ok(tx.execute_raw(statement).await?.rows_affected())
}
