//! Daily rows of web analytics.

use rows::web::{WebAnalytics, WebConversions, WebOrigin};

use super::{Scope, daily::Daily};
use crate::entity::{web_analytics, web_conversion, web_entity};

impl Daily for web_analytics::Entity {
    type Of = WebAnalytics;
    type Entity = web_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> web_entity::Model {
        origin(scope, &row.account_id, "", &row.origin)
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        web_analytics::Model::from_row(entity_id, row, observed_at)
    }
}

impl Daily for web_conversion::Entity {
    type Of = WebConversions;
    type Entity = web_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> web_entity::Model {
        origin(scope, &row.account_id, &row.goal, &row.origin)
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        web_conversion::Model::from_row(entity_id, row, observed_at)
    }
}

fn origin(scope: &Scope<'_>, account_id: &str, goal: &str, origin: &WebOrigin) -> web_entity::Model {
    web_entity::Model {
        id: 0,
        connection_id: scope.connection_id,
        account_id: account_id.to_owned(),
        goal: goal.to_owned(),
        scope: origin.scope.as_str().to_owned(),
        campaign: origin.campaign.clone(),
        source: origin.source.clone(),
        medium: origin.medium.clone(),
        stream: scope.commit.stream.clone(),
    }
}
