//! Tables of what further integrations read (videos, statements of royalties, smart links), of people and their consent, and
//! columns that streaming services fill.

mod columns;
mod people;
mod reports;

use sea_orm_migration::prelude::*;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        reports::up(manager).await?;
        people::up(manager).await?;
        columns::up(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        columns::down(manager).await?;
        people::down(manager).await?;
        reports::down(manager).await
    }
}
