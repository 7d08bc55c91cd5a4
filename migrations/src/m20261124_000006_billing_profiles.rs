//! Billing profiles: what a payment provider says about whom bills go to, personal columns sealed.
//!
//! Each source keeps a row of its own; the view gives the most trusted answer to each question. A customer that its
//! provider deleted keeps a row of source `deleted` without anything personal, so that its old charges cannot fill the
//! profile again.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const ROWS: &str = "CREATE TABLE billing_profile_rows (
    connection_id bigint NOT NULL REFERENCES connections (id),
    customer_id text NOT NULL,
    source text NOT NULL,
    source_id text NOT NULL,
    as_of bigint NOT NULL,
    name @blob,
    email @blob,
    address_line1 @blob,
    address_line2 @blob,
    address_city @blob,
    address_state @blob,
    address_postal_code @blob,
    address_country @blob,
    card_brand @blob,
    card_last4 @blob,
    card_exp_month @blob,
    card_exp_year @blob,
    has_address boolean NOT NULL,
    has_card boolean NOT NULL,
    hmac @blob NOT NULL,
    key_id text NOT NULL,
    revision integer NOT NULL,
    observed_at bigint NOT NULL,
    PRIMARY KEY (connection_id, customer_id, source)
) @objects";

/// The order of sources: name, e-mail and address from the customer, the invoice, the charge; the card from the customer,
/// the subscription, the charge.
const VIEW: &str = "CREATE VIEW billing_profiles AS
    SELECT c.name AS connection, c.integration AS provider, c.tenant AS tenant, p.customer_id AS customer_id,
        n.name AS name, n.source AS name_source, e.email AS email, e.source AS email_source,
        a.address_line1 AS address_line1, a.address_line2 AS address_line2, a.address_city AS address_city,
        a.address_state AS address_state, a.address_postal_code AS address_postal_code,
        a.address_country AS address_country, a.source AS address_source,
        k.card_brand AS card_brand, k.card_last4 AS card_last4, k.card_exp_month AS card_exp_month,
        k.card_exp_year AS card_exp_year, k.source AS card_source, k.source_id AS card_source_id,
        p.deleted AS deleted, time:(p.observed_at) AS updated_at
    FROM (
        SELECT connection_id, customer_id, max(observed_at) AS observed_at,
            max(CASE WHEN source = 'deleted' THEN 1 ELSE 0 END) = 1 AS deleted,
            @first(name IS NOT NULL) AS name_rank, @first(email IS NOT NULL) AS email_rank,
            @first(has_address) AS address_rank, @first(has_card) AS card_rank
        FROM billing_profile_rows GROUP BY connection_id, customer_id
    ) p
    JOIN connections c ON c.id = p.connection_id
    LEFT JOIN billing_profile_rows n ON @same(n) AND n.source = @named(p.name_rank)
    LEFT JOIN billing_profile_rows e ON @same(e) AND e.source = @named(p.email_rank)
    LEFT JOIN billing_profile_rows a ON @same(a) AND a.source = @named(p.address_rank)
    LEFT JOIN billing_profile_rows k ON @same(k) AND k.source = @named(p.card_rank)";

/// The view with its abbreviations written out.
fn view() -> String {
    let mut text = VIEW.to_owned();
    for column in ["name IS NOT NULL", "email IS NOT NULL", "has_address", "has_card"] {
        let rank = format!(
            "min(CASE WHEN NOT ({column}) THEN NULL WHEN source = 'customer' THEN 1 WHEN source = 'subscription' THEN 2 \
             WHEN source = 'invoice' THEN 3 WHEN source = 'charge' THEN 4 END)"
        );
        text = text.replace(&format!("@first({column})"), &rank);
    }
    for alias in ["n", "e", "a", "k"] {
        let same = format!("{alias}.connection_id = p.connection_id AND {alias}.customer_id = p.customer_id");
        text = text.replace(&format!("@same({alias})"), &same);
    }
    for rank in ["name_rank", "email_rank", "address_rank", "card_rank"] {
        let named = format!(
            "CASE p.{rank} WHEN 1 THEN 'customer' WHEN 2 THEN 'subscription' WHEN 3 THEN 'invoice' WHEN 4 THEN 'charge' END"
        );
        text = text.replace(&format!("@named(p.{rank})"), &named);
    }
    text
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A rotation of keys looks for what an older key sealed.
        let by_key = "CREATE INDEX billing_profile_rows_by_key ON billing_profile_rows (key_id)";
        sql::run(manager, &[ROWS, by_key, &view()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop(manager, &["billing_profiles"], &["billing_profile_rows"]).await
    }
}
