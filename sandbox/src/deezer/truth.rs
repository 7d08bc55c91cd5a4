//! What is true in the world today, for tests to compare with what a client made of it.

use std::collections::BTreeMap;

use super::Deezer;
use super::routes::charted;
use super::world::Entity;

/// A track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthTrack {
    /// Its id.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// Its ISRC; `None` where there is none.
    pub isrc: Option<String>,
    /// Its artist's id.
    pub artist_id: u64,
    /// Its album's id.
    pub album_id: u64,
    /// Its length.
    pub duration_seconds: u64,
    /// Whether it can be had by itself.
    pub available: bool,
}

/// An album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthAlbum {
    /// Its id.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// Its UPC.
    pub upc: String,
    /// Its artist's id.
    pub artist_id: u64,
    /// The tracks on it.
    pub track_count: usize,
    /// The day of its release, `YYYY-MM-DD`.
    pub release_date: String,
}

/// An artist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthArtist {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// A playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthPlaylist {
    /// Its id.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// Whose it is.
    pub creator_id: u64,
    /// The items on it; a track that is there twice counts twice.
    pub track_count: usize,
    /// What changes with its items.
    pub checksum: String,
}

/// A counter today.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruthReading {
    /// What it belongs to.
    pub entity: Entity,
    /// Its id.
    pub id: u64,
    /// `rank` of a track, `fans` of everything else.
    pub counter: &'static str,
    /// Its value.
    pub value: u64,
}

/// A track on a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthPlacement {
    /// The playlist's id.
    pub playlist_id: u64,
    /// The track's id.
    pub track_id: u64,
    /// The lowest place, from 1.
    pub position: usize,
    /// How often the track is there.
    pub occurrences: usize,
    /// When the item in that place was added, in seconds since 1970.
    pub added_at: i64,
}

/// A track on a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TruthChartPlace {
    /// From 1.
    pub position: usize,
    /// The track's id.
    pub track_id: u64,
}

impl Deezer {
    /// The tracks that are not deleted.
    pub fn truth_tracks(&self) -> Vec<TruthTrack> {
        let tracks = self.world.tracks.iter().filter(|track| !track.deleted);
        let truth = tracks.map(|track| TruthTrack {
            id: track.id,
            title: track.title.clone(),
            isrc: Some(track.isrc.clone()).filter(|isrc| !isrc.is_empty()),
            artist_id: self.world.artists[track.artist].id,
            album_id: self.world.albums[track.album].id,
            duration_seconds: track.seconds,
            available: track.available,
        });
        truth.collect()
    }

    /// The albums.
    pub fn truth_albums(&self) -> Vec<TruthAlbum> {
        let albums = self.world.albums.iter().enumerate();
        let truth = albums.map(|(place, album)| TruthAlbum {
            id: album.id,
            title: album.title.clone(),
            upc: album.upc.clone(),
            artist_id: self.world.artists[album.artist].id,
            track_count: self.world.album_tracks(place).len(),
            release_date: album.release_date.clone(),
        });
        truth.collect()
    }

    /// The artists.
    pub fn truth_artists(&self) -> Vec<TruthArtist> {
        let artists = self.world.artists.iter();
        artists.map(|artist| TruthArtist { id: artist.id, name: artist.name.clone() }).collect()
    }

    /// The playlists that are not deleted.
    pub fn truth_playlists(&self) -> Vec<TruthPlaylist> {
        let playlists = self.world.playlists.iter().filter(|playlist| !playlist.deleted);
        let truth = playlists.map(|playlist| TruthPlaylist {
            id: playlist.id,
            title: playlist.title.clone(),
            creator_id: playlist.creator.0,
            track_count: self.world.items(playlist).len(),
            checksum: self.world.checksum(playlist),
        });
        truth.collect()
    }

    /// Every counter that can be read today: tracks that are available, albums, artists, playlists.
    pub fn truth_readings(&self) -> Vec<TruthReading> {
        let tracks = self.truth_tracks().into_iter().filter(|track| track.available);
        let tracks = tracks.map(|track| (Entity::Track, track.id));
        let albums = self.world.albums.iter().map(|album| (Entity::Album, album.id));
        let artists = self.world.artists.iter().map(|artist| (Entity::Artist, artist.id));
        let playlists = self.world.playlists.iter().filter(|playlist| !playlist.deleted);
        let playlists = playlists.map(|playlist| (Entity::Playlist, playlist.id));
        let all = tracks.chain(albums).chain(artists).chain(playlists);
        all.map(|(entity, id)| TruthReading {
            entity,
            id,
            counter: if entity == Entity::Track { "rank" } else { "fans" },
            value: self.world.counter(entity, id),
        })
        .collect()
    }

    /// Which tracks are on a playlist today, by their place; empty for an unknown playlist.
    pub fn truth_placements(&self, playlist_id: u64) -> Vec<TruthPlacement> {
        let Some(place) = self.world.playlist(playlist_id) else {
            return Vec::new();
        };
        let mut found: BTreeMap<u64, TruthPlacement> = BTreeMap::new();
        for (item, position) in self.world.items(&self.world.playlists[place]).into_iter().zip(1..) {
            let track_id = self.world.tracks[item.track].id;
            let first =
                TruthPlacement { playlist_id, track_id, position, occurrences: 0, added_at: item.added };
            found.entry(track_id).or_insert(first).occurrences += 1;
        }
        let mut placements: Vec<TruthPlacement> = found.into_values().collect();
        placements.sort_by_key(|placement| placement.position);
        placements
    }

    /// The tracks of a chart today (0: all genres, 132: another).
    pub fn truth_chart(&self, genre: u64) -> Vec<TruthChartPlace> {
        let tracks = charted(&self.world, genre).into_iter().zip(1..);
        tracks
            .map(|(track, position)| TruthChartPlace { position, track_id: self.world.tracks[track].id })
            .collect()
    }
}
