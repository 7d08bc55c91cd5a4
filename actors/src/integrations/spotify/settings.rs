//! What a connection may set: the objects that it reads.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    integration::SetupError,
    reading::subjects::{Form, Subject, Wanted},
};

/// Settings of a Spotify connection: at least one of the lists names something.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Tracks: the id in a track's address (`11dFghVXANMlKmJXsNCbNl`), or `isrc:` and its ISRC.
    pub tracks: Vec<String>,
    /// Albums: the id in an album's address, or `upc:` and its UPC or EAN.
    pub albums: Vec<String>,
    /// Artists: the id in an artist's address.
    pub artists: Vec<String>,
    /// Playlists, with their contents where the app may read them: the id in a playlist's address.
    pub playlists: Vec<String>,
    /// The country for which is asked, ISO 3166-1 alpha-2 (`US`). With a refresh token, Spotify takes the user's own.
    pub market: Option<String>,
}

/// Spotify's ids have 22 characters; no text of this length is one that was pasted with something else.
const ID_LENGTH_MAX: usize = 64;

// === impl Settings ===

impl Settings {
    /// Checks every entry; the first mistake is told.
    pub fn wanted(&self) -> Result<Wanted, SetupError> {
        let wanted = Wanted::read(self.lists(), form)?;
        match &self.market {
            Some(market) if market.len() != 2 || !market.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                let problem = format!("{market:?} is no country: expected two capital letters such as US");
                Err(SetupError::setting("market", problem))
            }
            _ => Ok(wanted),
        }
    }

    /// What is named of each kind, as it is written.
    pub fn lists(&self) -> [(Subject, &[String]); 4] {
        [
            (Subject::Track, &self.tracks),
            (Subject::Album, &self.albums),
            (Subject::Artist, &self.artists),
            (Subject::Playlist, &self.playlists),
        ]
    }
}

fn form(subject: Subject) -> Form {
    let expected = match subject {
        Subject::Track => "an id (the end of its address) or isrc: and an ISRC such as isrc:USUM71703861",
        Subject::Album => "an id (the end of its address) or upc: and 8 to 14 digits",
        Subject::Artist | Subject::Playlist | Subject::Chart => {
            "an id (the end of its address, up to any question mark)"
        }
    };
    Form { is_id, expected }
}

fn is_id(text: &str) -> bool {
    (1..=ID_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
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
        let id = "11dFghVXANMlKmJXsNCbNl";
        let wanted = tracks(&[id, "isrc:us-um7-17-03861", "ISRC:USUM71703861", &format!(" {id} ")]).unwrap();
        assert_eq!(wanted.names(), [format!("track {id}"), "track isrc:USUM71703861".to_owned()]);
        let settings = Settings {
            albums: vec!["upc:0724384960650".to_owned()],
            market: Some("DE".to_owned()),
            ..Settings::default()
        };
        let wanted = settings.wanted().unwrap();
        assert_eq!(wanted.names(), ["album upc:0724384960650"]);
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        for entry in [
            "https://open.spotify.com/track/11dFghVXANMlKmJXsNCbNl",
            "spotify:track:11dFghVXANMlKmJXsNCbNl",
            "11dFghVXANMlKmJXsNCbNl?si=x",
            "isrc:USUM7",
            "upc:724384960650",
            "../me",
            "",
        ] {
            let error = tracks(&[entry]).unwrap_err().to_string();
            assert!(error.starts_with("settings.tracks: ") && error.contains("isrc:USUM71703861"), "{error}");
        }
        let artists = Settings { artists: vec!["isrc:USUM71703861".to_owned()], ..Settings::default() };
        assert!(artists.wanted().unwrap_err().to_string().starts_with("settings.artists: "));
        assert!(Settings::default().wanted().unwrap_err().to_string().contains("nothing to read"));
        for market in ["us", "USA", ""] {
            let tracks = vec!["1".to_owned()];
            let settings = Settings { tracks, market: Some(market.to_owned()), ..Settings::default() };
            assert!(
                settings.wanted().unwrap_err().to_string().starts_with("settings.market: "),
                "{market:?}"
            );
        }
        assert!(serde_json::from_str::<Settings>(r#"{"track":["1"]}"#).is_err());
    }

    proptest! {
        /// Whatever is accepted is a single, harmless segment of a path or word of a search.
        #[test]
        fn what_is_accepted_stays_in_its_place(text in "\\PC{0,24}") {
            if let Ok(wanted) = tracks(&[&text]) {
                for reference in wanted.of(Subject::Track) {
                    let text = reference.to_string();
                    prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b':'), "{text}");
                }
            }
        }
    }
}
