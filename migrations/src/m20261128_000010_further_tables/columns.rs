//! Columns that are added to facts of streaming services.
//!
//! A digest is of all values of a row: with a column more it would differ, and every stored row would look restated at its
//! next reading. So the digests of these tables go, with their column, which costs nothing on PostgreSQL; rows without one
//! are compared value by value.

use sea_orm_migration::prelude::*;

use crate::sql;

/// A table and its view before and after.
struct Facts {
    view: &'static str,
    table: &'static str,
    entities: &'static str,
    /// Columns of the key, as the view shows them.
    key: &'static str,
    /// Columns of the facts that were there, as the view shows them.
    columns: &'static str,
    /// Columns that are added, with their types. What is stored gets the value of a `DEFAULT`.
    added: &'static [(&'static str, &'static str)],
}

const FACTS: [Facts; 4] = [
    Facts {
        view: "track_performance_daily",
        table: "track_performance_rows",
        entities: "track_performance_entities",
        key: "e.service, e.track_id, e.granularity, e.country, e.segment",
        columns: "f.measure_class, f.streams, f.listeners, f.saves, f.skips, f.playlist_adds, \
                  f.popularity_micros / 1000000.0 AS popularity",
        added: &[("period_end", "@date")],
    },
    Facts {
        view: "artist_audience_daily",
        table: "artist_audience_rows",
        entities: "artist_audience_entities",
        key: "e.service, e.artist_id",
        columns: "f.measure_class, f.followers, f.monthly_listeners, f.popularity_micros / 1000000.0 AS popularity",
        added: &[
            ("streams", "bigint"),
            ("listeners", "bigint"),
            ("monthly_active_listeners", "bigint"),
            ("super_listeners", "bigint"),
            ("saves", "bigint"),
            ("playlist_adds", "bigint"),
        ],
    },
    Facts {
        view: "counter_readings_daily",
        table: "counter_reading_rows",
        entities: "counter_entities",
        key: "e.service, e.entity, e.object_id AS id, e.counter",
        columns: "f.value",
        // Until now nobody but services told, and what they show to everybody.
        added: &[("measure_class", "text NOT NULL DEFAULT 'public_counter'")],
    },
    Facts {
        view: "playlist_placements",
        table: "playlist_placement_rows",
        entities: "playlist_placement_entities",
        key: "e.service, e.playlist_id, e.track_id",
        columns: "f.position, f.followers, time:(f.added_at) AS added_at, f.title, f.artist_name",
        added: &[("streams", "bigint"), ("listeners", "bigint")],
    },
];

pub async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for facts in FACTS {
        let Facts { view, table, entities, key, columns, added } = facts;
        sql::run(manager, &[&format!("DROP VIEW {view}")]).await?;
        let mut shown = vec![columns.to_owned()];
        for (column, kind) in added {
            sql::run(manager, &[&format!("ALTER TABLE {table} ADD COLUMN {column} {kind}")]).await?;
            shown.push(format!("f.{column}"));
        }
        let shown = shown.join(", ");
        forget_digests(manager, table).await?;
        sql::run(manager, &[&sql::facts_view(view, table, entities, key, &shown)]).await?;
    }
    Ok(())
}

pub async fn down(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for facts in FACTS {
        let Facts { view, table, entities, key, columns, added } = facts;
        sql::run(manager, &[&format!("DROP VIEW {view}")]).await?;
        for (column, _) in added {
            sql::run(manager, &[&format!("ALTER TABLE {table} DROP COLUMN {column}")]).await?;
        }
        forget_digests(manager, table).await?;
        sql::run(manager, &[&sql::facts_view(view, table, entities, key, columns)]).await?;
    }
    Ok(())
}

async fn forget_digests(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let drop = format!("ALTER TABLE {table} DROP COLUMN digest");
    sql::run(manager, &[&drop, &format!("ALTER TABLE {table} ADD COLUMN digest bigint")]).await
}
