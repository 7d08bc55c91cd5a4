//! Cases about rows and their values.

use rows::{Micros, Row, Table, sink::Commit};

use crate::{samples::*, support::Bench};

pub async fn a_second_identical_commit_changes_nothing(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows = vec![
        performance_row("120200000000000001", day(20), 24),
        performance_row("120200000000000002", day(20), 3),
        Row::AdCampaign(campaign("120200000000000001")),
    ];
    let commit = with_checkpoint(complete(insights("meta", epoch, rows), days(20, 20)), days(20, 20));
    let first = bench.commit(commit.clone()).await;
    assert_eq!(first.written, [(Table::AdCampaigns, 1), (Table::AdPerformanceDaily, 2)]);
    assert_eq!((first.restated, first.vanished, first.duplicates), (0, 0, 0));
    let before = bench.dump().await;
    bench.clock.set("2026-11-24T11:00:00Z");
    let second = bench.commit(commit).await;
    assert_eq!(second, rows::sink::Committed::default());
    assert_eq!(bench.dump().await, before);
}

pub async fn a_changed_value_is_a_restatement(bench: &Bench) {
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

pub async fn unknown_and_zero_stay_apart(bench: &Bench) {
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

pub async fn a_key_twice_in_a_commit_counts_once(bench: &Bench) {
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

pub async fn facts_are_provisional_until_settled(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows: Vec<Row> = (18..=22).map(|number| performance_row("1", day(number), 1)).collect();
    bench.commit(insights("meta", epoch, rows.clone())).await;
    let provisional = "ad_performance_daily WHERE provisional";
    assert_eq!(bench.count(provisional).await, 5);
    let mut commit = with_checkpoint(insights("meta", epoch, rows), days(18, 22));
    commit.settled_through = Some(day(20));
    bench.commit(commit).await;
    assert_eq!(bench.count(provisional).await, 2);
    let zone = bench.one("SELECT DISTINCT time_zone FROM campaign_performance_daily").await;
    assert_eq!(zone["time_zone"], "America/Los_Angeles");
}

pub async fn payments_read_back_through_the_views(bench: &Bench) {
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

pub async fn many_rows_and_large_ids_survive(bench: &Bench) {
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

/// The writer goes by what the page before was like. Pages of every kind after pages of every kind:
pub async fn what_the_page_before_was_like_changes_no_outcome(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    // Each page: campaigns from..to, of which those below `changed` cost something new; then rows written, and of them restated.
    let pages = [
        (0..400, 0, 400, 0),
        (300..700, 0, 300, 0),
        (0..700, 0, 0, 0),
        (0..705, 10, 15, 10),
        (0..705, 10, 705, 705),
        (0..705, 705, 705, 705),
        (0..705, 0, 0, 0),
    ];
    let mut dollars = vec![1; 705];
    for (number, (campaigns, changed, written, restated)) in pages.into_iter().enumerate() {
        let everything = number == 4;
        for campaign in campaigns.clone().filter(|campaign| everything || *campaign < changed) {
            dollars[campaign] += 1;
        }
        let rows =
            campaigns.map(|campaign| performance_row(&campaign.to_string(), day(20), dollars[campaign]));
        let committed = bench.commit(insights("meta", epoch, rows.collect())).await;
        let rows_written: u64 = committed.written.iter().map(|(_, rows)| *rows).sum();
        assert_eq!((rows_written, committed.restated), (written, restated), "page {number}");
    }
    assert_eq!(bench.count("ad_performance_daily WHERE revision = 3").await, 10);
    assert_eq!(bench.count("ad_performance_daily WHERE revision = 2").await, 695);
    let spent =
        bench.one("SELECT CAST(sum(spend_micros) AS bigint) AS spent FROM ad_performance_daily").await;
    assert_eq!(spent["spent"], dollars.iter().sum::<i64>() * 1_000_000);
}

/// The same for pages of objects, which go the shortest way there is when they are as expected; and their checkpoint is never
/// ahead of them.
pub async fn what_the_page_before_was_like_changes_no_outcome_for_objects(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    // As above: payments from..to, of which those below `changed` have a new amount; then rows written, and of them restated.
    let pages = [
        (0..40, 0, 40, 0),
        (40..80, 0, 40, 0),
        (70..110, 0, 30, 0),
        (0..0, 0, 0, 0),
        (0..110, 0, 0, 0),
        (0..110, 0, 0, 0),
        (0..120, 5, 15, 5),
        (0..120, 120, 120, 120),
        (0..120, 120, 120, 120),
        (110..160, 0, 40, 0),
        (160..200, 0, 40, 0),
        (0..50, 50, 50, 50),
    ];
    let mut amounts = vec![1; 200];
    for (number, (payments, changed, written, restated)) in pages.into_iter().enumerate() {
        for payment in payments.clone().filter(|payment| *payment < changed) {
            amounts[payment] += 1;
        }
        let token = format!("after page {number}");
        let page = feed_page(epoch, payments.map(|payment| (payment, amounts[payment])), &token);
        let committed = bench.commit(page).await;
        let rows_written: u64 = committed.written.iter().map(|(_, rows)| *rows).sum();
        assert_eq!((rows_written, committed.restated), (written, restated), "page {number}");
        let memory = bench.one("SELECT memory FROM ledger").await;
        assert!(memory["memory"].as_str().unwrap().contains(&token), "{memory}");
    }
    let sum = bench.one("SELECT CAST(sum(amount_minor) AS bigint) AS sum FROM payments").await;
    assert_eq!(sum["sum"], amounts.iter().sum::<i64>());
    assert_eq!(bench.count("payments WHERE revision = 4").await, 5);
}
