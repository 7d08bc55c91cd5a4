//! What has been read, per connection, account and stream.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub stream: String,
    pub connection: String,
    pub time_zone: String,
    pub currency: Option<String>,
    pub data_through: Option<DateTimeUtc>,
    pub settled_through: Option<Date>,
    pub forbidden: Option<String>,
    pub memory: String,
}

impl ActiveModelBehavior for ActiveModel {}
