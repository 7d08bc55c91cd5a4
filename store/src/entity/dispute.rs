//! A dispute.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute_rows")]
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
    pub status: String,
    pub reason: Option<String>,
    pub evidence_due_at: Option<i64>,
    pub created_at: i64,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::Dispute;

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
            evidence_due_at: row.evidence_due_at.map(seconds),
            created_at: seconds(row.created_at),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
