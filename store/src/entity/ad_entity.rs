//! What an advertising fact speaks of, and the stream that reads it.

use rows::{ads::AdPerformance, key::Fingerprint};
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ad_entities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub account_id: String,
    pub level: String,
    pub campaign_id: String,
    pub ad_set_id: String,
    pub ad_id: String,
    pub stream: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    const REVISED: bool = false;

    fn keys() -> Vec<Column> {
        vec![
            Column::ConnectionId,
            Column::AccountId,
            Column::Level,
            Column::CampaignId,
            Column::AdSetId,
            Column::AdId,
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
        let Model { account_id, level, campaign_id, ad_set_id, ad_id, stream, .. } = model;
        let connection = model.connection_id.to_string();
        Fingerprint::of(&["ad", &connection, account_id, level, campaign_id, ad_set_id, ad_id, stream])
    }
}

/// The fingerprint of what a row speaks of, without making the model.
pub fn fingerprint_of(connection_id: &str, row: &AdPerformance, stream: &str) -> Fingerprint {
    let AdPerformance { account_id, level, campaign_id, ad_set_id, ad_id, .. } = row;
    Fingerprint::of(&["ad", connection_id, account_id, level.as_str(), campaign_id, ad_set_id, ad_id, stream])
}
