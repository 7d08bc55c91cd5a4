//! Who was erased: what a provider tells of them later is not stored, by whichever connection and however late. What was asked
//! for before an erasure and comes after it is stored behind the fence as everything is, and there the erasure is seen.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use parking_lot::RwLock;
use rows::{Row, Table, quarantine::sha256_hex, sink::Commit};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{cipher::DataKey, people::customer_digest, sql::Sql, transaction::Transaction};

/// The key by which erased people are known again; none where none is configured. It can change.
pub type DigestKey = Arc<RwLock<Option<Arc<DataKey>>>>;

/// Erased people, as far as a writer knows.
#[derive(Debug)]
pub struct Erased {
    key: DigestKey,
    /// By connection.
    known: HashMap<i64, Known>,
    /// Every tombstone.
    digests: HashSet<Vec<u8>>,
}

/// What is known of a connection.
#[derive(Debug)]
struct Known {
    /// How many erasures it had seen when tombstones were read: each raises it, with the connection's row locked.
    erasures: i64,
    tenant: String,
}

/// Tables whose rows name a customer. No other is looked at.
pub const fn names_customers(table: Table) -> bool {
    matches!(
        table,
        Table::BillingProfiles | Table::Customers | Table::Payments | Table::Invoices | Table::Subscriptions
    )
}

/// Whether there is anything in it to look at.
pub fn concerns(commit: &Commit) -> bool {
    commit.rows.iter().any(|row| names_customers(row.table()))
        || commit.tombstones.iter().any(|(table, _)| names_customers(*table))
        || (!commit.quarantined.is_empty() && commit.quarantined.iter().any(|row| !row.fields.is_empty()))
}

// === impl Erased ===

impl Erased {
    /// Nothing is known yet.
    pub fn new(key: DigestKey) -> Self {
        Self { key, known: HashMap::new(), digests: HashSet::new() }
    }

    /// What tells a row that could not be read from others of its connection. The plain hash of what a provider sent would tell
    /// whether something is that: with the key of digests nobody can ask without it, else none who looks for plain hashes finds it.
    pub fn kept_hash(&self, connection: &str, hash: &str) -> String {
        let parts = ["quarantined row", connection, hash];
        match &*self.key.read() {
            Some(key) => hex::encode(key.digest(&parts)),
            None => sha256_hex(parts.join("\0").as_bytes()),
        }
    }

    /// How many erasures this connection is known to have seen.
    pub fn erasures(&self, connection_id: i64) -> Option<i64> {
        self.known.get(&connection_id).map(|known| known.erasures)
    }

    /// Learns what is new. To be called once the connection's row lock is held.
    pub async fn refresh(&mut self, tx: &Transaction<'_>, connection_id: i64) -> Result<(), DbErr> {
        let backend = tx.get_database_backend();
        let query =
            Sql::new(backend, "SELECT erasures, tenant FROM connections WHERE id = ").bind(connection_id);
        let Some(row) = tx.query_one_raw(query.done()).await? else { return Ok(()) };
        let (erasures, tenant): (i64, String) = (row.try_get("", "erasures")?, row.try_get("", "tenant")?);
        if self.erasures(connection_id) != Some(erasures) {
            let rows = tx.query_all_raw(Sql::new(backend, "SELECT digest FROM tombstones").done()).await?;
            self.digests = rows.iter().map(|row| row.try_get("", "digest")).collect::<Result<_, DbErr>>()?;
        }
        self.known.insert(connection_id, Known { erasures, tenant });
        Ok(())
    }

    /// The commit without what tells of erased people.
    pub fn screen<'a>(&self, connection_id: i64, commit: &'a Commit) -> Result<Cow<'a, Commit>, DbErr> {
        let Some(Known { tenant, .. }) = self.known.get(&connection_id).filter(|_| !self.digests.is_empty())
        else {
            return Ok(Cow::Borrowed(commit));
        };
        let key = self.key.read().clone().ok_or_else(|| {
            DbErr::Custom(
                "people were erased in this database, and this worker has not the key by which they are known again: set \
                 [encryption] key and privacy.keys as where they were erased, then reload it (SIGHUP)"
                    .to_owned(),
            )
        })?;
        let is_erased = |customer: &str| self.digests.contains(&customer_digest(&key, tenant, customer));
        let is_named = |row: &Row| customer_of(row).is_some_and(is_erased);
        let is_set_aside =
            |row: &rows::quarantine::Quarantined| row.fields.iter().any(|(_, value)| is_erased(value));
        let is_told_gone = |(table, id): &(Table, String)| names_customers(*table) && is_erased(id);
        if !commit.rows.iter().any(is_named)
            && !commit.quarantined.iter().any(is_set_aside)
            && !commit.tombstones.iter().any(is_told_gone)
        {
            return Ok(Cow::Borrowed(commit));
        }
        let mut screened = commit.clone();
        screened.rows.retain_mut(|row| !is_named(row) || without_customer(row));
        screened.quarantined.retain(|row| !is_set_aside(row));
        screened.tombstones.retain(|gone| !is_told_gone(gone));
        Ok(Cow::Owned(screened))
    }
}

/// Whom the row names.
fn customer_of(row: &Row) -> Option<&str> {
    match row {
        Row::BillingProfile(profile) => Some(&profile.customer_id),
        Row::Customer(customer) => Some(&customer.id),
        Row::Payment(payment) => payment.customer_id.as_deref(),
        Row::Invoice(invoice) => invoice.customer_id.as_deref(),
        Row::Subscription(subscription) => subscription.customer_id.as_deref(),
        _ => None,
    }
}

/// Takes the customer out of the row; whether anything is left of it. Money that moved stays.
fn without_customer(row: &mut Row) -> bool {
    match row {
        Row::Payment(payment) => payment.customer_id = None,
        Row::Invoice(invoice) => invoice.customer_id = None,
        Row::Subscription(subscription) => subscription.customer_id = None,
        _ => return false,
    }
    true
}
