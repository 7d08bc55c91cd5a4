//! What holds for all files.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::reports::numbers::{Decimal, Exact};

const SAMPLES: &[&[u8]] = &[
    include_bytes!("../samples/tunecore.csv"),
    include_bytes!("../samples/orchard_old.csv"),
    include_bytes!("../samples/bandcamp.csv"),
    include_bytes!("../samples/tunecore_japan.csv"),
    include_bytes!("../samples/youtube_table.csv"),
    include_bytes!("../samples/DistroKid_1764288000123.tsv"),
    include_bytes!("../samples/DSR_Vale_Wave_WavePremium_2026-06_Multi_1of1_20260710T080000.tsv"),
];

fn sum_of_rows(report: &Report) -> Exact {
    report.page(0, usize::MAX).iter().fold(Exact::ZERO, |sum, row| match row {
        ReportRow::Royalty(row) => sum.checked_add(row.revenue_exact.unwrap_or(Exact::ZERO)).unwrap(),
        _ => sum,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read_bytes("a.csv", &bytes);
    }

    #[test]
    fn any_change_of_a_file_is_answered(
        which in 0..SAMPLES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = SAMPLES[which].to_vec();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        let _ = read_with("a 2026-06.csv", &bytes, &euros(), None);
        bytes.truncate(cut.index(bytes.len()));
        let _ = read_with("a 2026-06.csv", &bytes, &euros(), None);
        let _ = read_bytes("a.gz", &[&[0x1f, 0x8b, 8][..], &bytes].concat());
    }

    #[test]
    fn any_change_of_an_archive_or_spreadsheet_is_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        is_book in any::<bool>(),
    ) {
        let rows = [sheet_row(1, &["Date", "Plays"]), sheet_row(2, &["2026-06-01", "7"])].concat();
        let mut bytes = if is_book { workbook("A1:B2", &rows, "") } else { zipped(&[("a.csv", SAMPLES[0])]) };
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        let _ = read_bytes("a.xlsx", &bytes);
    }

    #[test]
    fn no_money_is_lost_or_made(
        lines in prop::collection::vec((0_u8..4, 0_u8..3, -99_999_i64..99_999, 0_u32..17), 1..60),
    ) {
        let mut text = "Sales date,Statement date,Release title,Barcode,ISRC,Track title,Shop,Transaction type,Country,Quantity,Revenue EUR\n".to_owned();
        let mut expected = Exact::ZERO;
        for (track, store, amount, scale) in &lines {
            let revenue = format!("{amount}E-{scale}");
            expected = expected.checked_add(Exact::parse(&revenue, Decimal::Point).unwrap()).unwrap();
            writeln!(text, "2026-06,2026-08,R,,QZAB1260000{track},T,Shop {store},Streaming,US,1,{revenue}").unwrap();
        }
        let report = read_bytes("a.csv", text.as_bytes()).unwrap();
        prop_assert_eq!(sum_of_rows(&report), expected);
        prop_assert_eq!(report.facts.totals[0].1.revenue, expected);
        let counted: u64 = report.page(0, 99).iter().map(|row| match row {
            ReportRow::Royalty(row) => u64::from(row.lines),
            _ => 0,
        }).sum();
        prop_assert_eq!(counted, lines.len() as u64);
    }
}
