//! Legal holds: what is stored of a user, and of the customers that the user is linked to, is not deleted while one lasts.

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, prelude::DateTimeUtc};

use super::{People, PeopleError, PersonStatus, form};
use crate::{
    Store, StoreError,
    convert::{timestamp, utc},
    limits::UNSEALED_CHARS_MAX,
    retention::Holds,
    sql::Sql,
};

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    /// The user's id here.
    pub user: String,
    /// A case, not a name.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; nothing while it lasts.
    pub released_at: Option<Timestamp>,
}

// === impl People ===

impl People {
    /// Holds a user's rows. A user has one hold at most that lasts.
    pub async fn hold(&self, tenant: &str, user: &str, reason: &str) -> Result<(), PeopleError> {
        let reason = reason.trim();
        if reason.is_empty() || !form::is_unsealed(reason) {
            return Err(PeopleError::Refused(format!(
                "a hold needs a reason such as a case's number: up to {UNSEALED_CHARS_MAX} characters, no name, no address"
            )));
        }
        let tx = self.store.pools.begin().await?;
        if self.show_locked(&tx, tenant, user).await?.status == PersonStatus::Erased {
            return Err(PeopleError::Refused(format!("user {user} is erased: there is nothing to hold")));
        }
        if let Some(hold) = self.lasting(&tx, user).await? {
            return Err(PeopleError::Refused(format!(
                "user {user} is held already, since {}: `dynamoi privacy hold release {user}` ends that first",
                hold.since
            )));
        }
        let insert =
            Sql::new(self.backend(), "INSERT INTO legal_holds (tenant, user_id, reason, since) VALUES (")
                .bind(tenant)
                .text(", ")
                .bind(user)
                .text(", ")
                .bind(reason)
                .text(", ")
                .bind(utc(self.store.clock.0.now()))
                .text(")");
        tx.execute_raw(insert.done()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends a user's hold.
    pub async fn release(&self, tenant: &str, user: &str) -> Result<(), PeopleError> {
        let update = Sql::new(self.backend(), "UPDATE legal_holds SET released_at = ")
            .bind(utc(self.store.clock.0.now()))
            .text(" WHERE released_at IS NULL AND tenant = ")
            .bind(tenant)
            .text(" AND user_id = ")
            .bind(user);
        let released = self.store.pools.write.execute_raw(update.done()).await?.rows_affected();
        if released == 0 {
            return Err(PeopleError::Unknown(format!(
                "no user of tenant {tenant} with this id is held: `dynamoi privacy hold list` shows who is"
            )));
        }
        Ok(())
    }

    /// Every hold of a tenant's users, also those that ended, the earliest first.
    pub async fn holds(&self, tenant: &str) -> Result<Vec<LegalHold>, PeopleError> {
        let query = Sql::new(self.backend(), "SELECT * FROM legal_holds WHERE tenant = ").bind(tenant);
        let rows = self.store.pools.read.query_all_raw(query.text(" ORDER BY id").done()).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// The hold of a user that lasts.
    pub(super) async fn lasting(
        &self,
        database: &impl ConnectionTrait,
        user: &str,
    ) -> Result<Option<LegalHold>, PeopleError> {
        let query =
            Sql::new(self.backend(), "SELECT * FROM legal_holds WHERE released_at IS NULL AND user_id = ")
                .bind(user);
        Ok(database.query_one_raw(query.done()).await?.as_ref().map(read).transpose()?)
    }
}

// === impl Store ===

impl Store {
    /// Who is held now. Digests need their keys.
    pub(crate) async fn holds_now(&self, people: Option<&People>) -> Result<Holds, StoreError> {
        let query = Sql::new(
            self.backend(),
            "SELECT DISTINCT tenant, user_id FROM legal_holds WHERE released_at IS NULL",
        );
        let rows = self.pools.read.query_all_raw(query.done()).await?;
        let mut digests = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(people) = people else { return Ok(Holds::Unknown) };
            let (tenant, user): (String, String) = (row.try_get("", "tenant")?, row.try_get("", "user_id")?);
            digests.push(people.subject_digest(&tenant, &user).await?);
        }
        Ok(if digests.is_empty() { Holds::Nobody } else { Holds::Known(digests) })
    }
}

fn read(row: &sea_orm::QueryResult) -> Result<LegalHold, sea_orm::DbErr> {
    Ok(LegalHold {
        user: row.try_get("", "user_id")?,
        reason: row.try_get("", "reason")?,
        since: timestamp(row.try_get::<DateTimeUtc>("", "since")?),
        released_at: row.try_get::<Option<DateTimeUtc>>("", "released_at")?.map(timestamp),
    })
}
