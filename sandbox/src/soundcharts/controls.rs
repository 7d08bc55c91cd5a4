//! What tests do to the world. A control that finds nothing to change says so.

use jiff::civil::Date;

use super::world::{Metric, SONGS};
use super::{Soundcharts, SoundchartsError};
use crate::oauth::TokenServer;
use crate::stage::controls;

impl Soundcharts {
    /// Puts a value in place of what was collected on a day, on every platform; without one, nothing was collected.
    pub fn restate(&mut self, metric: Metric, id: &str, day: Date, value: Option<u64>) {
        self.world.fixed.insert((metric, id.to_owned(), day), value);
    }

    /// A song comes to a playlist of Spotify on which nothing was before.
    pub fn enter(&mut self, playlist: u64, song: usize) {
        self.world.enter("spotify", playlist, SONGS[song], None);
        if let Some(entry) = self.world.entries.last_mut() {
            entry.age = 0;
        }
    }

    /// A song leaves the playlists of Spotify on which it was seen today. How many those are.
    pub fn leave(&mut self, song: usize) -> usize {
        let today = self.world.today;
        let seen = |entry: &&mut super::world::Entry| {
            entry.song == SONGS[song]
                && entry.platform == "spotify"
                && entry.exited.is_none()
                && entry.age == 0
        };
        self.world.entries.iter_mut().filter(seen).map(|entry| entry.exited = Some(today)).count()
    }

    /// An ISRC leads to this song from now on, or nowhere.
    pub fn lead(&mut self, isrc: &str, song: Option<usize>) {
        self.world.moved.insert(isrc.to_owned(), song.map(|song| SONGS[song]));
    }

    /// Soundcharts forgets a song. False: there is none.
    pub fn delete_song(&mut self, id: &str) -> bool {
        let before = self.world.songs.len();
        self.world.songs.retain(|song| song.id != id);
        self.world.songs.len() < before
    }

    /// So many requests are left of the month; `None` for no bound. Answers tell what is left.
    pub fn set_quota(&mut self, left: Option<u64>) {
        self.quota = left;
    }

    /// So many requests are left.
    pub fn quota(&self) -> Option<u64> {
        self.quota
    }

    /// Pages are no longer than this, whatever is asked for.
    pub fn set_page_length(&mut self, length: usize) {
        self.page_length = length.clamp(1, super::PAGE_LENGTH);
    }

    /// The API key from now on.
    pub fn set_api_key(&mut self, key: &str) {
        self.key.replace(key);
    }

    /// The API key stops working.
    pub fn expire_api_key(&mut self) {
        self.key.expire();
    }

    /// Access tokens: lets them expire, changes the client's secret.
    pub fn tokens(&mut self) -> &mut TokenServer {
        &mut self.tokens
    }
}

controls!(Soundcharts, SoundchartsError);
