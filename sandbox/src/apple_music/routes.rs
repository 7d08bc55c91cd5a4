//! Which path does what.

use serde_json::{Value, json};

use super::render::{PAGE_LENGTH, View};
use super::seeding::STOREFRONTS;
use super::world::Item;
use super::{ANALYTICS_PATH, AppleMusic, MusicError};
use crate::exchange::{Answer, Request};

/// Songs of a list by ids.
const IDS_LIMIT: usize = 300;
/// Songs on one page of a chart, unless asked otherwise, and at most.
const CHART_PAGE: (usize, usize) = (20, 50);

impl AppleMusic {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Answer, MusicError> {
        if let Some(path) = request.path.strip_prefix(ANALYTICS_PATH) {
            self.analytics_keys.check(request)?;
            return self.report(request, path);
        }
        self.keys.check(request)?;
        if request.method != "GET" {
            return Err(MusicError::unknown_path());
        }
        self.catalogue(request).map(|body| Answer::json(200, &body))
    }

    fn catalogue(&mut self, request: &Request) -> Result<Value, MusicError> {
        let segments: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        let ["v1", "catalog", storefront, segments @ ..] = segments.as_slice() else {
            return Err(MusicError::unknown_path());
        };
        if !STOREFRONTS.contains(storefront) {
            return Err(MusicError::bad_request("No such storefront"));
        }
        let view = View { world: &self.world, storefront };
        match *segments {
            ["songs"] => view.songs(request),
            ["albums"] => view.albums(request),
            ["songs", id] => view.one(&view.world.songs, id, |song| view.song(song)),
            ["albums", id] => view.one(&view.world.albums, id, |album| view.album(&view.world.albums[album])),
            ["artists", id] => {
                view.one(&view.world.artists, id, |artist| view.artist(&view.world.artists[artist]))
            }
            ["charts"] => view.charts(request),
            ["playlists", id] => {
                let playlist = view.world.playlist(id, storefront).ok_or_else(MusicError::not_found)?;
                Ok(json!({ "data": [view.playlist(playlist)] }))
            }
            ["playlists", id, "tracks"] => {
                let body = view.tracks(request, id)?;
                self.stir(id);
                Ok(body)
            }
            _ => Err(MusicError::unknown_path()),
        }
    }

    /// A page of a playlist has been read; what was to happen while it is read happens after.
    fn stir(&mut self, id: &str) {
        let Some(place) = self.world.playlists.iter().position(|playlist| playlist.id == id) else { return };
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
    fn one(&self, items: &[Item], id: &str, render: impl Fn(usize) -> Value) -> Result<Value, MusicError> {
        let found = items.iter().position(|item| item.id == id && self.world.has(item, self.storefront));
        Ok(json!({ "data": [render(found.ok_or_else(MusicError::not_found)?)] }))
    }

    /// Songs by ids, without those that are not here; or by ISRC.
    fn songs(&self, request: &Request) -> Result<Value, MusicError> {
        let world = self.world;
        let is_here = |song: &usize| world.has(&world.songs[*song], self.storefront);
        let found: Vec<usize> = match (request.param("ids"), request.param("filter[isrc]")) {
            (Some(ids), None) if ids.split(',').count() <= IDS_LIMIT => {
                let place = |id: &str| world.songs.iter().position(|song| song.id == id);
                ids.split(',').filter_map(place).filter(is_here).collect()
            }
            (None, Some(codes)) => {
                let codes: Vec<String> = codes.split(',').map(str::to_lowercase).collect();
                let has = |song: &usize| {
                    world.songs[*song].code.as_ref().is_some_and(|code| codes.contains(&code.to_lowercase()))
                };
                (0..world.songs.len()).filter(has).filter(is_here).collect()
            }
            _ => return Err(MusicError::bad_request("One of ids and filter[isrc] is required")),
        };
        Ok(json!({ "data": found.into_iter().map(|song| self.song(song)).collect::<Vec<_>>() }))
    }

    fn albums(&self, request: &Request) -> Result<Value, MusicError> {
        let code = request.param("filter[upc]").ok_or_else(|| MusicError::bad_request("No filter"))?;
        let has =
            |album: &&Item| album.code.as_deref() == Some(code) && self.world.has(album, self.storefront);
        let found = self.world.albums.iter().filter(has);
        Ok(json!({ "data": found.map(|album| self.album(album)).collect::<Vec<_>>() }))
    }

    fn tracks(&self, request: &Request, id: &str) -> Result<Value, MusicError> {
        let playlist = self.world.playlist(id, self.storefront).ok_or_else(MusicError::not_found)?;
        let offset = number(request, "offset")?.unwrap_or(0);
        let data = self.entries(playlist, offset);
        if data.is_empty() {
            return Err(MusicError::no_related());
        }
        let end = offset + PAGE_LENGTH;
        let mut body = json!({ "data": data });
        if end < self.world.entries(playlist).len() {
            body["next"] = json!(format!("{}?offset={end}", request.path));
        }
        Ok(body)
    }

    /// The German chart leads to a page behind its last one, which is not there.
    fn charts(&self, request: &Request) -> Result<Value, MusicError> {
        if request.param("types") != Some("songs") {
            return Err(MusicError::bad_request("types"));
        }
        let (offset, limit) = (number(request, "offset")?.unwrap_or(0), number(request, "limit")?);
        let limit = limit.unwrap_or(CHART_PAGE.0);
        if limit == 0 || limit > CHART_PAGE.1 {
            return Err(MusicError::bad_request("limit"));
        }
        let chart = self.world.chart(self.storefront);
        let data: Vec<Value> = chart.iter().skip(offset).take(limit).map(|song| self.song(*song)).collect();
        if data.is_empty() {
            return Err(MusicError::no_related());
        }
        let end = offset + limit;
        let mut songs = json!({ "chart": "most-played", "name": "Top Songs", "orderId": "most-played:songs", "data": data });
        if end < chart.len() || self.storefront == "de" {
            let link = format!("{}?chart=most-played&limit={limit}&offset={end}&types=songs", request.path);
            songs["next"] = json!(link);
        }
        Ok(json!({ "results": { "songs": [songs] } }))
    }
}

fn number(request: &Request, name: &str) -> Result<Option<usize>, MusicError> {
    let text = request.param(name);
    text.map(|text| text.parse().map_err(|_| MusicError::bad_request(name))).transpose()
}
