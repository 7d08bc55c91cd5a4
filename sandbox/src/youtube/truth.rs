//! What is true in the world, for tests to compare with what a client made of it. Computed without lists and reports.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::world::{COUNTRIES, Kind, Numbers, SOURCES, World};
use super::{OWN, YouTube};

/// A counter that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthReading {
    /// Of what.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// `views`, `likes`, `comments`, `subscribers`, `videos`.
    pub counter: &'static str,
    /// How many.
    pub value: u64,
}

/// A playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthPlaylist {
    /// Its id.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Whether everybody can find it.
    pub is_public: bool,
    /// Entries, videos that stand on it twice included.
    pub length: usize,
    /// Each video's first place: id, position from 1, when it was added in seconds since 1970.
    pub places: Vec<(String, usize, i64)>,
}

/// What the own channel or a video of it, or a part of that, brought on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthDay {
    /// The channel's or video's id.
    pub id: String,
    /// `total`, `country` or `traffic_source`.
    pub dimension: &'static str,
    /// Which part; empty for the whole.
    pub value: &'static str,
    /// California's day.
    pub day: Date,
    /// All numbers; reports by `traffic_source` tell views and minutes only.
    pub numbers: Numbers,
    /// Reports of money have come so far.
    pub has_revenue: bool,
}

impl YouTube {
    /// The day that it is in California.
    pub fn today(&self) -> Date {
        World::today(self.time.now())
    }

    /// The last day of which reports tell.
    pub fn last_day(&self) -> Date {
        self.world.last_day(self.time.now(), false)
    }

    /// Ids of the label's own videos, deleted and private ones included.
    pub fn own_videos(&self) -> Vec<String> {
        self.world.videos.iter().filter(|video| video.channel == OWN).map(|video| video.id.clone()).collect()
    }

    /// Ids of all videos that everybody can see.
    pub fn public_videos(&self) -> Vec<String> {
        self.world.shown(Kind::Video)
    }

    /// Every counter that is shown now.
    pub fn truth_readings(&self) -> Vec<TruthReading> {
        let mut all = Vec::new();
        for kind in [Kind::Channel, Kind::Video] {
            for id in self.world.shown(kind) {
                for (counter, value) in self.world.counters(kind, &id, self.time.now()) {
                    all.extend(value.map(|value| TruthReading { kind, id: id.clone(), counter, value }));
                }
            }
        }
        all
    }

    /// Every playlist that is there, with what stands on it.
    pub fn truth_playlists(&self) -> Vec<TruthPlaylist> {
        let there = self.world.playlists.iter().filter(|playlist| !playlist.deleted);
        let truth = there.map(|playlist| {
            let mut seen = BTreeSet::new();
            let places = playlist.entries.iter().zip(1..).filter(|(entry, _)| seen.insert(entry.video));
            let places = places
                .map(|(entry, position)| (self.world.videos[entry.video].id.clone(), position, entry.added));
            TruthPlaylist {
                id: playlist.id,
                title: playlist.title,
                is_public: playlist.privacy == "public",
                length: playlist.entries.len(),
                places: places.collect(),
            }
        });
        truth.collect()
    }

    /// Every day on which the own channel or a video of it brought something, as far as reports have come.
    pub fn truth_days(&self, id: &str) -> Vec<TruthDay> {
        let (last, last_money) = (self.last_day(), self.world.last_day(self.time.now(), true));
        let mut all = Vec::new();
        for day in self.world.first_day.series(1.day()).take_while(|day| *day <= last) {
            let numbers = self.world.numbers(id, day);
            let of = |dimension, value, numbers: Numbers| TruthDay {
                id: id.to_owned(),
                dimension,
                value,
                day,
                numbers,
                has_revenue: dimension == "total" && day <= last_money,
            };
            if numbers.views > 0 {
                all.push(of("total", "", numbers));
            }
            all.extend(numbers.parts(&COUNTRIES).into_iter().map(|(name, part)| of("country", name, part)));
            all.extend(
                numbers.parts(&SOURCES).into_iter().map(|(name, part)| of("traffic_source", name, part)),
            );
        }
        all
    }
}
