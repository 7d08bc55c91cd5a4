//! What tests do to the world. A control that finds nothing to change says so.

use super::Deezer;
use super::errors::DeezerError;
use super::world::{Entity, Item, World};
use crate::stage::controls;

/// A change to a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A track at the end, added now.
    Append(u64),
    /// A track at the top, added now.
    Prepend(u64),
    /// Every place of a track goes.
    Remove(u64),
    /// The first item goes.
    RemoveFirst,
    /// The first item becomes the last: the same tracks, the same total.
    Rotate,
    /// The order is turned round.
    Reverse,
    /// Another title; the items stay as they are, and so does the checksum.
    Rename(String),
    /// Everything goes.
    Clear,
}

impl Deezer {
    /// Takes a track away, from playlists and charts too. False: no such track.
    pub fn delete_track(&mut self, id: u64) -> bool {
        let place = self.world.track(id);
        place.is_some_and(|place| {
            self.world.tracks[place].deleted = true;
            true
        })
    }

    /// Whether a track can be had by itself (else 800); it stays on lists. False: no such track.
    pub fn set_available(&mut self, id: u64, available: bool) -> bool {
        let place = self.world.track(id);
        place.is_some_and(|place| {
            self.world.tracks[place].available = available;
            true
        })
    }

    /// Takes a playlist away. False: no such playlist.
    pub fn delete_playlist(&mut self, id: u64) -> bool {
        let place = self.world.playlist(id);
        place.is_some_and(|place| {
            self.world.playlists[place].deleted = true;
            true
        })
    }

    /// Changes a playlist. False: no such playlist, or nothing to change.
    pub fn change_playlist(&mut self, id: u64, change: &Change) -> bool {
        let place = self.world.playlist(id);
        place.is_some_and(|place| self.world.change(place, change))
    }

    /// Changes a playlist after so many more pages of its tracks (at least one) have been read, counted from the change planned before
    /// it. False: no such playlist.
    pub fn change_while_read(&mut self, id: u64, pages: u32, change: Change) -> bool {
        let place = self.world.playlist(id);
        place.is_some_and(|place| {
            self.world.playlists[place].stirs.push((pages.max(1), change));
            true
        })
    }

    /// Puts a counter at a value, where it stays.
    pub fn restate(&mut self, entity: Entity, id: u64, value: u64) {
        self.world.fixed.insert((entity, id), value);
    }

    /// Lets a counter move by itself again.
    pub fn release(&mut self, entity: Entity, id: u64) {
        self.world.fixed.remove(&(entity, id));
    }
}

controls!(Deezer, DeezerError);

impl World {
    /// Changes the playlist in this place; false where there is nothing to change.
    pub(super) fn change(&mut self, place: usize, change: &Change) -> bool {
        let added = self.day * 86_400;
        let item = |world: &Self, id: u64| world.track(id).map(|track| Item { track, added });
        let before = self.playlists[place].items.clone();
        match change {
            Change::Append(id) => {
                let item = item(self, *id);
                self.playlists[place].items.extend(item);
            }
            Change::Prepend(id) => {
                if let Some(item) = item(self, *id) {
                    self.playlists[place].items.insert(0, item);
                }
            }
            Change::Remove(id) => {
                let track = self.track(*id);
                self.playlists[place].items.retain(|item| Some(item.track) != track);
            }
            Change::RemoveFirst => {
                self.playlists[place].items.drain(..before.len().min(1));
            }
            Change::Rotate => self.playlists[place].items.rotate_left(before.len().min(1)),
            Change::Reverse => self.playlists[place].items.reverse(),
            Change::Rename(title) => {
                title.clone_into(&mut self.playlists[place].title);
                return true;
            }
            Change::Clear => self.playlists[place].items.clear(),
        }
        self.playlists[place].items != before
    }
}
