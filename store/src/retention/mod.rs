//! What is not kept for ever. How long what is kept is configured ([`Terms`]); which rows that means is stated once
//! (`rules`, `connections`), and a dry run and a real one read the same conditions (`sweep`).

mod condition;
mod connections;
mod due;
mod held;
mod overdue;
mod rules;
mod sweep;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rows::Day;

pub(crate) use self::{condition::Condition, held::Holds};
use self::{connections::of_connections, rules::rules, sweep::Sweep};
pub use self::{
    due::{DueUser, Leaving},
    overdue::Overdue,
};
use crate::{
    Store, StoreError,
    people::{
        NewDisclosure, People,
        audit::{Action, Deed},
    },
};

/// How long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// As long as the database.
    Forever,
    /// So many days.
    Days(u32),
}

/// How long what is kept, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after what it keeps; `rules` tells the rest")]
pub struct Terms {
    pub cycles: Keep,
    pub quarantined_rows: Keep,
    pub workers: Keep,
    pub backfills: Keep,
    pub disclosures: Keep,
    pub erasures: Keep,
    pub erased_users: Keep,
    pub withdrawn_users: Keep,
    pub payments: Keep,
    pub ads: Keep,
    pub web_analytics: Keep,
    pub streaming: Keep,
    pub smart_links: Keep,
    /// What providers' terms ask for, by integration.
    pub integrations: BTreeMap<String, ProviderTerms>,
}

/// What a provider's terms ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderTerms {
    /// What was read for the last time so long ago is deleted.
    pub unread: Keep,
    /// Everything of a connection that went from the configuration so long ago is deleted.
    pub removed: Keep,
}

/// When a row was made, or the day that it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// An instant.
    At(Timestamp),
    /// A day.
    On(Day),
}

/// What is deleted of one table by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The rule: its key in `[retention]`.
    pub rule: String,
    /// Of this connection; nothing where a rule is about all of them.
    pub connection: Option<String>,
    /// Of this table.
    pub table: String,
    /// Rows.
    pub rows: u64,
    /// The oldest of them.
    pub oldest: Option<Moment>,
    /// The newest of them.
    pub newest: Option<Moment>,
    /// Rows that would be among them, but for a legal hold.
    pub held: u64,
    /// How long they are kept.
    pub keep: Keep,
    /// Why.
    pub reason: &'static str,
}

/// What a purge deletes, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purged {
    /// By rule and table; those with nothing to delete and nothing held are left out.
    pub lines: Vec<Line>,
    /// Users who left so long ago that they are to be erased.
    pub users: Vec<DueUser>,
    /// Which of them were erased, by the id here.
    pub erased: Vec<String>,
    /// Data keys that were made for users who were never stored.
    pub keys_of_nobody: u64,
    /// What was due and is left as it is, and why.
    pub left: Vec<String>,
}

/// Who purges.
pub struct By<'a> {
    /// People, with their keys.
    pub people: &'a People,
    /// For the audit log.
    pub actor: &'a str,
    /// Who is to be told of every erasure at a tenant.
    pub standing: &'a (dyn Fn(&str) -> Vec<NewDisclosure<'a>> + Sync),
}

// === impl Keep ===

impl Keep {
    /// What is older than this is due now; nothing where it is kept for ever.
    pub fn cut(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Forever => None,
            Self::Days(days) => Some(
                now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN),
            ),
        }
    }
}

impl std::fmt::Display for Keep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Forever => f.write_str("forever"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

// === impl Terms ===

impl Terms {
    /// Everything is kept.
    pub const fn forever() -> Self {
        Self {
            cycles: Keep::Forever,
            quarantined_rows: Keep::Forever,
            workers: Keep::Forever,
            backfills: Keep::Forever,
            disclosures: Keep::Forever,
            erasures: Keep::Forever,
            erased_users: Keep::Forever,
            withdrawn_users: Keep::Forever,
            payments: Keep::Forever,
            ads: Keep::Forever,
            web_analytics: Keep::Forever,
            streaming: Keep::Forever,
            smart_links: Keep::Forever,
            integrations: BTreeMap::new(),
        }
    }

    /// How long rows of this table are kept.
    pub fn keeping(&self, table: &str) -> Keep {
        let of_table = rules().into_iter().find(|rule| rule.tables.iter().any(|aging| aging.table == table));
        of_table.map_or(Keep::Forever, |rule| (rule.keep)(self))
    }
}

// === impl Moment ===

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(instant) => instant.fmt(f),
            Self::On(day) => day.fmt(f),
        }
    }
}

// === impl Purged ===

impl Purged {
    /// Rows, all in all.
    pub fn rows(&self) -> u64 {
        self.lines.iter().map(|line| line.rows).sum()
    }
}

// === impl Store ===

impl Store {
    /// What a purge would delete now. Changes nothing. Without `people`, what depends on their keys is left, and said.
    pub async fn purgeable(&self, terms: &Terms, people: Option<&People>) -> Result<Purged, StoreError> {
        let now = self.clock.0.now();
        let mut purged = Purged { users: self.users_due(terms, now).await?, ..Purged::default() };
        let sweeps = self.sweeps(terms, people, now, &mut purged.left).await?;
        for sweep in &sweeps {
            purged.add(self.count_due(sweep).await?);
        }
        if let Some(people) = people {
            due::erase_dry(&mut purged, people, &sweeps).await;
            purged.keys_of_nobody = people.count_keys_of_nobody().await?;
        }
        Ok(purged)
    }

    /// Deletes what has been kept for long enough, in small transactions, erases who is due, and adds that to the audit log.
    /// Without `by`, what depends on people's keys is left, and said.
    pub async fn purge(&self, terms: &Terms, by: Option<&By<'_>>) -> Result<Purged, StoreError> {
        let now = self.clock.0.now();
        let mut purged = Purged { users: self.users_due(terms, now).await?, ..Purged::default() };
        for sweep in self.sweeps(terms, by.map(|by| by.people), now, &mut purged.left).await? {
            purged.add(self.delete_due(&sweep).await?);
        }
        due::erase(&mut purged, by).await;
        if let Some(by) = by {
            match by.people.destroy_keys_of_nobody().await {
                Ok(keys) => purged.keys_of_nobody = keys,
                Err(error) => purged.left.push(format!("data keys of nobody: {error}")),
            }
        }
        if let (Some(by), true) = (by, purged.rows() > 0 || purged.keys_of_nobody > 0) {
            let (actor, action, detail) = (by.actor, Action::Purge, purged.detail());
            if let Err(error) =
                by.people.note(&Deed { actor, action, tenant: None, user: None, detail }).await
            {
                purged.left.push(format!("the audit log has no line of this purge: {error}"));
            }
        }
        Ok(purged)
    }

    /// Everything that is due at this time, in the order in which it goes. No row is due twice.
    async fn sweeps(
        &self,
        terms: &Terms,
        people: Option<&People>,
        now: Timestamp,
        left: &mut Vec<String>,
    ) -> Result<Vec<Sweep>, StoreError> {
        let holds = self.holds_now(people).await?;
        let mut sweeps = Vec::new();
        for rule in rules() {
            let keep = (rule.keep)(terms);
            let Some(cut) = keep.cut(now) else { continue };
            for aging in &rule.tables {
                match holds.of(aging.table, self.backend()) {
                    Ok(held) => sweeps.push(Sweep::of(&rule, aging, keep, cut, held)),
                    Err(_) => left.push(format!(
                        "{}: there are legal holds, and without the key store nobody can tell whose rows these are",
                        aging.table
                    )),
                }
            }
        }
        sweeps.extend(of_connections(self, terms, now).await?);
        Ok(sweep::disjoint(sweeps))
    }
}

impl Purged {
    /// Numbers of rows by table.
    fn detail(&self) -> String {
        let lines = self.lines.iter().filter(|line| line.rows > 0);
        let keys = (self.keys_of_nobody > 0).then(|| format!("keys of nobody {}", self.keys_of_nobody));
        lines.map(|line| format!("{} {}", line.table, line.rows)).chain(keys).collect::<Vec<_>>().join(", ")
    }

    fn add(&mut self, line: Line) {
        if line.rows > 0 || line.held > 0 {
            self.lines.push(line);
        }
    }
}
