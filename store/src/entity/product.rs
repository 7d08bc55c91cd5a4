//! What is sold.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: Option<String>,
    pub active: Option<bool>,
    pub default_price_id: Option<String>,
    pub created_at: i64,
    pub updated_at: Option<i64>,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::Product;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            name: row.name.clone(),
            active: row.active,
            default_price_id: row.default_price_id.clone(),
            created_at: seconds(row.created_at),
            updated_at: row.updated_at.map(seconds),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
