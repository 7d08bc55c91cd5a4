//! Erasing a person, so that nobody and nothing brings the person back.
//!
//! In this order, each step of which may be the last one that a process lives to see: a line in the [`Journal`], which is outside
//! of everything else; tombstones and rows, in one transaction; the data key; old bytes; the receipt; the audit log; the journal
//! again. Whatever was begun is finished by whoever opens the people next ([`People::settle`]).

mod journal;
pub(super) mod overwrite;
mod rebuild;
pub mod receipt;
mod replay;
mod rows;
mod tombstones;

use std::collections::BTreeSet;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

pub(super) use self::replay::{mark, unfinished};
pub(crate) use self::tombstones::customer_digest;
pub use self::{journal::Journal, rebuild::Rebuilt, replay::Settled};
use self::{
    journal::{Line, State as Reached},
    receipt::{Reached as Done, Receipt, State, ToTell},
    rows::Target,
};
use super::{NewDisclosure, People, PeopleError, PersonStatus, audit, keys::key_name};
use crate::{StoreError, retention::Condition, sql::Sql};

/// A wish to be erased.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Whose user.
    pub tenant: &'a str,
    /// The user's id here.
    pub user: &'a str,
    /// Who carries it out, for the audit log.
    pub actor: &'a str,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// The journal's name, where its last line is noted elsewhere.
pub(super) const JOURNAL: &str = "erasures";

/// Of a data key that is there, before it is destroyed.
const FOUND: &str = "is there";
/// Of one that is not.
const NOT_FOUND: &str = "is not in this key store: where another one has it, what it sealed still opens, and it is to be destroyed there";

// === impl People ===

impl People {
    /// Erases a user. Again, it ends the same. Whoever was told of the person is to be told of it, and so are those who get data
    /// by other ways (`standing`).
    pub async fn erase(
        &self,
        tenant: &str,
        user: &str,
        actor: &str,
        standing: &[NewDisclosure<'_>],
    ) -> Result<Receipt, PeopleError> {
        let request = Request { tenant, user, actor, requested_at: self.store.clock.0.now() };
        self.expect_journal().await?;
        let target = self.target(&self.store.pools.read, tenant, user).await?;
        // Who is not there, or may not be erased, leaves no line.
        let status = self.status(&request).await?;
        self.refuse_held(&self.store.pools.read, user).await?;
        if status == PersonStatus::Erased
            && let Some((_, receipt)) =
                self.receipt(&self.store.pools.read, tenant, &target.subject.digest).await?
            && receipt.is_finished()
            && !self.keys.has(&key_name(user)).await?
        {
            return Ok(receipt);
        }
        let mut line = Line {
            at: request.requested_at,
            tenant: tenant.to_owned(),
            actor: actor.to_owned(),
            state: Reached::Requested,
            subject: hex::encode(&target.subject.digest),
            customers: target.customers.iter().cloned().collect(),
            database: Some(self.identity().await?),
            mac: String::new(),
        };
        let seq = self.journal.append(&mut line, &self.digests().await?).await?;
        let erased = self.erase_noted(&request, &target, standing, line, seq).await;
        erased.map_err(|error| self.begun_error(user, error))
    }

    /// What follows the line of the journal with this number.
    async fn erase_noted(
        &self,
        request: &Request<'_>,
        target: &Target,
        standing: &[NewDisclosure<'_>],
        line: Line,
        seq: u64,
    ) -> Result<Receipt, PeopleError> {
        let (tenant, user, subject) = (request.tenant, request.user, &target.subject.digest);
        self.erase_in_transaction(request, target, Some((seq, &line.mac))).await?;
        self.keys.destroy(&key_name(user)).await?;
        self.keys.set_anchor(JOURNAL, seq.cast_signed(), line.mac.as_bytes()).await?;
        let receipt = self.receipt(&self.store.pools.read, tenant, subject).await?;
        let tables = receipt.iter().flat_map(|(_, receipt)| receipt.changed()).collect();
        let cleaned = self.clean(&tables, true).await?;
        let whom = Some((user, standing));
        Ok(self.finish(subject, whom, line, &cleaned, None).await?.0)
    }

    fn begun_error(&self, user: &str, error: PeopleError) -> PeopleError {
        StoreError::Begun(format!(
            "{}. The erasure of user {user} is noted in the erasure journal, and will be finished by the next command about people, \
             by the next start of the worker, or by the same command again",
            self.name_in(error)
        ))
        .into()
    }

    /// What [`erase`](Self::erase) would do. Changes nothing.
    pub async fn erase_dry(
        &self,
        tenant: &str,
        user: &str,
        actor: &str,
        standing: &[NewDisclosure<'_>],
    ) -> Result<Receipt, PeopleError> {
        let request = Request { tenant, user, actor, requested_at: self.store.clock.0.now() };
        self.status(&request).await?;
        let mut receipt = self.would_erase(&request, &[]).await?;
        receipt.state = State::DryRun;
        for key in receipt.keys.iter_mut().filter(|key| key.note == FOUND) {
            "would be destroyed".clone_into(&mut key.note);
        }
        receipt.files = vec![self.keys.would_scrub()];
        receipt.files.extend(overwrite::would_overwrite(&self.store, &receipt.changed().collect()));
        let told = self.would_notify(tenant, user, standing).await?;
        receipt.to_tell = told.into_iter().map(ToTell::from).collect();
        Ok(receipt)
    }

    /// What an erasure would change once the rows that go for another reason are gone, which are told by table. Changes nothing.
    pub(crate) async fn erase_dry_after(
        &self,
        tenant: &str,
        user: &str,
        gone: &[(&str, Condition)],
    ) -> Result<Receipt, PeopleError> {
        let request = Request { tenant, user, actor: "", requested_at: self.store.clock.0.now() };
        self.would_erase(&request, gone).await
    }

    async fn would_erase(
        &self,
        request: &Request<'_>,
        gone: &[(&str, Condition)],
    ) -> Result<Receipt, PeopleError> {
        let tx = self.begin().await?;
        self.refuse_held(&tx, request.user).await?;
        let target = self.target(&tx, request.tenant, request.user).await?;
        for (table, condition) in gone {
            rows::delete(&tx, &target.subject, table, condition).await?;
        }
        let receipt = self.erase_rows(&tx, &target, request).await?;
        tx.rollback().await?;
        Ok(receipt)
    }

    /// A receipt before anything was done, with what this key store's server keeps.
    async fn begun(&self, tenant: &str, subject: String, actor: &str, requested_at: Timestamp) -> Receipt {
        let mut receipt = Receipt::begun(tenant, subject, actor, requested_at);
        receipt.not_reached.extend(self.keys.not_reached().await);
        if !self.keys.is_file() || self.journal.is_on_server() {
            receipt.not_reached.push(receipt::other_databases());
        }
        receipt
    }

    fn key(&self, done: bool, note: &str) -> Done {
        Done { what: format!("the user's data key in {}", self.keys.location()), done, note: note.to_owned() }
    }

    async fn status(&self, request: &Request<'_>) -> Result<PersonStatus, PeopleError> {
        let listed = Sql::new(self.backend(), "SELECT status FROM users WHERE tenant = ")
            .bind(request.tenant)
            .text(" AND id = ")
            .bind(request.user);
        let row = self.store.pools.read.query_one_raw(listed.done()).await?;
        let status: String =
            row.ok_or_else(|| super::read::unknown(request.tenant))?.try_get("", "status")?;
        PersonStatus::parse(&status).ok_or_else(|| {
            StoreError::Unreadable("the status of a user is no word of ours".to_owned()).into()
        })
    }

    async fn refuse_held(&self, database: &impl ConnectionTrait, user: &str) -> Result<(), PeopleError> {
        match self.lasting(database, user).await? {
            Some(_) => Err(PeopleError::Refused(format!(
                "user {user} is under a legal hold: nothing was erased; `dynamoi privacy hold list` shows why"
            ))),
            None => Ok(()),
        }
    }

    /// Tombstones, rows and the unfinished receipt, with the line of the journal that asks for it. A worker that holds what is
    /// needed is waited for.
    async fn erase_in_transaction(
        &self,
        request: &Request<'_>,
        target: &Target,
        line: Option<(u64, &str)>,
    ) -> Result<Receipt, PeopleError> {
        let mut tries = self.store.tries();
        loop {
            let erased = async {
                let tx = self.store.pools.begin().await?;
                tombstones::tell_writers(&tx, Some(request.tenant)).await?;
                let receipt = self.erase_rows(&tx, target, request).await?;
                self.put_receipt(&tx, &target.subject.digest, &receipt).await?;
                if let Some((seq, mac)) = line {
                    self.follow(&tx, seq, mac).await?;
                }
                tx.commit().await?;
                Ok(receipt)
            };
            match erased.await {
                Err(PeopleError::Store(StoreError::Database(error))) if tries.again(&error).await => {}
                erased => return erased,
            }
        }
    }

    /// A transaction, as soon as whoever writes the database anew lets it begin (SQLite).
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let mut tries = self.store.tries();
        loop {
            match self.store.pools.begin().await {
                Err(error) if tries.again(&error).await => {}
                begun => return begun,
            }
        }
    }

    /// This database has followed the journal up to this line, if it had up to the one before.
    async fn follow(&self, tx: &DatabaseTransaction, seq: u64, mac: &str) -> Result<(), PeopleError> {
        if self.mark(tx).await?.map_or(0, |(seq, _)| seq) + 1 == seq {
            self.set_mark(tx, seq, mac).await?;
        }
        Ok(())
    }

    /// Old bytes leave these tables, and the key store where it has lost something.
    async fn clean(&self, tables: &BTreeSet<String>, with_keys: bool) -> Result<Vec<Done>, PeopleError> {
        let mut cleaned = Vec::new();
        if with_keys {
            cleaned.push(self.keys.scrub(&*self.store.clock.0).await?);
        }
        cleaned.extend(overwrite::overwrite(&self.store, tables).await);
        Ok(cleaned)
    }

    /// The receipt, the audit log, and last the journal. Answers the receipt, and the digest of the journal's line.
    async fn finish(
        &self,
        subject: &[u8],
        whom: Option<(&str, &[NewDisclosure<'_>])>,
        line: Line,
        cleaned: &[Done],
        repeated_at: Option<Timestamp>,
    ) -> Result<(Receipt, String), PeopleError> {
        let now = self.store.clock.0.now();
        let stored = self.receipt(&self.store.pools.read, &line.tenant, subject).await?;
        let mut receipt = match stored {
            Some((_, receipt)) if receipt.goes_on(line.at) => receipt,
            _ => self.begun(&line.tenant, line.subject.clone(), &line.actor, line.at).await,
        };
        receipt.state = State::Done;
        receipt.finished_at = Some(now);
        receipt.repeated_at = repeated_at;
        receipt.customers_barred = receipt.customers_barred.max(line.customers.len() as u64);
        // Whom a backup brought back had a key once.
        let never_had = repeated_at.is_none() && receipt.keys.iter().any(|key| key.note == NOT_FOUND);
        if !never_had {
            receipt.keys = vec![self.key(true, "destroyed: what it sealed opens no more, wherever it is")];
        }
        receipt.files = cleaned.to_vec();
        if let Some((user, standing)) = whom {
            let told = self.to_notify(&line.tenant, user, None, standing).await?;
            receipt.to_tell = told.into_iter().map(ToTell::from).collect();
        }
        let tx = self.begin().await?;
        self.put_receipt(&tx, subject, &receipt).await?;
        tx.commit().await?;
        let identity = self.identity().await?;
        let detail = match repeated_at {
            _ if !line.is_of(&identity) => "from the journal, as in another database",
            Some(_) => "again, from the journal",
            None => "",
        }
        .to_owned();
        let (actor, tenant) = (line.actor.clone(), line.tenant.clone());
        let deed = audit::Deed {
            actor: &actor,
            action: audit::Action::Erase,
            tenant: Some(&tenant),
            user: whom.map(|(user, _)| user),
            detail,
        };
        self.note(&deed).await?;
        // Of another database's wish only what was done here is done.
        let database = if line.is_of(&identity) { line.database.clone() } else { Some(identity) };
        let mut done = Line { at: now, state: Reached::Done, database, ..line };
        let seq = self.journal.append(&mut done, &self.digests().await?).await?;
        let tx = self.begin().await?;
        self.follow(&tx, seq, &done.mac).await?;
        tx.commit().await?;
        self.keys.set_anchor(JOURNAL, seq.cast_signed(), done.mac.as_bytes()).await?;
        Ok((receipt, done.mac))
    }
}
