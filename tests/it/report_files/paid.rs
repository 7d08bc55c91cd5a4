//! What files come to in the report and in the metric.

use std::collections::BTreeMap;

use rows::{Day, Micros};
use sandbox::report_files::TruthRoyalty;

use super::*;
use crate::support::{get, until};

/// Exact sums in 10⁻⁸ of the currency.
fn sums<K: Ord>(lines: &[TruthRoyalty], key: impl Fn(&TruthRoyalty) -> Option<K>) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        if let Some(key) = key(line) {
            *sums.entry(key).or_default() += line.revenue;
        }
    }
    sums
}

/// Rounded once.
fn micros(units: u64) -> i64 {
    i64::try_from((units + 50) / 100).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metric_and_the_report_say_what_the_files_say() {
    let mut shelf = Shelf::new();
    shelf.more = "[connections.label-a-files.streams.files]\nevery = \"1s\"\n".to_owned();
    let world = world(7);
    world.write_to(&shelf.reports()).unwrap();
    let truth = world.truth_royalties();
    let newest = truth.iter().map(|line| line.period.1).max().unwrap();

    // Files that are loaded while it runs are shown long before everything is read again.
    let mut program = shelf.start(&["run"]);
    let url = format!("http://{}/metrics", program.address().await);
    shown(&url, &truth, newest).await;
    program.kill().await;
    shelf.more.clear();

    let printed = shelf.run(&["report", "--royalties", "--format", "json"]).await.expect(0).out;
    let report: Value = serde_json::from_str(&printed).unwrap();
    let first = newest.first_of_month().saturating_sub(jiff::ToSpan::months(11));
    assert_eq!((&report["from"], &report["to"]), (&first.to_string().into(), &newest.to_string().into()));
    let totals: BTreeMap<&str, i64> = report["totals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|total| (total["currency"].as_str().unwrap(), total["revenue_micros"].as_i64().unwrap()))
        .collect();
    let expected = sums(&truth, |line| Some(line.currency));
    assert_eq!(totals, expected.into_iter().map(|(code, sum)| (code, micros(sum))).collect());
    assert_eq!(totals.len(), 2, "two currencies");
    let lines = report["lines"].as_array().unwrap();
    let keys = sums(&truth, |line| {
        Some((line.isrc, line.service, line.store, line.country, line.period, line.kind, line.currency))
    });
    assert_eq!(lines.len(), keys.len());
    for line in lines {
        let revenue = Micros(line["revenue_micros"].as_i64().unwrap());
        let text = |key: &str| line[key].as_str().unwrap();
        let same = keys.iter().find(|((isrc, service, store, country, period, kind, currency), _)| {
            let ours = [isrc, service, store, country, kind, currency].map(|word| *word);
            ours == ["isrc", "service", "store", "country", "kind", "currency"].map(text)
                && period.1.to_string() == text("period_end")
        });
        assert_eq!(same.map(|(_, sum)| micros(*sum)), Some(revenue.0), "{line}");
    }
}

async fn shown(url: &str, truth: &[TruthRoyalty], newest: Day) {
    let expected = sums(truth, |line| {
        (line.period.1 == newest).then(|| {
            let labels = "connection=\"label-a-files\"";
            format!(
                "dynamoi_royalties{{{labels},service=\"{}\",currency=\"{}\"}}",
                line.service, line.currency
            )
        })
    });
    let mut expected: Vec<String> =
        expected.into_iter().map(|(series, sum)| format!("{series} {}", Micros(micros(sum)))).collect();
    let month = rows::day::start_of(newest.first_of_month(), &jiff::tz::TimeZone::UTC).as_second();
    expected
        .push(format!("dynamoi_royalties_month_timestamp_seconds{{connection=\"label-a-files\"}} {month}"));
    expected.sort();
    assert!(expected.len() > 2, "{expected:?}");
    until("royalties are shown", async || {
        let text = get(url).await;
        let mut lines: Vec<&str> =
            text.lines().filter(|line| line.starts_with("dynamoi_royalties")).collect();
        lines.sort_unstable();
        (lines == expected).then_some(())
    })
    .await;
}
