//! An ad set.

use rows::ads;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ad_set_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub ad_set_id: String,
    pub campaign_id: String,
    pub name: Option<String>,
    pub status: Option<String>,
    pub effective_status: Option<String>,
    pub optimization_goal: Option<String>,
    pub billing_event: Option<String>,
    pub daily_budget_micros: Option<i64>,
    pub lifetime_budget_micros: Option<i64>,
    pub currency: Option<String>,
    pub start_at: Option<i64>,
    pub end_at: Option<i64>,
    pub created_at: Option<i64>,
    pub updated_at: Option<i64>,
    pub learning: Option<bool>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = ads::AdSet;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            account_id: row.account_id.clone(),
            ad_set_id: row.ad_set_id.clone(),
            campaign_id: row.campaign_id.clone(),
            name: row.name.clone(),
            status: row.status.clone(),
            effective_status: row.effective_status.clone(),
            optimization_goal: row.optimization_goal.clone(),
            billing_event: row.billing_event.clone(),
            daily_budget_micros: row.daily_budget.map(|amount| amount.0),
            lifetime_budget_micros: row.lifetime_budget.map(|amount| amount.0),
            currency: row.currency.map(String::from),
            start_at: row.start_at.map(seconds),
            end_at: row.end_at.map(seconds),
            created_at: row.created_at.map(seconds),
            updated_at: row.updated_at.map(seconds),
            learning: row.learning,
            revision: 0,
            observed_at,
        }
    }
}
