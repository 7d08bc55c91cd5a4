//! A configured connection and its condition.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connections")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub name: String,
    pub integration: String,
    pub tenant: String,
    pub epoch: i64,
    pub state: String,
    pub last_success_at: Option<DateTimeUtc>,
    pub next_poll_at: Option<DateTimeUtc>,
    pub error: Option<String>,
    pub paused: bool,
    pub poll_requested_at: Option<DateTimeUtc>,
    /// When a single run began that has not come to its end.
    pub once_since: Option<DateTimeUtc>,
    pub removed: bool,
    /// Since when it is not configured any more.
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
