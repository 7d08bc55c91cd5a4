//! A new journal in the place of one that is lost, from what the database knows of who was erased.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, prelude::DateTimeUtc};

use super::{
    super::{People, PeopleError, audit},
    JOURNAL,
    journal::{Line, State},
};
use crate::{convert::timestamp, sql::Sql};

/// What a new journal was made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// People in it.
    pub people: u64,
    /// Customers of payment providers in it, of whom nothing personal is to be stored.
    pub customers: u64,
    /// Lines of the old one that the key store knows of, and this database, which comes out of a backup, has never followed: who
    /// was erased by them is not known any more.
    pub lines_unknown: u64,
}

/// Customers that one line names.
const CUSTOMERS_MAX: usize = 500;

impl People {
    /// Makes a new journal, and follows it. Refused where something is in its place, and where nobody was ever erased. It has
    /// more lines than the old one had, so that what is known of that one never refuses it; and the old one, should it be found,
    /// is refused as too short. Killed, it is there whole or not at all, and is followed by whatever comes next.
    pub async fn rebuild_journal(&self, actor: &str) -> Result<Rebuilt, PeopleError> {
        if self.journal.is_there().await? {
            return Err(PeopleError::Refused(format!(
                "the erasure journal {} is there: nothing was made. Where it cannot be read, move it away first, and keep it",
                self.journal.location()
            )));
        }
        let followed = self.mark(&self.store.pools.read).await?.map_or(0, |(seq, _)| seq);
        let anchor = self.keys.anchor(JOURNAL).await?.map_or(0, |(seq, _)| seq.unsigned_abs());
        let now = self.store.clock.0.now();
        let mut lines = self.lines_of_people(actor, &self.identity().await?).await?;
        let people: BTreeSet<String> = lines.iter().map(|line| line.subject.clone()).collect();
        let customers = self.barred_customers().await?;
        lines.extend(customers.chunks(CUSTOMERS_MAX).map(|some| of_nobody(now, actor, some)));
        if lines.is_empty() && followed.max(anchor) == 0 {
            return Err(PeopleError::Refused(
                "nobody was erased here, as far as is known: nothing was made, and the journal begins with the first erasure"
                    .to_owned(),
            ));
        }
        while lines.len() as u64 <= followed.max(anchor) {
            lines.push(of_nobody(now, actor, &[]));
        }
        let rebuilt = Rebuilt {
            people: people.len() as u64,
            customers: customers.len() as u64,
            lines_unknown: anchor.saturating_sub(followed),
        };
        // Before it is there: nothing is made without a trace.
        self.note(&audit::Deed {
            actor,
            action: audit::Action::RebuildJournal,
            tenant: None,
            user: None,
            detail: format!(
                "{} people, {} customers; {} lines unknown",
                rebuilt.people, rebuilt.customers, rebuilt.lines_unknown
            ),
        })
        .await?;
        self.journal.begin(&mut lines, &self.digests().await?).await?;
        self.settle().await?;
        Ok(rebuilt)
    }

    /// Of each person of whose erasure the database knows: that it was asked for, and that it was done if it was.
    async fn lines_of_people(&self, actor: &str, identity: &str) -> Result<Vec<Line>, PeopleError> {
        let line = |at: Timestamp, tenant: &str, actor: &str, state: State, subject: &str| Line {
            at,
            tenant: tenant.to_owned(),
            actor: actor.to_owned(),
            state,
            subject: subject.to_owned(),
            customers: Vec::new(),
            database: Some(identity.to_owned()),
            mac: String::new(),
        };
        let (mut lines, mut known) = (Vec::new(), BTreeSet::new());
        let query = "SELECT tenant, subject_hmac, requested_at, actor, finished_at FROM erasures ORDER BY id";
        for row in self.store.pools.read.query_all_raw(Sql::new(self.backend(), query).done()).await? {
            let (tenant, actor): (String, String) = (row.try_get("", "tenant")?, row.try_get("", "actor")?);
            let subject = hex::encode(row.try_get::<Vec<u8>>("", "subject_hmac")?);
            let requested_at = timestamp(row.try_get::<DateTimeUtc>("", "requested_at")?);
            lines.push(line(requested_at, &tenant, &actor, State::Requested, &subject));
            if let Some(at) = row.try_get::<Option<DateTimeUtc>>("", "finished_at")? {
                lines.push(line(timestamp(at), &tenant, &actor, State::Done, &subject));
            }
            known.insert(subject);
        }
        // Receipts may have been deleted in time.
        let query = "SELECT tenant, id, updated_at FROM users WHERE status = 'erased' ORDER BY id";
        for row in self.store.pools.read.query_all_raw(Sql::new(self.backend(), query).done()).await? {
            let (tenant, user): (String, String) = (row.try_get("", "tenant")?, row.try_get("", "id")?);
            let subject = hex::encode(self.subject_digest(&tenant, &user).await?);
            if known.insert(subject.clone()) {
                let at = timestamp(row.try_get::<DateTimeUtc>("", "updated_at")?);
                lines.extend(
                    [State::Requested, State::Done].map(|state| line(at, &tenant, actor, state, &subject)),
                );
            }
        }
        Ok(lines)
    }

    /// Digests of customers, in hexadecimal digits.
    async fn barred_customers(&self) -> Result<Vec<String>, PeopleError> {
        let query = Sql::new(self.backend(), "SELECT digest FROM tombstones ORDER BY digest");
        let rows = self.store.pools.read.query_all_raw(query.done()).await?;
        let digest = |row: &sea_orm::QueryResult| Ok(hex::encode(row.try_get::<Vec<u8>>("", "digest")?));
        rows.iter().map(digest).collect()
    }
}

/// A line about customers of whom no person is known any more, or about nobody.
fn of_nobody(at: Timestamp, actor: &str, customers: &[String]) -> Line {
    Line {
        at,
        tenant: String::new(),
        actor: actor.to_owned(),
        state: State::Done,
        subject: String::new(),
        customers: customers.to_vec(),
        database: None,
        mac: String::new(),
    }
}
