//! Who may ask what, and which path does what.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::errors::YouTubeError;
use super::world::{Entry, Kind, Playlist, State, World};
use super::{OWN, YouTube};
use crate::exchange::Request;

/// Elements of a page unless asked for otherwise, and at most; ids in one request at most.
const PAGE: usize = 5;
const PAGE_MAX: usize = 50;

impl YouTube {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, YouTubeError> {
        let query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Some(error) = self.script.error(&format!("{}?{}", request.path, query.join("&"))) {
            return Err(error);
        }
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["v2", "reports"]) => {
                self.tokens.check(request).map_err(|_| YouTubeError::unauthenticated())?;
                self.report(request)
            }
            ("GET", ["youtube", "v3", method]) => {
                let is_user = self.identify(request)?;
                self.spend()?;
                self.list(request, method, is_user)
            }
            _ => Err(YouTubeError::no_method()),
        }
    }

    /// Whether a token asks; a key is as good for what everybody can see.
    fn identify(&self, request: &Request) -> Result<bool, YouTubeError> {
        match (request.param("key"), request.bearer()) {
            (Some(key), _) if key == self.key => Ok(false),
            (Some(_), _) => Err(YouTubeError::bad_key()),
            (None, Some(_)) => {
                self.tokens.check(request).map_err(|_| YouTubeError::unauthenticated())?;
                Ok(true)
            }
            (None, None) => Err(YouTubeError::no_identity()),
        }
    }

    /// Every request costs one unit, whatever comes of it.
    fn spend(&mut self) -> Result<(), YouTubeError> {
        let today = World::today(self.time.clock());
        if self.units.0 != today {
            self.units = (today, 0);
        }
        if self.units_max.is_some_and(|most| self.units.1 >= most) {
            self.refused += 1;
            return Err(YouTubeError::quota_exceeded());
        }
        self.units.1 += 1;
        Ok(())
    }

    fn list(&mut self, request: &Request, method: &str, is_user: bool) -> Result<Value, YouTubeError> {
        let parts: Vec<&str> = request.param("part").unwrap_or_default().split(',').collect();
        if parts == [""] {
            return Err(YouTubeError::invalid("No filter selected. Expected one of: part"));
        }
        let now = self.time.now();
        let items: Vec<Value> = match method {
            "playlistItems" => {
                let place = self.world.playlist(request.param("playlistId").unwrap_or_default());
                let place = place.ok_or_else(YouTubeError::no_playlist)?;
                let playlist = &self.world.playlists[place];
                let entries = playlist.entries.iter().enumerate();
                let items =
                    entries.map(|(position, entry)| self.entry(&parts, playlist, position, entry)).collect();
                let page = page(request, method, items)?;
                self.stir(place);
                return Ok(page);
            }
            "channels" if request.param("mine") == Some("true") => {
                if !is_user {
                    return Err(YouTubeError::unauthenticated());
                }
                vec![self.counted(&parts, Kind::Channel, OWN, now)]
            }
            "channels" => self.by_id(request, |id| {
                self.world.channel(id).map(|_| self.counted(&parts, Kind::Channel, id, now))
            })?,
            "videos" if request.param("maxResults").is_some() => {
                return Err(YouTubeError::invalid(
                    "The maxResults parameter goes with chart and myRating only.",
                ));
            }
            "videos" => {
                let shown = |id: &str| self.world.video(id).filter(|video| video.state == State::Public);
                let items =
                    self.by_id(request, |id| shown(id).map(|_| self.counted(&parts, Kind::Video, id, now)))?;
                return Ok(answer(method, items.len(), PAGE_MAX, items, None));
            }
            "playlists" => self.by_id(request, |id| {
                let place = self.world.playlist(id)?;
                Some(self.playlist_described(&parts, &self.world.playlists[place]))
            })?,
            _ => return Err(YouTubeError::no_method()),
        };
        page(request, method, items)
    }

    /// What there is of the ids that are asked for; the others are left out.
    fn by_id(
        &self,
        request: &Request,
        found: impl Fn(&str) -> Option<Value>,
    ) -> Result<Vec<Value>, YouTubeError> {
        let ids: Vec<&str> = request.param("id").unwrap_or_default().split(',').collect();
        if ids == [""] || ids.len() > PAGE_MAX {
            return Err(YouTubeError::invalid("The request specifies an invalid filter parameter: id"));
        }
        if ids.iter().any(|id| self.poison.contains(*id)) {
            return Err(YouTubeError::invalid("The request contains an invalid argument."));
        }
        Ok(ids.into_iter().filter_map(found).collect())
    }

    fn counted(&self, parts: &[&str], kind: Kind, id: &str, now: Timestamp) -> Value {
        let mut item = json!({ "kind": format!("youtube#{}", if kind == Kind::Channel { "channel" } else { "video" }), "etag": "e", "id": id });
        if parts.contains(&"statistics") {
            let mut statistics = Map::new();
            for (name, value) in self.world.counters(kind, id, now) {
                let field = match name {
                    "views" => "viewCount",
                    "likes" => "likeCount",
                    "comments" => "commentCount",
                    "subscribers" => "subscriberCount",
                    _ => "videoCount",
                };
                if name == "subscribers" {
                    statistics.insert("hiddenSubscriberCount".to_owned(), json!(value.is_none()));
                }
                // What is hidden is left out; hidden subscribers are a zero.
                let shown = value.or((name == "subscribers").then_some(0));
                statistics.extend(shown.map(|value| (field.to_owned(), json!(value.to_string()))));
            }
            if kind == Kind::Video {
                statistics.insert("favoriteCount".to_owned(), json!("0"));
            }
            item["statistics"] = Value::Object(statistics);
        }
        item
    }

    fn playlist_described(&self, parts: &[&str], playlist: &Playlist) -> Value {
        let mut item = json!({ "kind": "youtube#playlist", "etag": "e", "id": playlist.id });
        let owner = self.world.channel(OWN).map(|channel| channel.title);
        let described = [
            (
                "snippet",
                json!({
                    "publishedAt": "2025-03-07T09:30:00Z",
                    "channelId": OWN,
                    "channelTitle": owner,
                    "title": playlist.title,
                    "description": "",
                }),
            ),
            ("status", json!({ "privacyStatus": playlist.privacy })),
            ("contentDetails", json!({ "itemCount": playlist.entries.len() })),
        ];
        for (part, value) in described {
            if parts.contains(&part) {
                item[part] = value;
            }
        }
        item
    }

    fn entry(&self, parts: &[&str], playlist: &Playlist, position: usize, entry: &Entry) -> Value {
        let video = &self.world.videos[entry.video];
        let mut item =
            json!({ "kind": "youtube#playlistItem", "etag": "e", "id": format!("UExz{position:06}") });
        if parts.contains(&"snippet") {
            let mut snippet = json!({
                "publishedAt": Timestamp::from_second(entry.added).unwrap_or_default().to_string(),
                "channelId": OWN,
                "title": match video.state {
                    State::Public => video.title.as_str(),
                    State::Private => "Private video",
                    State::Deleted => "Deleted video",
                },
                "playlistId": playlist.id,
                "position": position,
                "resourceId": { "kind": "youtube#video", "videoId": video.id },
            });
            if video.state == State::Public {
                snippet["videoOwnerChannelId"] = json!(video.channel);
                snippet["videoOwnerChannelTitle"] =
                    json!(self.world.channel(video.channel).map(|channel| channel.title));
            }
            item["snippet"] = snippet;
        }
        if parts.contains(&"contentDetails") {
            item["contentDetails"] = json!({ "videoId": video.id });
        }
        item
    }

    /// Lets a playlist change that was to change after so many pages.
    fn stir(&mut self, place: usize) {
        let Some((pages, change)) = self.world.playlists[place].stirs.first_mut() else { return };
        *pages -= 1;
        if *pages == 0 {
            let change = change.clone();
            self.world.playlists[place].stirs.remove(0);
            self.world.change(place, &change);
        }
    }
}

/// A page of a list: tokens say where it begins.
fn page(request: &Request, method: &str, items: Vec<Value>) -> Result<Value, YouTubeError> {
    let invalid = || YouTubeError::invalid("The request specifies an invalid page token or length.");
    let number = |name: &str, default: usize| {
        request.param(name).map_or(Ok(default), |text| text.parse().map_err(|_| invalid()))
    };
    let length = number("maxResults", PAGE)?;
    let start = match request.param("pageToken") {
        None => 0,
        Some(token) => {
            token.strip_prefix("EAAaB1BUOk").and_then(|place| place.parse().ok()).ok_or_else(invalid)?
        }
    };
    if length > PAGE_MAX || start > items.len() {
        return Err(invalid());
    }
    let total = items.len();
    let next = (start + length < total).then(|| format!("EAAaB1BUOk{}", start + length));
    Ok(answer(method, total, length, items.into_iter().skip(start).take(length).collect(), next))
}

fn answer(method: &str, total: usize, length: usize, items: Vec<Value>, next: Option<String>) -> Value {
    let kind = method.trim_end_matches('s');
    let mut answer = json!({
        "kind": format!("youtube#{kind}ListResponse"),
        "etag": "e",
        "pageInfo": { "totalResults": total, "resultsPerPage": length },
    });
    // Channels that nobody has are no list at all.
    if !(items.is_empty() && method == "channels") {
        answer["items"] = Value::Array(items);
    }
    if let Some(next) = next {
        answer["nextPageToken"] = json!(next);
    }
    answer
}
