//! An album as its service describes it.

use rows::music;
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "album_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub album_id: String,
    pub title: Option<String>,
    pub upc: Option<String>,
    pub artist_id: Option<String>,
    pub artist_name: Option<String>,
    pub label: Option<String>,
    pub record_type: Option<String>,
    pub track_count: Option<i64>,
    pub released_on: Option<Date>,
    pub followers: Option<i64>,
    /// Nothing, or `removed`: what a row brings is there.
    pub status: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = music::Album;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            service: row.service.clone(),
            album_id: row.album_id.clone(),
            title: row.title.clone(),
            upc: row.upc.clone(),
            artist_id: row.artist_id.clone(),
            artist_name: row.artist_name.clone(),
            label: row.label.clone(),
            record_type: row.record_type.clone(),
            track_count: row.track_count,
            released_on: row.released_on.map(chrono_day),
            followers: row.followers,
            status: None,
            revision: 0,
            observed_at,
        }
    }
}
