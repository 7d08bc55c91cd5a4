//! Amazon Music: what it lets artists and labels download. Its API is a closed beta, and tells no streams.

use crate::reports::{Draft, Known, Reports, layout::Field};

/// Files about Amazon Music.
pub const AMAZON_MUSIC: Reports = Reports {
    id: "amazon_music",
    known: Known { service: Some("amazon_music"), layouts: || &[], drafts: DRAFTS },
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
};

/// No file of a real account was at hand: which headers its exports have is not known.
const DRAFTS: &[Draft] = &[
    Draft {
        name: "amazon_music_for_artists_songs",
        columns: &[
            (Field::Date, "date"),
            (Field::Title, "song"),
            (Field::Streams, "streams"),
            (Field::Listeners, "listeners"),
        ],
    },
    // It calls its followers fans.
    Draft {
        name: "amazon_music_for_artists_audience",
        columns: &[
            (Field::Date, "date"),
            (Field::Streams, "streams"),
            (Field::Listeners, "listeners"),
            (Field::Followers, "fans"),
        ],
    },
];
