//! How objects look in answers.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::Soundcharts;
use super::errors::SoundchartsError;
use super::world::{Entry, Metric, SONGS, Song, playlist_id, playlist_name};

impl Soundcharts {
    pub(super) fn song_of(song: Option<&Song>) -> Result<Value, SoundchartsError> {
        let song = song.ok_or_else(SoundchartsError::not_found)?;
        let isrc = if song.is_old {
            json!(song.isrc)
        } else {
            json!({ "value": song.isrc, "countryCode": song.isrc.get(..2), "countryName": "" })
        };
        Ok(json!({
            "type": "song",
            "object": {
                "uuid": song.id, "name": song.name, "isrc": isrc, "creditName": song.credit,
                "artists": [{ "uuid": song.artist_id, "slug": "artist", "name": song.artist_name, "imageUrl": "" }],
                "releaseDate": zoned(song.released), "label": "Northbound Records", "copyright": "",
            },
            "errors": [],
        }))
    }

    /// A song's counter on a day. Where nothing was collected, the day may be there without a version.
    pub(super) fn song_day(&self, platform: &str, id: &str, day: Date) -> Option<Value> {
        let Some(value) = self.world.collected(Metric::Plays, platform, id, day) else {
            let is_shown = day.day() % 2 == 0 && day <= self.world.today && day >= self.world.first;
            return is_shown.then(|| json!({ "date": utc(day), "plots": [] }));
        };
        let main = json!({ "identifier": format!("{id}-1"), "value": value });
        let plots = if id == SONGS[1] {
            // Read an hour before, or not at all.
            let earlier = (day.day() % 3 != 0).then(|| value.saturating_sub(11));
            vec![json!({ "identifier": format!("{id}-2"), "value": earlier }), main]
        } else {
            vec![main]
        };
        Some(json!({ "date": utc(day), "plots": plots }))
    }

    pub(super) fn audience_day(&self, platform: &str, id: &str, day: Date) -> Option<Value> {
        let followers = self.world.collected(Metric::Followers, platform, id, day);
        let likes = self.world.collected(Metric::Likes, platform, id, day);
        followers.or(likes)?;
        Some(json!({
            "date": utc(day), "likeCount": likes, "followerCount": followers, "followingCount": null, "postCount": null,
            "viewCount": null,
        }))
    }

    pub(super) fn value(&self, metric: Metric, platform: &str, id: &str, day: Date) -> Option<Value> {
        let value = self.world.collected(metric, platform, id, day)?;
        Some(json!({ "date": zoned(day), "value": value }))
    }

    /// A song's places on playlists, the oldest first.
    pub(super) fn song_entries(&self, platform: &str, id: &str, only_current: bool) -> Vec<Value> {
        let of_song = |entry: &&Entry| entry.platform == platform && entry.song == id;
        let entries = self.world.entries.iter().filter(of_song);
        let shown = entries.filter(|entry| !only_current || entry.exited.is_none());
        shown.map(|entry| self.entry(entry)).collect()
    }

    fn entry(&self, entry: &Entry) -> Value {
        let seen = self.seen(entry);
        let song = self.world.song(entry.song);
        json!({
            "playlist": {
                "uuid": playlist_id(entry.playlist), "name": playlist_name(entry.playlist),
                "identifier": format!("37i9{}", entry.playlist), "platform": entry.platform, "countryCode": "",
                "latestCrawlDate": format!(" {} ", utc(self.world.today)),
                "latestTrackCount": 40 + entry.playlist, "latestSubscriberCount": self.world.subscribers(entry.playlist),
                "imageUrl": "", "type": "editorial",
            },
            "position": entry.position, "peakPosition": entry.position.div_ceil(2),
            "entryDate": format!("{}T02:15:04+00:00", entry.entered),
            "exitDate": entry.exited.map(utc),
            "positionDate": utc(seen), "peakPositionDate": utc(seen),
            "song": song.map(|song| json!({
                "uuid": song.id, "name": song.name, "creditName": song.credit, "imageUrl": "",
            })),
        })
    }

    /// The day on which it was seen in its place.
    pub(super) fn seen(&self, entry: &Entry) -> Date {
        entry.exited.unwrap_or_else(|| self.world.today.saturating_sub(entry.age.days()))
    }
}

/// Midnight.
fn utc(day: Date) -> String {
    format!("{day}T00:00:00+00:00")
}

/// Midnight in Paris, more or less.
fn zoned(day: Date) -> String {
    let hours = if (4..=10).contains(&day.month()) { 2 } else { 1 };
    format!("{day}T00:00:00+0{hours}:00")
}
