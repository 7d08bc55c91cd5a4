//! A track as its service describes it.

use rows::music;
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "track_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub track_id: String,
    pub title: Option<String>,
    pub isrc: Option<String>,
    pub artist_id: Option<String>,
    pub artist_name: Option<String>,
    pub album_id: Option<String>,
    pub duration_seconds: Option<i64>,
    pub released_on: Option<Date>,
    /// Nothing, or `removed`: what a row brings is there.
    pub status: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = music::Track;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            service: row.service.clone(),
            track_id: row.track_id.clone(),
            title: row.title.clone(),
            isrc: row.isrc.clone(),
            artist_id: row.artist_id.clone(),
            artist_name: row.artist_name.clone(),
            album_id: row.album_id.clone(),
            duration_seconds: row.duration_seconds,
            released_on: row.released_on.map(chrono_day),
            status: None,
            revision: 0,
            observed_at,
        }
    }
}
