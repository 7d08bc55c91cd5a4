//! The journal compared with the database and the key store: who was erased and is there again, out of a backup, is erased
//! again, and what was begun is finished.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, QueryResult};

use super::{
    super::{People, PeopleError, keys::key_name, subject::Customer},
    JOURNAL, Request,
    journal::{Line, State},
    receipt::Receipt,
    rows, tombstones,
};
use crate::{Store, StoreError, sql::Sql};

/// What was done before anything was served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Users who were erased again, or whose erasure was finished.
    pub users: u64,
    /// Customers without a user of whom something was there again.
    pub customers: u64,
    /// Keys that were there again.
    pub keys: u64,
}

/// The journal beside what is known of it.
struct Looked {
    lines: Vec<Line>,
    /// Whether the database or the key store has not followed all of it.
    is_behind: bool,
}

impl Store {
    /// Whether anybody was ever erased here.
    pub async fn has_erased(&self) -> Result<bool, StoreError> {
        let query = "SELECT 1 AS one FROM tombstones UNION ALL SELECT 1 FROM journal_marks LIMIT 1";
        let query = Sql::new(self.pools.read.get_database_backend(), query);
        Ok(self.pools.read.query_one_raw(query.done()).await?.is_some())
    }
}

impl People {
    /// Whether [`settle`](Self::settle) has something to do. Changes nothing.
    pub async fn is_settled(&self) -> Result<bool, PeopleError> {
        let looked = self.look().await?;
        Ok(!looked.is_behind && unfinished(&looked.lines).is_empty())
    }

    /// Makes database and key store follow the journal. To be called before anything is served.
    pub async fn settle(&self) -> Result<Settled, PeopleError> {
        let Looked { lines, is_behind } = self.look().await?;
        let unfinished = unfinished(&lines);
        let mut settled = Settled::default();
        if !is_behind && unfinished.is_empty() {
            return Ok(settled);
        }
        // Of each person the latest wish.
        let wishes = lines.iter().filter(|line| line.state == State::Requested);
        let people: BTreeMap<&str, &Line> = wishes.map(|line| (line.subject.as_str(), line)).collect();
        let barred = barred(&lines);
        let tx = self.store.pools.begin().await?;
        tombstones::tell_writers(&tx, None).await?;
        tombstones::put(&tx, &barred, self.store.clock.0.now()).await?;
        tx.commit().await?;
        let mut erased: BTreeMap<String, Option<String>> =
            unfinished.iter().map(|digest| (digest.clone(), None)).collect();
        let mut tables = BTreeSet::new();
        for (tenant, user, is_erased) in self.all_users().await? {
            let digest = hex::encode(self.subject_digest(&tenant, &user).await?);
            let Some(line) = people.get(digest.as_str()).copied() else { continue };
            if is_erased && !unfinished.contains(&digest) {
                continue;
            }
            // Who wanted it then wants it now, whatever holds a backup brought back.
            let request = Request { tenant: &tenant, user: &user, actor: &line.actor, requested_at: line.at };
            let mut target = self.target(&self.store.pools.read, &tenant, &user).await?;
            target.customers.extend(line.customers.iter().cloned());
            let receipt = self.erase_in_transaction(&request, &target, None).await?;
            tables.extend(receipt.changed());
            erased.insert(digest, Some(user));
            settled.users += 1;
        }
        let (customers, more) = self.erase_barred(&barred).await?;
        settled.customers = customers;
        tables.extend(more);
        settled.keys = self.destroy_keys(&people).await?;
        let cleaned = self.clean(&tables).await?;
        for (digest, user) in &erased {
            let Some(line) = people.get(digest.as_str()).copied() else { continue };
            let subject = hex::decode(digest).unwrap_or_default();
            let repeated_at = (!unfinished.contains(digest)).then(|| self.store.clock.0.now());
            self.finish(
                &subject,
                user.as_deref().map(|user| (user, &[][..])),
                line.clone(),
                &cleaned,
                repeated_at,
            )
            .await?;
        }
        self.followed().await?;
        Ok(settled)
    }

    /// From now on the store's writer knows who was erased.
    pub async fn guard_writer(&self) -> Result<(), PeopleError> {
        *self.store.digest_key.write() = Some(std::sync::Arc::new(self.digests().await?));
        Ok(())
    }

    /// Nobody is erased whom the journal would not remember.
    pub(super) async fn expect_journal(&self) -> Result<(), PeopleError> {
        self.look().await.map(drop)
    }

    async fn look(&self) -> Result<Looked, PeopleError> {
        let key = self.digests().await?;
        // Marks first: whoever erases meanwhile adds a line, and then moves the marks.
        let mark = self.mark(&self.store.pools.read).await?;
        let anchor = self.keys.anchor(JOURNAL).await?;
        let anchor =
            anchor.map(|(seq, mac)| (seq.unsigned_abs(), String::from_utf8_lossy(&mac).into_owned()));
        let lines = self.journal.read(&key).await?;
        let known = [&mark, &anchor].into_iter().flatten().map(|(seq, _)| *seq).max().unwrap_or_default();
        let lines = match lines {
            Some(lines) if lines.len() as u64 >= known => lines,
            None if known == 0 => Vec::new(),
            short => {
                let lines = short.map(|lines| lines.len() as u64);
                return Err(self.journal.lost(lines, known).into());
            }
        };
        let last = lines.last().map(|line| (lines.len() as u64, line.mac.clone()));
        // A table may come out of a backup alone.
        let is_behind = last.is_some()
            && (mark != last
                || anchor != last
                || tombstones::lacks(&self.store.pools.read, &barred(&lines)).await?);
        Ok(Looked { lines, is_behind })
    }

    /// Everything is as the journal says.
    async fn followed(&self) -> Result<(), PeopleError> {
        let lines = self.journal.read(&self.digests().await?).await?.unwrap_or_default();
        let Some(last) = lines.last() else { return Ok(()) };
        let tx = self.store.pools.begin().await?;
        self.set_mark(&tx, lines.len() as u64, &last.mac).await?;
        tx.commit().await?;
        self.keys
            .set_anchor(JOURNAL, lines.len().try_into().unwrap_or(i64::MAX), last.mac.as_bytes())
            .await?;
        Ok(())
    }

    /// Tenant, id, and whether the person is erased.
    async fn all_users(&self) -> Result<Vec<(String, String, bool)>, PeopleError> {
        let query = Sql::new(
            self.backend(),
            "SELECT tenant, id, status = 'erased' AND key_id IS NULL AND NOT EXISTS (SELECT 1 FROM user_links l WHERE l.user_id = users.id) AS erased FROM users ORDER BY id",
        );
        let rows = self.store.pools.read.query_all_raw(query.done()).await?;
        let user = |row: &QueryResult| {
            Ok((row.try_get("", "tenant")?, row.try_get("", "id")?, row.try_get("", "erased")?))
        };
        rows.iter().map(user).collect()
    }

    /// Erases barred customers of whom something is there, and nobody is linked with them; answers how many, and in which
    /// tables.
    async fn erase_barred(&self, barred: &BTreeSet<String>) -> Result<(u64, Vec<String>), PeopleError> {
        let there = self.barred_there(barred).await?;
        if there.is_empty() {
            return Ok((0, Vec::new()));
        }
        let now = self.store.clock.0.now();
        let count = there.len() as u64;
        let mut receipt = Receipt::begun("", String::new(), "", now);
        let tx = self.store.pools.begin().await?;
        tombstones::tell_writers(&tx, None).await?;
        rows::erase_customers(&tx, there, &mut receipt, now).await?;
        tx.commit().await?;
        Ok((count, receipt.changed().collect()))
    }

    /// Barred customers who are named somewhere, each of each connection once.
    async fn barred_there(&self, barred: &BTreeSet<String>) -> Result<Vec<Customer>, PeopleError> {
        let key = self.digests().await?;
        let named = [
            ("billing_profile_rows", "customer_id"),
            ("customer_rows", "id"),
            ("payment_rows", "customer_id"),
            ("invoice_rows", "customer_id"),
            ("subscription_rows", "customer_id"),
        ];
        let named: Vec<String> = named
            .iter()
            .map(|(table, column)| {
                format!(
                    "SELECT connection_id, {column} AS customer_id FROM {table} WHERE {column} IS NOT NULL"
                )
            })
            .collect();
        let of_objects = format!(
            "SELECT DISTINCT c.id, c.name, c.tenant, n.customer_id FROM ({}) n JOIN connections c ON c.id = n.connection_id",
            named.join(" UNION ")
        );
        let set_aside = "SELECT c.id, c.name, c.tenant, q.fields FROM quarantined_rows q \
                         JOIN connections c ON c.name = q.connection";
        let mut there = Vec::new();
        for (query, is_object) in [(&*of_objects, true), (set_aside, false)] {
            for row in self.store.pools.read.query_all_raw(Sql::new(self.backend(), query).done()).await? {
                let tenant: String = row.try_get("", "tenant")?;
                let ids = if is_object {
                    vec![row.try_get("", "customer_id")?]
                } else {
                    ids_in(&row.try_get::<String>("", "fields")?)
                };
                for customer_id in ids {
                    let digest = tombstones::customer_digest(&key, &tenant, &customer_id);
                    let customer = Customer {
                        connection_id: row.try_get("", "id")?,
                        connection: row.try_get("", "name")?,
                        whole: customer_id.clone(),
                        customer_id,
                    };
                    if barred.contains(&hex::encode(digest)) && !there.contains(&customer) {
                        there.push(customer);
                    }
                }
            }
        }
        Ok(there)
    }

    /// Destroys keys of erased users that a backup of the key store brought back; answers how many.
    async fn destroy_keys(&self, people: &BTreeMap<&str, &Line>) -> Result<u64, PeopleError> {
        let tenants: BTreeSet<&str> = people.values().map(|line| line.tenant.as_str()).collect();
        let mut destroyed = 0;
        for user in self.keys.users().await? {
            for tenant in &tenants {
                let digest = hex::encode(self.subject_digest(tenant, &user).await?);
                if people.contains_key(digest.as_str()) {
                    destroyed += u64::from(self.keys.destroy(&key_name(&user)).await?);
                }
            }
        }
        Ok(destroyed)
    }

    /// Number and `mac` of the last line that this database has followed.
    pub(super) async fn mark(
        &self,
        database: &impl ConnectionTrait,
    ) -> Result<Option<(u64, String)>, PeopleError> {
        Ok(mark(&self.store, database).await?)
    }

    /// This database has followed so much.
    pub(super) async fn set_mark(
        &self,
        database: &impl ConnectionTrait,
        seq: u64,
        mac: &str,
    ) -> Result<(), PeopleError> {
        let upsert = Sql::new(self.backend(), "INSERT INTO journal_marks (journal, seq, mac) VALUES (")
            .bind(JOURNAL)
            .text(", ")
            .bind(seq.cast_signed())
            .text(", ")
            .bind(mac)
            .text(") ON CONFLICT (journal) DO UPDATE SET seq = excluded.seq, mac = excluded.mac");
        database.execute_raw(upsert.done()).await?;
        Ok(())
    }
}

/// Number and `mac` of the last line of the journal that a database has followed.
pub async fn mark(
    store: &Store,
    database: &impl ConnectionTrait,
) -> Result<Option<(u64, String)>, sea_orm::DbErr> {
    let backend = store.pools.write.get_database_backend();
    let query = Sql::new(backend, "SELECT seq, mac FROM journal_marks WHERE journal = ").bind(JOURNAL);
    let Some(row) = database.query_one_raw(query.done()).await? else { return Ok(None) };
    let (seq, mac): (i64, String) = (row.try_get("", "seq")?, row.try_get("", "mac")?);
    Ok(Some((seq.unsigned_abs(), mac)))
}

/// What may be ids among the fields of a row that was set aside.
fn ids_in(fields: &str) -> Vec<String> {
    let fields: BTreeMap<String, serde_json::Value> = serde_json::from_str(fields).unwrap_or_default();
    fields.into_values().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Customers of whom nothing is to be stored any more: digests, in hexadecimal digits.
fn barred(lines: &[Line]) -> BTreeSet<String> {
    lines.iter().flat_map(|line| line.customers.iter().cloned()).collect()
}

/// Whose erasure was begun and not finished.
pub fn unfinished(lines: &[Line]) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for line in lines {
        match line.state {
            State::Requested => open.insert(line.subject.clone()),
            State::Done => open.remove(&line.subject),
        };
    }
    open
}

// === impl Settled ===

impl std::fmt::Display for Settled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { users, customers, keys } = self;
        write!(
            f,
            "the erasure journal was followed: {users} users, {customers} customers without a user and {keys} data keys were \
             erased again, or to the end"
        )
    }
}
