//! Billing profiles: sealed on their way in. What did not change is not sealed again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rows::{
    Row,
    personal::{BillingProfile, PERSONAL_COLUMNS},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::Scope;
use crate::{
    cipher::{Cell, Keyring},
    convert::seconds,
    entity::billing_profile::{Column, Entity, Model},
    limits,
    sql::Sql,
    transaction::Transaction,
    upsert::{Expect, Outcome, upsert},
};

/// The table that cells are sealed for: its contract name.
pub const TABLE: &str = "billing_profiles";
/// The source of a row that only says: this customer was deleted.
pub const DELETED: &str = "deleted";

/// What is stored of a profile, without what is sealed.
struct Known {
    source_id: String,
    as_of: i64,
    hmac: Vec<u8>,
    key_id: String,
}

/// Rows by customer and source.
type BySource<T> = HashMap<(String, String), T>;

/// Writes profiles, each sealed with the newest key if it changed.
pub async fn write(tx: &Transaction<'_>, scope: &Scope<'_>, rows: &[&Row]) -> Result<Outcome, DbErr> {
    let Some(keyring) = scope.keyring else {
        return Err(DbErr::Custom(
            "billing profiles cannot be stored without a key: set [encryption] key, or billing_profiles = false"
                .to_owned(),
        ));
    };
    let latest = latest(rows);
    let known = known(tx, scope.connection_id, latest.keys().map(|(customer, _)| *customer)).await?;
    let (mut changed, mut moved) = (Vec::new(), Vec::new());
    for ((customer_id, source), profile) in latest {
        let of = |source: &str| known.get(&(customer_id.to_owned(), source.to_owned()));
        if of(DELETED).is_some() {
            continue;
        }
        let as_of = seconds(profile.as_of);
        let is_empty = profile.personal().iter().all(Option::is_none);
        match of(source) {
            None if is_empty => {}
            Some(known) if (known.as_of, &known.source_id) > (as_of, &profile.source_id) => {}
            Some(known) if digest(keyring, &known.key_id, scope, profile).as_ref() == Some(&known.hmac) => {
                if known.as_of != as_of || known.source_id != profile.source_id {
                    moved.push(profile);
                }
            }
            _ => changed.push(sealed(keyring, scope, profile)?),
        }
    }
    for profile in moved {
        note_origin(tx, scope, profile).await?;
    }
    upsert::<Entity>(tx, changed, Expect::Changed).await
}

/// Takes everything personal of these customers away, for good: what is read later of their old charges is dropped.
/// Answers how many rows there were.
pub async fn blank(tx: &Transaction<'_>, scope: &Scope<'_>, customers: &[&str]) -> Result<u64, DbErr> {
    let mut blanked = 0;
    for chunk in customers.chunks(limits::KEYS_STATEMENT_MAX) {
        let done = Entity::delete_many()
            .filter(Column::ConnectionId.eq(scope.connection_id))
            .filter(Column::CustomerId.is_in(chunk.iter().copied()))
            .filter(Column::Source.ne(DELETED))
            .exec(tx)
            .await?;
        blanked += done.rows_affected;
    }
    // Sorted and without repetition: keys must be unique within one upsert.
    let customers: BTreeSet<&str> = customers.iter().copied().collect();
    let markers: Vec<Model> = customers.into_iter().map(|customer| deleted(scope, customer)).collect();
    upsert::<Entity>(tx, markers, Expect::Changed).await?;
    Ok(blanked)
}

/// The row's key as cells are sealed for it.
pub fn row_key(connection_id: i64, customer_id: &str, source: &str) -> [String; 3] {
    [connection_id.to_string(), customer_id.to_owned(), source.to_owned()]
}

/// The latest profile of each customer and source.
fn latest<'a>(rows: &[&'a Row]) -> BTreeMap<(&'a str, &'a str), &'a BillingProfile> {
    let mut latest: BTreeMap<(&str, &str), &BillingProfile> = BTreeMap::new();
    for row in rows {
        let Row::BillingProfile(profile) = row else { continue };
        let place = latest.entry((&profile.customer_id, profile.source.as_str())).or_insert(profile);
        if (profile.as_of, &profile.source_id) >= (place.as_of, &place.source_id) {
            *place = profile;
        }
    }
    latest
}

/// What is stored of these customers.
async fn known<'a>(
    tx: &Transaction<'_>,
    connection_id: i64,
    customers: impl Iterator<Item = &'a str>,
) -> Result<BySource<Known>, DbErr> {
    let customers: BTreeSet<&str> = customers.collect();
    let customers: Vec<&str> = customers.into_iter().collect();
    let mut known = HashMap::new();
    for chunk in customers.chunks(limits::KEYS_STATEMENT_MAX) {
        let rows: Vec<(String, String, String, i64, Vec<u8>, String)> = Entity::find()
            .select_only()
            .columns([
                Column::CustomerId,
                Column::Source,
                Column::SourceId,
                Column::AsOf,
                Column::Hmac,
                Column::KeyId,
            ])
            .filter(Column::ConnectionId.eq(connection_id))
            .filter(Column::CustomerId.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(tx)
            .await?;
        known.extend(rows.into_iter().map(|(customer, source, source_id, as_of, hmac, key_id)| {
            ((customer, source), Known { source_id, as_of, hmac, key_id })
        }));
    }
    Ok(known)
}

/// Where unchanged values were last seen: no change of theirs, so `observed_at` stays.
async fn note_origin(tx: &Transaction<'_>, scope: &Scope<'_>, profile: &BillingProfile) -> Result<(), DbErr> {
    let statement = Sql::new(tx.get_database_backend(), "UPDATE billing_profile_rows SET source_id = ")
        .bind(profile.source_id.as_str())
        .text(", as_of = ")
        .bind(seconds(profile.as_of))
        .text(" WHERE connection_id = ")
        .bind(scope.connection_id)
        .text(" AND customer_id = ")
        .bind(profile.customer_id.as_str())
        .text(" AND source = ")
        .bind(profile.source.as_str())
        .done();
    tx.execute_raw(statement).await?;
    Ok(())
}

/// The keyed hash of a profile's values, by a key that may be an older one.
fn digest(keyring: &Keyring, key_id: &str, scope: &Scope<'_>, profile: &BillingProfile) -> Option<Vec<u8>> {
    let row = row_key(scope.connection_id, &profile.customer_id, profile.source.as_str());
    keyring.digest(key_id, &row.each_ref().map(String::as_str), &profile.personal())
}

fn sealed(keyring: &Keyring, scope: &Scope<'_>, profile: &BillingProfile) -> Result<Model, DbErr> {
    let custom = |error: String| DbErr::Custom(format!("a billing profile cannot be sealed: {error}"));
    let key_id = keyring.newest_id();
    let hmac = digest(keyring, key_id, scope, profile)
        .ok_or_else(|| custom("the newest key is not at hand".to_owned()))?;
    let row = row_key(scope.connection_id, &profile.customer_id, profile.source.as_str());
    let row = row.each_ref().map(String::as_str);
    let mut personal: [Option<Vec<u8>>; 12] = Default::default();
    for ((place, value), column) in personal.iter_mut().zip(profile.personal()).zip(PERSONAL_COLUMNS) {
        let Some(value) = value else { continue };
        let cell = Cell { table: TABLE, row: &row, column };
        *place = Some(
            keyring.seal_cell(cell, value.reveal().as_bytes()).map_err(|error| custom(error.to_string()))?,
        );
    }
    let mut model = Model {
        customer_id: profile.customer_id.clone(),
        source: profile.source.as_str().to_owned(),
        source_id: profile.source_id.clone(),
        as_of: seconds(profile.as_of),
        has_address: personal[2..8].iter().any(Option::is_some),
        has_card: personal[8..].iter().any(Option::is_some),
        hmac,
        key_id: key_id.to_owned(),
        ..empty(scope)
    };
    model.set_personal(personal);
    Ok(model)
}

/// A deleted customer's row.
fn deleted(scope: &Scope<'_>, customer_id: &str) -> Model {
    Model { customer_id: customer_id.to_owned(), source: DELETED.to_owned(), ..empty(scope) }
}

fn empty(scope: &Scope<'_>) -> Model {
    Model {
        connection_id: scope.connection_id,
        customer_id: String::new(),
        source: String::new(),
        source_id: String::new(),
        as_of: 0,
        name: None,
        email: None,
        address_line1: None,
        address_line2: None,
        address_city: None,
        address_state: None,
        address_postal_code: None,
        address_country: None,
        card_brand: None,
        card_last4: None,
        card_exp_month: None,
        card_exp_year: None,
        has_address: false,
        has_card: false,
        hmac: Vec::new(),
        key_id: String::new(),
        revision: 0,
        observed_at: scope.observed_at,
    }
}
