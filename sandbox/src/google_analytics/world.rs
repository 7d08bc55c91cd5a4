//! What the imitation knows: properties, where their sessions come from, and what each of these brought on a day.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::GOALS;
use super::controls::Notes;
use super::seeding::ORIGINS;
use super::tokens::Used;
use crate::seed::{MILLION, Seed, share};

/// All that the imitation knows.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: Seed,
    pub(super) properties: Vec<Property>,
    /// What an origin (a place in `ORIGINS`) brought to a property on a day, where a test has said so.
    pub(super) restated: HashMap<(&'static str, usize, Date), Numbers>,
    /// Origins that brought a property no session on a day.
    pub(super) vanished: HashSet<(&'static str, usize, Date)>,
}

/// One property.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) currency: &'static str,
    pub(super) zone_name: String,
    pub(super) zone: TimeZone,
    pub(super) first_day: Date,
    pub(super) is_forbidden: bool,
    pub(super) notes: Notes,
    pub(super) used: Used,
}

/// Where sessions came from: campaign, source and medium of the session.
pub(super) type Origin = (&'static str, &'static str, &'static str);

/// What an origin brought to a property on a day, or what several did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Sessions.
    pub sessions: u64,
    /// Page views and screen views.
    pub page_views: u64,
    /// Length of all sessions together.
    pub seconds: u64,
    /// Different people; fewer than the sum, where rows are put together.
    pub users: u64,
    /// Revenue of purchases, in micros of the property's currency.
    pub revenue_micros: u64,
    /// Key events, in the order of [`GOALS`].
    pub goals: [Goal; GOALS.len()],
}

/// A key event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Goal {
    /// How often, in millionths: credit is divided between the touch points.
    pub events_millionths: u64,
    /// Sessions with at least one.
    pub sessions: u64,
}

/// How far the provider's knowledge of a day has come, in parts per million; `None` before it begins.
fn progress(day: Date, zone: &TimeZone, now: Timestamp) -> Option<u64> {
    let begin = |day: Date| Some(day.to_zoned_datetime(zone.clone()).ok()?.timestamp());
    let (start, end) = (begin(day)?, begin(day.checked_add(1.day()).ok()?)?);
    let passed = u64::try_from(now.duration_since(start).as_secs()).ok()?;
    let length = u64::try_from(end.duration_since(start).as_secs()).unwrap_or(86_400).max(1);
    Some(match passed.checked_sub(length) {
        // Processing is behind on the day itself, and done after two days.
        None => passed * MILLION / length * 8 / 10,
        Some(after) => MILLION * 8 / 10 + MILLION * 2 / 10 * after.min(172_800) / 172_800,
    })
}

impl Numbers {
    /// Several rows as one: people who came twice are counted once.
    pub(super) fn together(rows: &[Self]) -> Self {
        let mut sum = Self::default();
        for row in rows {
            sum.sessions += row.sessions;
            sum.page_views += row.page_views;
            sum.seconds += row.seconds;
            sum.users += row.users;
            sum.revenue_micros += row.revenue_micros;
            for (own, others) in sum.goals.iter_mut().zip(row.goals) {
                own.events_millionths += others.events_millionths;
                own.sessions += others.sessions;
            }
        }
        if rows.len() > 1 {
            sum.users = (sum.users * 9).div_ceil(10);
        }
        sum
    }
}

impl Property {
    /// The day it is there.
    pub(super) fn today(&self, now: Timestamp) -> Date {
        now.to_zoned_datetime(self.zone.clone()).date()
    }
}

impl World {
    pub(super) fn property(&self, id: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.id == id)
    }

    /// What each origin brought on a day, as it shows now: nothing where nothing came.
    pub(super) fn shown(&self, property: &Property, day: Date, now: Timestamp) -> Vec<(Origin, Numbers)> {
        let Some(progress) = progress(day, &property.zone, now).filter(|_| day >= property.first_day) else {
            return Vec::new();
        };
        let is_today = day == property.today(now);
        let shown = |(place, origin): (usize, &Origin)| {
            let numbers = self.numbers(property, place, day, progress);
            let (campaign, source, medium) = *origin;
            // Attribution is not done before the day is over.
            let campaign = if is_today && medium == "paid" { "(not set)" } else { campaign };
            (numbers != Numbers::default()).then_some(((campaign, source, medium), numbers))
        };
        ORIGINS.iter().enumerate().filter_map(shown).collect()
    }

    /// What one origin brought on a day.
    pub(super) fn numbers(&self, property: &Property, place: usize, day: Date, progress: u64) -> Numbers {
        let key = (property.id, place, day);
        if self.vanished.contains(&key) {
            return Numbers::default();
        }
        let restated = self.restated.get(&key).cloned();
        restated.unwrap_or_else(|| delivered(self.seed, key, progress))
    }

    /// All that is known of a day by the time of its being complete.
    pub(super) fn known(
        &self,
        property: &Property,
        place: usize,
        day: Date,
        now: Timestamp,
    ) -> Option<Numbers> {
        Some(self.numbers(property, place, day, progress(day, &property.zone, now)?))
    }
}

fn delivered(seed: Seed, (property, place, day): (&str, usize, Date), progress: u64) -> Numbers {
    let number = u64::try_from(place).unwrap_or_default();
    let taste = seed.at(property.bytes().map(u64::from).sum()).at(number);
    let chance = taste.at(u64::try_from(day.duration_since(Date::ZERO).as_hours()).unwrap_or_default());
    if chance.at(0).once_in(7) {
        return Numbers::default();
    }
    if chance.at(1).once_in(31) {
        // A page view without a session that began on this day.
        return Numbers { page_views: 2, users: 1, ..Numbers::default() };
    }
    let rate = |place: u64, of: u64, low: u64, high: u64| share(of, chance.at(place).between(low, high));
    let size = taste.at(2).between(12, 900);
    let sessions = share(rate(3, size, 600_000, 1_400_000), progress);
    let mut goals = [Goal::default(); GOALS.len()];
    for (goal, number) in goals.iter_mut().zip(10_u64..) {
        let credited = rate(number, sessions * MILLION, 0, 90_000);
        let converting = credited.div_ceil(MILLION).min(sessions);
        *goal = Goal { events_millionths: credited, sessions: converting };
    }
    // Two thirds of the sales are of things with odd prices.
    let sold = goals[2].events_millionths / MILLION;
    Numbers {
        sessions,
        page_views: rate(4, sessions, 1_000_000, 6_000_000),
        seconds: rate(5, sessions * 100, 200_000, 2_900_000),
        users: rate(6, sessions, 700_000, 1_000_000),
        revenue_micros: sold * chance.at(7).between(499, 5_999) * 10_000,
        goals,
    }
}
