//! Cases about what is not stored, or stored aside.

use rows::{
    quarantine::Quarantined,
    sink::{ConnectionRecord, Sink, SinkError},
};
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::{samples::*, support::Bench};

pub async fn an_outdated_worker_cannot_write(bench: &Bench) {
    let old = bench.register("meta", "meta_ads").await.epoch;
    let new = bench.register("meta", "meta_ads").await.epoch;
    assert_eq!(new, old + 1);
    let commit = |epoch| insights("meta", epoch, vec![performance_row("1", day(20), 1)]);
    assert_eq!(bench.try_commit(commit(old)).await, Err(SinkError::Outdated("meta".into())));
    assert_eq!(bench.count("ad_performance_daily").await, 0);
    assert_eq!(
        bench.store.reset_account("meta", old, ACCOUNT, Vec::new()).await,
        Err(SinkError::Outdated("meta".into()))
    );
    bench.commit(commit(new)).await;
    assert_eq!(bench.count("ad_performance_daily").await, 1);
    let unknown = insights("nobody", 1, vec![]);
    assert_eq!(bench.try_commit(unknown).await, Err(SinkError::Outdated("nobody".into())));
}

/// Commits that wait together share a transaction; one that the database refuses must fail alone.
pub async fn what_the_database_refuses_does_not_hurt_its_group(bench: &Bench) {
    let mut commits = Vec::new();
    for number in 0..20 {
        let name = format!("meta-{number}");
        let epoch = bench.register(&name, "meta_ads").await.epoch;
        let mut commit = insights(&name, epoch, vec![performance_row("1", day(20), 1)]);
        if number == 7 {
            commit.quarantined = vec![poison()];
        }
        commits.push(commit);
    }
    spoil_quarantine(bench).await;
    let results = futures::future::join_all(commits.into_iter().map(|commit| bench.try_commit(commit))).await;
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result.is_err(), number == 7, "{number}: {result:?}");
    }
    assert!(matches!(&results[7], Err(SinkError::Refused(_))), "{:?}", results[7]);
    assert_eq!(bench.count("ad_performance_daily").await, 19);
    // Ids that the failed transaction had given are not used after it.
    let commit = insights("meta-7", 1, vec![performance_row("1", day(20), 1)]);
    bench.commit(commit).await;
    assert_eq!(bench.count("ad_performance_daily").await, 20);
}

pub async fn rows_and_checkpoint_are_stored_both_or_neither(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    spoil_quarantine(bench).await;
    let before = bench.dump().await;
    let mut commit =
        with_checkpoint(insights("meta", epoch, vec![performance_row("1", day(20), 1)]), days(20, 20));
    commit.quarantined = vec![poison()];
    assert!(matches!(bench.try_commit(commit.clone()).await, Err(SinkError::Refused(_))));
    assert_eq!(bench.dump().await, before);
    commit.quarantined.clear();
    bench.commit(commit.clone()).await;
    assert_eq!(bench.count("ad_performance_daily").await, 1);
    let registration = bench.register("meta", "meta_ads").await;
    assert_eq!(registration.checkpoints, [commit.checkpoint.unwrap()]);
}

fn poison() -> Quarantined {
    Quarantined {
        reason: "malformed",
        detail: "poison".into(),
        place: "page 1, row 3".into(),
        hash: "00".into(),
        fields: vec![("id", "1".into())],
        day: None,
    }
}

/// From now on the database itself refuses a quarantined row that is called poison.
async fn spoil_quarantine(bench: &Bench) {
    let sql = match bench.backend() {
        sea_orm::DbBackend::Postgres => vec!["ALTER TABLE quarantined_rows ADD CHECK (detail <> 'poison')"],
        _ => vec![
            "PRAGMA query_only = OFF",
            "CREATE TRIGGER spoiled BEFORE INSERT ON quarantined_rows WHEN NEW.detail = 'poison' \
             BEGIN SELECT RAISE(ABORT, 'poison'); END",
        ],
    };
    let tx = bench.store.reader().begin().await.unwrap();
    for statement in sql {
        tx.execute_unprepared(statement).await.unwrap();
    }
    tx.commit().await.unwrap();
}

pub async fn quarantined_rows_are_kept_once(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut commit = insights("meta", epoch, vec![]);
    commit.quarantined = vec![poison()];
    bench.commit(commit.clone()).await;
    bench.clock.set("2026-11-24T11:00:00Z");
    bench.commit(commit).await;
    let row = bench.one("SELECT * FROM quarantined_rows").await;
    assert_eq!(row["occurrences"], 2);
    assert_eq!(row["fields"], r#"{"id":"1"}"#);
    assert!(row["last_seen_at"].as_str().unwrap().contains("11:00:00"), "{row}");
    assert!(row["first_seen_at"].as_str().unwrap().contains("10:00:00"), "{row}");
}

pub async fn a_checkpoint_of_another_shape_is_an_error(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    bench.commit(with_checkpoint(insights("meta", epoch, vec![]), days(20, 20))).await;
    let record = |integration: &str| ConnectionRecord {
        name: "meta".into(),
        integration: integration.into(),
        tenant: "label-a".into(),
        once_since: None,
    };
    let other = bench.store.register(record("tiktok_ads")).await;
    assert!(matches!(&other, Err(SinkError::Refused(text)) if text.contains("another name")), "{other:?}");
    let tx = bench.store.reader().begin().await.unwrap();
    if bench.backend() == sea_orm::DbBackend::Sqlite {
        tx.execute_unprepared("PRAGMA query_only = OFF").await.unwrap();
    }
    tx.execute_unprepared("UPDATE ledger SET memory = '{\"kind\":\"future\"}'").await.unwrap();
    tx.commit().await.unwrap();
    let unreadable = bench.store.register(record("meta_ads")).await;
    assert!(
        matches!(&unreadable, Err(SinkError::Refused(text)) if text.contains("\"insights\"")),
        "{unreadable:?}"
    );
}

/// The same for pages of objects and for checkpoints alone, which may go a shorter way once the connection is known.
pub async fn an_outdated_worker_cannot_write_objects(bench: &Bench) {
    let page = |epoch, payments: std::ops::Range<usize>, amount| {
        feed_page(epoch, payments.map(move |number| (number, amount)), &format!("after {amount}"))
    };
    let old = bench.register("stripe", "stripe").await.epoch;
    bench.commit(page(old, 0..10, 1)).await;
    let new = bench.register("stripe", "stripe").await.epoch;
    let before = bench.dump().await;
    // New rows, changed ones and unchanged ones, and none, as is expected of them or not.
    for (payments, amount) in [(10..20, 2), (0..10, 2), (0..10, 1), (0..0, 2)] {
        let outdated = Err(SinkError::Outdated("stripe".into()));
        assert_eq!(bench.try_commit(page(old, payments, amount)).await, outdated);
    }
    assert_eq!(bench.dump().await, before);
    bench.commit(page(new, 0..20, 2)).await;
    assert_eq!(bench.count("payments WHERE amount_minor = 2").await, 20);
}
