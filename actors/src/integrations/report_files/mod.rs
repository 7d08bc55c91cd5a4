//! Report files: what artists, distributors and services let people download, read into checked rows.
//!
//! ```text
//! bytes ── container ── encoding ── records ── recognise ──┬─ statement ─┬─ rows, facts
//!            (gzip, zip)  (UTF-8)   (xlsx, too) (a layout)  ├─ timeline ──┤
//!                     └───────────── lines ─────────────────┴─ dsr ───────┘
//! ```
//!
//! This part knows no engine, no database and no network. A file is read as a whole, and twice (once for its hash and
//! encoding), before a row of it is given out: see [`report::read`]. What is no report, or not whole, is a
//! [`Refusal`](refusal::Refusal) in words for the person who put it there.

pub mod archive;
pub mod codes;
pub mod container;
pub mod countries;
pub mod dates;
pub mod dsr;
pub mod encoding;
pub mod kind;
pub mod layout;
pub mod learn;
pub mod limits;
pub mod numbers;
pub mod recognise;
pub mod records;
pub mod refusal;
pub mod report;
pub mod row;
pub mod settings;
pub mod shipped;
pub mod statement;
pub mod stores;
pub mod sums;
pub mod tally;
pub mod timeline;
pub mod unit;
pub mod xlsx;

#[cfg(test)]
mod tests;
