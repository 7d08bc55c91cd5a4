//! Whole runs beside Redis: while it is away, slow, shared with another worker, listened to.

use std::time::Duration;

use ::redis::AsyncCommands;
use futures::StreamExt;
use rows::day::plus_days;
use sandbox::{
    Limit, Options, Sandbox,
    meta_ads::{Level, MetaAds},
};
use serde_json::Value;

use crate::{
    redis::{Redis, SlowWay, connect},
    support::{
        Bench, PATIENCE, instant, pause,
        program::{Program, until_state},
        sql::Eyes,
        truth, until,
    },
};

/// Some ten seconds of requests.
const PACED: &str = "integrations.meta_ads.quota.app = { per_second = 12, burst = 2 }\n\
                     integrations.stripe.quota.account = { per_second = 6, burst = 2 }\n";

/// What the log says once Redis is found to be away or slow.
const AWAY: &str = "the cache does not answer";
/// … and once workers can agree.
const SHARED: &str = "limits are shared through the cache";

/// A single run to its end, how long it took, and its log; `disturb` is done before that.
async fn timed(bench: &Bench, disturb: impl AsyncFnOnce(&Program)) -> (Duration, String) {
    let began = instant();
    let program = bench.start(&["run", "--once"]);
    disturb(&program).await;
    let ended = program.ended(PATIENCE).await.expect(0);
    (began.elapsed(), ended.err)
}

async fn nothing(_: &Program) {}

/// Waits until the program has said this so often.
async fn said(program: &Program, text: &str, times: usize) {
    let has_said = || (program.err().matches(text).count() >= times).then_some(());
    until(&format!("{text:?}, {times} times"), async || has_said()).await;
}

fn paced(seed: u64, cache: &str) -> Bench {
    let mut bench = Bench::new(seed);
    bench.layer = format!("{PACED}cache.url = \"{cache}\"\n");
    bench
}

/// Beside a run without Redis, so that whatever else this machine does slows both.
async fn as_fast_as_without(bench: &Bench, disturb: impl AsyncFnOnce(&Program)) -> String {
    let alone = paced(61, "memory://");
    let ((without, _), (with, log)) = tokio::join!(timed(&alone, nothing), timed(bench, disturb));
    println!("without {without:?}, with {with:?}");
    assert!(without > Duration::from_secs(6), "too short to compare: {without:?}");
    // Were each request to wait for what does not answer, it would be twice as long and more.
    assert!(with < without.mul_f64(1.6), "{with:?} against {without:?}");
    truth::assert_equal(&bench.sandbox, &Eyes::open(&bench.database_url).await).await;
    assert!(log.contains(AWAY), "it was away: {log}");
    log
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_does_not_notice_that_redis_restarts() {
    let mut redis = Redis::start();
    let bench = paced(61, &redis.url());
    let log = as_fast_as_without(&bench, async |program| {
        for restart in 1..=2 {
            said(program, SHARED, restart).await;
            redis.kill();
            said(program, AWAY, restart).await;
            redis.run();
        }
    })
    .await;
    // A machine that is busy may take it to be away for a moment more often.
    assert!(log.matches(SHARED).count() >= 3, "at the start, and after each restart: {log}");
    // What it kept is lost; what is written after is there.
    let keys: Vec<String> = connect(&redis.url()).await.keys("dynamoi:campaign:*").await.unwrap();
    assert!(!keys.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_does_not_notice_that_redis_is_slow() {
    let redis = Redis::start();
    let way = SlowWay::to(redis.port).await;
    let bench = paced(61, &way.url());
    let log = as_fast_as_without(&bench, async |program| {
        said(program, SHARED, 1).await;
        way.delay(Duration::from_secs(2));
    })
    .await;
    assert!(log.rfind(SHARED) < log.rfind(AWAY), "slow, it is of no use to anybody: {log}");
    // From its start on, too.
    let bench = paced(61, &way.url());
    as_fast_as_without(&bench, nothing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_does_not_need_redis_to_be_there() {
    let bench = paced(61, "redis://127.0.0.1:1");
    as_fast_as_without(&bench, nothing).await;
}

/// Two processes, two databases, one provider account and one limit: 20 requests a second, counted in the sandbox. Redis
/// dies, comes back without its memory, and becomes slow meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_stay_within_one_limit() {
    const ALLOWED: u32 = 20;
    let mut redis = Redis::start();
    let way = SlowWay::to(redis.port).await;
    let mut bench = Bench::with(Sandbox::start(Options::default().seed(3).days(60)).unwrap());
    bench.sandbox.with_world(MetaAds::freeze).unwrap();
    // Small pages: history alone is more than is asked here.
    bench.layer = format!(
        "cache.url = \"{}\"\n\
         connections.label-a-stripe.enabled = false\n\
         connections.label-a-meta.settings.page_size = 1\n\
         [integrations.meta_ads]\n\
         quota.app = {{ per_second = {ALLOWED}, burst = 1 }}\n",
        way.url()
    );
    // As in the tests of one worker's limits: a window of one second would measure this machine's evenness.
    bench.sandbox.set_limit("meta_ads", Some(Limit::per(5 * ALLOWED, Duration::from_secs(5))));
    let first_database = bench.database_url.clone();
    let mut first = bench.start(&["run", "--once"]);
    until("the first is on its way", async || (bench.sandbox.request_count("meta_ads") > 40).then_some(()))
        .await;
    bench.database_url = bench.database_url.replace("dynamoi.db", "second.db");
    let mut second = bench.start(&["run", "--once"]);
    let began = instant();
    let before = bench.sandbox.limit_counts("meta_ads");
    for (what, seconds) in [("shared", 8), ("dead", 7), ("back", 7), ("slow", 7), ("fast", 7)] {
        match what {
            "dead" => redis.kill(),
            "back" => redis.run(),
            "slow" => way.delay(Duration::from_secs(2)),
            "fast" => way.delay(Duration::ZERO),
            _ => {}
        }
        let then = bench.sandbox.limit_counts("meta_ads");
        pause(Duration::from_secs(seconds)).await;
        let now = bench.sandbox.limit_counts("meta_ads");
        println!("{what}: {} admitted, {} refused", now.admitted - then.admitted, now.refused - then.refused);
        assert!(!first.has_ended() && !second.has_ended(), "{}\n{}", first.err(), second.err());
    }
    let counts = bench.sandbox.limit_counts("meta_ads");
    let elapsed = began.elapsed();
    for database in [&first_database, &bench.database_url] {
        let eyes = Eyes::open(database).await;
        let rows = eyes.number("SELECT count(*) FROM ad_performance_daily").await;
        println!("{rows} rows");
        assert!(rows > 0, "both have their part");
    }
    first.kill().await;
    second.kill().await;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let (admitted, refused) = ((counts.admitted - before.admitted) as f64, counts.refused as f64);
    let used = admitted / (elapsed.as_secs_f64() * f64::from(ALLOWED));
    println!("{admitted} admitted, {refused} refused, {:.1} % used", used * 100.0);
    assert!(refused <= admitted * 0.01, "{counts:?}");
    assert!(used > 0.7, "{used} of the allowance");
}

/// Reads at most every second: a commit soon follows what is changed.
const OFTEN: &str = "integrations.meta_ads.streams.insights.tiers = [{ days = 2, every = \"1s\" }]\n\
                     integrations.meta_ads.streams.campaigns.every = \"1s\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_sees_every_change_within_a_second() {
    let mut redis = Redis::start();
    let mut bench = Bench::new(67);
    bench.layer = format!("{OFTEN}cache.url = \"{}\"\n", redis.url());
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-meta", "idle").await;
    let eyes = Eyes::open(&bench.database_url).await;
    let mut listener = ::redis::Client::open(redis.url()).unwrap().get_async_pubsub().await.unwrap();
    listener.subscribe("dynamoi:campaigns").await.unwrap();
    let mut news = listener.into_on_message();
    let mut reader = connect(&redis.url()).await;

    let mut worst = Duration::ZERO;
    for day in recent_days(&bench).into_iter().take(4) {
        let (account, campaign) = (day.account_id.clone(), day.campaign_id.clone());
        bench
            .sandbox
            .with_world(|meta: &mut MetaAds| {
                meta.restate(&account, &campaign, day.day, |counts| counts.impressions += 777);
            })
            .unwrap();
        let wanted = recent_days(&bench).into_iter().find(|now| now.campaign_id == campaign).unwrap();
        let wanted = wanted.counts.impressions;
        let sql = format!(
            "SELECT count(*) FROM campaign_performance_daily WHERE campaign_id = '{campaign}' AND date = '{}' \
             AND impressions = {wanted}",
            day.day
        );
        until("the commit", async || (eyes.number(&sql).await == 1).then_some(())).await;
        let committed = instant();
        let key = format!("dynamoi:campaign:meta_ads:{account}:{campaign}");
        // What had been told before the commit is somebody else's news, or this one's if it was faster than we looked.
        loop {
            let value: Value = serde_json::from_str(&reader.get::<_, String>(&key).await.unwrap()).unwrap();
            if value["windows"]["yesterday"]["impressions"] == wanted {
                break;
            }
            let message = tokio::time::timeout(Duration::from_secs(5), news.next()).await;
            let message: Value =
                serde_json::from_slice(message.expect("news").unwrap().get_payload_bytes()).unwrap();
            assert_eq!(message["change"], "updated");
        }
        worst = worst.max(committed.elapsed());
    }
    println!("at most {worst:?} after the commit");
    assert!(worst < Duration::from_secs(1), "{worst:?}");

    documented(&mut reader, &bench).await;

    // Redis loses its memory: all comes back without a change.
    let all: Vec<String> = reader.keys("dynamoi:campaign:*").await.unwrap();
    redis.kill();
    redis.run();
    let mut reader = connect(&redis.url()).await;
    until("it is written again", async || {
        let keys: Vec<String> = reader.keys("dynamoi:campaign:*").await.unwrap();
        (keys.len() == all.len()).then_some(())
    })
    .await;

    // What is configured no more is gone there.
    let mut listener = ::redis::Client::open(redis.url()).unwrap().get_async_pubsub().await.unwrap();
    listener.subscribe("dynamoi:campaigns").await.unwrap();
    let config = bench.config().remove(0);
    let text = std::fs::read_to_string(&config).unwrap();
    let (before, after) = text.split_once("[connections.label-a-meta]").unwrap();
    let (_, after) = after.split_once("[connections.label-a-stripe]").unwrap();
    std::fs::write(&config, format!("{before}[connections.label-a-stripe]{after}")).unwrap();
    daemon.signal("HUP").await;
    until("its campaigns go", async || {
        let keys: Vec<String> = reader.keys("dynamoi:campaign:*").await.unwrap();
        keys.is_empty().then_some(())
    })
    .await;
    let told = listener.into_on_message().next().await.unwrap();
    let told: Value = serde_json::from_slice(told.get_payload_bytes()).unwrap();
    assert_eq!(told["change"], "removed");
    assert!(all.contains(&told["key"].as_str().unwrap().to_owned()));
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

type Daily = sandbox::meta_ads::TruthDay;

/// Yesterday's figures of each campaign, in its account's days.
fn recent_days(bench: &Bench) -> Vec<Daily> {
    let now = bench.sandbox.now();
    bench
        .sandbox
        .with_world(|meta: &mut MetaAds| {
            let zones: std::collections::BTreeMap<_, _> = meta
                .truth_accounts()
                .into_iter()
                .map(|account| (account.account_id, account.time_zone))
                .collect();
            let mut days = meta.truth_daily(Level::Campaign);
            days.retain(|day| {
                let zone = rows::zone::zone(&zones[&day.account_id]).unwrap();
                day.day == plus_days(rows::day::day_at(now, &zone), -1)
            });
            days
        })
        .unwrap()
}

/// Every field is in docs/cache.md, and money is exact.
async fn documented(reader: &mut ::redis::aio::MultiplexedConnection, bench: &Bench) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cache.md")).unwrap();
    let day = recent_days(bench).remove(0);
    let key = format!("dynamoi:campaign:meta_ads:{}:{}", day.account_id, day.campaign_id);
    let value: Value = serde_json::from_str(&reader.get::<_, String>(&key).await.unwrap()).unwrap();
    let yesterday = &value["windows"]["yesterday"];
    for (fields, place) in [(&value, "campaign"), (yesterday, "window")] {
        for field in fields.as_object().unwrap().keys() {
            assert!(text.contains(&format!("`{field}`")), "docs/cache.md: {place} {field}");
        }
    }
    let spend = &yesterday["spend"];
    let decimal = rows::Micros::parse(spend["decimal"].as_str().unwrap()).unwrap();
    assert_eq!(spend["micros"].as_i64().unwrap(), decimal.0, "{spend}");
    let index = format!("dynamoi:connection-campaigns:{}", value["connection"].as_str().unwrap());
    assert!(reader.sismember::<_, _, bool>(&index, &key).await.unwrap());
    assert!(reader.ttl::<_, i64>(&key).await.unwrap() > 3_000);
}
