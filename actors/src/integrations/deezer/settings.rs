//! What a connection may set: the objects that it reads.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    integration::SetupError,
    reading::subjects::{Form, Subject, Wanted},
};

/// Settings of a Deezer connection: at least one of the lists names something.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Tracks: the number in a track's address (`3135556`), or `isrc:` and its ISRC.
    pub tracks: Vec<String>,
    /// Albums: the number in an album's address, or `upc:` and its UPC or EAN.
    pub albums: Vec<String>,
    /// Artists: the number in an artist's address.
    pub artists: Vec<String>,
    /// Playlists, with their contents: the number in a playlist's address. Only public ones can be read.
    pub playlists: Vec<String>,
    /// Charts of tracks: a genre's number; `0` is the chart of all genres.
    pub charts: Vec<String>,
}

// === impl Settings ===

impl Settings {
    /// Checks every entry; the first mistake is told.
    pub fn wanted(&self) -> Result<Wanted, SetupError> {
        Wanted::read(self.lists(), |subject| Form { is_id, expected: expected(subject) })
    }

    /// What is named of each kind, as it is written.
    pub fn lists(&self) -> [(Subject, &[String]); 5] {
        [
            (Subject::Track, &self.tracks),
            (Subject::Album, &self.albums),
            (Subject::Artist, &self.artists),
            (Subject::Playlist, &self.playlists),
            (Subject::Chart, &self.charts),
        ]
    }
}

const fn expected(subject: Subject) -> &'static str {
    match subject {
        Subject::Track => {
            "an id (digits, the end of the track's address) or isrc: and an ISRC such as isrc:GBDUW0000059"
        }
        Subject::Album => "an id (digits, the end of the album's address) or upc: and 8 to 14 digits",
        Subject::Artist => "an id (digits, the end of the artist's address)",
        Subject::Playlist => "an id (digits, the end of the playlist's address)",
        Subject::Chart => "a genre's id (digits; 0 = all genres)",
    }
}

/// Digits that are a whole number below 2^64, written in the one way in which Deezer writes it.
fn is_id(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|id| id.to_string() == text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tracks(entries: &[&str]) -> Result<Wanted, SetupError> {
        let tracks = entries.iter().map(|entry| (*entry).to_owned()).collect();
        Settings { tracks, ..Settings::default() }.wanted()
    }

    #[test]
    fn ids_and_codes_are_read_in_one_form() {
        let wanted = tracks(&["3135556", "isrc:gb-duw-00-00059", "ISRC:GBDUW0000059", " 3135556 "]).unwrap();
        assert_eq!(wanted.names(), ["track 3135556", "track isrc:GBDUW0000059"]);
        let albums = vec!["302127".to_owned(), "upc:0724384960650".to_owned()];
        let wanted = Settings { albums, ..Settings::default() }.wanted().unwrap();
        assert_eq!(wanted.names(), ["album 302127", "album upc:0724384960650"]);
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        for (entry, words) in [
            ("https://www.deezer.com/track/3135556", "expected an id"),
            ("isrc:GBDUW", "isrc:GBDUW0000059"),
            ("upc:724384960650", "expected an id"),
            ("0815", "expected an id"),
            ("-3", "expected an id"),
            ("../user/me", "expected an id"),
            ("3135556?access_token=x", "expected an id"),
            ("", "expected an id"),
        ] {
            let error = tracks(&[entry]).unwrap_err().to_string();
            assert!(error.starts_with("settings.tracks: ") && error.contains(words), "{entry:?}: {error}");
        }
        let charts = Settings { charts: vec!["rock".to_owned()], ..Settings::default() };
        assert!(charts.wanted().unwrap_err().to_string().contains("0 = all genres"));
        let artists = Settings { artists: vec!["isrc:GBDUW0000059".to_owned()], ..Settings::default() };
        assert!(artists.wanted().unwrap_err().to_string().starts_with("settings.artists: "));
        assert!(Settings::default().wanted().unwrap_err().to_string().contains("nothing to read"));
        assert!(serde_json::from_str::<Settings>(r#"{"track":["1"]}"#).is_err());
    }

    proptest! {
        /// Whatever is accepted is a single, harmless segment of a path.
        #[test]
        fn what_is_accepted_stays_in_its_place(text in "\\PC{0,24}") {
            if let Ok(wanted) = tracks(&[&text]) {
                for reference in wanted.of(Subject::Track) {
                    let path = reference.to_string();
                    prop_assert!(path.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b':'), "{path}");
                }
            }
        }
    }
}
