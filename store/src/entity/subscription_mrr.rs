//! Monthly recurring revenue of one subscription on one day.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::{chrono_day, exponent_of, minor_units};
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription_mrr_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub status: String,
    pub currency: String,
    pub mrr_micros: i64,
    pub mrr_minor: i64,
    pub exponent: i32,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &payments::SubscriptionMrr, observed_at: i64) -> Self {
        let exponent = exponent_of(row.currency);
        Self {
            entity_id,
            date: chrono_day(row.date),
            status: row.status.clone(),
            currency: row.currency.into(),
            mrr_micros: row.mrr.0,
            mrr_minor: minor_units(row.mrr, exponent),
            exponent: exponent.into(),
            revision: 0,
            observed_at,
        }
    }
}
