//! What a connection may set: whose key it has, where it looks, and the objects that it reads.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    integration::SetupError,
    reading::subjects::{Form, Subject, Wanted},
};

/// Settings of an Apple Music connection: at least one of the lists names something, or `charts` is on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The Team ID of the developer account: ten letters and digits, at developer.apple.com > Membership.
    pub team_id: String,
    /// The Key ID of `credentials.private_key`: ten letters and digits.
    pub key_id: String,
    /// Where it looks, ISO 3166-1 alpha-2 in small letters. An object is described by the first one that has it.
    pub storefronts: Vec<String>,
    /// Songs: the number behind `i=` in a song's address (`1440857781`), or `isrc:` and its ISRC.
    pub tracks: Vec<String>,
    /// Albums: the number at the end of an album's address, or `upc:` and its UPC or EAN.
    pub albums: Vec<String>,
    /// Artists: the number at the end of an artist's address. `analytics` reads the plays of their songs.
    pub artists: Vec<String>,
    /// Playlists, with their contents: the end of a playlist's address (`pl.…`).
    pub playlists: Vec<String>,
    /// Reads the songs of the chart of each storefront, all genres together.
    pub charts: bool,
    /// Reads plays, for labels that have a key of the Music Analytics API (`credentials.analytics_key`).
    pub analytics: Option<Analytics>,
}

/// Whose key of the Music Analytics API it is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "as the settings are called")]
pub struct Analytics {
    /// The Issuer ID, beside the key in iTunes Connect.
    pub issuer_id: String,
    /// The Key ID of `credentials.analytics_key`.
    pub key_id: String,
    /// The content provider whose plays are asked for, where the key speaks for several.
    pub content_provider_id: Option<String>,
}

/// No id of a playlist that is longer was not pasted with something else.
const ID_LENGTH_MAX: usize = 64;

// === impl Settings ===

impl Settings {
    /// Checks every entry; the first mistake is told.
    pub fn wanted(&self) -> Result<Wanted, SetupError> {
        let analytics_key = self.analytics.as_ref().map_or(&self.key_id, |analytics| &analytics.key_id);
        for (key, id) in [("team_id", &self.team_id), ("key_id", &self.key_id), ("analytics", analytics_key)]
        {
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(SetupError::setting(
                    key,
                    format!("{id:?} is none: expected ten letters and digits"),
                ));
            }
        }
        if let Some(bad) = self.storefronts.iter().find(|storefront| !is_storefront(storefront)) {
            return Err(SetupError::setting(
                "storefronts",
                format!("{bad:?} is none: expected two small letters such as us"),
            ));
        }
        if self.storefronts.is_empty() {
            return Err(SetupError::setting("storefronts", "expected at least one"));
        }
        if self.analytics.is_some() && self.artists.is_empty() {
            return Err(SetupError::setting("analytics", "plays are read of artists' songs: name `artists`"));
        }
        Wanted::read(self.lists(), form)
    }

    /// What is named of each kind, as it is written.
    pub fn lists(&self) -> [(Subject, &[String]); 5] {
        [
            (Subject::Track, &self.tracks),
            (Subject::Album, &self.albums),
            (Subject::Artist, &self.artists),
            (Subject::Playlist, &self.playlists),
            (Subject::Chart, if self.charts { &self.storefronts } else { &[] }),
        ]
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            team_id: String::new(),
            key_id: String::new(),
            storefronts: vec!["us".to_owned()],
            tracks: Vec::new(),
            albums: Vec::new(),
            artists: Vec::new(),
            playlists: Vec::new(),
            charts: false,
            analytics: None,
        }
    }
}

fn form(subject: Subject) -> Form {
    let (is_id, expected): (fn(&str) -> bool, _) = match subject {
        Subject::Track => (
            is_number,
            "an id (digits, behind i= in its address) or isrc: and an ISRC such as isrc:USUM71703861",
        ),
        Subject::Album => (is_number, "an id (digits, the end of its address) or upc: and 8 to 14 digits"),
        Subject::Artist => (is_number, "an id (digits, the end of its address)"),
        Subject::Playlist => (is_playlist, "an id (the end of its address, from pl. on)"),
        Subject::Chart => (is_storefront, "a storefront such as us"),
    };
    Form { is_id, expected }
}

/// A whole number below 2^64, in the one way in which Apple writes it.
fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|id| id.to_string() == text)
}

fn is_playlist(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() <= ID_LENGTH_MAX
        && text.strip_prefix("pl.").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}

fn is_storefront(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}
