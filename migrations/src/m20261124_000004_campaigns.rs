//! Marketing campaigns across networks, as configured.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "CREATE TABLE campaigns (
                id text NOT NULL PRIMARY KEY,
                tenant text NOT NULL,
                budget_micros bigint,
                budget_currency text,
                budget_first_day @date,
                budget_last_day @date,
                tracks text NOT NULL
            )",
            "CREATE TABLE campaign_members (
                campaign_id text NOT NULL REFERENCES campaigns (id),
                position integer NOT NULL,
                integration text,
                ad_campaign_id text,
                name_matches text,
                utm_campaign text,
                PRIMARY KEY (campaign_id, position)
            )",
        ];
        sql::run(manager, &tables).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop(manager, &[], &["campaign_members", "campaigns"]).await
    }
}
