//! What a file stands for: a later file of the same unit is a correction of it.

use jiff::Timestamp;
use rows::{Day, DayRange, files::SetOf};

use super::transactions::Transactions;

/// The unit of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Each of these days, of an artist or track: a later file replaces the days that it has.
    Dates {
        /// Whose: the artist's or the track's id, `""` where each line has its own.
        of: String,
        /// The first day.
        first: Day,
        /// The last day.
        last: Day,
    },
    /// One period, of an artist or folder.
    Period {
        /// Whose.
        of: String,
        /// Which.
        period: DayRange,
    },
    /// All that an account ever earned.
    Lifetime,
    /// The statements in it: `2026-06`, a day, a number; where the layout names the account, `<account>/2026-06`.
    Statements(Vec<String>),
    /// The transactions in it.
    Transactions(Transactions),
    /// A DSR message.
    Dsr {
        /// `SenderPartyId`.
        sender: String,
        /// `ServiceDescription`, else `SenderName`.
        service: String,
        /// Of use.
        period: DayRange,
        /// The one territory; `""` for several.
        territory: String,
        /// Which file of its set, from 1.
        file_number: u32,
        /// The later message replaces the earlier.
        created_at: Option<Timestamp>,
    },
}

// === impl Unit ===

impl Unit {
    /// Files with the same key, layout and connection are of the same unit; of sets, also those that have some of the same.
    /// Of days, whether they overlap is another question.
    pub fn key(&self) -> String {
        match self {
            Self::Dates { of, .. } => format!("dates {of}"),
            Self::Period { of, period } => format!("period {} {} {of}", period.first, period.last),
            Self::Lifetime => "lifetime".to_owned(),
            Self::Statements(all) => SetOf::Statements.text(all),
            Self::Transactions(all) => SetOf::Transactions.text(all.names()),
            Self::Dsr { sender, service, period, territory, file_number, .. } => {
                format!("dsr {sender} {service} {} {} {territory} {file_number}", period.first, period.last)
            }
        }
    }
}
