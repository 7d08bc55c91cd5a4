//! What a query is carried out over.

use jiff::Timestamp;

use super::Refusal;
use super::value::Value;

/// Moments from one to another, both included; open where `None`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

impl Span {
    /// Whether a moment lies inside.
    pub(crate) fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }

    /// Narrows the beginning.
    pub(crate) fn begin(&mut self, at: Timestamp) {
        self.from = Some(self.from.map_or(at, |from| from.max(at)));
    }

    /// Narrows the end.
    pub(crate) fn end(&mut self, at: Timestamp) {
        self.to = Some(self.to.map_or(at, |to| to.min(at)));
    }
}

/// Rows outside these times are not needed; more rows than those inside may be given.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    /// Of the row's own time.
    pub(crate) own: Span,
    /// Of the start of an event's session.
    pub(crate) session: Span,
}

/// One row of a table.
pub(crate) trait Row {
    /// The value of a field that [`Database::knows`].
    fn field(&self, chain: &[String]) -> Value;
}

/// Takes one row.
pub(crate) type Visit<'v> = dyn FnMut(&dyn Row) -> Result<(), Refusal> + 'v;

/// The tables.
pub(crate) trait Database {
    /// Whether there is such a table.
    fn has(&self, table: &str) -> bool;

    /// Whether the table has this field.
    fn knows(&self, table: &str, chain: &[String]) -> bool;

    /// The field that [`Bounds::own`] is about.
    fn time_field(&self, table: &str) -> &'static str;

    /// Shows every row within the bounds.
    fn scan(&self, table: &str, bounds: &Bounds, visit: &mut Visit<'_>) -> Result<(), Refusal>;
}
