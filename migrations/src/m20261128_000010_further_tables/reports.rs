//! Videos and channels, report files and the royalties in them, smart links.

use sea_orm_migration::prelude::*;

use crate::sql;

const TABLES: [&str; 6] = [
    // A file is known by its content. Its rows are shown while its state is `loaded`.
    "CREATE TABLE report_files (
        connection_id bigint NOT NULL REFERENCES connections (id),
        connection text NOT NULL,
        sha256 text NOT NULL,
        name text NOT NULL,
        member text,
        layout text,
        size_bytes bigint NOT NULL,
        state text NOT NULL,
        period_start @date,
        period_end @date,
        statement_period text,
        rows bigint,
        rejected bigint,
        totals text,
        reason text,
        replaces text,
        superseded_by text,
        decided_by text,
        first_seen_at @timestamp NOT NULL,
        loaded_at @timestamp,
        PRIMARY KEY (connection_id, sha256)
    )",
    "CREATE TABLE royalty_statement_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        statement text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, statement)
    )",
    "CREATE TABLE royalty_statement_rows (
        entity_id bigint NOT NULL,
        service text NOT NULL,
        store text NOT NULL,
        track_id text NOT NULL,
        country text NOT NULL,
        period_start @date NOT NULL,
        period_end @date NOT NULL,
        kind text NOT NULL,
        currency text NOT NULL,
        quantity_micros bigint,
        revenue_micros bigint,
        revenue_exact text,
        gross_micros bigint,
        isrc text,
        upc text,
        title text,
        artist_name text,
        statement_period text,
        layout text NOT NULL,
        lines bigint NOT NULL,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (entity_id, service, store, track_id, country, period_start, period_end, kind, currency)
    ) @facts",
    "CREATE TABLE content_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        service text NOT NULL,
        content_type text NOT NULL,
        content_id text NOT NULL,
        dimension text NOT NULL,
        dimension_value text NOT NULL,
        granularity text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, service, content_type, content_id, dimension, dimension_value, granularity)
    )",
    "CREATE TABLE smart_link_rows (
        connection_id bigint NOT NULL,
        link_id text NOT NULL,
        title text,
        url text,
        status text,
        type text,
        artist_id text,
        artist_name text,
        stores text,
        isrc text,
        upc text,
        created_at bigint,
        released_on @date,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, link_id)
    ) @objects",
    "CREATE TABLE smart_link_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        link_id text NOT NULL,
        dimension text NOT NULL,
        dimension_value text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, link_id, dimension, dimension_value)
    )",
];

const CONTENT: &str = "measure_class text NOT NULL,
    views bigint,
    watch_seconds bigint,
    likes bigint,
    comments bigint,
    shares bigint,
    subscribers_gained bigint,
    subscribers_lost bigint,
    revenue_micros bigint,
    currency text";

const LINK_ACTIVITY: &str = "visits bigint,
    unique_visitors bigint,
    clicks bigint,
    engagements bigint,
    pre_saves bigint,
    follows bigint,
    conversions bigint,
    earnings_micros bigint,
    currency text";

/// Lines of a file that is loaded, or was superseded, are there and not seen.
const ROYALTIES: &str = "CREATE VIEW royalty_statements AS
    SELECT c.name AS connection, c.integration AS provider, c.tenant AS tenant, e.statement, f.service, f.store,
        f.track_id, f.country, f.period_start, f.period_end, f.kind, f.currency,
        f.quantity_micros / 1000000.0 AS quantity, f.revenue_micros, f.revenue_exact, f.gross_micros, f.isrc, f.upc,
        f.title, f.artist_name, f.statement_period, f.layout, f.lines, f.revision AS revision,
        time:(f.observed_at) AS observed_at
    FROM royalty_statement_rows f
    JOIN royalty_statement_entities e ON e.id = f.entity_id
    JOIN connections c ON c.id = e.connection_id
    JOIN report_files r ON r.connection_id = e.connection_id AND r.sha256 = e.statement
    WHERE r.state = 'loaded'";

pub async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    sql::run(manager, &TABLES).await?;
    let links = [
        "link_id",
        "title",
        "url",
        "status",
        "type",
        "artist_id",
        "artist_name",
        "stores",
        "isrc",
        "upc",
        "time:created_at",
        "released_on",
    ];
    let statements = [
        sql::facts_table("content_performance_rows", CONTENT),
        sql::facts_table("smart_link_activity_rows", LINK_ACTIVITY),
        sql::object_view("smart_links", "smart_link_rows", &links),
        sql::facts_view(
            "content_performance_daily",
            "content_performance_rows",
            "content_entities",
            "e.service, e.content_type, e.content_id, e.dimension, e.dimension_value, e.granularity",
            "f.measure_class, f.views, f.watch_seconds, f.likes, f.comments, f.shares, f.subscribers_gained, \
             f.subscribers_lost, f.revenue_micros, f.currency",
        ),
        sql::facts_view(
            "smart_link_activity_daily",
            "smart_link_activity_rows",
            "smart_link_entities",
            "e.link_id, e.dimension, e.dimension_value",
            "f.visits, f.unique_visitors, f.clicks, f.engagements, f.pre_saves, f.follows, f.conversions, \
             f.earnings_micros, f.currency",
        ),
        ROYALTIES.to_owned(),
    ];
    sql::run(manager, &statements.each_ref().map(String::as_str)).await
}

pub async fn down(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let views =
        ["royalty_statements", "smart_link_activity_daily", "content_performance_daily", "smart_links"];
    let tables = [
        "smart_link_activity_rows",
        "content_performance_rows",
        "smart_link_entities",
        "smart_link_rows",
        "content_entities",
        "royalty_statement_rows",
        "royalty_statement_entities",
        "report_files",
    ];
    sql::drop(manager, &views, &tables).await
}
