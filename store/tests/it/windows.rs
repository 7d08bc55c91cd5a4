//! Cases about sums over windows: when one is known, and what it is.

use jiff::{SignedDuration, civil::date};
use rows::{
    Day, DayRange, Micros, Row,
    checkpoint::{Checkpoint, FeedProgress, Progress},
    day::plus_days,
    markup::Markups,
    money::{RawSpend, Spend},
    quarantine::Quarantined,
};
use store::read::{CampaignFigures, CampaignWindow, PaymentWindow, Unread, Windows};

use crate::{
    reading::{read_days, with_history},
    samples::*,
    support::{Bench, at},
};

/// Two in the morning of the 24th in Los Angeles.
const NOW: &str = "2026-11-24T10:00:00Z";

async fn campaigns(bench: &Bench) -> Vec<CampaignFigures> {
    bench.store.campaign_windows(None, &Markups::new(), at(NOW)).await.unwrap()
}

fn dollars(window: Option<CampaignWindow>) -> Option<i64> {
    window.map(|window| window.spend.unwrap().0.0 / 1_000_000)
}

/// A history of sixty days at 10.00 a day, of which the provider has told yesterday and today: the rest is no zero.
pub async fn a_campaign_window_is_absent_until_it_was_read(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let told = |days: &[Day]| {
        let rows = days.iter().map(|day| performance_row("1", *day, 10));
        insights("meta", epoch, rows.chain([Row::AdCampaign(campaign("1"))]).collect())
    };
    let mut commit = told(&[day(23), day(24)]);
    commit.checkpoint = Some(read_days(&[(23, 24, "2026-11-24T09:30:00Z")]));
    bench.commit(commit).await;
    let snapshot = campaigns(bench).await.remove(0);
    let windows = snapshot.windows;
    assert_eq!((dollars(windows.today), dollars(windows.yesterday)), (Some(10), Some(10)));
    assert_eq!((windows.last_7_days, windows.last_28_days), (None, None));
    let missing = |first, last, days| Some(Unread { first, last, days });
    let unread = Windows {
        last_7_days: missing(day(18), day(22), 5),
        last_28_days: missing(date(2026, 10, 28), day(22), 26),
        ..Windows::default()
    };
    assert_eq!(snapshot.unread, unread);
    // A week of it.
    let mut commit = told(&[day(18), day(19), day(20), day(21), day(22)]);
    commit.checkpoint = Some(read_days(&[(18, 24, "2026-11-24T09:30:00Z")]));
    bench.commit(commit).await;
    let windows = campaigns(bench).await.remove(0).windows;
    assert_eq!((dollars(windows.last_7_days), windows.last_28_days), (Some(70), None));
    // All of it, of which the network told no more rows.
    let mut commit = told(&[]);
    commit.checkpoint = Some(with_history(read_days(&[(1, 24, "2026-11-24T09:30:00Z")])));
    bench.commit(commit).await;
    let snapshot = campaigns(bench).await.remove(0);
    assert_eq!(dollars(snapshot.windows.last_28_days), Some(70));
    assert_eq!(snapshot.unread, Windows::default());
    // Two days later nothing of yesterday and today has been read yet.
    let later = at(NOW).checked_add(SignedDuration::from_hours(48)).unwrap();
    let windows = bench.store.campaign_windows(None, &Markups::new(), later).await.unwrap().remove(0).windows;
    assert_eq!(windows, Windows::default());
}

/// What a tenant with a markup is shown: day by day, where nothing is added what was charged, and nothing of the unknown.
pub async fn what_a_tenant_is_shown_is_the_sum_of_days(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut rows: Vec<Row> = [1, 18, 22, 23, 24].map(|number| performance_row("1", day(number), 10)).into();
    let mut unsaid = performance("1", day(20), 10);
    unsaid.metrics.spend = None;
    rows.extend([
        Row::AdPerformance(unsaid),
        Row::AdCampaign(campaign("1")),
        performance_row("2", day(24), 3),
    ]);
    let mut commit = insights("meta", epoch, rows);
    commit.checkpoint = Some(with_history(read_days(&[(1, 24, "2026-11-24T09:30:00Z")])));
    bench.commit(commit).await;
    let tenant = campaigns(bench).await.remove(0).tenant;
    let percent = |text| rows::markup::Percent::parse(text).unwrap();
    let shown = async |steps: Vec<(Day, rows::markup::Percent)>| {
        let markups = Markups::from([(tenant.clone(), rows::markup::Markup::new(steps).unwrap())]);
        let figures = bench.store.campaign_windows(None, &markups, at(NOW)).await.unwrap();
        let micros = |spend: Option<rows::money::DisplaySpend>| spend.map(|spend| spend.micros().0);
        let of = |figures: &CampaignFigures| {
            let Windows { today, yesterday, last_7_days, last_28_days } = figures.display_spend;
            [today, yesterday, last_7_days, last_28_days].map(micros)
        };
        figures.iter().map(of).collect::<Vec<_>>()
    };
    let [ten, three] = [Some(10_000_000), Some(3_000_000)];
    // A day of the week is not said.
    assert_eq!(shown(Vec::new()).await, [[ten, ten, None, None], [three, Some(0), three, three]]);
    let marked_up = shown(vec![(day(24), percent("12.3456"))]).await;
    let [ten_more, three_more] = [Some(11_234_560), Some(3_370_368)];
    assert_eq!(marked_up, [[ten_more, ten, None, None], [three_more, Some(0), three_more, three_more]]);
    let nobody = Markups::from([("another".to_owned(), rows::markup::Markup::default())]);
    let figures = bench.store.campaign_windows(None, &nobody, at(NOW)).await.unwrap();
    assert!(figures.iter().all(|figures| figures.display_spend == Windows::default()), "not asked for");
}

/// From the day on which it was made or starts, in its account's zone.
pub async fn what_is_younger_than_a_window_is_whole(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let made = |id: &str, start_at: Option<&str>, created_at: Option<&str>| {
        let mut campaign = campaign(id);
        (campaign.start_at, campaign.created_at) = (start_at.map(at), created_at.map(at));
        Row::AdCampaign(campaign)
    };
    let rows = vec![
        // The 22nd in Los Angeles.
        made("1-young", Some("2026-12-01T00:00:00Z"), Some("2026-11-23T02:00:00Z")),
        made("2-a-day-older", Some("2026-11-22T02:00:00Z"), None),
        made("3-unsaid", None, None),
        made("4-has-delivered-before", Some("2026-11-24T12:00:00Z"), None),
        performance_row("1-young", day(22), 3),
        performance_row("1-young", day(24), 4),
        performance_row("4-has-delivered-before", day(22), 1),
    ];
    let mut commit = insights("meta", epoch, rows);
    commit.checkpoint = Some(read_days(&[(22, 24, "2026-11-24T09:30:00Z")]));
    bench.commit(commit).await;
    let told: Vec<_> =
        campaigns(bench).await.iter().map(|campaign| dollars(campaign.windows.last_28_days)).collect();
    assert_eq!(told, [Some(7), None, None, None]);
    let week: Vec<_> = campaigns(bench).await.iter().map(|one| one.unread.last_7_days).collect();
    let missing = |first, last, days| Some(Unread { first, last, days });
    let [of_21, of_18] = [missing(day(21), day(21), 1), missing(day(18), day(21), 4)];
    assert_eq!(week, [None, of_21, of_18, of_18]);
}

/// Which stream tells of campaigns is not known before one has: then none may be missing.
pub async fn an_account_without_numbers_is_known_when_every_stream_was_read(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut commit = insights("meta", epoch, vec![Row::AdCampaign(campaign("1"))]);
    commit.checkpoint = Some(read_days(&[(23, 24, "2026-11-24T09:30:00Z")]));
    bench.commit(commit).await;
    for stream in ["ads", "zones"] {
        let mut commit = insights("meta", epoch, vec![]);
        commit.stream = stream.into();
        let mut checkpoint = with_history(read_days(&[(1, 24, "2026-11-24T09:30:00Z")]));
        checkpoint.stream = stream.into();
        commit.checkpoint = Some(checkpoint);
        bench.commit(commit).await;
    }
    let windows = campaigns(bench).await.remove(0).windows;
    assert_eq!((dollars(windows.yesterday), windows.last_7_days), (Some(0), None));
}

pub async fn a_sum_with_an_unknown_part_is_unknown(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut unsaid = performance("1", day(20), 5);
    unsaid.metrics.impressions = None;
    unsaid.metrics.spend = None;
    let mut object = campaign("1");
    object.status = Some("PAUSED".into());
    object.effective_status = Some("PAUSED".into());
    object.daily_budget = None;
    object.lifetime_budget = Some(Micros(1_000_000_000));
    let rows = vec![Row::AdCampaign(object), Row::AdPerformance(unsaid), performance_row("1", day(24), 7)];
    let mut commit = insights("meta", epoch, rows);
    commit.checkpoint = Some(with_history(read_days(&[(1, 24, "2026-11-24T09:30:00Z")])));
    bench.commit(commit).await;
    // It does not run, and yet it may have spent.
    let snapshot = campaigns(bench).await.remove(0);
    assert_eq!(dollars(snapshot.windows.today), Some(7));
    let week = snapshot.windows.last_7_days.unwrap();
    assert_eq!((week.impressions, week.spend), (None, None));
    assert_eq!((week.clicks, week.conversions), (Some(0), Some(Micros(3_000_000))));
    assert_eq!(snapshot.lifetime_spend, None);
}

/// No provider's number takes another's along.
pub async fn numbers_that_do_not_fit_hide_only_themselves(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let vast = |number| {
        let mut row = performance("vast", day(number), 1);
        row.metrics.impressions = Some(i64::MAX);
        row.metrics.conversion_value = Some(Micros(i64::MIN));
        Row::AdPerformance(row)
    };
    let rows = vec![vast(22), vast(23), performance_row("1", day(23), 2)];
    let mut commit = insights("meta", epoch, rows);
    commit.checkpoint = Some(with_history(read_days(&[(1, 24, "2026-11-24T09:30:00Z")])));
    bench.commit(commit).await;
    let entry =
        |id: &str, amount| Row::LedgerEntry(ledger_entry(id, "charge", amount, 0, "2026-11-24T09:00:00Z"));
    let stripe = bench.register("stripe", "stripe").await.epoch;
    let mut commit = billing("stripe", stripe, vec![entry("1", i64::MAX), entry("2", i64::MAX)]);
    commit.checkpoint = Some(feed("2026-11-24T09:55:00Z", None));
    bench.commit(commit).await;
    let snapshots = campaigns(bench).await;
    let [one, vast] = snapshots.as_slice() else { panic!("{snapshots:?}") };
    assert_eq!(one.windows.last_7_days.unwrap().impressions, Some(1_000));
    let (yesterday, week) = (vast.windows.yesterday.unwrap(), vast.windows.last_7_days.unwrap());
    assert_eq!(yesterday.impressions, Some(i64::MAX));
    assert_eq!((week.impressions, week.conversion_value), (None, None));
    assert_eq!(week.spend, Some(RawSpend(Micros(2_000_000))));
    assert_eq!(bench.store.payment_windows(at(NOW)).await.unwrap().remove(0).windows.today, None);
}

pub async fn a_budget_of_nothing_is_none(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut object = campaign("1");
    object.daily_budget = Some(Micros(0));
    object.lifetime_budget = Some(Micros(100_000_000));
    object.start_at = Some(at("2026-11-20T20:00:00Z"));
    let mut commit = insights("meta", epoch, vec![Row::AdCampaign(object), performance_row("1", day(22), 5)]);
    commit.checkpoint = Some(read_days(&[(20, 24, "2026-11-24T09:30:00Z")]));
    bench.commit(commit).await;
    let snapshot = campaigns(bench).await.remove(0);
    assert_eq!((snapshot.daily_budget, snapshot.lifetime_budget), (None, Some(Micros(100_000_000))));
    assert_eq!(snapshot.lifetime_spend, Some(RawSpend(Micros(5_000_000))));
}

fn feed(caught_up_at: &str, since: Option<Day>) -> Checkpoint {
    Checkpoint {
        account_id: String::new(),
        stream: "events".into(),
        time_zone: "America/Los_Angeles".into(),
        currency: None,
        progress: Progress::Feed(FeedProgress {
            caught_up_at: Some(at(caught_up_at)),
            since,
            ..FeedProgress::default()
        }),
        forbidden: None,
    }
}

/// What was made before the first day that was listed is not known.
pub async fn money_is_whole_or_absent(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let known = async |since: Day| {
        let entry = ledger_entry("1", "charge", 2_000, 90, "2026-11-23T12:00:00Z");
        let mut commit = billing("stripe", epoch, vec![Row::LedgerEntry(entry)]);
        commit.checkpoint = Some(feed("2026-11-24T09:55:00Z", Some(since)));
        bench.commit(commit).await;
        let windows = bench.store.payment_windows(at(NOW)).await.unwrap().remove(0).windows;
        [windows.today, windows.yesterday, windows.last_7_days, windows.last_28_days]
            .map(|window| window.is_some())
    };
    let month = DayRange::new(date(2026, 10, 28), day(24)).unwrap();
    assert_eq!(known(month.first).await, [true; 4]);
    assert_eq!(known(plus_days(month.first, 1)).await, [true, true, true, false]);
    assert_eq!(known(day(19)).await, [true, true, false, false]);
    assert_eq!(known(day(24)).await, [true, false, false, false]);
}

pub async fn money_that_failed_later_is_taken_back(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let entry = |id: &str, category: &str, amount, fee| {
        Row::LedgerEntry(ledger_entry(id, category, amount, fee, "2026-11-24T09:00:00Z"))
    };
    let mut by_type = ledger_entry("8", "payment", 300, 10, "2026-11-24T09:00:00Z");
    by_type.reporting_category = None;
    let rows = vec![
        entry("1", "charge", 7_000, 0),
        entry("2", "charge_failure", -7_000, 0),
        entry("3", "refund", -2_500, 0),
        entry("4", "refund_failure", 2_500, 0),
        entry("5", "dispute", -1_000, 1_500),
        entry("6", "of a later year", -20, 0),
        entry("7", "payout", -5_000, 0),
        Row::LedgerEntry(by_type),
    ];
    let mut commit = billing("stripe", epoch, rows);
    commit.checkpoint = Some(feed("2026-11-24T09:55:00Z", Some(date(2026, 1, 1))));
    bench.commit(commit).await;
    let expected = PaymentWindow {
        gross_minor: 300,
        fees_minor: 1_510,
        refunds_minor: 0,
        other_minor: -1_020,
        net_minor: 300 - 1_510 - 1_020,
    };
    assert_eq!(bench.store.payment_windows(at(NOW)).await.unwrap().remove(0).windows.today, Some(expected));
}

/// Per stream, with what the latest says; of connections that are configured.
pub async fn what_was_set_aside_is_counted_by_stream(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let one = |hash: &str, reason: &'static str| Quarantined {
        reason,
        detail: format!("{reason} of {hash}"),
        place: "/insights, page 1".into(),
        hash: hash.into(),
        fields: Vec::new(),
        day: None,
    };
    let put = async |stream: &str, rows: Vec<Quarantined>| {
        let mut commit = insights("meta", epoch, vec![]);
        commit.stream = stream.into();
        commit.quarantined = rows;
        bench.commit(commit).await;
    };
    assert_eq!(bench.store.set_aside().await.unwrap(), []);
    put("insights", vec![one("a", "money"), one("b", "count")]).await;
    put("ads", vec![one("a", "date")]).await;
    bench.clock.set("2026-11-24T11:00:00Z");
    put("insights", vec![one("a", "time"), one("a", "time")]).await;
    let told = bench.store.set_aside().await.unwrap();
    let told: Vec<_> = told.iter().map(|one| (&*one.stream, one.rows, &*one.reason, &*one.detail)).collect();
    assert_eq!(told, [("ads", 1, "date", "date of a"), ("insights", 2, "time", "time of a")]);
    assert_eq!(bench.store.set_aside().await.unwrap()[1].last_seen_at, at("2026-11-24T11:00:00Z"));
    bench.store.retire_connections(&[]).await.unwrap();
    assert_eq!(bench.store.set_aside().await.unwrap(), []);
}
