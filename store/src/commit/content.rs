//! Daily rows of videos and their channels.

use rows::content::ContentPerformance;

use super::{Scope, daily::Daily};
use crate::entity::{content_entity, content_performance};

impl Daily for content_performance::Entity {
    type Of = ContentPerformance;
    type Entity = content_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> content_entity::Model {
        content_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            service: row.service.clone(),
            content_type: row.content_type.as_str().to_owned(),
            content_id: row.content_id.clone(),
            dimension: row.dimension.as_str().to_owned(),
            dimension_value: row.dimension_value.clone(),
            granularity: row.granularity.as_str().to_owned(),
            account_id: scope.commit.account_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        content_performance::Model::from_row(entity_id, row, observed_at)
    }
}
