//! An hour in the life of a worker: `cargo bench --bench soak -- [MINUTES]`.
//!
//! A daemon of its own polls all imitated providers every few seconds, while the providers restate, fail in every way
//! that the imitations know, and recover. Its memory is read every quarter of a minute. At the end the worlds stand still,
//! and the tables must equal their truth; memory must have stayed within 5 % of what it was after the first sixth.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a program for people who measure, in real time; it may stop anywhere"
)]
#![allow(dead_code, reason = "shared with the end-to-end tests, which use more of it")]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::{
    fmt::Write,
    fs,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sandbox::{
    Chaos, Fault,
    deezer::{Change, Deezer, Entity},
    meta_ads::{Level, MetaAds},
    posthog::{EU_PROJECT, NewSession, PURCHASE, PostHog},
    stripe::{Resource, Stripe},
};
use serde_json::Value;

use self::support::{Bench, four, get, program::Program, sql::Eyes, truth};

const PROVIDERS: [&str; 4] = ["meta_ads", "stripe", "posthog", "deezer"];
const PROFILES: [&str; 6] = ["storm", "errors", "slow", "truncated", "malformed", "mixed"];
/// Every stream is polled so often, and all of its history.
const LAYER: &str = r#"
integrations.meta_ads.streams.insights.tiers = [{ days = 61, every = "20s" }]
integrations.meta_ads.streams.ad_insights.tiers = [{ days = 61, every = "60s" }]
integrations.meta_ads.streams.country_insights.tiers = [{ days = 61, every = "60s" }]
integrations.posthog.streams.sessions.tiers = [{ days = 61, every = "60s" }]
integrations.posthog.streams.conversions.tiers = [{ days = 61, every = "60s" }]
"#;
const SAMPLE_EVERY: Duration = Duration::from_secs(15);
const LIMIT: f64 = 0.05;
/// Long enough for every stream to be read once more after the last trouble: feeds follow their events in a minute, and
/// back-offs are over.
const SETTLING: Duration = Duration::from_secs(150);

#[tokio::main]
async fn main() {
    let minutes = std::env::args().skip(1).find(|argument| argument != "--bench");
    let minutes: u64 = minutes.map_or(60, |minutes| minutes.parse().unwrap());
    let mut bench = Bench::four(77);
    let mut layer = LAYER.to_owned();
    for (integration, streams) in [
        ("meta_ads", &["accounts", "campaigns", "ad_sets", "ads"][..]),
        ("deezer", &["tracks", "artists", "playlists", "playlist_placements", "charts"]),
        (
            "stripe",
            &["charges", "refunds", "balance_transactions", "invoices", "customers", "products", "prices"],
        ),
    ] {
        let known = actors::integrations::catalogue();
        let known = known.iter().find(|known| known.manifest().id == integration).unwrap().known_streams();
        for stream in streams.iter().filter(|stream| known.iter().any(|known| known.name == **stream)) {
            let _ = writeln!(layer, "integrations.{integration}.streams.{stream}.every = \"15s\"");
        }
    }
    bench.layer = layer;
    bench.sandbox.with_world(MetaAds::thaw).unwrap();
    bench.sandbox.with_world(Stripe::thaw).unwrap();
    bench.sandbox.with_world(PostHog::thaw).unwrap();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    let began = Instant::now();
    let end = Duration::from_mins(minutes);
    let mut random = StdRng::seed_from_u64(77);
    let mut samples: Vec<(Duration, u64)> = Vec::new();
    let mut troubles = 0;
    println!("{:>7} {:>9} {:>9}  what happens", "minute", "RSS", "peak");
    while began.elapsed() < end {
        let mut what = change(&bench, &mut random);
        if random.random_range(0..4) == 0 {
            let provider = PROVIDERS[random.random_range(0..PROVIDERS.len())];
            let profile = PROFILES[random.random_range(0..PROFILES.len())];
            bench.sandbox.set_chaos(provider, Chaos::profile(profile).unwrap());
            what = format!("{what}; {provider}: {profile}");
            troubles += 1;
        } else if random.random_range(0..6) == 0 {
            let provider = PROVIDERS[random.random_range(0..PROVIDERS.len())];
            bench.sandbox.script(provider, "/", vec![Fault::Status(503); 12]);
            what = format!("{what}; {provider}: down");
            troubles += 1;
        } else {
            for provider in PROVIDERS {
                bench.sandbox.set_chaos(provider, Chaos::none());
            }
        }
        tokio::time::sleep(SAMPLE_EVERY).await;
        assert!(!daemon.has_ended(), "the daemon ended:\n{}", daemon.err());
        let metrics = get(&format!("http://{address}/metrics")).await;
        assert!(metrics.contains("dynamoi_connection_state"), "{metrics}");
        let (rss, peak) = memory(&daemon);
        samples.push((began.elapsed(), rss));
        println!("{:>7.1} {:>6} kB {:>6} kB  {what}", began.elapsed().as_secs_f64() / 60.0, rss, peak);
    }
    for provider in PROVIDERS {
        bench.sandbox.set_chaos(provider, Chaos::none());
        bench.sandbox.clear_script(provider);
    }
    bench.sandbox.with_world(MetaAds::freeze).unwrap();
    bench.sandbox.with_world(Stripe::freeze).unwrap();
    bench.sandbox.with_world(PostHog::freeze).unwrap();
    println!("the worlds stand still; {} s for the last readings", SETTLING.as_secs());
    tokio::time::sleep(SETTLING).await;
    let eyes = Eyes::open(&bench.database_url).await;
    truth::assert_equal(&bench.sandbox, &eyes).await;
    four::assert_equal(&bench.sandbox, &eyes).await;
    println!("the tables equal the truth of all four, after {troubles} troubles");
    let requests: Vec<String> = PROVIDERS
        .iter()
        .map(|provider| format!("{provider} {}", bench.sandbox.request_count(provider)))
        .collect();
    println!("requests: {}", requests.join(", "));
    flat(&samples, end / 6);
    daemon.signal("TERM").await;
    let ended = daemon.ended(Duration::from_mins(1)).await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}

/// The mean of each later sixth, against the first one that counts.
fn flat(samples: &[(Duration, u64)], part: Duration) {
    let mean = |number: u32| {
        let inside: Vec<f64> = samples
            .iter()
            .filter(|(at, _)| *at >= part * number && *at < part * (number + 1))
            .map(|(_, rss)| f64::from(u32::try_from(*rss).unwrap()))
            .collect();
        inside.iter().sum::<f64>() / f64::from(u32::try_from(inside.len()).unwrap())
    };
    let first = mean(1);
    let mut most = 0.0_f64;
    for number in 1..6 {
        let growth = mean(number) / first - 1.0;
        println!(
            "part {} of 6: {:.0} kB resident on average, {:+.1} %",
            number + 1,
            mean(number),
            growth * 100.0
        );
        most = most.max(growth);
    }
    assert!(most < LIMIT, "memory grows");
}

/// Resident now and at most, in kB.
fn memory(daemon: &Program) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    (value("VmRSS"), value("VmHWM"))
}

/// One thing happens at one provider.
fn change(bench: &Bench, random: &mut StdRng) -> String {
    let sandbox = &bench.sandbox;
    match random.random_range(0..8) {
        0 | 1 => sandbox
            .with_world(|meta: &mut MetaAds| {
                let days = meta.truth_daily(Level::Campaign);
                let day = &days[random.random_range(0..days.len())];
                meta.restate(&day.account_id, &day.campaign_id, day.day, |counts| counts.conversions += 3);
                format!("meta_ads restates {}", day.day)
            })
            .unwrap(),
        2 => sandbox
            .with_world(|stripe: &mut Stripe| {
                let charges = stripe.objects(Resource::Charge);
                let paid: Vec<&Value> = charges
                    .iter()
                    .filter(|charge| {
                        charge["status"] == "succeeded"
                            && charge["captured"] == true
                            && charge["amount_refunded"] == 0
                    })
                    .collect();
                let charge = paid[random.random_range(0..paid.len())]["id"].as_str().unwrap();
                stripe.refund(charge, 50);
                "stripe refunds".to_owned()
            })
            .unwrap(),
        3 => sandbox.with_world(|stripe: &mut Stripe| stripe.new_charge(4_200, "usd", None)).unwrap(),
        4 | 5 => sandbox
            .with_world(|posthog: &mut PostHog| {
                let start = Timestamp::now() - SignedDuration::from_hours(random.random_range(30..600));
                let session = NewSession {
                    start,
                    seconds: 90,
                    campaign: Some("night-drive".to_owned()),
                    goals: vec![(PURCHASE.to_owned(), Some("12.34".to_owned()))],
                    ..NewSession::default()
                };
                posthog.add_session(EU_PROJECT, session).unwrap();
                format!("posthog adds a session of {start:.0}")
            })
            .unwrap(),
        6 => sandbox
            .with_world(|deezer: &mut Deezer| {
                let playlist = four::PLAYLISTS[random.random_range(0..four::PLAYLISTS.len())];
                deezer.change_playlist(playlist, &Change::Rotate);
                format!("deezer rotates {playlist}")
            })
            .unwrap(),
        _ => sandbox
            .with_world(|deezer: &mut Deezer| {
                deezer.restate(Entity::Artist, 4_050_205, random.random_range(0..1_000_000));
                "deezer restates fans".to_owned()
            })
            .unwrap(),
    }
}
