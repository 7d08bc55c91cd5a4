//! Web analytics and streaming services: objects, daily facts behind integer keys, and the views that readers use.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

/// What a streaming service shows. `status` is NULL, or `removed` once the service says that it is gone.
const OBJECTS: [&str; 4] = [
    "CREATE TABLE track_rows (
        connection_id bigint NOT NULL,
        service text NOT NULL,
        track_id text NOT NULL,
        title text,
        isrc text,
        artist_id text,
        artist_name text,
        album_id text,
        duration_seconds bigint,
        released_on @date,
        status text,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, service, track_id)
    ) @objects",
    "CREATE TABLE album_rows (
        connection_id bigint NOT NULL,
        service text NOT NULL,
        album_id text NOT NULL,
        title text,
        upc text,
        artist_id text,
        artist_name text,
        label text,
        record_type text,
        track_count bigint,
        released_on @date,
        followers bigint,
        status text,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, service, album_id)
    ) @objects",
    "CREATE TABLE artist_rows (
        connection_id bigint NOT NULL,
        service text NOT NULL,
        artist_id text NOT NULL,
        name text,
        album_count bigint,
        followers bigint,
        status text,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, service, artist_id)
    ) @objects",
    "CREATE TABLE playlist_rows (
        connection_id bigint NOT NULL,
        service text NOT NULL,
        playlist_id text NOT NULL,
        name text,
        owner_id text,
        owner_name text,
        track_count bigint,
        followers bigint,
        public boolean,
        created_at bigint,
        status text,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (connection_id, service, playlist_id)
    ) @objects",
];

/// What daily facts speak of. `account_id` and `stream` find the ledger that says which days are settled.
const DIMENSIONS: [&str; 5] = [
    // `goal` is '' for visits.
    "CREATE TABLE web_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        account_id text NOT NULL,
        goal text NOT NULL,
        scope text NOT NULL,
        campaign text NOT NULL,
        source text NOT NULL,
        medium text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, account_id, goal, scope, campaign, source, medium)
    )",
    "CREATE TABLE track_performance_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        service text NOT NULL,
        track_id text NOT NULL,
        granularity text NOT NULL,
        country text NOT NULL,
        segment text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, service, track_id, granularity, country, segment)
    )",
    "CREATE TABLE artist_audience_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        service text NOT NULL,
        artist_id text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, service, artist_id)
    )",
    "CREATE TABLE counter_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        service text NOT NULL,
        entity text NOT NULL,
        object_id text NOT NULL,
        counter text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, service, entity, object_id, counter)
    )",
    "CREATE TABLE playlist_placement_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        service text NOT NULL,
        playlist_id text NOT NULL,
        track_id text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, service, playlist_id, track_id)
    )",
];

/// Facts: table, its entities, its own columns.
const FACTS: [(&str, &str, &str); 6] = [
    (
        "web_analytics_rows",
        "web_entities",
        "page_views bigint,
        sessions bigint,
        session_seconds bigint,
        users bigint,
        revenue_micros bigint,
        currency text,",
    ),
    (
        "web_conversion_rows",
        "web_entities",
        "conversions_micros bigint,
        converting_sessions bigint,",
    ),
    (
        "track_performance_rows",
        "track_performance_entities",
        "measure_class text NOT NULL,
        streams bigint,
        listeners bigint,
        saves bigint,
        skips bigint,
        playlist_adds bigint,
        popularity_micros bigint,",
    ),
    (
        "artist_audience_rows",
        "artist_audience_entities",
        "measure_class text NOT NULL,
        followers bigint,
        monthly_listeners bigint,
        popularity_micros bigint,",
    ),
    ("counter_reading_rows", "counter_entities", "value bigint NOT NULL,"),
    (
        "playlist_placement_rows",
        "playlist_placement_entities",
        "position bigint,
        followers bigint,
        added_at bigint,
        title text,
        artist_name text,",
    ),
];

/// Views of facts: name, table, entities, columns of the key, columns of the fact.
const VIEWS: [(&str, &str, &str, &str, &str); 6] = [
    (
        "web_analytics_daily",
        "web_analytics_rows",
        "web_entities",
        "e.account_id, e.scope, e.campaign, e.source, e.medium",
        "f.page_views, f.sessions, f.session_seconds, f.users, f.revenue_micros, \
         f.revenue_micros / 1000000.0 AS revenue, f.currency",
    ),
    (
        "web_conversions_daily",
        "web_conversion_rows",
        "web_entities",
        "e.account_id, e.goal, e.scope, e.campaign, e.source, e.medium",
        "f.conversions_micros / 1000000.0 AS conversions, f.converting_sessions",
    ),
    (
        "track_performance_daily",
        "track_performance_rows",
        "track_performance_entities",
        "e.service, e.track_id, e.granularity, e.country, e.segment",
        "f.measure_class, f.streams, f.listeners, f.saves, f.skips, f.playlist_adds, \
         f.popularity_micros / 1000000.0 AS popularity",
    ),
    (
        "artist_audience_daily",
        "artist_audience_rows",
        "artist_audience_entities",
        "e.service, e.artist_id",
        "f.measure_class, f.followers, f.monthly_listeners, f.popularity_micros / 1000000.0 AS popularity",
    ),
    (
        "counter_readings_daily",
        "counter_reading_rows",
        "counter_entities",
        "e.service, e.entity, e.object_id AS id, e.counter",
        "f.value",
    ),
    (
        "playlist_placements",
        "playlist_placement_rows",
        "playlist_placement_entities",
        "e.service, e.playlist_id, e.track_id",
        "f.position, f.followers, time:(f.added_at) AS added_at, f.title, f.artist_name",
    ),
];

fn facts((table, _, columns): (&str, &str, &str)) -> String {
    format!(
        "CREATE TABLE {table} (
            entity_id bigint NOT NULL,
            date @date NOT NULL,
            {columns}
            revision integer NOT NULL,
            observed_at bigint NOT NULL,
            digest bigint,
            PRIMARY KEY (entity_id, date)
        ) @facts"
    )
}

fn facts_view(view: &str, key: &str, columns: &str, joins: &str) -> String {
    format!(
        "CREATE VIEW {view} AS SELECT c.name AS connection, c.integration AS provider, c.tenant AS tenant, \
         {key}, f.date AS date, {columns}, {} {joins}",
        sql::DAILY
    )
}

/// A counter's difference to its reading of exactly the day before; NULL where there is none, and where it fell.
fn deltas_view() -> String {
    let joins = format!(
        "{} LEFT JOIN counter_reading_rows p ON p.entity_id = f.entity_id AND p.date = day_before:(f.date)",
        sql::daily_joins("counter_reading_rows", "counter_entities")
    );
    facts_view(
        "counter_deltas_daily",
        "e.service, e.entity, e.object_id AS id, e.counter",
        "f.value, CASE WHEN f.value >= p.value THEN f.value - p.value END AS delta",
        &joins,
    )
}

fn views() -> Vec<String> {
    let track = [
        "service",
        "track_id",
        "title",
        "isrc",
        "artist_id",
        "artist_name",
        "album_id",
        "duration_seconds",
        "released_on",
        "status",
    ];
    let album = [
        "service",
        "album_id",
        "title",
        "upc",
        "artist_id",
        "artist_name",
        "label",
        "record_type",
        "track_count",
        "released_on",
        "followers",
        "status",
    ];
    let playlist = [
        "service",
        "playlist_id",
        "name",
        "owner_id",
        "owner_name",
        "track_count",
        "followers",
        "public",
        "time:created_at",
        "status",
    ];
    let mut views = vec![
        sql::object_view("tracks", "track_rows", &track),
        sql::object_view("albums", "album_rows", &album),
        sql::object_view(
            "artists",
            "artist_rows",
            &["service", "artist_id", "name", "album_count", "followers", "status"],
        ),
        sql::object_view("playlists", "playlist_rows", &playlist),
    ];
    views.extend(VIEWS.map(|(view, table, entities, key, columns)| {
        facts_view(view, key, columns, &sql::daily_joins(table, entities))
    }));
    views.push(deltas_view());
    views
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &OBJECTS).await?;
        sql::run(manager, &DIMENSIONS).await?;
        for statement in FACTS.map(facts).into_iter().chain(views()) {
            sql::run(manager, &[&statement]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut views = vec!["counter_deltas_daily"];
        views.extend(VIEWS.map(|(view, ..)| view));
        views.extend(["playlists", "artists", "albums", "tracks"]);
        let mut tables = FACTS.map(|(table, ..)| table).to_vec();
        tables.extend([
            "playlist_placement_entities",
            "counter_entities",
            "artist_audience_entities",
            "track_performance_entities",
            "web_entities",
            "playlist_rows",
            "artist_rows",
            "album_rows",
            "track_rows",
        ]);
        sql::drop(manager, &views, &tables).await
    }
}
