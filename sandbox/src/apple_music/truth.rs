//! What is true in the world today: for tests to compare with what a client made of it. Where storefronts are named, each object is
//! described by the first of them that has it.

use std::collections::BTreeSet;

use super::AppleMusic;
use super::render::View;
use super::world::{Entry, Item};

/// A song.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthSong {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The ISRC, as it is written.
    pub isrc: Option<String>,
    /// The artist's id.
    pub artist_id: String,
    /// The album's id.
    pub album_id: String,
    /// The length.
    pub duration_millis: u64,
}

/// An album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthAlbum {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The UPC.
    pub upc: Option<String>,
    /// How many of its songs the storefront has.
    pub song_count: usize,
}

/// An artist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthArtist {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthPlaylist {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The curator's id.
    pub curator_id: String,
    /// All entries on it.
    pub entry_count: usize,
    /// Its songs' ids and their lowest places, from 1; every entry counts.
    pub places: Vec<(String, usize)>,
}

/// A song's plays on a day, as they are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthPlays {
    /// The song's id.
    pub song_id: String,
    /// `2026-11-21`, UTC.
    pub date: String,
    /// The storefront; `None`: all of them.
    pub storefront: Option<String>,
    /// How often, in steps of 50.
    pub plays: u64,
    /// By how many; not told where they are few.
    pub listeners: Option<u64>,
}

impl AppleMusic {
    /// The songs that one of these storefronts has.
    pub fn truth_songs(&self, storefronts: &[&str]) -> Vec<TruthSong> {
        let (albums, artists) = (&self.world.albums, &self.world.artists);
        self.described(&self.world.songs, storefronts, |song, view| TruthSong {
            id: song.id.clone(),
            name: view.name(song),
            isrc: song.code.clone(),
            artist_id: artists[song.artist].id.clone(),
            album_id: albums[song.album].id.clone(),
            duration_millis: song.duration_millis,
        })
    }

    /// The albums that one of these storefronts has.
    pub fn truth_albums(&self, storefronts: &[&str]) -> Vec<TruthAlbum> {
        let songs = &self.world.songs;
        self.described(&self.world.albums, storefronts, |album, view| TruthAlbum {
            id: album.id.clone(),
            name: view.name(album),
            upc: album.code.clone(),
            song_count: songs
                .iter()
                .filter(|song| song.album == album.album && self.world.has(song, view.storefront))
                .count(),
        })
    }

    /// The artists that one of these storefronts has.
    pub fn truth_artists(&self, storefronts: &[&str]) -> Vec<TruthArtist> {
        self.described(&self.world.artists, storefronts, |artist, view| TruthArtist {
            id: artist.id.clone(),
            name: view.name(artist),
        })
    }

    /// The playlists that one of these storefronts has.
    pub fn truth_playlists(&self, storefronts: &[&str]) -> Vec<TruthPlaylist> {
        let all = self.world.playlists.iter();
        let had = all.filter(|playlist| {
            storefronts.iter().any(|storefront| self.world.playlist(playlist.id, storefront).is_some())
        });
        had.map(|playlist| {
            let entries = self.world.entries(playlist);
            let mut seen = BTreeSet::new();
            let mut places = Vec::new();
            for (entry, position) in entries.iter().zip(1..) {
                let Entry::Song(song) = entry else { continue };
                if seen.insert(song) {
                    places.push((self.world.songs[*song].id.clone(), position));
                }
            }
            TruthPlaylist {
                id: playlist.id.to_owned(),
                name: playlist.name.to_owned(),
                curator_id: "976439548".to_owned(),
                entry_count: entries.len(),
                places,
            }
        })
        .collect()
    }

    /// The ids of the songs of a storefront's chart, from the first place on.
    pub fn truth_chart(&self, storefront: &str) -> Vec<String> {
        self.world.chart(storefront).into_iter().map(|song| self.world.songs[song].id.clone()).collect()
    }

    /// The plays of these artists' songs: all storefronts together, and each.
    pub fn truth_plays(&self, artists: &[&str]) -> Vec<TruthPlays> {
        let artists: Vec<String> = artists.iter().map(|artist| (*artist).to_owned()).collect();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut truth = Vec::new();
        for groups in [words(&["song_id", "date"]), words(&["song_id", "date", "storefront"])] {
            for (key, counted) in self.world.plays(&artists, &groups, "", "9999") {
                let (plays, listeners) = counted.told();
                let storefront = key.get(2).cloned();
                truth.push(TruthPlays {
                    song_id: key[0].clone(),
                    date: key[1].clone(),
                    storefront,
                    plays,
                    listeners,
                });
            }
        }
        truth
    }

    fn described<T>(
        &self,
        items: &[Item],
        storefronts: &[&str],
        describe: impl Fn(&Item, View<'_>) -> T,
    ) -> Vec<T> {
        let first = |item: &Item| {
            let has = |storefront: &&&str| self.world.has(item, storefront);
            let storefront = storefronts.iter().find(has)?;
            Some(describe(item, View { world: &self.world, storefront }))
        };
        items.iter().filter_map(first).collect()
    }
}
