//! What an erasure changes in the database, in one transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use serde_json::Value;

use super::{
    super::{
        Category, People, PeopleError, PersonStatus, consent,
        keys::key_name,
        places::{CURSORS, Erasure, PLACES, Place},
        subject::{Customer, Subject},
    },
    FOUND, NOT_FOUND, Request,
    receipt::{Receipt, State},
    tombstones,
};
use crate::{convert::utc, long_keys, retention::Condition, sql::Sql};

/// Who is erased: what is found of the person, and by what the person is known afterwards.
#[derive(Debug)]
pub struct Target {
    /// By what rows are found.
    pub subject: Subject,
    /// Digests of the customers, in hexadecimal digits.
    pub customers: BTreeSet<String>,
}

impl People {
    /// Who this is, wherever something of the person may be. Of a customer who is linked also what another connection of the
    /// tenant to the same provider has stored: one that was renamed, for example. Of which provider a connection is that has never
    /// run, nobody knows here: then any of the tenant's is looked at.
    pub(super) async fn target(
        &self,
        database: &impl ConnectionTrait,
        tenant: &str,
        user: &str,
    ) -> Result<Target, PeopleError> {
        let whole = long_keys::whole(self.backend(), "l.customer_id");
        let query = Sql::new(
            self.backend(),
            &format!(
                "SELECT DISTINCT c.id AS connection_id, c.name AS connection, l.customer_id AS customer_id, {whole} AS whole \
                 FROM user_links l LEFT JOIN connections o ON o.name = l.connection \
                 LEFT JOIN connections c ON (o.id IS NULL OR c.integration = o.integration) AND c.tenant = "
            ),
        )
        .bind(tenant)
        .text(" WHERE l.user_id = ")
        .bind(user)
        .text(" ORDER BY connection, customer_id");
        let key = self.digests().await?;
        let mut target = Target {
            subject: Subject {
                user: user.to_owned(),
                digest: self.subject_digest(tenant, user).await?,
                customers: Vec::new(),
            },
            customers: BTreeSet::new(),
        };
        for row in database.query_all_raw(query.done()).await? {
            let (customer_id, whole): (String, String) =
                (row.try_get("", "customer_id")?, row.try_get("", "whole")?);
            // By either form, as a commit has it.
            for form in [&customer_id, &whole] {
                target.customers.insert(hex::encode(tombstones::customer_digest(&key, tenant, form)));
            }
            // A connection that has never run has stored nothing.
            if let Some(connection_id) = row.try_get("", "connection_id")? {
                let connection = row.try_get("", "connection")?;
                target.subject.customers.push(Customer { connection_id, connection, customer_id, whole });
            }
        }
        Ok(target)
    }

    /// Erases what there is of a person, and leaves a receipt that is not finished. Nothing but that is left if the process
    /// dies before the transaction ends, and all of it afterwards.
    pub(super) async fn erase_rows(
        &self,
        tx: &DatabaseTransaction,
        target: &Target,
        request: &Request<'_>,
    ) -> Result<Receipt, PeopleError> {
        let now = self.store.clock.0.now();
        let mut receipt = self.unfinished_receipt(tx, target, request).await?;
        receipt.customers_barred = receipt.customers_barred.max(target.customers.len() as u64);
        if receipt.keys.is_empty() {
            let is_there = self.keys.has(&key_name(request.user)).await?;
            receipt.keys = vec![self.key(false, if is_there { FOUND } else { NOT_FOUND })];
        }
        tombstones::put(tx, &target.customers, now).await?;
        // Before anything is emptied: what is found through others is found no more afterwards.
        let mut found = Vec::with_capacity(PLACES.len());
        for place in &PLACES {
            found.push(count(tx, &target.subject, place).await?);
        }
        // What stays was counted when it was still found through the rest.
        let is_begun = !receipt.tables.is_empty();
        for (place, found) in PLACES.iter().zip(found) {
            let changed = change(tx, &target.subject, place, now).await?;
            let stays = matches!(place.erasure, Erasure::Kept | Erasure::Blanked(_));
            if !is_begun || !stays {
                receipt.note(place, found, changed);
            }
        }
        let cursors = forget_cursors(tx, &target.subject).await?;
        receipt.note(&CURSORS, cursors, cursors);
        consent::take_all_back(tx, &target.subject.user, consent::ERASED, now).await?;
        self.set_status(tx, &target.subject.user, PersonStatus::Erased).await?;
        Ok(receipt)
    }

    /// The receipt of an erasure that has not come to its end, or a new one.
    async fn unfinished_receipt(
        &self,
        tx: &DatabaseTransaction,
        target: &Target,
        request: &Request<'_>,
    ) -> Result<Receipt, PeopleError> {
        let stored = self.receipt(tx, request.tenant, &target.subject.digest).await?;
        Ok(match stored {
            Some((_, receipt)) if receipt.goes_on(request.requested_at) => {
                Receipt { state: State::Erasing, ..receipt }
            }
            _ => {
                let subject = hex::encode(&target.subject.digest);
                self.begun(request.tenant, subject, request.actor, request.requested_at).await
            }
        })
    }

    /// The latest receipt of a person, and the number of its row.
    pub(super) async fn receipt(
        &self,
        database: &impl ConnectionTrait,
        tenant: &str,
        subject: &[u8],
    ) -> Result<Option<(i64, Receipt)>, PeopleError> {
        let query = Sql::new(self.backend(), "SELECT id, receipt FROM erasures WHERE tenant = ")
            .bind(tenant)
            .text(" AND subject_hmac = ")
            .bind(subject.to_vec())
            .text(" AND receipt IS NOT NULL ORDER BY id DESC LIMIT 1");
        let Some(row) = database.query_one_raw(query.done()).await? else { return Ok(None) };
        let text: String = row.try_get("", "receipt")?;
        let receipt = serde_json::from_str(&text).map_err(|error| {
            crate::StoreError::Unreadable(format!("a receipt of an erasure: {:?} error", error.classify()))
        })?;
        Ok(Some((row.try_get("", "id")?, receipt)))
    }

    /// Stores a receipt, in the place of one that was not finished.
    pub(super) async fn put_receipt(
        &self,
        database: &impl ConnectionTrait,
        subject: &[u8],
        receipt: &Receipt,
    ) -> Result<(), PeopleError> {
        let text = serde_json::to_string(receipt).map_err(|error| DbErr::Json(error.to_string()))?;
        let (state, finished_at) = match receipt.state {
            State::Done => ("done", receipt.finished_at.map(utc)),
            State::Erasing | State::DryRun => ("erasing", None),
        };
        let sql = match self.receipt(database, &receipt.tenant, subject).await? {
            Some((id, before)) if before.goes_on(receipt.requested_at) => {
                Sql::new(self.backend(), "UPDATE erasures SET state = ")
                    .bind(state)
                    .text(", finished_at = ")
                    .bind(finished_at)
                    .text(", receipt = ")
                    .bind(text)
                    .text(" WHERE id = ")
                    .bind(id)
            }
            _ => Sql::new(
                self.backend(),
                "INSERT INTO erasures (tenant, subject_hmac, requested_at, actor, state, finished_at, receipt) VALUES (",
            )
            .bind(receipt.tenant.as_str())
            .text(", ")
            .bind(subject.to_vec())
            .text(", ")
            .bind(utc(receipt.requested_at))
            .text(", ")
            .bind(receipt.actor.as_str())
            .text(", ")
            .bind(state)
            .text(", ")
            .bind(finished_at)
            .text(", ")
            .bind(text)
            .text(")"),
        };
        database.execute_raw(sql.done()).await?;
        Ok(())
    }
}

/// Erases customers of whom no user is known here, as a backup may bring them back; answers how many rows were changed.
pub async fn erase_customers(
    tx: &DatabaseTransaction,
    customers: Vec<Customer>,
    receipt: &mut Receipt,
    now: Timestamp,
) -> Result<(), DbErr> {
    let subject = Subject { user: String::new(), digest: Vec::new(), customers };
    for place in &PLACES {
        let changed = change(tx, &subject, place, now).await?;
        receipt.note(place, changed, changed);
    }
    let cursors = forget_cursors(tx, &subject).await?;
    receipt.note(&CURSORS, cursors, cursors);
    Ok(())
}

/// Deletes the rows of this table that are the subject's and that an erasure would change, where they meet the condition, in which
/// the table is `t`.
pub async fn delete(
    tx: &DatabaseTransaction,
    subject: &Subject,
    table: &str,
    condition: &Condition,
) -> Result<(), DbErr> {
    let Some(place) = PLACES.iter().find(|place| place.table == table) else { return Ok(()) };
    if place.erasure == Erasure::Kept {
        return Ok(());
    }
    for key in subject.keys(place) {
        let sql = Sql::new(tx.get_database_backend(), &format!("DELETE FROM {table} AS t WHERE "));
        let sql = condition.write(key.stored(sql).text(" AND (")).text(")");
        tx.execute_raw(sql.done()).await?;
    }
    Ok(())
}

/// Deletes what a connection knows of a listing that goes on behind a customer of the subject's; answers how many. To list anew from
/// the first object on changes nothing that is stored.
async fn forget_cursors(tx: &DatabaseTransaction, subject: &Subject) -> Result<u64, DbErr> {
    let backend = tx.get_database_backend();
    let position = if backend == DbBackend::Postgres { "strpos" } else { "instr" };
    let mut forgotten = 0;
    for customer in &subject.customers {
        for form in customer.forms() {
            // A value of the integration's JSON, which is a text in the engine's.
            let value = Value::from(form).to_string();
            let quoted = Value::from(value).to_string();
            let sql = Sql::new(backend, &format!("DELETE FROM {} WHERE connection_id = ", CURSORS.table))
                .bind(customer.connection_id)
                .text(&format!(" AND {position}(memory, "))
                .bind(&quoted[1..quoted.len() - 1])
                .text(") > 0");
            forgotten += tx.execute_raw(sql.done()).await?.rows_affected();
        }
    }
    Ok(forgotten)
}

/// How many rows of a place there are.
async fn count(tx: &DatabaseTransaction, subject: &Subject, place: &Place) -> Result<u64, DbErr> {
    let mut found = 0;
    for key in subject.keys(place) {
        let query = Sql::new(
            tx.get_database_backend(),
            &format!("SELECT count(*) AS rows FROM {} WHERE ", place.shown),
        );
        let row = tx.query_one_raw(key.shown(query).done()).await?;
        let rows: i64 = row.map(|row| row.try_get("", "rows")).transpose()?.unwrap_or_default();
        found += rows.unsigned_abs();
    }
    Ok(found)
}

/// Does with a place's rows what is to be done; answers how many were changed.
async fn change(
    tx: &DatabaseTransaction,
    subject: &Subject,
    place: &Place,
    now: Timestamp,
) -> Result<u64, DbErr> {
    let backend = tx.get_database_backend();
    let mut changed = 0;
    for key in subject.keys(place) {
        let sql = match place.erasure {
            Erasure::Kept => continue,
            Erasure::Blanked(column) => {
                let sql = Sql::new(backend, &format!("UPDATE {} SET {column} = '' WHERE ", place.table));
                key.stored(sql).text(&format!(" AND {column} NOT IN ('', ")).bind(consent::ERASED).text(")")
            }
            Erasure::Deleted => key.stored(Sql::new(backend, &format!("DELETE FROM {} WHERE ", place.table))),
            Erasure::Emptied(columns) => {
                let emptied: Vec<String> = columns.iter().map(|column| format!("{column} = NULL")).collect();
                let mut sql =
                    Sql::new(backend, &format!("UPDATE {} SET {}", place.table, emptied.join(", ")));
                if place.category == Category::Payments {
                    // Whoever copies what has changed hears of it; and the digest is the writer's own.
                    sql = sql.text(", digest = NULL, observed_at = ").bind(crate::convert::seconds(now));
                }
                let filled: Vec<String> =
                    columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
                key.stored(sql.text(" WHERE ")).text(&format!(" AND ({})", filled.join(" OR ")))
            }
        };
        changed += tx.execute_raw(sql.done()).await?.rows_affected();
    }
    Ok(changed)
}
