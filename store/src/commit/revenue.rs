//! Monthly recurring revenue by subscription and day.

use rows::payments::SubscriptionMrr;

use super::{Scope, daily::Daily};
use crate::entity::{subscription_entity, subscription_mrr};

impl Daily for subscription_mrr::Entity {
    type Of = SubscriptionMrr;
    type Entity = subscription_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> subscription_entity::Model {
        subscription_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            subscription_id: row.subscription_id.clone(),
            account_id: scope.commit.account_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        subscription_mrr::Model::from_row(entity_id, row, observed_at)
    }
}
