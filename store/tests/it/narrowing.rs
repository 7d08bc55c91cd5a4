//! Cases about rows that the database itself refuses.

use rows::{
    Row, Table,
    payments::Product,
    sink::{Committed, Shrunk, SinkError},
};
use sea_orm::DbBackend;

use crate::{
    samples::*,
    support::{Bench, at},
};

/// From now on the database refuses rows of this table of which that is true.
async fn spoil(bench: &Bench, table: &str, column: &str, condition: &str) {
    let sql = if bench.backend() == DbBackend::Postgres {
        format!("ALTER TABLE {table} ADD CHECK (NOT ({column} {condition}))")
    } else {
        format!(
            "CREATE TRIGGER spoiled_{table} BEFORE INSERT ON {table} WHEN NEW.{column} {condition} \
             BEGIN SELECT RAISE(ABORT, 'spoiled'); END"
        )
    };
    bench.execute(&sql).await;
}

fn product(id: &str, name: &str) -> Row {
    Row::Product(Product {
        id: id.into(),
        name: Some(name.into()),
        active: Some(true),
        default_price_id: None,
        created_at: at("2026-11-20T08:30:00Z"),
        updated_at: None,
        livemode: true,
    })
}

/// Of a feed, on its shortest way (the connection is known), of a window, and beside others in a group.
pub async fn rows_that_the_database_refuses_are_set_aside_alone(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    bench.commit(feed_page(epoch, (0..1).map(|number| (number, 1)), "1")).await;
    spoil(bench, "payment_rows", "amount_minor", "IN (13, 14)").await;
    spoil(bench, "product_rows", "name", "= 'poison'").await;
    let mut page = feed_page(epoch, (0..40).map(|number| (number, i64::try_from(number).unwrap())), "2");
    page.rows.push(product("prod_1", "poison"));
    page.rows.push(product("prod_2", "album"));
    let others = (0..5).map(async |number| {
        let name = format!("meta-{number}");
        let epoch = bench.register(&name, "meta_ads").await.epoch;
        bench.commit(insights(&name, epoch, vec![performance_row("1", day(20), 1)])).await
    });
    let (committed, _) = futures::join!(bench.commit(page.clone()), futures::future::join_all(others));
    assert_eq!(committed.set_aside, ["refused"; 3]);
    // Number 0 was there with another amount.
    assert_eq!(committed.written, [(Table::Payments, 38), (Table::Products, 1)]);
    assert_eq!(bench.count("payments").await, 38);
    assert_eq!(bench.count("payments WHERE amount_minor IN (13, 14)").await, 0);
    assert_eq!(bench.count("ad_performance_daily").await, 5);
    let registration = bench.register("stripe", "stripe").await;
    assert_eq!(registration.checkpoints, [page.checkpoint.clone().unwrap()]);
    // The same once more, by the next worker: the same rows are aside, each once.
    page.epoch = registration.epoch;
    let committed = bench.commit(page).await;
    assert_eq!((committed.written, committed.set_aside), (vec![], vec!["refused"; 3]));
    let aside = bench.query("SELECT reason, detail, stream, occurrences, fields FROM quarantined_rows").await;
    assert_eq!(aside.len(), 3, "{aside:?}");
    for row in aside {
        assert_eq!((&row["reason"], &row["occurrences"]), (&"refused".into(), &2.into()));
        let detail = row["detail"].as_str().unwrap();
        assert!(detail.contains("spoiled") || detail.contains("SQLSTATE 23514"), "{row}");
    }
}

pub async fn a_page_of_nothing_but_refused_rows_is_done(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    spoil(bench, "payment_rows", "amount_minor", "> 0").await;
    let page = feed_page(epoch, (0..300).map(|number| (number, 1)), "1");
    let committed = bench.commit(page.clone()).await;
    assert_eq!(committed.set_aside.len(), 300);
    assert_eq!((bench.count("payments").await, bench.count("quarantined_rows").await), (0, 300));
    assert_eq!(bench.register("stripe", "stripe").await.checkpoints, [page.checkpoint.unwrap()]);
}

/// Such a database does not refuse rows: it is broken, and no row is given up for that.
pub async fn narrowing_ends_and_keeps_nothing_when_a_database_refuses_everything(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    spoil(bench, "payment_rows", "amount_minor", "> 0").await;
    let before = bench.dump().await;
    let count = store::limits::NARROWING_TRIES_MAX / 2 + 2;
    let page = feed_page(epoch, (0..count).map(|number| (number, 1)), "1");
    assert!(matches!(bench.try_commit(page).await, Err(SinkError::Refused(_))));
    assert_eq!(bench.dump().await, before);
}

pub async fn what_was_refused_counts_as_seen(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let row = |campaign: &str, dollars| performance_row(campaign, day(20), dollars);
    let window = |rows| with_checkpoint(complete(insights("meta", epoch, rows), days(20, 20)), days(20, 20));
    bench.commit(window(vec![row("1", 1), row("2", 1), row("3", 1)])).await;
    // What it held before stays, where the row was there.
    spoil_updates(bench).await;
    let committed = bench.commit(window(vec![row("1", 1), row("2", 13), row("3", 1)])).await;
    assert_eq!((committed.set_aside, committed.vanished), (vec!["refused"], 0));
    assert_eq!(bench.count("ad_performance_daily WHERE spend_micros = 1000000").await, 3);
    // As many rows are stored as were seen, and still one of them has vanished: of two pages, the first one's row was refused.
    let mut first = insights("meta", epoch, vec![row("1", 1), row("4", 13)]);
    first.checkpoint = None;
    assert_eq!(bench.commit(first.clone()).await.set_aside, ["refused"]);
    let mut last = window([first.rows, vec![row("2", 1)]].concat());
    last.rows = vec![row("2", 1)];
    let committed = bench.commit(last).await;
    assert_eq!((committed.vanished, committed.shrunk), (1, None::<Shrunk>));
    assert_eq!(bench.count("ad_performance_daily WHERE campaign_id = '3'").await, 0);
    assert_eq!(bench.count("ad_performance_daily").await, 2);
}

async fn spoil_updates(bench: &Bench) {
    spoil(bench, "ad_performance_rows", "spend_micros", "= 13000000").await;
    if bench.backend() == DbBackend::Sqlite {
        bench
            .execute(
                "CREATE TRIGGER spoiled_updates BEFORE UPDATE ON ad_performance_rows \
                 WHEN NEW.spend_micros = 13000000 BEGIN SELECT RAISE(ABORT, 'spoiled'); END",
            )
            .await;
    }
}

/// A table that is not there is no fault of a row: none is set aside, and nothing is stored.
pub async fn what_is_no_fault_of_a_row_sets_none_aside(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    bench.commit(feed_page(epoch, (0..1).map(|number| (number, 1)), "1")).await;
    bench.execute("ALTER TABLE payment_rows RENAME TO payment_rows_away").await;
    let page = feed_page(epoch, (0..5).map(|number| (number, 2)), "2");
    assert!(matches!(bench.try_commit(page.clone()).await, Err(SinkError::Refused(_))));
    assert_eq!(bench.count("quarantined_rows").await, 0);
    bench.execute("ALTER TABLE payment_rows_away RENAME TO payment_rows").await;
    assert_eq!(
        bench.commit(page).await,
        Committed { restated: 1, written: vec![(Table::Payments, 5)], ..Committed::default() }
    );
}
