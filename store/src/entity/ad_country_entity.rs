//! A campaign in a country, and the stream that reads it.

use rows::{ads::AdCountry, key::Fingerprint};
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ad_country_entities")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub connection_id: i64,
    pub account_id: String,
    pub campaign_id: String,
    pub country: String,
    pub stream: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    const REVISED: bool = false;

    fn keys() -> Vec<Column> {
        vec![Column::ConnectionId, Column::AccountId, Column::CampaignId, Column::Country]
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
        let Model { account_id, campaign_id, country, stream, .. } = model;
        let connection = model.connection_id.to_string();
        Fingerprint::of(&["country", &connection, account_id, campaign_id, country, stream])
    }
}

/// The fingerprint of what a row speaks of, without making the model.
pub fn fingerprint_of(connection_id: &str, row: &AdCountry, stream: &str) -> Fingerprint {
    let AdCountry { account_id, campaign_id, country, .. } = row;
    Fingerprint::of(&["country", connection_id, account_id, campaign_id, country, stream])
}
