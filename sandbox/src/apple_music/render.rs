//! Objects as one storefront shows them.

use serde_json::{Value, json};

use super::world::{Entry, Item, Playlist, World};

/// Entries on one page of a playlist, and those that come with it.
pub(super) const PAGE_LENGTH: usize = 100;

/// When the playlists were made, in seconds since 1970.
const MADE: i64 = 1_790_000_000;

/// The world as one storefront shows it.
#[derive(Clone, Copy)]
pub(super) struct View<'w> {
    pub(super) world: &'w World,
    pub(super) storefront: &'w str,
}

impl View<'_> {
    /// A name as this storefront writes it.
    pub(super) fn name(&self, item: &Item) -> String {
        if self.storefront == "jp" { format!("{} (日本)", item.name) } else { item.name.clone() }
    }

    fn object(&self, kind: &str, id: &str, attributes: &Value, relationships: &Value) -> Value {
        json!({
            "id": id, "type": kind, "href": format!("/v1/catalog/{}/{kind}/{id}", self.storefront),
            "attributes": attributes, "relationships": relationships,
        })
    }

    fn related(&self, kind: &str, id: &str) -> Value {
        json!({ "data": [{ "id": id, "type": kind, "href": format!("/v1/catalog/{}/{kind}/{id}", self.storefront) }] })
    }

    pub(super) fn artist(&self, artist: &Item) -> Value {
        let attributes = json!({ "name": self.name(artist), "genreNames": ["Alternative"], "url": "https://music.example/a" });
        self.object("artists", &artist.id, &attributes, &json!({}))
    }

    pub(super) fn album(&self, album: &Item) -> Value {
        let world = self.world;
        let artist = &world.artists[album.artist];
        let own = |song: &&Item| song.album == album.album && world.has(song, self.storefront);
        let attributes = json!({
            "name": self.name(album), "artistName": self.name(artist), "upc": album.code, "recordLabel": "Northbound Records",
            "trackCount": world.songs.iter().filter(own).count(), "releaseDate": album.release_date, "isSingle": false,
            "genreNames": ["Alternative"],
        });
        self.object(
            "albums",
            &album.id,
            &attributes,
            &json!({ "artists": self.related("artists", &artist.id) }),
        )
    }

    pub(super) fn song(&self, song: usize) -> Value {
        let world = self.world;
        let song = &world.songs[song];
        let (artist, album) = (&world.artists[song.artist], &world.albums[song.album]);
        let mut attributes = json!({
            "name": self.name(song), "artistName": self.name(artist), "albumName": self.name(album), "discNumber": 1,
            "durationInMillis": song.duration_millis, "genreNames": ["Alternative", "Music"], "trackNumber": 1,
            "releaseDate": song.release_date, "playParams": { "id": song.id, "kind": "song" }, "hypeIndex": [null, "x"],
        });
        if let Some(code) = &song.code {
            attributes["isrc"] = json!(code);
        }
        let relationships = json!({ "artists": self.related("artists", &artist.id), "albums": self.related("albums", &album.id) });
        self.object("songs", &song.id, &attributes, &relationships)
    }

    fn entry(&self, entry: Entry) -> Value {
        match entry {
            Entry::Song(song) => self.song(song),
            Entry::MusicVideo => {
                let attributes =
                    json!({ "name": "The film of it", "artistName": "Artist 01", "durationInMillis": 1 });
                self.object("music-videos", "1600000001", &attributes, &json!({}))
            }
        }
    }

    pub(super) fn entries(&self, playlist: &Playlist, from: usize) -> Vec<Value> {
        let entries = self.world.entries(playlist);
        entries.iter().skip(from).take(PAGE_LENGTH).map(|entry| self.entry(*entry)).collect()
    }

    pub(super) fn playlist(&self, playlist: &Playlist) -> Value {
        let modified = jiff::Timestamp::from_second(MADE + playlist.revision).unwrap_or_default();
        let attributes = json!({
            "name": playlist.name, "curatorName": "Northbound Radio", "lastModifiedDate": modified.to_string(),
            "playlistType": "editorial", "url": "https://music.example/p", "isChart": false,
        });
        let relationships = json!({
            "tracks": { "data": self.entries(playlist, 0) }, "curator": self.related("apple-curators", "976439548"),
        });
        self.object("playlists", playlist.id, &attributes, &relationships)
    }
}
