//! What is true, for tests to compare with what a client made of the files.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::ReportFiles;
use super::portals::Portal;
use super::world::{ARTISTS, COUNTRIES, Line, STORES, TITLES};

/// What was paid for one track, in one store, country and month, by one statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruthRoyalty {
    /// `believe`, `distrokid`.
    pub layout: &'static str,
    /// The service.
    pub service: &'static str,
    /// The store, as the statement names it.
    pub store: &'static str,
    /// The recording's code.
    pub isrc: &'static str,
    /// ISO 3166-1 alpha-2; `ZZ` where the statement leaves it out.
    pub country: &'static str,
    /// First and last day of the month.
    pub period: (Date, Date),
    /// `stream`, `ugc`.
    pub kind: &'static str,
    /// Of the amounts.
    pub currency: &'static str,
    /// How many.
    pub quantity: u64,
    /// In 10⁻⁸ of the currency.
    pub revenue: u64,
    /// Lines of the statement.
    pub lines: u64,
}

/// An artist's day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruthAudience {
    /// The service's id.
    pub artist_id: &'static str,
    /// Day.
    pub date: Date,
    /// Streams.
    pub streams: u64,
    /// Different listeners.
    pub listeners: u64,
    /// Followers.
    pub followers: u64,
}

/// A track's day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruthStreams {
    /// Its title: the file says no more.
    pub title: &'static str,
    /// What the label knows it by.
    pub isrc: &'static str,
    /// Day.
    pub date: Date,
    /// Streams.
    pub streams: u64,
}

/// A track's day, as the portal of a service says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruthPlays {
    /// Its title: the file says no more.
    pub title: &'static str,
    /// What the label knows it by.
    pub isrc: &'static str,
    /// Day.
    pub date: Date,
    /// Plays.
    pub plays: u64,
    /// Different listeners.
    pub listeners: u64,
}

impl ReportFiles {
    /// Every track's days at a portal.
    pub fn truth_plays(&self, portal: Portal) -> Vec<TruthPlays> {
        let all = TITLES.iter().enumerate().flat_map(|(track, (title, isrc, ..))| {
            self.world.dates().map(move |date| {
                let (plays, listeners) = self.world.portal_day(portal as u64, track, date);
                TruthPlays { title, isrc, date, plays, listeners }
            })
        });
        all.collect()
    }

    /// Every statement's sums, those of the last one as corrected.
    pub fn truth_royalties(&self) -> Vec<TruthRoyalty> {
        let world = &self.world;
        let mut all = Vec::new();
        for month in world.statements() {
            all.extend(added("believe", "EUR", &world.statement(month)));
        }
        all.extend(added("distrokid", "USD", &world.lifetime()));
        all.sort();
        all
    }

    /// Every artist's days.
    pub fn truth_audience(&self) -> Vec<TruthAudience> {
        let all = ARTISTS.iter().enumerate().flat_map(|(artist, (artist_id, _))| {
            self.world.dates().map(move |date| {
                let day = self.world.artist_day(artist, date);
                let (streams, listeners, followers) = (day.streams, day.listeners, day.followers);
                TruthAudience { artist_id, date, streams, listeners, followers }
            })
        });
        all.collect()
    }

    /// Every track's days.
    pub fn truth_streams(&self) -> Vec<TruthStreams> {
        let all = TITLES.iter().enumerate().flat_map(|(track, (title, isrc, ..))| {
            self.world.dates().map(move |date| {
                let streams = self.world.track_day(track, date);
                TruthStreams { title, isrc, date, streams }
            })
        });
        all.collect()
    }
}

fn added(layout: &'static str, currency: &'static str, lines: &[Line]) -> Vec<TruthRoyalty> {
    let mut sums: BTreeMap<_, TruthRoyalty> = BTreeMap::new();
    for line in lines {
        let (store, service, kind, _) = STORES[line.store];
        let key = (line.month, line.track, line.store, line.country);
        let sum = sums.entry(key).or_insert_with(|| TruthRoyalty {
            layout,
            service,
            store,
            isrc: TITLES[line.track].1,
            country: COUNTRIES[line.country].1,
            period: (line.month, line.month.last_of_month()),
            kind,
            currency,
            quantity: 0,
            revenue: 0,
            lines: 0,
        });
        sum.quantity += line.quantity;
        sum.revenue += line.revenue;
        sum.lines += 1;
    }
    sums.into_values().collect()
}
