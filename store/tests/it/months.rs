//! Streams per month, quarter and period of statements, in the view beside what is stored.

use jiff::civil::date;
use rows::{
    Day, Micros, Row,
    checkpoint::{Checkpoint, FilesProgress, Progress},
    files::FileFacts,
    royalties::{RoyaltyKind, RoyaltyStatement},
    sink::Commit,
};

use crate::{
    files::{LABEL, facts, line, loaded, staged},
    support::Bench,
};

/// `granularity date period_end country streams` of a track.
async fn shown(bench: &Bench, track: &str) -> Vec<String> {
    let query = format!(
        "SELECT * FROM track_performance_daily WHERE connection = '{LABEL}' AND track_id = '{track}' \
         ORDER BY date, granularity, country"
    );
    let word = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |row: &serde_json::Value| {
        let columns = ["granularity", "date", "period_end", "country", "streams"];
        columns.map(|column| word(&row[column])).join(" ")
    };
    bench.query(&query).await.iter().map(line).collect()
}

fn of(file: &str, track: &str, first: Day, last: Day, quantity: Option<i64>) -> RoyaltyStatement {
    RoyaltyStatement {
        period_start: first,
        period_end: last,
        quantity: quantity.map(Micros),
        ..line(file, track)
    }
}

pub async fn streams_per_month_are_sums_over_loaded_statements(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let june = (date(2026, 6, 1), date(2026, 6, 30));
    let statement = |file: &str| FileFacts { unit: file.to_owned(), ..facts(file) };
    let store = |line: RoyaltyStatement, store: &str| RoyaltyStatement { store: store.into(), ..line };
    let lines = vec![
        of("july", "isrc:1", june.0, june.1, Some(1_400_000)),
        store(of("july", "isrc:1", june.0, june.1, Some(1_300_000)), "Spotify (Premium)"),
        // A sale with a date, in the same month.
        of("july", "isrc:1", date(2026, 6, 5), date(2026, 6, 5), Some(1_000_000)),
        of("july", "isrc:1", date(2026, 2, 1), date(2026, 2, 28), Some(-2_600_000)),
        of("july", "isrc:1", date(2026, 4, 1), date(2026, 6, 30), Some(9_000_000)),
        of("july", "isrc:1", date(2026, 5, 1), date(2026, 7, 31), Some(3_000_000)),
        RoyaltyStatement { country: "FR".into(), ..of("july", "isrc:1", june.0, june.1, Some(5_000_000)) },
        RoyaltyStatement { service: "deezer".into(), ..of("july", "isrc:3", june.0, june.1, Some(0)) },
        RoyaltyStatement {
            kind: RoyaltyKind::Download,
            ..of("july", "isrc:2", june.0, june.1, Some(8_000_000))
        },
        RoyaltyStatement {
            kind: RoyaltyKind::Adjustment,
            ..of("july", "isrc:1", june.0, june.1, Some(-1_000_000))
        },
        of("july", "isrc:4", june.0, june.1, None),
        store(of("july", "isrc:4", june.0, june.1, Some(1_000_000)), "Spotify (Premium)"),
        // Nobody streams so much; it must not keep others from being read.
        of("july", "isrc:5", june.0, june.1, Some(i64::MAX)),
        store(of("july", "isrc:5", june.0, june.1, Some(i64::MAX)), "Spotify (Premium)"),
        of("july", "", june.0, june.1, Some(1_000_000)),
    ];
    loaded(bench, epoch, statement("july"), lines).await;
    assert_eq!(
        shown(bench, "isrc:1").await,
        [
            "month 2026-02-01 2026-02-28 DE -3",
            "quarter 2026-04-01 2026-06-30 DE 9",
            "period 2026-05-01 2026-07-31 DE 3",
            "month 2026-06-01 2026-06-30 DE 4",
            "month 2026-06-01 2026-06-30 FR 5",
        ]
    );
    assert_eq!(shown(bench, "isrc:2").await, [""; 0], "a download is no stream");
    assert_eq!(shown(bench, "").await, [""; 0], "of no single track");
    assert_eq!(shown(bench, "isrc:3").await, ["month 2026-06-01 2026-06-30 DE 0"]);
    assert_eq!(shown(bench, "isrc:4").await, ["month 2026-06-01 2026-06-30 DE null"]);
    let most = i128::from(i64::MAX) * 2 / 1_000_000;
    assert_eq!(shown(bench, "isrc:5").await, [format!("month 2026-06-01 2026-06-30 DE {}", most + 1)]);
    // June's lines come in later statements, too.
    let late = vec![of("august", "isrc:1", june.0, june.1, Some(1_000_000))];
    loaded(bench, epoch, statement("august"), late).await;
    let months = shown(bench, "isrc:1").await;
    assert!(months.contains(&"month 2026-06-01 2026-06-30 DE 5".to_owned()), "{months:?}");
    // Lines of a file that is not loaded count for no one.
    bench.commit(staged(epoch, vec![of("half", "isrc:1", june.0, june.1, Some(1_000_000))])).await;
    assert_eq!(shown(bench, "isrc:1").await, months);
    let row = bench.one("SELECT * FROM track_performance_daily WHERE track_id = 'isrc:3'").await;
    for (column, value) in [
        ("provider", "report_files"),
        ("tenant", "label-a"),
        ("service", "deezer"),
        ("segment", ""),
        ("measure_class", "measured"),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    assert!(row["listeners"].is_null() && row["popularity"].is_null() && row["saves"].is_null());
    assert!(row["observed_at"].as_str().unwrap().starts_with("2026-11-24T10:00:00"));
    // Provisional until a file speaks of later days.
    let provisional = async || {
        let month = format!("track_performance_daily WHERE track_id = 'isrc:3' AND {}", truth(bench));
        bench.count(&month).await
    };
    assert_eq!(provisional().await, 1);
    let progress = FilesProgress { last_day: Some(june.1), ..FilesProgress::default() };
    let checkpoint = Checkpoint {
        account_id: String::new(),
        stream: "files".into(),
        time_zone: "UTC".into(),
        currency: None,
        progress: Progress::Files(progress),
        forbidden: None,
    };
    bench.commit(Commit { checkpoint: Some(checkpoint), ..staged(epoch, vec![]) }).await;
    assert_eq!(provisional().await, 0);
    let through = bench.one("SELECT data_through, settled_through FROM ledger").await;
    assert!(through["data_through"].as_str().unwrap().starts_with("2026-07-01T00:00:00"), "{through}");
    assert_eq!(through["settled_through"], "2026-06-30");
    // A stored month of another track stands beside them.
    let mut stored = crate::kinds::every_kind("isrc:9");
    stored.retain(|row| matches!(row, Row::TrackPerformance(_)));
    bench.commit(Commit { rows: stored, ..staged(epoch, vec![]) }).await;
    assert_eq!(shown(bench, "isrc:9").await, ["day 2026-11-20 null DE 1"]);
}

fn truth(bench: &Bench) -> &'static str {
    match bench.backend() {
        sea_orm::DbBackend::Postgres => "provisional",
        _ => "provisional = 1",
    }
}
