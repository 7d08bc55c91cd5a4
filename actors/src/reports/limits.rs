//! Every bound of reading report files, with its reason.

use std::time::Duration;

/// Bytes of one file or archive member, unpacked. The largest known usage reports are a few gigabytes.
pub const UNPACKED_BYTES_MAX: u64 = 8 << 30;
/// Unpacked bytes for each packed one. Tables of text pack ten to sixty times; above this it is a bomb.
pub const RATIO_MAX: u64 = 200;
/// So many bytes are unpacked before their ratio says anything.
pub const RATIO_FROM_BYTES: u64 = 1 << 20;
/// Files in one archive: a year of daily reports, twice.
pub const ENTRIES_MAX: usize = 1_000;
/// Parts of a spreadsheet beside its sheets, and spreadsheets within an archive: they are held in memory.
pub const PART_BYTES_MAX: u64 = 16 << 20;
/// Distinct texts of a spreadsheet, as it declares them: memory is reserved for so many at once.
pub const SHARED_TEXTS_MAX: u64 = 1_000_000;
/// One sheet, unpacked: a million rows of a thousand bytes.
pub const SHEET_BYTES_MAX: u64 = 1 << 30;
/// Sheets of one spreadsheet that are looked at.
pub const SHEETS_MAX: usize = 50;

/// Columns of a table. The widest known layout has 61.
pub const COLUMNS_MAX: usize = 1_024;
/// Bytes of one line or record. Titles and lists of artists are a few hundred.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
/// The beginning of a file, by which it is recognised.
pub const HEAD_BYTES: usize = 64 << 10;
/// Lines in which a header is looked for: the longest known preamble has four.
pub const HEADER_WITHIN: usize = 12;
/// Bytes of a header that a reason repeats.
pub const SHOWN_BYTES: usize = 300;

/// Distinct keys that one file may have, about 90 bytes each while they are added up.
pub const ROWS_MAX: usize = 2_000_000;
/// Rows of tables whose lines are rows: ten years of five hundred tracks' days would be split by the service.
pub const PLAIN_ROWS_MAX: usize = 200_000;
/// Distinct titles, names and codes of one file, together.
pub const TEXTS_BYTES_MAX: usize = 256 << 20;
/// One title or name. What is longer is cut.
pub const TEXT_BYTES_MAX: usize = 1_000;
/// Distinct stores, periods and statements of one file: years of months, or of days, of a few hundred stores.
pub const DISTINCT_MAX: usize = 60_000;
/// Transactions of one file: their digests are kept, nine bytes each, as long as the file is known.
pub const TRANSACTIONS_MAX: usize = 200_000;
/// Lines that could not be read and are named one by one; the others are counted.
pub const EXAMPLES_MAX: usize = 20;
/// Of so many lines one may be unreadable; a file with more is not what it seems.
pub const READABLE_OF: u64 = 100;

/// Summary records of one DSR file: one for each territory, commercial model and use type.
pub const SUMMARIES_MAX: usize = 100_000;
/// Resources of one DSR block: the largest box sets have a few hundred.
pub const RESOURCES_MAX: usize = 20_000;
/// Cells of one DSR line: the longest record type has about 60.
pub const CELLS_MAX: usize = 256;

/// Files and folders below what is watched: a decade of daily reports of a few services.
pub const FILES_MAX: usize = 100_000;
/// Folders within each other.
pub const DEPTH_MAX: usize = 16;
/// Pages of one listing of an object store. A page has up to a thousand objects; stores that give few still come to an end.
pub const LISTING_PAGES_MAX: usize = 1_000;
/// One page of a listing: a thousand keys of a kilobyte each, with what stands around them.
pub const LISTING_BYTES_MAX: usize = 8 << 20;
/// One page of a listing, or the beginning of an object.
pub const STORAGE_TIMEOUT: Duration = Duration::from_mins(1);
/// An object's transfer without a byte: then it is a hang.
pub const STORAGE_SILENCE: Duration = Duration::from_secs(30);
/// A whole object: eight gigabytes at two megabytes a second.
pub const TRANSFER_TIME_MAX: Duration = Duration::from_hours(1);
/// What stays free of the disk on which objects are put down while they are read: others write there, too.
pub const ROOM_KEPT_BYTES: u64 = 1 << 30;
/// Words of a store's error that a reason repeats.
pub const STORE_CODE_LENGTH_MAX: usize = 60;
