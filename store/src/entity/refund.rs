//! A refund.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub payment_id: Option<String>,
    pub payment_intent_id: Option<String>,
    pub amount_minor: i64,
    pub currency: String,
    pub exponent: i32,
    pub status: Option<String>,
    pub reason: Option<String>,
    pub failure_reason: Option<String>,
    pub balance_transaction_id: Option<String>,
    pub created_at: i64,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::Refund;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            payment_id: row.payment_id.clone(),
            payment_intent_id: row.payment_intent_id.clone(),
            amount_minor: row.amount.amount,
            currency: row.amount.currency.into(),
            exponent: row.amount.exponent.into(),
            status: row.status.clone(),
            reason: row.reason.clone(),
            failure_reason: row.failure_reason.clone(),
            balance_transaction_id: row.ledger_entry_id.clone(),
            created_at: seconds(row.created_at),
            revision: 0,
            observed_at,
        }
    }
}
