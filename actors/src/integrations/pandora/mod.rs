//! Pandora: what it lets artists and labels download. It has no public API.

use crate::reports::{Draft, Known, Reports, layout::Field};

/// Files about Pandora.
pub const PANDORA: Reports = Reports {
    id: "pandora",
    known: Known { service: Some("pandora"), layouts: || &[], drafts: DRAFTS },
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
};

/// No file of a real account was at hand: which headers its exports have is not known.
const DRAFTS: &[Draft] = &[
    // As the portal's own words name its numbers: a spin is a play of a track.
    Draft {
        name: "pandora_amp_tracks",
        columns: &[
            (Field::Date, "date"),
            (Field::Title, "track"),
            (Field::Streams, "spins"),
            (Field::Listeners, "listeners"),
        ],
    },
    Draft {
        name: "pandora_amp_artist",
        columns: &[(Field::Date, "date"), (Field::Streams, "spins"), (Field::Listeners, "listeners")],
    },
];
