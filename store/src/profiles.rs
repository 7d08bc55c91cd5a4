//! Reading billing profiles back: for who may see them.

use rows::personal::{Address, Card, PERSONAL_COLUMNS, Personal};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult};

use crate::{
    Store, StoreError,
    cipher::{Cell, Keyring},
    commit::profiles::{TABLE, row_key},
    entity::connection,
    long_keys,
    sql::Sql,
};

/// A customer's billing profile, opened: the most trusted answer to each question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenProfile {
    /// Name.
    pub name: Option<Personal>,
    /// E-mail.
    pub email: Option<Personal>,
    /// Postal address.
    pub address: Address,
    /// Card.
    pub card: Card,
    /// Whether the provider says that the customer was deleted: then nothing personal is left.
    pub deleted: bool,
}

/// Which column of the view tells from which source another one comes.
fn source_column(column: &str) -> &'static str {
    match column {
        "name" => "name_source",
        "email" => "email_source",
        _ if column.starts_with("address") => "address_source",
        _ => "card_source",
    }
}

impl Store {
    /// Opens one customer's billing profile; nothing when there is none.
    pub async fn billing_profile(
        &self,
        connection: &str,
        customer_id: &str,
    ) -> Result<Option<OpenProfile>, StoreError> {
        let keyring = self.require_keys("billing profiles")?;
        let known = connection::Entity::find()
            .filter(connection::Column::Name.eq(connection))
            .one(&self.pools.read)
            .await?;
        let Some(connection_id) = known.map(|known| known.id) else { return Ok(None) };
        let backend = self.pools.read.get_database_backend();
        let customer_id = &*long_keys::stored(backend, customer_id.to_owned());
        let query = Sql::new(backend, "SELECT * FROM billing_profiles WHERE connection = ")
            .bind(connection)
            .text(" AND customer_id = ")
            .bind(customer_id)
            .done();
        let Some(found) = self.pools.read.query_one_raw(query).await? else { return Ok(None) };
        let mut opened: [Option<Personal>; 12] = Default::default();
        for (place, column) in opened.iter_mut().zip(PERSONAL_COLUMNS) {
            *place = open(&keyring, &found, connection_id, customer_id, column)?;
        }
        let [name, email, line1, line2, city, state, postal_code, country, brand, last4, exp_month, exp_year] =
            opened;
        Ok(Some(OpenProfile {
            name,
            email,
            address: Address { line1, line2, city, state, postal_code, country },
            card: Card { brand, last4, exp_month, exp_year },
            deleted: found.try_get("", "deleted")?,
        }))
    }
}

fn open(
    keyring: &Keyring,
    found: &QueryResult,
    connection_id: i64,
    customer_id: &str,
    column: &str,
) -> Result<Option<Personal>, StoreError> {
    let Some(sealed) = found.try_get::<Option<Vec<u8>>>("", column)? else { return Ok(None) };
    let source: String = found.try_get("", source_column(column))?;
    let row = row_key(connection_id, customer_id, &source);
    let row = row.each_ref().map(String::as_str);
    let cell = Cell { table: TABLE, row: &row, column };
    let unreadable = |error: String| StoreError::Unreadable(format!("{cell}: {error}"));
    let plain = keyring.open_cell(cell, &sealed).map_err(|error| unreadable(error.to_string()))?;
    let text = str::from_utf8(&plain).map_err(|_| unreadable("it is no text".to_owned()))?;
    Ok(Personal::of(text))
}
