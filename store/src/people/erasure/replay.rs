//! The journal compared with the database and the key store: who was erased and is there again, out of a backup, is erased
//! again, and what was begun is finished.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, QueryResult};

use super::{
    super::{People, PeopleError, keys::key_name, subject::Customer},
    JOURNAL, Request,
    journal::{Journal, Line, State},
    receipt::Receipt,
    rows, tombstones,
};
use crate::{Access, Store, StoreError, cipher::DataKey, sql::Sql};

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
    /// Number and `mac` of the last line that the database has followed.
    mark: Option<(u64, String)>,
    /// Whether the database or the key store has not followed all of it.
    is_behind: bool,
}

/// What of the journal is to be done here.
struct Plan<'a> {
    /// Of each person the latest wish.
    wishes: BTreeMap<&'a str, &'a Line>,
    /// Customers of whom nothing is to be stored any more.
    barred: BTreeSet<String>,
    /// Whose erasure this database has begun and not finished.
    unfinished: BTreeSet<String>,
    /// Whether nobody knows what is there, as after a start: a database or key store out of a backup.
    is_whole: bool,
}

impl Store {
    /// Whether there are users here, or were: as the database has it, or, where that may come out of a backup, the erasure journal
    /// at this place. Then nobody may be served whom the journal may name. Needs no key.
    pub async fn has_people(&self, journal: Option<&str>) -> Result<bool, StoreError> {
        let users = Sql::new(self.pools.read.get_database_backend(), "SELECT 1 AS one FROM users LIMIT 1");
        if self.has_erased().await? || self.pools.read.query_one_raw(users.done()).await?.is_some() {
            return Ok(true);
        }
        let Some(place) = journal else { return Ok(false) };
        let journal = Journal::open(place, Access::Read).await?;
        let extent = journal.extent().await;
        journal.close().await;
        Ok(extent?.is_some_and(|extent| extent > 0))
    }

    /// Whether anybody was ever erased here, as the database has it.
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
        let identity = self.store.known_identity().await?.unwrap_or_default();
        Ok(!looked.is_behind && unfinished(&looked.lines, &identity).is_empty())
    }

    /// Makes database and key store follow the journal. To be called before anything is served.
    pub async fn settle(&self) -> Result<Settled, PeopleError> {
        let identity = self.identity().await?;
        self.claim_log(&identity).await?;
        let Looked { lines, is_behind, .. } = self.look().await?;
        let unfinished = unfinished(&lines, &identity);
        if !is_behind && unfinished.is_empty() {
            return Ok(Settled::default());
        }
        let plan = Plan { unfinished, is_whole: true, ..Plan::of(lines.iter()) };
        let (settled, appended) = self.replay(&plan, &identity).await?;
        self.followed(lines.len(), &appended).await?;
        Ok(settled)
    }

    /// The same for a worker that runs: what was added to the journal since. What is begun in this database and not finished is left
    /// to whoever is at it; of one who was killed, [`settle`](Self::settle) finishes it.
    pub async fn follow_journal(&self) -> Result<Settled, PeopleError> {
        let identity = self.identity().await?;
        let Looked { lines, mark, .. } = self.look().await?;
        let is_at = |(seq, mac): &(u64, String)| {
            let before = usize::try_from(*seq).ok().and_then(|seq| seq.checked_sub(1))?;
            lines.get(before).filter(|line| line.mac == *mac).map(|_| before + 1)
        };
        let from = mark.as_ref().and_then(is_at).unwrap_or_default();
        if from == lines.len() {
            return Ok(Settled::default());
        }
        let open = unfinished(&lines, &identity);
        let is_at_work = |line: &Line| line.is_of(&identity) && open.contains(&line.subject);
        let plan = Plan::of(lines[from..].iter().filter(|line| !is_at_work(line)));
        let (settled, appended) = self.replay(&plan, &identity).await?;
        let to = lines[from..].iter().position(is_at_work).map_or(lines.len(), |begun| from + begun);
        self.followed(to, &appended).await?;
        Ok(settled)
    }

    /// Erases who is there and should not be. Answers the digests of the journal's lines that say so, too.
    async fn replay(
        &self,
        plan: &Plan<'_>,
        identity: &str,
    ) -> Result<(Settled, BTreeSet<String>), PeopleError> {
        let mut settled = Settled::default();
        let mut appended = BTreeSet::new();
        if !plan.is_whole && plan.wishes.is_empty() && plan.barred.is_empty() {
            return Ok((settled, appended));
        }
        self.put_tombstones(&plan.barred).await?;
        let mut erased: BTreeMap<String, Option<String>> =
            plan.unfinished.iter().map(|digest| (digest.clone(), None)).collect();
        let mut tables = BTreeSet::new();
        let key = self.digests().await?;
        let users = if plan.wishes.is_empty() { Vec::new() } else { self.all_users().await? };
        for (tenant, user, is_erased) in users {
            let digest = hex::encode(key.digest(&["subject", &tenant, &user]));
            let Some(line) = plan.wishes.get(digest.as_str()).copied() else { continue };
            if is_erased && !plan.unfinished.contains(&digest) {
                continue;
            }
            // Who wanted it then wants it now, whatever holds a backup brought back.
            let request = Request { tenant: &tenant, user: &user, actor: &line.actor, requested_at: line.at };
            let mut target = self.target(&self.store.pools.read, &tenant, &user).await?;
            target.customers.extend(line.customers.iter().cloned());
            let receipt = self.erase_in_transaction(&request, &target, None).await?;
            tables.extend(receipt.changed());
            if !plan.is_whole {
                settled.keys += u64::from(self.keys.destroy(&key_name(&user)).await?);
            }
            erased.insert(digest, Some(user));
            settled.users += 1;
        }
        let (customers, more) = self.erase_barred(&plan.barred).await?;
        settled.customers = customers;
        tables.extend(more);
        if plan.is_whole {
            settled.keys = self.destroy_keys(&plan.wishes, &key).await?;
        }
        let with_keys = plan.is_whole || settled.users > 0;
        let cleaned = self.clean(&tables, with_keys).await?;
        for left in cleaned.iter().filter(|left| !left.done) {
            tracing::warn!(what = left.what, reason = left.note, "old bytes of who was erased are left");
        }
        for (digest, user) in &erased {
            let Some(line) = plan.wishes.get(digest.as_str()).copied() else { continue };
            let subject = hex::decode(digest).unwrap_or_default();
            let is_again = line.is_of(identity) && !plan.unfinished.contains(digest);
            let repeated_at = is_again.then(|| self.store.clock.0.now());
            let whom = user.as_deref().map(|user| (user, &[][..]));
            let (_, mac) = self.finish(&subject, whom, line.clone(), &cleaned, repeated_at).await?;
            appended.insert(mac);
        }
        Ok((settled, appended))
    }

    /// Every writer learns of these.
    async fn put_tombstones(&self, barred: &BTreeSet<String>) -> Result<(), PeopleError> {
        let mut tries = self.store.tries();
        loop {
            let put = async {
                let tx = self.store.pools.begin().await?;
                tombstones::tell_writers(&tx, None).await?;
                tombstones::put(&tx, barred, self.store.clock.0.now()).await?;
                tx.commit().await?;
                Ok(())
            };
            match put.await {
                Err(PeopleError::Store(StoreError::Database(error))) if tries.again(&error).await => {}
                put => return put,
            }
        }
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
        Ok(Looked { lines, mark, is_behind })
    }

    /// Everything is as so many lines of the journal say, and those after them that were `appended` from here: what somebody else
    /// has added meanwhile is not followed yet.
    async fn followed(&self, count: usize, appended: &BTreeSet<String>) -> Result<(), PeopleError> {
        let lines = self.journal.read(&self.digests().await?).await?.unwrap_or_default();
        let more = lines.iter().skip(count).take_while(|line| appended.contains(&line.mac)).count();
        let count = count + more;
        let Some(last) = count.checked_sub(1).and_then(|place| lines.get(place)) else { return Ok(()) };
        let tx = self.begin().await?;
        self.set_mark(&tx, count as u64, &last.mac).await?;
        tx.commit().await?;
        self.keys.set_anchor(JOURNAL, count.try_into().unwrap_or(i64::MAX), last.mac.as_bytes()).await?;
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
        if barred.is_empty() {
            return Ok((0, Vec::new()));
        }
        let there = self.barred_there(barred).await?;
        if there.is_empty() {
            return Ok((0, Vec::new()));
        }
        let mut tries = self.store.tries();
        loop {
            let erased = async {
                let now = self.store.clock.0.now();
                let mut receipt = Receipt::begun("", String::new(), "", now);
                let tx = self.store.pools.begin().await?;
                tombstones::tell_writers(&tx, None).await?;
                rows::erase_customers(&tx, there.clone(), &mut receipt, now).await?;
                tx.commit().await?;
                Ok((there.len() as u64, receipt.changed().collect()))
            };
            match erased.await {
                Err(PeopleError::Store(StoreError::Database(error))) if tries.again(&error).await => {}
                erased => return erased,
            }
        }
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
    async fn destroy_keys(&self, people: &BTreeMap<&str, &Line>, key: &DataKey) -> Result<u64, PeopleError> {
        let tenants: BTreeSet<&str> = people.values().map(|line| line.tenant.as_str()).collect();
        let mut destroyed = 0;
        for user in self.keys.users().await? {
            for tenant in &tenants {
                let digest = hex::encode(key.digest(&["subject", tenant, &user]));
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

/// Whose erasure was begun in this database and not finished.
pub fn unfinished(lines: &[Line], identity: &str) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for line in lines.iter().filter(|line| line.is_of(identity)) {
        match line.state {
            State::Requested => open.insert(line.subject.clone()),
            State::Done => open.remove(&line.subject),
        };
    }
    open
}

// === impl Plan ===

impl<'a> Plan<'a> {
    /// What these lines want.
    fn of(lines: impl Iterator<Item = &'a Line>) -> Self {
        let (mut wishes, mut barred) = (BTreeMap::new(), BTreeSet::new());
        for line in lines {
            barred.extend(line.customers.iter().cloned());
            if line.state == State::Requested {
                wishes.insert(line.subject.as_str(), line);
            }
        }
        Self { wishes, barred, unfinished: BTreeSet::new(), is_whole: false }
    }
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
