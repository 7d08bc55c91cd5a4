//! Daily rows of streaming services.

use rows::{
    Row,
    music::{ArtistAudience, CounterReading, PlaylistPlacement, TrackPerformance},
};
use sea_orm::DbErr;

use super::{Scope, facts};
use crate::{
    dimension::EntityIds,
    entity::{
        artist_audience, artist_audience_entity, counter_entity, counter_reading, playlist_placement,
        playlist_placement_entity, track_performance, track_performance_entity,
    },
    transaction::Transaction,
    upsert::Outcome,
};

/// Numbers of tracks.
pub async fn performance(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows = rows.iter().filter_map(|row| match row {
        Row::TrackPerformance(row) => Some(row),
        _ => None,
    });
    let entity = |row: &TrackPerformance| track_performance_entity::Model {
        id: 0,
        connection_id: scope.connection_id,
        service: row.service.clone(),
        track_id: row.track_id.clone(),
        granularity: row.granularity.clone(),
        country: row.country.clone(),
        segment: row.segment.clone(),
        account_id: scope.commit.account_id.clone(),
        stream: scope.commit.stream.clone(),
    };
    let fact = |id, row: &TrackPerformance| track_performance::Model::from_row(id, row, scope.observed_at);
    facts::write::<track_performance_entity::Entity, track_performance::Entity, _>(
        tx,
        ids,
        scope.expect,
        rows,
        entity,
        fact,
    )
    .await
}

/// Audiences of artists.
pub async fn audience(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows = rows.iter().filter_map(|row| match row {
        Row::ArtistAudience(row) => Some(row),
        _ => None,
    });
    let entity = |row: &ArtistAudience| artist_audience_entity::Model {
        id: 0,
        connection_id: scope.connection_id,
        service: row.service.clone(),
        artist_id: row.artist_id.clone(),
        account_id: scope.commit.account_id.clone(),
        stream: scope.commit.stream.clone(),
    };
    let fact = |id, row: &ArtistAudience| artist_audience::Model::from_row(id, row, scope.observed_at);
    facts::write::<artist_audience_entity::Entity, artist_audience::Entity, _>(
        tx,
        ids,
        scope.expect,
        rows,
        entity,
        fact,
    )
    .await
}

/// Readings of counters.
pub async fn readings(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows = rows.iter().filter_map(|row| match row {
        Row::CounterReading(row) => Some(row),
        _ => None,
    });
    let entity = |row: &CounterReading| counter_entity::Model {
        id: 0,
        connection_id: scope.connection_id,
        service: row.service.clone(),
        entity: row.entity.as_str().to_owned(),
        object_id: row.id.clone(),
        counter: row.counter.clone(),
        account_id: scope.commit.account_id.clone(),
        stream: scope.commit.stream.clone(),
    };
    let fact = |id, row: &CounterReading| counter_reading::Model::from_row(id, row, scope.observed_at);
    facts::write::<counter_entity::Entity, counter_reading::Entity, _>(
        tx,
        ids,
        scope.expect,
        rows,
        entity,
        fact,
    )
    .await
}

/// Tracks on playlists.
pub async fn placements(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows = rows.iter().filter_map(|row| match row {
        Row::PlaylistPlacement(row) => Some(row),
        _ => None,
    });
    let entity = |row: &PlaylistPlacement| playlist_placement_entity::Model {
        id: 0,
        connection_id: scope.connection_id,
        service: row.service.clone(),
        playlist_id: row.playlist_id.clone(),
        track_id: row.track_id.clone(),
        account_id: scope.commit.account_id.clone(),
        stream: scope.commit.stream.clone(),
    };
    let fact = |id, row: &PlaylistPlacement| playlist_placement::Model::from_row(id, row, scope.observed_at);
    facts::write::<playlist_placement_entity::Entity, playlist_placement::Entity, _>(
        tx,
        ids,
        scope.expect,
        rows,
        entity,
        fact,
    )
    .await
}
