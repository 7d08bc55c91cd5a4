//! What joins payments and invoices.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_payment_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub invoice_id: Option<String>,
    pub payment_intent_id: Option<String>,
    pub payment_id: Option<String>,
    pub amount_requested_minor: i64,
    pub currency: String,
    pub exponent: i32,
    pub amount_paid_minor: Option<i64>,
    pub status: Option<String>,
    pub is_default: Option<bool>,
    pub paid_at: Option<i64>,
    pub created_at: Option<i64>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::InvoicePayment;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            invoice_id: row.invoice_id.clone(),
            payment_intent_id: row.payment_intent_id.clone(),
            payment_id: row.payment_id.clone(),
            amount_requested_minor: row.amount_requested.amount,
            currency: row.amount_requested.currency.into(),
            exponent: row.amount_requested.exponent.into(),
            amount_paid_minor: row.amount_paid_minor,
            status: row.status.clone(),
            is_default: row.is_default,
            paid_at: row.paid_at.map(seconds),
            created_at: row.created_at.map(seconds),
            revision: 0,
            observed_at,
        }
    }
}
