//! A part of a track's audience, and the stream that reads it.

use rows::key::Fingerprint;
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "track_performance_entities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub service: String,
    pub track_id: String,
    pub granularity: String,
    pub country: String,
    pub segment: String,
    pub account_id: String,
    pub stream: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    const REVISED: bool = false;

    fn keys() -> Vec<Column> {
        vec![
            Column::ConnectionId,
            Column::Service,
            Column::TrackId,
            Column::Granularity,
            Column::Country,
            Column::Segment,
        ]
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
            "track_performance",
            &model.connection_id.to_string(),
            &model.service,
            &model.track_id,
            &model.granularity,
            &model.country,
            &model.segment,
            &model.account_id,
            &model.stream,
        ])
    }
}
