//! Makes the label's catalogue up.

use super::world::{Album, Artist, Item, Playlist, Track, World};

/// Artists of the label.
const ARTISTS: usize = 24;
const ALBUMS_EACH: usize = 5;
const TRACKS_EACH: usize = 11;

/// The first ids that a float cannot tell apart.
const HUGE: u64 = 9_007_199_254_740_993;

/// Items of the playlist that needs many pages.
const LONG: usize = 1_230;

pub(super) fn fill(world: &mut World) {
    for artist in 0..ARTISTS {
        let number = artist as u64;
        let name = if artist == 3 {
            "Ärger & \"Söhne\" 🎻".to_owned()
        } else {
            format!("Artist {:02}", artist + 1)
        };
        world.artists.push(Artist { id: 4_050_205 + number * 31, name });
        for place in 0..ALBUMS_EACH {
            add_album(world, artist, place);
        }
    }
    add_playlists(world);
}

fn add_album(world: &mut World, artist: usize, place: usize) {
    let album = world.albums.len();
    let number = album as u64;
    world.albums.push(Album {
        id: 302_127 + number * 7,
        title: format!("Album {:03}", album + 1),
        upc: format!("07246{:08}", number * 13 + 1),
        artist,
        release_date: format!("20{:02}-{:02}-{:02}", 14 + place * 3, 1 + artist % 12, 1 + artist % 28),
    });
    for _ in 0..TRACKS_EACH {
        let place = world.tracks.len();
        let number = place as u64;
        world.tracks.push(Track {
            id: if place < 10 { HUGE + number } else { 3_135_553 + number * 17 },
            title: format!("Track {:04}", place + 1),
            isrc: if place == 12 { String::new() } else { format!("DEXX1{:07}", place + 1) },
            artist,
            album,
            seconds: 120 + world.seed.at(40).at(number).between(0, 240),
            available: place != 20,
            deleted: false,
        });
    }
}

fn add_playlists(world: &mut World) {
    let now = world.day * 86_400;
    let items = |places: &[usize]| -> Vec<Item> {
        let item = |(place, track): (usize, &usize)| {
            let age = i64::try_from(place).unwrap_or(0) * 86_400 / 3;
            Item { track: *track, added: now - age }
        };
        places.iter().enumerate().map(item).collect()
    };
    let editors = (2_u64, "Deezer Germany Editor".to_owned());
    let mut add = |id: u64,
                   title: &str,
                   description: Option<&str>,
                   creator: (u64, String),
                   places: &[usize],
                   daily: bool| {
        world.playlists.push(Playlist {
            id,
            title: title.to_owned(),
            description: description.map(str::to_owned),
            creator,
            items: items(places),
            daily,
            stirs: Vec::new(),
            deleted: false,
        });
    };
    let every = |step: usize, count: usize| (0..count).map(|place| place * step).collect::<Vec<usize>>();
    add(1_109_890_291, "Top Germany", Some("Every day anew"), editors.clone(), &every(19, 60), true);
    add(1_313_621_735, "Everything we release", None, (51_234, "Label".to_owned()), &every(1, LONG), false);
    // The same track in the second and the fifth place, another in the last and the first.
    add(HUGE, "Twice is nice", None, (77_001, "maria.muster".to_owned()), &[5, 2, 7, 9, 2, 20, 5], false);
    add(908_622_995, "With one that is not there", Some(""), editors, &[20, 21, 12, 40], false);
    add(908_622_996, "Empty", None, (77_002, "jo.doe@mail.example".to_owned()), &[], false);
}
