//! Daily rows: resolve what they speak of, then upsert by (entity, day).

use rows::{
    Row,
    ads::{AdCountry, AdPerformance},
    payments::SubscriptionMrr,
};
use sea_orm::DbErr;

use super::Scope;
use crate::{
    convert::chrono_day,
    dimension::{Dimension, EntityIds, ids_of},
    entity::{
        ad_country, ad_country_entity, ad_definition, ad_entity, ad_performance, subscription_entity,
        subscription_mrr,
    },
    transaction::Transaction,
    upsert::{Expect, Outcome, Stored, upsert},
};

/// Performance of campaigns, ad sets and ads.
pub async fn performance(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows: Vec<&AdPerformance> = rows
        .iter()
        .filter_map(|row| match row {
            Row::AdPerformance(row) => Some(row),
            _ => None,
        })
        .collect();
    let entity = |row: &AdPerformance| ad_entity::Model {
        id: 0,
        connection_id: scope.connection_id,
        account_id: row.account_id.clone(),
        level: row.level.as_str().to_owned(),
        campaign_id: row.campaign_id.clone(),
        ad_set_id: row.ad_set_id.clone(),
        ad_id: row.ad_id.clone(),
        stream: scope.commit.stream.clone(),
    };
    let definition = |row: &AdPerformance| {
        ad_definition::Model::of(
            row.currency,
            row.conversion_definition.as_deref(),
            row.view_definition.as_deref(),
        )
    };
    let connection = scope.connection_id.to_string();
    let entities = ids_of::<ad_entity::Entity, _>(
        tx,
        ids,
        &rows,
        |row| ad_entity::fingerprint_of(&connection, row, &scope.commit.stream),
        |row| entity(row),
    )
    .await?;
    let definitions = ids_of::<ad_definition::Entity, _>(
        tx,
        ids,
        &rows,
        |row| {
            let (conversion, view) = (&row.conversion_definition, &row.view_definition);
            ad_definition::fingerprint_of(row.currency.as_str(), conversion.as_deref(), view.as_deref())
        },
        |row| definition(row),
    )
    .await?;
    let models = rows.iter().zip(entities).zip(definitions).map(|((row, entity), definition)| {
        let date = chrono_day(row.date);
        ad_performance::Model::from_row(entity, date, definition, &row.metrics, scope.observed_at)
    });
    upsert::<ad_performance::Entity>(tx, models.collect(), scope.expect).await
}

/// Campaigns by country.
pub async fn country(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows: Vec<&AdCountry> = rows
        .iter()
        .filter_map(|row| match row {
            Row::AdCountry(row) => Some(row),
            _ => None,
        })
        .collect();
    let entity = |row: &AdCountry| ad_country_entity::Model {
        id: 0,
        connection_id: scope.connection_id,
        account_id: row.account_id.clone(),
        campaign_id: row.campaign_id.clone(),
        country: row.country.clone(),
        stream: scope.commit.stream.clone(),
    };
    let definition = |row: &AdCountry| {
        ad_definition::Model::of(
            row.currency,
            row.conversion_definition.as_deref(),
            row.view_definition.as_deref(),
        )
    };
    let connection = scope.connection_id.to_string();
    let entities = ids_of::<ad_country_entity::Entity, _>(
        tx,
        ids,
        &rows,
        |row| ad_country_entity::fingerprint_of(&connection, row, &scope.commit.stream),
        |row| entity(row),
    )
    .await?;
    let definitions = ids_of::<ad_definition::Entity, _>(
        tx,
        ids,
        &rows,
        |row| {
            let (conversion, view) = (&row.conversion_definition, &row.view_definition);
            ad_definition::fingerprint_of(row.currency.as_str(), conversion.as_deref(), view.as_deref())
        },
        |row| definition(row),
    )
    .await?;
    let models = rows.iter().zip(entities).zip(definitions).map(|((row, entity), definition)| {
        let date = chrono_day(row.date);
        ad_country::Model::from_row(entity, date, definition, &row.metrics, scope.observed_at)
    });
    upsert::<ad_country::Entity>(tx, models.collect(), scope.expect).await
}

/// Monthly recurring revenue by subscription.
pub async fn revenue(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows = rows.iter().filter_map(|row| match row {
        Row::SubscriptionMrr(row) => Some(row),
        _ => None,
    });
    let entity = |row: &SubscriptionMrr| subscription_entity::Model {
        id: 0,
        connection_id: scope.connection_id,
        subscription_id: row.subscription_id.clone(),
        account_id: scope.commit.account_id.clone(),
        stream: scope.commit.stream.clone(),
    };
    let fact = |id, row: &SubscriptionMrr| subscription_mrr::Model::from_row(id, row, scope.observed_at);
    write::<subscription_entity::Entity, subscription_mrr::Entity, _>(
        tx,
        ids,
        scope.expect,
        rows,
        entity,
        fact,
    )
    .await
}

/// Upserts the rows under the ids of what they speak of.
pub async fn write<'a, D: Dimension, F: Stored, R: 'a>(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    expect: Expect,
    rows: impl Iterator<Item = &'a R>,
    entity: impl Fn(&R) -> D::Model,
    fact: impl Fn(i64, &R) -> F::Model,
) -> Result<Outcome, DbErr> {
    let rows: Vec<(&R, D::Model)> = rows.map(|row| (row, entity(row))).collect();
    let entities =
        ids_of::<D, _>(tx, ids, &rows, |(_, entity)| D::fingerprint(entity), |(_, entity)| entity.clone())
            .await?;
    let facts = rows.iter().zip(entities).map(|((row, _), entity)| fact(entity, row));
    upsert::<F>(tx, facts.collect(), expect).await
}
