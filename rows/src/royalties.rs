//! Rows of royalty statements: what a distributor's or collecting society's file says of each track, added up.

use crate::{
    Table,
    day::Day,
    key::Fingerprint,
    money::{Currency, Micros},
    row::TableRow,
};

/// What was paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoyaltyKind {
    /// Streams.
    Stream,
    /// Downloads.
    Download,
    /// Uses in what users make.
    Ugc,
    /// Records.
    Physical,
    /// A refund or void, with negative amounts.
    Adjustment,
    /// Anything else.
    Other,
}

/// All lines of one statement with one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoyaltyStatement {
    /// The file: SHA-256 of its content, in hexadecimal digits.
    pub statement: String,
    /// Where it was sold: `spotify`, `apple_music` …
    pub service: String,
    /// The store as the file names it.
    pub store: String,
    /// `isrc:…`, `upc:…`, `name:…`; `""` for an amount that is of no single track.
    pub track_id: String,
    /// ISO 3166-1 alpha-2 in upper case; `ZZ` = the file leaves it out; `""` = worldwide.
    pub country: String,
    /// First day of the sales.
    pub period_start: Day,
    /// Last day of the sales, included.
    pub period_end: Day,
    /// What was paid for.
    pub kind: RoyaltyKind,
    /// Of the amounts; `None` where the file has none.
    pub currency: Option<Currency>,
    /// How many; may be fractional, and is negative where something was taken back.
    pub quantity: Option<Micros>,
    /// What is paid out, rounded once to micros.
    pub revenue: Option<Micros>,
    /// The same as decimal text: the exact sum of the lines.
    pub revenue_exact: Option<String>,
    /// What was earned before the distributor's part.
    pub gross: Option<Micros>,
    /// International Standard Recording Code, upper case, without dashes.
    pub isrc: Option<String>,
    /// Universal Product Code, digits.
    pub upc: Option<String>,
    /// The track's title as the file has it.
    pub title: Option<String>,
    /// The artist's name as the file has it.
    pub artist_name: Option<String>,
    /// The statement's own period, as the file writes it: when it was paid, not when it was sold.
    pub statement_period: Option<String>,
    /// How the file was read.
    pub layout: String,
    /// How many lines of the file it is.
    pub lines: i64,
}

// === impl RoyaltyKind ===

impl RoyaltyKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Stream, Self::Download, Self::Ugc, Self::Physical, Self::Adjustment, Self::Other];

    /// The kind with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// As stored: `stream`, `download`, `ugc`, `physical`, `adjustment`, `other`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Download => "download",
            Self::Ugc => "ugc",
            Self::Physical => "physical",
            Self::Adjustment => "adjustment",
            Self::Other => "other",
        }
    }
}

// === rows ===

impl TableRow for RoyaltyStatement {
    fn table(&self) -> Table {
        Table::RoyaltyStatements
    }

    fn entity(&self) -> Fingerprint {
        let Self { statement, service, store, track_id, country, kind, .. } = self;
        let (start, end) = (self.period_start.to_string(), self.period_end.to_string());
        let currency = self.currency.as_ref().map_or("", Currency::as_str);
        Fingerprint::of(&[
            statement,
            service,
            store,
            track_id,
            country,
            &start,
            &end,
            kind.as_str(),
            currency,
        ])
    }
}
