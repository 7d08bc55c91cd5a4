//! The engine's port.

use futures::future::BoxFuture;
use rows::sink::{
    Change, Commit, Committed, ConnectionRecord, Control, CycleRecord, Registration, Sink, SinkError,
    StatusRecord,
};

use crate::Store;

impl Sink for Store {
    fn register(&self, connection: ConnectionRecord) -> BoxFuture<'_, Result<Registration, SinkError>> {
        Box::pin(self.register_connection(connection))
    }

    fn end_once<'a>(&'a self, connection: &'a str, epoch: i64) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(self.note_end_once(connection, epoch))
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, SinkError>> {
        let queue = self.writer.lock().queue.clone();
        Box::pin(async move {
            let Some(queue) = queue else {
                return Err(SinkError::Unavailable("the store is closed".to_owned()));
            };
            let connection = commit.connection.clone();
            let result = queue.commit(commit).await;
            self.note_refusal(connection, &result);
            result
        })
    }

    fn reset_account<'a>(
        &'a self,
        connection: &'a str,
        epoch: i64,
        account_id: &'a str,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move { self.forget_account(connection, epoch, account_id, &changes).await })
    }

    fn record_cycle(&self, cycle: CycleRecord) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(self.note_cycle(cycle))
    }

    fn report(&self, report: StatusRecord) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(self.note_report(report))
    }

    fn note_state<'a>(
        &'a self,
        connection: &'a str,
        state: rows::state::State,
        error: Option<String>,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(self.note_crash(connection, state, error))
    }

    fn controls(&self) -> BoxFuture<'_, Result<Vec<Control>, SinkError>> {
        Box::pin(self.read_controls())
    }

    fn backfill_progress(&self, id: i64, days_left: u32) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(self.note_backfill(id, days_left))
    }

    fn end_backfill<'a>(&'a self, id: i64, reason: &'a str) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(self.note_backfill_end(id, reason))
    }
}
