//! Tenants, copied from the configuration so that users, policies and SQL can name them.

use sea_orm::{ConnectionTrait, DbErr};

use super::{People, PeopleError};
use crate::{Store, StoreError, sql::Sql};

/// A tenant as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its configured name.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Where its data may be.
    pub data_region: Option<String>,
    /// Its own zone (IANA).
    pub time_zone: Option<String>,
}

/// Tables whose rows name a tenant that must be there. Proof of disclosures and erasures outlives the last user.
const OF_TENANTS: [&str; 5] = ["users", "policy_versions", "disclosures", "erasures", "legal_holds"];

impl Store {
    /// Makes the table hold these tenants. One that is configured no more goes, unless something is kept of it.
    pub async fn sync_tenants(&self, tenants: &[Tenant]) -> Result<(), StoreError> {
        let tx = self.pools.begin().await?;
        for tenant in tenants {
            put(&tx, tenant).await?;
        }
        let known = Sql::new(tx.get_database_backend(), "SELECT id FROM tenants").done();
        for row in tx.query_all_raw(known).await? {
            let id: String = row.try_get("", "id")?;
            if tenants.iter().all(|tenant| tenant.id != id) {
                drop_unused(&tx, &id).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn put(tx: &impl ConnectionTrait, tenant: &Tenant) -> Result<(), DbErr> {
    let statement = Sql::new(
        tx.get_database_backend(),
        "INSERT INTO tenants (id, name, data_region, time_zone) VALUES (",
    )
    .bind(tenant.id.as_str())
    .text(", ")
    .bind(tenant.name.as_str())
    .text(", ")
    .bind(tenant.data_region.clone())
    .text(", ")
    .bind(tenant.time_zone.clone())
    .text(
        ") ON CONFLICT (id) DO UPDATE SET name = excluded.name, data_region = excluded.data_region, \
         time_zone = excluded.time_zone",
    );
    tx.execute_raw(statement.done()).await.map(drop)
}

async fn drop_unused(tx: &impl ConnectionTrait, id: &str) -> Result<(), DbErr> {
    let mut statement = Sql::new(tx.get_database_backend(), "DELETE FROM tenants WHERE id = ").bind(id);
    for table in OF_TENANTS {
        statement =
            statement.text(&format!(" AND NOT EXISTS (SELECT 1 FROM {table} WHERE tenant = tenants.id)"));
    }
    tx.execute_raw(statement.done()).await.map(drop)
}

impl People {
    /// An error when no configuration ever named this tenant.
    pub async fn expect_tenant(&self, tenant: &str) -> Result<(), PeopleError> {
        self.time_zone(tenant).await.map(drop)
    }

    /// The tenant's zone; an error when no configuration ever named it.
    pub(super) async fn time_zone(&self, tenant: &str) -> Result<Option<String>, PeopleError> {
        let query = Sql::new(self.backend(), "SELECT time_zone FROM tenants WHERE id = ").bind(tenant);
        let found = self.store.pools.read.query_one_raw(query.done()).await?;
        let found = found.ok_or_else(|| {
            PeopleError::Unknown(format!("there is no tenant {tenant:?}: [tenants.{tenant}] makes it"))
        })?;
        Ok(found.try_get("", "time_zone")?)
    }
}
