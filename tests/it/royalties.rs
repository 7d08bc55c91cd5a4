//! `dynamoi report --royalties` against sums by hand.

use std::{fs, path::PathBuf, sync::Arc};

use jiff::civil::date;
use rows::{
    Currency, Day, DayRange, Decimal, Micros, Row,
    clock::SystemClock,
    files::{FileFacts, FileNote, FileSink, Publication, Standing},
    royalties::{RoyaltyKind, RoyaltyStatement},
    sink::{Commit, ConnectionRecord, Sink},
};
use serde_json::{Value, json};
use store::{Store, StoreOptions};
use tempfile::TempDir;

use crate::support::{
    PATIENCE,
    program::{Ended, Program},
    sqlite_url,
};

const JULY: Day = date(2026, 7, 1);
const SEPTEMBER: Day = date(2026, 9, 1);
const OCTOBER: Day = date(2026, 10, 1);

/// A database with statements, and the program on it.
struct Label {
    dir: TempDir,
    store: Store,
}

/// Streams of a month, in Germany.
fn sold(
    month: Day,
    service: &str,
    store: &str,
    currency: &str,
    quantity: i64,
    revenue: Option<&str>,
) -> RoyaltyStatement {
    RoyaltyStatement {
        statement: String::new(),
        service: service.to_owned(),
        store: store.to_owned(),
        track_id: "isrc:QZAB12600001".to_owned(),
        country: "DE".to_owned(),
        period_start: month,
        period_end: month.last_of_month(),
        kind: RoyaltyKind::Stream,
        currency: Currency::parse(currency).ok(),
        quantity: Some(Micros(quantity * 1_000_000)),
        revenue: revenue.and_then(|text| Decimal::parse(text).unwrap().micros()),
        revenue_exact: revenue.map(str::to_owned),
        gross: None,
        isrc: Some("QZAB12600001".to_owned()),
        upc: None,
        title: Some("=Night Ferry".to_owned()),
        artist_name: Some("The Band".to_owned()),
        statement_period: None,
        layout: "by hand".to_owned(),
        lines: 1,
    }
}

// === impl Label ===

impl Label {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let url = sqlite_url(&dir.path().join("dynamoi.db"));
        let store =
            Store::connect(&url, StoreOptions::default(), Arc::new(SystemClock::new())).await.unwrap();
        store.migrate_up().await.unwrap();
        Self { dir, store }
    }

    fn config(&self) -> PathBuf {
        let path = self.dir.path().join("dynamoi.toml");
        let url = sqlite_url(&self.dir.path().join("dynamoi.db"));
        fs::write(&path, format!("[database]\nurl = \"{url}\"\n")).unwrap();
        path
    }

    /// Stages a statement, and shows it.
    async fn statement(&self, tenant: &str, hash: &str, lines: Vec<RoyaltyStatement>, is_shown: bool) {
        let connection = format!("{tenant}-files");
        let record = ConnectionRecord {
            name: connection.clone(),
            integration: "report_files".to_owned(),
            tenant: tenant.to_owned(),
            once_since: None,
        };
        let epoch = self.store.register(record).await.unwrap().epoch;
        let period = DayRange::new(JULY, OCTOBER.last_of_month());
        let facts = FileFacts {
            sha256: hash.to_owned(),
            size_bytes: 1,
            layout: "by hand".to_owned(),
            unit: hash.to_owned(),
            by_day: false,
            period,
            statement_period: None,
            rows: lines.len() as u64,
            rejected: 0,
            totals: None,
            made_at: None,
            notes: Vec::new(),
        };
        let note = FileNote {
            connection: connection.clone(),
            epoch,
            sha256: hash.to_owned(),
            name: format!("{hash}.csv"),
            member: None,
            size_bytes: 1,
            standing: Standing::Loading(facts.clone()),
        };
        assert!(self.store.note_file(note).await.unwrap());
        let count = lines.len() as u64;
        let rows = lines.into_iter().map(|line| RoyaltyStatement { statement: hash.to_owned(), ..line });
        let commit = Commit {
            connection: connection.clone(),
            integration: "report_files".to_owned(),
            epoch,
            stream: "files".to_owned(),
            rows: rows.map(Row::RoyaltyStatement).collect(),
            ..Commit::default()
        };
        self.store.commit(commit).await.unwrap();
        if is_shown {
            let publication = Publication {
                connection,
                integration: "report_files".to_owned(),
                epoch,
                stream: "files".to_owned(),
                account_id: String::new(),
                facts,
                lines: count,
                rows: Vec::new(),
            };
            self.store.publish_file(publication).await.unwrap();
        }
    }

    async fn run(&self, arguments: &[&str], code: i32) -> Ended {
        let config = self.config().display().to_string();
        let all = [&["report", "--royalties", "--config", &config], arguments].concat();
        let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
        Program::start(self.dir.path(), &all, &[]).ended(PATIENCE).await.expect(code)
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.run(&[&["--format", "json"], arguments].concat(), 0).await.out;
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }
}

/// What one label and another are paid:
///
/// - two statements with one line in common, of two stores, an adjustment: 1.0049999996 + 0.0000000001 + 2 − 0.5 = 2.5049999997 EUR,
/// - a quarter at another service: 3.25 EUR; a dollar amount: 0.1 USD; a track of which no amount is said,
/// - sales of the year before; a statement that is not loaded; and the other label's 7 EUR.
async fn label() -> Label {
    let label = Label::new().await;
    let adjusted = RoyaltyStatement {
        kind: RoyaltyKind::Adjustment,
        ..sold(OCTOBER, "spotify", "Spotify", "EUR", -5, Some("-0.5"))
    };
    let quarter = RoyaltyStatement {
        period_start: JULY,
        ..sold(SEPTEMBER, "apple_music", "Apple Music", "EUR", 7, Some("3.25"))
    };
    let unsaid = RoyaltyStatement {
        track_id: "isrc:QZAB12600002".to_owned(),
        title: Some("Harbour".to_owned()),
        ..sold(OCTOBER, "spotify", "Spotify", "EUR", 2, None)
    };
    let one = vec![
        sold(SEPTEMBER, "spotify", "Spotify", "EUR", 1_000, Some("1.0049999996")),
        sold(SEPTEMBER, "spotify", "Spotify (Premium)", "EUR", 10, Some("2")),
        adjusted,
        quarter,
        sold(SEPTEMBER, "spotify", "Spotify", "USD", 1, Some("0.1")),
        unsaid,
        sold(date(2025, 10, 1), "spotify", "Spotify", "EUR", 1, Some("100")),
    ];
    label.statement("label-a", "one", one, true).await;
    let two = vec![sold(SEPTEMBER, "spotify", "Spotify", "EUR", 1, Some("0.0000000001"))];
    label.statement("label-a", "two", two, true).await;
    let half = vec![sold(OCTOBER, "spotify", "Spotify", "EUR", 1, Some("1000"))];
    label.statement("label-a", "half", half, false).await;
    let other = vec![sold(OCTOBER, "spotify", "Spotify", "EUR", 3, Some("7"))];
    label.statement("label-b", "other", other, true).await;
    label
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_are_those_by_hand() {
    let label = label().await;
    let all = label.json(&[]).await;
    assert_eq!((&all["from"], &all["to"]), (&"2025-11-01".into(), &"2026-10-31".into()));
    let eur = |revenue: &str, micros: i64, lines: u64| json!({"currency": "EUR", "revenue_exact": revenue, "revenue_micros": micros, "lines": lines, "revenue_unknown": 1});
    let usd = json!({"currency": "USD", "revenue_exact": "0.1", "revenue_micros": 100_000, "lines": 1, "revenue_unknown": 0});
    assert_eq!(all["totals"], json!([eur("12.7549999997", 12_755_000, 7), usd]));
    let own = label.json(&["--tenant", "label-a"]).await;
    assert_eq!(own["totals"], json!([eur("5.7549999997", 5_755_000, 6), usd]));
    let lines = own["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 6, "{lines:#?}");
    let line = |store: &str, kind: &str, currency: &str| {
        let found = lines.iter().find(|line| {
            line["store"] == store
                && line["kind"] == kind
                && line["currency"] == currency
                && line["title"] != "Harbour"
        });
        found.unwrap_or_else(|| panic!("{store}: {lines:#?}"))
    };
    let both = line("Spotify", "stream", "EUR");
    assert_eq!(
        (&both["revenue_exact"], &both["quantity_micros"], &both["lines"]),
        (&"1.0049999997".into(), &1_001_000_000_i64.into(), &2.into())
    );
    let quarter = line("Apple Music", "stream", "EUR");
    assert_eq!(
        (&quarter["period_start"], &quarter["period_end"]),
        (&"2026-07-01".into(), &"2026-09-30".into())
    );
    assert_eq!(line("Spotify", "adjustment", "EUR")["revenue_micros"], -500_000);
    let harbour = lines.iter().find(|line| line["title"] == "Harbour").unwrap();
    assert!(harbour["revenue_micros"].is_null() && harbour["revenue_exact"].is_null(), "{harbour}");
    assert_eq!(harbour["quantity_micros"], 2_000_000);

    // What ends on the days that are asked for: the quarter does, and October's adjustment does not.
    let september = label.json(&["--from", "2026-09-01", "--to", "2026-09-30", "--tenant", "label-a"]).await;
    assert_eq!(september["totals"][0]["revenue_exact"], "6.2549999997");
    assert_eq!(september["totals"][0]["revenue_unknown"], 0);
    let year_before = label.json(&["--to", "2025-12-31"]).await;
    assert_eq!(
        (&year_before["from"], &year_before["totals"][0]["revenue_exact"]),
        (&"2025-01-01".into(), &"100".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_says_the_same() {
    let label = label().await;
    let csv = label
        .run(&["--format", "csv", "--tenant", "label-a", "--bom", "--separator", "semicolon"], 0)
        .await
        .out;
    let csv = csv.strip_prefix('\u{feff}').unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.as_bytes());
    let heads: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let picked =
        ["title", "service", "store", "period_start", "kind", "currency", "quantity", "revenue", "lines"]
            .map(column);
    let mut found: Vec<String> = reader
        .records()
        .map(|line| line.unwrap())
        .map(|line| picked.map(|place| line[place].to_owned()).join(" "))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "'=Night Ferry apple_music Apple Music 2026-07-01 stream EUR 7 3.25 1",
            "'=Night Ferry spotify Spotify (Premium) 2026-09-01 stream EUR 10 2 1",
            "'=Night Ferry spotify Spotify 2026-09-01 stream EUR 1001 1.0049999997 2",
            "'=Night Ferry spotify Spotify 2026-09-01 stream USD 1 0.1 1",
            "'=Night Ferry spotify Spotify 2026-10-01 adjustment EUR -5 -0.5 1",
            "Harbour spotify Spotify 2026-10-01 stream EUR 2  1",
        ]
    );

    let table = label.run(&["--tenant", "label-a"], 0).await.out;
    assert!(
        table.contains("from 2025-11-01 to 2026-10-31 (the last twelve months that there are)"),
        "{table}"
    );
    assert!(table.contains("Total: 5.75 EUR of 6 lines, 1 without an amount"), "{table}");
    assert!(table.contains("Total: 0.10 USD of 1 line\n"), "{table}");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.contains("QZAB"))
        .map(|line| {
            line.split("  ")
                .map(|cell| cell.trim_matches([' ', '│']))
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let night = ["=Night Ferry", "The Band", "QZAB12600001"];
    assert_eq!(
        rows,
        [
            [&night[..], &["apple_music", "EUR", "7", "3.25"]].concat(),
            // Rounded once: of 2.505 it would be 2.51.
            [&night[..], &["spotify", "EUR", "1,006", "2.50"]].concat(),
            vec!["Harbour", "The Band", "QZAB12600001", "spotify", "EUR", "2", "–"],
            [&night[..], &["spotify", "USD", "1", "0.10"]].concat(),
        ],
        "{table}"
    );
    assert!(!table.contains("Tenant"), "{table}");
    let both = label.run(&[], 0).await.out;
    assert!(both.contains("Tenant") && both.contains("label-b"), "{both}");

    let html = label.run(&["--format", "html", "--tenant", "label-a"], 0).await.out;
    assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("http://") && !html.contains("<script"));
    for part in [
        "5.75 EUR",
        "without 1 of which it is not known",
        "<title>Sep 2026: 3.00 EUR</title>",
        "<title>Oct 2026: −0.50 EUR</title>",
        "not within one: 3.25 EUR",
        "2026-07-01 to 2026-09-30",
        "Spotify (Premium)",
        "Harbour",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_shown_is_said() {
    let label = label().await;
    let refused = label.run(&["--campaign", "night-drive"], 2).await;
    assert!(refused.err.contains("leave out --campaign or --royalties"), "{refused:?}");
    let unknown = label.run(&["--tenant", "label-c"], 2).await;
    assert!(unknown.err.contains("did you mean `label-"), "{unknown:?}");
    let backwards = label.run(&["--from", "2026-02-02", "--to", "2026-02-01"], 2).await;
    assert!(backwards.err.contains("is before the first"), "{backwards:?}");
    let misplaced = label.run(&["--bom"], 2).await;
    assert!(misplaced.err.contains("--format csv"), "{misplaced:?}");
    let nothing = label.run(&["--from", "2026-11-01"], 0).await;
    assert!(nothing.out.contains("No statement that is loaded has sales"), "{nothing:?}");
    let nothing = label.json(&["--from", "2026-11-01"]).await;
    assert_eq!((&nothing["lines"], &nothing["totals"]), (&json!([]), &json!([])));
    let empty = Label::new().await;
    assert_eq!(empty.json(&[]).await["lines"], json!([]));
    assert!(empty.run(&["--format", "html"], 0).await.out.contains("No statement that is loaded"));
    fs::remove_file(empty.dir.path().join("dynamoi.db")).unwrap();
    let missing = empty.run(&[], 1).await;
    assert!(missing.err.contains("there is no database"), "{missing:?}");
}
