//! A playlist as its service describes it.

use rows::music;
use sea_orm::entity::prelude::*;

use crate::convert::seconds;
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub playlist_id: String,
    pub name: Option<String>,
    pub owner_id: Option<String>,
    pub owner_name: Option<String>,
    pub track_count: Option<i64>,
    pub followers: Option<i64>,
    pub public: Option<bool>,
    pub created_at: Option<i64>,
    /// Nothing, or `removed`: what a row brings is there.
    pub status: Option<String>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = music::Playlist;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            service: row.service.clone(),
            playlist_id: row.playlist_id.clone(),
            name: row.name.clone(),
            owner_id: row.owner_id.clone(),
            owner_name: row.owner_name.clone(),
            track_count: row.track_count,
            followers: row.followers,
            public: row.public,
            created_at: row.created_at.map(seconds),
            status: None,
            revision: 0,
            observed_at,
        }
    }
}
