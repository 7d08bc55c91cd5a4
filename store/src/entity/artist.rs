//! An artist as the service describes them.

use rows::music;
use sea_orm::entity::prelude::*;

use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artist_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub artist_id: String,
    pub name: Option<String>,
    pub album_count: Option<i64>,
    pub followers: Option<i64>,
    /// Nothing, or `removed`: what a row brings is there.
    pub status: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = music::Artist;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            service: row.service.clone(),
            artist_id: row.artist_id.clone(),
            name: row.name.clone(),
            album_count: row.album_count,
            followers: row.followers,
            status: None,
            revision: 0,
            observed_at,
        }
    }
}
