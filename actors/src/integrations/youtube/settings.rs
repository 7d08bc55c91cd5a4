//! What a connection may set: the channels, videos and playlists that it reads.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    integration::SetupError,
    reading::named_objects::{Naming, Reference, asked},
};

/// The length of a video's id.
pub const VIDEO_ID_LENGTH: usize = 11;
/// The length of a channel's id, which begins with `UC`.
const CHANNEL_ID_LENGTH: usize = 24;
/// Ids of playlists have 13 to 41 letters; a few more are taken.
const PLAYLIST_ID_LENGTH_MAX: usize = 64;

/// Settings of a `youtube` connection.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Channels, by their ids (`UC…`): Settings > Advanced settings, or "Share channel > Copy channel ID". Their public counters are read,
    /// and with OAuth credentials the analytics of those that are the credentials' own. Without any, analytics are of the
    /// channel of the credentials.
    pub channels: Vec<String>,
    /// Videos, by their ids: the 11 letters after `watch?v=`. Public counters, and analytics where they are of one's own channel.
    pub videos: Vec<String>,
    /// Playlists with their entries: what follows `list=` in their address.
    pub playlists: Vec<String>,
    /// The content owner's id, for analytics of the channels that it manages (YouTube's Content Manager).
    pub content_owner: Option<String>,
    /// Reads estimated revenue, too, in US dollars. Needs the scope `yt-analytics-monetary.readonly`.
    pub revenue: bool,
}

/// Everything that a connection reads. Nothing stands in it twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub channels: Vec<Reference>,
    pub videos: Vec<Reference>,
    pub playlists: Vec<Reference>,
    pub content_owner: Option<String>,
}

const CHANNELS: Naming = Naming {
    key: "channels",
    word: "channel",
    standard: None,
    is_id: |text| text.len() == CHANNEL_ID_LENGTH && text.starts_with("UC") && is_plain(text),
    expected: "a channel's id (UC and 22 letters), not its name or @handle",
};
const VIDEOS: Naming = Naming {
    key: "videos",
    word: "video",
    standard: None,
    is_id: |text| text.len() == VIDEO_ID_LENGTH && is_plain(text),
    expected: "a video's id (the 11 letters after watch?v= in its address)",
};
const PLAYLISTS: Naming = Naming {
    key: "playlists",
    word: "playlist",
    standard: None,
    is_id: |text| (2..=PLAYLIST_ID_LENGTH_MAX).contains(&text.len()) && is_plain(text),
    expected: "a playlist's id (what follows list= in its address)",
};

// === impl Settings ===

impl Settings {
    /// Checks every entry; the first mistake is told.
    pub fn wanted(&self) -> Result<Wanted, SetupError> {
        let content_owner = self.content_owner.as_deref().map(str::trim).filter(|owner| !owner.is_empty());
        if content_owner.is_some_and(|owner| !is_plain(owner)) {
            return Err(refuse("content_owner", "expected the content owner's id: letters, digits, _ and -"));
        }
        if content_owner.is_some() && self.channels.is_empty() {
            return Err(refuse("channels", "name the channels of the content owner that are read"));
        }
        Ok(Wanted {
            channels: CHANNELS.references(&self.channels)?,
            videos: VIDEOS.references(&self.videos)?,
            playlists: PLAYLISTS.references(&self.playlists)?,
            content_owner: content_owner.map(str::to_owned),
        })
    }
}

// === impl Wanted ===

impl Wanted {
    /// Each in words of its own: `channel UC…`, `video …`.
    pub fn names(&self) -> Vec<String> {
        let all = [(CHANNELS, &self.channels), (VIDEOS, &self.videos), (PLAYLISTS, &self.playlists)];
        all.iter().flat_map(|(naming, ids)| ids.iter().map(|id| asked(naming.word, id))).collect()
    }
}

/// The problem with one key.
pub fn refuse(key: &str, problem: &str) -> SetupError {
    SetupError::Setting { key: key.to_owned(), problem: problem.to_owned() }
}

/// Letters that need no escape anywhere, and separate nothing in a list or filter.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
