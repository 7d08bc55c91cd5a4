//! Which path does what.

use serde_json::{Value, json};

use super::Deezer;
use super::errors::DeezerError;
use super::world::{Entity, World};
use crate::exchange::Request;

/// Items of a page that does not say how many it wants.
const DEFAULT_ITEMS: usize = 25;

/// Items of an artist's top that does not say how many it wants.
const DEFAULT_TOP: usize = 5;

/// Items of any page.
const ITEMS_LIMIT: usize = 2_000;

/// Places of a chart.
pub(super) const CHART_PLACES: usize = 100;

/// All genres, and another that holds every second artist.
const GENRES: [u64; 2] = [0, 132];

impl Deezer {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, DeezerError> {
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        if request.method != "GET" {
            return Err(DeezerError::unknown_path(&request.path));
        }
        let world = &self.world;
        match segments.as_slice() {
            ["track", id] => track(world, id),
            ["album", id] => Ok(world.album(album(world, id)?)),
            ["album", id, "tracks"] => {
                let tracks = world.album_tracks(album(world, id)?);
                let listed = |place: &usize| world.listed(*place);
                page(request, &tracks, DEFAULT_ITEMS, listed)
            }
            ["artist", id] => Ok(world.artist(artist(world, id)?)),
            ["artist", id, "top"] => {
                let artist = artist(world, id)?;
                let tracks = world.ranked(|track| track.artist == artist);
                page(request, &tracks, DEFAULT_TOP, |place| world.listed(*place))
            }
            ["playlist", id] => Ok(world.playlist_body(&world.playlists[playlist(world, id)?])),
            ["playlist", id, "tracks"] => self.playlist_tracks(request, id),
            ["chart"] => chart(world, 0),
            ["chart", genre] => chart(world, self::genre(genre)?),
            ["chart", genre, kind] => chart_list(world, request, self::genre(genre)?, kind),
            ["search"] => search(world, request),
            _ => Err(DeezerError::unknown_path(&request.path)),
        }
    }

    /// A page of a playlist; what was to happen while it is read happens after.
    fn playlist_tracks(&mut self, request: &Request, id: &str) -> Result<Value, DeezerError> {
        let place = playlist(&self.world, id)?;
        let world = &self.world;
        let shown = &world.playlists[place];
        let mut body = page(request, &world.items(shown), DEFAULT_ITEMS, |item| world.item(*item))?;
        body["checksum"] = world.checksum(shown).into();
        let stirs = &mut self.world.playlists[place].stirs;
        if let Some((pages, _)) = stirs.first_mut() {
            *pages = pages.saturating_sub(1);
            if *pages == 0 {
                let (_, change) = stirs.remove(0);
                self.world.change(place, &change);
            }
        }
        Ok(body)
    }
}

fn number(text: &str) -> Result<u64, DeezerError> {
    text.parse().map_err(|_| DeezerError::no_data())
}

fn track(world: &World, id: &str) -> Result<Value, DeezerError> {
    let place = match id.strip_prefix("isrc:") {
        Some(isrc) => {
            let wanted =
                |track: &super::world::Track| !isrc.is_empty() && track.isrc == isrc && !track.deleted;
            world.tracks.iter().position(wanted)
        }
        None => world.track(number(id)?),
    };
    let place = place.filter(|place| world.tracks[*place].available).ok_or_else(DeezerError::no_data)?;
    Ok(world.full(place))
}

fn album(world: &World, id: &str) -> Result<usize, DeezerError> {
    let place = if let Some(upc) = id.strip_prefix("upc:") {
        world.albums.iter().position(|album| album.upc == upc)
    } else {
        let id = number(id)?;
        world.albums.iter().position(|album| album.id == id)
    };
    place.ok_or_else(DeezerError::no_data)
}

fn artist(world: &World, id: &str) -> Result<usize, DeezerError> {
    let id = number(id)?;
    world.artists.iter().position(|artist| artist.id == id).ok_or_else(DeezerError::no_data)
}

fn playlist(world: &World, id: &str) -> Result<usize, DeezerError> {
    world.playlist(number(id)?).ok_or_else(DeezerError::no_data)
}

fn genre(text: &str) -> Result<u64, DeezerError> {
    let genre = number(text)?;
    GENRES.contains(&genre).then_some(genre).ok_or_else(DeezerError::no_data)
}

/// The tracks of a chart, best first.
pub(super) fn charted(world: &World, genre: u64) -> Vec<usize> {
    let mut tracks = world.ranked(|track| track.available && (genre == 0 || track.artist % 2 == 0));
    tracks.truncate(CHART_PLACES);
    tracks
}

fn chart(world: &World, genre: u64) -> Result<Value, DeezerError> {
    let mut body = json!({});
    for kind in ["tracks", "albums", "artists", "playlists"] {
        let mut list = charts(world, genre, kind)?;
        let total = list.len();
        list.truncate(10);
        body[kind] = json!({ "data": list, "total": total });
    }
    body["podcasts"] = json!({ "data": [], "total": 0 });
    Ok(body)
}

fn chart_list(world: &World, request: &Request, genre: u64, kind: &str) -> Result<Value, DeezerError> {
    let list = charts(world, genre, kind)?;
    page(request, &list, DEFAULT_ITEMS, Clone::clone)
}

fn charts(world: &World, genre: u64, kind: &str) -> Result<Vec<Value>, DeezerError> {
    let at_place = |mut body: Value, place: usize| {
        body["position"] = place.into();
        body
    };
    let by_counter = |entity, ids: Vec<u64>| {
        let mut places: Vec<usize> = (0..ids.len()).collect();
        places.sort_by_cached_key(|place| std::cmp::Reverse(world.counter(entity, ids[*place])));
        places.truncate(CHART_PLACES);
        places
    };
    let list: Vec<Value> = match kind {
        "tracks" => charted(world, genre).into_iter().map(|place| world.listed(place)).collect(),
        "albums" => {
            let ids = world.albums.iter().map(|album| album.id).collect();
            by_counter(Entity::Album, ids).into_iter().map(|place| world.album(place)).collect()
        }
        "artists" => {
            let ids = world.artists.iter().map(|artist| artist.id).collect();
            by_counter(Entity::Artist, ids).into_iter().map(|place| world.artist(place)).collect()
        }
        "playlists" => {
            let shown = world.playlists.iter().filter(|playlist| !playlist.deleted);
            shown.map(|playlist| world.playlist_stub(playlist)).collect()
        }
        _ => return Err(DeezerError::unknown_path(&format!("/chart/{genre}/{kind}"))),
    };
    Ok(list.into_iter().zip(1..).map(|(body, place)| at_place(body, place)).collect())
}

fn search(world: &World, request: &Request) -> Result<Value, DeezerError> {
    let wanted = request.param("q").filter(|wanted| !wanted.is_empty());
    let wanted = wanted.ok_or_else(|| DeezerError::missing_parameter("q"))?.to_lowercase();
    let found = world.ranked(|track| track.title.to_lowercase().contains(&wanted));
    page(request, &found, DEFAULT_ITEMS, |place| world.listed(*place))
}

/// The part of a list that a request asks for by `limit` and `index`.
fn page<T>(
    request: &Request,
    list: &[T],
    default_items: usize,
    render: impl Fn(&T) -> Value,
) -> Result<Value, DeezerError> {
    let read = |name: &str, default: usize| match request.param(name) {
        None => Ok(default),
        Some(text) => text.parse::<usize>().map_err(|_| DeezerError::parameter(name)),
    };
    let (limit, index) = (read("limit", default_items)?, read("index", 0)?);
    if limit > ITEMS_LIMIT {
        return Err(DeezerError::items_limit());
    }
    let end = index.saturating_add(limit).min(list.len());
    let data: Vec<Value> = list.get(index..end).unwrap_or_default().iter().map(render).collect();
    let link = |index: usize| format!("{}{}?limit={limit}&index={index}", request.root_url, request.path);
    let mut body = json!({ "data": data, "total": list.len() });
    if limit > 0 && end < list.len() && index < list.len() {
        body["next"] = link(end).into();
    }
    if index > 0 {
        body["prev"] = link(index.saturating_sub(limit)).into();
    }
    Ok(body)
}
