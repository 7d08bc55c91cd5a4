//! Cases about the registry of tables: what it says of a table holds where the rows are stored.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rows::{
    Row, Table,
    sink::{Commit, Committed, Shrunk, Sink, SinkError, Vanish},
    table::{Description, Kind},
};

use crate::{
    kinds::every_kind,
    samples::{ACCOUNT, confirmed, days, revenue},
    support::Bench,
};

fn commit(epoch: i64, rows: Vec<Row>) -> Commit {
    Commit {
        connection: "all".into(),
        integration: "deezer".into(),
        epoch,
        stream: "numbers".into(),
        account_id: ACCOUNT.into(),
        rows,
        ..Commit::default()
    }
}

/// Daily rows of every kind, each known by `id`.
fn daily(id: &str) -> Vec<Row> {
    every_kind(id).into_iter().filter(|row| row.day().is_some()).collect()
}

/// What these rows show of the 20th is all there is in these tables.
fn whole_day(mut commit: Commit, tables: &[Table]) -> Commit {
    let mut seen: BTreeMap<Table, _> = BTreeMap::new();
    for table in tables {
        let rows = commit.rows.iter().filter(|row| row.table() == *table);
        seen.insert(*table, rows.filter_map(|row| Some((row.entity(), row.day()?))).collect());
    }
    commit.vanish = Some(Vanish::Days {
        days: days(20, 20),
        level: None,
        seen,
        spared: BTreeSet::new(),
        confirmed: false,
    });
    commit
}

pub async fn every_table_of_the_registry_is_stored_as_it_says(bench: &Bench) {
    let rows = every_kind("1");
    let filled: BTreeSet<Table> = rows.iter().map(Row::table).collect();
    assert_eq!(filled, Table::ALL.iter().copied().collect(), "a kind of rows for each table");
    for row in rows {
        assert_eq!(row.day().is_some(), row.table().is_daily(), "{row:?}");
    }
    for table in Table::ALL {
        let Description { name, key, kind, .. } = table.description();
        let date = if kind == Kind::Daily { ", date" } else { "" };
        bench.query(&format!("SELECT connection, {}{date} FROM {name}", key.join(", "))).await;
    }
}

/// Twice what is seen is stored, and the half that was not seen goes, in each table by itself.
pub async fn what_a_window_did_not_see_leaves_every_daily_table(bench: &Bench) {
    let epoch = bench.register("all", "deezer").await.epoch;
    bench.commit(commit(epoch, [daily("1"), daily("2")].concat())).await;
    for row in daily("1") {
        let table = row.table();
        assert_eq!(bench.stored_rows(table).await, 2, "{table:?}");
        let committed = bench.commit(whole_day(commit(epoch, vec![row.clone()]), &[table])).await;
        assert_eq!(committed, Committed { vanished: 1, ..Committed::default() }, "{table:?}");
        // It is the other one that is gone.
        assert_eq!(bench.commit(commit(epoch, vec![row])).await, Committed::default(), "{table:?}");
        assert_eq!(bench.stored_rows(table).await, 1, "{table:?}");
        let empty = whole_day(commit(epoch, vec![]), &[table]);
        assert_eq!(
            bench.commit(empty.clone()).await.shrunk,
            Some(Shrunk { stored: 1, seen: 0 }),
            "{table:?}"
        );
        assert_eq!(bench.commit(confirmed(empty)).await.vanished, 1, "{table:?}");
        assert_eq!(bench.stored_rows(table).await, 0, "{table:?}");
    }
}

/// What could not be read of one object says nothing of the others, and nothing against its own rows.
pub async fn what_could_not_be_read_is_spared(bench: &Bench) {
    let epoch = bench.register("all", "deezer").await.epoch;
    let of = |id: &str| {
        let rows = daily(id).into_iter();
        rows.filter(|row| {
            matches!(row.table(), Table::ContentPerformanceDaily | Table::SmartLinkActivityDaily)
        })
    };
    bench.commit(commit(epoch, of("first").chain(of("second")).chain(of("third")).collect())).await;
    for table in [Table::ContentPerformanceDaily, Table::SmartLinkActivityDaily] {
        let mut window =
            whole_day(commit(epoch, of("third").filter(|row| row.table() == table).collect()), &[table]);
        if let Some(Vanish::Days { spared, .. }) = &mut window.vanish {
            spared.insert("first".to_owned());
        }
        // Of two that could be read, one is there.
        assert_eq!(
            bench.commit(window).await,
            Committed { vanished: 1, ..Committed::default() },
            "{table:?}"
        );
        assert_eq!(bench.stored_rows(table).await, 2, "{table:?}");
        let first = of("first").filter(|row| row.table() == table).collect();
        assert_eq!(bench.commit(commit(epoch, first)).await, Committed::default(), "{table:?}");
    }
}

pub async fn a_window_over_several_tables_loses_from_each_or_from_none(bench: &Bench) {
    let epoch = bench.register("all", "deezer").await.epoch;
    let tables: Vec<Table> = Table::ALL.iter().copied().filter(|table| table.is_daily()).collect();
    bench.commit(commit(epoch, [daily("1"), daily("2"), daily("3")].concat())).await;
    let mut another = commit(epoch, vec![revenue("4", rows::day::plus_days(crate::samples::day(20), 1), 1)]);
    another.stream = "another".into();
    bench.commit(another).await;
    // Of one table one of three rows was seen: nothing of any goes until that is confirmed.
    let mut rows = [daily("1"), daily("2")].concat();
    let last = rows.iter().rposition(|row| row.table() == Table::SmartLinkActivityDaily).unwrap();
    rows.remove(last);
    let window = whole_day(commit(epoch, rows), &tables);
    let shrunk = bench.commit(window.clone()).await;
    assert_eq!((shrunk.shrunk, shrunk.vanished), (Some(Shrunk { stored: 3, seen: 1 }), 0));
    for table in &tables {
        let more = i64::from(*table == Table::SubscriptionMrrDaily);
        assert_eq!(bench.stored_rows(*table).await, 3 + more, "{table:?}");
    }
    let gone = u64::try_from(tables.len()).unwrap() + 1;
    assert_eq!(bench.commit(confirmed(window)).await.vanished, gone);
    for table in &tables {
        let left = match table {
            Table::SmartLinkActivityDaily => 1,
            Table::SubscriptionMrrDaily => 3,
            _ => 2,
        };
        assert_eq!(bench.stored_rows(*table).await, left, "{table:?}");
    }
    // A table that the window fills, and of which it saw nothing.
    let rows = daily("1").into_iter().filter(|row| row.table() == Table::WebAnalyticsDaily).collect();
    let window = whole_day(commit(epoch, rows), &[Table::WebAnalyticsDaily, Table::WebConversionsDaily]);
    assert_eq!(bench.commit(confirmed(window)).await.vanished, 3);
    assert_eq!(bench.stored_rows(Table::WebAnalyticsDaily).await, 1);
    assert_eq!(bench.stored_rows(Table::WebConversionsDaily).await, 0);
    // An account that is forgotten leaves no fact behind, whichever stream read it.
    let lines = every_kind("5").into_iter().filter(|row| row.table() == Table::RoyaltyStatements).collect();
    bench.commit(commit(epoch, lines)).await;
    bench.store.reset_account("all", epoch, ACCOUNT, Vec::new()).await.unwrap();
    for table in tables.into_iter().chain([Table::RoyaltyStatements]) {
        assert_eq!(bench.stored_rows(table).await, 0, "{table:?}");
    }
}

pub async fn what_no_table_can_lose_is_refused(bench: &Bench) {
    let epoch = bench.register("all", "deezer").await.epoch;
    let refused = async |commit| matches!(bench.try_commit(commit).await, Err(SinkError::Refused(_)));
    let empty = || commit(epoch, vec![]);
    for table in Table::ALL.iter().copied() {
        let kind = table.description().kind;
        let days = refused(whole_day(empty(), &[Table::AdCountryDaily, table])).await;
        assert_eq!(days, kind != Kind::Daily, "{table:?} loses days");
        let objects = Vanish::Objects { table, seen: HashSet::default() };
        let objects = refused(Commit { vanish: Some(objects), ..empty() }).await;
        let in_sets = matches!(kind, Kind::Objects { unseen: Some(_), .. });
        assert_eq!(objects, !in_sets, "{table:?} loses objects");
        let told = refused(Commit { tombstones: vec![(table, "1".into())], ..empty() }).await;
        assert_eq!(told, !matches!(kind, Kind::Objects { .. }), "{table:?} loses by id");
    }
}

/// A file is loaded in transactions of bounded size, and its lines are seen all at once.
pub async fn lines_are_shown_while_their_file_is_loaded(bench: &Bench) {
    let epoch = bench.register("all", "report_files").await.epoch;
    let line = |id: &str| every_kind(id).into_iter().find(|row| row.table() == Table::RoyaltyStatements);
    bench.commit(commit(epoch, vec![line("a").unwrap(), line("b").unwrap()])).await;
    let seen = async || {
        let rows = bench.query("SELECT statement FROM royalty_statements ORDER BY 1").await;
        rows.iter().map(|row| row["statement"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seen().await, [""; 0]);
    for (file, state) in [("a", "loading"), ("b", "loaded")] {
        let file = format!(
            "INSERT INTO report_files (connection_id, connection, sha256, name, size_bytes, state, first_seen_at) \
             SELECT id, name, '{file}', 'june.csv', 1, '{state}', '2026-11-24T10:00:00Z' FROM connections"
        );
        bench.execute(&file).await;
    }
    assert_eq!(seen().await, ["b"]);
    bench
        .execute(
            "UPDATE report_files SET state = CASE state WHEN 'loading' THEN 'loaded' ELSE 'superseded' END",
        )
        .await;
    assert_eq!(seen().await, ["a"]);
    let stored = bench.one("SELECT * FROM royalty_statements").await;
    assert_eq!(
        (&stored["kind"], &stored["currency"], &stored["lines"]),
        (&"stream".into(), &"USD".into(), &2.into())
    );
    assert_eq!((&stored["revenue_micros"], &stored["revenue_exact"]), (&3.into(), &"0.00000345".into()));
    assert_eq!(
        (&stored["period_start"], &stored["period_end"]),
        (&"2026-11-01".into(), &"2026-11-30".into())
    );
    assert!(
        stored["quantity"].to_string().trim_matches('"').starts_with('1') && stored["gross_micros"].is_null()
    );
    // Another period, currency or kind is another line.
    let other = |change: &dyn Fn(&mut rows::royalties::RoyaltyStatement)| {
        let Some(Row::RoyaltyStatement(mut row)) = line("a") else { panic!() };
        change(&mut row);
        Row::RoyaltyStatement(row)
    };
    let others = vec![
        other(&|row| row.period_start = crate::samples::day(2)),
        other(&|row| row.currency = None),
        other(&|row| row.kind = rows::royalties::RoyaltyKind::Adjustment),
        other(&|row| row.lines = 3),
    ];
    let committed = bench.commit(commit(epoch, others)).await;
    assert_eq!((committed.written, committed.restated), (vec![(Table::RoyaltyStatements, 4)], 1));
    assert_eq!(bench.count("royalty_statements WHERE currency = ''").await, 1);
}

pub async fn links_are_marked_and_come_back(bench: &Bench) {
    let epoch = bench.register("all", "feature_fm").await.epoch;
    let link =
        || every_kind("1").into_iter().filter(|row| row.table() == Table::SmartLinks).collect::<Vec<_>>();
    bench.commit(commit(epoch, link())).await;
    let mut gone = commit(epoch, vec![]);
    gone.tombstones = vec![(Table::SmartLinks, "1".into())];
    assert_eq!(bench.commit(gone).await.vanished, 1);
    let stored = bench.one("SELECT * FROM smart_links").await;
    assert_eq!((&stored["status"], &stored["type"]), (&"removed".into(), &"release".into()));
    assert_eq!(stored["released_on"], "2026-11-27");
    assert_eq!(bench.commit(commit(epoch, link())).await.restated, 1);
    assert_eq!(bench.count("smart_links WHERE status = 'published' AND revision = 2").await, 1);
}
