//! For programs: the lines, then the totals, because lines are written as they are read.

use std::io;

use jiff::Timestamp;
use rows::{Currency, Day};
use serde::Serialize;

use super::{
    Output,
    line::{Line, exact},
    question::Period,
    summary::Shown,
};

/// Whether a comma is due.
pub(super) struct Json {
    is_first: bool,
}

#[derive(Serialize)]
struct JsonLine<'a> {
    tenant: &'a str,
    track_id: &'a str,
    isrc: Option<&'a str>,
    upc: Option<&'a str>,
    title: Option<&'a str>,
    artist_name: Option<&'a str>,
    service: &'a str,
    store: &'a str,
    country: &'a str,
    period_start: Day,
    period_end: Day,
    kind: &'static str,
    currency: Option<Currency>,
    quantity_micros: Option<i64>,
    revenue_micros: Option<i64>,
    revenue_exact: Option<String>,
    gross_micros: Option<i64>,
    lines: u64,
}

#[derive(Serialize)]
struct JsonTotal {
    currency: Option<Currency>,
    revenue_micros: Option<i64>,
    revenue_exact: Option<String>,
    lines: u64,
    revenue_unknown: u64,
}

// === impl Json ===

impl Json {
    pub fn begin(period: &Period, now: Timestamp, out: &mut Output<'_>) -> io::Result<Self> {
        let head = serde_json::json!({ "at": now, "from": period.days.first, "to": period.days.last });
        let head = head.to_string();
        out(&format!("{},\"lines\":[", head.trim_end_matches('}')))?;
        Ok(Self { is_first: true })
    }

    pub fn line(&mut self, line: &Line, out: &mut Output<'_>) -> io::Result<()> {
        let Line { key, isrc, upc, title, artist_name, amounts } = line;
        let micros = |sum: rows::decimal::Sum| sum.whole()?.micros().map(|micros| micros.0);
        let line = JsonLine {
            tenant: &key.tenant,
            track_id: &key.track_id,
            isrc: isrc.as_deref(),
            upc: upc.as_deref(),
            title: title.as_deref(),
            artist_name: artist_name.as_deref(),
            service: &key.service,
            store: &key.store,
            country: &key.country,
            period_start: key.period.first,
            period_end: key.period.last,
            kind: key.kind.as_str(),
            currency: key.currency,
            quantity_micros: micros(amounts.quantity),
            revenue_micros: micros(amounts.revenue),
            revenue_exact: exact(amounts.revenue.whole()),
            gross_micros: micros(amounts.gross),
            lines: amounts.lines,
        };
        let comma = if std::mem::take(&mut self.is_first) { "\n" } else { ",\n" };
        out(comma)?;
        out(&serde_json::to_string(&line)?)
    }

    pub fn end(shown: &Shown, out: &mut Output<'_>) -> io::Result<()> {
        let total = |(currency, amounts): (&Option<Currency>, &super::line::Amounts)| JsonTotal {
            currency: *currency,
            revenue_micros: amounts.revenue.known().and_then(rows::Decimal::micros).map(|micros| micros.0),
            revenue_exact: exact(amounts.revenue.known()),
            lines: amounts.lines,
            revenue_unknown: amounts.revenue.unknown(),
        };
        let totals: Vec<JsonTotal> = shown.totals.iter().map(total).collect();
        out(&format!("\n],\"totals\":{}}}\n", serde_json::to_string(&totals)?))
    }
}
