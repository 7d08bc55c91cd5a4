//! Why a whole file is not loaded, in words for the person who put it there.

use std::io;

/// Why a file is refused. Nothing of it is loaded. Holds no values of the file but its header and names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes could not be had.
    #[error("it could not be read: {0}")]
    Unreadable(String),
    /// It ends too early.
    #[error("it is incomplete: {0}; download it again")]
    Truncated(String),
    /// Its packing or structure is broken.
    #[error("it is damaged: {0}; download it again")]
    Damaged(String),
    /// Larger, deeper or wider than any report.
    #[error("it is not read: {0}")]
    Excessive(String),
    /// Names in an archive that lead elsewhere, formulas: what an honest report does not have.
    #[error("it is not safe to read: {0}")]
    Unsafe(String),
    /// A kind of file that is not read.
    #[error("{0}")]
    Unsupported(&'static str),
    /// What lies beside reports and is none.
    #[error("{0}")]
    NoReport(&'static str),
    /// Text that is in no known encoding.
    #[error("its text is not readable: {0}")]
    Encoding(String),
    /// No layout has such a header.
    #[error(
        "no known layout has the header {header:?}; teach it under `layouts.<name>` in the connection's settings \
         (`dynamoi files learn` proposes one)"
    )]
    UnknownLayout {
        /// The line that looks most like a header, shortened.
        header: String,
    },
    /// Only a layout has such a header that no real file has verified.
    #[error(
        "its header is that of the layout `{0}`, which no real file has verified: compare them with what the README says, and name \
         it as `layouts.{0} = {{}}` in the connection's settings"
    )]
    Unverified(&'static str),
    /// Several layouts fit equally well.
    #[error("its header fits {first} and {second}; name the columns under `layouts.<name>`")]
    Ambiguous {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// Something that another integration reads, or none.
    #[error("it is an export of {of}, which is not read from files: {instead}")]
    Foreign {
        /// Whose export it is.
        of: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// What the layout needs and neither file nor settings say.
    #[error("{0}")]
    Undecided(String),
    /// Its own sums contradict it.
    #[error("its own totals contradict it: {0}")]
    Contradiction(String),
    /// Too many lines that cannot be read.
    #[error("{rejected} of its {lines} lines cannot be read as {layout}, the first in line {line}: {why}")]
    TooManyRejected {
        /// How many.
        rejected: u64,
        /// Of how many.
        lines: u64,
        /// As what.
        layout: String,
        /// The first one's line.
        line: u64,
        /// The first one's reason.
        why: String,
    },
    /// It repeats the money of another file of its archive.
    #[error("it repeats the amounts of {0}, which is read instead")]
    Repeats(String),
}

// === impl Refusal ===

impl Refusal {
    /// A short word for labels and tables.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::Truncated(_) => "truncated",
            Self::Damaged(_) => "damaged",
            Self::Excessive(_) => "excessive",
            Self::Unsafe(_) => "unsafe",
            Self::Unsupported(_) => "unsupported",
            Self::NoReport(_) => "no_report",
            Self::Encoding(_) => "encoding",
            Self::UnknownLayout { .. } => "unknown_layout",
            Self::Unverified(_) => "unverified",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Foreign { .. } => "foreign",
            Self::Undecided(_) => "undecided",
            Self::Contradiction(_) => "contradiction",
            Self::TooManyRejected { .. } => "lines_rejected",
            Self::Repeats(_) => "repeats",
        }
    }

    /// Neither the file nor its name says when.
    pub(super) fn needs_period() -> Self {
        Self::Undecided(
            "neither it nor its name says its period; say it with `dynamoi files accept FILE --from DAY --to DAY`"
                .to_owned(),
        )
    }

    /// Wrapped so that it can pass through [`io::Read`]; [`Refusal::from`] finds it again.
    pub(super) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        if let Some(refusal) = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            return refusal.clone();
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                Self::Truncated("it ends in the middle of its packed data".to_owned())
            }
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Self::Damaged(error.to_string()),
            _ => Self::Unreadable(error.to_string()),
        }
    }
}
