//! What a line of a statement is about.

/// As `royalty_statements.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Streams, and only these count as streams.
    Stream,
    /// A track or album sold as a file.
    Download,
    /// Use in videos of other people.
    Ugc,
    /// A record, a tape, merchandise.
    Physical,
    /// A refund, a void, a correction.
    Adjustment,
    /// What the layout's words do not tell.
    Other,
}

/// Words of types, in several languages, and what they mean; the first that occurs counts.
const WORDS: &[(&str, Kind)] = &[
    ("refund", Kind::Adjustment),
    ("void", Kind::Adjustment),
    ("chargeback", Kind::Adjustment),
    ("reversal", Kind::Adjustment),
    ("return", Kind::Adjustment),
    ("adjust", Kind::Adjustment),
    ("correction", Kind::Adjustment),
    ("返金", Kind::Adjustment),
    ("調整", Kind::Adjustment),
    ("возврат", Kind::Adjustment),
    ("ugc", Kind::Ugc),
    ("user generated", Kind::Ugc),
    ("user-generated", Kind::Ugc),
    ("creation", Kind::Ugc),
    ("content id", Kind::Ugc),
    ("stream", Kind::Stream),
    ("ストリーミング", Kind::Stream),
    ("再生", Kind::Stream),
    ("стрим", Kind::Stream),
    ("download", Kind::Download),
    ("ダウンロード", Kind::Download),
    ("загруз", Kind::Download),
    ("télécharg", Kind::Download),
    ("physical", Kind::Physical),
    ("vinyl", Kind::Physical),
    ("cassette", Kind::Physical),
    ("compact disc", Kind::Physical),
];

/// Words of types that take a sale back: its amounts are below zero however they are written.
const TAKES_BACK: &[&str] = &["refund", "void", "chargeback", "reversal", "return", "返金", "возврат"];

// === impl Kind ===

impl Kind {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Download => "download",
            Self::Ugc => "ugc",
            Self::Physical => "physical",
            Self::Adjustment => "adjustment",
            Self::Other => "other",
        }
    }

    /// By the words of a type; `None` when none is known.
    pub fn of_words(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, kind)| *kind)
    }
}

/// Whether a type takes a sale back.
pub fn takes_back(text: &str) -> bool {
    let text = text.to_lowercase();
    TAKES_BACK.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_streams_are_streams() {
        for (text, expected) in [
            ("Streaming", Some(Kind::Stream)),
            ("Ad-Supported Streams", Some(Kind::Stream)),
            ("OnDemandStream", Some(Kind::Stream)),
            ("Refunded stream", Some(Kind::Adjustment)),
            ("Creation", Some(Kind::Ugc)),
            ("UGC stream", Some(Kind::Ugc)),
            ("PermanentDownload", Some(Kind::Download)),
            ("ストリーミング", Some(Kind::Stream)),
            ("Album", None),
            ("", None),
        ] {
            assert_eq!(Kind::of_words(text), expected, "{text}");
        }
        assert!(takes_back("Void") && takes_back("REFUND") && !takes_back("Adjustment"));
    }
}
