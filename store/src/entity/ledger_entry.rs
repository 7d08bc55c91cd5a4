//! One entry of the provider's own checkpoint.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    #[sea_orm(column_name = "type")]
    pub kind: String,
    pub reporting_category: Option<String>,
    pub amount_minor: i64,
    pub fee_minor: i64,
    pub net_minor: i64,
    pub currency: String,
    pub exponent: i32,
    pub source_id: Option<String>,
    pub status: Option<String>,
    pub created_at: i64,
    pub available_at: Option<i64>,
    pub exchange_rate: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::LedgerEntry;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            kind: row.kind.clone(),
            reporting_category: row.reporting_category.clone(),
            amount_minor: row.amount.amount,
            fee_minor: row.fee_minor,
            net_minor: row.net_minor,
            currency: row.amount.currency.into(),
            exponent: row.amount.exponent.into(),
            source_id: row.source_id.clone(),
            status: row.status.clone(),
            created_at: seconds(row.created_at),
            available_at: row.available_at.map(seconds),
            exchange_rate: row.exchange_rate.clone(),
            revision: 0,
            observed_at,
        }
    }
}
