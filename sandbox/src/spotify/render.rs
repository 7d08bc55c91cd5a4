//! Objects as one reader sees them.

use serde_json::{Value, json};

use super::errors::SpotifyError;
use super::seeding::PROVIDER;
use super::world::{Album, Artist, Content, Counter, Entity, Entry, HOME_MARKET, Playlist, World};
use super::{Mode, Reader, USER};

/// Entries that come with a playlist.
pub(super) const EMBEDDED: usize = 50;

/// The world as one reader sees it in one mode.
#[derive(Clone, Copy)]
pub(super) struct View<'w> {
    pub(super) world: &'w World,
    pub(super) mode: Mode,
    pub(super) reader: Reader<'w>,
    /// Where links lead: the API's address with its version.
    pub(super) root: &'w str,
}

impl View<'_> {
    /// The fields that only extended quota shows.
    pub(super) fn is_full(&self) -> bool {
        self.mode == Mode::Extended
    }

    fn is_abroad(&self) -> bool {
        self.reader.market().is_some_and(|market| market != HOME_MARKET)
    }

    /// The track that is given for this one.
    pub(super) fn given(&self, track: usize) -> usize {
        let replacement = self.world.tracks[track].replacement;
        replacement
            .filter(|place| self.is_abroad() && !self.world.is_gone(&self.world.tracks[*place].id))
            .unwrap_or(track)
    }

    /// What every object has.
    fn object(&self, kind: &str, id: &str, name: &str) -> Value {
        json!({
            "id": id, "name": name, "type": kind, "uri": format!("spotify:{kind}:{id}"),
            "href": format!("{}/{kind}s/{id}", self.root),
            "external_urls": { "spotify": format!("https://open.spotify.com/{kind}/{id}") },
        })
    }

    /// The artist on others' objects: whether deleted or not.
    fn artist_stub(&self, id: &str) -> Option<Value> {
        let artist = self.world.artists.iter().find(|artist| artist.id == id)?;
        Some(self.object("artist", &artist.id, &artist.name))
    }

    pub(super) fn artist(&self, artist: &Artist) -> Value {
        let id = &artist.id;
        let mut body = self.object("artist", id, &artist.name);
        body["images"] = json!([]);
        if self.is_full() {
            let followers = self.world.counter(Counter::ArtistFollowers, id);
            body["followers"] = json!({ "href": null, "total": followers });
            body["genres"] = json!(["dream pop"]);
            body["popularity"] = self.world.counter(Counter::ArtistPopularity, id).into();
        }
        body
    }

    pub(super) fn album_stub(&self, album: &Album) -> Value {
        let precision = ["year", "month", "day"][album.release_date.matches('-').count().min(2)];
        let mut body = self.object("album", &album.id, &album.name);
        body["album_type"] = album.kind.into();
        body["total_tracks"] = self.world.tracks_of(&album.id).len().into();
        body["release_date"] = album.release_date.as_str().into();
        body["release_date_precision"] = precision.into();
        body["images"] = json!([]);
        body["artists"] = json!([self.artist_stub(&album.artist_id)]);
        if self.is_full() {
            body["available_markets"] = json!([HOME_MARKET, "DE"]);
        }
        body
    }

    pub(super) fn album(&self, album: &Album) -> Value {
        let tracks = self.world.tracks_of(&album.id);
        let mut body = self.album_stub(album);
        body["external_ids"] = json!({ "upc": album.upc });
        body["copyrights"] = json!([{ "text": "2026 Northbound Records", "type": "P" }]);
        body["tracks"] = json!({
            "href": format!("{}/albums/{}/tracks?offset=0&limit=50", self.root, album.id), "limit": 50, "offset": 0,
            "next": null, "previous": null, "total": tracks.len(),
            "items": tracks.iter().map(|track| self.track_stub(*track)).collect::<Vec<Value>>(),
        });
        if self.is_full() {
            body["label"] = "Northbound Records".into();
            body["genres"] = json!([]);
        }
        body
    }

    /// A track on an album's list.
    pub(super) fn track_stub(&self, asked: usize) -> Value {
        let track = &self.world.tracks[self.given(asked)];
        let mut body = self.object("track", &track.id, &track.name);
        body["artists"] = json!([self.artist_stub(&track.artist_id)]);
        body["disc_number"] = 1.into();
        body["track_number"] = track.number.into();
        body["duration_ms"] = track.duration_ms.into();
        body["explicit"] = false.into();
        body["is_local"] = false.into();
        if self.reader.market().is_some() {
            let playable = track.everywhere || !self.is_abroad();
            body["is_playable"] = playable.into();
            if !playable {
                body["restrictions"] = json!({ "reason": "market" });
            }
        }
        if self.is_full() {
            body["preview_url"] = Value::Null;
            if self.reader.market().is_none() {
                body["available_markets"] = json!([HOME_MARKET, "DE"]);
            }
            if self.given(asked) != asked {
                let from = &self.world.tracks[asked];
                body["linked_from"] = self.object("track", &from.id, &from.name);
            }
        }
        body
    }

    pub(super) fn track(&self, asked: usize) -> Value {
        let track = &self.world.tracks[self.given(asked)];
        let mut body = self.track_stub(asked);
        let album = self.world.albums.iter().find(|album| album.id == track.album_id);
        body["album"] = album.map(|album| self.album_stub(album)).into();
        body["external_ids"] = track.isrc.as_ref().map_or_else(|| json!({}), |isrc| json!({ "isrc": isrc }));
        body["hype_index"] = json!({ "nobody": ["knows", null] });
        if self.is_full() {
            body["popularity"] = self.world.counter(Counter::TrackPopularity, &track.id).into();
        }
        body
    }

    /// A place on a playlist, its content under `key`: `track` or `item`.
    pub(super) fn entry(&self, entry: Entry, key: &str) -> Value {
        let content = match entry.content {
            Content::Null => return Value::Null,
            Content::NoTrack => Value::Null,
            Content::Track(track) => self.track(track),
            Content::Episode => self.object("episode", "9episode00000000000001", "Behind the label"),
            Content::LocalFile => json!({
                "id": null, "name": "Demo tape", "type": "track", "uri": "spotify:local:Artist:Tape:Demo:201",
                "href": null, "external_ids": {}, "is_local": true, "duration_ms": 201_000,
                "artists": [{ "id": null, "name": "Artist", "type": "artist" }], "album": { "id": null, "name": "Tape" },
            }),
        };
        let added = entry.added.and_then(|second| jiff::Timestamp::from_second(second).ok());
        let mut body = json!({
            "added_at": added.map(|added| added.to_string()), "added_by": { "id": "31somebody", "type": "user" },
            "is_local": entry.content == Content::LocalFile, "primary_color": null,
        });
        body[key] = content;
        body
    }

    /// A playlist that the reader may see.
    pub(super) fn playlist(&self, id: &str) -> Result<&Playlist, SpotifyError> {
        let playlist = &self.world.playlists[self.place(Entity::Playlist, id)?];
        let own = playlist.owner == USER && self.reader == Reader::User;
        let seen = playlist.owner != PROVIDER && (own || playlist.public != Some(false));
        seen.then_some(playlist).ok_or_else(SpotifyError::not_found)
    }

    /// Whether the reader may read what is on the playlist, at the old path of entries or at the new one.
    pub(super) fn is_open(&self, playlist: &Playlist, old_path: bool) -> bool {
        let own = self.reader == Reader::User && (playlist.owner == USER || playlist.shared);
        match self.mode {
            Mode::Extended => true,
            Mode::Development => own && !old_path,
            Mode::Postponed => own || old_path,
        }
    }

    /// The words under which entries stand: those of the list, and of one entry's content.
    pub(super) fn keys(&self) -> (&'static str, &'static str) {
        if self.is_full() { ("tracks", "track") } else { ("items", "item") }
    }

    pub(super) fn playlist_body(&self, playlist: &Playlist) -> Value {
        let name = (playlist.owner == USER).then_some("Northbound Records");
        let mut body = self.object("playlist", &playlist.id, &playlist.name);
        body["collaborative"] = playlist.shared.into();
        body["description"] = playlist.description.as_deref().into();
        body["public"] = playlist.public.into();
        body["snapshot_id"] = self.world.snapshot_id(playlist).into();
        body["images"] = Value::Null;
        body["owner"] = json!({ "id": playlist.owner, "display_name": name, "type": "user" });
        if self.is_full() {
            let followers = self.world.counter(Counter::PlaylistFollowers, &playlist.id);
            body["followers"] = json!({ "href": null, "total": followers });
        }
        if self.is_open(playlist, false) {
            let (list, content) = self.keys();
            let entries = self.world.entries(playlist);
            let first: Vec<Value> =
                entries.iter().take(EMBEDDED).map(|entry| self.entry(*entry, content)).collect();
            let path = format!("{}/playlists/{}/{list}", self.root, playlist.id);
            let next =
                (entries.len() > EMBEDDED).then(|| format!("{path}?offset={EMBEDDED}&limit={EMBEDDED}"));
            body[list] = json!({
                "href": format!("{path}?offset=0&limit={EMBEDDED}"), "limit": EMBEDDED, "offset": 0, "next": next,
                "previous": null, "total": entries.len(), "items": first,
            });
        }
        body
    }
}
