//! Report files. Their lines are staged by the writer like any other rows, and nobody sees them before a short transaction
//! publishes the file ([`publish`]). What nobody sees any more is deleted in bounded steps ([`sweep`]).

mod decide;
mod note;
mod publish;
mod stamp;
mod sweep;

use futures::future::BoxFuture;
use rows::{
    files::{FileNote, FileRecord, FileSink, Publication, Published},
    sink::SinkError,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

pub use self::{decide::FileDecision, stamp::stamp};
use crate::{Store, entity::report_file, error::sink_error};

impl FileSink for Store {
    fn files<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Vec<FileRecord>, SinkError>> {
        Box::pin(async move { known(&self.pools.read, connection).await.map_err(|error| sink_error(&error)) })
    }

    fn note_file(&self, note: FileNote) -> BoxFuture<'_, Result<bool, SinkError>> {
        Box::pin(self.note(note))
    }

    fn publish_file(&self, publication: Publication) -> BoxFuture<'_, Result<Published, SinkError>> {
        Box::pin(async move {
            let connection = publication.connection.clone();
            let result = self.publish(publication).await;
            if let Err(SinkError::Unavailable(reason)) = &result {
                *self.refusal.write() = Some((connection, reason.clone()));
            }
            result
        })
    }

    fn sweep_files<'a>(&'a self, connection: &'a str, epoch: i64) -> BoxFuture<'a, Result<u64, SinkError>> {
        Box::pin(self.sweep(connection, epoch))
    }
}

/// All that is known of a connection's files, in the order in which they were first seen.
async fn known(database: &impl ConnectionTrait, connection: &str) -> Result<Vec<FileRecord>, DbErr> {
    let stored = report_file::Entity::find()
        .filter(report_file::Column::Connection.eq(connection))
        .order_by_asc(report_file::Column::Id)
        .all(database)
        .await?;
    stored.into_iter().map(report_file::Model::record).collect()
}
