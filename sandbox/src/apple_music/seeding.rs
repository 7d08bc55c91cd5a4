//! Makes the label's catalogue up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::world::{Entry, Item, Playlist, World, day_of};
use crate::seed::Seed;

/// The storefronts that there are.
pub const STOREFRONTS: [&str; 3] = ["us", "de", "jp"];
/// The ISRC of three songs: one recording on several albums. It is written in small letters on one of them.
pub const SHARED_ISRC: &str = "QZNB12600001";
/// A song with an id above 2^53.
pub const BIG_SONG: &str = "9007199254740993";
/// A playlist of three pages.
pub const LONG_PLAYLIST: &str = "pl.1aa0000000000000000000000000long";
/// One with music videos, and a song twice.
pub const ODD_PLAYLIST: &str = "pl.1aa00000000000000000000000000odd";
/// One without entries.
pub const EMPTY_PLAYLIST: &str = "pl.1aa000000000000000000000000empty";
/// One that only the German and the Japanese storefront have.
pub const GERMAN_PLAYLIST: &str = "pl.1aa00000000000000000000000german";

const ARTISTS: usize = 6;
const ALBUMS_EACH: usize = 4;
const SONGS_EACH: usize = 10;

const EVERYWHERE: &[&str] = &STOREFRONTS;
const ABROAD: &[&str] = &["de", "jp"];
const JAPAN: &[&str] = &["jp"];

pub(super) fn world(seed: u64, days: u32, now: Timestamp) -> World {
    let seed = Seed::new(seed);
    let mut world = World {
        seed,
        day: day_of(now),
        first_day: day_of(now) - i64::from(days),
        artists: Vec::new(),
        albums: Vec::new(),
        songs: Vec::new(),
        playlists: playlists(),
        gone: BTreeSet::new(),
        fixed: BTreeMap::new(),
        risen: Vec::new(),
    };
    let blank = Item {
        id: String::new(),
        name: String::new(),
        storefronts: EVERYWHERE,
        code: None,
        artist: 0,
        album: 0,
        release_date: String::new(),
        duration_millis: 0,
    };
    for artist in 0..ARTISTS {
        let storefronts = if artist == ARTISTS - 1 { JAPAN } else { EVERYWHERE };
        let name = if artist == 2 {
            "Ärger & \"Söhne\" 🎻".to_owned()
        } else {
            format!("Artist {:02}", artist + 1)
        };
        let id = (900_000_001 + artist).to_string();
        world.artists.push(Item { id, name, storefronts, artist, ..blank.clone() });
    }
    for album in 0..ARTISTS * ALBUMS_EACH {
        let artist = album / ALBUMS_EACH;
        let storefronts = if album == 1 { ABROAD } else { world.artists[artist].storefronts };
        world.albums.push(Item {
            id: (1_400_000_000 + album * 7).to_string(),
            name: format!("Album {:03}", album + 1),
            storefronts,
            code: Some(format!("00724{:08}", album * 13 + 100)),
            artist,
            album,
            release_date: format!("20{:02}-0{}-1{}", 10 + album % 10, 1 + album % 9, album % 10),
            duration_millis: 0,
        });
    }
    for song in 0..ARTISTS * ALBUMS_EACH * SONGS_EACH {
        let album = song / SONGS_EACH;
        let storefronts = match song % 20 {
            17 => ABROAD,
            18 => JAPAN,
            _ => world.albums[album].storefronts,
        };
        let code = match song {
            3 => None,
            20 | 31 => Some(SHARED_ISRC.to_owned()),
            // This one only Japan has.
            18 => Some(SHARED_ISRC.to_lowercase()),
            _ => Some(format!("QZNB2{:07}", song + 1)),
        };
        let year_only = song == 5;
        world.songs.push(Item {
            id: if song == 4 { BIG_SONG.to_owned() } else { (1_500_000_000 + song * 3).to_string() },
            name: format!("Song {:04}", song + 1),
            storefronts,
            code,
            artist: album / ALBUMS_EACH,
            album,
            release_date: if year_only {
                "1969".to_owned()
            } else {
                world.albums[album].release_date.clone()
            },
            duration_millis: 120_000 + seed.at(40).at(song as u64).between(0, 240_000),
        });
    }
    world
}

fn playlists() -> Vec<Playlist> {
    let songs = |songs: &mut dyn Iterator<Item = usize>| songs.map(Entry::Song).collect::<Vec<_>>();
    let everywhere = |song: &usize| (*song < 10 || *song >= 20) && !matches!(song % 20, 17 | 18);
    // All that stand on lists are had everywhere: what a storefront shows of others is not known.
    let long =
        songs(&mut (0..200).filter(everywhere).chain((0..5).rev()).chain((60..100).filter(everywhere)));
    let mut odd = songs(&mut [0, 1, 0, 4].into_iter());
    odd.insert(1, Entry::MusicVideo);
    odd.insert(0, Entry::MusicVideo);
    let german = songs(&mut [40, 41, 20].into_iter());
    let make = |id, name, storefronts, entries| Playlist {
        id,
        name,
        storefronts,
        entries,
        revision: 0,
        stirs: Vec::new(),
    };
    vec![
        make(LONG_PLAYLIST, "Everything we release", EVERYWHERE, long),
        make(ODD_PLAYLIST, "Odds and ends", EVERYWHERE, odd),
        make(EMPTY_PLAYLIST, "Empty", EVERYWHERE, Vec::new()),
        make(GERMAN_PLAYLIST, "Nur hier", ABROAD, german),
    ]
}
