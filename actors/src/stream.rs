//! What can be read, and how it is re-read.

use std::time::Duration;

use jiff::SignedDuration;
use rows::Table;

/// One thing that an integration reads per account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its name in configuration, checkpoint and labels.
    pub name: &'static str,
    /// The tables that its rows go to.
    pub tables: &'static [Table],
    /// Whether it is on unless the configuration says otherwise.
    pub enabled: bool,
    /// How reading, committing and vanishing work.
    pub kind: Kind,
}

/// The kinds of stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Reports by account-local day: windows are read in one go; rows of the window that were not seen are deleted.
    Days(Days),
    /// A durable token; rows and token are stored page by page; only the provider's tombstones delete.
    Feed(Feed),
    /// The whole set at once; what was not seen becomes `removed`.
    Snapshot(Snapshot),
    /// Files, each known by its content and loaded as a whole; a corrected one takes the place of what it corrects.
    Files(Files),
}

/// Policy of a [`Kind::Days`] stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// For `ad_performance_daily`: the level of its rows.
    pub level: Option<&'static str>,
    /// Which days are read again how often, from shallow to deep. An interval of a day or more counts account days:
    /// it is due once they have turned.
    pub tiers: Vec<Tier>,
    /// How long after a day's end its numbers may still move.
    pub settling: SignedDuration,
    /// Days in one window at most.
    pub window_days_max: u32,
    /// How far back the provider answers at all.
    pub history_days_max: Option<u32>,
}

/// The last `days` account days (today included) are read again every `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// How many days back, today included.
    pub days: u32,
    /// How often.
    pub every: Duration,
}

/// Policy of a [`Kind::Feed`] stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// How often the tail is asked for.
    pub every: Duration,
    /// Listing again what the tail may have missed.
    pub relist: Option<Relist>,
}

/// A feed's re-listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relist {
    /// How far back; nothing = from the start date.
    pub days: Option<u32>,
    /// How often.
    pub every: Duration,
}

/// Policy of a [`Kind::Snapshot`] stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// How often.
    pub every: Duration,
    /// The table of which goes what was not seen: objects become `removed`; of a daily table's rows, those of today are
    /// deleted. Nothing where a reading stays true though a later one does not repeat it.
    pub vanishing: Option<Table>,
}

/// Policy of a [`Kind::Files`] stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Files {
    /// How often it is looked what lies there.
    pub every: Duration,
}

// === impl Days ===

impl Days {
    /// Days of no level, of which the provider forgets none. Each of `tiers` is days back, and how often.
    pub fn new<const N: usize>(
        tiers: [(u32, Duration); N],
        settling: SignedDuration,
        window_days_max: u32,
    ) -> Self {
        let tiers = tiers.map(|(days, every)| Tier { days, every }).into();
        Self { level: None, tiers, settling, window_days_max, history_days_max: None }
    }
}

/// A quarter of an hour: how often fresh numbers are read.
pub const FRESH: Duration = Duration::from_mins(15);
/// Six hours.
pub const QUARTER_DAY: Duration = Duration::from_hours(6);
/// A day: counted in account days.
pub const DAILY: Duration = Duration::from_hours(24);
/// Seven days.
pub const WEEKLY: Duration = Duration::from_hours(7 * 24);
