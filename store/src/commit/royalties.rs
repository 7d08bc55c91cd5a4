//! Lines of royalty statements, by their statement.

use rows::royalties::RoyaltyStatement;

use super::{Scope, daily::Daily};
use crate::entity::{royalty_statement, royalty_statement_entity};

impl Daily for royalty_statement::Entity {
    type Of = RoyaltyStatement;
    type Entity = royalty_statement_entity::Entity;

    fn entity(scope: &Scope<'_>, row: &Self::Of) -> royalty_statement_entity::Model {
        royalty_statement_entity::Model {
            id: 0,
            connection_id: scope.connection_id,
            statement: row.statement.clone(),
            account_id: scope.commit.account_id.clone(),
            stream: scope.commit.stream.clone(),
        }
    }

    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model {
        royalty_statement::Model::from_row(entity_id, row, observed_at)
    }
}
