//! Which customers of payment providers a user is: what is stored of those is the user's.

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::{
    People, PeopleError, PersonStatus,
    subject::{Customer, Subject},
};
use crate::sql::Sql;

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

/// Longest id of a customer that can be linked: no provider's is longer.
const CUSTOMER_ID_LENGTH_MAX: usize = 255;

// === impl UserLink ===

impl UserLink {
    /// A link, if this can be the id of a customer.
    pub fn of(connection: &str, customer_id: &str) -> Option<Self> {
        let is_id = (1..=CUSTOMER_ID_LENGTH_MAX).contains(&customer_id.len())
            // As they stand in JSON and nowhere else: a quote or backslash would stand there otherwise.
            && customer_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:~".contains(&byte));
        is_id.then(|| Self { connection: connection.to_owned(), customer_id: customer_id.to_owned() })
    }
}

impl People {
    /// From now on what is stored of this customer is the user's. Once more changes nothing. A customer is one user's only:
    /// nobody may be handed what is stored of somebody else. That the connection is of the tenant, the caller knows.
    pub async fn link(&self, tenant: &str, user: &str, link: &UserLink) -> Result<(), PeopleError> {
        let tx = self.store.pools.begin().await?;
        let backend = self.backend();
        if backend == DbBackend::Postgres {
            // Two users may not be given one customer at the same time.
            tx.execute_unprepared("LOCK TABLE user_links IN SHARE ROW EXCLUSIVE MODE").await?;
        }
        let person = self.show_locked(&tx, tenant, user).await?;
        if person.status == PersonStatus::Erased {
            return Err(PeopleError::Refused(format!(
                "user {user} is erased: a person who comes anew is a new user"
            )));
        }
        let holder = Sql::new(backend, "SELECT user_id FROM user_links WHERE connection = ")
            .bind(&*link.connection)
            .text(" AND customer_id = ")
            .bind(&*link.customer_id);
        if let Some(row) = tx.query_one_raw(holder.done()).await? {
            let holder: String = row.try_get("", "user_id")?;
            if holder == user {
                return Ok(());
            }
            return Err(PeopleError::Refused(format!(
                "customer {} of {} is linked with {}: nobody is handed what is stored of somebody else; where that link is \
                 wrong, `dynamoi users unlink` takes it away",
                link.customer_id,
                link.connection,
                // Another tenant's users are nobody's business.
                if self.ids(tenant, "id = ", holder.clone()).await?.is_empty() {
                    "another user"
                } else {
                    &holder
                }
            )));
        }
        let insert = Sql::new(backend, "INSERT INTO user_links (user_id, connection, customer_id) VALUES (")
            .bind(user)
            .text(", ")
            .bind(&*link.connection)
            .text(", ")
            .bind(&*link.customer_id)
            .text(")");
        tx.execute_raw(insert.done()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes a link away; whether it was there. What is stored of the customer stays.
    pub async fn unlink(&self, tenant: &str, user: &str, link: &UserLink) -> Result<bool, PeopleError> {
        self.find(tenant, &super::Who::Id(user.to_owned())).await?;
        let delete = Sql::new(self.backend(), "DELETE FROM user_links WHERE user_id = ")
            .bind(user)
            .text(" AND connection = ")
            .bind(&*link.connection)
            .text(" AND customer_id = ")
            .bind(&*link.customer_id);
        Ok(self.store.pools.write.execute_raw(delete.done()).await?.rows_affected() > 0)
    }

    /// Every link of a user, by connection and customer.
    pub async fn links(&self, tenant: &str, user: &str) -> Result<Vec<UserLink>, PeopleError> {
        let query = Sql::new(
            self.backend(),
            "SELECT l.connection, l.customer_id FROM user_links l JOIN users u ON u.id = l.user_id WHERE u.tenant = ",
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
        for Customer { connection_id, connection, customer_id } in
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
                customer_id,
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
        let query = Sql::new(
            self.backend(),
            "SELECT c.id AS connection_id, l.connection, l.customer_id FROM user_links l \
             JOIN users u ON u.id = l.user_id JOIN connections c ON c.name = l.connection AND c.tenant = u.tenant \
             WHERE u.tenant = ",
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
            })
        };
        Ok(Subject {
            user: user.to_owned(),
            digest: self.subject_digest(tenant, user).await?,
            customers: rows.iter().map(customer).collect::<Result<_, _>>()?,
        })
    }
}
