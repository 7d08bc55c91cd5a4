//! One goal reached by visits of one origin on one day.

use rows::web;
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "web_conversion_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub conversions_micros: Option<i64>,
    pub converting_sessions: Option<i64>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &web::WebConversions, observed_at: i64) -> Self {
        Self {
            entity_id,
            date: chrono_day(row.date),
            conversions_micros: row.conversions.map(|micros| micros.0),
            converting_sessions: row.converting_sessions,
            revision: 0,
            observed_at,
        }
    }
}
