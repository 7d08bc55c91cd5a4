//! An artist's audience on one day.

use rows::music;
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artist_audience_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub measure_class: String,
    pub followers: Option<i64>,
    pub monthly_listeners: Option<i64>,
    pub popularity_micros: Option<i64>,
    pub streams: Option<i64>,
    pub listeners: Option<i64>,
    pub monthly_active_listeners: Option<i64>,
    pub super_listeners: Option<i64>,
    pub saves: Option<i64>,
    pub playlist_adds: Option<i64>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &music::ArtistAudience, observed_at: i64) -> Self {
        Self {
            entity_id,
            date: chrono_day(row.date),
            measure_class: row.measure_class.as_str().to_owned(),
            followers: row.followers,
            monthly_listeners: row.monthly_listeners,
            popularity_micros: row.popularity.map(|micros| micros.0),
            streams: row.streams,
            listeners: row.listeners,
            monthly_active_listeners: row.monthly_active_listeners,
            super_listeners: row.super_listeners,
            saves: row.saves,
            playlist_adds: row.playlist_adds,
            revision: 0,
            observed_at,
        }
    }
}
