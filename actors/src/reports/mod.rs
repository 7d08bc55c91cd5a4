//! Report files: what artists, distributors and services let people download, read into checked rows. Integrations that read them stand
//! on this.
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
//!
//! Around it stand the places where files lie (`directory`, `storage`), what the engine is given of a file (`opened`), and
//! what becomes of its rows (`mapping`); [`Reports`] makes an integration of it. Whether a file is loaded, waits or takes another's place is the engine's to decide.

pub mod archive;
pub mod codes;
pub mod column_map;
pub mod container;
pub mod countries;
mod country_names;
pub mod dates;
mod directory;
pub mod dsr;
pub mod encoding;
pub mod figures;
mod integration;
pub mod kind;
pub mod layout;
pub mod learn;
pub mod limits;
mod listing;
mod mapping;
mod names;
pub mod numbers;
mod opened;
pub mod recognise;
pub mod records;
pub mod refusal;
pub mod report;
pub mod row;
pub mod settings;
pub mod shipped;
mod source;
pub mod stated;
pub mod statement;
mod storage;
pub mod stores;
pub mod sums;
pub mod tally;
pub mod timeline;
pub mod transactions;
pub mod unit;
pub mod xlsx;

#[cfg(test)]
mod tests;

pub use self::{column_map::Draft, integration::Reports, settings::Known, source::FilesSource};
