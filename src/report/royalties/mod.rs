//! What was paid for sales, for people: money and quantities of the statements that are loaded, by track, service, store, country
//! and period of sale; as a table, a spreadsheet, JSON or a page.
//!
//! Amounts are exact sums, rounded once where they are shown, and never added over currencies. What a statement does not say is
//! unknown, and counted beside the sums. Lines are printed as they are read: half a million of them are never in memory.

mod csv;
mod html;
mod json;
mod line;
mod question;
mod summary;
mod table;

use std::{io, ops::ControlFlow};

use jiff::Timestamp;
use store::{Store, StoreError};

pub use self::question::RoyaltyQuestion;
use self::{csv::Csv, json::Json, line::Line, summary::Summary};
use super::{Format, QuestionError};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RoyaltyError {
    /// What was asked for does not exist.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be printed.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// Where a report goes, a piece after the other.
pub type Output<'a> = dyn FnMut(&str) -> io::Result<()> + 'a;

/// What becomes of lines.
enum Printer {
    Csv(Csv),
    Json(Json),
    /// A table or a page: only sums are shown.
    Summed,
}

/// Reads the lines that are asked for, and prints them.
pub async fn print(
    store: &Store,
    question: &RoyaltyQuestion,
    format: Format,
    now: Timestamp,
    out: &mut Output<'_>,
) -> Result<(), RoyaltyError> {
    let tenant = question.tenant.as_deref();
    question.expect_tenant(&store.tenants_with_royalties().await?)?;
    let period = question.period(store.newest_sale(tenant).await?, now)?;
    let mut printer = match format {
        Format::Csv(dialect) => Printer::Csv(Csv::begin(dialect, out)?),
        Format::Json => Printer::Json(Json::begin(&period, now, out)?),
        Format::Table { .. } | Format::Html => Printer::Summed,
    };
    let mut summary = Summary::new(matches!(printer, Printer::Summed));
    let mut whole = |line: &Line, out: &mut Output<'_>| -> io::Result<()> {
        summary.add(line);
        match &mut printer {
            Printer::Csv(csv) => csv.line(line, out),
            Printer::Json(json) => json.line(line, out),
            Printer::Summed => Ok(()),
        }
    };
    let mut pending: Option<Line> = None;
    let read = store.royalty_lines(period.days, tenant, |next| {
        let next = Line::new(next);
        match pending.as_mut() {
            Some(line) if line.has_key_of(&next) => line.merge(next),
            _ => {
                if let Some(line) = pending.replace(next)
                    && let Err(error) = whole(&line, out)
                {
                    return ControlFlow::Break(error);
                }
            }
        }
        ControlFlow::Continue(())
    });
    if let ControlFlow::Break(error) = read.await? {
        return Err(error.into());
    }
    if let Some(line) = &pending {
        whole(line, out)?;
    }
    let shown = summary.end();
    match (printer, format) {
        (Printer::Csv(_), _) => {}
        (Printer::Json(_), _) => Json::end(&shown, out)?,
        (Printer::Summed, Format::Table { width }) => out(&table::print(&shown, &period, width))?,
        (Printer::Summed, _) => out(&html::print(&shown, &period, now))?,
    }
    Ok(())
}
