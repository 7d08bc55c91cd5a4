//! A campaign in a country on one account-local day.

use rows::ads;
use sea_orm::entity::prelude::*;

use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ad_country_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub definition_id: i64,
    pub impressions: Option<i64>,
    pub clicks: Option<i64>,
    pub clicks_all: Option<i64>,
    pub spend_micros: Option<i64>,
    pub conversions_micros: Option<i64>,
    pub conversion_value_micros: Option<i64>,
    pub video_views: Option<i64>,
    pub video_completions: Option<i64>,
    pub engagements: Option<i64>,
    pub reach: Option<i64>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(
        entity_id: i64,
        date: Date,
        definition_id: i64,
        metrics: &ads::AdMetrics,
        observed_at: i64,
    ) -> Self {
        Self {
            entity_id,
            date,
            definition_id,
            impressions: metrics.impressions,
            clicks: metrics.clicks,
            clicks_all: metrics.clicks_all,
            spend_micros: metrics.spend.map(|spend| spend.0.0),
            conversions_micros: metrics.conversions.map(|count| count.0),
            conversion_value_micros: metrics.conversion_value.map(|value| value.0),
            video_views: metrics.video_views,
            video_completions: metrics.video_completions,
            engagements: metrics.engagements,
            reach: metrics.reach,
            revision: 0,
            observed_at,
        }
    }
}
