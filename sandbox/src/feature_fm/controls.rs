//! What tests do to the world. A control that finds nothing to change says so.

use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;

use super::FeatureFm;
use super::errors::FeatureFmError;
use crate::stage::controls;

impl FeatureFm {
    /// Puts a day's visits at a number, where it stays; everything else of the day follows.
    pub fn restate(&mut self, id: &str, day: Date, visits: u64) -> bool {
        self.world.vanished.remove(&(id.to_owned(), day));
        self.world.link(id).is_some() && self.world.fixed.insert((id.to_owned(), day), visits) != Some(visits)
    }

    /// Lets a day vanish: its row is left out from now on.
    pub fn vanish(&mut self, id: &str, day: Date) -> bool {
        self.world.link(id).is_some() && self.world.vanished.insert((id.to_owned(), day))
    }

    /// Takes a link away. False: no such link.
    pub fn delete(&mut self, id: &str) -> bool {
        self.world.link_mut(id).map(|link| link.deleted = true).is_some()
    }

    /// Gives a link another title and state. False: no such link.
    pub fn change(&mut self, id: &str, title: &str, status: &str) -> bool {
        let found = self.world.link_mut(id);
        found.map(|link| (link.title, link.status) = (title.to_owned(), status.to_owned())).is_some()
    }

    /// Gives a link another short address, at the same domain. False: no such link.
    pub fn rename(&mut self, id: &str, short_id: &str) -> bool {
        self.world.link_mut(id).map(|link| short_id.clone_into(&mut link.short_id)).is_some()
    }

    /// Wraps links in `data`, or not.
    pub fn wrap(&mut self, is_wrapped: bool) {
        self.is_wrapped = is_wrapped;
    }

    /// Counts days in this zone.
    pub fn set_time_zone(&mut self, zone: &str) -> bool {
        let found = TimeZoneDatabase::bundled().get(zone).ok();
        found.map(|zone| self.world.zone = zone).is_some()
    }

    /// Takes this key and no other.
    pub fn set_key(&mut self, key: &str) {
        self.key.replace(key);
    }

    /// Takes the key no more.
    pub fn expire_key(&mut self) {
        self.key.expire();
    }
}

controls!(FeatureFm, FeatureFmError);
