//! What the portals of two services let artists download. Which headers those files have is not known: these are invented ones, for clients
//! whose settings name them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::world::{TITLES, World};

/// A service with a portal of its own, and no API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portal {
    /// Pandora's. It calls plays spins.
    Pandora,
    /// Amazon Music's.
    AmazonMusic,
}

/// One export of all tracks, by day.
pub(super) fn files(world: &World, portal: Portal) -> BTreeMap<String, Vec<u8>> {
    let (name, header) = match portal {
        Portal::Pandora => ("tracks.csv", "Date,Track,Spins,Listeners"),
        Portal::AmazonMusic => ("songs.csv", "Date,Song,Streams,Listeners"),
    };
    let mut text = format!("\u{feff}{header}\r\n");
    for date in world.dates() {
        for (track, (title, ..)) in TITLES.iter().enumerate() {
            let (plays, listeners) = world.portal_day(portal as u64, track, date);
            let _ = write!(text, "{date},\"{title}\",{plays},{listeners}\r\n");
        }
    }
    BTreeMap::from([(name.to_owned(), text.into_bytes())])
}
