//! Which customers of payment providers a user is: what is stored of those is the user's.

use jiff::Timestamp;
use rows::limits::TEXT_BYTES_MAX;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};

use super::{
    Found, PLACES, People, PeopleError, PersonStatus, customer_digest,
    subject::{Customer, Subject},
};
use crate::{long_keys, sql::Sql};

/// A user and a customer who are one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserLink {
    /// The connection that the customer was read by.
    pub connection: String,
    /// The provider's id of the customer.
    pub customer_id: String,
}

/// A payment provider that tells of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The connection.
    pub connection: String,
    /// Its provider.
    pub provider: String,
    /// Who the user is there.
    pub customer_id: String,
    /// Since when the user is a customer there, as far as the provider told.
    pub since: Option<Timestamp>,
}

// === impl UserLink ===

impl UserLink {
    /// A link, if a customer with this id can be stored: any text, of any form, but of a bounded length. What is stored of
    /// somebody must be handed out and erased, whatever a provider takes for an id.
    pub fn of(connection: &str, customer_id: &str) -> Option<Self> {
        let is_id = (1..=TEXT_BYTES_MAX).contains(&customer_id.len()) && !customer_id.contains('\0');
        is_id.then(|| Self { connection: connection.to_owned(), customer_id: customer_id.to_owned() })
    }
}

impl People {
    /// From now on what is stored of this customer is the user's. Once more changes nothing. A customer is one user's only:
    /// nobody may be handed what is stored of somebody else. Who was erased is nobody's any more. That the connection is of the
    /// tenant, the caller knows.
    pub async fn link(&self, tenant: &str, user: &str, link: &UserLink) -> Result<(), PeopleError> {
        let tx = self.store.pools.begin().await?;
        let backend = self.backend();
        if backend == DbBackend::Postgres {
            // Two users may not be given one customer at the same time.
            tx.execute_unprepared("LOCK TABLE user_links IN SHARE ROW EXCLUSIVE MODE").await?;
        }
        if self.is_linked(&tx, tenant, user, link).await? {
            return Ok(());
        }
        let in_key = long_keys::stored(backend, link.customer_id.clone());
        if in_key != link.customer_id {
            let whole = Sql::new(backend, "INSERT INTO long_texts (key, whole) VALUES (")
                .bind(&*in_key)
                .text(", ")
                .bind(&*link.customer_id)
                .text(") ON CONFLICT (key) DO NOTHING");
            tx.execute_raw(whole.done()).await?;
        }
        let insert = Sql::new(backend, "INSERT INTO user_links (user_id, connection, customer_id) VALUES (")
            .bind(user)
            .text(", ")
            .bind(&*link.connection)
            .text(", ")
            .bind(in_key)
            .text(")");
        tx.execute_raw(insert.done()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Why [`link`](Self::link) would refuse it now. Changes nothing.
    pub async fn refuse_link(&self, tenant: &str, user: &str, link: &UserLink) -> Result<(), PeopleError> {
        let tx = self.store.pools.begin().await?;
        let refused = self.is_linked(&tx, tenant, user, link).await.map(drop);
        tx.rollback().await?;
        refused
    }

    /// Whether they are linked already; an error where they may not be.
    async fn is_linked(
        &self,
        tx: &DatabaseTransaction,
        tenant: &str,
        user: &str,
        link: &UserLink,
    ) -> Result<bool, PeopleError> {
        let person = self.show_locked(tx, tenant, user).await?;
        if person.status == PersonStatus::Erased {
            return Err(PeopleError::Refused(format!(
                "user {user} is erased: a person who comes anew is a new user"
            )));
        }
        let UserLink { connection, customer_id } = link;
        let in_key = long_keys::stored(self.backend(), customer_id.clone());
        let holder = Sql::new(self.backend(), "SELECT user_id FROM user_links WHERE connection = ")
            .bind(&**connection)
            .text(" AND customer_id = ")
            .bind(&*in_key);
        if let Some(row) = tx.query_one_raw(holder.done()).await? {
            let holder: String = row.try_get("", "user_id")?;
            if holder == user {
                return Ok(true);
            }
            return Err(PeopleError::Refused(format!(
                "customer {customer_id} of {connection} is linked with {}: nobody is handed what is stored of somebody else; \
                 where that link is wrong, `dynamoi users unlink` takes it away",
                // Another tenant's users are nobody's business.
                if self.ids(tenant, "id = ", holder.clone()).await?.is_empty() {
                    "another user"
                } else {
                    &holder
                }
            )));
        }
        if self.is_barred(tx, tenant, &in_key).await? {
            return Err(PeopleError::Refused(format!(
                "customer {customer_id} was erased: nothing of this customer is stored any more, whatever {connection} tells \
                 later. A person who comes anew is a new customer there, too"
            )));
        }
        Ok(false)
    }

    /// Whether a customer of the tenant was erased.
    async fn is_barred(
        &self,
        tx: &DatabaseTransaction,
        tenant: &str,
        customer_id: &str,
    ) -> Result<bool, PeopleError> {
        let digest = customer_digest(&self.digests().await?, tenant, customer_id);
        let query = Sql::new(self.backend(), "SELECT 1 AS one FROM tombstones WHERE digest = ").bind(digest);
        Ok(tx.query_one_raw(query.done()).await?.is_some())
    }

    /// Whether anything is stored of this customer: a profile, a payment, a row that was set aside.
    pub async fn is_stored(&self, link: &UserLink) -> Result<bool, PeopleError> {
        let backend = self.backend();
        let query = Sql::new(backend, "SELECT id FROM connections WHERE name = ").bind(&*link.connection);
        let Some(row) = self.store.pools.read.query_one_raw(query.done()).await? else { return Ok(false) };
        let customer = Customer {
            connection_id: row.try_get("", "id")?,
            connection: link.connection.clone(),
            customer_id: long_keys::stored(backend, link.customer_id.clone()),
            whole: link.customer_id.clone(),
        };
        let subject = Subject { user: String::new(), digest: Vec::new(), customers: vec![customer] };
        let named = PLACES.iter().filter(|place| matches!(place.found, Found::Customer(_) | Found::Named(_)));
        for place in named {
            for key in subject.keys(place) {
                let query = Sql::new(backend, &format!("SELECT 1 AS one FROM {} WHERE ", place.table));
                let query = key.stored(query).text(" LIMIT 1");
                if self.store.pools.read.query_one_raw(query.done()).await?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Takes a link away; whether it was there. What is stored of the customer stays.
    pub async fn unlink(&self, tenant: &str, user: &str, link: &UserLink) -> Result<bool, PeopleError> {
        self.find(tenant, &super::Who::Id(user.to_owned())).await?;
        let delete = Sql::new(self.backend(), "DELETE FROM user_links WHERE user_id = ")
            .bind(user)
            .text(" AND connection = ")
            .bind(&*link.connection)
            .text(" AND customer_id = ")
            .bind(long_keys::stored(self.backend(), link.customer_id.clone()));
        Ok(self.store.pools.write.execute_raw(delete.done()).await?.rows_affected() > 0)
    }

    /// Every link of a user, by connection and customer.
    pub async fn links(&self, tenant: &str, user: &str) -> Result<Vec<UserLink>, PeopleError> {
        let whole = long_keys::whole(self.backend(), "l.customer_id");
        let query = Sql::new(
            self.backend(),
            &format!(
                "SELECT l.connection, {whole} AS customer_id FROM user_links l JOIN users u ON u.id = l.user_id WHERE u.tenant = "
            ),
        )
        .bind(tenant)
        .text(" AND u.id = ")
        .bind(user)
        .text(" ORDER BY l.connection, l.customer_id");
        let rows = self.store.pools.read.query_all_raw(query.done()).await?;
        let link = |row: &sea_orm::QueryResult| {
            Ok(UserLink {
                connection: row.try_get("", "connection")?,
                customer_id: row.try_get("", "customer_id")?,
            })
        };
        rows.iter().map(link).collect()
    }

    /// Payment providers that tell of a user, by connection and customer.
    pub async fn sources(&self, tenant: &str, user: &str) -> Result<Vec<Source>, PeopleError> {
        let mut sources = Vec::new();
        for Customer { connection_id, connection, customer_id, whole } in
            self.subject(&self.store.pools.read, tenant, user).await?.customers
        {
            let query = Sql::new(
                self.backend(),
                "SELECT c.integration, r.created_at FROM connections c LEFT JOIN customer_rows r ON r.connection_id = c.id \
                 AND r.id = ",
            )
            .bind(&*customer_id)
            .text(" WHERE c.id = ")
            .bind(connection_id);
            let Some(row) = self.store.pools.read.query_one_raw(query.done()).await? else { continue };
            let since: Option<i64> = row.try_get("", "created_at")?;
            sources.push(Source {
                connection,
                provider: row.try_get("", "integration")?,
                customer_id: whole,
                since: since.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            });
        }
        Ok(sources)
    }

    /// By what a user's rows are found, wherever they are. A connection that has become another tenant's is not looked at.
    pub(super) async fn subject(
        &self,
        database: &impl ConnectionTrait,
        tenant: &str,
        user: &str,
    ) -> Result<Subject, PeopleError> {
        let whole = long_keys::whole(self.backend(), "l.customer_id");
        let query = Sql::new(
            self.backend(),
            &format!(
                "SELECT c.id AS connection_id, l.connection, l.customer_id, {whole} AS whole FROM user_links l \
                 JOIN users u ON u.id = l.user_id JOIN connections c ON c.name = l.connection AND c.tenant = u.tenant \
                 WHERE u.tenant = "
            ),
        )
        .bind(tenant)
        .text(" AND u.id = ")
        .bind(user)
        .text(" ORDER BY l.connection, l.customer_id");
        let rows = database.query_all_raw(query.done()).await?;
        let customer = |row: &sea_orm::QueryResult| {
            Ok::<_, DbErr>(Customer {
                connection_id: row.try_get("", "connection_id")?,
                connection: row.try_get("", "connection")?,
                customer_id: row.try_get("", "customer_id")?,
                whole: row.try_get("", "whole")?,
            })
        };
        Ok(Subject {
            user: user.to_owned(),
            digest: self.subject_digest(tenant, user).await?,
            customers: rows.iter().map(customer).collect::<Result<_, _>>()?,
        })
    }
}
