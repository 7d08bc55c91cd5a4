//! A track on a playlist on one day.

use rows::music;
use sea_orm::entity::prelude::*;

use crate::convert::{chrono_day, seconds};
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist_placement_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub position: Option<i64>,
    pub followers: Option<i64>,
    pub added_at: Option<i64>,
    pub title: Option<String>,
    pub artist_name: Option<String>,
    pub streams: Option<i64>,
    pub listeners: Option<i64>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &music::PlaylistPlacement, observed_at: i64) -> Self {
        Self {
            entity_id,
            date: chrono_day(row.date),
            position: row.position,
            followers: row.followers,
            added_at: row.added_at.map(seconds),
            title: row.title.clone(),
            artist_name: row.artist_name.clone(),
            streams: row.streams,
            listeners: row.listeners,
            revision: 0,
            observed_at,
        }
    }
}
