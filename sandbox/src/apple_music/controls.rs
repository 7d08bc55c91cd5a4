//! What tests do to the world. A control that finds nothing to change says so.

use super::seeding::STOREFRONTS;
use super::world::{Counted, Entry, World, date_of};
use super::{AppleMusic, MusicError};
use crate::stage::controls;

/// A change to a playlist. Songs are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A song at the end.
    Append(String),
    /// The first entry goes.
    RemoveFirst,
    /// The order is turned round.
    Reverse,
}

impl AppleMusic {
    /// Accepts developer tokens that this private key signs, and no others.
    pub fn accept_key(&mut self, pem: &str) {
        self.keys.accept(pem);
    }

    /// Accepts no developer token any more.
    pub fn revoke_key(&mut self) {
        self.keys.revoke();
    }

    /// Accepts no token of the Music Analytics API any more.
    pub fn revoke_analytics_key(&mut self) {
        self.analytics_keys.revoke();
    }

    /// Reports are answered without rows, or with them again.
    pub fn set_reports_empty(&mut self, empty: bool) {
        self.reports_empty = empty;
    }

    /// Puts a line at the end of every report, or none any more.
    pub fn set_odd_line(&mut self, line: Option<&str>) {
        self.odd_line = line.map(str::to_owned);
    }

    /// Takes an artist, album, song or playlist out of every storefront, and songs off lists. False: no such object.
    pub fn delete(&mut self, id: &str) -> bool {
        let world = &mut self.world;
        let mut items = world.artists.iter().chain(&world.albums).chain(&world.songs);
        let known =
            items.any(|item| item.id == id) || world.playlists.iter().any(|playlist| playlist.id == id);
        known && world.gone.insert(id.to_owned())
    }

    /// Takes a song out of one storefront's catalogue: the others keep it. False: no such song, or it was not there.
    pub fn withdraw(&mut self, id: &str, storefront: &str) -> bool {
        let Some(song) = self.world.songs.iter_mut().find(|song| song.id == id) else { return false };
        let left = match storefront {
            "us" => &["de", "jp"][..],
            "de" => &["us", "jp"],
            _ => &["us", "de"],
        };
        let before = std::mem::replace(&mut song.storefronts, left);
        before == STOREFRONTS
    }

    /// Puts a song at the top of every chart that can have it. False: no such song.
    pub fn raise(&mut self, id: &str) -> bool {
        let place = self.world.songs.iter().position(|song| song.id == id);
        self.world.risen.extend(place);
        place.is_some()
    }

    /// Changes a playlist. False: no such playlist, or nothing to change.
    pub fn change_playlist(&mut self, id: &str, change: &Change) -> bool {
        let place = self.world.playlists.iter().position(|playlist| playlist.id == id);
        place.is_some_and(|place| self.world.change(place, change))
    }

    /// Changes a playlist after so many more pages of its entries (at least one) have been read. False: no such playlist.
    pub fn change_while_read(&mut self, id: &str, pages: u32, change: Change) -> bool {
        let Some(playlist) = self.world.playlists.iter_mut().find(|playlist| playlist.id == id) else {
            return false;
        };
        playlist.stirs.push((pages.max(1), change));
        true
    }

    /// Puts a song's plays of so many days ago at these numbers in one storefront; 0 and 0: nobody played it. False: no such song.
    pub fn restate(&mut self, id: &str, storefront: &str, days_ago: i64, plays: u64, listeners: u64) -> bool {
        let song = self.world.songs.iter().position(|song| song.id == id);
        let storefront = STOREFRONTS.iter().position(|known| *known == storefront);
        let Some((song, storefront)) = song.zip(storefront) else { return false };
        let place = (song, storefront, self.world.day - days_ago);
        self.world.fixed.insert(place, Counted { plays, listeners });
        true
    }

    /// The UTC day so many days ago.
    pub fn day(&self, days_ago: i64) -> String {
        date_of(self.world.day - days_ago)
    }
}

controls!(AppleMusic, MusicError);

impl World {
    /// Changes the playlist in this place; false where there is nothing to change.
    pub(super) fn change(&mut self, place: usize, change: &Change) -> bool {
        let song = match change {
            Change::Append(id) => self.songs.iter().position(|song| song.id == *id),
            Change::RemoveFirst | Change::Reverse => None,
        };
        let playlist = &mut self.playlists[place];
        let before = playlist.entries.clone();
        match change {
            Change::Append(_) => playlist.entries.extend(song.map(Entry::Song)),
            Change::RemoveFirst => drop(playlist.entries.drain(..before.len().min(1))),
            Change::Reverse => playlist.entries.reverse(),
        }
        playlist.revision += 1;
        playlist.entries != before
    }
}
