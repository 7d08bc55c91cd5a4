//! The Music Analytics API: one query, whose answer is text with tabs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::seeding::STOREFRONTS;
use super::world::{Counted, World, date_of};
use super::{AppleMusic, MusicError};
use crate::exchange::{Answer, Request};

/// By what can be grouped.
const GROUPS: [&str; 4] = ["artist_id", "song_id", "storefront", "date"];

impl AppleMusic {
    pub(super) fn report(&self, request: &Request, path: &str) -> Result<Answer, MusicError> {
        if (request.method.as_str(), path) != ("POST", "/v4/queries/audience-engagement") {
            return Err(MusicError::unknown_path());
        }
        let bad = || MusicError::bad_request("The query cannot be read");
        let query: Value = serde_json::from_slice(&request.body).map_err(|_| bad())?;
        let (audience, range) = (&query["audience"], &query["audience"]["played_in_range"]);
        let words = |list: &Value| -> Option<Vec<String>> {
            list.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
        };
        let groups = words(&query["group_by"]).ok_or_else(bad)?;
        let is_known = groups.iter().all(|group| GROUPS.contains(&group.as_str()));
        let artists: Vec<String> =
            audience["ids"]["values"].as_array().ok_or_else(bad)?.iter().map(ToString::to_string).collect();
        let (first, last) = range["start"].as_str().zip(range["end"].as_str()).ok_or_else(bad)?;
        if !is_known || audience["ids"]["entity"] != "artist_id" || range["time_zone"] != "UTC" {
            return Err(bad());
        }
        let rows = if self.reports_empty {
            BTreeMap::new()
        } else {
            self.world.plays(&artists, &groups, first, last)
        };
        let mut text = format!("{}\tplay_count\tlistener_count\n", groups.join("\t"));
        for (key, counted) in rows {
            let (plays, listeners) = counted.told();
            let listeners = listeners.map(|listeners| listeners.to_string()).unwrap_or_default();
            let _ = writeln!(text, "{}\t{plays}\t{listeners}", key.join("\t"));
        }
        text.extend(self.odd_line.iter().map(String::as_str));
        let answer = Answer { status: 200, headers: Vec::new(), body: text.into_bytes() };
        Ok(answer.with_header("content-type", "text/tab-separated-values"))
    }
}

impl World {
    /// What was counted of these artists' songs from the first day to the last, grouped; nothing where nobody played.
    pub(super) fn plays(
        &self,
        artists: &[String],
        groups: &[String],
        first: &str,
        last: &str,
    ) -> BTreeMap<Vec<String>, Counted> {
        let mut rows = BTreeMap::<Vec<String>, Counted>::new();
        for day in self.first_day..self.day {
            let date = date_of(day);
            if date.as_str() < first || date.as_str() > last {
                continue;
            }
            for (place, song) in self.songs.iter().enumerate() {
                let artist = &self.artists[song.artist].id;
                for (storefront, code) in STOREFRONTS.iter().enumerate() {
                    let counted = self.counted((place, storefront, day));
                    if !artists.contains(artist) || counted == Counted::default() {
                        continue;
                    }
                    let part = |group: &String| match group.as_str() {
                        "artist_id" => artist.clone(),
                        "song_id" => song.id.clone(),
                        "storefront" => (*code).to_owned(),
                        _ => date.clone(),
                    };
                    let sum = rows.entry(groups.iter().map(part).collect()).or_default();
                    *sum = sum.plus(counted);
                }
            }
        }
        rows
    }
}
