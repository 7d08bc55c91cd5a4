//! A customer, without anything personal.

use rows::payments;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub currency: Option<String>,
    pub delinquent: Option<bool>,
    pub balance_minor: Option<i64>,
    pub created_at: i64,
    pub livemode: bool,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = payments::Customer;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            id: row.id.clone(),
            currency: row.currency.map(String::from),
            delinquent: row.delinquent,
            balance_minor: row.balance_minor,
            created_at: seconds(row.created_at),
            livemode: row.livemode,
            revision: 0,
            observed_at,
        }
    }
}
