//! One line of the report: all lines of statements with one track, service, store, country, period, kind and currency.

use rows::{Currency, DayRange, Decimal, decimal::Sum, royalties::RoyaltyKind};
use store::read::RoyaltyLine;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub key: Key,
    pub isrc: Option<String>,
    pub upc: Option<String>,
    pub title: Option<String>,
    pub artist_name: Option<String>,
    pub amounts: Amounts,
}

/// What makes it another line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub tenant: String,
    pub track_id: String,
    pub service: String,
    pub store: String,
    pub country: String,
    pub period: DayRange,
    pub kind: RoyaltyKind,
    pub currency: Option<Currency>,
}

/// What lines come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub quantity: Sum,
    pub revenue: Sum,
    pub gross: Sum,
    /// Lines of the files.
    pub lines: u64,
}

// === impl Line ===

impl Line {
    pub fn new(RoyaltyLine { tenant, line, revenue }: RoyaltyLine) -> Self {
        let mut amounts =
            Amounts { lines: u64::try_from(line.lines).unwrap_or_default(), ..Amounts::default() };
        amounts.quantity.add(line.quantity.map(Decimal::from_micros), amounts.lines);
        amounts.revenue.add(revenue, amounts.lines);
        amounts.gross.add(line.gross.map(Decimal::from_micros), amounts.lines);
        Self {
            key: Key {
                tenant,
                track_id: line.track_id,
                service: line.service,
                store: line.store,
                country: line.country,
                period: DayRange { first: line.period_start, last: line.period_end },
                kind: line.kind,
                currency: line.currency,
            },
            isrc: line.isrc,
            upc: line.upc,
            title: line.title,
            artist_name: line.artist_name,
            amounts,
        }
    }

    /// Whether both are one line.
    pub fn has_key_of(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Adds another statement's.
    pub fn merge(&mut self, other: Self) {
        self.amounts.merge(&other.amounts);
        for (ours, theirs) in [
            (&mut self.isrc, other.isrc),
            (&mut self.upc, other.upc),
            (&mut self.title, other.title),
            (&mut self.artist_name, other.artist_name),
        ] {
            if ours.is_none() {
                *ours = theirs;
            }
        }
    }
}

// === impl Amounts ===

impl Amounts {
    pub fn merge(&mut self, other: &Self) {
        self.quantity.merge(other.quantity);
        self.revenue.merge(other.revenue);
        self.gross.merge(other.gross);
        self.lines = self.lines.saturating_add(other.lines);
    }
}

/// A decimal as it is written for programs: every digit that counts.
pub(super) fn exact(amount: Option<Decimal>) -> Option<String> {
    amount.map(|amount| amount.shortest().to_string())
}
