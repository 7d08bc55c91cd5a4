//! What lines come to: by currency; and for people by track and service, store, country, period and month of sale.

use std::collections::BTreeMap;

use rows::{Currency, Day, DayRange};

use super::line::{Amounts, Key, Line};

/// Tracks by service that are shown in one currency: more than anybody reads, and few enough to be kept.
const TRACKS_MAX: usize = 5_000;
/// Stores, countries or periods that are shown: a file can name as many as it has lines.
const GROUPS_MAX: usize = 2_000;

/// Grows line by line, in their order.
pub(super) struct Summary {
    shown: Shown,
    /// Whether more than totals is wanted.
    in_parts: bool,
    /// The one that lines belong to now: those of one track and service come together.
    track: Option<TrackSum>,
}

/// What is shown.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// By currency, which are never added.
    pub totals: BTreeMap<Option<Currency>, Amounts>,
    /// By currency: tracks by service, most revenue first.
    pub tracks: BTreeMap<Option<Currency>, Tracks>,
    /// By service and store.
    pub stores: Groups<(String, String)>,
    pub countries: Groups<String>,
    pub periods: Groups<DayRange>,
    /// By currency: of sales within one calendar month, by its first day.
    pub months: BTreeMap<Option<Currency>, BTreeMap<Day, Amounts>>,
    /// By currency: of sales of other periods, which stay what they are.
    pub not_of_a_month: BTreeMap<Option<Currency>, Amounts>,
    /// Whether tracks of several tenants are among them.
    pub has_tenants: bool,
}

/// The tracks of one currency.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    pub shown: Vec<TrackSum>,
    /// How many are not shown: they have less revenue than all that are.
    pub left_out: usize,
}

/// A track at a service.
#[derive(Debug, Clone)]
pub(super) struct TrackSum {
    pub tenant: String,
    pub track_id: String,
    pub service: String,
    pub currency: Option<Currency>,
    pub isrc: Option<String>,
    pub title: Option<String>,
    pub artist_name: Option<String>,
    pub amounts: Amounts,
}

/// Sums by something and currency.
#[derive(Debug)]
pub(super) struct Groups<K> {
    pub sums: BTreeMap<(K, Option<Currency>), Amounts>,
    /// By currency: of all that there was no room for.
    pub others: BTreeMap<Option<Currency>, Amounts>,
}

// === impl Summary ===

impl Summary {
    pub fn new(in_parts: bool) -> Self {
        Self { shown: Shown::default(), in_parts, track: None }
    }

    pub fn add(&mut self, line: &Line) {
        let Key { service, store, country, period, currency, .. } = &line.key;
        self.shown.totals.entry(*currency).or_default().merge(&line.amounts);
        if !self.in_parts {
            return;
        }
        match &mut self.track {
            Some(track) if track.has(line) => track.merge(line),
            _ => self.next_track(Some(TrackSum::new(line))),
        }
        let shown = &mut self.shown;
        shown.stores.add((service.clone(), store.clone()), *currency, &line.amounts);
        shown.countries.add(country.clone(), *currency, &line.amounts);
        shown.periods.add(*period, *currency, &line.amounts);
        let month = period.first.first_of_month();
        let of_month = if month == period.last.first_of_month() {
            shown.months.entry(*currency).or_default().entry(month).or_default()
        } else {
            shown.not_of_a_month.entry(*currency).or_default()
        };
        of_month.merge(&line.amounts);
    }

    pub fn end(mut self) -> Shown {
        self.next_track(None);
        for tracks in self.shown.tracks.values_mut() {
            tracks.keep_best();
        }
        self.shown
    }

    fn next_track(&mut self, next: Option<TrackSum>) {
        let Some(track) = std::mem::replace(&mut self.track, next) else { return };
        let is_others = self.track.as_ref().is_some_and(|next| next.tenant != track.tenant);
        self.shown.has_tenants |= is_others;
        let tracks = self.shown.tracks.entry(track.currency).or_default();
        tracks.shown.push(track);
        if tracks.shown.len() >= 2 * TRACKS_MAX {
            tracks.keep_best();
        }
    }
}

// === impl Tracks ===

impl Tracks {
    fn keep_best(&mut self) {
        let worth = |track: &TrackSum| track.amounts.revenue.known().and_then(rows::Decimal::micros);
        self.shown.sort_by(|a, b| {
            let name = |of: &TrackSum| (of.tenant.clone(), of.track_id.clone(), of.service.clone());
            worth(b).cmp(&worth(a)).then_with(|| name(a).cmp(&name(b)))
        });
        self.left_out += self.shown.len().saturating_sub(TRACKS_MAX);
        self.shown.truncate(TRACKS_MAX);
    }
}

// === impl TrackSum ===

impl TrackSum {
    fn new(line: &Line) -> Self {
        let Key { tenant, track_id, service, currency, .. } = &line.key;
        Self {
            tenant: tenant.clone(),
            track_id: track_id.clone(),
            service: service.clone(),
            currency: *currency,
            isrc: line.isrc.clone(),
            title: line.title.clone(),
            artist_name: line.artist_name.clone(),
            amounts: line.amounts,
        }
    }

    fn has(&self, line: &Line) -> bool {
        let Key { tenant, track_id, service, currency, .. } = &line.key;
        self.track_id == *track_id
            && self.service == *service
            && self.currency == *currency
            && self.tenant == *tenant
    }

    fn merge(&mut self, line: &Line) {
        self.amounts.merge(&line.amounts);
        for (ours, theirs) in [
            (&mut self.isrc, &line.isrc),
            (&mut self.title, &line.title),
            (&mut self.artist_name, &line.artist_name),
        ] {
            if ours.is_none() {
                ours.clone_from(theirs);
            }
        }
    }

    /// What people call it: its title, or what it is known by.
    pub fn name(&self) -> &str {
        match (&self.title, self.track_id.split_once(':')) {
            (Some(title), _) => title,
            (None, Some((_, id))) => id,
            (None, None) => "(no single track)",
        }
    }
}

// === impl Groups ===

impl<K: Ord> Groups<K> {
    fn add(&mut self, key: K, currency: Option<Currency>, amounts: &Amounts) {
        let key = (key, currency);
        if let Some(sum) = self.sums.get_mut(&key) {
            sum.merge(amounts);
        } else if self.sums.len() < GROUPS_MAX {
            self.sums.insert(key, *amounts);
        } else {
            self.others.entry(currency).or_default().merge(amounts);
        }
    }
}

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self { sums: BTreeMap::new(), others: BTreeMap::new() }
    }
}
