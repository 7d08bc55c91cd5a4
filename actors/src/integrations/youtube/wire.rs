//! What Google sends, as far as it is read. Counters are texts; a field that is absent is unknown.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::{
    elements::Listing,
    table::Columns,
    wire::{Count, Id},
};

/// YouTube in the rows' column `service`, and the integration's id.
pub const SERVICE: &str = "youtube";

/// A list of the Data API.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub struct List<T> {
    /// Left out when there are none.
    items: Option<Vec<T>>,
    next_page_token: Option<String>,
    page_info: Option<PageInfo>,
}

/// What a list says of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    total_results: Option<Count>,
}

/// What a list says beside its elements.
#[derive(Debug)]
pub struct Tail {
    /// Where the next page begins.
    pub next: Option<String>,
    /// Elements of all pages.
    pub total: Option<i64>,
    /// It says that it is a list at all, of elements or of none.
    pub is_list: bool,
}

/// A video or channel with its counters.
#[derive(Debug, Deserialize)]
pub struct Counted {
    pub id: Id,
    pub statistics: Option<Statistics>,
}

/// Counters of a video or channel, each left out where it is not shown.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "as YouTube calls them")]
pub struct Statistics {
    pub view_count: Option<Count>,
    pub like_count: Option<Count>,
    pub comment_count: Option<Count>,
    pub subscriber_count: Option<Count>,
    #[serde(default)]
    pub hidden_subscriber_count: bool,
    pub video_count: Option<Count>,
}

/// A playlist.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Playlist {
    pub id: Id,
    pub snippet: Option<Snippet>,
    pub status: Option<Status>,
    pub content_details: Option<ContentDetails>,
}

/// What describes a playlist or an entry of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snippet {
    pub title: Option<String>,
    /// When the playlist was made, or the entry added.
    pub published_at: Option<String>,
    pub channel_id: Option<String>,
    pub channel_title: Option<String>,
    /// Of an entry, from 0.
    pub position: Option<Count>,
    pub resource_id: Option<ResourceId>,
    /// Whose the video is.
    pub video_owner_channel_title: Option<String>,
}

/// Who may see a playlist.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub privacy_status: Option<String>,
}

/// How many entries a playlist has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentDetails {
    pub item_count: Option<Count>,
}

/// What an entry is about.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceId {
    pub video_id: Option<Id>,
}

/// An entry of a playlist.
#[derive(Debug, Deserialize)]
pub struct Entry {
    pub snippet: Snippet,
}

/// The least that an entry says.
#[derive(Debug, Deserialize)]
pub struct Identified {
    snippet: IdentifiedSnippet,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentifiedSnippet {
    resource_id: ResourceId,
}

/// A report of the Analytics API: rows are values in the order of the columns.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report<'a> {
    pub column_headers: Columns,
    /// Left out when there are none.
    #[serde(borrow)]
    pub rows: Option<Vec<&'a RawValue>>,
}

// === impl List ===

impl<T> List<T> {
    /// Its first element.
    pub fn into_first(self) -> Option<T> {
        self.items?.into_iter().next()
    }
}

impl<'a, T: Deserialize<'a>> Listing<'a> for List<T> {
    type Element = T;
    type Unread = List<&'a RawValue>;
    type Tail = Tail;

    fn into_parts(self) -> (Vec<T>, Tail) {
        let is_list = self.items.is_some() || self.page_info.is_some();
        let total = self.page_info.and_then(|info| info.total_results).map(|total| total.0);
        (self.items.unwrap_or_default(), Tail { next: self.next_page_token, total, is_list })
    }
}

// === impl Identified ===

impl Identified {
    /// The video's id.
    pub fn into_id(self) -> Option<String> {
        self.snippet.resource_id.video_id.map(|id| id.0)
    }
}
