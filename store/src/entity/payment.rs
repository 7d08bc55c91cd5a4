//! One attempt to charge.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub payment_intent_id: Option<String>,
    pub customer_id: Option<String>,
    pub amount_minor: i64,
    pub currency: String,
    pub exponent: i32,
    pub status: String,
    pub created_at: i64,
    pub balance_transaction_id: Option<String>,
    pub settled_amount_minor: Option<i64>,
    pub settle_currency: Option<String>,
    pub settle_exponent: Option<i32>,
    pub fee_minor: Option<i64>,
    pub net_minor: Option<i64>,
    pub refunded_minor: Option<i64>,
    pub disputed: bool,
    pub failure_code: Option<String>,
    pub payment_method_type: Option<String>,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::Payment;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            payment_intent_id: row.payment_intent_id.clone(),
            customer_id: row.customer_id.clone(),
            amount_minor: row.amount.amount,
            currency: row.amount.currency.into(),
            exponent: row.amount.exponent.into(),
            status: row.status.clone(),
            created_at: seconds(row.created_at),
            balance_transaction_id: row.ledger_entry_id.clone(),
            settled_amount_minor: row.settled.map(|settled| settled.amount),
            settle_currency: row.settled.map(|settled| settled.currency.into()),
            settle_exponent: row.settled.map(|settled| settled.exponent.into()),
            fee_minor: row.fee_minor,
            net_minor: row.net_minor,
            refunded_minor: row.refunded_minor,
            disputed: row.disputed,
            failure_code: row.failure_code.clone(),
            payment_method_type: row.payment_method_type.clone(),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
