//! Visits of one origin on one day.

use rows::web;
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "web_analytics_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub page_views: Option<i64>,
    pub sessions: Option<i64>,
    pub session_seconds: Option<i64>,
    pub users: Option<i64>,
    pub revenue_micros: Option<i64>,
    pub currency: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &web::WebAnalytics, observed_at: i64) -> Self {
        Self {
            entity_id,
            date: chrono_day(row.date),
            page_views: row.page_views,
            sessions: row.sessions,
            session_seconds: row.session_seconds,
            users: row.users,
            revenue_micros: row.revenue.map(|micros| micros.0),
            currency: row.currency.map(String::from),
            revision: 0,
            observed_at,
        }
    }
}
