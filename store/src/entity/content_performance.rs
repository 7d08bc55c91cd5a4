//! A video's or channel's numbers on one day.

use rows::content;
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_performance_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub measure_class: String,
    pub views: Option<i64>,
    pub watch_seconds: Option<i64>,
    pub likes: Option<i64>,
    pub comments: Option<i64>,
    pub shares: Option<i64>,
    pub subscribers_gained: Option<i64>,
    pub subscribers_lost: Option<i64>,
    pub revenue_micros: Option<i64>,
    pub currency: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &content::ContentPerformance, observed_at: i64) -> Self {
        Self {
            entity_id,
            date: chrono_day(row.date),
            measure_class: row.measure_class.as_str().to_owned(),
            views: row.views,
            watch_seconds: row.watch_seconds,
            likes: row.likes,
            comments: row.comments,
            shares: row.shares,
            subscribers_gained: row.subscribers_gained,
            subscribers_lost: row.subscribers_lost,
            revenue_micros: row.revenue.map(|micros| micros.0),
            currency: row.currency.map(String::from),
            revision: 0,
            observed_at,
        }
    }
}
