//! Daily rows of web analytics.

use rows::{
    Row,
    web::{WebAnalytics, WebConversions, WebOrigin},
};
use sea_orm::DbErr;

use super::{Scope, facts};
use crate::{
    dimension::EntityIds,
    entity::{web_analytics, web_conversion, web_entity},
    transaction::Transaction,
    upsert::Outcome,
};

/// Visits.
pub async fn analytics(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows = rows.iter().filter_map(|row| match row {
        Row::WebAnalytics(row) => Some(row),
        _ => None,
    });
    let entity = |row: &WebAnalytics| entity(scope, &row.account_id, "", &row.origin);
    let fact = |id, row: &WebAnalytics| web_analytics::Model::from_row(id, row, scope.observed_at);
    facts::write::<web_entity::Entity, web_analytics::Entity, _>(tx, ids, scope.expect, rows, entity, fact)
        .await
}

/// Goals reached.
pub async fn conversions(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows = rows.iter().filter_map(|row| match row {
        Row::WebConversions(row) => Some(row),
        _ => None,
    });
    let entity = |row: &WebConversions| entity(scope, &row.account_id, &row.goal, &row.origin);
    let fact = |id, row: &WebConversions| web_conversion::Model::from_row(id, row, scope.observed_at);
    facts::write::<web_entity::Entity, web_conversion::Entity, _>(tx, ids, scope.expect, rows, entity, fact)
        .await
}

fn entity(scope: &Scope<'_>, account_id: &str, goal: &str, origin: &WebOrigin) -> web_entity::Model {
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
