//! Daily rows of smart links.

use rows::links::SmartLinkActivity;

use super::{Scope, daily::Daily};
use crate::entity::{smart_link_activity, smart_link_entity};

impl Daily for smart_link_activity::Entity {
    type Of = SmartLinkActivity;
    type Entity = smart_link_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> smart_link_entity::Model {
        smart_link_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            link_id: row.link_id.clone(),
            dimension: row.dimension.as_str().to_owned(),
            dimension_value: row.dimension_value.clone(),
            account_id: scope.commit.account_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        smart_link_activity::Model::from_row(entity_id, row, observed_at)
    }
}
