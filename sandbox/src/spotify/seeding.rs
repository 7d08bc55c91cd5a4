//! Makes the label's catalogue up.

use super::USER;
use super::world::{Album, Artist, Content, Entry, Playlist, Track, World};

/// A playlist of the user's with everything that a place can hold.
pub const ODD_PLAYLIST: &str = "4playlist000000000odd1";
/// A long one of the user's.
pub const LONG_PLAYLIST: &str = "4playlist00000000long1";
/// One of the user's without entries.
pub const EMPTY_PLAYLIST: &str = "4playlist0000000empty1";
/// One that only the user can see.
pub const PRIVATE_PLAYLIST: &str = "4playlist00000private1";
/// Somebody else's, on which the user works too; it turns by one place a day.
pub const SHARED_PLAYLIST: &str = "4playlist000000shared1";
/// Somebody else's.
pub const FOREIGN_PLAYLIST: &str = "4playlist00000foreign1";
/// The provider's own, which newer apps do not see.
pub const EDITORIAL_PLAYLIST: &str = "37i9dQZF1DXeditorial01";

/// The ISRC that [`SHARED_ISRC_TRACKS`] tracks have: one recording on many compilations.
pub const SHARED_ISRC: &str = "QZNB12600001";
/// More than one page of a search has in any mode.
pub const SHARED_ISRC_TRACKS: usize = 63;
/// The UPC that two albums have.
pub const SHARED_UPC: &str = "0072460000001";

/// The owner of what the provider makes itself.
pub(super) const PROVIDER: &str = "spotify";
/// Somebody else.
const STRANGER: &str = "31maria.muster";

const ARTISTS: usize = 10;
const ALBUMS_EACH: usize = 4;
const TRACKS_EACH: usize = 8;
const LONG: usize = 230;

/// Kinds of album, one that no list of kinds names among them.
const KINDS: [&str; 4] = ["album", "single", "compilation", "hologram"];

pub(super) fn fill(world: &mut World) {
    for artist in 0..ARTISTS {
        let name = if artist == 3 {
            "Ärger & \"Söhne\" 🎻".to_owned()
        } else {
            format!("Artist {:02}", artist + 1)
        };
        world.artists.push(Artist { id: format!("3artist{artist:015}"), name });
        (0..ALBUMS_EACH).for_each(|place| add_album(world, artist, place));
    }
    // The sixth track is given for the fifth: the same recording on another album.
    world.tracks[4].replacement = Some(TRACKS_EACH);
    world.tracks[TRACKS_EACH].isrc = world.tracks[4].isrc.clone();
    world.tracks[5].everywhere = false;
    world.tracks[6].isrc = None;
    world.tracks[7].isrc = world.tracks[7].isrc.as_ref().map(|isrc| isrc.to_lowercase());
    let compilations = ARTISTS * ALBUMS_EACH * TRACKS_EACH - SHARED_ISRC_TRACKS;
    for track in &mut world.tracks[compilations..] {
        track.isrc = Some(SHARED_ISRC.to_owned());
    }
    SHARED_UPC.clone_into(&mut world.albums[2].upc);
    SHARED_UPC.clone_into(&mut world.albums[9].upc);
    add_playlists(world);
}

fn add_album(world: &mut World, artist: usize, place: usize) {
    let album = world.albums.len();
    let release_date = match place {
        2 => format!("19{:02}", 70 + artist),
        3 => format!("19{:02}-{:02}", 80 + artist, 1 + artist),
        _ => format!("20{:02}-{:02}-{:02}", 14 + place, 1 + artist, 1 + artist * 2),
    };
    world.albums.push(Album {
        id: format!("2album{album:016}"),
        name: format!("Album {:03}", album + 1),
        kind: KINDS[place % KINDS.len()],
        upc: format!("00724{:08}", album * 13 + 100),
        artist_id: world.artists[artist].id.clone(),
        release_date,
    });
    for number in 1..=TRACKS_EACH {
        let place = world.tracks.len();
        world.tracks.push(Track {
            id: format!("1track{place:016}"),
            name: format!("Track {:04}", place + 1),
            isrc: Some(format!("QZNB2{:07}", place + 1)),
            artist_id: world.artists[artist].id.clone(),
            album_id: world.albums[album].id.clone(),
            number,
            duration_ms: 120_000 + world.seed.at(40).at(place as u64).between(0, 240_000),
            replacement: None,
            everywhere: true,
        });
    }
}

fn add_playlists(world: &mut World) {
    let now = world.day * 86_400;
    let added = |place: usize| Some(now - i64::try_from(place).unwrap_or(0) * 86_400 / 3);
    let tracks = |tracks: &[usize]| -> Vec<Entry> {
        let entries = tracks.iter().enumerate();
        entries.map(|(place, track)| Entry { content: Content::Track(*track), added: added(place) }).collect()
    };
    let every = |step: usize, count: usize| (0..count).map(|place| place * step).collect::<Vec<usize>>();
    let odd = [
        (Content::Null, None),
        (Content::Track(0), added(1)),
        (Content::NoTrack, added(2)),
        (Content::Episode, added(3)),
        (Content::Track(4), added(4)),
        (Content::LocalFile, added(5)),
        (Content::Track(5), Some(0)),
        (Content::Track(7), None),
        (Content::Track(0), added(8)),
    ];
    let odd = odd.map(|(content, added)| Entry { content, added }).to_vec();
    let mut add = |id: &str, name: &str, owner: &'static str, entries: Vec<Entry>| {
        world.playlists.push(Playlist {
            id: id.to_owned(),
            name: name.to_owned(),
            description: (id == LONG_PLAYLIST).then(|| "Everything & more".to_owned()),
            owner,
            public: (id != SHARED_PLAYLIST).then_some(id != PRIVATE_PLAYLIST),
            shared: id == SHARED_PLAYLIST,
            entries,
            daily: id == SHARED_PLAYLIST,
            stirs: Vec::new(),
        });
    };
    add(ODD_PLAYLIST, "Odds and ends", USER, odd);
    add(LONG_PLAYLIST, "Everything we release", USER, tracks(&every(1, LONG)));
    add(EMPTY_PLAYLIST, "Empty", USER, Vec::new());
    add(PRIVATE_PLAYLIST, "Not yet", USER, tracks(&[9, 8, 7]));
    add(SHARED_PLAYLIST, "Together", STRANGER, tracks(&every(7, 30)));
    add(FOREIGN_PLAYLIST, "Top finds", STRANGER, tracks(&[12, 4, 3, 12, 40]));
    add(EDITORIAL_PLAYLIST, "Editorial", PROVIDER, tracks(&every(11, 20)));
}
