//! Days that an operator asked for.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backfills")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection: String,
    pub first_day: Date,
    pub last_day: Date,
    pub requested_at: DateTimeUtc,
    pub days_left: Option<i32>,
    pub finished_at: Option<DateTimeUtc>,
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
