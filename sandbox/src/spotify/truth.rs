//! What is true in the world today, for one reader in the app's mode: for tests to compare with what a client made of it.

use std::collections::BTreeMap;

use super::world::{Album, Artist, Content, Counter, Playlist, Track};
use super::{Mode, Reader, Spotify};

/// A playlist that the reader may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthPlaylist {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner_id: String,
    /// Whether everybody can see it; `None` where that is not told.
    pub public: Option<bool>,
    /// All entries on it; `None` where the reader may not read them.
    pub entry_count: Option<usize>,
    /// What changes with its entries.
    pub snapshot_id: String,
}

/// A counter today.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruthReading {
    /// What is counted.
    pub counter: Counter,
    /// The object's id; of a track, the one asked for.
    pub id: String,
    /// Its value.
    pub value: u64,
}

/// A track on a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthPlacement {
    /// The playlist's id.
    pub playlist_id: String,
    /// The track's id: that of the list, or of the track given for it where the answer does not tell the former.
    pub track_id: String,
    /// The lowest place, from 1; every entry counts.
    pub position: usize,
    /// How often the track is there.
    pub occurrences: usize,
    /// When the entry in that place was added, in seconds since 1970; `None` where nobody knows.
    pub added_at: Option<i64>,
}

impl Spotify {
    /// The tracks that are not deleted: the id to ask for, and the track that is given for it.
    pub fn truth_tracks(&self, reader: Reader<'_>) -> Vec<(String, Track)> {
        let (tracks, view) = (&self.world.tracks, self.view(reader, ""));
        let asked = (0..tracks.len()).filter(|place| !self.world.is_gone(&tracks[*place].id));
        asked.map(|asked| (tracks[asked].id.clone(), tracks[view.given(asked)].clone())).collect()
    }

    /// The albums that are not deleted.
    pub fn truth_albums(&self) -> Vec<Album> {
        self.world.albums.iter().filter(|album| !self.world.is_gone(&album.id)).cloned().collect()
    }

    /// The artists that are not deleted.
    pub fn truth_artists(&self) -> Vec<Artist> {
        self.world.artists.iter().filter(|artist| !self.world.is_gone(&artist.id)).cloned().collect()
    }

    /// The playlists that the reader may see.
    pub fn truth_playlists(&self, reader: Reader<'_>) -> Vec<TruthPlaylist> {
        let truth = self.seen(reader).into_iter().map(|playlist| TruthPlaylist {
            id: playlist.id.clone(),
            name: playlist.name.clone(),
            owner_id: playlist.owner.to_owned(),
            public: playlist.public,
            entry_count: self.is_read(playlist, reader).then(|| self.world.entries(playlist).len()),
            snapshot_id: self.world.snapshot_id(playlist),
        });
        truth.collect()
    }

    /// Every counter that can be read today: none without extended quota.
    pub fn truth_readings(&self, reader: Reader<'_>) -> Vec<TruthReading> {
        if self.mode != Mode::Extended {
            return Vec::new();
        }
        let reading = |counter, id: &str, of: &str| TruthReading {
            counter,
            id: id.to_owned(),
            value: self.world.counter(counter, of),
        };
        let own = |counter, id: &str| reading(counter, id, id);
        let mut all = Vec::new();
        for (asked, given) in self.truth_tracks(reader) {
            all.push(reading(Counter::TrackPopularity, &asked, &given.id));
        }
        for Artist { id, .. } in self.truth_artists() {
            all.push(own(Counter::ArtistPopularity, &id));
            all.push(own(Counter::ArtistFollowers, &id));
        }
        for playlist in self.seen(reader) {
            all.push(own(Counter::PlaylistFollowers, &playlist.id));
        }
        all
    }

    /// Which tracks are on a playlist today, by their place; `None` where the reader may not read that, or there is no such playlist.
    pub fn truth_placements(&self, playlist_id: &str, reader: Reader<'_>) -> Option<Vec<TruthPlacement>> {
        let view = self.view(reader, "");
        let playlist = view.playlist(playlist_id).ok().filter(|playlist| self.is_read(playlist, reader))?;
        let mut found: BTreeMap<usize, TruthPlacement> = BTreeMap::new();
        for (entry, position) in self.world.entries(playlist).into_iter().zip(1..) {
            let Content::Track(listed) = entry.content else { continue };
            let track = if self.mode == Mode::Extended { listed } else { view.given(listed) };
            let first = TruthPlacement {
                playlist_id: playlist_id.to_owned(),
                track_id: self.world.tracks[track].id.clone(),
                position,
                occurrences: 0,
                added_at: entry.added.filter(|second| *second > 0),
            };
            found.entry(track).or_insert(first).occurrences += 1;
        }
        let mut placements: Vec<TruthPlacement> = found.into_values().collect();
        placements.sort_by_key(|placement| placement.position);
        Some(placements)
    }

    fn seen(&self, reader: Reader<'_>) -> Vec<&Playlist> {
        let view = self.view(reader, "");
        self.world.playlists.iter().filter(|playlist| view.playlist(&playlist.id).is_ok()).collect()
    }

    /// Whether the entries can be read at one of the two paths.
    fn is_read(&self, playlist: &Playlist, reader: Reader<'_>) -> bool {
        let view = self.view(reader, "");
        view.is_open(playlist, true) || view.is_open(playlist, false)
    }
}

impl Album {
    /// The day of its release; `None` where only the month or the year is known.
    pub fn released_on(&self) -> Option<&str> {
        (self.release_date.len() == "YYYY-MM-DD".len()).then_some(&*self.release_date)
    }
}
