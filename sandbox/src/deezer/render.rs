//! Objects as they stand in answers.

use serde_json::{Value, json};

use super::world::{Entity, Item, Playlist, World};

/// Tracks of a playlist that come with it.
pub(super) const EMBEDDED: usize = 50;

impl World {
    fn artist_stub(&self, place: usize) -> Value {
        let artist = &self.artists[place];
        json!({
            "id": artist.id, "name": artist.name, "link": format!("https://www.deezer.com/artist/{}", artist.id),
            "tracklist": format!("https://api.deezer.com/artist/{}/top?limit=50", artist.id), "type": "artist",
        })
    }

    fn album_stub(&self, place: usize) -> Value {
        let album = &self.albums[place];
        json!({ "id": album.id, "title": album.title, "cover": null, "md5_image": "", "type": "album" })
    }

    pub(super) fn artist(&self, place: usize) -> Value {
        let id = self.artists[place].id;
        let mut artist = self.artist_stub(place);
        artist["nb_album"] = self.albums.iter().filter(|album| album.artist == place).count().into();
        artist["nb_fan"] = self.counter(Entity::Artist, id).into();
        artist["radio"] = true.into();
        artist["mood_graph"] = json!({ "unheard_of": [1, null] });
        artist
    }

    pub(super) fn album(&self, place: usize) -> Value {
        let album = &self.albums[place];
        let tracks = self.album_tracks(place);
        let seconds: u64 = tracks.iter().map(|track| self.tracks[*track].seconds).sum();
        let mut body = self.album_stub(place);
        body["upc"] = album.upc.as_str().into();
        body["label"] = "Northbound Records".into();
        body["nb_tracks"] = tracks.len().into();
        body["duration"] = seconds.into();
        body["fans"] = self.counter(Entity::Album, album.id).into();
        body["release_date"] = album.release_date.as_str().into();
        body["record_type"] = (if place % 5 == 4 { "hologram" } else { "album" }).into();
        body["available"] = true.into();
        body["genres"] = json!({ "data": [] });
        body["artist"] = self.artist_stub(album.artist);
        let listed: Vec<Value> = tracks.iter().map(|track| self.listed(*track)).collect();
        body["tracks"] = json!({ "data": listed });
        body
    }

    pub(super) fn album_tracks(&self, album: usize) -> Vec<usize> {
        let own = |place: &usize| self.tracks[*place].album == album && !self.tracks[*place].deleted;
        (0..self.tracks.len()).filter(own).collect()
    }

    /// A track by itself.
    pub(super) fn full(&self, place: usize) -> Value {
        let track = &self.tracks[place];
        let mut body = self.listed(place);
        body["isrc"] = track.isrc.as_str().into();
        body["share"] = format!("https://www.deezer.com/track/{}?utm_source=deezer", track.id).into();
        body["track_position"] = (place % 11 + 1).into();
        body["disk_number"] = 1.into();
        body["release_date"] = self.albums[track.album].release_date.as_str().into();
        body["bpm"] = if place.is_multiple_of(3) { Value::Null } else { json!(119.8) };
        body["gain"] = json!(-8.1);
        body["available_countries"] = json!(["DE", "FR", "US"]);
        body["contributors"] = json!([self.artist_stub(track.artist)]);
        body["hype_index"] = json!({ "nobody": "knows" });
        body
    }

    /// A track on a list: without its ISRC.
    pub(super) fn listed(&self, place: usize) -> Value {
        let track = &self.tracks[place];
        json!({
            "id": track.id,
            "readable": track.available,
            "title": track.title,
            "title_short": track.title,
            "title_version": null,
            "link": format!("https://www.deezer.com/track/{}", track.id),
            "duration": track.seconds,
            "rank": self.counter(Entity::Track, track.id),
            "explicit_lyrics": false,
            "preview": "",
            "artist": self.artist_stub(track.artist),
            "album": self.album_stub(track.album),
            "type": "track",
        })
    }

    pub(super) fn item(&self, item: Item) -> Value {
        let mut body = self.listed(item.track);
        body["time_add"] = item.added.into();
        body
    }

    /// A playlist on a list.
    pub(super) fn playlist_stub(&self, playlist: &Playlist) -> Value {
        let (id, name) = &playlist.creator;
        json!({
            "id": playlist.id,
            "title": playlist.title,
            "public": true,
            "nb_tracks": self.items(playlist).len(),
            "link": format!("https://www.deezer.com/playlist/{}", playlist.id),
            "picture": null,
            "checksum": self.checksum(playlist),
            "creation_date": "2016-10-10 11:40:25",
            "user": { "id": id, "name": name, "type": "user" },
            "type": "playlist",
        })
    }

    /// A playlist by itself, with its first tracks.
    pub(super) fn playlist_body(&self, playlist: &Playlist) -> Value {
        let items = self.items(playlist);
        let seconds: u64 = items.iter().map(|item| self.tracks[item.track].seconds).sum();
        let first: Vec<Value> = items.iter().take(EMBEDDED).map(|item| self.item(*item)).collect();
        let (id, name) = &playlist.creator;
        let mut body = self.playlist_stub(playlist);
        body["description"] = playlist.description.as_deref().into();
        body["duration"] = seconds.into();
        body["collaborative"] = false.into();
        body["is_loved_track"] = false.into();
        body["fans"] = self.counter(Entity::Playlist, playlist.id).into();
        body["creator"] = json!({ "id": id, "name": name, "type": "user" });
        body["tracks"] = json!({ "data": first, "checksum": self.checksum(playlist) });
        body["vibe"] = json!([{ "unheard_of": true }]);
        if let Some(fields) = body.as_object_mut() {
            fields.remove("user");
        }
        body
    }
}
