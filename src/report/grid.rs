//! A table for a terminal, not wider than it.

use std::fmt::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// What is not known.
pub const UNKNOWN: &str = "–";
/// Columns of the terminal that a name takes at most.
const NAME_MAX: usize = 48;
/// Columns that a name keeps, however narrow the terminal is.
const NAME_MIN: usize = 12;
/// What the frame adds to each column, and to the table.
const PADDING: usize = 3;
const BORDERS: usize = 1;

/// Texts in rows and columns, the heads first and the first column names.
pub struct Grid {
    /// Of the same length.
    pub rows: Vec<Vec<String>>,
    /// Heads of columns that stand to the left.
    pub words: &'static [&'static str],
    /// Heads of columns that leave it where it does not fit, first to last.
    pub dispensable: &'static [&'static str],
}

// === impl Grid ===

impl Grid {
    /// Writes it, and what had to be left out.
    pub fn write_to(mut self, out: &mut String, width: Option<usize>) {
        let left_out = width.map(|width| self.fit(width)).unwrap_or_default();
        let _ = writeln!(out, "{}", self.table(width));
        if !left_out.is_empty() {
            let _ = writeln!(
                out,
                "Too narrow for {}: a wider terminal and the other formats show them.",
                left_out.join(", ")
            );
        }
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|text| measured(text)).max()
        };
        (0..columns).map(|column| width(column).unwrap_or(0)).collect()
    }

    /// Takes away columns, then ends of names, until it is not wider; tells which columns.
    fn fit(&mut self, width: usize) -> Vec<&'static str> {
        let needed = |grid: &Self, names: usize| {
            let widths = grid.widths();
            let rest: usize = widths.iter().skip(1).sum();
            names.min(widths.first().copied().unwrap_or(0)) + rest + widths.len() * PADDING + BORDERS
        };
        let mut left_out = Vec::new();
        for head in self.dispensable {
            if needed(self, NAME_MIN) <= width {
                break;
            }
            let place = self.rows.first().and_then(|heads| heads.iter().position(|one| one == *head));
            if let Some(place) = place {
                self.rows.iter_mut().for_each(|row| drop(row.remove(place)));
                left_out.push(*head);
            }
        }
        let rest = needed(self, 0);
        let names = width.saturating_sub(rest).max(NAME_MIN);
        for row in &mut self.rows {
            if let Some(name) = row.first_mut() {
                *name = cut(name, names);
            }
        }
        left_out
    }

    fn table(&self, width: Option<usize>) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_BORDERS_ONLY);
        // Only where not even the least fits are cells broken into lines.
        match width.and_then(|width| u16::try_from(width).ok()) {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        let texts = |row: &[String]| -> Vec<Cell> {
            let cells = row.iter().enumerate().map(|(column, text)| {
                let words = self.words.contains(&self.rows[0][column].as_str());
                Cell::new(text).set_alignment(if words { CellAlignment::Left } else { CellAlignment::Right })
            });
            cells.collect()
        };
        if let Some((heads, rows)) = self.rows.split_first() {
            table.set_header(texts(heads));
            for row in rows {
                table.add_row(texts(row));
            }
        }
        table
    }
}

/// `1 campaign`, `2 campaigns`.
pub fn plural(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Names come from providers and visitors: what would move a terminal's cursor is left out, and novels are cut.
pub fn printable(text: &str) -> String {
    let shown: String = text.chars().filter(|character| !character.is_control()).take(NAME_MAX + 1).collect();
    cut(&shown, NAME_MAX)
}

/// Not wider than so many columns of a terminal.
pub fn cut(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

/// How many columns of a terminal it takes.
pub fn measured(text: &str) -> usize {
    console::measure_text_width(text)
}
