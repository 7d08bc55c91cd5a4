//! What a file stands for; the number by which daily rows name the file that they came from; and streams per month, which are
//! sums over the statements that are loaded.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const FILES: &str = "CREATE TABLE report_files (
    id @identity,
    connection_id bigint NOT NULL REFERENCES connections (id),
    connection text NOT NULL,
    sha256 text NOT NULL,
    name text NOT NULL,
    member text,
    layout text,
    unit text,
    size_bytes bigint NOT NULL,
    state text NOT NULL,
    period_start @date,
    period_end @date,
    statement_period text,
    rows bigint,
    rejected bigint,
    totals text,
    made_at @timestamp,
    reason text,
    replaces text,
    superseded_by text,
    decided_by text,
    first_seen_at @timestamp NOT NULL,
    loaded_at @timestamp,
    UNIQUE (connection_id, sha256)
)";

/// As step 10 made it.
const FILES_BEFORE: &str = "CREATE TABLE report_files (
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
)";

/// What both have.
const KEPT: &str = "connection_id, connection, sha256, name, member, layout, size_bytes, state, period_start, period_end, \
    statement_period, rows, rejected, totals, reason, replaces, superseded_by, decided_by, first_seen_at, loaded_at";

/// Daily tables that files fill.
const FILLED: [&str; 5] = [
    "track_performance_rows",
    "artist_audience_rows",
    "playlist_placement_rows",
    "content_performance_rows",
    "smart_link_activity_rows",
];

/// As step 10 made it.
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

/// Periods of statements by how long they are: granularity, condition, first day, last day. Each is a part of the view of its
/// own, with a constant for its granularity: who asks for days reads no statement.
const PERIODS: [(&str, &str, &str, &str); 3] = [
    (
        "month",
        "month_start:(f.period_start) = month_start:(f.period_end)",
        "month_start:(f.period_start)",
        "month_end:(f.period_start)",
    ),
    ("quarter", IS_QUARTER, "f.period_start", "f.period_end"),
    ("period", IS_OTHER, "f.period_start", "f.period_end"),
];

const IS_QUARTER: &str = "f.period_start = month_start:(f.period_start) AND f.period_end = quarter_end:(f.period_start) \
    AND month_number:(f.period_start) IN (1, 4, 7, 10)";

const IS_OTHER: &str = "month_start:(f.period_start) <> month_start:(f.period_end) \
    AND NOT (f.period_start = month_start:(f.period_start) AND f.period_end = quarter_end:(f.period_start) \
    AND month_number:(f.period_start) IN (1, 4, 7, 10))";

/// Whole units and rest are added apart: a sum of micros may be beyond what an integer holds. One unknown part makes the sum
/// unknown.
const STREAMS: &str = "CASE WHEN count(*) = count(f.quantity_micros) THEN CAST(sum(f.quantity_micros / 1000000) AS bigint) \
    + (CAST(sum(f.quantity_micros % 1000000) AS bigint) \
    + CASE WHEN sum(f.quantity_micros % 1000000) < 0 THEN -500000 ELSE 500000 END) / 1000000 END";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["DROP VIEW track_performance_daily"]).await?;
        files_anew(manager, FILES).await?;
        for table in FILLED {
            // In no digest, and no value: rows that are there already stay as they are.
            let statements = [
                format!("ALTER TABLE {table} ADD COLUMN file_id bigint"),
                format!("CREATE INDEX {table}_by_file ON {table} (file_id) WHERE file_id IS NOT NULL"),
            ];
            sql::run(manager, &statements.each_ref().map(String::as_str)).await?;
        }
        sql::run(manager, &[&tracks_with_statements()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["DROP VIEW track_performance_daily"]).await?;
        for table in FILLED {
            let statements =
                [format!("DROP INDEX {table}_by_file"), format!("ALTER TABLE {table} DROP COLUMN file_id")];
            sql::run(manager, &statements.each_ref().map(String::as_str)).await?;
        }
        files_anew(manager, FILES_BEFORE).await?;
        sql::run(manager, &[&tracks()]).await
    }
}

/// SQLite cannot give a number to the rows of a table that has none: it is made again.
async fn files_anew(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let statements = [
        "DROP VIEW royalty_statements".to_owned(),
        "ALTER TABLE report_files RENAME TO report_files_before".to_owned(),
        table.to_owned(),
        format!("INSERT INTO report_files ({KEPT}) SELECT {KEPT} FROM report_files_before"),
        "DROP TABLE report_files_before".to_owned(),
        ROYALTIES.to_owned(),
    ];
    sql::run(manager, &statements.each_ref().map(String::as_str)).await
}

fn tracks() -> String {
    sql::facts_view(
        "track_performance_daily",
        "track_performance_rows",
        "track_performance_entities",
        "e.service, e.track_id, e.granularity, e.country, e.segment",
        "f.measure_class, f.streams, f.listeners, f.saves, f.skips, f.playlist_adds, \
         f.popularity_micros / 1000000.0 AS popularity, f.period_end",
    )
}

/// What is stored, and the streams per period of the statements that are loaded.
fn tracks_with_statements() -> String {
    let mut parts = vec![tracks()];
    parts.extend(PERIODS.map(statements));
    parts.join(" UNION ALL ")
}

/// The sums are made within, so that what is asked for reaches the tables.
fn statements((granularity, condition, first, last): (&str, &str, &str, &str)) -> String {
    format!(
        "SELECT s.connection, s.provider, s.tenant, s.service, s.track_id, '{granularity}', s.country, '', s.first, \
         'measured', s.streams, CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), \
         NULL, s.last, (s.settled_through IS NULL OR s.last > s.settled_through), s.time_zone, 0, time:(s.observed_at) \
         FROM (SELECT c.name AS connection, c.integration AS provider, c.tenant AS tenant, f.service AS service, \
         f.track_id AS track_id, f.country AS country, {first} AS first, {last} AS last, {STREAMS} AS streams, \
         l.settled_through AS settled_through, l.time_zone AS time_zone, max(f.observed_at) AS observed_at \
         FROM royalty_statement_rows f \
         JOIN royalty_statement_entities e ON e.id = f.entity_id \
         JOIN connections c ON c.id = e.connection_id \
         JOIN report_files r ON r.connection_id = e.connection_id AND r.sha256 = e.statement \
         LEFT JOIN ledger l ON l.connection_id = e.connection_id AND l.account_id = e.account_id AND l.stream = e.stream \
         WHERE r.state = 'loaded' AND f.kind = 'stream' AND f.track_id <> '' AND {condition} \
         GROUP BY c.name, c.integration, c.tenant, l.settled_through, l.time_zone, f.service, f.track_id, f.country, \
         {first}, {last}) s"
    )
}
