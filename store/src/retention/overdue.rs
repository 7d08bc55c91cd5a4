//! Duties that are past their time.

use sea_orm::ConnectionTrait;

use super::Terms;
use crate::{
    Store, StoreError,
    convert::utc,
    limits::{ERASURE_LATE, PURGE_LATE},
    people::People,
    sql::Sql,
};

/// How many duties are past their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overdue {
    /// Erasures that were asked for and not finished, and users who left and should be erased by now.
    pub erasures: u64,
    /// Recipients who should have been told by now.
    pub notifications: u64,
    /// Tables, by rule, with rows that should be deleted by now.
    pub purges: u64,
}

// === impl Store ===

impl Store {
    /// What is past its time now.
    pub async fn overdue(&self, terms: &Terms, people: Option<&People>) -> Result<Overdue, StoreError> {
        let now = self.clock.0.now();
        let before = |late| now.checked_sub(late).unwrap_or(jiff::Timestamp::MIN);
        let unfinished = "SELECT count(*) AS n FROM erasures WHERE finished_at IS NULL AND requested_at < ";
        let unfinished =
            self.number(Sql::new(self.backend(), unfinished).bind(utc(before(ERASURE_LATE)))).await?;
        let untold = "SELECT count(*) AS n FROM disclosures WHERE notified_at IS NULL AND notify_due_at < ";
        let notifications = self.number(Sql::new(self.backend(), untold).bind(utc(now))).await?;
        let waiting = self.users_due(terms, before(PURGE_LATE)).await?.iter().filter(|due| !due.held).count();
        let mut purges = 0;
        for sweep in self.sweeps(terms, people, before(PURGE_LATE), &mut Vec::new()).await? {
            purges += u64::from(self.is_due(&sweep).await?);
        }
        Ok(Overdue { erasures: unfinished + waiting as u64, notifications, purges })
    }

    async fn number(&self, query: Sql) -> Result<u64, StoreError> {
        let row = self.pools.read.query_one_raw(query.done()).await?;
        let number = row.map(|row| row.try_get::<i64>("", "n")).transpose()?;
        Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default())
    }
}
