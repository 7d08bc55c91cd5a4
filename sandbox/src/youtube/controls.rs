//! What tests do to the world. A control that finds nothing to change says so.

use jiff::civil::Date;

use super::YouTube;
use super::errors::YouTubeError;
use super::world::{Entry, Kind, Numbers, State, World};
use crate::google::TokenEndpoint;

/// A change to a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A video at the end.
    Append(String),
    /// A video at the top.
    Prepend(String),
    /// The first entry goes.
    RemoveFirst,
    /// The first entry becomes the last.
    Rotate,
    /// The order is turned round.
    Reverse,
}

impl YouTube {
    /// The token endpoint: lets tokens expire, revokes them, sets their lifetime, tells how many there were.
    pub fn tokens(&mut self) -> &mut TokenEndpoint {
        &mut self.tokens
    }

    /// Accepts this API key and no other.
    pub fn set_key(&mut self, key: &str) {
        key.clone_into(&mut self.key);
    }

    /// Whether the token may see money; without it, reports of it are refused with this status.
    pub fn set_monetary(&mut self, monetary: bool, refused_with: u16) {
        (self.monetary, self.insufficient) = (monetary, refused_with);
    }

    /// By how many days reports are behind; three at first.
    pub fn set_lag(&mut self, days: i64) {
        self.world.lag = days;
    }

    /// Puts a counter at a value, or hides it.
    pub fn set_counter(&mut self, kind: Kind, id: &str, counter: &'static str, value: Option<u64>) {
        self.world.fixed.insert((kind, id.to_owned(), counter), value);
    }

    /// Refuses every list for which this id is asked.
    pub fn poison(&mut self, id: &str) {
        self.poison.insert(id.to_owned());
    }

    /// Deletes a video: lists have it as "Deleted video". False: no such video.
    pub fn delete_video(&mut self, id: &str) -> bool {
        let found = self.world.videos.iter_mut().find(|video| video.id == id);
        found.map(|video| video.state = State::Deleted).is_some()
    }

    /// Deletes a playlist. False: no such playlist.
    pub fn delete_playlist(&mut self, id: &str) -> bool {
        let place = self.world.playlist(id);
        place.map(|place| self.world.playlists[place].deleted = true).is_some()
    }

    /// Changes a playlist. False: no such playlist, or nothing to change.
    pub fn change_playlist(&mut self, id: &str, change: &Change) -> bool {
        self.world.playlist(id).is_some_and(|place| self.world.change(place, change))
    }

    /// Changes a playlist after so many more pages of it (at least one) have been read, counted from the change planned before it.
    pub fn change_while_read(&mut self, id: &str, pages: u32, change: Change) -> bool {
        let place = self.world.playlist(id);
        place.map(|place| self.world.playlists[place].stirs.push((pages.max(1), change))).is_some()
    }

    /// Fixes what a video brought on a day; `change` sees the current numbers. False: no such video.
    pub fn restate(&mut self, id: &str, day: Date, change: impl FnOnce(&mut Numbers)) -> bool {
        if self.world.video(id).is_none() {
            return false;
        }
        let mut numbers = self.world.numbers(id, day);
        change(&mut numbers);
        self.world.vanished.remove(&(id.to_owned(), day));
        self.world.restated.insert((id.to_owned(), day), numbers);
        true
    }

    /// Lets a video have brought nothing on a day.
    pub fn vanish(&mut self, id: &str, day: Date) {
        self.world.vanished.insert((id.to_owned(), day));
    }

    /// Grants so many units a day of California, from now on; without a number, any.
    pub fn set_units(&mut self, units: Option<u64>) {
        self.units_max = units;
        self.units.1 = 0;
    }

    /// Units used today, and requests that came although there were none left.
    pub fn units(&self) -> (u64, u64) {
        (self.units.1, self.refused)
    }

    /// Answers the next requests to the APIs whose path or query contains `fragment` with these errors, one each, in this order.
    pub fn fail_next(&mut self, fragment: &str, errors: Vec<YouTubeError>) {
        self.script.add(fragment, errors);
    }

    /// Answers every request to the APIs whose path or query contains `fragment` with this error; without one, as ever again.
    pub fn refuse(&mut self, fragment: &str, error: Option<YouTubeError>) {
        self.script.refuse(fragment, error);
    }

    /// Holds the world at its present time, so that two runs read identical values.
    pub fn freeze(&mut self) {
        self.time.freeze();
    }

    /// Lets the world follow the clock again.
    pub fn thaw(&mut self) {
        self.time.thaw();
    }
}

impl World {
    /// Changes the playlist in this place; false where there is nothing to change.
    pub(super) fn change(&mut self, place: usize, change: &Change) -> bool {
        let find = |id: &str| self.videos.iter().position(|video| video.id == id);
        let added = 1_790_100_000;
        let before = self.playlists[place].entries.clone();
        let mut entries = before.clone();
        match change {
            Change::Append(id) => entries.extend(find(id).map(|video| Entry { video, added })),
            Change::Prepend(id) => {
                if let Some(video) = find(id) {
                    entries.insert(0, Entry { video, added });
                }
            }
            Change::RemoveFirst => drop(entries.drain(..before.len().min(1))),
            Change::Rotate => entries.rotate_left(before.len().min(1)),
            Change::Reverse => entries.reverse(),
        }
        let changed = entries != before;
        self.playlists[place].entries = entries;
        changed
    }
}
