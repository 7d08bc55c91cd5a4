//! A smart link, or a part of it, and the stream that reads it.

use rows::key::Fingerprint;
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "smart_link_entities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub link_id: String,
    pub dimension: String,
    pub dimension_value: String,
    pub account_id: String,
    pub stream: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    const REVISED: bool = false;

    fn keys() -> Vec<Column> {
        vec![Column::ConnectionId, Column::LinkId, Column::Dimension, Column::DimensionValue]
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
            "smart_link",
            &model.connection_id.to_string(),
            &model.link_id,
            &model.dimension,
            &model.dimension_value,
            &model.account_id,
            &model.stream,
        ])
    }
}
