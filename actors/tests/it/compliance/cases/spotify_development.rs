//! Spotify for an app in development mode, with the word of a user.

use sandbox::spotify::Mode;

use super::spotify::SpotifyCase;

pub const CASE: SpotifyCase = SpotifyCase { mode: Mode::Development };
