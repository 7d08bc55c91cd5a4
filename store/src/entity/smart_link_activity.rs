//! What happened on a smart link on one day.

use rows::links;
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "smart_link_activity_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub visits: Option<i64>,
    pub unique_visitors: Option<i64>,
    pub clicks: Option<i64>,
    pub engagements: Option<i64>,
    pub pre_saves: Option<i64>,
    pub follows: Option<i64>,
    pub conversions: Option<i64>,
    pub earnings_micros: Option<i64>,
    pub currency: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &links::SmartLinkActivity, observed_at: i64) -> Self {
        Self {
            entity_id,
            date: chrono_day(row.date),
            visits: row.visits,
            unique_visitors: row.unique_visitors,
            clicks: row.clicks,
            engagements: row.engagements,
            pre_saves: row.pre_saves,
            follows: row.follows,
            conversions: row.conversions,
            earnings_micros: row.earnings.map(|micros| micros.0),
            currency: row.currency.map(String::from),
            revision: 0,
            observed_at,
        }
    }
}
