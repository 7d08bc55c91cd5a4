//! The stages that every row passes, each by itself: `cargo bench --bench pipeline`.
//!
//! Read the figures as ratios within one run: machines are noisy. PostgreSQL's part of a commit is compared in
//! `benches/compare`, where its own CPU time is counted.
#![expect(clippy::unwrap_used, reason = "a program for people who measure; it may stop anywhere")]
#![expect(clippy::disallowed_methods, reason = "benchmarks live in real time")]

use std::{collections::BTreeMap, fmt::Write as _, hint::black_box, sync::Arc};

use actors::{
    engine::{
        schedule::{Plan, due},
        status::ConnectionStatus,
    },
    integration::{Account, AnyIntegration, Connected, ConnectionSpec},
    integrations::catalogue,
    observer::Silent,
    page::{DaysReply, DaysRequest, FeedRequest, Lane},
    reader::Reader,
    session::{
        Call, Link, LinkServices, Signature,
        quota::{QuotaRule, Scope, Urgency},
        transport::{RawResponse, Transport, TransportError},
    },
    stream::{Kind, Stream},
};
use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dynamoi::telemetry::{
    Exposition, Metrics, Publisher,
    figures::{
        FigureError, FigureSource, MusicFigures, RoyaltyFigures, SetAside, StatusSource, Touched, WebFigures,
    },
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use prometheus::{Encoder, GaugeVec, Opts, Registry, TextEncoder};
use rows::{
    Currency, DayRange, Micros, Row,
    ads::{AdLevel, AdMetrics, AdPerformance},
    checkpoint::{Checkpoint, DaysProgress, Progress},
    clock::SystemClock,
    day::plus_days,
    figures::{CampaignFigures, CampaignWindow, PaymentFigures, Windows},
    money::RawSpend,
    sink::{Commit, ConnectionRecord, Sink},
    state::State,
};
use secrecy::SecretString;
use store::{Store, StoreOptions};
use url::Url;

const INSIGHTS_ROWS: usize = 500;
const CHARGES: usize = 100;
const COMMIT_ROWS: usize = 500;
const SERIES: usize = 100_000;
const LEDGERS: usize = 100_000;
const CONVERSION: &str = "offsite_conversion.custom.702345678901234";

/// A wire that always answers the same.
struct Canned(Bytes);

impl Transport for Canned {
    fn send<'a>(
        &'a self,
        _: &'a Url,
        _: &'a Call,
        _: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        let answer =
            RawResponse { status: 200, headers: reqwest::header::HeaderMap::new(), body: self.0.clone() };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// From a page's bytes to rows, through everything that lies between the wire and the engine.
fn map(bench: &mut Criterion, provider: &str, body: &str, stream: &str, rows: usize) {
    let integration =
        catalogue().into_iter().find(|integration| integration.manifest().id == provider).unwrap();
    let spec = Arc::new(specification(integration.as_ref()));
    let clock = Arc::new(SystemClock::new());
    let observer = Arc::new(Silent);
    let services =
        LinkServices::alone(Arc::new(Canned(Bytes::copy_from_slice(body.as_bytes()))), clock, observer);
    let Connected { source, streams } = integration.connected(&spec, &services.services()).unwrap();
    let link = Link::new(spec, integration.manifest().id, source, Vec::new(), services);
    let stream = streams.iter().find(|known| known.name == stream).unwrap();
    let account = Account {
        id: "1".to_owned(),
        name: String::new(),
        currency: Some(Currency::parse("USD").unwrap()),
        time_zone: "UTC".to_owned(),
    };
    let runtime = runtime();
    let read = || {
        let session = link.session(Urgency::Fresh);
        let (account, now) = (&account, Timestamp::now());
        let page = match stream.reader() {
            Reader::Days(reader) => {
                let days = DayRange::day(jiff::civil::date(2026, 11, 20));
                let request = DaysRequest { account, days, part: None, cursor: None, resume: None, now };
                match runtime.block_on(reader.read(&session, request)).unwrap() {
                    DaysReply::Page(page) => page,
                    reply => panic!("{reply:?}"),
                }
            }
            Reader::Feed(reader) => {
                let start = jiff::civil::date(2026, 1, 1);
                let request = FeedRequest { account, lane: Lane::Tail, token: None, start, now };
                runtime.block_on(reader.read(&session, request)).unwrap()
            }
            Reader::Snapshot(_) | Reader::Files(_) => panic!("{stream:?} is not measured"),
        };
        page.rows
    };
    assert_eq!(read().len(), rows);
    let mut group = bench.benchmark_group(format!("map {provider}"));
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("bytes to rows", |bench| bench.iter(|| black_box(read())));
    // What any reader of this JSON pays at least.
    group.bench_function("serde_json skips it", |bench| {
        bench.iter(|| serde_json::from_str::<serde::de::IgnoredAny>(black_box(body)).unwrap());
    });
    group.finish();
}

fn specification(integration: &dyn AnyIntegration) -> ConnectionSpec {
    let credential = integration.manifest().credentials.first().unwrap().name.to_owned();
    let rule = QuotaRule::per_second(Scope::Account, 1e9, 1_000_000);
    ConnectionSpec {
        name: "bench".to_owned(),
        integration: integration.manifest().id.to_owned(),
        tenant: "label-a".to_owned(),
        accounts: Vec::new(),
        accounts_exclude: Vec::new(),
        start_date: jiff::civil::date(2026, 1, 1),
        base_url: Url::parse("http://127.0.0.1:9").unwrap(),
        endpoints: BTreeMap::new(),
        api_version: integration.manifest().api_version.to_owned(),
        credentials: BTreeMap::from([(credential, SecretString::from("rk_live_bench"))]),
        settings: if integration.manifest().id == "meta_ads" {
            serde_json::json!({ "conversion": CONVERSION })
        } else {
            serde_json::Value::Null
        },
        quotas: Some(vec![rule].into()),
        streams: BTreeMap::new(),
    }
}

fn insights(bench: &mut Criterion) {
    let mut body = String::from("{\"data\":[");
    for number in 0..INSIGHTS_ROWS {
        let mut actions = String::new();
        for action in [
            "link_click",
            "landing_page_view",
            "video_view",
            "post_engagement",
            "page_engagement",
            "post_reaction",
            "onsite_conversion.post_save",
            "comment",
            "offsite_conversion.fb_pixel_view_content",
            CONVERSION,
        ] {
            let _ = write!(
                actions,
                r#"{}{{"action_type":"{action}","value":"{}","7d_click":"{}","1d_view":"3"}}"#,
                if actions.is_empty() { "" } else { "," },
                number + 11,
                number + 7
            );
        }
        let _ = write!(
            body,
            r#"{}{{"account_currency":"USD","date_start":"2026-11-20","date_stop":"2026-11-20","campaign_id":"1202{number:014}","impressions":"{}","clicks":"512","inline_link_clicks":"391","spend":"{}.37","reach":"15210","actions":[{actions}],"action_values":[{{"action_type":"{CONVERSION}","value":"12.5"}}],"video_p100_watched_actions":[{{"action_type":"video_view","value":"1744"}}]}}"#,
            if number == 0 { "" } else { "," },
            number * 31,
            number,
        );
    }
    body.push_str("]}");
    map(bench, "meta_ads", &body, "insights", INSIGHTS_ROWS);
}

fn charges(bench: &mut Criterion) {
    let mut body = String::from(r#"{"object":"list","url":"/v1/charges","has_more":false,"data":["#);
    for number in 1..=CHARGES {
        let _ = write!(
            body,
            r#"{}{{"id":"ch_{number:024}","object":"charge","amount":{number}00,"amount_captured":{number}00,"amount_refunded":0,"application":null,"balance_transaction":{{"id":"txn_{number:024}","object":"balance_transaction","amount":{number}00,"available_on":1795000000,"created":1794000000,"currency":"eur","description":"Campaign budget","exchange_rate":null,"fee":59,"fee_details":[{{"amount":59,"application":null,"currency":"eur","description":"Stripe processing fees","type":"stripe_fee"}}],"net":941,"reporting_category":"charge","source":"ch_{number:024}","status":"available","type":"charge"}},"billing_details":{{"address":{{"city":"Berlin","country":"DE","line1":"Musterstrasse 1","line2":null,"postal_code":"10115","state":null}},"email":"artist@example.com","name":"Artist","phone":null,"tax_id":null}},"captured":true,"created":1794000000,"currency":"eur","customer":"cus_{number:014}","description":"{}","disputed":false,"failure_code":null,"failure_message":null,"livemode":true,"metadata":{{"campaign":"night-drive","order":"{}"}},"outcome":{{"network_status":"approved_by_network","reason":null,"risk_level":"normal","seller_message":"Payment complete.","type":"authorized"}},"paid":true,"payment_intent":"pi_{number:024}","payment_method":"pm_{number:024}","payment_method_details":{{"card":{{"brand":"visa","checks":{{"address_line1_check":"pass","cvc_check":"pass"}},"country":"DE","exp_month":8,"exp_year":2029,"fingerprint":"Xt5EWLLDS7FJjR1c","funding":"credit","last4":"4242","network":"visa"}},"type":"card"}},"receipt_url":"https://pay.stripe.com/receipts/{}","refunded":false,"status":"succeeded","transfer_group":null}}"#,
            if number == 1 { "" } else { "," },
            "d".repeat(300),
            "o".repeat(300),
            "r".repeat(400),
        );
    }
    body.push_str("]}");
    map(bench, "stripe", &body, "charges", CHARGES);
}

/// A day of campaigns.
fn performance(day: rows::Day, version: i64) -> Vec<Row> {
    let row = |number: usize| {
        let count = i64::try_from(number).unwrap() + version;
        Row::AdPerformance(AdPerformance {
            account_id: "1".to_owned(),
            level: AdLevel::Campaign,
            campaign_id: format!("1202{number:014}"),
            ad_set_id: String::new(),
            ad_id: String::new(),
            date: day,
            currency: Currency::parse("USD").unwrap(),
            metrics: AdMetrics {
                impressions: Some(count),
                clicks: Some(count / 3),
                clicks_all: Some(count / 2),
                spend: Some(RawSpend(Micros(count * 1_370_000))),
                conversions: Some(Micros(count * 1_000_000)),
                conversion_value: Some(Micros(count * 12_500_000)),
                video_views: Some(count),
                video_completions: Some(count),
                engagements: Some(count),
                reach: Some(count),
            },
            conversion_definition: Some(Arc::from(CONVERSION)),
            view_definition: Some(Arc::from("video_view")),
        })
    };
    (0..COMMIT_ROWS).map(row).collect()
}

/// One page into SQLite: new rows, rows of which every one differs, rows of which none does.
fn commit(bench: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("bench.db").display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (store, epoch) = runtime.block_on(async {
        let store =
            Store::connect(&url, StoreOptions::default(), Arc::new(SystemClock::new())).await.unwrap();
        store.migrate_up().await.unwrap();
        let record = ConnectionRecord {
            name: "bench".to_owned(),
            integration: "meta_ads".to_owned(),
            tenant: "label-a".to_owned(),
            once_since: None,
        };
        let epoch = store.register(record).await.unwrap().epoch;
        (store, epoch)
    });
    let first = jiff::civil::date(2001, 1, 1);
    let write = |rows: Vec<Row>| {
        let commit = Commit {
            connection: "bench".to_owned(),
            integration: "meta_ads".to_owned(),
            epoch,
            stream: "insights".to_owned(),
            account_id: "1".to_owned(),
            rows,
            ..Commit::default()
        };
        runtime.block_on(store.commit(commit)).unwrap()
    };
    let mut group = bench.benchmark_group("commit 500 rows to SQLite");
    group.throughput(Throughput::Elements(COMMIT_ROWS as u64));
    let mut days = 0;
    group.bench_function("new", |bench| {
        bench.iter_batched(
            || {
                days += 1;
                performance(plus_days(first, days), 0)
            },
            write,
            BatchSize::SmallInput,
        );
    });
    let mut version = 0;
    group.bench_function("changed", |bench| {
        bench.iter_batched(
            || {
                version += 1;
                performance(plus_days(first, 1), version)
            },
            write,
            BatchSize::SmallInput,
        );
    });
    let still = performance(first, 0);
    write(still.clone());
    group.bench_function("unchanged", |bench| {
        bench.iter_batched(|| still.clone(), write, BatchSize::SmallInput);
    });
    group.finish();
    runtime.block_on(store.close());
}

/// Campaigns that are all there is to show.
struct Shown(Vec<CampaignFigures>);

impl FigureSource for Shown {
    fn campaigns(
        &self,
        _: Touched,
        _: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<CampaignFigures>, FigureError>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
    fn payments(&self, _: Timestamp) -> BoxFuture<'_, Result<Vec<PaymentFigures>, FigureError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    fn web(&self, _: Timestamp) -> BoxFuture<'_, Result<Vec<WebFigures>, FigureError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    fn music(&self, _: Timestamp) -> BoxFuture<'_, Result<Vec<MusicFigures>, FigureError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    fn royalties(&self, _: Timestamp) -> BoxFuture<'_, Result<Vec<RoyaltyFigures>, FigureError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    fn set_aside(&self) -> BoxFuture<'_, Result<Vec<SetAside>, FigureError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// The connection that reads them.
struct Alone;

impl StatusSource for Alone {
    fn statuses(&self) -> Vec<Arc<ConnectionStatus>> {
        vec![Arc::new(ConnectionStatus {
            connection: "bench".to_owned(),
            integration: "meta_ads",
            tenant: "label-a".to_owned(),
            start_date: jiff::civil::date(2026, 1, 1),
            paused: false,
            state: State::Idle,
            last_success_at: None,
            next_poll_at: None,
            error: None,
            streams: Vec::new(),
        })]
    }
}

/// A body of many series, renewed and served, beside the `prometheus` crate's encoder for as many.
fn scrape(bench: &mut Criterion) {
    // Six figures over four windows for each.
    let campaigns = SERIES / 24;
    let clock = Arc::new(SystemClock::new());
    let metrics = Arc::new(Metrics::new("bench", clock.clone()).unwrap());
    let exposition = Arc::new(Exposition::new(metrics, clock));
    let source = Arc::new(Shown((0..campaigns).map(campaign).collect()));
    let publisher = Publisher::new(source, Arc::new(Alone), exposition.clone());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(publisher.refresh()).unwrap();
    let text: usize = exposition.scrape(false).unwrap().iter().map(Bytes::len).sum();

    let registry = Registry::new();
    let labels = ["provider", "account_id", "campaign_id", "window"];
    for figure in 0..6 {
        let gauges =
            GaugeVec::new(Opts::new(format!("dynamoi_campaign_figure_{figure}"), "A figure."), &labels)
                .unwrap();
        for number in 0..campaigns {
            for window in ["today", "yesterday", "7d", "28d"] {
                let id = format!("1202{number:014}");
                let value = f64::from(u32::try_from(number).unwrap());
                gauges.with_label_values(&["meta_ads", "1", &id, window]).set(value);
            }
        }
        registry.register(Box::new(gauges)).unwrap();
    }
    let mut group = bench.benchmark_group(format!("{SERIES} series, {text} bytes"));
    group.sample_size(20);
    group.bench_function("read, render, compress", |bench| {
        bench.iter(|| runtime.block_on(publisher.refresh()).unwrap());
    });
    group.bench_function("prometheus gathers and encodes", |bench| {
        bench.iter(|| {
            let mut encoded = Vec::new();
            TextEncoder::new().encode(&registry.gather(), &mut encoded).unwrap();
            black_box(encoded)
        });
    });
    group.bench_function("scrape, gzip", |bench| bench.iter(|| black_box(exposition.scrape(true).unwrap())));
    group.bench_function("scrape, text", |bench| bench.iter(|| black_box(exposition.scrape(false).unwrap())));
    group.finish();
}

fn campaign(number: usize) -> CampaignFigures {
    let count = i64::try_from(number).unwrap();
    let window = CampaignWindow {
        impressions: Some(count * 31),
        clicks: Some(count),
        conversions: Some(Micros(count * 1_000_000)),
        video_views: Some(count * 3),
        spend: Some(RawSpend(Micros(count * 1_370_000))),
        conversion_value: Some(Micros(count * 12_500_000)),
    };
    CampaignFigures {
        connection: "bench".to_owned(),
        provider: "meta_ads".to_owned(),
        tenant: "label-a".to_owned(),
        account_id: "1".to_owned(),
        campaign_id: format!("1202{number:014}"),
        name: Some(format!("Night Drive {number}")),
        objective: Some("OUTCOME_TRAFFIC".to_owned()),
        status: Some("ACTIVE".to_owned()),
        effective_status: Some("ACTIVE".to_owned()),
        currency: Some(Currency::parse("USD").unwrap()),
        time_zone: "UTC".to_owned(),
        daily_budget: None,
        lifetime_budget: None,
        lifetime_spend: None,
        display_spend: Windows::default(),
        learning: None,
        start_at: None,
        end_at: None,
        read_at: None,
        windows: Windows {
            today: Some(window),
            yesterday: Some(window),
            last_7_days: Some(window),
            last_28_days: Some(window),
        },
        unread: Windows::default(),
    }
}

/// What is due for very many accounts: the scheduler's whole work.
fn schedule(bench: &mut Criterion) {
    let now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    let start = jiff::civil::date(2026, 1, 1);
    let streams = catalogue().into_iter().flat_map(|integration| integration.known_streams());
    let stream: Stream = streams.into_iter().find(|stream| matches!(stream.kind, Kind::Days(_))).unwrap();
    let mut progress = DaysProgress::default();
    let days = DayRange::new(start, jiff::civil::date(2026, 11, 24)).unwrap();
    progress.mark(days, "2026-11-24T08:55:00Z".parse().unwrap());
    let checkpoint = Checkpoint {
        account_id: "1".to_owned(),
        stream: stream.name.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        currency: None,
        progress: Progress::Days(progress),
        forbidden: None,
    };
    let checkpoints = vec![checkpoint; LEDGERS];
    let plan = Plan {
        stream: &stream,
        start,
        now,
        lag: jiff::SignedDuration::ZERO,
        once_since: None,
        backfills: &[],
        poll_requested_at: None,
        news_at: None,
    };
    let mut group = bench.benchmark_group("schedule");
    group.throughput(Throughput::Elements(LEDGERS as u64));
    group.sample_size(20);
    group.bench_function("due, 100,000 checkpoints", |bench| {
        bench.iter(|| {
            checkpoints.iter().map(|checkpoint| due(black_box(checkpoint), &plan).len()).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, insights, charges, commit, scrape, schedule);
criterion_main!(benches);
