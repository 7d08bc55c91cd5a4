//! What artists download from the services themselves.

use super::super::{
    dates::Format,
    layout::{Field, Field as F, Layout, Shape, UnitRule},
};
use super::layout;

/// All of them.
pub(super) fn all() -> Vec<Layout> {
    let spotify = |name, shape, all: &[(Field, &str)]| Layout {
        service: Some("spotify".to_owned()),
        is_exact: true,
        dates: vec![Format::YearFirst],
        unit: UnitRule::Dates,
        ..layout(name, shape, all)
    };
    let apple = |name, unit, all: &[(Field, &str)]| Layout {
        service: Some("apple_music".to_owned()),
        is_exact: true,
        dates: vec![Format::YearFirst, Format::MonthFirst],
        unit,
        ..layout(name, Shape::Tracks, all)
    };
    vec![
        spotify("spotify_for_artists_audience", Shape::Audience, SPOTIFY_FOR_ARTISTS_AUDIENCE),
        spotify("spotify_for_artists_song", Shape::Tracks, SPOTIFY_FOR_ARTISTS_SONG),
        Layout {
            unit: UnitRule::Period,
            ..spotify("spotify_for_artists_songs", Shape::Tracks, SPOTIFY_FOR_ARTISTS_SONGS)
        },
        Layout {
            unit: UnitRule::Period,
            ..spotify("spotify_for_artists_playlists", Shape::Playlists, SPOTIFY_FOR_ARTISTS_PLAYLISTS)
        },
        apple("apple_music_for_artists_days", UnitRule::Dates, APPLE_MUSIC_FOR_ARTISTS_DAYS),
        // Its listeners are an average of days, which is no number of different listeners: they are not read.
        apple("apple_music_for_artists_songs", UnitRule::Period, APPLE_MUSIC_FOR_ARTISTS_SONGS),
        Layout {
            service: Some("youtube".to_owned()),
            dates: vec![Format::YearFirst],
            unit: UnitRule::Period,
            ..layout("youtube_studio", Shape::Content, YOUTUBE_STUDIO)
        },
    ]
}

const SPOTIFY_FOR_ARTISTS_AUDIENCE: &[(Field, &str)] = &[
    (F::Date, "date"),
    (F::Listeners, "listeners"),
    (F::MonthlyListeners, "?monthly listeners"),
    (F::MonthlyActiveListeners, "?monthly active listeners"),
    (F::SuperListeners, "?super listeners"),
    (F::Streams, "streams"),
    (F::PlaylistAdds, "?playlist adds"),
    (F::Saves, "?saves"),
    (F::Followers, "followers"),
];

const SPOTIFY_FOR_ARTISTS_SONG: &[(Field, &str)] = &[(F::Date, "date"), (F::Streams, "streams|ecoutes")];

const SPOTIFY_FOR_ARTISTS_SONGS: &[(Field, &str)] = &[
    (F::Title, "song"),
    (F::Listeners, "listeners"),
    (F::Streams, "streams|ecoutes|écoutes"),
    (F::Saves, "saves"),
    (F::Mark, "?release date"),
];

const SPOTIFY_FOR_ARTISTS_PLAYLISTS: &[(Field, &str)] = &[
    (F::Playlist, "title"),
    (F::Owner, "author"),
    (F::Listeners, "listeners"),
    (F::Streams, "streams"),
    (F::AddedOn, "date added"),
];

// Without its accent, the French word is Spotify's.
const APPLE_MUSIC_FOR_ARTISTS_DAYS: &[(Field, &str)] = &[(F::Date, "date"), (F::Streams, "plays|écoutes")];

const APPLE_MUSIC_FOR_ARTISTS_SONGS: &[(Field, &str)] = &[
    (F::Title, "song|morceau|titre|song title|title|track"),
    (F::Streams, "plays|écoutes|ecoutes"),
    (F::Mark, "?average daily listeners|auditeurs|listeners"),
    (F::Mark, "?shazams"),
    (F::Mark, "?radio spins"),
    (F::Mark, "?purchases"),
];

const YOUTUBE_STUDIO: &[(Field, &str)] = &[
    (F::Content, "content"),
    (F::Title, "video title"),
    (F::Mark, "video publish time"),
    (F::Mark, "?duration"),
    (F::Date, "?date"),
    (F::Views, "views"),
    (F::WatchHours, "?watch time (hours)"),
    // Gained less lost: neither of both.
    (F::Mark, "?subscribers"),
    (F::SubscribersGained, "?subscribers gained"),
    (F::SubscribersLost, "?subscribers lost"),
    (F::Likes, "?likes"),
    (F::Comments, "?comments added"),
    (F::Shares, "?shares"),
    (F::Revenue, "?estimated revenue (¤)"),
];
