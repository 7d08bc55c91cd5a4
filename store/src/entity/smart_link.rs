//! A smart link.

use rows::links;
use sea_orm::entity::prelude::*;

use crate::convert::{chrono_day, seconds};
use crate::{commit::objects::Object, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "smart_link_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub link_id: String,
    pub title: Option<String>,
    pub url: Option<String>,
    pub status: Option<String>,
    #[sea_orm(column_name = "type")]
    pub kind: Option<String>,
    pub artist_id: Option<String>,
    pub artist_name: Option<String>,
    pub stores: Option<String>,
    pub isrc: Option<String>,
    pub upc: Option<String>,
    pub created_at: Option<i64>,
    pub released_on: Option<Date>,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Object for Entity {
    type Of = links::SmartLink;

    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Model {
        Model {
            connection_id,
            link_id: row.link_id.clone(),
            title: row.title.clone(),
            url: row.url.clone(),
            status: row.status.clone(),
            kind: row.kind.clone(),
            artist_id: row.artist_id.clone(),
            artist_name: row.artist_name.clone(),
            stores: row.stores.clone(),
            isrc: row.isrc.clone(),
            upc: row.upc.clone(),
            created_at: row.created_at.map(seconds),
            released_on: row.released_on.map(chrono_day),
            revision: 0,
            observed_at,
        }
    }
}
