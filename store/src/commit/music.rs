//! Daily rows of streaming services.

use rows::music::{ArtistAudience, CounterReading, PlaylistPlacement, TrackPerformance};

use super::{Scope, daily::Daily};
use crate::entity::{
    artist_audience, artist_audience_entity, counter_entity, counter_reading, playlist_placement,
    playlist_placement_entity, track_performance, track_performance_entity,
};

impl Daily for track_performance::Entity {
    type Of = TrackPerformance;
    type Entity = track_performance_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> track_performance_entity::Model {
        track_performance_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            service: row.service.clone(),
            track_id: row.track_id.clone(),
            granularity: row.granularity.as_str().to_owned(),
            country: row.country.clone(),
            segment: row.segment.clone(),
            account_id: scope.commit.account_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        track_performance::Model::from_row(entity_id, row, observed_at)
    }
}

impl Daily for artist_audience::Entity {
    type Of = ArtistAudience;
    type Entity = artist_audience_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> artist_audience_entity::Model {
        artist_audience_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            service: row.service.clone(),
            artist_id: row.artist_id.clone(),
            account_id: scope.commit.account_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        artist_audience::Model::from_row(entity_id, row, observed_at)
    }
}

impl Daily for counter_reading::Entity {
    type Of = CounterReading;
    type Entity = counter_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> counter_entity::Model {
        counter_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            service: row.service.clone(),
            entity: row.entity.as_str().to_owned(),
            object_id: row.id.clone(),
            counter: row.counter.clone(),
            account_id: scope.commit.account_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        counter_reading::Model::from_row(entity_id, row, observed_at)
    }
}

impl Daily for playlist_placement::Entity {
    type Of = PlaylistPlacement;
    type Entity = playlist_placement_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> playlist_placement_entity::Model {
        playlist_placement_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            service: row.service.clone(),
            playlist_id: row.playlist_id.clone(),
            track_id: row.track_id.clone(),
            account_id: scope.commit.account_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        playlist_placement::Model::from_row(entity_id, row, observed_at)
    }
}
