//! At most one worker has a database; who comes next knows at once whether the one before is gone.

use std::{sync::Arc, time::Duration};

use rows::{
    clock::SystemClock,
    sink::{ConnectionRecord, Sink, SinkError},
};
use store::{Beat, Ending, Store, StoreError, StoreOptions, WorkerIdentity, WorkerKind};

use crate::support::Bench;

/// Far less than a heartbeat takes to expire.
const AT_ONCE: Duration = Duration::from_secs(8);

fn identity(instance: &str) -> WorkerIdentity {
    WorkerIdentity {
        instance: instance.to_owned(),
        name: "worker-1".to_owned(),
        kind: WorkerKind::Daemon,
        host: "host-a".to_owned(),
        process_id: 4711,
        version: "1.2.3".to_owned(),
    }
}

pub(crate) async fn another(bench: &Bench) -> Store {
    let clock = Arc::new(SystemClock::new());
    Store::connect(bench.url(), StoreOptions::default(), clock).await.unwrap()
}

pub(crate) async fn enter(store: &Store, instance: &str, take_over: bool) -> Result<Vec<String>, StoreError> {
    let secured = store.secure(take_over).await?;
    let before = store.enter(identity(instance), secured).await?;
    Ok(before.into_iter().map(|worker| worker.instance).collect())
}

async fn register(store: &Store) -> Result<i64, SinkError> {
    let record = ConnectionRecord {
        name: "meta".into(),
        integration: "meta_ads".into(),
        tenant: "label-a".into(),
        once_since: None,
    };
    store.register(record).await.map(|registration| registration.epoch)
}

pub async fn a_living_worker_keeps_its_database(bench: &Bench) {
    let (first, second) = (&bench.store, another(bench).await);
    assert_eq!(enter(first, "a", false).await.unwrap(), Vec::<String>::new());
    assert_eq!(register(first).await.unwrap(), 1);
    assert_eq!(first.beat().await.unwrap(), Beat::Held);
    let refused = enter(&second, "b", false).await.unwrap_err();
    let StoreError::Held(holder) = &refused else { panic!("{refused:?}") };
    assert_eq!(holder.instance, "a");
    let text = refused.to_string();
    assert!(text.starts_with("worker-1 (daemon, process 4711 on host-a, version 1.2.3, started "), "{text}");
    assert_eq!(second.holder().await.unwrap().unwrap().instance, "a");

    // Said, it is taken over, and the first can take no connection any more; it gets them back in the end.
    assert_eq!(enter(&second, "b", true).await.unwrap(), ["a"]);
    assert_eq!(register(&second).await.unwrap(), 2);
    let refused = register(first).await.unwrap_err();
    assert!(matches!(&refused, SinkError::Held { holder, .. } if holder.contains("worker-1")), "{refused:?}");
    let Beat::Displaced(Some(by)) = first.beat().await.unwrap() else { panic!("it is displaced") };
    assert_eq!(by.instance, "b");
    assert_eq!(second.beat().await.unwrap(), Beat::Held);
    second.leave(Ending::Finished).await.unwrap();
    let Beat::Back(Some(by)) = first.beat().await.unwrap() else { panic!("it has it again") };
    assert_eq!((by.instance.as_str(), by.ending), ("b", Some(Ending::Finished)));
    assert_eq!(register(first).await.unwrap(), 3);
    // Who was started first has it last.
    let last = async || {
        let last = second.last_worker().await.unwrap().unwrap();
        (last.instance, last.ending)
    };
    assert_eq!(last().await, ("a".to_owned(), None));
    assert_eq!(first.holder().await.unwrap().unwrap().instance, "a");
    first.leave(Ending::Stopped).await.unwrap();
    assert_eq!(first.holder().await.unwrap(), None);
    assert_eq!(last().await, ("a".to_owned(), Some(Ending::Stopped)));
    second.close().await;
}

/// What a killed worker leaves: a row without an end, and no lock.
pub async fn a_killed_worker_is_known_to_be_gone_at_once(bench: &Bench) {
    let first = another(bench).await;
    enter(&first, "a", false).await.unwrap();
    first.close().await;
    let clock = SystemClock::new();
    assert_eq!(bench.store.holder().await.unwrap(), None);
    assert_eq!(enter(&bench.store, "b", false).await.unwrap(), ["a"]);
    assert!(rows::Clock::elapsed(&clock) < AT_ONCE);
    let lost = bench.one("SELECT ending FROM workers WHERE instance = 'a'").await;
    assert_eq!(lost["ending"], "lost");
    bench.store.leave(Ending::Stopped).await.unwrap();
}

/// As behind a pooler: no lock tells anything, signs of life do.
pub async fn without_a_lock_signs_of_life_decide(bench: &Bench) {
    let first = another(bench).await;
    enter(&first, "a", false).await.unwrap();
    first.close().await;
    bench.execute("UPDATE workers SET locked = false").await;
    assert_eq!(bench.store.holder().await.unwrap().unwrap().instance, "a", "it may live");
    // It is heard of again while somebody waits: alive.
    let later = if bench.backend() == sea_orm::DbBackend::Postgres {
        "UPDATE workers SET heartbeat_at = clock_timestamp()"
    } else {
        "UPDATE workers SET heartbeat_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
    };
    let beats = async {
        rows::Clock::sleep(&SystemClock::new(), Duration::from_secs(1)).await;
        bench.execute(later).await;
    };
    let (refused, ()) = futures::join!(enter(&bench.store, "b", false), beats);
    assert!(matches!(refused, Err(StoreError::Held(_))), "{refused:?}");
    // Silent for long enough: dead.
    bench.execute("UPDATE workers SET heartbeat_at = '2026-01-01T00:00:00+00:00'").await;
    assert_eq!(bench.store.holder().await.unwrap(), None);
    assert_eq!(enter(&bench.store, "b", false).await.unwrap(), ["a"]);
    bench.store.leave(Ending::Stopped).await.unwrap();
}

pub async fn a_sign_of_life_is_written(bench: &Bench) {
    enter(&bench.store, "a", false).await.unwrap();
    let before = bench.store.holder().await.unwrap().unwrap().heartbeat_at;
    rows::Clock::sleep(&SystemClock::new(), Duration::from_millis(20)).await;
    assert_eq!(bench.store.beat().await.unwrap(), Beat::Held);
    assert!(bench.store.holder().await.unwrap().unwrap().heartbeat_at > before);
    bench.store.leave(Ending::Stopped).await.unwrap();
}

/// Both have looked before either has entered.
pub async fn of_two_that_start_together_one_enters(bench: &Bench) {
    let second = another(bench).await;
    let (ours, theirs) = (bench.store.secure(true).await.unwrap(), second.secure(true).await.unwrap());
    bench.store.enter(identity("a"), ours).await.unwrap();
    let late = second.enter(identity("b"), theirs).await;
    assert!(matches!(&late, Err(StoreError::Held(holder)) if holder.instance == "a"), "{late:?}");
    bench.store.leave(Ending::Stopped).await.unwrap();
    second.close().await;
}
