//! A row that could not be understood.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantined_rows")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection: String,
    pub stream: String,
    pub hash: String,
    pub account_id: String,
    pub reason: String,
    pub detail: String,
    pub place: String,
    pub fields: String,
    pub day: Option<Date>,
    pub occurrences: i64,
    pub first_seen_at: DateTimeUtc,
    pub last_seen_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
