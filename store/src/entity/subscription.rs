//! A subscription.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::{json_list, seconds};
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub customer_id: Option<String>,
    pub status: String,
    pub currency: Option<String>,
    pub exponent: Option<i32>,
    pub started_at: Option<i64>,
    pub created_at: i64,
    pub canceled_at: Option<i64>,
    pub cancel_at: Option<i64>,
    pub cancel_at_period_end: bool,
    pub ended_at: Option<i64>,
    pub trial_end_at: Option<i64>,
    pub current_period_end_at: Option<i64>,
    pub pause_behavior: Option<String>,
    pub quantity: Option<i64>,
    pub product_ids: String,
    pub price_ids: String,
    pub mrr_micros: Option<i64>,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::Subscription;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            customer_id: row.customer_id.clone(),
            status: row.status.clone(),
            currency: row.currency.map(String::from),
            exponent: row.exponent.map(i32::from),
            started_at: row.started_at.map(seconds),
            created_at: seconds(row.created_at),
            canceled_at: row.canceled_at.map(seconds),
            cancel_at: row.cancel_at.map(seconds),
            cancel_at_period_end: row.cancel_at_period_end,
            ended_at: row.ended_at.map(seconds),
            trial_end_at: row.trial_end_at.map(seconds),
            current_period_end_at: row.current_period_end_at.map(seconds),
            pause_behavior: row.pause_behavior.clone(),
            quantity: row.quantity,
            product_ids: json_list(&row.product_ids),
            price_ids: json_list(&row.price_ids),
            mrr_micros: row.mrr.map(|amount| amount.0),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
