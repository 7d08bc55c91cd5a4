//! Every limit of this crate, with its reason.

/// Bytes of a text that is kept. Names and addresses of all providers are far shorter; a page of ten thousand such rows
/// still fits into a commit.
pub const TEXT_BYTES_MAX: usize = 8 << 10;

/// Rows of web analytics whose numbers one reading remembers, about 150 bytes each: more than a day has origins. Behind
/// it, a row whose key had to be cleaned is set aside, because nobody knows whether it has a twin.
pub const WEB_ROWS_REMEMBERED_MAX: usize = 200_000;

/// Rows whose keys differ in U+0000 only, of one key: nobody has so many unless on purpose.
pub const WEB_TWINS_MAX: usize = 1_000;

/// Rows of daily tables that a file may bring: they appear in one transaction, for which others wait, at 30 000 a second. A
/// year of a catalogue of a hundred tracks is below.
pub const FILE_DAILY_ROWS_MAX: usize = 50_000;

/// A use of a rolling budget counts for so much longer than the period. What is noted here is counted there when it arrives:
/// a request may be under way for half a minute, and the clocks of two workers differ by a little.
pub const BUDGET_LATENESS: jiff::SignedDuration = jiff::SignedDuration::from_mins(2);
