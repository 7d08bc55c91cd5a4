//! Statements in a directory, written by hand: as Believe writes them.

use std::{collections::BTreeMap, fmt::Write as _, fs, sync::Arc};

use actors::{
    integration::{AnyIntegration, ConnectionSpec},
    integrations::report_files::REPORT_FILES,
    reports::Reports,
};
use jiff::civil::date;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::files::case::{FileCase, Place, Sample, Samples};

pub struct Statements;

pub const CASE: Statements = Statements;

/// A line: when it was sold, where, which track, how many, for how much.
type Line = (&'static str, &'static str, &'static str, i64, &'static str);

const HEADER: &str = "\"Reporting month\";\"Sales Month\";\"Platform\";\"Country / Region\";\"Label Name\";\"Artist Name\";\"Release title\";\
                      \"Track title\";\"UPC\";\"ISRC\";\"Release Catalog nb\";\"Streaming Subscription Type\";\"Release type\";\"Sales Type\";\
                      \"Quantity\";\"Client Payment Currency\";\"Unit Price\";\"Mechanical Fee\";\"Gross Revenue\";\"Client share rate\";\
                      \"Net Revenue\"\n";

pub const ONE: &str = "QZAB12600001";
pub const TWO: &str = "QZAB12600002";

fn statement(month: &str, lines: &[Line]) -> Vec<u8> {
    let mut text = HEADER.to_owned();
    for (sold, country, isrc, quantity, net) in lines {
        let _ = writeln!(
            text,
            "\"{month}\";\"{sold}\";\"Spotify\";\"{country}\";\"Vale\";\"Nora Vale\";\"Harbour\";\"Night Ferry\";\"5012345678900\";\"{isrc}\";\
             \"C1\";\"Premium\";\"Single\";\"Streaming\";\"{quantity}\";\"EUR\";\"0.003\";\"0.00\";\"3.6\";\"70%\";\"{net}\""
        );
    }
    text.into_bytes()
}

fn sample(month: &str, lines: &[Line], revenue: &'static str) -> Sample {
    let quantity: i64 = lines.iter().map(|(_, _, _, quantity, _)| quantity).sum();
    Sample {
        content: statement(month, lines),
        quantity: i128::from(quantity) * 1_000_000,
        revenue: BTreeMap::from([("EUR", revenue)]),
    }
}

impl FileCase for Statements {
    fn place(&self) -> Box<dyn Place> {
        Box::new(Directory::new(REPORT_FILES, json!({})))
    }

    fn samples(&self) -> Samples {
        let april = "2026/04/01";
        // Equal lines are both sold; money has more digits than micros keep.
        let whole = sample(
            "2026/06/01",
            &[
                (april, "Germany", ONE, 1_200, "2.52000000000000017"),
                (april, "Germany", ONE, 1_200, "2.52000000000000017"),
                (april, "France", ONE, 7, "-0.25"),
                (april, "", TWO, 3, "0.0000001"),
            ],
            "4.79000010000000034",
        );
        let corrected = sample(
            "2026/06/01",
            &[
                (april, "Germany", ONE, 1_300, "3"),
                (april, "France", ONE, 8, "0.5"),
                (april, "", TWO, 3, "0.25"),
                ("2026/05/01", "Germany", ONE, 9, "0.25"),
            ],
            "4",
        );
        let truncated = whole.content[..whole.content.len() - 40].to_vec();
        Samples {
            suffix: ".csv",
            truncated,
            whole,
            corrected,
            smaller: sample("2026/06/01", &[(april, "Germany", ONE, 5, "9.5")], "9.5"),
            other: sample("2026/07/01", &[(april, "Germany", ONE, 40, "0.04")], "0.04"),
            foreign: b"%PDF-1.7 and so on".to_vec(),
        }
    }
}

/// A directory that goes with the test, watched by an integration that reads files.
pub struct Directory {
    place: TempDir,
    reports: Reports,
    /// Settings beside the place.
    more: Value,
}

impl Directory {
    pub fn new(reports: Reports, more: Value) -> Self {
        Self { place: TempDir::new().unwrap(), reports, more }
    }
}

impl Place for Directory {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(self.reports)
    }

    fn spec(&self) -> ConnectionSpec {
        let mut settings = self.more.clone();
        settings["directory"] = json!(self.place.path());
        ConnectionSpec {
            name: "label-a-files".to_owned(),
            integration: self.reports.id.to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: date(2026, 1, 1),
            base_url: "http://127.0.0.1:9".parse().unwrap(),
            endpoints: BTreeMap::new(),
            api_version: String::new(),
            credentials: BTreeMap::new(),
            settings,
            quotas: None,
            streams: BTreeMap::new(),
        }
    }

    fn put(&self, path: &str, content: &[u8]) {
        let path = self.place.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.place.path().join(path)).unwrap();
    }
}
