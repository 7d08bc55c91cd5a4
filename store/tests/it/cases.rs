//! What must hold on every engine.

use std::collections::HashSet;

use rows::{
    Micros, Row, Table,
    quarantine::Quarantined,
    sink::{Commit, ConnectionRecord, Shrunk, Sink, SinkError, Vanish},
};

use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::{reading::*, samples::*, support::Bench};

/// Runs each case on SQLite as a test of its own, and lists them for PostgreSQL.
macro_rules! cases {
    ($($name:ident)*) => {
        mod sqlite {
            use crate::support::Bench;
            $(
                #[tokio::test]
                async fn $name() {
                    let directory = tempfile::tempdir().unwrap();
                    let path = directory.path().join("made/on/demand.db");
                    let bench = Bench::open(&format!("sqlite://{}", path.display())).await;
                    super::$name(&bench).await;
                    bench.store.close().await;
                }
            )*
        }

        /// Every case on a database of its own, made by `url`.
        pub async fn all<F: AsyncFnMut(&'static str) -> String>(mut url: F) {
            $(
                println!("case {}", stringify!($name));
                let bench = Bench::open(&url(stringify!($name)).await).await;
                $name(&bench).await;
                bench.store.close().await;
            )*
        }
    };
}

cases! {
    a_second_identical_commit_changes_nothing
    a_changed_value_is_a_restatement
    unknown_and_zero_stay_apart
    a_key_twice_in_a_commit_counts_once
    what_was_not_seen_is_deleted_within_its_window_only
    a_shrunken_window_deletes_nothing_until_confirmed
    unseen_objects_are_marked_removed
    tombstones_delete_by_id
    an_outdated_worker_cannot_write
    what_the_database_refuses_does_not_hurt_its_group
    rows_and_ledger_are_stored_both_or_neither
    facts_are_provisional_until_settled
    quarantined_rows_are_kept_once
    payments_read_back_through_the_views
    an_account_can_be_forgotten_and_read_again
    a_ledger_of_another_shape_is_an_error
    many_rows_and_large_ids_survive
    campaigns_are_summed_over_account_days
    a_campaign_window_is_absent_until_it_was_read
    money_is_summed_by_category_and_zone
    connections_tell_their_condition
    operators_ask_through_the_database
    budgets_secrets_and_marketing_campaigns_are_kept
    old_records_are_purged
}

async fn a_second_identical_commit_changes_nothing(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows = vec![
        performance_row("120200000000000001", day(20), 24),
        performance_row("120200000000000002", day(20), 3),
        Row::AdCampaign(campaign("120200000000000001")),
    ];
    let commit = with_ledger(complete(insights("meta", epoch, rows), days(20, 20)), days(20, 20));
    let first = bench.commit(commit.clone()).await;
    assert_eq!(first.written, [(Table::AdCampaigns, 1), (Table::AdPerformanceDaily, 2)]);
    assert_eq!((first.restated, first.vanished, first.duplicates), (0, 0, 0));
    let before = bench.dump().await;
    bench.clock.set("2026-11-24T11:00:00Z");
    let second = bench.commit(commit).await;
    assert_eq!(second, rows::sink::Committed::default());
    assert_eq!(bench.dump().await, before);
}

async fn a_changed_value_is_a_restatement(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let commit = |dollars| {
        insights(
            "meta",
            epoch,
            vec![performance_row("1", day(20), dollars), performance_row("2", day(20), 5)],
        )
    };
    bench.commit(commit(1)).await;
    bench.clock.set("2026-11-24T11:00:00Z");
    let second = bench.commit(commit(2)).await;
    assert_eq!(second.written, [(Table::AdPerformanceDaily, 1)]);
    assert_eq!(second.restated, 1);
    let rows = bench
        .query("SELECT campaign_id, spend_micros, revision, CAST(observed_at AS text) AS observed_at FROM ad_performance_daily ORDER BY 1")
        .await;
    assert_eq!(rows[0]["spend_micros"], 2_000_000);
    assert_eq!(rows[0]["revision"], 1);
    assert!(rows[0]["observed_at"].as_str().unwrap().contains("11:00:00"), "{rows:?}");
    assert_eq!(rows[1]["revision"], 0);
    assert!(rows[1]["observed_at"].as_str().unwrap().contains("10:00:00"), "{rows:?}");
}

async fn unknown_and_zero_stay_apart(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut row = performance("1", day(20), 1);
    row.metrics.clicks = None;
    row.metrics.reach = Some(0);
    bench.commit(insights("meta", epoch, vec![Row::AdPerformance(row.clone())])).await;
    let stored = bench.one("SELECT * FROM ad_performance_daily").await;
    assert!(stored["clicks"].is_null());
    assert_eq!(stored["reach"], 0);
    assert!(stored["view_definition"].is_null());
    assert_eq!(stored["conversion_definition"], "purchase");
    assert_eq!(stored["currency"], "USD");
    assert_eq!(
        (&stored["connection"], &stored["provider"], &stored["tenant"]),
        (&"meta".into(), &"meta_ads".into(), &"label-a".into())
    );
    let conversions = stored["conversions"].to_string();
    assert!(conversions.trim_matches('"').starts_with("1.5"), "{conversions}");
    // From unknown to zero is a change, and back.
    row.metrics.clicks = Some(0);
    let zero = bench.commit(insights("meta", epoch, vec![Row::AdPerformance(row.clone())])).await;
    assert_eq!(zero.restated, 1);
    row.metrics.clicks = None;
    let unknown = bench.commit(insights("meta", epoch, vec![Row::AdPerformance(row)])).await;
    assert_eq!(unknown.restated, 1);
}

async fn a_key_twice_in_a_commit_counts_once(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows = vec![
        performance_row("1", day(20), 1),
        performance_row("2", day(20), 1),
        performance_row("1", day(20), 7),
    ];
    let committed = bench.commit(insights("meta", epoch, rows)).await;
    assert_eq!(committed.duplicates, 1);
    assert_eq!(committed.written, [(Table::AdPerformanceDaily, 2)]);
    let stored =
        bench.one("SELECT spend_micros, revision FROM ad_performance_daily WHERE campaign_id = '1'").await;
    assert_eq!(stored["spend_micros"], 7_000_000);
    assert_eq!(stored["revision"], 0);
}

async fn what_was_not_seen_is_deleted_within_its_window_only(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let other = bench.register("other", "meta_ads").await.epoch;
    let mut ad_set = performance("1", day(20), 1);
    ad_set.level = rows::ads::AdLevel::AdSet;
    ad_set.ad_set_id = "11".into();
    let mut rows: Vec<Row> = (18..=22)
        .flat_map(|number| ["1", "2", "3"].map(|campaign| performance_row(campaign, day(number), 1)))
        .collect();
    rows.push(Row::AdPerformance(ad_set));
    bench.commit(insights("meta", epoch, rows.clone())).await;
    bench.commit(insights("other", other, rows)).await;
    // The 19th to the 21st read anew: campaign 3 is gone.
    let again = (19..=21)
        .flat_map(|number| ["1", "2"].map(|campaign| performance_row(campaign, day(number), 1)))
        .collect();
    let committed = bench.commit(complete(insights("meta", epoch, again), days(19, 21))).await;
    assert_eq!(committed.vanished, 3);
    assert_eq!(committed.shrunk, None);
    assert_eq!(bench.count("ad_performance_daily WHERE connection = 'meta'").await, 13);
    assert_eq!(bench.count("ad_performance_daily WHERE connection = 'other'").await, 16);
    assert_eq!(
        bench.count("campaign_performance_daily WHERE connection = 'meta' AND campaign_id = '3'").await,
        2
    );
}

async fn a_shrunken_window_deletes_nothing_until_confirmed(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows = (1..=5).map(|number| performance_row(&number.to_string(), day(20), 1)).collect();
    bench.commit(insights("meta", epoch, rows)).await;
    let few = vec![performance_row("1", day(20), 9), performance_row("2", day(20), 1)];
    let reading = with_ledger(complete(insights("meta", epoch, few), days(20, 20)), days(20, 20));
    let committed = bench.commit(reading.clone()).await;
    assert_eq!(committed.shrunk, Some(Shrunk { stored: 5, seen: 2 }));
    assert_eq!((committed.vanished, committed.restated), (0, 1));
    assert_eq!(bench.count("ad_performance_daily").await, 5);
    assert_eq!(bench.count("ledger").await, 0);
    let committed = bench.commit(confirmed(reading)).await;
    assert_eq!((committed.shrunk, committed.vanished), (None, 3));
    assert_eq!(bench.count("ad_performance_daily").await, 2);
    assert_eq!(bench.count("ledger").await, 1);
    // To nothing, too.
    let nothing = complete(insights("meta", epoch, vec![]), days(20, 20));
    let committed = bench.commit(nothing.clone()).await;
    assert_eq!(committed.shrunk, Some(Shrunk { stored: 2, seen: 0 }));
    assert_eq!(bench.commit(confirmed(nothing.clone())).await.vanished, 2);
    assert_eq!(bench.commit(nothing).await.shrunk, None);
}

async fn unseen_objects_are_marked_removed(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows: Vec<Row> = ["1", "2", "3"].map(|id| Row::AdCampaign(campaign(id))).into();
    bench.commit(insights("meta", epoch, rows.clone())).await;
    let mut commit = insights("meta", epoch, rows[..2].to_vec());
    commit.vanish = Some(Vanish::Objects {
        table: Table::AdCampaigns,
        seen: rows[..2].iter().map(Row::entity).collect(),
    });
    assert_eq!(bench.commit(commit.clone()).await.vanished, 1);
    let removed = bench
        .one("SELECT campaign_id, effective_status, revision FROM ad_campaigns WHERE status = 'removed'")
        .await;
    assert_eq!(
        removed,
        serde_json::json!({"campaign_id": "3", "effective_status": "removed", "revision": 1})
    );
    let before = bench.dump().await;
    assert_eq!(bench.commit(commit).await, rows::sink::Committed::default());
    assert_eq!(bench.dump().await, before);
    // A table without a word for it.
    let mut customers = billing("meta", epoch, vec![]);
    customers.vanish = Some(Vanish::Objects { table: Table::Customers, seen: HashSet::default() });
    assert!(matches!(bench.try_commit(customers).await, Err(SinkError::Refused(_))));
}

async fn tombstones_delete_by_id(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    bench.register("stripe-2", "stripe").await;
    bench
        .commit(billing("stripe", epoch, vec![Row::Payment(payment("ch_1")), Row::Payment(payment("ch_2"))]))
        .await;
    bench.commit(billing("stripe-2", epoch, vec![Row::Payment(payment("ch_1"))])).await;
    let mut commit = billing("stripe", epoch, vec![]);
    commit.tombstones = vec![(Table::Payments, "ch_1".into()), (Table::Payments, "ch_9".into())];
    assert_eq!(bench.commit(commit).await.vanished, 1);
    assert_eq!(bench.count("payments WHERE id = 'ch_1'").await, 1);
    let mut daily = billing("stripe", epoch, vec![]);
    daily.tombstones = vec![(Table::SubscriptionMrrDaily, "sub_1".into())];
    assert!(matches!(bench.try_commit(daily).await, Err(SinkError::Refused(_))));
}

async fn an_outdated_worker_cannot_write(bench: &Bench) {
    let old = bench.register("meta", "meta_ads").await.epoch;
    let new = bench.register("meta", "meta_ads").await.epoch;
    assert_eq!(new, old + 1);
    let commit = |epoch| insights("meta", epoch, vec![performance_row("1", day(20), 1)]);
    assert_eq!(bench.try_commit(commit(old)).await, Err(SinkError::Outdated("meta".into())));
    assert_eq!(bench.count("ad_performance_daily").await, 0);
    assert_eq!(
        bench.store.reset_account("meta", old, ACCOUNT).await,
        Err(SinkError::Outdated("meta".into()))
    );
    bench.commit(commit(new)).await;
    assert_eq!(bench.count("ad_performance_daily").await, 1);
    let unknown = insights("nobody", 1, vec![]);
    assert_eq!(bench.try_commit(unknown).await, Err(SinkError::Outdated("nobody".into())));
}

/// Commits that wait together share a transaction; one that the database refuses must fail alone.
async fn what_the_database_refuses_does_not_hurt_its_group(bench: &Bench) {
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

async fn rows_and_ledger_are_stored_both_or_neither(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    spoil_quarantine(bench).await;
    let before = bench.dump().await;
    let mut commit =
        with_ledger(insights("meta", epoch, vec![performance_row("1", day(20), 1)]), days(20, 20));
    commit.quarantined = vec![poison()];
    assert!(matches!(bench.try_commit(commit.clone()).await, Err(SinkError::Refused(_))));
    assert_eq!(bench.dump().await, before);
    commit.quarantined.clear();
    bench.commit(commit.clone()).await;
    assert_eq!(bench.count("ad_performance_daily").await, 1);
    let registration = bench.register("meta", "meta_ads").await;
    assert_eq!(registration.ledgers, [commit.ledger.unwrap()]);
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

async fn facts_are_provisional_until_settled(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows: Vec<Row> = (18..=22).map(|number| performance_row("1", day(number), 1)).collect();
    bench.commit(insights("meta", epoch, rows.clone())).await;
    let provisional = "ad_performance_daily WHERE provisional";
    assert_eq!(bench.count(provisional).await, 5);
    let mut commit = with_ledger(insights("meta", epoch, rows), days(18, 22));
    commit.settled_through = Some(day(20));
    bench.commit(commit).await;
    assert_eq!(bench.count(provisional).await, 2);
    let zone = bench.one("SELECT DISTINCT time_zone FROM campaign_performance_daily").await;
    assert_eq!(zone["time_zone"], "America/Los_Angeles");
}

async fn quarantined_rows_are_kept_once(bench: &Bench) {
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

async fn payments_read_back_through_the_views(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let mut yen = payment("ch_yen");
    yen.amount.currency = rows::Currency::parse("JPY").unwrap();
    yen.amount.exponent = 0;
    yen.settled = None;
    let rows = vec![
        Row::Payment(payment("ch_1")),
        Row::Payment(yen),
        Row::LedgerEntry(ledger_entry("txn_1", "charge", 2_500, 103, "2026-11-20T08:30:00Z")),
        Row::Subscription(subscription("sub_1")),
        revenue("sub_1", day(20), 9_990_000),
    ];
    let committed = bench.commit(billing("stripe", epoch, rows)).await;
    assert_eq!(committed.written.iter().map(|(_, rows)| rows).sum::<u64>(), 5);
    let stored = bench.one("SELECT * FROM payments WHERE id = 'ch_1'").await;
    assert_eq!(stored["amount_minor"], 2_500);
    assert_eq!(stored["balance_transaction_id"], "txn_1");
    assert_eq!(stored["settle_currency"], "USD");
    assert!(stored["created_at"].as_str().unwrap().starts_with("2026-11-20T08:30:00"), "{stored}");
    let yen = bench.one("SELECT exponent, settle_currency FROM payments WHERE id = 'ch_yen'").await;
    assert_eq!(yen, serde_json::json!({"exponent": 0, "settle_currency": null}));
    let entry = bench.one("SELECT type, net_minor FROM ledger_entries").await;
    assert_eq!(entry, serde_json::json!({"type": "charge", "net_minor": 2_397}));
    let subscription = bench.one("SELECT price_ids, mrr_micros FROM subscriptions").await;
    assert_eq!(
        subscription,
        serde_json::json!({"price_ids": r#"["price_1","price_2"]"#, "mrr_micros": 9_990_000})
    );
    let revenue = bench.one("SELECT mrr_minor, exponent, provider FROM subscription_mrr_daily").await;
    assert_eq!(revenue, serde_json::json!({"mrr_minor": 999, "exponent": 2, "provider": "stripe"}));
}

async fn an_account_can_be_forgotten_and_read_again(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows = vec![performance_row("1", day(20), 1), Row::AdCampaign(campaign("1"))];
    let commit = with_ledger(insights("meta", epoch, rows), days(20, 20));
    bench.commit(commit.clone()).await;
    let mut other = commit.clone();
    other.account_id = "other".into();
    let mut row = performance("1", day(20), 1);
    row.account_id = "other".into();
    other.rows = vec![Row::AdPerformance(row)];
    other.ledger = None;
    bench.commit(other).await;
    bench.store.reset_account("meta", epoch, ACCOUNT).await.unwrap();
    assert_eq!(bench.count("ad_performance_daily").await, 1);
    assert_eq!(bench.count("ad_campaigns").await, 0);
    assert_eq!(bench.count("ledger").await, 0);
    // The ids that the writer remembered are gone with it.
    bench.commit(commit).await;
    assert_eq!(bench.count("ad_performance_daily").await, 2);
}

async fn a_ledger_of_another_shape_is_an_error(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    bench.commit(with_ledger(insights("meta", epoch, vec![]), days(20, 20))).await;
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

async fn many_rows_and_large_ids_survive(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let id = |number: u64| (u64::MAX - number).to_string();
    let rows: Vec<Row> = (0..6_543)
        .map(|number| performance_row(&id(number % 1_000), day(1 + i8::try_from(number / 1_000).unwrap()), 1))
        .collect();
    let commit: Commit = insights("meta", epoch, rows);
    let first = bench.commit(commit.clone()).await;
    assert_eq!(first.written, [(Table::AdPerformanceDaily, 6_543)]);
    assert_eq!(bench.commit(commit.clone()).await.written, []);
    let mut again = commit;
    if let Row::AdPerformance(row) = &mut again.rows[6_000] {
        row.metrics.conversions = Some(Micros(i64::MAX));
    }
    let changed = bench.commit(again).await;
    assert_eq!((changed.written, changed.restated), (vec![(Table::AdPerformanceDaily, 1)], 1));
    assert_eq!(bench.count(&format!("ad_performance_daily WHERE campaign_id = '{}'", id(0))).await, 7);
}
