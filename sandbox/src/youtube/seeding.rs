//! Makes the channels, their videos and the playlists up.

use std::collections::{HashMap, HashSet};

use jiff::{Timestamp, ToSpan};

use super::world::{Channel, Entry, Kind, Playlist, State, Video, World};
use super::{EMPTY, FOREIGN, LONG, MIXED, OWN, SHY};
use crate::seed::Seed;

/// Videos of the label: more than one request takes.
const VIDEOS: usize = 57;
/// The first whole number that a float cannot hold.
const HUGE: u64 = 9_007_199_254_740_993;

/// The world at `now`, with `days` of history behind it.
pub(super) fn world(seed: u64, days: u32, now: Timestamp) -> World {
    let today = World::today(now);
    let channel = |id, title, hides_subscribers| Channel { id, title, hides_subscribers };
    let mut world = World {
        seed: Seed::new(seed),
        first_day: today.checked_sub(i64::from(days).days()).unwrap_or(today),
        lag: 3,
        channels: vec![
            channel(OWN, "Night Shift Records", false),
            channel(FOREIGN, "夜行列車 - Topic", false),
            channel(SHY, "Ärger & \"Söhne\"", true),
        ],
        videos: (0..VIDEOS).map(video).collect(),
        playlists: Vec::new(),
        fixed: HashMap::new(),
        restated: HashMap::new(),
        vanished: HashSet::new(),
    };
    let huge = world.videos[1].id.clone();
    world.fixed.insert((Kind::Video, huge, "views"), Some(HUGE));
    let playlist = |id, title, privacy, places: Vec<usize>| Playlist {
        id,
        title,
        privacy,
        entries: places
            .into_iter()
            .zip(0..)
            .map(|(video, age): (usize, i64)| Entry { video, added: 1_790_000_000 - age * 3_600 })
            .collect(),
        stirs: Vec::new(),
        deleted: false,
    };
    world.playlists = vec![
        // Every video twice, and some once more: three pages.
        playlist(LONG, "Everything we made", "public", (0..VIDEOS).chain(0..VIDEOS).chain(0..13).collect()),
        playlist(MIXED, "Twice, and gone 🎻", "public", vec![5, 50, 7, 51, 5, 9, 50]),
        playlist(EMPTY, "Empty", "unlisted", Vec::new()),
    ];
    world
}

fn video(place: usize) -> Video {
    Video {
        id: format!("v-_{place:08}"),
        channel: if place % 10 == 8 { FOREIGN } else { OWN },
        title: format!("Track {:02} 夜", place + 1),
        likes: place != 2,
        comments: place != 3,
        state: match place {
            50 => State::Deleted,
            51 => State::Private,
            _ => State::Public,
        },
    }
}
