//! PostgreSQL's indexes refuse entries beyond about 2.7 kB: a text of a key that has more than 512 bytes stands there as
//! its first 64 characters, `…#` and its SHA-256, and whole in `long_texts`. SQLite's indexes hold keys of any length, so
//! that nothing is different there.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

/// Every column of a key with a provider's text. (Billing profiles are sealed for the keys that they have.)
const KEYS: [(&str, &[&str]); 27] = [
    ("ad_account_rows", &["account_id"]),
    ("ad_campaign_rows", &["account_id", "campaign_id"]),
    ("ad_set_rows", &["account_id", "ad_set_id"]),
    ("ad_rows", &["account_id", "ad_id"]),
    ("ad_entities", &["account_id", "campaign_id", "ad_set_id", "ad_id"]),
    ("ad_country_entities", &["account_id", "campaign_id", "country"]),
    ("ad_definitions", &["conversion_definition", "view_definition"]),
    ("payment_rows", &["id"]),
    ("refund_rows", &["id"]),
    ("dispute_rows", &["id"]),
    ("invoice_rows", &["id"]),
    ("invoice_payment_rows", &["id"]),
    ("subscription_rows", &["id"]),
    ("subscription_entities", &["subscription_id"]),
    ("ledger_entry_rows", &["id"]),
    ("customer_rows", &["id"]),
    ("product_rows", &["id"]),
    ("price_rows", &["id"]),
    ("track_rows", &["service", "track_id"]),
    ("album_rows", &["service", "album_id"]),
    ("artist_rows", &["service", "artist_id"]),
    ("playlist_rows", &["service", "playlist_id"]),
    ("web_entities", &["account_id", "goal", "campaign", "source", "medium"]),
    ("track_performance_entities", &["service", "track_id", "granularity", "country", "segment"]),
    ("artist_audience_entities", &["service", "artist_id"]),
    ("counter_entities", &["service", "object_id", "counter"]),
    ("playlist_placement_entities", &["service", "playlist_id", "track_id"]),
];

/// The views of what a website's visitors choose: name, facts, columns of the key, columns of the fact.
const VIEWS: [(&str, &str, &[&str], &str); 2] = [
    (
        "web_analytics_daily",
        "web_analytics_rows",
        &["account_id", "scope", "campaign", "source", "medium"],
        "f.page_views, f.sessions, f.session_seconds, f.users, f.revenue_micros, \
         f.revenue_micros / 1000000.0 AS revenue, f.currency",
    ),
    (
        "web_conversions_daily",
        "web_conversion_rows",
        &["account_id", "goal", "scope", "campaign", "source", "medium"],
        "f.conversions_micros / 1000000.0 AS conversions, f.converting_sessions",
    ),
];

/// A column's text, whole, where visitors choose it. Only one that is as long as a short form is looked up.
fn whole(column: &str) -> String {
    if ["account_id", "scope"].contains(&column) {
        return format!("e.{column}");
    }
    format!(
        "CASE WHEN octet_length(e.{column}) < 68 THEN e.{column} ELSE \
         COALESCE((SELECT k.whole FROM long_texts k WHERE k.key = e.{column}), e.{column}) END AS {column}"
    )
}

async fn views(manager: &SchemaManager<'_>, column: impl Fn(&str) -> String) -> Result<(), DbErr> {
    for (view, facts, key, numbers) in VIEWS {
        let key: Vec<String> = key.iter().map(|name| column(name)).collect();
        let create = format!(
            "CREATE VIEW {view} AS SELECT c.name AS connection, c.integration AS provider, c.tenant AS tenant, \
             {}, f.date AS date, {numbers}, {} {}",
            key.join(", "),
            sql::DAILY,
            sql::daily_joins(facts, "web_entities")
        );
        sql::run(manager, &[&format!("DROP VIEW {view}"), &create]).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        sql::run(manager, &["CREATE TABLE long_texts (key text NOT NULL PRIMARY KEY, whole text NOT NULL)"])
            .await?;
        for (table, columns) in KEYS {
            for column in columns {
                let short = format!(
                    "left({column}, 64) || '…#' || encode(sha256(convert_to({column}, 'UTF8')), 'hex')"
                );
                let long = format!("octet_length({column}) > 512");
                let keep = format!(
                    "INSERT INTO long_texts (key, whole) SELECT DISTINCT {short}, {column} FROM {table} \
                     WHERE {long} ON CONFLICT (key) DO NOTHING"
                );
                // No value: neither revision nor observed_at nor digest moves.
                let shorten = format!("UPDATE {table} SET {column} = {short} WHERE {long}");
                sql::run(manager, &[&keep, &shorten]).await?;
            }
        }
        views(manager, whole).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        views(manager, |column| format!("e.{column}")).await?;
        sql::run(manager, &["DROP TABLE long_texts"]).await
    }
}
