//! Whatever is expected, the outcome is the same.

use std::sync::Arc;

use rows::clock::SystemClock;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};

use super::{Expect, Outcome, upsert};
use crate::{
    connect::{Pools, StoreOptions},
    entity::product::{Entity, Model},
    transaction::{Line, Transaction},
};

async fn line() -> Line {
    let pools = Pools::open("sqlite::memory:", &StoreOptions::default()).await.unwrap();
    migrations::up(&pools.write).await.unwrap();
    Line::new(pools, Arc::new(SystemClock::new()))
}

fn product(number: usize, name: &str, observed_at: i64) -> Model {
    Model {
        connection_id: 1,
        id: format!("prod_{number:04}"),
        name: Some(name.to_owned()),
        active: Some(true),
        default_price_id: None,
        created_at: 0,
        updated_at: None,
        livemode: true,
        revision: 0,
        observed_at,
    }
}

async fn stored(tx: &Transaction<'_>) -> Vec<Model> {
    let mut rows = Entity::find().all(tx).await.unwrap();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows
}

/// Rows that are there, that differ and that are new, in one page of more than one statement.
#[tokio::test]
async fn every_way_comes_to_the_same() {
    for expect in [Expect::Added, Expect::Unchanged, Expect::Changed] {
        let mut line = line().await;
        let tx = line.begin().await.unwrap();
        let before = (0..400).map(|number| product(number, "before", 10)).collect();
        let outcome = upsert::<Entity>(&tx, before, expect).await.unwrap();
        assert_eq!(outcome, Outcome { written: 400, restated: 0 }, "{expect:?}");
        let page =
            (100..700).map(|number| product(number, if number < 300 { "before" } else { "after" }, 20));
        let outcome = upsert::<Entity>(&tx, page.collect(), expect).await.unwrap();
        assert_eq!(outcome, Outcome { written: 400, restated: 100 }, "{expect:?}");
        let rows = stored(&tx).await;
        assert_eq!(rows.len(), 700);
        for (number, row) in rows.iter().enumerate() {
            let (name, revision, observed_at) = match number {
                0..300 => ("before", 0, 10),
                300..400 => ("after", 1, 20),
                _ => ("after", 0, 20),
            };
            let shown = (row.name.as_deref(), row.revision, row.observed_at);
            assert_eq!(shown, (Some(name), revision, observed_at), "{expect:?}: {number}");
        }
        let again =
            (100..700).map(|number| product(number, if number < 300 { "before" } else { "after" }, 30));
        let outcome = upsert::<Entity>(&tx, again.collect(), expect).await.unwrap();
        assert_eq!(outcome, Outcome::default(), "{expect:?}");
        tx.rollback().await.unwrap();
    }
}

/// Who changes a row beside the writer takes its digest away; then the values decide.
#[tokio::test]
async fn without_a_digest_values_decide() {
    let mut line = line().await;
    let tx = line.begin().await.unwrap();
    upsert::<Entity>(&tx, vec![product(1, "a", 10), product(2, "a", 10)], Expect::Changed).await.unwrap();
    let blank = "UPDATE product_rows SET digest = NULL, name = 'b' WHERE id = 'prod_0002'";
    tx.execute_raw(Statement::from_string(DbBackend::Sqlite, blank)).await.unwrap();
    let page = vec![product(1, "a", 20), product(2, "a", 20)];
    let outcome = upsert::<Entity>(&tx, page, Expect::Unchanged).await.unwrap();
    assert_eq!(outcome, Outcome { written: 1, restated: 1 });
    assert_eq!(stored(&tx).await[1].name.as_deref(), Some("a"));
    // As they are, but without digests: nothing has changed.
    let blank = "UPDATE product_rows SET digest = NULL";
    tx.execute_raw(Statement::from_string(DbBackend::Sqlite, blank)).await.unwrap();
    let page = || vec![product(1, "a", 30), product(2, "a", 30)];
    for expect in [Expect::Added, Expect::Unchanged, Expect::Changed] {
        assert_eq!(upsert::<Entity>(&tx, page(), expect).await.unwrap(), Outcome::default(), "{expect:?}");
    }
    tx.rollback().await.unwrap();
}
