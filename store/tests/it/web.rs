//! Cases about web analytics.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::date;
use rows::{
    Day, DayRange, Micros, Row, Table,
    checkpoint::{Checkpoint, DaysProgress, Progress},
    sink::{Commit, Shrunk, Sink, Vanish},
    web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
};
use store::read::{GoalVisits, GoalWindow, WebWindow};

use crate::{
    samples::{confirmed, day, days, usd},
    support::{Bench, at},
};

const PROJECT: &str = "12345";

fn commit(connection: &str, stream: &str, epoch: i64, rows: Vec<Row>) -> Commit {
    Commit {
        connection: connection.into(),
        integration: "posthog".into(),
        epoch,
        stream: stream.into(),
        account_id: PROJECT.into(),
        rows,
        ..Commit::default()
    }
}

fn of_campaign(campaign: &str) -> WebOrigin {
    let (scope, source) = (WebScope::Campaign, "meta".to_owned());
    WebOrigin { scope, campaign: campaign.into(), source, medium: "(not set)".into() }
}

fn visits(origin: WebOrigin, date: Day, sessions: i64) -> WebAnalytics {
    WebAnalytics {
        account_id: PROJECT.into(),
        origin,
        date,
        page_views: Some(sessions * 3),
        sessions: Some(sessions),
        session_seconds: Some(sessions * 60),
        users: None,
        revenue: Some(Micros(12_345_678)),
        currency: Some(usd()),
    }
}

fn visits_row(origin: WebOrigin, date: Day, sessions: i64) -> Row {
    Row::WebAnalytics(visits(origin, date, sessions))
}

fn goal_row(goal: &str, origin: WebOrigin, date: Day, conversions: Option<Micros>) -> Row {
    let account_id = PROJECT.into();
    Row::WebConversions(WebConversions {
        account_id,
        goal: goal.into(),
        origin,
        date,
        conversions,
        converting_sessions: Some(2),
    })
}

fn complete(mut commit: Commit, table: Table, days: DayRange) -> Commit {
    let seen: HashSet<_> = commit.rows.iter().filter_map(|row| Some((row.entity(), row.day()?))).collect();
    let seen = [(table, seen)].into();
    commit.vanish = Some(Vanish::Days { days, level: None, seen, spared: BTreeSet::new(), confirmed: false });
    commit
}

/// Days read at that instant, in Los Angeles.
fn read(mut commit: Commit, days: DayRange, read_at: &str) -> Commit {
    let mut progress = DaysProgress::default();
    progress.mark(days, at(read_at));
    commit.checkpoint = Some(Checkpoint {
        account_id: commit.account_id.clone(),
        stream: commit.stream.clone(),
        time_zone: "America/Los_Angeles".into(),
        currency: None,
        progress: Progress::Days(progress),
        forbidden: None,
    });
    commit
}

pub async fn visits_and_goals_read_back_through_the_views(bench: &Bench) {
    let epoch = bench.register("posthog", "posthog").await.epoch;
    let rows = vec![
        visits_row(WebOrigin::total(), day(20), 40),
        visits_row(of_campaign("night-drive"), day(20), 7),
        goal_row("signed_up", WebOrigin::total(), day(20), Some(Micros(2_500_000))),
        goal_row("signed_up", of_campaign("night-drive"), day(20), None),
        goal_row("pre_saved", WebOrigin::total(), day(20), Some(Micros(0))),
    ];
    let commit = commit("posthog", "visits", epoch, rows);
    let committed = bench.commit(commit.clone()).await;
    assert_eq!(committed.written, [(Table::WebAnalyticsDaily, 2), (Table::WebConversionsDaily, 3)]);
    let before = bench.dump().await;
    bench.clock.set("2026-11-24T11:00:00Z");
    assert_eq!(bench.commit(commit).await, rows::sink::Committed::default());
    assert_eq!(bench.dump().await, before);
    let stored = bench.one("SELECT * FROM web_analytics_daily WHERE scope = 'campaign'").await;
    assert_eq!((&stored["campaign"], &stored["source"]), (&"night-drive".into(), &"meta".into()));
    assert_eq!((&stored["medium"], &stored["account_id"]), (&"(not set)".into(), &PROJECT.into()));
    assert_eq!((&stored["sessions"], &stored["session_seconds"]), (&7.into(), &420.into()));
    assert!(stored["users"].is_null());
    assert_eq!((&stored["revenue_micros"], &stored["currency"]), (&12_345_678.into(), &"USD".into()));
    assert!(stored["revenue"].to_string().trim_matches('"').starts_with("12.345678"), "{stored}");
    let shared = (&stored["connection"], &stored["provider"], &stored["tenant"]);
    assert_eq!(shared, (&"posthog".into(), &"posthog".into(), &"label-a".into()));
    let goals = bench
        .query("SELECT conversions, converting_sessions FROM web_conversions_daily WHERE goal = 'signed_up' ORDER BY scope")
        .await;
    assert!(goals[0]["conversions"].is_null(), "{goals:?}");
    assert!(goals[1]["conversions"].to_string().trim_matches('"').starts_with("2.5"), "{goals:?}");
    assert_eq!(goals[1]["converting_sessions"], 2);
}

/// Streams that share an account, and even entities' tables, lose nothing to each other.
pub async fn a_web_window_loses_only_its_own_streams_days(bench: &Bench) {
    let epoch = bench.register("posthog", "posthog").await.epoch;
    let totals: Vec<Row> = (18..=20).map(|number| visits_row(WebOrigin::total(), day(number), 40)).collect();
    bench.commit(commit("posthog", "totals", epoch, totals)).await;
    let campaigns = |names: &[&str]| -> Vec<Row> {
        let of_day = |number| names.iter().map(move |name| visits_row(of_campaign(name), day(number), 1));
        (18..=20).flat_map(of_day).collect()
    };
    bench.commit(commit("posthog", "campaigns", epoch, campaigns(&["a", "b", "c", "d"]))).await;
    let goals = vec![goal_row("signed_up", WebOrigin::total(), day(19), Some(Micros(0)))];
    bench.commit(commit("posthog", "goals", epoch, goals)).await;
    // Days 19 and 20 anew: "d" is gone.
    let rows = campaigns(&["a", "b", "c"]).into_iter().filter(|row| row.day() > Some(day(18))).collect();
    let again = complete(commit("posthog", "campaigns", epoch, rows), Table::WebAnalyticsDaily, days(19, 20));
    assert_eq!(bench.commit(again).await.vanished, 2);
    assert_eq!(bench.count("web_analytics_daily WHERE scope = 'total'").await, 3);
    assert_eq!(bench.count("web_analytics_daily WHERE campaign = 'd'").await, 1);
    assert_eq!(bench.count("web_conversions_daily").await, 1);
    // To few, only on the second word.
    let rows = vec![visits_row(of_campaign("a"), day(20), 1)];
    let few = complete(commit("posthog", "campaigns", epoch, rows), Table::WebAnalyticsDaily, days(20, 20));
    assert_eq!(bench.commit(few.clone()).await.shrunk, Some(Shrunk { stored: 3, seen: 1 }));
    assert_eq!(bench.commit(confirmed(few)).await.vanished, 2);
    let none = complete(commit("posthog", "goals", epoch, vec![]), Table::WebConversionsDaily, days(19, 19));
    assert_eq!(bench.commit(confirmed(none)).await.vanished, 1);
    bench.store.reset_account("posthog", epoch, PROJECT, Vec::new()).await.unwrap();
    assert_eq!(bench.count("web_analytics_daily").await, 0);
}

pub async fn web_windows_are_sums_of_totals(bench: &Bench) {
    let epoch = bench.register("posthog", "posthog").await.epoch;
    bench.register("meta", "meta_ads").await;
    let mut quiet = visits(WebOrigin::total(), day(23), 5);
    quiet.page_views = None;
    let rows = vec![
        visits_row(WebOrigin::total(), day(24), 10),
        Row::WebAnalytics(quiet),
        visits_row(WebOrigin::total(), day(18), 100),
        visits_row(WebOrigin::total(), day(1), 1_000),
        // Part of the total: never added to it.
        visits_row(of_campaign("a"), day(24), 9),
    ];
    let visits = commit("posthog", "visits", epoch, rows);
    let whole = DayRange::new(date(2026, 10, 28), day(24)).unwrap();
    bench.commit(read(visits.clone(), whole, "2026-11-24T09:30:00Z")).await;
    let rows = vec![
        goal_row("signed_up", WebOrigin::total(), day(20), Some(Micros(2_500_000))),
        goal_row("signed_up", WebOrigin::total(), day(24), Some(Micros(1_000_000))),
        goal_row("pre_saved", WebOrigin::total(), day(20), Some(Micros(0))),
        goal_row("of_a_campaign", of_campaign("a"), day(20), Some(Micros(0))),
    ];
    let goals = commit("posthog", "goals", epoch, rows);
    let until_yesterday = DayRange::new(date(2026, 10, 28), day(23)).unwrap();
    bench.commit(read(goals, until_yesterday, "2026-11-24T09:30:00Z")).await;
    // Two in the morning of the 24th in Los Angeles.
    let now = at("2026-11-24T10:00:00Z");
    let mut snapshots = bench.store.web_windows(now).await.unwrap();
    assert_eq!(snapshots.len(), 1, "{snapshots:?}");
    let snapshot = snapshots.remove(0);
    assert_eq!((&*snapshot.connection, &*snapshot.provider), ("posthog", "posthog"));
    assert_eq!(snapshot.time_zone, "America/Los_Angeles");
    let window = |page_views, sessions: i64| {
        Some(WebWindow { page_views, sessions: Some(sessions), session_seconds: Some(sessions * 60) })
    };
    assert_eq!(snapshot.windows.today, window(Some(30), 10));
    assert_eq!(snapshot.windows.yesterday, window(None, 5));
    assert_eq!(snapshot.windows.last_7_days, window(None, 115), "of one day the pages are not said");
    assert_eq!(snapshot.windows.last_28_days, window(None, 1_115));
    let names: Vec<&str> = snapshot.goals.iter().map(|goal| &*goal.goal).collect();
    assert_eq!(names, ["pre_saved", "signed_up"]);
    let goal = |conversions, sessions| {
        Some(GoalWindow { conversions: Some(Micros(conversions)), converting_sessions: Some(sessions) })
    };
    let windows = snapshot.goals[1].windows;
    assert_eq!(windows.today, None, "today has not been read by the goals' stream");
    assert_eq!(windows.yesterday, goal(0, 0), "read, and without a row");
    assert_eq!((windows.last_7_days, windows.last_28_days), (goal(3_500_000, 4), goal(3_500_000, 4)));
    // A day later nothing of today has been read.
    let tomorrow = bench.store.web_windows(at("2026-11-25T10:00:00Z")).await.unwrap().remove(0);
    assert_eq!((tomorrow.windows.today, tomorrow.windows.last_7_days.is_some()), (None, true));
    bench.store.retire_connections(&["meta".to_owned()]).await.unwrap();
    assert_eq!(bench.store.web_windows(now).await.unwrap(), []);
}

/// What was read of half a window is no window, and what is said of half of it is no sum.
pub async fn web_windows_are_whole_or_absent(bench: &Bench) {
    let epoch = bench.register("posthog", "posthog").await.epoch;
    let rows = vec![
        visits_row(WebOrigin::total(), day(23), 6),
        visits_row(WebOrigin::total(), day(22), 6),
        goal_row("signed_up", WebOrigin::total(), day(22), None),
        goal_row("signed_up", WebOrigin::total(), day(23), Some(Micros(1_000_000))),
    ];
    let visits = commit("posthog", "visits", epoch, rows);
    let now = at("2026-11-24T10:00:00Z");
    bench.commit(read(visits.clone(), days(22, 24), "2026-11-24T09:30:00Z")).await;
    let windows = bench.store.web_windows(now).await.unwrap().remove(0).windows;
    assert!(windows.today.is_some() && windows.yesterday.is_some());
    assert_eq!((windows.last_7_days, windows.last_28_days), (None, None));
    bench.commit(read(visits, days(18, 24), "2026-11-24T09:30:00Z")).await;
    let snapshot = bench.store.web_windows(now).await.unwrap().remove(0);
    assert_eq!(snapshot.windows.last_7_days.unwrap().sessions, Some(12));
    assert_eq!(snapshot.windows.last_28_days, None);
    let goal = snapshot.goals[0].windows.last_7_days.unwrap();
    assert_eq!((goal.conversions, goal.converting_sessions), (None, Some(4)));
}

/// By the name that links carry, over all sources of it, and of no other.
pub async fn visits_are_summed_by_the_campaign_of_their_links(bench: &Bench) {
    let epoch = bench.register("posthog", "posthog").await.epoch;
    let by_mail = WebOrigin { source: "mail".into(), ..of_campaign("night-drive") };
    let by_search = WebOrigin { source: "search".into(), ..of_campaign("night-drive") };
    let rows = vec![
        visits_row(WebOrigin::total(), day(20), 40),
        visits_row(of_campaign("night-drive"), day(20), 7),
        visits_row(by_mail.clone(), day(21), 2),
        visits_row(of_campaign("night-drive"), day(23), 100),
        visits_row(of_campaign("another"), day(20), 3),
    ];
    let mut unsaid = visits(by_search.clone(), day(20), 1);
    unsaid.page_views = None;
    let rows = rows.into_iter().chain([Row::WebAnalytics(unsaid)]).collect();
    let visits = read(commit("posthog", "visits", epoch, rows), days(20, 21), "2026-11-24T11:00:00Z");
    bench.commit(visits).await;
    let rows = vec![
        goal_row("unsaid", of_campaign("night-drive"), day(20), Some(Micros(2_500_000))),
        goal_row("unsaid", by_search, day(20), None),
        goal_row("signed_up", of_campaign("night-drive"), day(20), Some(Micros(2_500_000))),
        goal_row("signed_up", by_mail, day(21), Some(Micros(1_000_000))),
        goal_row("signed_up", WebOrigin::total(), day(20), Some(Micros(50_000_000))),
    ];
    let goals = read(commit("posthog", "goals", epoch, rows), days(20, 22), "2026-11-24T11:00:00Z");
    bench.commit(goals).await;
    let names = ["night-drive".to_owned(), "never-heard-of".to_owned()].into();
    let now = at("2026-11-24T12:00:00Z");
    let found = bench.store.campaign_visits(&names, days(19, 22), now).await.unwrap();
    let [visits] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*visits.utm_campaign, &*visits.connection), ("night-drive", "posthog"));
    assert_eq!((visits.sessions, visits.page_views, visits.session_seconds), (Some(10), None, Some(600)));
    assert_eq!((visits.days, visits.days_read), (4, 2));
    let goal = GoalVisits {
        goal: "signed_up".into(),
        conversions: Some(Micros(3_500_000)),
        converting_sessions: Some(4),
    };
    let unsaid = GoalVisits { goal: "unsaid".into(), conversions: None, converting_sessions: Some(4) };
    assert_eq!(visits.goals, [goal, unsaid]);
    assert_eq!(bench.store.campaign_visits(&[].into(), days(19, 22), now).await.unwrap(), []);
}
