//! For spreadsheets: one line for each track, service, store, country, period, kind and currency.

use std::io;

use rows::Currency;

use super::{
    Output,
    line::{Line, exact},
};
use crate::report::csv::{Cell, Dialect, begin, line};

/// Columns, as `docs/report.md` describes them.
const HEADER: [&str; 17] = [
    "tenant",
    "track_id",
    "isrc",
    "upc",
    "title",
    "artist_name",
    "service",
    "store",
    "country",
    "period_start",
    "period_end",
    "kind",
    "currency",
    "quantity",
    "revenue",
    "gross",
    "lines",
];

pub(super) struct Csv {
    dialect: Dialect,
    /// Room for a line, used again and again.
    text: String,
}

// === impl Csv ===

impl Csv {
    pub fn begin(dialect: Dialect, out: &mut Output<'_>) -> io::Result<Self> {
        let mut text = String::new();
        begin(&mut text, &HEADER, dialect);
        out(&text)?;
        Ok(Self { dialect, text })
    }

    pub fn line(&mut self, of: &Line, out: &mut Output<'_>) -> io::Result<()> {
        let Line { key, isrc, upc, title, artist_name, amounts } = of;
        let number = |amount| Cell::Plain(exact(amount).unwrap_or_default());
        let words = |text: &Option<String>| -> String { text.clone().unwrap_or_default() };
        let (isrc, upc, title, artist_name) = (words(isrc), words(upc), words(title), words(artist_name));
        self.text.clear();
        let cells = [
            Cell::Text(&key.tenant),
            Cell::Text(&key.track_id),
            Cell::Text(&isrc),
            Cell::Text(&upc),
            Cell::Text(&title),
            Cell::Text(&artist_name),
            Cell::Text(&key.service),
            Cell::Text(&key.store),
            Cell::Text(&key.country),
            Cell::Plain(key.period.first.to_string()),
            Cell::Plain(key.period.last.to_string()),
            Cell::Plain(key.kind.as_str().to_owned()),
            Cell::Plain(key.currency.as_ref().map_or("", Currency::as_str).to_owned()),
            number(amounts.quantity.whole()),
            number(amounts.revenue.whole()),
            number(amounts.gross.whole()),
            Cell::Plain(amounts.lines.to_string()),
        ];
        line(&mut self.text, cells, self.dialect);
        out(&self.text)
    }
}
