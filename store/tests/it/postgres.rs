//! The same cases on PostgreSQL, and what only a server can do to us.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rows::{Clock, sink::SinkError};
use store::{Store, StoreError, StoreOptions};

use crate::{
    cases,
    postgres_server::{PASSWORD, Server, run},
    samples::{campaign, day, insights, performance_row},
    support::{Bench, TestClock},
};

/// How long the server stays away.
const AWAY: Duration = Duration::from_millis(300);

#[tokio::test]
async fn every_case_holds() {
    let server = Server::start();
    Box::pin(cases::all(async |name| server.database(name).await)).await;
}

/// `check` says so before `run` fails.
#[tokio::test]
async fn who_may_only_read_is_told_before_anything_is_written() {
    use sea_orm::ConnectionTrait;
    let server = Server::start();
    let url = server.database("guarded").await;
    let clock = || std::sync::Arc::new(TestClock::at("2026-11-24T10:00:00Z"));
    let open = async |url: &str| Store::connect(url, StoreOptions::default(), clock()).await.unwrap();
    let owner = open(&url).await;
    owner.try_writing().await.unwrap();
    owner.migrate_up().await.unwrap();
    owner.try_writing().await.unwrap();
    let grants = format!(
        "CREATE ROLE looker LOGIN PASSWORD '{PASSWORD}'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker"
    );
    owner.reader().execute_unprepared(&grants).await.unwrap();
    let (scheme, rest) = url.split_once("://").unwrap();
    let looker = open(&format!("{scheme}://looker:{}", rest.split_once(':').unwrap().1)).await;
    let error = looker.try_writing().await.unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
    // Whoever pauses a connection is told what to do, and not where in the server's source it was refused.
    let refused = looker.set_paused("meta", true).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Forbidden(_)), "{refused:?}");
    let said = refused.to_string();
    assert!(
        said.contains("permission denied for table connections. Grant it") && !said.contains("line"),
        "{said}"
    );
    let (server, name) = url.rsplit_once('/').unwrap();
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    open(&format!("{server}/postgres")).await.reader().execute_unprepared(&read_only).await.unwrap();
    let refused = open(&url).await.set_paused("meta", true).await.unwrap_err();
    assert!(matches!(&refused, StoreError::ReadOnly(text) if text.contains("read-only")), "{refused:?}");
}

#[tokio::test]
async fn a_restart_of_the_server_loses_and_doubles_nothing() {
    let server = Server::start();
    let bench = Bench::open(&server.database("restarted").await).await;
    let over = AtomicBool::new(false);
    let mut epochs = Vec::new();
    for number in 0..8 {
        let name = format!("meta-{number}");
        epochs.push((bench.register(&name, "meta_ads").await.epoch, name));
    }
    // Each connection commits page after page while the server goes down and up twice, and once more after it.
    let storing = futures::future::join_all(epochs.iter().map(async |(epoch, name)| {
        let (mut pages, mut longest) = (0, Duration::ZERO);
        loop {
            let last = over.load(Ordering::Relaxed);
            let row = |campaign: u32| performance_row(&format!("{pages}-{campaign}"), day(20), 1);
            let began_at = bench.clock.elapsed();
            bench.commit(insights(name, *epoch, (0..10).map(row).collect())).await;
            longest = longest.max(bench.clock.elapsed().saturating_sub(began_at));
            pages += 1;
            if last {
                return (pages, longest);
            }
        }
    }));
    let restarting = async {
        for _ in 0..2 {
            let (stop, start) = (server.command("stop"), server.command("start"));
            tokio::task::spawn_blocking(move || {
                run(stop);
                #[expect(clippy::disallowed_methods, reason = "the server is away for real time")]
                std::thread::sleep(AWAY);
                run(start);
            })
            .await
            .unwrap();
        }
        over.store(true, Ordering::Relaxed);
    };
    let (stored, ()) = futures::join!(storing, restarting);
    let pages: i64 = stored.iter().map(|(pages, _)| pages).sum();
    assert!(stored.iter().all(|(_, longest)| *longest >= AWAY), "{stored:?}");
    assert_eq!(bench.count("ad_performance_daily").await, pages * 10);
    assert_eq!(bench.count("ad_performance_daily WHERE revision > 0").await, 0);
    bench.store.close().await;
    let late = bench.try_commit(insights("meta-0", 1, vec![])).await;
    assert!(matches!(late, Err(SinkError::Unavailable(_))), "{late:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_server_is_said_without_the_password() {
    let server = Server::start();
    let right = server.database("there").await;
    let open = async |url: &str| {
        let clock = std::sync::Arc::new(TestClock::at("2026-11-24T10:00:00Z"));
        Store::connect(url, StoreOptions::default(), clock).await.err().unwrap()
    };
    let missing = open(&server.url("missing")).await;
    assert!(matches!(missing, StoreError::NoDatabase { .. }), "{missing:?}");
    let wrong = open(&right.replace(PASSWORD, "hunter2-wrong")).await;
    assert!(matches!(wrong, StoreError::Login { .. }), "{wrong:?}");
    let port = server.port;
    drop(server);
    let away = open(&right).await;
    assert!(
        matches!(&away, StoreError::Away { server, .. } if server.contains(&port.to_string())),
        "{away:?}"
    );
    for error in [missing, wrong, away] {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(PASSWORD) && !text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn two_processes_may_migrate_at_once() {
    let server = Server::start();
    let url = server.database("raced").await;
    let open = async || {
        let clock = std::sync::Arc::new(TestClock::at("2026-11-24T10:00:00Z"));
        Store::connect(&url, StoreOptions::default(), clock).await.unwrap()
    };
    let (one, other) = (open().await, open().await);
    assert!(one.migration_status().await.unwrap().iter().all(|step| !step.applied));
    let (first, second) = futures::join!(one.migrate_up(), other.migrate_up());
    first.unwrap();
    second.unwrap();
    assert!(other.migration_status().await.unwrap().iter().all(|step| step.applied));
}

/// Keys that an older program stored whole, because they could be compressed, are found again under their short form.
#[tokio::test]
async fn long_keys_of_an_older_program_are_the_same_rows() {
    let server = Server::start();
    let bench = Bench::open(&server.database("older").await).await;
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let long = "spring ".repeat(1_000);
    let rows = vec![
        rows::Row::AdCampaign(campaign(&long)),
        performance_row(&long, day(20), 1),
        performance_row("1", day(20), 1),
    ];
    let commit = insights("meta", epoch, rows);
    bench.commit(commit.clone()).await;
    let before = bench.dump().await;
    // As the schema was before step 7.
    let whole = |table: &str| {
        format!("UPDATE {table} t SET campaign_id = k.whole FROM long_texts k WHERE k.key = t.campaign_id")
    };
    for sql in [
        &*whole("ad_campaign_rows"),
        &whole("ad_entities"),
        "DROP VIEW web_analytics_daily, web_conversions_daily",
        "DROP TABLE long_texts",
        "CREATE VIEW web_analytics_daily AS SELECT 1",
        "CREATE VIEW web_conversions_daily AS SELECT 1",
        "DELETE FROM seaql_migrations WHERE version LIKE 'm20261128_000007%'",
    ] {
        bench.execute(sql).await;
    }
    assert_eq!(bench.count(&format!("ad_campaign_rows WHERE campaign_id = '{long}'")).await, 1);
    bench.store.migrate_up().await.unwrap();
    assert_eq!(bench.dump().await, before);
    assert_eq!(bench.again().await.commit(commit).await, rows::sink::Committed::default());
    assert_eq!(bench.dump().await, before);
    bench.store.close().await;
}

#[tokio::test]
async fn unchanged_rows_of_an_old_database_are_not_restated() {
    let server = Server::start();
    let url = server.database("old").await;
    crate::upgrading::unchanged_rows_of_an_old_database_are_not_restated(&url).await;
}

#[tokio::test]
async fn an_erasure_outlives_a_deadlock() {
    let server = Server::start();
    crate::erasing::an_erasure_outlives_a_deadlock(&server.database("crossed").await).await;
}

/// A key store on a server: keys are made once, sealed again, and a destroyed one is in no file of the table any more.
#[tokio::test]
async fn data_keys_can_be_kept_on_a_server() {
    use store::{
        Access,
        cipher::{Keyring, generate_key},
        people::{Journal, KeyStore, People, PeopleError, PersonForm, Tenant},
    };
    let server = Server::start();
    let bench = Bench::open(&server.database("worker").await).await;
    let place = server.database("keys").await;
    let (old, new) = (generate_key().unwrap(), generate_key().unwrap());
    let ring = |lines: &[&str]| Keyring::parse(&lines.join("\n")).unwrap();
    bench.store.use_keys(Some(ring(&[&old])));
    let tenant = Tenant { id: "a".into(), name: "A".into(), data_region: None, time_zone: None };
    bench.store.sync_tenants(&[tenant]).await.unwrap();
    let open = async || KeyStore::open(&place, Access::Make).await.unwrap();
    let beside = server.database("erasures").await;
    let journal = async || Journal::open(&beside, Access::Make).await.unwrap();
    let people = People::open(&bench.store, open().await, journal().await).unwrap();
    let form = |text: &str| PersonForm::read(text.as_bytes()).unwrap();
    let id = people.add("a", form(r#"{"name":"Ada","birth_date":"1990-12-10"}"#)).await.unwrap();
    people.close().await;
    let keys = open().await;
    assert!(!keys.location().contains(PASSWORD));
    assert_eq!(keys.rotate(&ring(&[&new, &old])).await.unwrap().sealed, 2);
    keys.close().await;
    bench.store.use_keys(Some(ring(&[&new])));
    let people = People::open(&bench.store, open().await, journal().await).unwrap();
    assert_eq!(people.show("a", &id).await.unwrap().name.unwrap().reveal(), "Ada");
    let young =
        people.rectify("a", &id, form(r#"{"birth_date":"2020-01-01"}"#), "test", &[]).await.unwrap_err();
    assert!(matches!(young, PeopleError::FoundUnderAge(_)), "{young}");
    people.close().await;
    let at = sea_orm::Database::connect(&place).await.unwrap();
    let count = sea_orm::Statement::from_string(
        sea_orm::DbBackend::Postgres,
        "SELECT count(*) AS n FROM data_keys WHERE name LIKE 'user/%'",
    );
    let row = sea_orm::ConnectionTrait::query_one_raw(&at, count).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "n").unwrap(), 0);
    at.close().await.unwrap();
}
