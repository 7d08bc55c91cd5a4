//! An advertising account.

use rows::ads;
use sea_orm::entity::prelude::*;

use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ad_account_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    pub name: Option<String>,
    pub status: Option<String>,
    pub currency: Option<String>,
    pub time_zone: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = ads::AdAccount;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            account_id: row.account_id.clone(),
            name: row.name.clone(),
            status: row.status.clone(),
            currency: row.currency.map(String::from),
            time_zone: row.time_zone.clone(),
            revision: 0,
            observed_at,
        }
    }
}
