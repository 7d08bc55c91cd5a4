//! Budgets of providers, durable and common to all who use this database: a restart does not refill them.

use futures::future::BoxFuture;
use ring::digest;
use rows::budget::{BudgetError, Budgets, Charge, Slots, Taken};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
};

use crate::{
    Store,
    convert::{timestamp, utc},
    entity::quota_budget::{Column, Entity},
    sql::Sql,
};

impl Budgets for Store {
    fn take<'a>(&'a self, charges: &'a [Charge<'a>]) -> BoxFuture<'a, Result<Taken, BudgetError>> {
        Box::pin(async move {
            self.take_all(charges).await.map_err(|error| BudgetError(self.explain(&error.into())))
        })
    }
}

impl Store {
    async fn take_all(&self, charges: &[Charge<'_>]) -> Result<Taken, DbErr> {
        let tx = self.pools.begin().await?;
        lock(&tx, charges).await?;
        let mut used = Vec::with_capacity(charges.len());
        for charge in charges {
            used.push(slots(&tx, charge).await?);
        }
        let taken = Taken::judge(charges, &used);
        if let Taken::All { .. } = taken {
            for charge in charges {
                note(&tx, charge).await?;
            }
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(taken)
    }
}

/// Lets one at a time ask for a budget: a sum over several rows is no row that could be locked, and is to be looked at
/// and added to in one. On SQLite a transaction that writes is alone anyway.
async fn lock(tx: &DatabaseTransaction, charges: &[Charge<'_>]) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let mut keys: Vec<i64> = charges.iter().map(lock_key).collect();
    // In one order, so that nobody waits for somebody who waits for them.
    keys.sort_unstable();
    for key in keys {
        let statement =
            Sql::new(DbBackend::Postgres, "SELECT pg_advisory_xact_lock(").bind(key).text(")").done();
        tx.execute_raw(statement).await?;
    }
    Ok(())
}

/// Two budgets with one key only wait for each other.
fn lock_key(charge: &Charge<'_>) -> i64 {
    let mut digest = digest::Context::new(&digest::SHA256);
    for part in ["quota_budgets", charge.owner, charge.scope] {
        digest.update(part.as_bytes());
        digest.update(&[0]);
    }
    let digest = digest.finish();
    digest.as_ref().first_chunk().map_or(0, |first| i64::from_be_bytes(*first))
}

async fn slots(tx: &DatabaseTransaction, charge: &Charge<'_>) -> Result<Slots, DbErr> {
    let found = Entity::find()
        .filter(Column::Owner.eq(charge.owner))
        .filter(Column::Scope.eq(charge.scope))
        .filter(Column::Slot.gte(utc(charge.term.oldest(charge.at))))
        .order_by_asc(Column::Slot)
        .all(tx)
        .await?;
    Ok(found
        .into_iter()
        .map(|row| (timestamp(row.slot), u64::try_from(row.used).unwrap_or_default()))
        .collect())
}

async fn note(tx: &DatabaseTransaction, charge: &Charge<'_>) -> Result<(), DbErr> {
    let statement = Sql::new(
        tx.get_database_backend(),
        "INSERT INTO quota_budgets AS q (owner, scope, slot, used) VALUES (",
    )
    .bind(charge.owner)
    .text(", ")
    .bind(charge.scope)
    .text(", ")
    .bind(utc(charge.term.slot(charge.at)))
    .text(", ")
    .bind(i64::try_from(charge.amount).unwrap_or(i64::MAX))
    .text(") ON CONFLICT (owner, scope, slot) DO UPDATE SET used = q.used + excluded.used")
    .done();
    tx.execute_raw(statement).await?;
    Ok(())
}
