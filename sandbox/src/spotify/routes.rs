//! Which path does what, and what the app's mode leaves of it.

use serde_json::{Value, json};

use super::errors::SpotifyError;
use super::render::View;
use super::world::{Album, Entity};
use super::{Mode, Reader, Spotify, USER, USER_COUNTRY};
use crate::exchange::Request;
use crate::oauth::Holder;

/// Characters of an id.
const ID_LENGTH: usize = 22;

/// Objects of a list by ids.
const IDS_LIMIT: usize = 50;

/// The last offset of a search.
const OFFSET_LIMIT: usize = 1_000;

/// Items of a page: those that come unless asked otherwise, and the most.
#[derive(Clone, Copy)]
struct Sizes {
    default: usize,
    limit: usize,
}

/// Lists in every mode; searches and an artist's albums with extended quota.
const LARGE: Sizes = Sizes { default: 20, limit: 50 };
/// Searches and an artist's albums in development mode.
const SMALL: Sizes = Sizes { default: 5, limit: 10 };

impl Spotify {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, SpotifyError> {
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let ["v1", segments @ ..] = segments.as_slice() else {
            return Err(SpotifyError::unknown_path());
        };
        let holder = self.tokens.holder(request)?;
        self.spend_quota(request.now)?;
        if request.method != "GET" {
            return Err(SpotifyError::method_not_allowed());
        }
        let reader = match holder {
            Holder::Client => Reader::App(market(request)?),
            Holder::User => Reader::User,
        };
        let root = format!("{}/v1", request.root_url);
        let view = self.view(reader, &root);
        match *segments {
            ["me"] if reader == Reader::User => Ok(
                json!({ "id": USER, "display_name": "Northbound Records", "country": USER_COUNTRY, "type": "user" }),
            ),
            ["me"] => Err(SpotifyError::user_required()),
            ["search"] => view.search(request),
            ["tracks"] => view.by_ids(request, Entity::Track, "tracks"),
            ["albums"] => view.by_ids(request, Entity::Album, "albums"),
            ["artists"] => view.by_ids(request, Entity::Artist, "artists"),
            ["tracks", id] => Ok(view.one(Entity::Track, view.place(Entity::Track, id)?)),
            ["albums", id] => Ok(view.one(Entity::Album, view.place(Entity::Album, id)?)),
            ["artists", id] => Ok(view.one(Entity::Artist, view.place(Entity::Artist, id)?)),
            ["albums", id, "tracks"] => {
                view.place(Entity::Album, id)?;
                page(request, &self.world.tracks_of(id), LARGE, |track| view.track_stub(*track))
            }
            ["artists", id, "albums"] => {
                view.place(Entity::Artist, id)?;
                let own = |album: &&Album| album.artist_id == id && !self.world.is_gone(&album.id);
                let albums: Vec<&Album> = self.world.albums.iter().filter(own).collect();
                page(request, &albums, view.sizes(), |album| view.album_stub(album))
            }
            ["playlists", id] => Ok(view.playlist_body(view.playlist(id)?)),
            ["playlists", id, list @ ("tracks" | "items")] => {
                let body = view.playlist_entries(request, id, list)?;
                self.stir(id);
                Ok(body)
            }
            _ => Err(SpotifyError::unknown_path()),
        }
    }

    /// A page of a playlist has been read; what was to happen while it is read happens after.
    fn stir(&mut self, id: &str) {
        let Some(place) = self.world.place(Entity::Playlist, id) else { return };
        let stirs = &mut self.world.playlists[place].stirs;
        if let Some((pages, _)) = stirs.first_mut() {
            *pages = pages.saturating_sub(1);
            if *pages == 0 {
                let (_, change) = stirs.remove(0);
                self.world.change(place, &change);
            }
        }
    }
}

impl View<'_> {
    fn sizes(&self) -> Sizes {
        if self.is_full() { LARGE } else { SMALL }
    }

    pub(super) fn place(&self, entity: Entity, id: &str) -> Result<usize, SpotifyError> {
        if id.len() != ID_LENGTH || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(SpotifyError::bad_request("Invalid base62 id"));
        }
        self.world.place(entity, id).ok_or_else(SpotifyError::not_found)
    }

    /// An object by itself; of playlists, see [`View::playlist_body`].
    fn one(&self, entity: Entity, place: usize) -> Value {
        match entity {
            Entity::Track => self.track(place),
            Entity::Album => self.album(&self.world.albums[place]),
            Entity::Artist => self.artist(&self.world.artists[place]),
            Entity::Playlist => self.playlist_body(&self.world.playlists[place]),
        }
    }

    /// Several objects at once, `null` for those that are not there.
    fn by_ids(&self, request: &Request, entity: Entity, name: &str) -> Result<Value, SpotifyError> {
        if self.mode == Mode::Development {
            return Err(SpotifyError::forbidden());
        }
        let ids: Vec<&str> = request.param("ids").unwrap_or_default().split(',').collect();
        if ids.len() > IDS_LIMIT {
            return Err(SpotifyError::bad_request("Too many ids requested"));
        }
        let one = |id: &str| self.world.place(entity, id).map(|place| self.one(entity, place));
        Ok(json!({ name: ids.into_iter().map(one).collect::<Vec<Option<Value>>>() }))
    }

    fn playlist_entries(&self, request: &Request, id: &str, list: &str) -> Result<Value, SpotifyError> {
        let playlist = self.playlist(id)?;
        let old_path = list == "tracks";
        if !self.is_open(playlist, old_path) {
            return Err(SpotifyError::forbidden());
        }
        let key = if old_path { "track" } else { self.keys().1 };
        page(request, &self.world.entries(playlist), LARGE, |entry| self.entry(*entry, key))
    }

    /// Tracks and albums by code or by a part of their name.
    fn search(&self, request: &Request) -> Result<Value, SpotifyError> {
        let wanted = request.param("q").filter(|wanted| !wanted.is_empty());
        let wanted = wanted.ok_or_else(|| SpotifyError::bad_request("No search query"))?.to_lowercase();
        let kinds =
            request.param("type").ok_or_else(|| SpotifyError::bad_request("Missing parameter type"))?;
        let offset = request.param("offset").and_then(|offset| offset.parse::<usize>().ok());
        if offset.is_some_and(|offset| offset > OFFSET_LIMIT) {
            return Err(SpotifyError::bad_request("Invalid offset"));
        }
        let is_found = |id: &str, name: &str, filter: &str, code: Option<&String>| {
            let is_meant = match wanted.strip_prefix(filter) {
                Some(wanted) => code.is_some_and(|code| code.to_lowercase() == wanted),
                None => name.to_lowercase().contains(&wanted),
            };
            is_meant && !self.world.is_gone(id)
        };
        let mut body = json!({});
        for kind in kinds.split(',') {
            body[format!("{kind}s")] = match kind {
                "track" => {
                    let tracks = self.world.tracks.iter().enumerate();
                    let found = tracks
                        .filter(|(_, track)| is_found(&track.id, &track.name, "isrc:", track.isrc.as_ref()));
                    let found: Vec<usize> = found.map(|(place, _)| place).collect();
                    page(request, &found, self.sizes(), |place| self.track(*place))?
                }
                "album" => {
                    let albums = self.world.albums.iter();
                    let found =
                        albums.filter(|album| is_found(&album.id, &album.name, "upc:", Some(&album.upc)));
                    let found: Vec<&Album> = found.collect();
                    page(request, &found, self.sizes(), |album| self.album_stub(album))?
                }
                _ => return Err(SpotifyError::bad_request(format!("Bad search type field {kind}"))),
            };
        }
        Ok(body)
    }
}

/// The market that a request names: two capital letters.
fn market(request: &Request) -> Result<Option<&str>, SpotifyError> {
    match request.param("market") {
        Some(market) if market.len() != 2 || !market.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Err(SpotifyError::bad_request("Invalid market code"))
        }
        market => Ok(market),
    }
}

/// The part of a list that a request asks for by `limit` and `offset`.
fn page<T>(
    request: &Request,
    list: &[T],
    sizes: Sizes,
    render: impl Fn(&T) -> Value,
) -> Result<Value, SpotifyError> {
    let read = |name: &str, default: usize| match request.param(name) {
        None => Ok(default),
        Some(text) => text.parse::<usize>().map_err(|_| SpotifyError::bad_request(format!("Invalid {name}"))),
    };
    let (limit, offset) = (read("limit", sizes.default)?, read("offset", 0)?);
    if limit == 0 || limit > sizes.limit {
        return Err(SpotifyError::bad_request("Invalid limit"));
    }
    let end = offset.saturating_add(limit).min(list.len());
    let items: Vec<Value> = list.get(offset..end).unwrap_or_default().iter().map(render).collect();
    let link = |offset: usize| {
        let rest = request.query.iter().filter(|(name, _)| !["offset", "limit"].contains(&name.as_str()));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("offset", &offset.to_string()).append_pair("limit", &limit.to_string());
        let query = query.extend_pairs(rest).finish();
        format!("{}{}?{query}", request.root_url, request.path)
    };
    Ok(json!({
        "href": link(offset), "limit": limit, "offset": offset, "total": list.len(), "items": items,
        "next": (offset < list.len() && end < list.len()).then(|| link(end)),
        "previous": (offset > 0).then(|| link(offset.saturating_sub(limit))),
    }))
}
