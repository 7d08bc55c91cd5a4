//! Tombstones: keyed digests by which an erased person is known again as a provider's customer, and nobody else is.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr};

use crate::{cipher::DataKey, convert::utc, sql::Sql};

/// The digest of a provider's customer. The connection is not part of it: one that is renamed, or a second one to the same
/// account, brings nobody back. The tenant is: what another tenant was told stays that tenant's.
pub fn customer_digest(key: &DataKey, tenant: &str, customer_id: &str) -> Vec<u8> {
    key.digest(&["customer", tenant, customer_id])
}

/// Puts these down, in hexadecimal digits as the journal has them.
pub async fn put(
    tx: &impl ConnectionTrait,
    digests: &BTreeSet<String>,
    now: jiff::Timestamp,
) -> Result<(), DbErr> {
    for digest in digests {
        let bytes = hex::decode(digest).map_err(|error| DbErr::Custom(format!("a tombstone: {error}")))?;
        let insert =
            Sql::new(tx.get_database_backend(), "INSERT INTO tombstones (digest, erased_at) VALUES (")
                .bind(bytes)
                .text(", ")
                .bind(utc(now))
                .text(") ON CONFLICT (digest) DO NOTHING");
        tx.execute_raw(insert.done()).await?;
    }
    Ok(())
}

/// Whether one of these, in hexadecimal digits, is not there.
pub async fn lacks(database: &impl ConnectionTrait, digests: &BTreeSet<String>) -> Result<bool, DbErr> {
    let query = Sql::new(database.get_database_backend(), "SELECT digest FROM tombstones");
    let mut there = BTreeSet::new();
    for row in database.query_all_raw(query.done()).await? {
        there.insert(hex::encode(row.try_get::<Vec<u8>>("", "digest")?));
    }
    Ok(!digests.is_subset(&there))
}

/// Every writer learns of them: whoever holds a connection's row waits here, and whoever comes after sees that there is
/// something new. Of one tenant, or of all.
pub async fn tell_writers(tx: &impl ConnectionTrait, tenant: Option<&str>) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let lock = "UPDATE connections SET erasures = erasures + 1";
    let update = match tenant {
        Some(tenant) => Sql::new(backend, &format!("{lock} WHERE tenant = ")).bind(tenant),
        None => Sql::new(backend, lock),
    };
    tx.execute_raw(update.done()).await.map(drop)
}
