//! Data keys of nobody: keys come before rows, so that whoever is killed in between leaves some. They are noted while they are
//! made, and found by that: a key whose user is not there may belong to another copy of the database, and one that was not noted
//! is never destroyed.

use jiff::SignedDuration;
use sea_orm::ConnectionTrait;

use super::{People, keys::user_of};
use crate::{StoreError, location::Location, sql::Sql};

/// Who is being added is stored within this time, or not at all.
const BEGUN_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Keys that are looked for at once.
const CHUNK: usize = 500;

impl People {
    /// For which database keys are noted while they are made: for a file beside a key store that is one, too. Servers may be
    /// shared, or known by other names elsewhere; there nothing is noted, and nothing is destroyed.
    pub(super) fn noted_for(&self) -> Option<String> {
        match &self.store.pools.location {
            Location::File(file) if self.keys.is_file() => {
                Some(std::fs::canonicalize(&file.path).ok()?.display().to_string())
            }
            _ => None,
        }
    }

    /// How many keys there are that were made for users of this database more than a day ago, who were never stored.
    pub(crate) async fn count_keys_of_nobody(&self) -> Result<u64, StoreError> {
        let (nobodys, _) = self.begun_long_ago().await?;
        Ok(nobodys.len() as u64)
    }

    /// Destroys them; answers how many.
    pub(crate) async fn destroy_keys_of_nobody(&self) -> Result<u64, StoreError> {
        let (nobodys, stored) = self.begun_long_ago().await?;
        for names in nobodys.chunks(CHUNK) {
            self.keys.unmake(names).await?;
        }
        for names in stored.chunks(CHUNK) {
            self.keys.forget_begun(names).await?;
        }
        Ok(nobodys.len() as u64)
    }

    /// Names of keys that were begun more than a day ago: those of nobody, and those whose users are there.
    async fn begun_long_ago(&self) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let (mut nobodys, mut stored) = (Vec::new(), Vec::new());
        let Some(database) = self.noted_for() else { return Ok((nobodys, stored)) };
        let Ok(before) = self.store.clock.0.now().checked_sub(BEGUN_FOR) else {
            return Ok((nobodys, stored));
        };
        for names in self.keys.begun(&database, before).await?.chunks(CHUNK) {
            let mut query = Sql::new(self.backend(), "SELECT id FROM users WHERE id IN (''");
            for name in names {
                query = query.text(", ").bind(user_of(name).unwrap_or_default());
            }
            let rows = self.store.pools.read.query_all_raw(query.text(")").done()).await?;
            let there: Vec<String> =
                rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
            let is_stored = |name: &&String| there.iter().any(|id| user_of(name) == Some(id));
            let (theirs, none): (Vec<&String>, Vec<&String>) = names.iter().partition(is_stored);
            stored.extend(theirs.into_iter().cloned());
            nobodys.extend(none.into_iter().cloned());
        }
        Ok((nobodys, stored))
    }
}
