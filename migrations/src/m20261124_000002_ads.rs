//! Ad networks: objects, daily facts behind integer keys, and the views that readers use.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const OBJECTS: [&str; 4] = [
    "CREATE TABLE ad_account_rows (
        connection_id bigint NOT NULL,
        account_id text NOT NULL,
        name text,
        status text,
        currency text,
        time_zone text,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, account_id)
    ) @objects",
    "CREATE TABLE ad_campaign_rows (
        connection_id bigint NOT NULL,
        account_id text NOT NULL,
        campaign_id text NOT NULL,
        name text,
        status text,
        effective_status text,
        objective text,
        daily_budget_micros bigint,
        lifetime_budget_micros bigint,
        currency text,
        start_at bigint,
        end_at bigint,
        created_at bigint,
        updated_at bigint,
        learning boolean,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, account_id, campaign_id)
    ) @objects",
    "CREATE TABLE ad_set_rows (
        connection_id bigint NOT NULL,
        account_id text NOT NULL,
        ad_set_id text NOT NULL,
        campaign_id text NOT NULL,
        name text,
        status text,
        effective_status text,
        optimization_goal text,
        billing_event text,
        daily_budget_micros bigint,
        lifetime_budget_micros bigint,
        currency text,
        start_at bigint,
        end_at bigint,
        created_at bigint,
        updated_at bigint,
        learning boolean,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, account_id, ad_set_id)
    ) @objects",
    "CREATE TABLE ad_rows (
        connection_id bigint NOT NULL,
        account_id text NOT NULL,
        ad_id text NOT NULL,
        campaign_id text NOT NULL,
        ad_set_id text NOT NULL,
        name text,
        status text,
        effective_status text,
        creative_id text,
        created_at bigint,
        updated_at bigint,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, account_id, ad_id)
    ) @objects",
];

/// Names and natural keys of what daily facts speak of. `stream` finds the ledger that says which days are settled.
const DIMENSIONS: [&str; 3] = [
    "CREATE TABLE ad_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        account_id text NOT NULL,
        level text NOT NULL,
        campaign_id text NOT NULL,
        ad_set_id text NOT NULL,
        ad_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, account_id, level, campaign_id, ad_set_id, ad_id)
    )",
    "CREATE TABLE ad_country_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        account_id text NOT NULL,
        campaign_id text NOT NULL,
        country text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, account_id, campaign_id, country)
    )",
    // What a fact's numbers mean: the same for very many rows. '' = not said.
    "CREATE TABLE ad_definitions (
        id @identity,
        currency text NOT NULL,
        conversion_definition text NOT NULL,
        view_definition text NOT NULL,
        UNIQUE (currency, conversion_definition, view_definition)
    )",
];

/// No foreign keys on facts and objects: a check per row costs more than the row. The worker that writes them takes their
/// ids from the same transaction, and the epoch keeps others out.
fn facts(table: &str) -> String {
    format!(
        "CREATE TABLE {table} (
            entity_id bigint NOT NULL,
            date @date NOT NULL,
            definition_id bigint NOT NULL,
            impressions bigint,
            clicks bigint,
            clicks_all bigint,
            spend_micros bigint,
            conversions_micros bigint,
            conversion_value_micros bigint,
            video_views bigint,
            video_completions bigint,
            engagements bigint,
            reach bigint,
            revision integer NOT NULL,
            observed_at bigint NOT NULL,
            digest bigint,
            PRIMARY KEY (entity_id, date)
        ) @facts"
    )
}

fn facts_view(view: &str, facts: &str, entities: &str, key: &str, condition: &str) -> String {
    format!(
        "CREATE VIEW {view} AS SELECT c.name AS connection, c.integration AS provider, c.tenant AS tenant, \
         {key}, f.date AS date, d.currency AS currency, f.impressions, f.clicks, f.clicks_all, f.spend_micros, \
         f.conversions_micros / 1000000.0 AS conversions, f.conversion_value_micros, f.video_views, \
         f.video_completions, f.engagements, f.reach, \
         NULLIF(d.conversion_definition, '') AS conversion_definition, \
         NULLIF(d.view_definition, '') AS view_definition, {} {} \
         JOIN ad_definitions d ON d.id = f.definition_id {condition}",
        sql::DAILY,
        sql::daily_joins(facts, entities),
    )
}

fn views() -> Vec<String> {
    let set_and_campaign = ["time:start_at", "time:end_at", "time:created_at", "time:updated_at", "learning"];
    let campaign = [
        "account_id",
        "campaign_id",
        "name",
        "status",
        "effective_status",
        "objective",
        "daily_budget_micros",
        "lifetime_budget_micros",
        "currency",
    ];
    let set = [
        "account_id",
        "campaign_id",
        "ad_set_id",
        "name",
        "status",
        "effective_status",
        "optimization_goal",
        "billing_event",
        "daily_budget_micros",
        "lifetime_budget_micros",
        "currency",
    ];
    let ad = [
        "account_id",
        "campaign_id",
        "ad_set_id",
        "ad_id",
        "name",
        "status",
        "effective_status",
        "creative_id",
        "time:created_at",
        "time:updated_at",
    ];
    vec![
        sql::object_view(
            "ad_accounts",
            "ad_account_rows",
            &["account_id", "name", "status", "currency", "time_zone"],
        ),
        sql::object_view("ad_campaigns", "ad_campaign_rows", &[&campaign[..], &set_and_campaign].concat()),
        sql::object_view("ad_sets", "ad_set_rows", &[&set[..], &set_and_campaign].concat()),
        sql::object_view("ads", "ad_rows", &ad),
        facts_view(
            "ad_performance_daily",
            "ad_performance_rows",
            "ad_entities",
            "e.account_id, e.level, e.campaign_id, e.ad_set_id, e.ad_id",
            "",
        ),
        facts_view(
            "campaign_performance_daily",
            "ad_performance_rows",
            "ad_entities",
            "e.account_id, e.campaign_id",
            "WHERE e.level = 'campaign'",
        ),
        facts_view(
            "ad_country_daily",
            "ad_country_rows",
            "ad_country_entities",
            "e.account_id, e.campaign_id, e.country",
            "",
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &OBJECTS).await?;
        sql::run(manager, &DIMENSIONS).await?;
        sql::run(manager, &[&facts("ad_performance_rows")]).await?;
        sql::run(manager, &[&facts("ad_country_rows")]).await?;
        for view in views() {
            sql::run(manager, &[&view]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let views = [
            "ad_country_daily",
            "campaign_performance_daily",
            "ad_performance_daily",
            "ads",
            "ad_sets",
            "ad_campaigns",
            "ad_accounts",
        ];
        let tables = [
            "ad_country_rows",
            "ad_performance_rows",
            "ad_definitions",
            "ad_country_entities",
            "ad_entities",
            "ad_rows",
            "ad_set_rows",
            "ad_campaign_rows",
            "ad_account_rows",
        ];
        sql::drop(manager, &views, &tables).await
    }
}
