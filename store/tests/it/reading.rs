//! Cases about what the worker's own surfaces read and write.

use jiff::civil::date;
use rows::{
    DayRange, Micros, Row,
    checkpoint::{Checkpoint, DaysProgress, FeedProgress, Forbidden, Progress},
    markup::Markups,
    money::RawSpend,
    sink::{Sink, SinkError, StatusRecord},
    state::State,
};
use store::{
    MarketingBudget, MarketingCampaign, MarketingMember, StoreError,
    read::{CampaignKey, CampaignWindow, DayTold, PaymentWindow, Windows},
};

use crate::{
    samples::*,
    support::{Bench, at},
};

/// The checkpoint of `insights`, with these days read at that instant.
pub fn read_days(readings: &[(i8, i8, &str)]) -> Checkpoint {
    let mut progress = DaysProgress::default();
    for (first, last, read_at) in readings {
        progress.mark(days(*first, *last), at(read_at));
    }
    Checkpoint {
        account_id: ACCOUNT.into(),
        stream: "insights".into(),
        time_zone: "America/Los_Angeles".into(),
        currency: Some(usd()),
        progress: Progress::Days(progress),
        forbidden: None,
    }
}

/// October was read as well.
pub fn with_history(mut checkpoint: Checkpoint) -> Checkpoint {
    if let Progress::Days(progress) = &mut checkpoint.progress {
        let october = DayRange::new(date(2026, 10, 1), date(2026, 10, 31)).unwrap();
        progress.mark(october, at("2026-11-24T09:00:00Z"));
    }
    checkpoint
}

/// A campaign's whole spend is known only where every day of its life has been read.
pub async fn a_whole_life_is_summed_or_unknown(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let with_budget = |id: &str, start: &str| {
        let mut campaign = campaign(id);
        campaign.daily_budget = None;
        campaign.lifetime_budget = Some(Micros(500_000_000));
        campaign.start_at = Some(at(start));
        Row::AdCampaign(campaign)
    };
    let rows = vec![
        with_budget("whole", "2026-11-10T12:00:00Z"),
        with_budget("older", "2026-10-01T12:00:00Z"),
        Row::AdCampaign(campaign("daily")),
        performance_row("whole", day(10), 7),
        performance_row("whole", day(20), 5),
        performance_row("older", day(20), 5),
        performance_row("daily", day(20), 5),
    ];
    let mut commit = insights("meta", epoch, rows);
    commit.checkpoint = Some(read_days(&[(1, 24, "2026-11-24T09:30:00Z")]));
    bench.commit(commit).await;
    let snapshots =
        bench.store.campaign_windows(None, &Markups::new(), at("2026-11-24T10:00:00Z")).await.unwrap();
    let spend = |id: &str| {
        let snapshot = snapshots.iter().find(|snapshot| snapshot.campaign_id == id).unwrap();
        snapshot.lifetime_spend.map(|RawSpend(micros)| micros.0 / 1_000_000)
    };
    assert_eq!((spend("whole"), spend("older"), spend("daily")), (Some(12), None, None));
}

pub async fn campaigns_are_summed_over_account_days(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut quiet = campaign("quiet");
    quiet.status = Some("PAUSED".into());
    quiet.effective_status = Some("CAMPAIGN_PAUSED".into());
    let mut unsaid = performance("1", day(23), 3);
    unsaid.metrics.clicks = None;
    let mut rows = vec![
        Row::AdCampaign(campaign("1")),
        Row::AdCampaign(campaign("active")),
        Row::AdCampaign(quiet),
        Row::AdPerformance(unsaid),
        performance_row("no-object", day(22), 5),
    ];
    // An ad set's numbers are detail of its campaign's: never added.
    let mut detail = performance("1", day(24), 100);
    detail.level = rows::ads::AdLevel::AdSet;
    detail.ad_set_id = "11".into();
    rows.push(Row::AdPerformance(detail));
    for number in [1, 17, 18, 24] {
        rows.push(performance_row("1", day(number), i64::from(number)));
    }
    let mut commit = insights("meta", epoch, rows);
    commit.checkpoint = Some(with_history(read_days(&[(1, 24, "2026-11-24T09:30:00Z")])));
    bench.commit(commit).await;
    // 10:00 in UTC is two in the morning of the 24th in Los Angeles.
    let now = at("2026-11-24T10:00:00Z");
    let snapshots = bench.store.campaign_windows(None, &Markups::new(), now).await.unwrap();
    let ids: Vec<&str> = snapshots.iter().map(|snapshot| &*snapshot.campaign_id).collect();
    assert_eq!(ids, ["1", "active", "no-object"]);
    let first = &snapshots[0];
    assert_eq!(
        (&*first.provider, &*first.tenant, &*first.time_zone),
        ("meta_ads", "label-a", "America/Los_Angeles")
    );
    assert_eq!(first.currency, Some(usd()));
    assert_eq!(first.daily_budget, Some(Micros(25_000_000)));
    assert_eq!(first.start_at, Some(at("2026-10-01T00:00:00Z")));
    let spend =
        |window: &Option<CampaignWindow>| window.unwrap().spend.map(|RawSpend(micros)| micros.0 / 1_000_000);
    let windows = &first.windows;
    assert_eq!(spend(&windows.today), Some(24));
    assert_eq!(spend(&windows.yesterday), Some(3));
    assert_eq!(spend(&windows.last_7_days), Some(24 + 3 + 18));
    assert_eq!(spend(&windows.last_28_days), Some(24 + 3 + 18 + 17 + 1));
    // What the source does not say is not zero, and a sum with such a day in it is not known.
    assert_eq!(windows.yesterday.unwrap().clicks, None);
    assert_eq!((windows.last_7_days.unwrap().clicks, windows.last_28_days.unwrap().clicks), (None, None));
    assert_eq!(windows.last_7_days.unwrap().impressions, Some(3_000));
    assert_eq!(windows.today.unwrap().conversions, Some(Micros(1_500_000)));
    assert_eq!(windows.today.unwrap().video_views, None);
    // Days that were read and hold nothing of an active campaign are days of zeros.
    let idle = snapshots[1].windows.last_28_days.unwrap();
    assert_eq!((idle.impressions, idle.clicks, idle.conversions), (Some(0), Some(0), None));
    assert_eq!(snapshots[2].name, None);
    let touched = [("meta".to_owned(), "another".to_owned())];
    assert_eq!(bench.store.campaign_windows(Some(&touched), &Markups::new(), now).await.unwrap(), []);
    let touched = [("meta".to_owned(), ACCOUNT.to_owned())];
    assert_eq!(bench.store.campaign_windows(Some(&touched), &Markups::new(), now).await.unwrap(), snapshots);
}

pub async fn a_series_has_gaps_where_nothing_was_read(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let rows = vec![
        Row::AdCampaign(campaign("1")),
        performance_row("1", day(20), 5),
        performance_row("1", day(24), 7),
        performance_row("2", day(24), 9),
    ];
    let mut commit = insights("meta", epoch, rows);
    commit.checkpoint =
        Some(read_days(&[(20, 22, "2026-11-24T09:30:00Z"), (24, 24, "2026-11-24T09:30:00Z")]));
    bench.commit(commit).await;
    let key = |connection: &str, campaign: &str| CampaignKey {
        connection: connection.to_owned(),
        account_id: ACCOUNT.to_owned(),
        campaign_id: campaign.to_owned(),
    };
    let asked = [key("meta", "1"), key("meta", "never-delivered"), key("nobody", "1")];
    let series = bench.store.campaign_days(&asked, at("2026-11-24T10:00:00Z")).await.unwrap();
    assert_eq!(series.len(), 2);
    let spend = |campaign: &str| -> Vec<Option<i64>> {
        let series = &series[&key("meta", campaign)];
        assert_eq!((series.days.last, series.spend.len()), (day(24), 28));
        series.spend[22..].iter().map(|spend| spend.map(|RawSpend(micros)| micros.0 / 1_000_000)).collect()
    };
    assert_eq!(spend("1"), [None, Some(5), Some(0), Some(0), None, Some(7)]);
    assert_eq!(spend("never-delivered"), [None, Some(0), Some(0), Some(0), None, Some(0)]);
}

/// For a report: every day that was asked for and has begun, whatever was read of it.
pub async fn a_history_tells_what_was_read_of_each_day(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut running = campaign("3");
    running.name = Some("Runs, and delivers nothing".into());
    let rows = vec![
        Row::AdCampaign(campaign("1")),
        Row::AdCampaign(running),
        performance_row("1", day(20), 5),
        performance_row("1", day(24), 7),
        performance_row("2", day(10), 9),
    ];
    let mut commit = insights("meta", epoch, rows);
    commit.checkpoint =
        Some(read_days(&[(20, 22, "2026-11-24T09:30:00Z"), (24, 24, "2026-11-24T09:30:00Z")]));
    commit.settled_through = Some(day(21));
    bench.commit(commit).await;
    // In Los Angeles it is still the 24th.
    let now = at("2026-11-25T02:00:00Z");
    let asked = days(19, 26);
    let history = bench.store.campaign_history(asked, now).await.unwrap();
    let ids: Vec<&str> = history.iter().map(|history| &*history.campaign_id).collect();
    assert_eq!(ids, ["1", "3"], "what has rows in these days, and what runs");
    let spend = |at: usize| -> Vec<(i8, Option<i64>)> {
        let days = history[at].days.iter();
        let spend = |told: DayTold| told.figures().map(|window| window.spend.unwrap().0.0 / 1_000_000);
        days.map(|(day, told)| (day.day(), spend(*told))).collect()
    };
    let known = [(19, None), (20, Some(5)), (21, Some(0)), (22, Some(0)), (23, None), (24, Some(7))];
    assert_eq!(spend(0), known);
    assert_eq!(spend(1), known.map(|(day, spend)| (day, spend.map(|_| 0))));
    assert_eq!((history[0].currency, history[0].settled_through), (Some(usd()), Some(day(21))));
    assert_eq!(history[1].name.as_deref(), Some("Runs, and delivers nothing"));
    assert_eq!((&*history[0].tenant, &*history[0].time_zone), ("label-a", "America/Los_Angeles"));
}

pub async fn money_is_summed_by_category_and_zone(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    bench.register("meta", "meta_ads").await;
    let entry = |id: &str, category: &str, amount, fee, at: &str| {
        Row::LedgerEntry(ledger_entry(id, category, amount, fee, at))
    };
    let mut commit = billing(
        "stripe",
        epoch,
        vec![
            // 2026-11-23T23:30 in Los Angeles.
            entry("1", "charge", 10_000, 320, "2026-11-24T07:30:00Z"),
            entry("2", "charge", 2_000, 90, "2026-11-24T09:00:00Z"),
            entry("3", "refund", -2_500, 0, "2026-11-20T00:00:00Z"),
            entry("4", "payout", -5_000, 0, "2026-11-20T00:00:00Z"),
            entry("5", "fee", -200, 0, "2026-11-01T12:00:00Z"),
            entry("6", "charge", 77_777, 0, "2026-10-01T12:00:00Z"),
            revenue("sub_1", day(22), 5_000_000),
            revenue("sub_1", day(23), 9_990_000),
            revenue("sub_2", day(23), 1_000_000),
        ],
    );
    let feed = |caught_up_at: &str| Checkpoint {
        account_id: String::new(),
        stream: "events".into(),
        time_zone: "America/Los_Angeles".into(),
        currency: None,
        progress: Progress::Feed(FeedProgress {
            caught_up_at: Some(at(caught_up_at)),
            ..FeedProgress::default()
        }),
        forbidden: None,
    };
    commit.checkpoint = Some(feed("2026-11-24T09:55:00Z"));
    bench.commit(commit).await;
    let now = at("2026-11-24T10:00:00Z");
    let mut snapshots = bench.store.payment_windows(now).await.unwrap();
    assert_eq!(snapshots.len(), 1);
    let snapshot = snapshots.remove(0);
    assert_eq!((&*snapshot.connection, snapshot.currency, snapshot.exponent), ("stripe", usd(), 2));
    assert_eq!(snapshot.mrr, Some(Micros(10_990_000)));
    let window = |gross_minor, fees_minor, refunds_minor, net_minor| {
        Some(PaymentWindow { gross_minor, fees_minor, refunds_minor, other_minor: 0, net_minor })
    };
    assert_eq!(snapshot.windows.today, window(2_000, 90, 0, 1_910));
    assert_eq!(snapshot.windows.yesterday, window(10_000, 320, 0, 9_680));
    assert_eq!(snapshot.windows.last_7_days, window(12_000, 410, 2_500, 9_090));
    assert_eq!(snapshot.windows.last_28_days, window(12_000, 610, 2_500, 8_890));
    // Of yesterday not everything has been read once the last reading was before midnight, nor then of any window.
    let mut stale = billing("stripe", epoch, vec![]);
    stale.checkpoint = Some(feed("2026-11-24T07:00:00Z"));
    bench.commit(stale).await;
    let windows = bench.store.payment_windows(now).await.unwrap().remove(0).windows;
    assert_eq!(windows, Windows::default());
}

pub async fn connections_tell_their_condition(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let mut commit = insights("meta", epoch, vec![]);
    commit.checkpoint = Some(read_days(&[(20, 23, "2026-11-24T09:30:00Z")]));
    commit.settled_through = Some(day(21));
    bench.commit(commit).await;
    let mut forbidden = insights("meta", epoch, vec![]);
    forbidden.stream = "countries".into();
    let mut checkpoint = read_days(&[]);
    checkpoint.stream = "countries".into();
    checkpoint.forbidden =
        Some(Forbidden { advice: "grant ads_read".into(), since: at("2026-11-24T09:00:00Z") });
    forbidden.checkpoint = Some(checkpoint);
    bench.commit(forbidden).await;
    let report = |epoch, state| StatusRecord {
        connection: "meta".into(),
        epoch,
        state,
        last_success_at: Some(at("2026-11-24T09:59:00.123Z")),
        next_poll_at: Some(at("2026-11-24T10:15:00Z")),
        error: Some("a\0b".into()),
    };
    bench.store.report(report(epoch, State::Idle)).await.unwrap();
    // Dropped: this worker has lost the connection.
    bench.store.report(report(epoch - 1, State::Parked)).await.unwrap();
    let mut connections = bench.store.connections().await.unwrap();
    assert_eq!(connections.len(), 1);
    let meta = connections.remove(0);
    assert_eq!(meta.state, Some(State::Idle));
    assert_eq!(meta.last_success_at, Some(at("2026-11-24T09:59:00.123Z")));
    assert_eq!(meta.error.as_deref(), Some("ab"));
    // The end of the 23rd in Los Angeles.
    assert_eq!(meta.data_through, Some(at("2026-11-24T08:00:00Z")));
    assert_eq!(meta.settled_through, Some(day(21)));
    assert_eq!(meta.streams.len(), 2);
    assert_eq!(meta.streams[0].forbidden.as_deref(), Some("grant ads_read"));
    bench.store.retire_connections(&["other".to_owned()]).await.unwrap();
    let retired = bench.store.connections().await.unwrap().remove(0);
    assert_eq!((retired.removed, retired.state), (true, Some(State::Stopped)));
    assert_eq!(bench.store.controls().await.unwrap(), []);
    assert!(bench.register("meta", "meta_ads").await.returned);
    assert!(!bench.store.connections().await.unwrap()[0].removed);
    assert!(!bench.register("meta", "meta_ads").await.returned);
}

/// A worker that starts has not succeeded yet: what the one before it noted stays.
pub async fn the_last_success_survives_a_restart(bench: &Bench) {
    let report = |epoch, last_success_at| StatusRecord {
        connection: "meta".into(),
        epoch,
        state: State::Idle,
        last_success_at,
        next_poll_at: None,
        error: None,
    };
    let first = bench.register("meta", "meta_ads").await;
    assert_eq!(first.last_success_at, None);
    let succeeded_at = Some(at("2026-11-24T09:59:00.123Z"));
    bench.store.report(report(first.epoch, succeeded_at)).await.unwrap();
    let second = bench.register("meta", "meta_ads").await;
    assert_eq!(second.last_success_at, succeeded_at);
    bench.store.report(report(second.epoch, None)).await.unwrap();
    assert_eq!(bench.store.connections().await.unwrap()[0].last_success_at, succeeded_at);
}

pub async fn a_request_that_cannot_be_read_ends_with_its_reason(bench: &Bench) {
    bench.register("meta", "meta_ads").await;
    let id = bench.store.request_backfill("meta", days(1, 3)).await.unwrap();
    bench.store.backfill_progress(id, 3).await.unwrap();
    bench.store.end_backfill(id, "kept for\0 37 months only").await.unwrap();
    let ended = bench.store.backfill(id).await.unwrap();
    assert_eq!(ended.reason.as_deref(), Some("kept for 37 months only"));
    assert_eq!((ended.days_left, ended.finished_at), (Some(3), Some(at("2026-11-24T10:00:00Z"))));
    assert_eq!(bench.store.controls().await.unwrap(), []);
    bench.store.end_backfill(id, "another reason").await.unwrap();
    assert_eq!(bench.store.backfill(id).await.unwrap(), ended, "the first reason stands");
}

pub async fn any_number_of_connections_can_be_configured(bench: &Bench) {
    for name in ["kept", "gone"] {
        bench.register(name, "meta_ads").await;
    }
    // More names than a statement takes values on any engine.
    let mut configured: Vec<String> = (0..70_000).map(|number| format!("other-{number}")).collect();
    configured.push("kept".to_owned());
    bench.store.retire_connections(&configured).await.unwrap();
    let stored = bench.store.connections().await.unwrap();
    let removed: Vec<_> = stored.iter().map(|status| (status.name.as_str(), status.removed)).collect();
    assert_eq!(removed, [("gone", true), ("kept", false)]);
}

pub async fn only_requests_are_brought_and_in_the_order_of_names(bench: &Bench) {
    for name in ["d", "c", "b", "a"] {
        bench.register(name, "meta_ads").await;
    }
    assert_eq!(bench.store.controls().await.unwrap(), []);
    bench.store.set_paused("d", true).await.unwrap();
    bench.store.request_poll("b").await.unwrap();
    let id = bench.store.request_backfill("a", days(1, 3)).await.unwrap();
    let told = bench.store.controls().await.unwrap();
    let names: Vec<_> = told.iter().map(|control| control.connection.as_str()).collect();
    assert_eq!(names, ["a", "b", "d"]);
    bench.store.set_paused("d", false).await.unwrap();
    bench.store.backfill_progress(id, 0).await.unwrap();
    let told = bench.store.controls().await.unwrap();
    let names: Vec<_> = told.iter().map(|control| control.connection.as_str()).collect();
    assert_eq!(names, ["b"]);
}

pub async fn operators_ask_through_the_database(bench: &Bench) {
    bench.register("meta", "meta_ads").await;
    let unknown = bench.store.set_paused("mete", true).await;
    assert!(matches!(unknown, Err(StoreError::Unknown(_))), "{unknown:?}");
    assert!(bench.store.request_backfill("mete", days(1, 3)).await.is_err());
    bench.store.set_paused("meta", true).await.unwrap();
    bench.store.request_poll("meta").await.unwrap();
    let id = bench.store.request_backfill("meta", days(1, 3)).await.unwrap();
    let control = bench.store.controls().await.unwrap().remove(0);
    assert!(control.paused);
    assert_eq!(control.poll_requested_at, Some(at("2026-11-24T10:00:00Z")));
    assert_eq!(control.backfills.len(), 1);
    assert_eq!((control.backfills[0].id, control.backfills[0].days), (id, days(1, 3)));
    assert!(bench.register("meta", "meta_ads").await.paused);
    assert_eq!(bench.store.backfill(id).await.unwrap().days_left, None);
    bench.store.backfill_progress(id, 2).await.unwrap();
    assert_eq!(bench.store.backfill(id).await.unwrap().days_left, Some(2));
    bench.store.backfill_progress(id, 0).await.unwrap();
    let status = bench.store.backfill(id).await.unwrap();
    assert_eq!(status.finished_at, Some(at("2026-11-24T10:00:00Z")));
    assert_eq!(bench.store.controls().await.unwrap()[0].backfills, []);
    bench.store.backfill_progress(id, 1).await.unwrap();
    assert_eq!(bench.store.backfill(id).await.unwrap(), status, "what has ended stays so");
    let missing = bench.store.backfill_progress(id + 1, 0).await;
    assert!(matches!(missing, Err(SinkError::Refused(_))), "{missing:?}");
}

pub async fn marketing_campaigns_are_kept(bench: &Bench) {
    let store = &bench.store;
    let campaign = MarketingCampaign {
        id: "night-drive".into(),
        tenant: "label-a".into(),
        budget: Some(MarketingBudget { amount: Micros(1_500_000_000), currency: usd(), days: days(1, 30) }),
        tracks: vec!["USUM71703861".into()],
        members: vec![
            MarketingMember {
                integration: Some("meta_ads".into()),
                campaign: Some("1202".into()),
                ..Default::default()
            },
            MarketingMember { utm_campaign: Some("night-drive".into()), ..Default::default() },
        ],
    };
    store.sync_campaigns(std::slice::from_ref(&campaign)).await.unwrap();
    store.sync_campaigns(&[campaign]).await.unwrap();
    assert_eq!(bench.count("campaigns").await, 1);
    assert_eq!(bench.count("campaign_members").await, 2);
    store.sync_campaigns(&[]).await.unwrap();
    assert_eq!(bench.count("campaigns").await, 0);
}
