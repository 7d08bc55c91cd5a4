//! A video or channel, or a part of it, and the stream that reads it.

use rows::key::Fingerprint;
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_entities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub service: String,
    pub content_type: String,
    pub content_id: String,
    pub dimension: String,
    pub dimension_value: String,
    pub granularity: String,
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
            Column::ContentType,
            Column::ContentId,
            Column::Dimension,
            Column::DimensionValue,
            Column::Granularity,
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
            "content",
            &model.connection_id.to_string(),
            &model.service,
            &model.content_type,
            &model.content_id,
            &model.dimension,
            &model.dimension_value,
            &model.granularity,
            &model.account_id,
            &model.stream,
        ])
    }
}
