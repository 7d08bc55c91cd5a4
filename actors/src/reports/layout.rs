//! What a table's columns mean: a layout is recognised by its header alone, in any order of columns.

use rows::Currency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{dates::Format, numbers::Decimal};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Field {
    /// The day or period that a line is about.
    Date,
    /// The first day of the period.
    PeriodStart,
    /// The last day of the period.
    PeriodEnd,
    /// The statement that a line belongs to: its month, its day of payment, its number.
    Statement,
    /// The single transaction that a line is.
    Transaction,
    /// Whose statement.
    Account,
    /// The store.
    Store,
    /// The country.
    Country,
    /// The track's title.
    Title,
    /// The artist's name.
    Artist,
    /// The recording's code.
    Isrc,
    /// The distributor's own code, which may be an ISRC.
    Reference,
    /// The release's code.
    Upc,
    /// Streams, sales …
    Quantity,
    /// Of lines about a whole release.
    ProductQuantity,
    /// Whether a line is about a track or a whole release.
    Unit,
    /// What is paid.
    Revenue,
    /// Before shares.
    Gross,
    /// Of the amounts.
    Currency,
    /// What a line is about.
    Kind,
    /// Whether a line takes a sale back.
    Void,
    /// Streams.
    Streams,
    /// Different listeners.
    Listeners,
    /// … of 28 days.
    MonthlyListeners,
    /// … who listened on purpose.
    MonthlyActiveListeners,
    /// … the most loyal.
    SuperListeners,
    /// Saves to a library.
    Saves,
    /// Additions to playlists.
    PlaylistAdds,
    /// Followers.
    Followers,
    /// A playlist's name.
    Playlist,
    /// Whose it is.
    Owner,
    /// When a track was added to it.
    AddedOn,
    /// A video's id.
    Content,
    /// Views.
    Views,
    /// Time watched, in hours.
    WatchHours,
    /// Likes.
    Likes,
    /// Comments.
    Comments,
    /// Shares.
    Shares,
    /// Subscribers gained.
    SubscribersGained,
    /// Subscribers lost.
    SubscribersLost,
    /// A smart link's id or address.
    Link,
    /// The service that it led to.
    Destination,
    /// Where visitors came from.
    Referrer,
    /// Visits.
    Visits,
    /// Different visitors.
    UniqueVisitors,
    /// Clicks through.
    Clicks,
    /// Pre-saves.
    PreSaves,
    /// Not read; the layout is known by it.
    Mark,
}

/// How many fields there are.
const FIELDS: usize = Field::Mark as usize + 1;

/// A layout: shipped (see [`shipped`](super::shipped)) or taught.
#[derive(Debug, Clone)]
pub struct Layout {
    /// As stored in `report_files.layout`.
    pub name: String,
    /// Whether it was taught by the settings: then it wins over all that are shipped.
    pub is_taught: bool,
    /// What it fills.
    pub shape: Shape,
    /// Its columns.
    pub columns: Vec<Column>,
    /// No other columns may stand beside them: for short headers that others may have as well.
    pub is_exact: bool,
    /// Lines may be shorter than the header.
    pub is_ragged: bool,
    /// Label of the encoding of its old exports, where those are not UTF-8.
    pub encoding: Option<String>,
    /// The delimiter, where only one is right.
    pub delimiter: Option<u8>,
    /// How it writes numbers; `None` is found out from the file.
    pub decimal: Option<Decimal>,
    /// How it writes the days or periods of lines.
    pub dates: Vec<Format>,
    /// The service, where it is one only.
    pub service: Option<String>,
    /// Of the amounts, where no column says so.
    pub currency: Option<Currency>,
    /// What a file of it replaces.
    pub unit: UnitRule,
    /// What lines without a known type are.
    pub kinds: KindRule,
    /// The length of its periods, where a column names them by a day.
    pub granularity: Option<String>,
    /// The same of its statements.
    pub statement_granularity: Option<String>,
}

/// What a layout fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Statements of money and quantities.
    Statement,
    /// An artist's days.
    Audience,
    /// A track's or tracks' days or periods.
    Tracks,
    /// Playlists in a period.
    Playlists,
    /// Videos, by day or period.
    Content,
    /// Smart links, by day.
    SmartLinks,
}

/// What a file replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitRule {
    /// The days in it.
    Dates,
    /// The period of its name, of its artist or folder.
    Period,
    /// All that the account ever earned.
    Lifetime,
    /// The statements in it.
    Statement,
    /// Single transactions.
    Transactions,
}

/// What a line is about, where its type does not say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindRule {
    /// `other`.
    Words,
    /// What is usual in its store; a whole release was sold as a download.
    Store,
    /// What Bandcamp calls an item.
    Bandcamp,
}

/// One column of a layout.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it holds.
    pub field: Field,
    /// Its names, as [`plain`] writes them; `¤` stands for a currency's code.
    pub headers: Vec<String>,
    /// Whether the layout needs it.
    pub is_required: bool,
}

/// A layout that fits a header.
#[derive(Debug, Clone)]
pub struct Bound {
    columns: [Option<u16>; FIELDS],
    /// The currency that the header of the amounts names.
    pub currency: Option<Currency>,
    /// How many of the header's columns the layout knows.
    pub matched: usize,
    /// How many columns the header has.
    pub width: usize,
    /// Where the last of the columns stands that the layout needs.
    pub last_required: usize,
    /// A header that stands more than once, of a column that is read.
    pub twice: Option<String>,
}

// === impl Layout ===

impl Layout {
    /// Where this layout's columns stand in a header; `None` when it does not fit. `header` as [`plain`] writes it.
    pub fn bind(&self, header: &[String]) -> Option<Bound> {
        let mut bound = Bound {
            columns: [None; FIELDS],
            currency: None,
            matched: 0,
            width: header.len(),
            last_required: 0,
            twice: None,
        };
        for column in &self.columns {
            let found = column.headers.iter().find_map(|name| {
                let index = header.iter().position(|cell| fits(name, cell))?;
                Some((name, index))
            });
            match found {
                Some((name, index)) => {
                    bound.matched += 1;
                    if column.is_required {
                        bound.last_required = bound.last_required.max(index);
                    }
                    bound.columns[column.field as usize].get_or_insert(u16::try_from(index).ok()?);
                    if column.field != Field::Mark
                        && header.iter().skip(index + 1).any(|cell| fits(name, cell))
                    {
                        bound.twice.get_or_insert_with(|| header[index].clone());
                    }
                    if column.field == Field::Revenue {
                        bound.currency = currency_in(name, &header[index]);
                    }
                }
                None if column.is_required => return None,
                None => {}
            }
        }
        let named = header.iter().filter(|cell| !cell.is_empty()).count();
        (!self.is_exact || named == bound.matched).then_some(bound)
    }
}

// === impl Bound ===

impl Bound {
    /// The column that holds this.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns[field as usize].map(usize::from)
    }
}

/// Whether a header's cell has this name.
fn fits(name: &str, cell: &str) -> bool {
    name == cell || currency_in(name, cell).is_some()
}

/// The currency that a cell has where the name has `¤`.
fn currency_in(name: &str, cell: &str) -> Option<Currency> {
    let (before, after) = name.split_once('¤')?;
    Currency::parse(cell.strip_prefix(before)?.strip_suffix(after)?).ok()
}

/// A header's cell in lower case, words separated by one space, without what encodings and spreadsheets leave behind.
pub fn plain(cell: &str) -> String {
    let cell = cell
        .trim_start_matches("ï»¿")
        .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '"');
    let lower = cell.to_lowercase().replace('_', " ");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}
