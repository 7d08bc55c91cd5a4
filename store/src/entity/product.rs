//! What is sold.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: Option<String>,
    pub active: Option<bool>,
    pub default_price_id: Option<String>,
    pub created_at: i64,
    pub updated_at: Option<i64>,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(connection_id: i64, row: &payments::Product, observed_at: i64) -> Self {
        Self {
            connection_id,
            id: row.id.clone(),
            name: row.name.clone(),
            active: row.active,
            default_price_id: row.default_price_id.clone(),
            created_at: seconds(row.created_at),
            updated_at: row.updated_at.map(seconds),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
