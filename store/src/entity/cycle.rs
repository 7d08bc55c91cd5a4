//! One finished cycle.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cycles")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection: String,
    pub account_id: String,
    pub stream: String,
    pub outcome: String,
    pub started_at: DateTimeUtc,
    pub finished_at: DateTimeUtc,
    pub pages: i64,
    pub rows_read: i64,
    pub error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
