//! From Apple's words to rows.

use rows::{
    Row,
    codes::plain,
    music::{Album, Artist, Playlist, Track},
};
use serde_json::value::RawValue;

use super::wire::{self, Kind, Related, Resource, SERVICE};
use crate::reading::{
    contents::Placed,
    dates::day_of,
    elements::{Unreadable, parse},
    subjects::Subject,
    wire::Identified,
};

/// A playlist, and when it was changed last.
#[derive(Debug)]
pub struct Described {
    pub playlist: Playlist,
    pub modified: Option<String>,
}

/// A song, album or artist.
pub fn row(subject: Subject, raw: &RawValue) -> Result<Row, Unreadable> {
    Ok(match subject {
        Subject::Track => Row::Track(song(parse(raw)?)?),
        Subject::Album => Row::Album(album(parse(raw)?)?),
        _ => {
            let Resource::<wire::Artist> { id, attributes, .. } = parse(raw)?;
            Row::Artist(Artist { name: attributes.name, ..Artist::of(SERVICE, id.0) })
        }
    })
}

fn song(song: Resource<wire::Song>) -> Result<Track, Unreadable> {
    let Resource { id, attributes, relationships } = song;
    let related = relationships.unwrap_or_default();
    Ok(Track {
        service: SERVICE.to_owned(),
        track_id: id.0,
        title: attributes.name,
        isrc: attributes.isrc.and_then(|isrc| plain(&isrc)),
        artist_id: Related::first(related.artists),
        artist_name: attributes.artist_name,
        album_id: Related::first(related.albums),
        // Whole seconds that pass, as players show them.
        duration_seconds: attributes.duration_in_millis.map(|length| length.0 / 1_000),
        released_on: day_of(attributes.release_date.as_deref(), "releaseDate")?,
    })
}

fn album(album: Resource<wire::Album>) -> Result<Album, Unreadable> {
    let Resource { id, attributes, relationships } = album;
    Ok(Album {
        title: attributes.name,
        upc: attributes.upc.and_then(|upc| plain(&upc)),
        artist_id: Related::first(relationships.unwrap_or_default().artists),
        artist_name: attributes.artist_name,
        label: attributes.record_label,
        track_count: attributes.track_count.map(|count| count.0),
        released_on: day_of(attributes.release_date.as_deref(), "releaseDate")?,
        ..Album::of(SERVICE, id.0)
    })
}

/// A playlist; how long it is, is not told with it.
pub fn playlist(raw: &RawValue) -> Result<Described, Unreadable> {
    let Resource::<wire::Playlist> { id, attributes, relationships } = parse(raw)?;
    let curator_id = Related::first(relationships.unwrap_or_default().curator);
    let playlist = Playlist {
        name: attributes.name,
        owner_id: curator_id,
        owner_name: attributes.curator_name,
        ..Playlist::of(SERVICE, id.0)
    };
    Ok(Described { playlist, modified: attributes.last_modified_date })
}

/// What stands in a place of a list: a song, or nothing that is a track, such as a music video.
pub fn placed(raw: &RawValue) -> Result<Option<Placed>, Unreadable> {
    if parse::<Kind>(raw)?.word != "songs" {
        return Ok(None);
    }
    let Resource::<wire::Song> { id, attributes, .. } = parse(raw)?;
    let (title, artist_name) = (attributes.name, attributes.artist_name);
    Ok(Some(Placed { track_id: id.0, title, artist_name, added_at: None }))
}

/// The id of a resource, whatever else of it can be read.
pub fn id_of(raw: &RawValue) -> Option<String> {
    parse::<Identified>(raw).ok().map(|resource| resource.id.0)
}
