//! What tests do to the world. A control that finds nothing to change says so.

use std::time::Duration;

use super::errors::SpotifyError;
use super::world::{Content, Counter, Entity, Entry, World};
use super::{Mode, Spotify};
use crate::limit::{Limit, Meter};
use crate::oauth::TokenServer;
use crate::stage::controls;

/// A change to a playlist. Tracks are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A track at the end, added today.
    Append(String),
    /// Every place of a track goes.
    Remove(String),
    /// The first entry goes.
    RemoveFirst,
    /// The order is turned round.
    Reverse,
    /// Another name; the entries stay as they are, and so does the snapshot.
    Rename(String),
    /// Everything goes.
    Clear,
}

impl Spotify {
    /// What the app may do from now on.
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// The tokens of the app and of its user: lets them expire, be revoked, rotate.
    pub fn tokens(&mut self) -> &mut TokenServer {
        &mut self.tokens
    }

    /// At most so many requests to the API in any `period` of the sandbox's clock (beginning now), then `QUOTA_EXCEEDED` with the
    /// time left; `None` for no bound.
    pub fn set_quota(&mut self, quota: Option<(u32, Duration)>) {
        self.quota =
            quota.map(|(requests, period)| Meter::new(Limit::per(requests, period).by_sandbox_clock()));
    }

    /// Takes a track, album, artist or playlist away, from lists too; a track's places on playlists become null. False: no such object.
    pub fn delete(&mut self, id: &str) -> bool {
        let kinds = [Entity::Track, Entity::Album, Entity::Artist, Entity::Playlist];
        let known = kinds.into_iter().any(|kind| self.world.place(kind, id).is_some());
        known && self.world.gone.insert(id.to_owned())
    }

    /// Changes a playlist. False: no such playlist, or nothing to change.
    pub fn change_playlist(&mut self, id: &str, change: &Change) -> bool {
        let place = self.world.place(Entity::Playlist, id);
        place.is_some_and(|place| self.world.change(place, change))
    }

    /// Changes a playlist after so many more pages of its entries (at least one) have been read, counted from the change planned
    /// before it. False: no such playlist.
    pub fn change_while_read(&mut self, id: &str, pages: u32, change: Change) -> bool {
        let place = self.world.place(Entity::Playlist, id);
        place.is_some_and(|place| {
            self.world.playlists[place].stirs.push((pages.max(1), change));
            true
        })
    }

    /// Puts a counter at a value, where it stays.
    pub fn restate(&mut self, counter: Counter, id: &str, value: u64) {
        self.world.fixed.insert((counter, id.to_owned()), value);
    }

    /// Lets a counter move by itself again.
    pub fn release(&mut self, counter: Counter, id: &str) {
        self.world.fixed.remove(&(counter, id.to_owned()));
    }
}

controls!(Spotify, SpotifyError);

impl World {
    /// Changes the playlist in this place; false where there is nothing to change.
    pub(super) fn change(&mut self, place: usize, change: &Change) -> bool {
        let added = Some(self.day * 86_400);
        let track = match change {
            Change::Append(id) | Change::Remove(id) => self.place(Entity::Track, id).map(Content::Track),
            _ => None,
        };
        let playlist = &mut self.playlists[place];
        let before = playlist.entries.clone();
        match change {
            Change::Append(_) => playlist.entries.extend(track.map(|content| Entry { content, added })),
            Change::Remove(_) => playlist.entries.retain(|entry| Some(entry.content) != track),
            Change::RemoveFirst => drop(playlist.entries.drain(..before.len().min(1))),
            Change::Reverse => playlist.entries.reverse(),
            Change::Clear => playlist.entries.clear(),
            Change::Rename(name) => {
                name.clone_into(&mut playlist.name);
                return true;
            }
        }
        playlist.entries != before
    }
}
