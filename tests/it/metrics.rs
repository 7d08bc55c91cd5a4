//! What is scraped against the tables: every campaign and payment series equals a query, and Prometheus' own checker has
//! nothing to say.

use std::{collections::BTreeMap, io::Write, process::Stdio, time::Duration};

use dynamoi::Worker;
use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Clock,
    clock::SystemClock,
    day::{day_at, end_of, plus_days, start_of},
};
use serde_json::Value;

use crate::{
    services,
    support::{Bench, get, sql::Eyes},
    tools,
};

/// Series of one scrape: name and labels as written, and the value's text.
type Series = BTreeMap<String, String>;

/// A worker whose first readings are all done, and what it then shows.
async fn settled(bench: &Bench) -> (Worker, String) {
    let worker = Worker::builder(bench.settings()).start().await.unwrap();
    let url = format!("http://{}/metrics", worker.http_address().unwrap());
    let clock = SystemClock::new();
    let mut before = String::new();
    // The body is rebuilt at most once a second: what stays the same for longer is the end.
    let mut same = 0;
    for _ in 0..120 {
        clock.sleep(Duration::from_millis(500)).await;
        let text = get(&url).await;
        let business = business(&text);
        let read = worker.statuses().all().iter().all(|status| {
            status.streams.len() > 1 && status.streams.iter().all(|stream| stream.data_through.is_some())
        });
        let quiet = worker.statuses().all().iter().all(|status| status.state == rows::state::State::Idle);
        same = if read && quiet && business == before { same + 1 } else { 0 };
        if same >= 6 && business.contains("dynamoi_campaign_spend") {
            return (worker, text);
        }
        before = business;
    }
    panic!("the worker does not come to rest: {:#?}", worker.statuses().all());
}

/// The lines that must equal the tables.
fn business(text: &str) -> String {
    let of_interest = |line: &&str| {
        line.starts_with("dynamoi_campaign_")
            || line.starts_with("dynamoi_payments_")
            || line.starts_with("dynamoi_mrr")
            || line.starts_with("dynamoi_web_")
            || line.starts_with("dynamoi_track_popularity")
            || line.starts_with("dynamoi_artist_followers")
            || line.starts_with("dynamoi_reading{")
            || line.starts_with("dynamoi_playlist_placements")
    };
    text.lines().filter(of_interest).filter(|line| !line.contains("pacing")).collect::<Vec<_>>().join("\n")
}

fn parse(text: &str) -> Series {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(series, value)| (series.to_owned(), value.to_owned()))
        .collect()
}

/// Decimal text of millionths, as the exposition writes amounts.
fn major(micros: i64) -> String {
    rows::Micros(micros).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_equal_queries_on_the_tables() {
    let bench = Bench::four(11);
    let (worker, text) = settled(&bench).await;
    let eyes = Eyes::open(&bench.database_url).await;
    let now = SystemClock::new().now();
    let mut expected = Series::new();
    campaigns(&eyes, now, &mut expected).await;
    payments(&eyes, now, &mut expected).await;
    services::web(&eyes, now, &mut expected).await;
    services::music(&eyes, &mut expected).await;
    let shown: Series = parse(&business(&text))
        .into_iter()
        .filter(|(series, _)| {
            [
                "impressions{",
                "clicks{",
                "conversions{",
                "video_views{",
                "spend{",
                "conversion_value{",
                "payments_",
                "mrr{",
                "web_",
                "popularity{",
                "followers{",
                "reading{",
                "placements{",
            ]
            .iter()
            .any(|part| series.contains(part))
        })
        .collect();
    assert!(shown.len() > 100, "{shown:#?}");
    for (series, value) in &shown {
        assert_eq!(expected.get(series), Some(value), "{series}");
    }
    for (series, value) in &expected {
        assert_eq!(shown.get(series), Some(value), "{series} is missing");
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_checker_has_nothing_to_say() {
    let bench = Bench::four(12);
    let (worker, text) = settled(&bench).await;
    worker.stop().await;
    let promtool = tools::find("promtool", "prometheus");
    let mut child = std::process::Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), "");
}

/// (label, first day, last day) of each window ending today.
pub fn windows(today: rows::Day) -> [(&'static str, rows::Day, rows::Day); 4] {
    let back = |days: i64| plus_days(today, -days);
    [
        ("today", today, today),
        ("yesterday", back(1), back(1)),
        ("7d", back(6), today),
        ("28d", back(27), today),
    ]
}

async fn campaigns(eyes: &Eyes, now: Timestamp, expected: &mut Series) {
    let objects = eyes
        .query(
            "SELECT c.provider, c.account_id, c.campaign_id, c.status, c.effective_status, a.time_zone, a.currency \
             FROM ad_campaigns c JOIN ad_accounts a ON a.connection = c.connection AND a.account_id = c.account_id",
        )
        .await;
    assert!(!objects.is_empty());
    for object in objects {
        let text = |column: &str| object[column].as_str().unwrap_or_default().to_owned();
        let zone = rows::zone::zone(&text("time_zone")).unwrap();
        let today = day_at(now, &zone);
        let id = text("campaign_id");
        let spent = eyes
            .number(&format!(
                "SELECT COALESCE(SUM(spend_micros), 0) AS n FROM campaign_performance_daily WHERE campaign_id = '{id}' \
                 AND date >= '{}'",
                plus_days(today, -27)
            ))
            .await;
        let active = text("status") == "ACTIVE" || text("effective_status") == "ACTIVE";
        if spent == 0 && !active {
            continue;
        }
        for (window, first, last) in windows(today) {
            let sums = eyes
                .query(&format!(
                    "SELECT CAST(COUNT(*) AS bigint) AS days, CAST(SUM(impressions) AS bigint) AS impressions, \
                     CAST(SUM(clicks) AS bigint) AS clicks, CAST(ROUND(SUM(conversions) * 1000000) AS bigint) AS conversions, \
                     CAST(SUM(video_views) AS bigint) AS video_views, CAST(SUM(spend_micros) AS bigint) AS spend, \
                     CAST(SUM(conversion_value_micros) AS bigint) AS conversion_value \
                     FROM campaign_performance_daily WHERE campaign_id = '{id}' AND date BETWEEN '{first}' AND '{last}'"
                ))
                .await
                .remove(0);
            let labels = format!(
                "provider=\"{}\",account_id=\"{}\",campaign_id=\"{id}\",window=\"{window}\"",
                text("provider"),
                text("account_id")
            );
            let delivered = sums["days"].as_i64() > Some(0);
            let value = |column: &str| match sums[column].as_i64() {
                // A day that was read and has no row is a day of zeros.
                None if !delivered && matches!(column, "impressions" | "clicks" | "spend") => Some(0),
                value => value,
            };
            for name in ["impressions", "clicks", "video_views"] {
                if let Some(count) = value(name) {
                    expected.insert(format!("dynamoi_campaign_{name}{{{labels}}}"), count.to_string());
                }
            }
            if let Some(conversions) = value("conversions") {
                expected.insert(format!("dynamoi_campaign_conversions{{{labels}}}"), major(conversions));
            }
            let currency = text("currency");
            if let Some(spend) = value("spend") {
                let series =
                    format!("dynamoi_campaign_spend{{{labels},currency=\"{currency}\",basis=\"raw\"}}");
                expected.insert(series, major(spend));
            }
            if let Some(value) = value("conversion_value") {
                let series = format!("dynamoi_campaign_conversion_value{{{labels},currency=\"{currency}\"}}");
                expected.insert(series, major(value));
            }
        }
    }
}

async fn payments(eyes: &Eyes, now: Timestamp, expected: &mut Series) {
    let earns = "reporting_category NOT IN ('payout', 'payout_reversal', 'transfer', 'transfer_reversal', 'topup', 'topup_reversal') \
                 AND reporting_category NOT LIKE '%reserve%'";
    let currencies = eyes.query("SELECT DISTINCT connection, currency, exponent FROM ledger_entries").await;
    for row in currencies {
        let (connection, currency) = (row["connection"].as_str().unwrap(), row["currency"].as_str().unwrap());
        let exponent = u8::try_from(row["exponent"].as_i64().unwrap()).unwrap();
        let today = day_at(now, &TimeZone::UTC);
        for (window, first, last) in windows(today) {
            let (from, to) = (start_of(first, &TimeZone::UTC), end_of(last, &TimeZone::UTC));
            let sums = eyes
                .query(&format!(
                    "SELECT CAST(COALESCE(SUM(CASE WHEN reporting_category IN ('charge', 'charge_failure') THEN amount_minor ELSE 0 END), 0) AS bigint) AS gross, \
                     CAST(COALESCE(SUM(CASE WHEN reporting_category = 'fee' THEN -amount_minor ELSE 0 END + fee_minor), 0) AS bigint) AS fees, \
                     CAST(COALESCE(SUM(CASE WHEN reporting_category IN ('refund', 'refund_failure', 'partial_capture_reversal') THEN -amount_minor ELSE 0 END), 0) AS bigint) AS refunds, \
                     CAST(COALESCE(SUM(CASE WHEN reporting_category NOT IN ('charge', 'charge_failure', 'refund', 'refund_failure', \
                     'partial_capture_reversal', 'fee') THEN amount_minor ELSE 0 END), 0) AS bigint) AS other, \
                     CAST(COALESCE(SUM(net_minor), 0) AS bigint) AS net FROM ledger_entries \
                     WHERE connection = '{connection}' AND currency = '{currency}' AND {earns} \
                     AND created_at >= '{from}' AND created_at < '{to}'"
                ))
                .await
                .remove(0);
            for name in ["gross", "fees", "refunds", "other", "net"] {
                let micros = rows::Micros::from_minor(sums[name].as_i64().unwrap(), exponent).unwrap();
                expected.insert(
                    format!("dynamoi_payments_{name}{{connection=\"{connection}\",currency=\"{currency}\",window=\"{window}\"}}"),
                    micros.to_string(),
                );
            }
        }
    }
    let revenue = eyes
        .query(
            "SELECT connection, currency, CAST(SUM(mrr_micros) AS bigint) AS mrr FROM subscription_mrr_daily m \
             WHERE date = (SELECT MAX(date) FROM subscription_mrr_daily l WHERE l.connection = m.connection) \
             GROUP BY connection, currency",
        )
        .await;
    for row in revenue {
        let series = format!(
            "dynamoi_mrr{{connection=\"{}\",currency=\"{}\"}}",
            row["connection"].as_str().unwrap(),
            row["currency"].as_str().unwrap()
        );
        expected.insert(series, major(row["mrr"].as_i64().unwrap()));
        // A currency that only subscriptions have still has (empty) payment windows.
        for name in ["gross", "fees", "refunds", "other", "net"] {
            for window in ["today", "yesterday", "7d", "28d"] {
                let series = format!(
                    "dynamoi_payments_{name}{{connection=\"{}\",currency=\"{}\",window=\"{window}\"}}",
                    row["connection"].as_str().unwrap(),
                    row["currency"].as_str().unwrap()
                );
                expected.entry(series).or_insert_with(|| Value::from(0).to_string());
            }
        }
    }
}
