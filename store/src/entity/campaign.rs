//! A marketing campaign as configured.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaigns")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub tenant: String,
    pub budget_micros: Option<i64>,
    pub budget_currency: Option<String>,
    pub budget_first_day: Option<Date>,
    pub budget_last_day: Option<Date>,
    pub tracks: String,
}

impl ActiveModelBehavior for ActiveModel {}
