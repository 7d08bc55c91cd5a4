//! At what price.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub product_id: Option<String>,
    pub active: Option<bool>,
    pub currency: Option<String>,
    pub exponent: Option<i32>,
    pub unit_amount_decimal: Option<String>,
    pub billing_scheme: Option<String>,
    #[sea_orm(column_name = "type")]
    pub kind: Option<String>,
    pub recurring_interval: Option<String>,
    pub recurring_interval_count: Option<i64>,
    pub usage_type: Option<String>,
    pub nickname: Option<String>,
    pub created_at: i64,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::Price;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            product_id: row.product_id.clone(),
            active: row.active,
            currency: row.currency.map(String::from),
            exponent: row.exponent.map(i32::from),
            unit_amount_decimal: row.unit_amount_decimal.clone(),
            billing_scheme: row.billing_scheme.clone(),
            kind: row.kind.clone(),
            recurring_interval: row.recurring_interval.clone(),
            recurring_interval_count: row.recurring_interval_count,
            usage_type: row.usage_type.clone(),
            nickname: row.nickname.clone(),
            created_at: seconds(row.created_at),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
