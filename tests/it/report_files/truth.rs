//! The imitated label's figures against the tables.

use std::collections::BTreeMap;

use sandbox::report_files::ReportFiles;
use serde_json::Value;

use crate::support::sql::Eyes;

/// Compares everything; panics at the first difference.
pub async fn assert_equal(world: &ReportFiles, eyes: &Eyes) {
    royalties(world, eyes).await;
    months(world, eyes).await;
    audience(world, eyes).await;
    streams(world, eyes).await;
    // No line of a file that is not shown is left.
    let hidden = "SELECT count(*) FROM royalty_statement_rows f JOIN royalty_statement_entities e ON e.id = f.entity_id \
                  WHERE e.statement NOT IN (SELECT sha256 FROM report_files WHERE state = 'loaded')";
    assert_eq!(eyes.number(hidden).await, 0, "lines of files that are not loaded");
}

async fn royalties(world: &ReportFiles, eyes: &Eyes) {
    let mut expected: Vec<String> = Vec::new();
    for row in world.truth_royalties() {
        expected.push(format!(
            "{} {} {} isrc:{} {} {} {} {} {} {} {} {} {}",
            row.layout,
            row.service,
            row.store,
            row.isrc,
            row.country,
            row.period.0,
            row.period.1,
            row.kind,
            row.currency,
            row.quantity,
            decimal(row.revenue),
            (row.revenue + 50) / 100,
            row.lines
        ));
    }
    let sql = "SELECT layout, service, store, track_id, country, period_start, period_end, kind, currency, \
               CAST(quantity AS bigint) AS quantity, revenue_exact, revenue_micros, lines FROM royalty_statements";
    let columns = [
        "layout",
        "service",
        "store",
        "track_id",
        "country",
        "period_start",
        "period_end",
        "kind",
        "currency",
        "quantity",
        "revenue_exact",
        "revenue_micros",
        "lines",
    ];
    same("royalties", expected, texts(eyes, sql, &columns).await);
}

/// Streams per month of all statements, in the table of streams.
async fn months(world: &ReportFiles, eyes: &Eyes) {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for row in world.truth_royalties().into_iter().filter(|row| row.kind == "stream") {
        let key = format!("{} isrc:{} {} {}", row.service, row.isrc, row.country, row.period.0);
        *sums.entry(key).or_default() += row.quantity;
    }
    let expected = sums.into_iter().map(|(key, sum)| format!("{key} {sum}")).collect();
    let sql = "SELECT service, track_id, country, date, streams FROM track_performance_daily WHERE granularity = 'month'";
    same("months", expected, texts(eyes, sql, &["service", "track_id", "country", "date", "streams"]).await);
}

async fn audience(world: &ReportFiles, eyes: &Eyes) {
    let rows = world.truth_audience().into_iter();
    let expected = rows
        .map(|row| {
            format!(
                "spotify {} {} {} {} {}",
                row.artist_id, row.date, row.streams, row.listeners, row.followers
            )
        })
        .collect();
    let sql = "SELECT service, artist_id, date, streams, listeners, followers FROM artist_audience_daily";
    let columns = ["service", "artist_id", "date", "streams", "listeners", "followers"];
    same("audience", expected, texts(eyes, sql, &columns).await);
}

async fn streams(world: &ReportFiles, eyes: &Eyes) {
    let rows = world.truth_streams().into_iter();
    let expected =
        rows.map(|row| format!("spotify isrc:{} {} {}", row.isrc, row.date, row.streams)).collect();
    let sql =
        "SELECT service, track_id, date, streams FROM track_performance_daily WHERE granularity = 'day'";
    same("streams", expected, texts(eyes, sql, &["service", "track_id", "date", "streams"]).await);
}

async fn texts(eyes: &Eyes, sql: &str, columns: &[&str]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |row: &Value| columns.iter().map(|name| text(&row[*name])).collect::<Vec<_>>().join(" ");
    eyes.query(sql).await.iter().map(line).collect()
}

fn same(what: &str, mut expected: Vec<String>, mut found: Vec<String>) {
    expected.sort();
    found.sort();
    let difference = expected.iter().zip(&found).find(|(expected, found)| expected != found);
    assert!(difference.is_none(), "{what}: {difference:?}");
    assert_eq!(expected.len(), found.len(), "{what}");
    assert!(!found.is_empty(), "{what}: nothing was compared");
}

/// Of 10⁻⁸, without zeros at its end.
fn decimal(units: u64) -> String {
    let text = format!("{}.{:08}", units / 100_000_000, units % 100_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
