//! An invoice.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub number: Option<String>,
    pub customer_id: Option<String>,
    pub subscription_id: Option<String>,
    pub status: Option<String>,
    pub billing_reason: Option<String>,
    pub total_minor: i64,
    pub currency: String,
    pub exponent: i32,
    pub subtotal_minor: Option<i64>,
    pub amount_due_minor: Option<i64>,
    pub amount_paid_minor: Option<i64>,
    pub amount_remaining_minor: Option<i64>,
    pub attempt_count: Option<i64>,
    pub period_start_at: Option<i64>,
    pub period_end_at: Option<i64>,
    pub due_at: Option<i64>,
    pub finalized_at: Option<i64>,
    pub paid_at: Option<i64>,
    pub created_at: i64,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::Invoice;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            number: row.number.clone(),
            customer_id: row.customer_id.clone(),
            subscription_id: row.subscription_id.clone(),
            status: row.status.clone(),
            billing_reason: row.billing_reason.clone(),
            total_minor: row.total.amount,
            currency: row.total.currency.into(),
            exponent: row.total.exponent.into(),
            subtotal_minor: row.subtotal_minor,
            amount_due_minor: row.amount_due_minor,
            amount_paid_minor: row.amount_paid_minor,
            amount_remaining_minor: row.amount_remaining_minor,
            attempt_count: row.attempt_count,
            period_start_at: row.period_start_at.map(seconds),
            period_end_at: row.period_end_at.map(seconds),
            due_at: row.due_at.map(seconds),
            finalized_at: row.finalized_at.map(seconds),
            paid_at: row.paid_at.map(seconds),
            created_at: seconds(row.created_at),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
