//! A track on a playlist, and the stream that reads it.

use rows::key::Fingerprint;
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist_placement_entities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub service: String,
    pub playlist_id: String,
    pub track_id: String,
    pub account_id: String,
    pub stream: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    const REVISED: bool = false;

    fn keys() -> Vec<Column> {
        vec![Column::ConnectionId, Column::Service, Column::PlaylistId, Column::TrackId]
    }

    fn values() -> Vec<Column> {
        vec![Column::AccountId, Column::Stream]
    }
}

impl Dimension for Entity {
    fn id(model: &Model) -> i64 {
        model.id
    }

    fn fingerprint(model: &Model) -> Fingerprint {
        Fingerprint::of(&[
            "placement",
            &model.connection_id.to_string(),
            &model.service,
            &model.playlist_id,
            &model.track_id,
            &model.account_id,
            &model.stream,
        ])
    }
}
