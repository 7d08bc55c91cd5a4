//! How numbers, instants and days look to people: on the status page, in reports, in the terminal.

pub mod chart;
pub mod figures;
pub mod text;

/// How pages and printed reports look.
pub const STYLE: &str = include_str!("style.css");
