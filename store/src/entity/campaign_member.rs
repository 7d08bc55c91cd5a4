//! What belongs to a marketing campaign.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign_members")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub campaign_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub integration: Option<String>,
    pub ad_campaign_id: Option<String>,
    pub name_matches: Option<String>,
    pub utm_campaign: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
