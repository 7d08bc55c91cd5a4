//! Daily rows of ad networks: besides what they speak of, they say what their currency, conversions and views mean.

use rows::{
    Currency, Row,
    ads::{AdCountry, AdPerformance},
    key::Fingerprint,
    row::TableRow,
};
use sea_orm::{DbErr, EntityTrait};

use super::Scope;
use crate::{
    convert::chrono_day,
    dimension::{Dimension, EntityIds, ids_of},
    entity::{ad_country, ad_country_entity, ad_definition, ad_entity, ad_performance},
    transaction::Transaction,
    upsert::{Outcome, Stored, upsert},
};

/// What a row's numbers mean.
pub struct Definition<'a> {
    currency: Currency,
    conversion: Option<&'a str>,
    view: Option<&'a str>,
}

/// A table of daily facts of ad networks. They come by the million: no entity is made of a row whose fingerprint is known.
pub trait AdFact: Stored {
    /// The rows that it is made of.
    type Of: TableRow;
    /// The table of what they speak of.
    type Entity: Dimension;

    /// What its numbers mean.
    fn definition(row: &Self::Of) -> Definition<'_>;

    /// That of [`entity`](Self::entity).
    fn fingerprint(connection_id: &str, row: &Self::Of, stream: &str) -> Fingerprint;

    /// What the row speaks of, not numbered yet.
    fn entity(scope: &Scope<'_>, row: &Self::Of) -> <Self::Entity as EntityTrait>::Model;

    /// The row as a fact about the entity and the definition of these numbers.
    fn fact(entity_id: i64, definition_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model;
}

/// Upserts the rows under the ids of what they speak of and of what they mean.
pub async fn write<F: AdFact>(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows: Vec<&F::Of> = rows.iter().filter_map(|row| row.only()).collect();
    let connection_id = scope.connection_id.to_string();
    let fingerprint = |row: &&F::Of| F::fingerprint(&connection_id, row, &scope.commit.stream);
    let entities = ids_of::<F::Entity, _>(tx, ids, &rows, fingerprint, |row| F::entity(scope, row)).await?;
    let fingerprint = |row: &&F::Of| {
        let Definition { currency, conversion, view } = F::definition(row);
        ad_definition::fingerprint_of(currency.as_str(), conversion, view)
    };
    let definition = |row: &&F::Of| {
        let Definition { currency, conversion, view } = F::definition(row);
        ad_definition::Model::of(currency, conversion, view)
    };
    let definitions = ids_of::<ad_definition::Entity, _>(tx, ids, &rows, fingerprint, definition).await?;
    let numbered = rows.iter().zip(entities).zip(definitions);
    let facts =
        numbered.map(|((row, entity), definition)| F::fact(entity, definition, row, scope.observed_at));
    upsert::<F>(tx, facts.collect(), scope.expect).await
}

impl AdFact for ad_performance::Entity {
    type Of = AdPerformance;
    type Entity = ad_entity::Entity;

    fn definition(row: &Self::Of) -> Definition<'_> {
        let (conversion, view) = (row.conversion_definition.as_deref(), row.view_definition.as_deref());
        Definition { currency: row.currency, conversion, view }
    }

    fn fingerprint(connection_id: &str, row: &Self::Of, stream: &str) -> Fingerprint {
        ad_entity::fingerprint_of(connection_id, row, stream)
    }

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> ad_entity::Model {
        ad_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            account_id: row.account_id.clone(),
            level: row.level.as_str().to_owned(),
            campaign_id: row.campaign_id.clone(),
            ad_set_id: row.ad_set_id.clone(),
            ad_id: row.ad_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, definition_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        let date = chrono_day(row.date);
        ad_performance::Model::from_row(entity_id, date, definition_id, &row.metrics, observed_at)
    }
}

impl AdFact for ad_country::Entity {
    type Of = AdCountry;
    type Entity = ad_country_entity::Entity;

    fn definition(row: &Self::Of) -> Definition<'_> {
        let (conversion, view) = (row.conversion_definition.as_deref(), row.view_definition.as_deref());
        Definition { currency: row.currency, conversion, view }
    }

    fn fingerprint(connection_id: &str, row: &Self::Of, stream: &str) -> Fingerprint {
        ad_country_entity::fingerprint_of(connection_id, row, stream)
    }

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> ad_country_entity::Model {
        ad_country_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            account_id: row.account_id.clone(),
            campaign_id: row.campaign_id.clone(),
            country: row.country.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, definition_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        let date = chrono_day(row.date);
        ad_country::Model::from_row(entity_id, date, definition_id, &row.metrics, observed_at)
    }
}
