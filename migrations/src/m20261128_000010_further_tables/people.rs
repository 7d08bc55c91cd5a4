//! Tenants, people, what they agreed to, whom was told of them, and what was erased.

use sea_orm_migration::prelude::*;

use crate::sql;

const TABLES: [&str; 7] = [
    "CREATE TABLE tenants (
        id text NOT NULL PRIMARY KEY,
        name text NOT NULL,
        data_region text,
        time_zone text
    )",
    // Personal columns are sealed by the key `key_id`; `email_hmac` finds a person without opening anything.
    "CREATE TABLE users (
        id text NOT NULL PRIMARY KEY,
        tenant text NOT NULL REFERENCES tenants (id),
        external_id text,
        name @blob,
        email @blob,
        account @blob,
        birth_date @blob,
        email_hmac @blob,
        age_statement text,
        status text NOT NULL,
        key_id text,
        created_at @timestamp NOT NULL,
        updated_at @timestamp NOT NULL,
        UNIQUE (tenant, external_id)
    )",
    "CREATE TABLE user_links (
        user_id text NOT NULL REFERENCES users (id),
        connection text NOT NULL,
        customer_id text NOT NULL,
        PRIMARY KEY (user_id, connection, customer_id)
    )",
    "CREATE TABLE policy_versions (
        tenant text NOT NULL REFERENCES tenants (id),
        version text NOT NULL,
        text_sha256 text NOT NULL,
        purposes text NOT NULL,
        effective_at @timestamp NOT NULL,
        requires_consent boolean NOT NULL,
        PRIMARY KEY (tenant, version)
    )",
    "CREATE TABLE consents (
        id @identity,
        user_id text NOT NULL REFERENCES users (id),
        policy_version text NOT NULL,
        purpose text NOT NULL,
        granted boolean NOT NULL,
        given_at @timestamp NOT NULL,
        source text NOT NULL
    )",
    // Of a person only the keyed digest: the record outlives the person's erasure.
    "CREATE TABLE disclosures (
        id @identity,
        tenant text NOT NULL REFERENCES tenants (id),
        subject_hmac @blob NOT NULL,
        recipient text NOT NULL,
        purpose text NOT NULL,
        categories text NOT NULL,
        region text,
        disclosed_at @timestamp NOT NULL,
        actor text NOT NULL,
        notify_due_at @timestamp,
        notified_at @timestamp
    )",
    "CREATE TABLE erasures (
        id @identity,
        tenant text NOT NULL REFERENCES tenants (id),
        subject_hmac @blob NOT NULL,
        requested_at @timestamp NOT NULL,
        actor text NOT NULL,
        state text NOT NULL,
        finished_at @timestamp,
        receipt text
    )",
];

const INDEXES: [&str; 6] = [
    "CREATE INDEX users_by_email ON users (tenant, email_hmac)",
    // A rotation of keys looks for what an older key sealed.
    "CREATE INDEX users_by_key ON users (key_id)",
    "CREATE INDEX user_links_by_customer ON user_links (connection, customer_id)",
    "CREATE INDEX consents_by_user ON consents (user_id, purpose, given_at)",
    "CREATE INDEX disclosures_by_subject ON disclosures (tenant, subject_hmac)",
    "CREATE INDEX erasures_by_subject ON erasures (tenant, subject_hmac)",
];

pub async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    sql::run(manager, &TABLES).await?;
    sql::run(manager, &INDEXES).await
}

pub async fn down(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let tables = ["erasures", "disclosures", "consents", "policy_versions", "user_links", "users", "tenants"];
    sql::drop(manager, &[], &tables).await
}
