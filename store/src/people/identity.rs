//! By which name a database is known where several share a key store or an erasure journal, and what the key store knows under it.

use sea_orm::ConnectionTrait;

use super::{People, PeopleError, audit::ANCHOR};
use crate::{Store, StoreError, cipher::DataKey, sql::Sql};

/// How the identities of databases begin in which something was stored before there were any.
const OLDER: &str = "older-";

/// What the key store knows of a database's audit log.
#[derive(Debug, Default)]
pub(super) struct Anchored {
    /// Number and `mac` of its last line.
    pub last: Option<(i64, Vec<u8>)>,
    /// The number of a line that may have been its last one, and is not in it: from when all databases had one name.
    pub stray: Option<i64>,
    /// The same known under the old name: it is this log's.
    unclaimed: Option<(i64, Vec<u8>)>,
}

/// The name under which the key store has the last line of this database's log.
pub(super) fn log_name(identity: &str) -> String {
    format!("{ANCHOR}/{identity}")
}

// === impl Store ===

impl Store {
    /// Its identity; nothing where somebody has taken that out.
    pub(super) async fn known_identity(&self) -> Result<Option<String>, StoreError> {
        let query =
            Sql::new(self.pools.read.get_database_backend(), "SELECT id FROM database_identity LIMIT 1");
        let row = self.pools.read.query_one_raw(query.done()).await?;
        Ok(row.map(|row| row.try_get("", "id")).transpose()?)
    }
}

// === impl People ===

impl People {
    /// The database's identity. One that was taken out is made anew, and the audit log's lines do not fit it: that is found.
    pub(super) async fn identity(&self) -> Result<String, PeopleError> {
        if let Some(identity) = self.store.known_identity().await? {
            return Ok(identity);
        }
        let random = DataKey::random_bytes().map_err(StoreError::from)?;
        let insert = Sql::new(self.backend(), "INSERT INTO database_identity (one, id) VALUES (1, ")
            .bind(format!("{OLDER}{}", hex::encode(&random[..16])))
            .text(") ON CONFLICT (one) DO NOTHING");
        self.store.pools.write.execute_raw(insert.done()).await?;
        let made = self.store.known_identity().await?;
        made.ok_or_else(|| StoreError::Unreadable("the database's identity".to_owned()).into())
    }

    /// What the key store knows of this database's audit log.
    pub(super) async fn anchored(&self, identity: &str) -> Result<Anchored, PeopleError> {
        let last = self.keys.anchor(&log_name(identity)).await?;
        let Some(before) = self.keys.anchor(ANCHOR).await? else {
            return Ok(Anchored { last, ..Anchored::default() });
        };
        if !self.has_line(&before).await? {
            let stray = identity.starts_with(OLDER).then_some(before.0);
            return Ok(Anchored { last, stray, unclaimed: None });
        }
        let last = last.into_iter().chain([before.clone()]).max_by_key(|(seq, _)| *seq);
        Ok(Anchored { last, stray: None, unclaimed: Some(before) })
    }

    /// What the key store knows of this log's last line under the name that all logs had is kept under its own from now on. Of
    /// another log's nothing is changed.
    pub(super) async fn claim_log(&self, identity: &str) -> Result<(), PeopleError> {
        if let Some(before) = self.anchored(identity).await?.unclaimed {
            self.keys.rename_anchor(ANCHOR, &log_name(identity), &before).await?;
        }
        Ok(())
    }

    /// Whether the audit log has a line of this number and `mac`.
    async fn has_line(&self, (seq, mac): &(i64, Vec<u8>)) -> Result<bool, StoreError> {
        let query = Sql::new(self.backend(), "SELECT 1 AS one FROM audit_log WHERE seq = ")
            .bind(*seq)
            .text(" AND mac = ")
            .bind(mac.clone());
        Ok(self.store.pools.read.query_one_raw(query.done()).await?.is_some())
    }
}
