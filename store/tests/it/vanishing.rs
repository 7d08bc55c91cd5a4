//! Cases about what is not there any more.

use std::collections::HashSet;

use rows::{
    Row, Table,
    sink::{Shrunk, Sink, SinkError, Vanish},
};

use crate::{samples::*, support::Bench};

pub async fn what_was_not_seen_is_deleted_within_its_window_only(bench: &Bench) {
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
    let mut neighbour = performance("3", day(20), 1);
    neighbour.account_id = "neighbour".into();
    let mut commit = insights("meta", epoch, vec![Row::AdPerformance(neighbour)]);
    commit.account_id = "neighbour".into();
    bench.commit(commit).await;
    // The 19th to the 21st read anew: campaign 3 is gone.
    let again = (19..=21)
        .flat_map(|number| ["1", "2"].map(|campaign| performance_row(campaign, day(number), 1)))
        .collect();
    let committed = bench.commit(complete(insights("meta", epoch, again), days(19, 21))).await;
    assert_eq!(committed.vanished, 3);
    assert_eq!(committed.shrunk, None);
    assert_eq!(bench.count("ad_performance_daily WHERE connection = 'meta'").await, 14);
    assert_eq!(bench.count("ad_performance_daily WHERE connection = 'other'").await, 16);
    assert_eq!(
        bench
            .count("campaign_performance_daily WHERE connection = 'meta' AND campaign_id = '3' AND account_id <> 'neighbour'")
            .await,
        2
    );
}

pub async fn a_shrunken_window_deletes_nothing_until_confirmed(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows = (1..=5).map(|number| performance_row(&number.to_string(), day(20), 1)).collect();
    bench.commit(insights("meta", epoch, rows)).await;
    let few = vec![performance_row("1", day(20), 9), performance_row("2", day(20), 1)];
    let reading = with_checkpoint(complete(insights("meta", epoch, few), days(20, 20)), days(20, 20));
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

pub async fn unseen_objects_are_marked_removed(bench: &Bench) {
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

pub async fn tombstones_delete_by_id(bench: &Bench) {
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

pub async fn an_account_can_be_forgotten_and_read_again(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows = vec![performance_row("1", day(20), 1), Row::AdCampaign(campaign("1"))];
    let commit = with_checkpoint(insights("meta", epoch, rows), days(20, 20));
    bench.commit(commit.clone()).await;
    let mut other = commit.clone();
    other.account_id = "other".into();
    let mut row = performance("1", day(20), 1);
    row.account_id = "other".into();
    other.rows = vec![Row::AdPerformance(row)];
    other.checkpoint = None;
    bench.commit(other).await;
    bench.store.reset_account("meta", epoch, ACCOUNT, Vec::new()).await.unwrap();
    assert_eq!(bench.count("ad_performance_daily").await, 1);
    assert_eq!(bench.count("ad_campaigns").await, 0);
    assert_eq!(bench.count("ledger").await, 0);
    // The ids that the writer remembered are gone with it.
    bench.commit(commit).await;
    assert_eq!(bench.count("ad_performance_daily").await, 2);
}

/// Also where a page that is mostly unchanged is known by its digests.
pub async fn what_was_marked_removed_comes_back_as_it_was(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows: Vec<Row> = ["1", "2", "3"].map(|id| Row::AdCampaign(campaign(id))).into();
    let whole = insights("meta", epoch, rows.clone());
    bench.commit(whole.clone()).await;
    assert_eq!(bench.commit(whole.clone()).await, rows::sink::Committed::default());
    let mut fewer = insights("meta", epoch, rows[..2].to_vec());
    let seen = rows[..2].iter().map(Row::entity).collect();
    fewer.vanish = Some(Vanish::Objects { table: Table::AdCampaigns, seen });
    assert_eq!(bench.commit(fewer).await.vanished, 1);
    assert_eq!(bench.commit(whole.clone()).await.restated, 1);
    assert_eq!(bench.count("ad_campaigns WHERE status = 'removed'").await, 0);
    assert_eq!(bench.commit(whole).await, rows::sink::Committed::default());
}
