//! Statements about one service, in a layout that the settings teach: integrations that know no statement by themselves.

use std::{collections::BTreeMap, fmt::Write as _};

use actors::{
    integrations::{amazon_music, pandora},
    reports::Reports,
};
use serde_json::json;

use super::{
    super::files::case::{FileCase, Place, Sample, Samples},
    report_files::{Directory, ONE, TWO},
};

pub struct OneService(Reports);

pub const PANDORA: OneService = OneService(pandora::PANDORA);
pub const AMAZON_MUSIC: OneService = OneService(amazon_music::AMAZON_MUSIC);

/// A line: when it was streamed, where, which track, how often, for how much.
type Line = (&'static str, &'static str, &'static str, i64, &'static str);

fn sample(month: &str, lines: &[Line], revenue: &'static str) -> Sample {
    let mut text = "Paid;Month;Territory;Recording;Plays;Royalty\n".to_owned();
    let mut quantity = 0;
    for (played, country, isrc, plays, royalty) in lines {
        quantity += plays;
        let _ = writeln!(text, "{month};{played};{country};{isrc};{plays};{royalty}");
    }
    Sample {
        content: text.into_bytes(),
        quantity: i128::from(quantity) * 1_000_000,
        revenue: BTreeMap::from([("USD", revenue)]),
    }
}

impl FileCase for OneService {
    fn place(&self) -> Box<dyn Place> {
        let columns = json!({
            "statement": "paid", "date": "month", "country": "territory", "isrc": "recording", "quantity": "plays",
            "revenue": "royalty",
        });
        let statement = json!({ "columns": columns, "currency": "USD", "decimal": "." });
        Box::new(Directory::new(self.0, json!({ "layouts": { "statement": statement } })))
    }

    fn samples(&self) -> Samples {
        let (april, may) = ("2026-04", "2026-05");
        let whole = sample(
            "2026-06",
            &[
                (april, "US", ONE, 900, "1.000000000001"),
                (april, "US", ONE, 900, "1.000000000001"),
                (april, "", TWO, 2, "0.004"),
            ],
            "2.004000000002",
        );
        let corrected = sample(
            "2026-06",
            &[(april, "US", ONE, 1_000, "2"), (april, "", TWO, 3, "0.5"), (may, "US", TWO, 9, "0.25")],
            "2.75",
        );
        let truncated = whole.content[..whole.content.len() - 9].to_vec();
        Samples {
            suffix: ".csv",
            truncated,
            whole,
            corrected,
            smaller: sample("2026-06", &[(april, "US", ONE, 5, "9.5")], "9.5"),
            other: sample("2026-07", &[(april, "US", ONE, 40, "0.04")], "0.04"),
            foreign: b"%PDF-1.7 and so on".to_vec(),
        }
    }
}
