//! `dynamoi report` against what the providers served.

use std::collections::BTreeMap;

use rows::{Day, Micros};
use sandbox::meta_ads::{Level, MetaAds};
use serde_json::Value;

use crate::support::Bench;

const CAMPAIGNS: &str = r#"
[campaigns.night-drive]
tenant = "label-a"
budget = { amount = "100000.00", currency = "USD", from = "FROM", to = "TO" }
members = [{ integration = "meta_ads", name_matches = "Night Drive*" }, { utm_campaign = "album-launch" }]

[campaigns.half-connected]
tenant = "label-a"
budget = { amount = "10.00", currency = "USD", from = "FROM", to = "TO" }
members = [{ integration = "meta_ads", name_matches = "Night Drive*" }, { integration = "google_ads", campaign = "12" }]

[campaigns.ended]
tenant = "label-a"
budget = { amount = "1000.00", currency = "USD", from = "LONG_AGO", to = "TO" }
members = [{ integration = "meta_ads", name_matches = "Early Works*" }]

[campaigns.of-another]
tenant = "label-b"
members = [{ integration = "meta_ads", name_matches = "*" }]
"#;

/// What one currency's campaigns spent and showed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    spend_micros: i64,
    impressions: i64,
}

fn day(value: &Value) -> Day {
    value.as_str().unwrap().parse().unwrap()
}

/// What the provider knows of these days, by currency.
fn truth(bench: &Bench, from: Day, to: Day) -> BTreeMap<String, Told> {
    let days = bench.sandbox.with_world(|meta: &mut MetaAds| meta.truth_daily(Level::Campaign)).unwrap();
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for day in days.iter().filter(|day| (from..=to).contains(&day.day)) {
        let told = told.entry(day.currency.clone()).or_default();
        told.spend_micros += Micros::parse(&day.spend).unwrap().0;
        told.impressions += i64::try_from(day.counts.impressions).unwrap();
    }
    told
}

fn totals(report: &Value) -> BTreeMap<String, Told> {
    let totals = report["totals"].as_array().unwrap().iter();
    let told = |total: &Value| Told {
        spend_micros: total["spend_micros"].as_i64().unwrap(),
        impressions: total["impressions"].as_i64().unwrap(),
    };
    totals.map(|total| (total["currency"].as_str().unwrap().to_owned(), told(total))).collect()
}

async fn printed(bench: &Bench, arguments: &[&str]) -> String {
    bench.run(&[&["report"], arguments].concat()).await.expect(0).out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_says_what_the_providers_served() {
    let mut bench = Bench::four(91);
    let early = bench.run(&["report"]).await.expect(1);
    assert!(early.err.contains("there is no database") && early.err.contains("dynamoi run"), "{early:?}");

    let now = bench.sandbox.now();
    let today = rows::day::day_at(now, &jiff::tz::TimeZone::UTC);
    let (from, to) = (rows::day::plus_days(today, -9), rows::day::plus_days(today, -3));
    let long_ago = rows::day::plus_days(today, -40);
    bench.layer = CAMPAIGNS
        .replace("FROM", &from.to_string())
        .replace("\"TO\"", &format!("\"{to}\""))
        .replace("LONG_AGO", &long_ago.to_string());
    assert!(bench.once().await, "everything is read");

    let range = ["--from", &from.to_string(), "--to", &to.to_string()];
    let json = |more: &[&str]| {
        [&range, more, &["--format", "json"]].concat().iter().map(ToString::to_string).collect()
    };
    let ask = async |more: &[&str]| -> Value {
        let arguments: Vec<String> = json(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        serde_json::from_str(&printed(&bench, &arguments).await).unwrap()
    };

    let whole = ask(&[]).await;
    let expected = truth(&bench, from, to);
    assert!(expected.len() > 1, "amounts in several currencies: {expected:?}");
    assert_eq!(totals(&whole), expected);
    for campaign in whole["campaigns"].as_array().unwrap() {
        let daily = campaign["daily"].as_array().unwrap();
        assert_eq!((day(&daily[0]["date"]), day(&daily[6]["date"]), daily.len()), (from, to, 7));
        let spend: i64 = daily.iter().map(|day| day["spend_micros"].as_i64().unwrap()).sum();
        assert_eq!(campaign["spend_micros"].as_i64(), Some(spend), "{campaign}");
        assert_eq!((&campaign["days"], &campaign["days_read"]), (&7.into(), &7.into()));
    }

    // A marketing campaign: its members, its budget over just these days, the visits that its links brought.
    let marketing = ask(&["--campaign", "night-drive"]).await;
    let names = marketing["campaigns"].as_array().unwrap().iter().map(|of| of["name"].as_str().unwrap());
    let names: Vec<&str> = names.collect();
    assert!(!names.is_empty() && names.iter().all(|name| name.starts_with("Night Drive")), "{names:?}");
    let [night_drive] = marketing["marketing_campaigns"].as_array().unwrap().as_slice() else {
        panic!("{marketing}")
    };
    let spent_micros = night_drive["budget"]["spend_micros"].as_i64().unwrap();
    assert_eq!(totals(&marketing)["USD"].spend_micros, spent_micros);
    let share = night_drive["budget"]["pacing"].as_f64().unwrap() * 100_000_000_000.0;
    assert!(
        (share / f64::from(u32::try_from(spent_micros / 1_000).unwrap()) - 1_000.0).abs() < 1.0,
        "the days are over"
    );
    assert!(night_drive["visits"][0]["sessions"].as_i64().unwrap() > 0, "{night_drive}");
    assert_eq!(night_drive["members_without_data"], serde_json::json!([]));
    let [ended, half, _, others] = whole["marketing_campaigns"].as_array().unwrap().as_slice() else {
        panic!("{whole}")
    };
    assert_eq!(half["members_without_data"], serde_json::json!(["google_ads campaign 12"]));
    assert!(half["budget"]["spend_micros"].is_null() && half["budget"]["pacing"].is_null(), "{half}");
    let apart = (&"of-another".into(), &serde_json::json!([]));
    assert_eq!((&others["name"], &others["totals"]), apart, "tenants stay apart");
    // The budget's days are its own: what ended before the report begins was spent all the same.
    assert_eq!(ended["totals"], serde_json::json!([]), "nothing on these days");
    let arguments =
        ["--from", &long_ago.to_string(), "--to", &to.to_string(), "--campaign", "ended", "--format", "json"];
    let before: Value = serde_json::from_str(&printed(&bench, &arguments).await).unwrap();
    assert!(totals(&before)["USD"].spend_micros > 0, "{before}");
    assert_eq!(ended["budget"]["spend_micros"].as_i64(), Some(totals(&before)["USD"].spend_micros));

    // The other forms hold the same.
    let csv = printed(&bench, &[&range[..], &["--format", "csv"]].concat()).await;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let (currency, spend) = (column("currency"), column("spend"));
    let mut by_currency: BTreeMap<String, i64> = BTreeMap::new();
    for line in reader.records() {
        let line = line.unwrap();
        *by_currency.entry(line[currency].to_owned()).or_default() += Micros::parse(&line[spend]).unwrap().0;
    }
    assert_eq!(by_currency, expected.iter().map(|(code, told)| (code.clone(), told.spend_micros)).collect());
    let dialect = ["--format", "csv", "--separator", "semicolon", "--bom"];
    let csv = printed(&bench, &[&range[..], &dialect].concat()).await;
    assert!(csv.starts_with("\u{feff}date;provider;connection;"), "{csv}");
    assert!(csv.lines().nth(1).unwrap().contains(";\"meta_ads\";\""), "{csv}");
    let misplaced = bench.run(&["report", "--bom"]).await.expect(2);
    assert!(misplaced.err.contains("--format csv"), "{misplaced:?}");
    let table = printed(&bench, &range).await;
    assert!(table.contains("night-drive (label-a)") && table.contains("Total of"), "{table}");
    let html = printed(&bench, &[&range[..], &["--format", "html"]].concat()).await;
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<svg"), "{html}");
    assert!(
        !html.contains("http://") && !html.contains("https://") && !html.contains("<script"),
        "it loads nothing"
    );

    // What does not exist is said, with what is near.
    let unknown = bench.run(&["report", "--campaign", "night-drvie"]).await.expect(2);
    assert!(unknown.err.contains("did you mean `night-drive`?"), "{unknown:?}");
    let unknown = bench.run(&["report", "--tenant", "label-c"]).await.expect(2);
    assert!(unknown.err.contains("did you mean `label-"), "{unknown:?}");
    let backwards = bench.run(&["report", "--from", "2026-02-02", "--to", "2026-02-01"]).await.expect(2);
    assert!(backwards.err.contains("is before the first"), "{backwards:?}");
}
