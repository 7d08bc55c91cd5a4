//! A statement of royalties, and the stream that reads it.

use rows::key::Fingerprint;
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "royalty_statement_entities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub statement: String,
    pub account_id: String,
    pub stream: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    const REVISED: bool = false;

    fn keys() -> Vec<Column> {
        vec![Column::ConnectionId, Column::Statement]
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
            "royalty_statement",
            &model.connection_id.to_string(),
            &model.statement,
            &model.account_id,
            &model.stream,
        ])
    }
}
