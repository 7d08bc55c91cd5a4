use std::{
    collections::BTreeSet,
    io::Read,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering::SeqCst},
    time::Duration,
};

use actors::{
    engine::status::ConnectionStatus,
    observer::{CycleFacts, Observer},
    session::quota::Scope,
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use rows::{
    Clock, Table,
    budget::Period,
    clock::{SimulatedClock, SystemClock},
    sink::Committed,
};

use super::{at, campaign, music, payment, royalties, status, web};
use crate::telemetry::{
    Exposition, Metrics, Publisher,
    figures::{
        CampaignFigures, FigureError, FigureSource, MusicFigures, PaymentFigures, RoyaltyFigures, SetAside,
        StatusSource, Touched, WebFigures,
    },
    limits::{REFRESH_INTERVAL, RETRY_INTERVAL},
    shown::{CampaignSource, SetAsideSource, Slice, Wanted},
};

const SECOND: Duration = Duration::from_secs(1);

/// Every method of the observer once.
pub fn metrics_with_everything() -> Metrics {
    let metrics = Metrics::new("1.2.3", Arc::new(SystemClock::new())).unwrap();
    metrics.announce("meta_ads", ["insights", "campaigns"]);
    metrics.request("meta_ads", Some(200), SECOND);
    metrics.request("meta_ads", Some(429), SECOND);
    metrics.request("meta_ads", Some(77), SECOND);
    metrics.request("meta_ads", None, SECOND);
    metrics.rate_limited("meta_ads", Scope::App);
    metrics.quota_used("meta_ads", Scope::Account, 0.75);
    metrics.budget_used("meta_ads", Scope::Account, Period::Day, 0.5);
    metrics.quota_waited("meta_ads", Duration::from_millis(1_500));
    metrics.cycle(CycleFacts {
        connection: "label-a-meta",
        integration: "meta_ads",
        stream: "insights",
        outcome: "ok",
        duration: SECOND,
        lateness: SECOND,
    });
    metrics.committed("meta_ads", "insights", &committed(Table::AdPerformanceDaily), SECOND);
    metrics.quarantined("meta_ads", "insights", "malformed");
    metrics.dropped("meta_ads", "insights", 3);
    metrics.restarted("meta_ads", "panic");
    metrics.field_unavailable("meta_ads", "learning");
    metrics.cache_request("get", "hit");
    metrics
}

fn committed(table: Table) -> Committed {
    Committed { written: vec![(table, 5)], restated: 2, duplicates: 1, ..Committed::default() }
}

#[test]
fn facts_become_numbers() {
    let text = metrics_with_everything().text().unwrap();
    for line in [
        "dynamoi_build_info{version=\"1.2.3\"} 1",
        "dynamoi_provider_requests_total{integration=\"meta_ads\",status=\"200\"} 1",
        "dynamoi_provider_requests_total{integration=\"meta_ads\",status=\"429\"} 1",
        "dynamoi_provider_requests_total{integration=\"meta_ads\",status=\"other\"} 1",
        "dynamoi_provider_requests_total{integration=\"meta_ads\",status=\"error\"} 1",
        "dynamoi_provider_request_duration_seconds_count{integration=\"meta_ads\"} 4",
        "dynamoi_rate_limited_total{integration=\"meta_ads\",scope=\"app\"} 1",
        "dynamoi_rate_limited_total{integration=\"meta_ads\",scope=\"ip\"} 0",
        "dynamoi_quota_used_ratio{integration=\"meta_ads\",scope=\"account\"} 0.75",
        "dynamoi_quota_used_ratio{integration=\"meta_ads\",scope=\"account_day\"} 0.5",
        "dynamoi_quota_wait_seconds_total{integration=\"meta_ads\"} 1.5",
        "dynamoi_cycles_total{integration=\"meta_ads\",outcome=\"ok\",stream=\"insights\"} 1",
        "dynamoi_cycles_total{integration=\"meta_ads\",outcome=\"ok\",stream=\"campaigns\"} 0",
        "dynamoi_cycle_duration_seconds_count{integration=\"meta_ads\"} 1",
        "dynamoi_schedule_lateness_seconds_sum{integration=\"meta_ads\"} 1",
        "dynamoi_rows_committed_total{integration=\"meta_ads\",table=\"ad_performance_daily\"} 5",
        "dynamoi_restated_rows_total{integration=\"meta_ads\",stream=\"insights\"} 2",
        "dynamoi_rows_duplicated_total{integration=\"meta_ads\",stream=\"insights\"} 1",
        "dynamoi_rows_quarantined_total{integration=\"meta_ads\",reason=\"malformed\",stream=\"insights\"} 1",
        "dynamoi_rows_dropped_total{integration=\"meta_ads\",stream=\"insights\"} 3",
        "dynamoi_actor_restarts_total{integration=\"meta_ads\",reason=\"panic\"} 1",
        "dynamoi_field_unavailable{field=\"learning\",integration=\"meta_ads\"} 1",
        "dynamoi_cache_requests_total{operation=\"get\",result=\"hit\"} 1",
        "dynamoi_store_commit_duration_seconds_count 1",
        "dynamoi_series_limit{kind=\"campaign\"} 20000",
        "dynamoi_series_dropped{kind=\"campaign\"} 0",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
    }
    #[cfg(target_os = "linux")]
    assert!(text.contains("process_resident_memory_bytes "));
}

/// A store that notes what it is asked.
#[derive(Default)]
struct Source {
    campaigns: Mutex<Vec<CampaignFigures>>,
    asked: Mutex<Vec<Touched>>,
    payments_asked: Mutex<usize>,
    web_and_music_asked: Mutex<(usize, usize)>,
    royalties_asked: Mutex<usize>,
    away: AtomicBool,
    statuses: Mutex<Vec<Arc<ConnectionStatus>>>,
    set_aside: Mutex<Vec<SetAside>>,
}

impl FigureSource for Source {
    fn campaigns(
        &self,
        touched: Touched,
        _now: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<CampaignFigures>, FigureError>> {
        let all = self.campaigns.lock().clone();
        let of_touched =
            all.into_iter().filter(|one| touched.holds(&one.connection, &one.account_id)).collect();
        self.asked.lock().push(touched);
        let result =
            if self.away.load(SeqCst) { Err(FigureError("away".to_owned())) } else { Ok(of_touched) };
        Box::pin(std::future::ready(result))
    }

    fn payments(&self, _now: Timestamp) -> BoxFuture<'_, Result<Vec<PaymentFigures>, FigureError>> {
        *self.payments_asked.lock() += 1;
        Box::pin(std::future::ready(Ok(vec![payment("label-a-meta", "USD", 2)])))
    }

    fn web(&self, _now: Timestamp) -> BoxFuture<'_, Result<Vec<WebFigures>, FigureError>> {
        self.web_and_music_asked.lock().0 += 1;
        Box::pin(std::future::ready(Ok(vec![web("label-a-posthog")])))
    }

    fn music(&self, _now: Timestamp) -> BoxFuture<'_, Result<Vec<MusicFigures>, FigureError>> {
        self.web_and_music_asked.lock().1 += 1;
        Box::pin(std::future::ready(Ok(vec![music("label-a-deezer")])))
    }

    fn royalties(&self, _now: Timestamp) -> BoxFuture<'_, Result<Vec<RoyaltyFigures>, FigureError>> {
        *self.royalties_asked.lock() += 1;
        Box::pin(std::future::ready(Ok(vec![royalties("label-a-meta")])))
    }

    fn set_aside(&self) -> BoxFuture<'_, Result<Vec<SetAside>, FigureError>> {
        let all = self.set_aside.lock().clone();
        Box::pin(std::future::ready(Ok(all)))
    }
}

impl StatusSource for Source {
    fn statuses(&self) -> Vec<Arc<ConnectionStatus>> {
        self.statuses.lock().clone()
    }
}

/// A publisher at work in simulated time.
struct Bench {
    source: Arc<Source>,
    metrics: Arc<Metrics>,
    exposition: Arc<Exposition>,
    clock: Arc<SimulatedClock>,
    publisher: Arc<Publisher>,
}

impl Bench {
    async fn start() -> Self {
        // Not on a quarter of an hour, so that refreshes do not fall on midnight.
        let clock = Arc::new(SimulatedClock::new(at("2026-11-24T12:05:00Z")));
        let metrics = Arc::new(Metrics::new("1", clock.clone()).unwrap());
        let exposition = Arc::new(Exposition::new(metrics.clone(), clock.clone()));
        let source = Arc::new(Source::default());
        source.campaigns.lock().extend([campaign("1", "2"), campaign("2", "3")]);
        source.statuses.lock().push(Arc::new(status("label-a-meta", "meta_ads")));
        let publisher = Arc::new(Publisher::new(source.clone(), source.clone(), exposition.clone()));
        let at_work = publisher.clone();
        tokio::spawn(async move { at_work.run().await });
        let bench = Self { source, metrics, exposition, clock, publisher };
        bench.pass(SECOND).await;
        bench
    }

    async fn pass(&self, duration: Duration) {
        self.clock.sleep(duration).await;
        // The rendering runs on a thread of its own, on real time.
        for _ in 0..50 {
            tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        }
    }

    fn text(&self) -> String {
        let pieces = self.exposition.scrape(false).unwrap();
        pieces.iter().map(|piece| std::str::from_utf8(piece).unwrap()).collect()
    }

    fn asked(&self) -> Vec<Touched> {
        std::mem::take(&mut *self.source.asked.lock())
    }
}

#[tokio::test(start_paused = true)]
async fn a_scrape_holds_both_and_compressed_it_is_the_same() {
    let bench = Bench::start().await;
    let text = bench.text();
    assert!(text.contains("dynamoi_build_info") && text.contains("dynamoi_campaign_info{"));
    assert!(text.contains(
        "dynamoi_payments_gross{connection=\"label-a-meta\",currency=\"USD\",window=\"7d\"} 1234.56\n"
    ));
    let gzip: Vec<u8> = bench.exposition.scrape(true).unwrap().concat();
    let mut plain = String::new();
    flate2::read::GzDecoder::new(&*gzip).read_to_string(&mut plain).unwrap();
    assert_eq!(plain, text);
}

#[tokio::test(start_paused = true)]
async fn a_scrape_asks_nobody_and_quiet_changes_nothing() {
    let bench = Bench::start().await;
    assert_eq!(bench.asked(), [Touched::All]);
    let before = bench.exposition.body();
    for _ in 0..100 {
        bench.text();
    }
    bench.pass(60 * SECOND).await;
    assert_eq!(bench.asked(), []);
    assert!(Arc::ptr_eq(&before, &bench.exposition.body()));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_shown_soon_and_only_its_account_is_read() {
    let bench = Bench::start().await;
    bench.asked();
    let payments_asked = *bench.source.payments_asked.lock();
    bench.source.campaigns.lock()[0].name = Some("Renamed".to_owned());
    bench.metrics.committed("meta_ads", "insights", &committed(Table::AdPerformanceDaily), Duration::ZERO);
    bench.metrics.rows_changed("label-a-meta", "1");
    bench.pass(2 * SECOND).await;
    let expected = BTreeSet::from([("label-a-meta".to_owned(), "1".to_owned())]);
    assert_eq!(bench.asked(), [Touched::Accounts(expected)]);
    assert!(bench.text().contains("campaign_name=\"Renamed\""));
    // Its payments are known: what was read to its end by now may say more of them, though no row was written.
    assert_eq!(*bench.source.payments_asked.lock(), payments_asked + 1);
    bench.metrics.committed("meta_ads", "insights", &committed(Table::AdPerformanceDaily), Duration::ZERO);
    bench.metrics.rows_changed("label-b-meta", "2");
    bench.pass(2 * SECOND).await;
    assert_eq!(*bench.source.payments_asked.lock(), payments_asked + 1, "no payment was written");
    bench.metrics.committed("stripe", "charges", &committed(Table::LedgerEntries), Duration::ZERO);
    bench.pass(2 * SECOND).await;
    assert_eq!(*bench.source.payments_asked.lock(), payments_asked + 2);
}

/// It was out of the configuration for a while, and nothing of it has changed since.
#[tokio::test(start_paused = true)]
async fn what_is_back_is_shown_at_once() {
    let bench = Bench::start().await;
    bench.asked();
    let follower = bench.metrics.follow();
    let web_and_music_asked = *bench.source.web_and_music_asked.lock();
    bench.metrics.returned("label-a-meta");
    bench.pass(2 * SECOND).await;
    assert_eq!(bench.asked(), [Touched::All]);
    let (web, music) = web_and_music_asked;
    assert_eq!(*bench.source.web_and_music_asked.lock(), (web + 1, music + 1));
    assert_eq!(follower.take_campaigns(), Touched::All, "the read model, too");
}

#[tokio::test(start_paused = true)]
async fn what_was_set_aside_is_known_soon() {
    let bench = Bench::start().await;
    assert_eq!(bench.publisher.set_aside("label-a-meta"), []);
    let one = SetAside {
        connection: "label-a-meta".to_owned(),
        account_id: "1".to_owned(),
        stream: "insights".to_owned(),
        rows: 3,
        reason: "money".to_owned(),
        detail: "spend is not a decimal number that fits".to_owned(),
        last_seen_at: at("2026-11-24T12:05:01Z"),
    };
    bench.source.set_aside.lock().push(one.clone());
    bench.metrics.set_aside("label-a-meta");
    bench.pass(2 * SECOND).await;
    assert_eq!(bench.publisher.set_aside("label-a-meta"), [one]);
    assert_eq!(bench.publisher.set_aside("label-b-meta"), []);
}

/// A file that was loaded, and any change of a connection whose royalties are shown; nothing else.
#[tokio::test(start_paused = true)]
async fn royalties_are_read_again_when_a_file_was_loaded() {
    let bench = Bench::start().await;
    let asked = || *bench.source.royalties_asked.lock();
    assert_eq!(asked(), 1);
    assert!(bench.text().contains(
        "dynamoi_royalties{connection=\"label-a-meta\",service=\"spotify\",currency=\"EUR\"} -1.5\n"
    ));
    bench.metrics.rows_changed("label-b-files", "");
    bench.pass(2 * SECOND).await;
    assert_eq!(asked(), 1, "nothing was loaded");
    bench.metrics.file_loaded("label-b-files");
    bench.pass(2 * SECOND).await;
    assert_eq!(asked(), 2);
    bench.metrics.rows_changed("label-a-meta", "1");
    bench.pass(2 * SECOND).await;
    assert_eq!(asked(), 3);
}

/// The first rows of a table, and any change of a connection that is shown; nothing else.
#[tokio::test(start_paused = true)]
async fn web_and_music_are_read_again_when_touched() {
    let bench = Bench::start().await;
    let asked = || *bench.source.web_and_music_asked.lock();
    assert_eq!(asked(), (1, 1));
    bench.metrics.rows_changed("label-a-meta", "1");
    bench.pass(2 * SECOND).await;
    assert_eq!(asked(), (1, 1), "nothing of them was written");
    bench.metrics.rows_changed("label-a-posthog", "12345");
    bench.pass(2 * SECOND).await;
    assert_eq!(asked(), (2, 1));
    bench.metrics.rows_changed("label-a-deezer", "");
    bench.pass(2 * SECOND).await;
    assert_eq!(asked(), (2, 2));
    bench.metrics.committed("posthog", "web", &committed(Table::WebAnalyticsDaily), Duration::ZERO);
    bench.metrics.committed("deezer", "tracks", &committed(Table::CounterReadingsDaily), Duration::ZERO);
    bench.pass(2 * SECOND).await;
    assert_eq!(asked(), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_changes_builds_once_a_second() {
    let bench = Bench::start().await;
    bench.asked();
    for _ in 0..100 {
        bench.metrics.rows_changed("label-a-meta", "1");
        bench.pass(Duration::from_millis(100)).await;
    }
    let builds = bench.asked().len();
    assert!((8..=11).contains(&builds), "{builds} builds in 10 seconds");
}

#[tokio::test(start_paused = true)]
async fn everything_is_read_again_every_quarter_of_an_hour() {
    let bench = Bench::start().await;
    bench.asked();
    bench.pass(REFRESH_INTERVAL).await;
    assert_eq!(bench.asked(), [Touched::All]);
}

#[tokio::test(start_paused = true)]
async fn everything_is_read_again_when_a_day_ends() {
    let bench = Bench::start().await;
    let until_midnight = at("2026-11-25T00:00:00Z").duration_since(bench.clock.now()).unsigned_abs();
    bench.pass(until_midnight.saturating_sub(SECOND)).await;
    bench.asked();
    bench.pass(3 * SECOND).await;
    assert_eq!(bench.asked(), [Touched::All]);
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_away_the_old_numbers_stay_and_conditions_move() {
    let bench = Bench::start().await;
    bench.asked();
    bench.source.away.store(true, SeqCst);
    bench.source.campaigns.lock()[0].name = Some("Renamed".to_owned());
    bench.metrics.rows_changed("label-a-meta", "1");
    bench.pass(2 * SECOND).await;
    assert!(bench.text().contains("campaign_name=\"Night Drive / US\""));
    assert_eq!(bench.asked().len(), 1);
    let mut paused = status("label-a-meta", "meta_ads");
    paused.state = rows::state::State::Paused;
    *bench.source.statuses.lock() = vec![Arc::new(paused)];
    bench.metrics.status_changed("label-a-meta");
    bench.pass(2 * SECOND).await;
    assert!(bench.text().contains("integration=\"meta_ads\",state=\"paused\"} 1"));
    assert_eq!(bench.asked(), [], "a store that is away is not asked for every change");
    bench.source.away.store(false, SeqCst);
    bench.pass(RETRY_INTERVAL + SECOND).await;
    assert!(bench.text().contains("campaign_name=\"Renamed\""), "what was owed is read");
    assert!(bench.text().contains("dynamoi_snapshot_rebuilds_total{result=\"error\"} "));
}

#[tokio::test(start_paused = true)]
async fn an_expiry_is_shown_with_its_connection() {
    let bench = Bench::start().await;
    bench.metrics.token_expires("label-a-meta", "meta_ads", Timestamp::from_second(1_800_000_000).unwrap());
    bench.pass(2 * SECOND).await;
    let line = "dynamoi_token_expiry_timestamp_seconds{connection=\"label-a-meta\",integration=\"meta_ads\"} 1800000000\n";
    assert!(bench.text().contains(line));
}

#[tokio::test(start_paused = true)]
async fn what_was_read_can_be_shown_in_slices() {
    let bench = Bench::start().await;
    let wanted = |slice: Slice| Wanted { tenant: None, provider: None, connections: None, name: None, slice };
    let now = bench.clock.now();
    let first = bench.publisher.campaigns(&wanted(Slice::After { key: None, limit: 1 }), now);
    assert_eq!((first.campaigns.len(), first.total, first.has_more), (1, 2, true));
    let last = &first.campaigns[0].snapshot;
    let key = Some((last.provider.clone(), last.account_id.clone(), last.campaign_id.clone()));
    let rest = bench.publisher.campaigns(&wanted(Slice::After { key, limit: 1 }), now);
    assert_eq!((rest.campaigns.len(), rest.has_more), (1, false));
    assert_ne!(rest.campaigns[0].snapshot, first.campaigns[0].snapshot);
    let page = bench.publisher.campaigns(&wanted(Slice::Page { offset: 0, limit: 10 }), now);
    assert_eq!(page.campaigns.len(), 2);
    // Sums of a day that is over are no sums of this one.
    let tomorrow = now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap();
    let stale = bench.publisher.campaigns(&wanted(Slice::Page { offset: 0, limit: 10 }), tomorrow);
    assert!(stale.campaigns.iter().all(|campaign| campaign.snapshot.windows.yesterday.is_none()));
    let mut nobody = wanted(Slice::Page { offset: 0, limit: 10 });
    nobody.tenant = Some("nobody".to_owned());
    assert_eq!(bench.publisher.campaigns(&nobody, now).total, 0);
    let named = |name: &str| {
        let wanted = Wanted { name: Some(name.to_owned()), ..wanted(Slice::Page { offset: 0, limit: 10 }) };
        bench.publisher.campaigns(&wanted, now).total
    };
    assert_eq!([named("night dRIVE"), named("us"), named("3"), named("day drive")], [2, 2, 1, 0]);
    bench.source.statuses.lock().clear();
    bench.metrics.status_changed("label-a-meta");
    bench.pass(SECOND).await;
    let page = bench.publisher.campaigns(&wanted(Slice::Page { offset: 0, limit: 10 }), now);
    assert_eq!(page.total, 0, "a connection that is gone takes its campaigns along");
}
