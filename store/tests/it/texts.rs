//! Cases about texts that a provider, or anybody through it, may choose: any characters, any length.

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use rows::{
    Clock, Row, Table,
    limits::TEXT_BYTES_MAX,
    sink::{Commit, Committed, Vanish},
    texts::Role,
    web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
};
use store::cipher::{Keyring, generate_key};

use crate::{kinds::every_kind, samples::*, support::Bench};

/// A text of so many bytes that does not become shorter by compressing it.
fn noise(seed: u64, bytes: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(letters[usize::try_from(state >> 58).unwrap()])
    };
    (0..bytes).map(letter).collect()
}

fn commit(stream: &str, epoch: i64, rows: Vec<Row>) -> Commit {
    Commit { stream: stream.into(), integration: "posthog".into(), ..insights("web", epoch, rows) }
}

fn visits(origin: [&str; 3], sessions: i64) -> Row {
    let [campaign, source, medium] = origin.map(str::to_owned);
    Row::WebAnalytics(WebAnalytics {
        account_id: ACCOUNT.into(),
        origin: WebOrigin { scope: WebScope::Campaign, campaign, source, medium },
        date: day(20),
        page_views: Some(sessions * 2),
        sessions: Some(sessions),
        session_seconds: None,
        users: Some(sessions),
        revenue: None,
        currency: None,
    })
}

/// What these rows show of the 20th is all there is.
fn whole_day(mut commit: Commit, table: Table) -> Commit {
    let seen = commit.rows.iter().filter_map(|row| Some((row.entity(), row.day()?))).collect();
    let seen = [(table, seen)].into();
    commit.vanish = Some(Vanish::Days {
        days: days(20, 20),
        level: None,
        seen,
        spared: std::collections::BTreeSet::new(),
        confirmed: false,
    });
    with_checkpoint(commit, days(20, 20))
}

/// Row 1 of the table: a visitor writes U+0000 into `utm_campaign`.
pub async fn keys_are_what_is_left_without_u0000(bench: &Bench) {
    let epoch = bench.register("web", "posthog").await.epoch;
    let rows = vec![
        visits(["spring\0", "google", "cpc"], 5),
        visits(["spring", "google", "cpc"], 2),
        visits(["autumn", "go\0ogle", "\0"], 1),
    ];
    let day = whole_day(commit("sessions", epoch, rows), Table::WebAnalyticsDaily);
    let committed = bench.commit(day.clone()).await;
    assert_eq!((committed.written, committed.duplicates), (vec![(Table::WebAnalyticsDaily, 2)], 1));
    let stored = bench
        .query("SELECT campaign, source, medium, sessions, page_views, users FROM web_analytics_daily ORDER BY sessions")
        .await;
    let expected = serde_json::json!([
        {"campaign": "autumn", "source": "google", "medium": "", "sessions": 1, "page_views": 2, "users": 1},
        {"campaign": "spring", "source": "google", "medium": "cpc", "sessions": 7, "page_views": 14, "users": null},
    ]);
    assert_eq!(serde_json::Value::from(stored), expected);
    assert_eq!(bench.count("ledger").await, 1);
    let before = bench.dump().await;
    assert_eq!(bench.commit(day).await, Committed { duplicates: 1, ..Committed::default() });
    assert_eq!(bench.dump().await, before);
    // Objects, and what is said of them later.
    let payments = vec![Row::Payment(payment("ch_\u{0}1")), Row::Payment(payment("ch_1"))];
    let committed = bench.commit(commit("events", epoch, payments)).await;
    assert_eq!((committed.set_aside, committed.written), (vec!["twin_key"], vec![(Table::Payments, 1)]));
    let mut gone = commit("events", epoch, vec![]);
    gone.tombstones = vec![(Table::Payments, "c\0h_1".into())];
    assert_eq!(bench.commit(gone).await.vanished, 1);
}

/// Row 2: three long texts in one key, and more such rows that differ at their ends only.
pub async fn keys_are_kept_whole_and_told_apart_at_any_length(bench: &Bench) {
    let epoch = bench.register("web", "posthog").await.epoch;
    let long = noise(1, TEXT_BYTES_MAX - 1);
    let ends = ["a", "b", "c"].map(|end| format!("{long}{end}"));
    let row = |end: usize, sessions| visits([&ends[end], &ends[0], &ends[2]], sessions);
    let all = || vec![row(0, 1), row(1, 2), row(2, 3), visits(["spring", "google", "cpc"], 4)];
    let goal = |end: &String| {
        Row::WebConversions(WebConversions {
            account_id: ACCOUNT.into(),
            goal: end.clone(),
            origin: WebOrigin::total(),
            date: day(20),
            conversions: None,
            converting_sessions: Some(1),
        })
    };
    let goals =
        whole_day(commit("goals", epoch, ends.iter().map(goal).collect()), Table::WebConversionsDaily);
    bench.commit(goals.clone()).await;
    let day = |rows| whole_day(commit("sessions", epoch, rows), Table::WebAnalyticsDaily);
    assert_eq!(bench.commit(day(all())).await.written, [(Table::WebAnalyticsDaily, 4)]);
    let stored = bench
        .query("SELECT campaign, source, medium, sessions FROM web_analytics_daily ORDER BY sessions")
        .await;
    for (row, end) in stored.iter().zip(&ends) {
        assert!(row["campaign"] == **end && row["source"] == *ends[0] && row["medium"] == *ends[2], "{row}");
    }
    let visits = bench
        .store
        .campaign_visits(&[ends[1].clone()].into(), days(20, 20), bench.clock.now())
        .await
        .unwrap();
    assert_eq!((visits.len(), visits[0].sessions, &visits[0].utm_campaign), (1, Some(2), &ends[1]));
    // Known again: by this writer, by one that remembers nothing, and where a window has to be read back.
    for _ in 0..2 {
        let before = bench.dump().await;
        let again = bench.again().await;
        for bench in [bench, &again] {
            assert_eq!(bench.commit(day(all())).await, Committed::default());
            assert_eq!(bench.commit(goals.clone()).await, Committed::default());
        }
        assert_eq!(bench.dump().await, before);
        again.store.close().await;
    }
    let committed = bench.commit(day(vec![row(0, 1), row(2, 3), row(1, 9)])).await;
    assert_eq!((committed.vanished, committed.restated), (1, 1));
    assert_eq!(bench.commit(day(vec![row(0, 1), row(2, 3)])).await.vanished, 1);
    assert_eq!(bench.count("web_analytics_daily").await, 2);
    // Objects.
    let objects = |ids: &[String]| {
        let rows: Vec<Row> = ids.iter().map(|id| Row::AdCampaign(campaign(id))).collect();
        let seen = rows.iter().map(Row::entity).collect();
        let mut commit = commit("campaigns", epoch, rows);
        commit.vanish = Some(Vanish::Objects { table: Table::AdCampaigns, seen });
        commit
    };
    bench.commit(objects(&ends)).await;
    assert_eq!(bench.commit(objects(&ends)).await, Committed::default());
    assert_eq!(bench.commit(objects(&ends[..2])).await.vanished, 1);
    assert_eq!(bench.count("ad_campaigns WHERE status = 'removed'").await, 1);
    let mut gone = commit("campaigns", epoch, vec![]);
    gone.tombstones = vec![(Table::AdCampaigns, ends[0].clone())];
    assert_eq!(bench.commit(gone).await.vanished, 1);
}

/// A longer one cannot be kept, and takes nothing with it.
pub async fn a_key_beyond_all_measure_is_set_aside_alone(bench: &Bench) {
    let epoch = bench.register("web", "posthog").await.epoch;
    let long = noise(7, TEXT_BYTES_MAX + 1);
    let rows = vec![visits(["spring", "google", "cpc"], 5), visits([&long, "google", "cpc"], 2)];
    let committed = bench.commit(whole_day(commit("sessions", epoch, rows), Table::WebAnalyticsDaily)).await;
    assert_eq!(committed.set_aside, ["key_too_long"]);
    assert_eq!(bench.count("web_analytics_daily").await, 1);
    assert_eq!(bench.count("ledger").await, 1);
    let aside = bench.one("SELECT reason, detail, place, fields FROM quarantined_rows").await;
    assert_eq!(aside["reason"], "key_too_long");
    assert!(!aside.to_string().contains(&long[..20]), "{aside}");
}

/// Property 2 of the issue, first clause.
pub async fn any_text_in_any_field_of_any_row_takes_nothing_with_it(bench: &Bench) {
    bench.store.use_keys(Some(Keyring::parse(&generate_key().unwrap()).unwrap()));
    let epoch = bench.register("web", "posthog").await.epoch;
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let texts = prop_oneof![
        4 => "\\PC{0,40}",
        3 => proptest::collection::vec(any::<char>(), 0..60).prop_map(|text| text.into_iter().collect::<String>()),
        2 => "[a\\x00\\x1b'\"\\\\{},…#]{0,20}",
        3 => (any::<u64>(), 400_usize..9_000).prop_map(|(seed, bytes)| noise(seed, bytes)),
        1 => (any::<char>(), 0_usize..250_000).prop_map(|(letter, times)| letter.to_string().repeat(times)),
    ];
    let kinds = every_kind("x").len();
    let mut number = 0;
    for kind in 0..kinds {
        let mut fields = Vec::new();
        every_kind("x")[kind].each_text(&mut |role, _| fields.push(role));
        for (field, role) in fields.into_iter().enumerate() {
            number += 1;
            let text = texts.new_tree(&mut runner).unwrap().current();
            let [good, other] =
                ["good", "other"].map(|name| every_kind(&format!("{name}-{number}"))[kind].clone());
            let mut strange = every_kind(&format!("strange-{number}"))[kind].clone();
            let mut place = 0;
            strange.each_text(&mut |_, text_place| {
                if place == field {
                    text_place.put(text.clone());
                }
                place += 1;
            });
            let what = format!("{:?}, text {field}, {} bytes: {:.80?}", strange.table(), text.len(), text);
            let page = commit("page", epoch, vec![good, strange, other]);
            let table = page.rows[0].table();
            let before = bench.stored_rows(table).await;
            let committed = bench.commit(page.clone()).await;
            let set_aside = i64::try_from(committed.set_aside.len()).unwrap();
            assert_eq!(bench.stored_rows(table).await - before, 3 - set_aside, "{what}");
            let tells = role == Role::Key && text.replace('\0', "").len() > TEXT_BYTES_MAX;
            assert_eq!(set_aside > 0, tells, "{what}: {committed:?}");
            let again = bench.commit(page).await;
            assert_eq!((again.written, again.restated, again.vanished), (vec![], 0, 0), "{what}");
        }
    }
    assert!(number > 130, "{number} fields");
}
