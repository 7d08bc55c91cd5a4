//! Something that changed and should be seen.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub at: DateTimeUtc,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
