//! A customer, without anything personal.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub currency: Option<String>,
    pub delinquent: Option<bool>,
    pub balance_minor: Option<i64>,
    pub created_at: i64,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(connection_id: i64, row: &payments::Customer, observed_at: i64) -> Self {
        Self {
            connection_id,
            id: row.id.clone(),
            currency: row.currency.map(String::from),
            delinquent: row.delinquent,
            balance_minor: row.balance_minor,
            created_at: seconds(row.created_at),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
