//! Files of an invented kind, in memory.
//!
//! ```text
//! statement lifetime
//! 2026-06 isrc:1 DE 1500000 0.00123 USD      (month, track, country, quantity in millionths, amount)
//! end 1                                      (how many lines)
//! ```
//!
//! A `timeline` has lines of `day track streams`. `taught …` is read once [`Folder::teach`] was called, and `broken …` breaks
//! its reader.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use actors::{
    failure::Failure,
    files::{FileRows, FileSource, FoundFile, OpenFile, Refusal, Refused},
    integration::{
        Account, Accounts, AnyIntegration, ConnectionSpec, Integration, Manifest, NoSettings, Setup,
        SetupError, Source,
    },
    reader::StreamOf,
    session::{Auth, Meaning, Response, Session, Verdict},
    stream::Files,
};
use futures::future::BoxFuture;
use jiff::civil::date;
use parking_lot::Mutex;
use rows::{
    Currency, Day, DayRange, Micros, Row, Table,
    day::plus_days,
    files::FileFacts,
    music::{Granularity, MeasureClass, TrackPerformance},
    quarantine::sha256_hex,
    royalties::{RoyaltyKind, RoyaltyStatement},
};

use super::case::{FileCase, Place, Sample, Samples};

pub struct Scripted;

pub const CASE: Scripted = Scripted;

/// What lies there: content and version by path.
#[derive(Debug, Default, Clone)]
pub struct Folder(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    files: Mutex<BTreeMap<String, (Vec<u8>, u64)>>,
    taught: AtomicBool,
    versions: AtomicU64,
    /// Files opened, and reports read.
    opened: AtomicU64,
    read: AtomicU64,
}

impl FileCase for Scripted {
    fn place(&self) -> Box<dyn Place> {
        Box::new(Folder::default())
    }

    fn samples(&self) -> Samples {
        let sample = |content: &str, quantity, revenue: &'static str| Sample {
            content: content.as_bytes().to_vec(),
            quantity,
            revenue: [("USD", revenue)].into(),
        };
        let whole = "statement lifetime\n2026-06 isrc:1 DE 1500000 0.00123456789012345 USD\n\
                     2026-06 isrc:1 FR 2000000 0.1 USD\n2026-06 isrc:2 DE 0 -0.25 USD\nend 3\n";
        let corrected = "statement lifetime\n2026-06 isrc:1 DE 1000000 0.01 USD\n\
                         2026-06 isrc:1 FR 2000000 0.1 USD\n2026-06 isrc:2 DE 7000000 3 USD\n\
                         2026-07 isrc:1 DE 5000000 1 USD\nend 4\n";
        let smaller = "statement lifetime\n2026-06 isrc:1 DE 9000000 9 USD\nend 1\n";
        let other = "statement 2026-07\n2026-06 isrc:1 DE 4000000 0.04 USD\nend 1\n";
        Samples {
            suffix: ".txt",
            whole: sample(whole, 3_500_000, "-0.14876543210987655"),
            corrected: sample(corrected, 15_000_000, "4.11"),
            smaller: sample(smaller, 9_000_000, "9"),
            other: sample(other, 4_000_000, "0.04"),
            truncated: whole.as_bytes()[..whole.len() - 12].to_vec(),
            foreign: b"\x89PNG".to_vec(),
        }
    }
}

impl Folder {
    /// From now on `taught` files are of a known layout.
    pub fn teach(&self) {
        self.0.taught.store(true, Ordering::Relaxed);
    }

    /// Files opened and reports read so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.0.opened.load(Ordering::Relaxed), self.0.read.load(Ordering::Relaxed))
    }
}

impl Place for Folder {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(self.clone())
    }

    fn spec(&self) -> ConnectionSpec {
        ConnectionSpec {
            name: "label-a-files".to_owned(),
            integration: "scripted_files".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: date(2026, 1, 1),
            base_url: "http://127.0.0.1:9".parse().unwrap(),
            endpoints: BTreeMap::new(),
            api_version: String::new(),
            credentials: BTreeMap::new(),
            settings: serde_json::Value::Null,
            quotas: None,
            streams: BTreeMap::new(),
        }
    }

    fn put(&self, path: &str, content: &[u8]) {
        let version = self.0.versions.fetch_add(1, Ordering::Relaxed);
        self.0.files.lock().insert(path.to_owned(), (content.to_vec(), version));
    }

    fn remove(&self, path: &str) {
        self.0.files.lock().remove(path);
    }
}

/// Its entry in the catalogue.
const MANIFEST: Manifest =
    Manifest { id: "scripted_files", base_url: "http://127.0.0.1:9", ..Manifest::BLANK };

impl Integration for Folder {
    type Settings = NoSettings;
    type Source = Self;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<Self>> {
        let tables = &[Table::RoyaltyStatements, Table::TrackPerformanceDaily];
        let files = Files { every: Duration::from_mins(1) };
        vec![StreamOf::files("files", tables, files, |folder: &Self| folder)]
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<Self, SetupError> {
        Ok(self.clone())
    }
}

impl Source for Folder {
    fn auth(&self) -> Auth {
        Auth::None
    }

    fn classify(&self, _: &Response) -> Verdict {
        Meaning::Permanent { reason: "nothing is asked".to_owned() }.into()
    }

    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        Box::pin(std::future::ready(Ok(Accounts::one(Account::sole("files", "UTC")))))
    }
}

impl FileSource for Folder {
    fn list<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Vec<FoundFile>, Failure>> {
        let files = self.0.files.lock();
        let found = files.iter().rev().map(|(path, (content, version))| FoundFile {
            path: path.clone(),
            size_bytes: content.len() as u64,
            version: version.to_string(),
        });
        Box::pin(std::future::ready(Ok(found.collect())))
    }

    fn open<'a>(
        &'a self,
        _: &'a Session,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn OpenFile>, Failure>> {
        self.0.opened.fetch_add(1, Ordering::Relaxed);
        let content = self.0.files.lock().get(path).map(|(content, _)| content.clone());
        let opened = |content| -> Box<dyn OpenFile> { Box::new(Opened { content, folder: self.clone() }) };
        let gone = || Failure::Gone { reason: "it is not there any more".to_owned() };
        let opened = if path.contains("locked") {
            Err(Failure::Transient { reason: "it cannot be opened now".to_owned() })
        } else {
            content.map(opened).ok_or_else(gone)
        };
        Box::pin(std::future::ready(opened))
    }
}

struct Opened {
    content: Vec<u8>,
    folder: Folder,
}

impl OpenFile for Opened {
    fn members(&self) -> Vec<Option<String>> {
        vec![None]
    }

    fn digest(&mut self, _: usize) -> Result<(String, u64), Refused> {
        Ok((sha256_hex(&self.content), self.content.len() as u64))
    }

    fn read(&mut self, _: usize, period: Option<DayRange>) -> Result<Box<dyn FileRows>, Refused> {
        self.folder.0.read.fetch_add(1, Ordering::Relaxed);
        let refused = |kind, reason: &str| Refused { reason: reason.to_owned(), kind };
        let text = std::str::from_utf8(&self.content).map_err(|_| refused(Refusal::Foreign, "no text"))?;
        let sha256 = sha256_hex(&self.content);
        let mut lines: Vec<&str> = text.lines().collect();
        let (layout, unit) = lines.first().and_then(|line| line.split_once(' ')).unwrap_or_default();
        let is_taught = self.folder.0.taught.load(Ordering::Relaxed);
        match layout {
            "statement" | "timeline" => {}
            "taught" if is_taught => {}
            "nameless" if period.is_some() => {}
            "broken" => panic!("planted"),
            _ => return Err(refused(Refusal::Waits, "it has no known layout: teach it, or reject it")),
        }
        let end = lines.pop().and_then(|line| line.strip_prefix("end ")?.parse().ok());
        if end != Some(lines.len() - 1) {
            return Err(refused(Refusal::Waits, "it ends too early"));
        }
        let fields = lines.iter().skip(1).map(|line| line.split(' ').collect::<Vec<_>>());
        let rows: Vec<Row> = match layout {
            "timeline" => fields.map(|fields| streams(&fields)).collect(),
            _ => fields.map(|fields| royalties(&sha256, &fields, period)).collect(),
        };
        let days = rows.iter().filter_map(|row| match row {
            Row::RoyaltyStatement(line) => Some((line.period_start, line.period_end)),
            row => row.day().map(|day| (day, day)),
        });
        let ends = days.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)));
        let facts = FileFacts {
            sha256,
            size_bytes: self.content.len() as u64,
            layout: layout.to_owned(),
            unit: unit.to_owned(),
            by_day: layout == "timeline",
            period: ends.and_then(|(first, last)| DayRange::new(first, last)),
            statement_period: None,
            rows: rows.len() as u64,
            rejected: 0,
            totals: None,
            made_at: None,
            notes: Vec::new(),
        };
        Ok(Box::new(Read { facts, rows }))
    }
}

struct Read {
    facts: FileFacts,
    rows: Vec<Row>,
}

impl FileRows for Read {
    fn facts(&self) -> &FileFacts {
        &self.facts
    }

    fn page(&self, first: u64, count: usize) -> Vec<Row> {
        assert!(self.facts.unit != "broken", "planted");
        // Small pages, so that a file is several transactions.
        let first = usize::try_from(first).unwrap();
        self.rows.iter().skip(first).take(count.min(2)).cloned().collect()
    }
}

fn royalties(sha256: &str, fields: &[&str], named: Option<DayRange>) -> Row {
    let first: Day = format!("{}-01", fields[0]).parse().unwrap();
    let period =
        named.unwrap_or(DayRange { first, last: plus_days(first, i64::from(first.days_in_month()) - 1) });
    let amount = rows::Decimal::parse(fields[4]).unwrap();
    Row::RoyaltyStatement(RoyaltyStatement {
        statement: sha256.to_owned(),
        service: "spotify".to_owned(),
        store: "Spotify".to_owned(),
        track_id: fields[1].to_owned(),
        country: fields[2].to_owned(),
        period_start: period.first,
        period_end: period.last,
        kind: RoyaltyKind::Stream,
        currency: Currency::parse(fields[5]).ok(),
        quantity: Some(Micros(fields[3].parse().unwrap())),
        revenue: amount.micros(),
        revenue_exact: Some(fields[4].to_owned()),
        gross: None,
        isrc: None,
        upc: None,
        title: None,
        artist_name: None,
        statement_period: None,
        layout: "statement".to_owned(),
        lines: 1,
    })
}

fn streams(fields: &[&str]) -> Row {
    Row::TrackPerformance(TrackPerformance {
        service: "spotify".to_owned(),
        track_id: fields[1].to_owned(),
        date: fields[0].parse().unwrap(),
        granularity: Granularity::Day,
        country: String::new(),
        segment: String::new(),
        measure_class: MeasureClass::Measured,
        streams: fields[2].parse().ok(),
        listeners: None,
        saves: None,
        skips: None,
        playlist_adds: None,
        popularity: None,
        period_end: None,
    })
}
