//! Files as they lie on a disk, down to the rows of the tables.

use std::{fmt::Write as _, fs, fs::File, path::Path, sync::Arc};

use rows::{
    Micros, Row, Table,
    files::FileFacts,
    music::Granularity,
    royalties::{RoyaltyKind, RoyaltyStatement},
};

use super::{super::opened::OpenedFile, *};
use crate::files::{FileRows, OpenFile, Refusal as Kind, Refused};

/// Opens these bytes as the file of this name.
fn opened(path: &str, bytes: &[u8]) -> OpenedFile {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("file");
    fs::write(&place, bytes).unwrap();
    OpenedFile::new(path, File::open(place).unwrap(), Arc::new(euros())).unwrap()
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reports/samples").join(name)).unwrap()
}

fn rows_of(read: &dyn FileRows) -> Vec<Row> {
    (0..).map(|at| read.page(at * 2, 2)).take_while(|page| !page.is_empty()).flatten().collect()
}

fn whole(path: &str, bytes: &[u8]) -> (FileFacts, Vec<Row>) {
    let mut opened = opened(path, bytes);
    let digest = opened.digest(0).unwrap();
    let read = opened.read(0, None).unwrap_or_else(|refused| panic!("{path}: {refused}"));
    let (facts, rows) = (read.facts().clone(), rows_of(&*read));
    assert_eq!((facts.sha256.clone(), facts.size_bytes), digest, "{path}");
    assert_eq!(facts.rows, rows.len() as u64, "{path}");
    (facts, rows)
}

#[test]
fn a_statement_is_rows_of_royalties_under_its_hash() {
    let (facts, rows) = whole("believe.csv", &sample("believe.csv"));
    assert_eq!((facts.layout.as_str(), facts.unit.as_str()), ("believe", "believe statements 2026-06"));
    assert_eq!(facts.totals.as_deref(), Some(r#"{"EUR":"2.541"}"#));
    assert_eq!(facts.statement_period.as_deref(), Some("2026-06"));
    assert!(!facts.by_day && facts.made_at.is_none() && facts.rejected == 0);
    let Row::RoyaltyStatement(row) = &rows[0] else { panic!("{:?}", rows[0]) };
    let expected = RoyaltyStatement {
        statement: facts.sha256,
        service: "spotify".to_owned(),
        store: "Spotify".to_owned(),
        track_id: "isrc:QZAB12600001".to_owned(),
        country: "DE".to_owned(),
        period_start: date(2026, 4, 1),
        period_end: date(2026, 4, 30),
        kind: RoyaltyKind::Stream,
        currency: Currency::parse("EUR").ok(),
        quantity: Micros::from_units(1_200),
        revenue: Some(Micros(2_520_000)),
        revenue_exact: Some("2.52".to_owned()),
        gross: Some(Micros(3_600_000)),
        isrc: Some("QZAB12600001".to_owned()),
        upc: Some("5012345678900".to_owned()),
        title: Some("Night Ferry".to_owned()),
        artist_name: Some("Nora Vale".to_owned()),
        statement_period: Some("2026-06".to_owned()),
        layout: "believe".to_owned(),
        lines: 1,
    };
    assert_eq!(*row, expected);
}

/// Of every sample: which table its rows are for, and whether its days stand for themselves.
#[test]
fn every_layout_fills_its_table() {
    let daily = [
        ("0TnOYISbd1XYRBk9myaseg-audience-timeline.csv", Table::ArtistAudienceDaily, true),
        ("Night Ferry-timeline.csv", Table::TrackPerformanceDaily, true),
        ("Nora Vale-playlists-2026-06.csv", Table::PlaylistPlacements, false),
        ("Nora Vale-songs-2026-06.csv", Table::TrackPerformanceDaily, false),
        ("apple_days.csv", Table::TrackPerformanceDaily, true),
        ("apple_songs_2026-06.csv", Table::TrackPerformanceDaily, false),
    ];
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/reports/samples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with('.') || name == "Nora Vale-songs-all.csv" {
            continue;
        }
        // YouTube's period is its folder's name.
        let path = format!("Content 2026-06-01_2026-06-30/{name}");
        let (facts, rows) = whole(&path, &sample(&name));
        let expected =
            daily.iter().find(|(known, ..)| *known == name).map(|(_, table, by_day)| (*table, *by_day));
        let is_video = name.starts_with("youtube");
        let usual = if is_video { Table::ContentPerformanceDaily } else { Table::RoyaltyStatements };
        let (table, by_day) = expected.unwrap_or((usual, false));
        assert!(rows.iter().all(|row| row.table() == table), "{name}: {:?}", rows[0].table());
        assert_eq!(facts.by_day, by_day, "{name}");
        assert!(facts.unit.starts_with(&facts.layout) && facts.period.is_some(), "{name}: {facts:?}");
    }
}

#[test]
fn lengths_of_time_are_the_calendars_or_say_their_end() {
    let period = |name: &str, expected| {
        let (_, rows) = whole(name, &sample("Nora Vale-songs-2026-06.csv"));
        let Row::TrackPerformance(row) = &rows[0] else { panic!() };
        assert_eq!((row.granularity, row.date, row.period_end), expected, "{name}");
    };
    period("x-songs-2026-06.csv", (Granularity::Month, date(2026, 6, 1), None));
    period(
        "x-songs-2026-06-01_2026-06-28.csv",
        (Granularity::Period, date(2026, 6, 1), Some(date(2026, 6, 28))),
    );
}

#[test]
fn a_later_message_is_told_by_when_it_was_made() {
    let name = "DSR_Vale_Wave_WavePremium_2026-06_Multi_1of1_20260710T080000.tsv";
    let (facts, _) = whole(name, &sample(name));
    assert_eq!(facts.made_at, "2026-07-10T08:00:00Z".parse().ok());
}

/// Reads the report at this place, and says what becomes of it when that fails.
fn refused(opened: &mut OpenedFile, member: usize) -> Kind {
    opened.read(member, None).map(drop).unwrap_err().kind
}

#[test]
fn an_archive_is_its_reports_and_what_repeats_them_is_left_out() {
    let (statement, old) = (sample("believe.csv"), sample("distrokid_old.tsv"));
    let zip = zipped(&[
        ("2026/believe.csv", &statement),
        ("again/believe.csv", &[&statement[..], b"\n"].concat()),
        ("a.pdf", b"%PDF-1.7 ..."),
        ("old.tsv", &old),
        ("note.txt", b"nothing in here, it is just a note"),
    ]);
    let mut opened = opened("all.zip", &zip);
    assert_eq!(opened.members().len(), 5);
    assert_eq!(opened.members()[0].as_deref(), Some("2026/believe.csv"));
    let (sha256, _) = opened.digest(0).unwrap();
    let alone = whole("believe.csv", &statement).0.sha256;
    assert_eq!(sha256, alone, "a report is known by its content, packed or not");
    assert!(opened.read(0, None).is_ok());
    assert_eq!(refused(&mut opened, 1), Kind::Foreign, "it repeats the amounts of the first");
    assert_eq!(refused(&mut opened, 2), Kind::Foreign, "a PDF is no report");
    assert!(opened.read(3, None).is_ok());
    assert_eq!(refused(&mut opened, 4), Kind::Waits);
}

#[test]
fn what_cannot_be_unpacked_is_known_by_its_bytes_and_says_why() {
    let bomb = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &vec![b'a'; 60 << 20]).unwrap();
        encoder.finish().unwrap()
    };
    let broken = b"PK\x03\x04 and no more than that";
    for bytes in [&bomb[..], broken] {
        let mut first = opened("a.csv.gz", bytes);
        assert_eq!(first.members(), [None]);
        let digest = first.digest(0).unwrap();
        assert_eq!(digest.1, bytes.len() as u64);
        assert_eq!(opened("other.csv", bytes).digest(0).unwrap(), digest, "under any name");
        let Err(Refused { kind: Kind::Waits, reason }) = first.read(0, None) else { panic!() };
        assert!(!reason.is_empty());
    }
    let mut pdf = opened("a.pdf", b"%PDF-1.7 ...");
    assert!(pdf.digest(0).is_ok());
    assert_eq!(refused(&mut pdf, 0), Kind::Foreign);
}

#[test]
fn lines_that_were_left_out_are_told() {
    let mut text = "date,streams\n".to_owned();
    for day in 0..400 {
        let date = rows::day::plus_days(date(2025, 1, 1), day);
        let _ = writeln!(text, "{date},{}", if day == 7 { "many".to_owned() } else { day.to_string() });
    }
    let (facts, rows) = whole("Night Ferry-timeline.csv", text.as_bytes());
    assert_eq!((facts.rejected, rows.len()), (1, 399));
    assert!(facts.notes.iter().any(|note| note.contains("line 9")), "{:?}", facts.notes);
}
