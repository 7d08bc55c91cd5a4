//! Where visits came from, the goal that they reached, and the stream that reads it.

use rows::key::Fingerprint;
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "web_entities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub account_id: String,
    pub goal: String,
    pub scope: String,
    pub campaign: String,
    pub source: String,
    pub medium: String,
    pub stream: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    const REVISED: bool = false;

    fn keys() -> Vec<Column> {
        vec![
            Column::ConnectionId,
            Column::AccountId,
            Column::Goal,
            Column::Scope,
            Column::Campaign,
            Column::Source,
            Column::Medium,
        ]
    }

    fn values() -> Vec<Column> {
        vec![Column::Stream]
    }
}

impl Dimension for Entity {
    fn id(model: &Model) -> i64 {
        model.id
    }

    fn fingerprint(model: &Model) -> Fingerprint {
        Fingerprint::of(&[
            "web",
            &model.connection_id.to_string(),
            &model.account_id,
            &model.goal,
            &model.scope,
            &model.campaign,
            &model.source,
            &model.medium,
            &model.stream,
        ])
    }
}
