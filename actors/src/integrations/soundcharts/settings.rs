//! What a connection may set: the objects that it reads, and on which platforms.

use schemars::JsonSchema;
use serde::Deserialize;

use super::subject::{Subject, Target, song_counter};
use crate::{
    integration::SetupError,
    reading::subjects::{self, Form, Subject as Kind},
};

/// Settings of a Soundcharts connection: songs, artists, or both.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Songs: Soundcharts' UUID (`7d534228-5165-11e9-9375-549f35161576`), or `isrc:` and an ISRC.
    pub tracks: Vec<String>,
    /// Artists: Soundcharts' UUID.
    pub artists: Vec<String>,
    /// The platforms on which they are looked at, by Soundcharts' codes: `spotify`, `youtube`, `deezer` …
    pub platforms: Vec<String>,
}

/// Everything that a connection reads. Nothing stands in it twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    objects: subjects::Wanted,
    /// By Soundcharts' codes.
    pub platforms: Vec<String>,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self { tracks: Vec::new(), artists: Vec::new(), platforms: vec!["spotify".to_owned()] }
    }
}

impl Settings {
    /// Checks every entry; the first mistake is told.
    pub fn wanted(&self) -> Result<Wanted, SetupError> {
        let lists = [(Kind::Track, &*self.tracks), (Kind::Artist, &*self.artists)];
        let objects = subjects::Wanted::read(lists, |kind| Form {
            is_id: |text| is_word(text, 64),
            expected: match kind {
                Kind::Track => "Soundcharts' UUID of a song, or isrc: and an ISRC such as isrc:USUM71900764",
                _ => "Soundcharts' UUID of an artist",
            },
        })?;
        let mut platforms = self.platforms.clone();
        platforms.sort();
        platforms.dedup();
        let is_code =
            |text: &String| is_word(text, 32) && !text.contains(|letter: char| letter.is_uppercase());
        if platforms.is_empty() || !platforms.iter().all(is_code) {
            let problem = "expected Soundcharts' codes of platforms, at least one, such as spotify";
            return Err(SetupError::setting("platforms", problem));
        }
        Ok(Wanted { objects, platforms })
    }
}

// === impl Wanted ===

impl Wanted {
    /// Each in words of its own: `track isrc:USUM71900764`, `artist 11e81bcc-9c1c-ce38-b96b-a0369fe50396`.
    pub fn names(&self) -> Vec<String> {
        self.objects.names()
    }

    /// What there is to ask about a subject.
    pub fn targets(&self, subject: Subject) -> Vec<Target> {
        let everywhere = [String::new()];
        let (kind, platforms) = match subject {
            Subject::Song => (Kind::Track, &everywhere[..]),
            Subject::SongAudience | Subject::Playlists => (Kind::Track, &self.platforms[..]),
            Subject::ArtistAudience => (Kind::Artist, &self.platforms[..]),
        };
        let has = |platform: &&String| subject != Subject::SongAudience || song_counter(platform).is_some();
        let on = |platform: &String| {
            let platform = platform.clone();
            let objects = self.objects.of(kind).iter();
            objects.map(move |object| Target { object: object.clone(), platform: platform.clone() })
        };
        platforms.iter().filter(has).flat_map(on).collect()
    }
}

/// A UUID has 36 characters, a code fewer: no longer text is one that was pasted with something else.
fn is_word(text: &str, length_max: usize) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=length_max).contains(&text.len()) && text.bytes().all(is_of_word)
}
