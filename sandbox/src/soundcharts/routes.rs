//! Which path does what.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::errors::SoundchartsError;
use super::world::{ARTISTS, BLACKLISTED_ISRC, Metric};
use super::{APP_ID, Soundcharts, USAGE_PATH};
use crate::exchange::Request;
use crate::stage::Standing;

/// Days between the two ends of a period at most.
const PERIOD_MAX: i64 = 90;
/// Days of a period that is not said.
const PERIOD: i64 = 30;
/// Elements of a page unless asked otherwise.
const LIMIT: usize = 20;

/// Platforms, by what is collected on them.
const SONG_PLATFORMS: [&str; 2] = ["spotify", "youtube"];
const ARTIST_PLATFORMS: [&str; 3] = ["spotify", "youtube", "deezer"];
const LISTENING_PLATFORMS: [&str; 2] = ["spotify", "youtube"];
const POPULARITY_PLATFORMS: [&str; 1] = ["spotify"];
const PLAYLIST_PLATFORMS: [&str; 3] = ["spotify", "youtube", "deezer"];

impl Soundcharts {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, SoundchartsError> {
        self.authorize(request)?;
        if let Some(error) = self.script.error(&request.path) {
            return Err(error);
        }
        if request.path == USAGE_PATH {
            return Ok(json!({ "type": "usage", "object": {}, "errors": [] }));
        }
        if request.method != "GET" {
            return Err(SoundchartsError::not_found());
        }
        self.quota = match self.quota {
            Some(0) => return Err(SoundchartsError::quota_reached()),
            left => left.map(|left| left - 1),
        };
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match *segments.as_slice() {
            ["api", "v2.25", "song", "by-isrc", BLACKLISTED_ISRC] => Err(SoundchartsError::blacklisted()),
            ["api", "v2.25", "song", "by-isrc", isrc] => Self::song_of(self.world.by_isrc(isrc)),
            ["api", "v2.25", "song", id] => Self::song_of(self.world.song(id)),
            ["api", "v2", "song", id, "audience", platform] => {
                let id = self.known_song(id)?;
                on(platform, &SONG_PLATFORMS)?;
                let days = self.period(request)?;
                self.page(request, days.filter_map(|day| self.song_day(platform, id, day)).collect())
            }
            ["api", "v2.20", "song", id, "playlist", "current", platform] => {
                let id = self.known_song(id)?;
                on(platform, &PLAYLIST_PLATFORMS)?;
                let entries = self.song_entries(platform, id, request.param("currentOnly") == Some("1"));
                self.page(request, entries)
            }
            ["api", "v2", "artist", id, "audience", platform] => {
                self.artist(request, (id, platform), &ARTIST_PLATFORMS, Self::audience_day)
            }
            ["api", "v2", "artist", id, "streaming", platform, "listening"] => {
                let day = |world: &Self, platform: &str, id: &str, day| {
                    world.value(Metric::Listening, platform, id, day)
                };
                self.artist(request, (id, platform), &LISTENING_PLATFORMS, day)
            }
            ["api", "v2", "artist", id, "popularity", platform] => {
                let day = |world: &Self, platform: &str, id: &str, day| {
                    world.value(Metric::Popularity, platform, id, day)
                };
                self.artist(request, (id, platform), &POPULARITY_PLATFORMS, day)
            }
            _ => Err(SoundchartsError::not_found()),
        }
    }

    /// By a pair of headers, or by an access token.
    fn authorize(&self, request: &Request) -> Result<(), SoundchartsError> {
        let is_allowed = match (request.header("x-app-id"), request.header("x-api-key")) {
            (Some(APP_ID), Some(key)) => self.key.standing(key) == Standing::Valid,
            (None, None) => self.tokens.holder(request).is_ok(),
            _ => false,
        };
        if is_allowed { Ok(()) } else { Err(SoundchartsError::unauthorized()) }
    }

    fn known_song(&self, id: &str) -> Result<&'static str, SoundchartsError> {
        self.world.song(id).map(|song| song.id).ok_or_else(SoundchartsError::not_found)
    }

    fn artist(
        &self,
        request: &Request,
        (id, platform): (&str, &str),
        platforms: &[&str],
        item: impl Fn(&Self, &str, &str, Date) -> Option<Value>,
    ) -> Result<Value, SoundchartsError> {
        if !ARTISTS.contains(&id) {
            return Err(SoundchartsError::not_found());
        }
        on(platform, platforms)?;
        let days = self.period(request)?;
        self.page(request, days.filter_map(|day| item(self, platform, id, day)).collect())
    }

    /// The days that are asked for.
    fn period(&self, request: &Request) -> Result<impl Iterator<Item = Date> + use<>, SoundchartsError> {
        let read = |name: &str| match request.param(name) {
            Some(text) => {
                let refused = |_| SoundchartsError::bad_request("Invalid date");
                text.parse::<Date>().map(Some).map_err(refused)
            }
            None => Ok(None),
        };
        let last = read("endDate")?.unwrap_or(self.world.today);
        let first = read("startDate")?.unwrap_or_else(|| last.saturating_sub(PERIOD.days()));
        let days = last.duration_since(first).as_hours() / 24;
        if !(0..=PERIOD_MAX).contains(&days) {
            return Err(SoundchartsError::bad_request("Period cannot exceed 90 days"));
        }
        Ok((0..=days).map(move |age| first.saturating_add(age.days())))
    }

    /// A page of a list, and where the next one is.
    fn page(&self, request: &Request, items: Vec<Value>) -> Result<Value, SoundchartsError> {
        let read = |name: &str, default: usize| match request.param(name) {
            Some(text) => text.parse().map_err(|_| SoundchartsError::bad_request("Invalid page")),
            None => Ok(default),
        };
        let (offset, asked) = (read("offset", 0)?, read("limit", LIMIT)?);
        if asked == 0 || asked > super::PAGE_LENGTH {
            return Err(SoundchartsError::bad_request("Invalid limit"));
        }
        let limit = asked.min(self.page_length);
        let (total, end) = (items.len(), offset.saturating_add(limit));
        let link = |offset: usize| format!("{}?offset={offset}&limit={limit}", request.path);
        let shown: Vec<Value> = items.into_iter().skip(offset).take(limit).collect();
        Ok(json!({
            "related": { "lastCrawlDate": format!("{}T00:00:00+00:00 ", self.world.today) },
            "items": shown,
            "page": {
                "offset": offset, "limit": limit, "total": total,
                "next": (end < total).then(|| link(end)),
                "previous": (offset > 0).then(|| link(offset.saturating_sub(limit))),
            },
            "errors": [],
        }))
    }
}

fn on(platform: &str, platforms: &[&str]) -> Result<(), SoundchartsError> {
    if platforms.contains(&platform) {
        return Ok(());
    }
    Err(SoundchartsError::bad_request("Invalid platform code"))
}
