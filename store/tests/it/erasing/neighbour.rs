//! Somebody else's transaction, in whose way an erasure is (PostgreSQL).

use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, TransactionTrait};

use super::{ADA, Crowd, LINKED, TENANT, connection, expect_emptied, named, told};
use crate::support::Bench;

/// How often is looked whether the other one has come so far.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Far more than any of it takes.
const TIME_MAX: Duration = Duration::from_mins(1);

#[expect(clippy::disallowed_methods, reason = "a server works in real time")]
async fn pause() {
    tokio::time::sleep(LOOK_EVERY).await;
}

/// Each of two transactions waits for the other, and the server ends the erasure's: it is tried again.
pub async fn an_erasure_outlives_a_deadlock(url: &str) {
    let name = url.rsplit_once('/').unwrap().1;
    let other = Database::connect(url).await.unwrap();
    // Who has waited for so long is looked after by the server, and ended: the erasure, not the other one, which waits longer.
    other.execute_unprepared(&format!("ALTER DATABASE {name} SET deadlock_timeout = '3s'")).await.unwrap();
    let bench = Bench::open(url).await;
    let crowd = Crowd::of(&bench).await;
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    let ada = crowd.ada().await;
    bench.commit(told(LINKED, epoch, ADA, "1")).await;

    let tx = other.begin().await.unwrap();
    tx.execute_unprepared("SET LOCAL deadlock_timeout = '1h'; SELECT 1 FROM customer_rows FOR UPDATE")
        .await
        .unwrap();
    let both = async {
        tokio::join!(crowd.people.erase(TENANT, &ada, "test", &[]), async {
            while bench
                .count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                .await
                == 0
            {
                pause().await;
            }
            tx.execute_unprepared("UPDATE connections SET erasures = erasures").await.unwrap();
            tx.commit().await.unwrap();
        })
    };
    let (receipt, ()) = tokio::time::timeout(TIME_MAX, both).await.unwrap();
    assert!(receipt.unwrap().is_finished());
    expect_emptied(&bench, &ada).await;
    assert!(named(&bench, TENANT, ADA).await.is_empty());

    // It was a deadlock indeed. What a server has counted is told a little later.
    let counted = async {
        while bench.count("pg_stat_database WHERE datname = current_database() AND deadlocks > 0").await == 0
        {
            pause().await;
        }
    };
    tokio::time::timeout(TIME_MAX, counted).await.unwrap();
    crowd.people.close().await;
    bench.store.close().await;
    other.close().await.unwrap();
}
