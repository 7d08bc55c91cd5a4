//! Lines added up by key, exactly, in little memory: half a million distinct keys take about forty megabytes with the titles of half as many tracks.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, Hash},
};

use foldhash::fast::FixedState;
use hashbrown::{HashTable, hash_table::Entry};
use rows::{Currency, DayRange};

use super::{
    codes::{Code, Held},
    countries::Country,
    kind::Kind,
    limits::{DISTINCT_MAX, ROWS_MAX, TEXT_BYTES_MAX, TEXTS_BYTES_MAX},
    numbers::Exact,
    refusal::Refusal,
    row::Royalty,
};

/// Lines of one file, added up.
#[derive(Debug, Default)]
pub struct Sums {
    texts: Texts,
    tracks: Vec<TrackNames>,
    track_index: HashTable<u32>,
    places: Distinct<(String, String)>,
    periods: Distinct<DayRange>,
    statements: Distinct<String>,
    currencies: Distinct<Currency>,
    keys: Vec<Key>,
    key_index: HashTable<u32>,
    quantities: Column,
    revenues: Column,
    gross: Column,
    lines: Vec<u32>,
    statement_of: Vec<u16>,
    totals: BTreeMap<Option<Currency>, Total>,
    hasher: FixedState,
}

/// A track of these sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrackId(u32);

/// A place of these sums: service and store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlaceId(u16);

/// How a line names its track.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrackText<'a> {
    /// A valid ISRC.
    pub isrc: Option<&'a str>,
    /// A valid UPC.
    pub upc: Option<&'a str>,
    /// As written.
    pub title: &'a str,
    /// As written.
    pub artist: &'a str,
}

/// One line, without its track and place.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Where.
    pub country: Country,
    /// When.
    pub period: DayRange,
    /// Of which statement.
    pub statement: Option<&'a str>,
    /// What about.
    pub kind: Kind,
    /// Of the amounts.
    pub currency: Option<Currency>,
    /// How many.
    pub quantity: Option<Exact>,
    /// What is paid.
    pub revenue: Option<Exact>,
    /// Before shares.
    pub gross: Option<Exact>,
}

/// All lines of one currency, added up line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// How many lines.
    pub lines: u64,
    /// The sum of what they say; lines that say no amount are left out.
    pub revenue: Exact,
    /// The sum of quantities of kind `stream`.
    pub streams: Exact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    track: u32,
    place: u16,
    period: u16,
    country: Country,
    kind: Kind,
    /// An index into the currencies, from 1; 0 is none.
    currency: u8,
}

#[derive(Debug, Clone, Copy)]
struct TrackNames {
    /// Its ISRC, else its UPC, else the number of its title in lower case, else none.
    id: Code,
    upc: Code,
    title: u32,
    artist: u32,
}

/// Texts, each once.
#[derive(Debug, Default)]
struct Texts {
    bytes: String,
    ends: Vec<u32>,
    index: HashTable<u32>,
    hasher: FixedState,
}

/// Few values, each once.
#[derive(Debug)]
struct Distinct<T> {
    values: Vec<T>,
    index: HashTable<u16>,
    hasher: FixedState,
}

/// A number of each key, in nine bytes. As long as no line says one, it takes no memory.
#[derive(Debug, Default)]
struct Column {
    /// Their digits.
    mantissas: Vec<i64>,
    /// How many of these stand behind the point, or [`UNKNOWN`], or [`LARGE`].
    scales: Vec<u8>,
    /// Those with more digits, by key: hardly any.
    large: HashMap<usize, Exact, FixedState>,
}

/// No number.
const UNKNOWN: u8 = u8::MAX;
/// One that stands in [`Column::large`].
const LARGE: u8 = u8::MAX - 1;

/// [`Sums::statement_of`] of a key with lines of several statements.
const SEVERAL: u16 = u16::MAX;
/// … of a key without.
const NO_STATEMENT: u16 = u16::MAX - 1;
/// No text.
const ABSENT: u32 = u32::MAX;

// === impl Sums ===

impl Sums {
    /// Finds or adds a track. Names that were missing are completed by later lines.
    pub fn track(&mut self, text: TrackText<'_>) -> Result<TrackId, Refusal> {
        let title = cleaned(text.title);
        let upc = text.upc.map_or(Code::NONE, Code::upc);
        let id = match text.isrc {
            Some(isrc) => Code::isrc(isrc),
            None if upc != Code::NONE => upc,
            None if title.is_empty() => Code::NONE,
            None => Code::number(self.texts.add(&title.to_lowercase())?),
        };
        let hash = self.hasher.hash_one(id);
        let tracks = &self.tracks;
        let same = |index: &u32| tracks[*index as usize].id == id;
        let known = self.track_index.find(hash, same).copied();
        let index = if let Some(index) = known {
            index
        } else {
            let index = position(self.tracks.len())?;
            self.tracks.push(TrackNames { id, upc, title: ABSENT, artist: ABSENT });
            let (tracks, hasher) = (&self.tracks, &self.hasher);
            self.track_index.insert_unique(hash, index, |index| hasher.hash_one(tracks[*index as usize].id));
            index
        };
        let mut names = self.tracks[index as usize];
        if names.upc == Code::NONE {
            names.upc = upc;
        }
        for (name, text) in [(&mut names.title, title), (&mut names.artist, cleaned(text.artist))] {
            if *name == ABSENT && !text.is_empty() {
                *name = self.texts.add(&text)?;
            }
        }
        self.tracks[index as usize] = names;
        Ok(TrackId(index))
    }

    /// Finds or adds a service and store.
    pub fn place(&mut self, service: &str, store: &str) -> Result<PlaceId, Refusal> {
        let store = &cleaned(store);
        let is = |(own_service, own_store): &(String, String)| own_service == service && own_store == store;
        self.places.add((service, store), is, || (service.to_owned(), store.to_owned())).map(PlaceId)
    }

    /// Adds one line to its key.
    pub fn add(&mut self, track: TrackId, place: PlaceId, line: &Line<'_>) -> Result<(), Refusal> {
        let period = self.periods.add(line.period, |own| *own == line.period, || line.period)?;
        let statement = match line.statement {
            Some(text) => self.statements.add(text, |own| own == text, || text.to_owned())?,
            None => NO_STATEMENT,
        };
        let currency = match line.currency {
            Some(currency) => self.currencies.add(currency, |own| *own == currency, || currency)? + 1,
            None => 0,
        };
        let currency = u8::try_from(currency)
            .map_err(|_| Refusal::Excessive("it has amounts in more than 254 currencies".to_owned()))?;
        let (country, kind) = (line.country, line.kind);
        let key = Key { track: track.0, place: place.0, period, country, kind, currency };
        self.count(line)?;
        let (keys, hasher) = (&self.keys, &self.hasher);
        let entry = self.key_index.entry(
            hasher.hash_one(key),
            |index| keys[*index as usize] == key,
            |index| hasher.hash_one(keys[*index as usize]),
        );
        match entry {
            Entry::Occupied(entry) => {
                let index = *entry.get() as usize;
                self.lines[index] = self.lines[index].saturating_add(1);
                if self.statement_of[index] != statement {
                    self.statement_of[index] = SEVERAL;
                }
                self.quantities.add(index, line.quantity)?;
                self.revenues.add(index, line.revenue)?;
                self.gross.add(index, line.gross)
            }
            Entry::Vacant(entry) => {
                let index = self.keys.len();
                if index >= ROWS_MAX {
                    return Err(Refusal::Excessive(format!(
                        "it has more than {ROWS_MAX} distinct tracks, stores, countries and periods; split it"
                    )));
                }
                entry.insert(position(index)?);
                self.keys.push(key);
                self.lines.push(1);
                self.statement_of.push(statement);
                self.quantities.set(index, line.quantity);
                self.revenues.set(index, line.revenue);
                self.gross.set(index, line.gross);
                Ok(())
            }
        }
    }

    fn count(&mut self, line: &Line<'_>) -> Result<(), Refusal> {
        let none = Total { lines: 0, revenue: Exact::ZERO, streams: Exact::ZERO };
        let total = self.totals.entry(line.currency).or_insert(none);
        total.lines += 1;
        if let Some(revenue) = line.revenue {
            total.revenue = total.revenue.checked_add(revenue).ok_or_else(too_long)?;
        }
        if let (Kind::Stream, Some(quantity)) = (line.kind, line.quantity) {
            total.streams = total.streams.checked_add(quantity).ok_or_else(too_long)?;
        }
        Ok(())
    }

    /// When there are no more lines: what only finds keys takes no more memory.
    #[must_use]
    pub fn closed(mut self) -> Self {
        (self.track_index, self.key_index, self.texts.index) = Default::default();
        self.texts.bytes.shrink_to_fit();
        self.texts.ends.shrink_to_fit();
        self.tracks.shrink_to_fit();
        self.keys.shrink_to_fit();
        self.lines.shrink_to_fit();
        self.statement_of.shrink_to_fit();
        for column in [&mut self.quantities, &mut self.revenues, &mut self.gross] {
            column.shrink();
        }
        self
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Without keys.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What all lines are together, by currency.
    pub fn totals(&self) -> &BTreeMap<Option<Currency>, Total> {
        &self.totals
    }

    /// From the first to the last day of all lines.
    pub fn period(&self) -> Option<DayRange> {
        let first = self.periods.values.iter().map(|range| range.first).min()?;
        let last = self.periods.values.iter().map(|range| range.last).max()?;
        DayRange::new(first, last)
    }

    /// The statements of all lines, as they came.
    pub fn statements(&self) -> &[String] {
        &self.statements.values
    }

    /// The sums of a key, in the order in which keys came; `None` behind the last.
    pub fn row(&self, index: usize) -> Option<Royalty> {
        let key = *self.keys.get(index)?;
        let names = *self.tracks.get(key.track as usize)?;
        let text = |id: u32| self.texts.get(id).map(str::to_owned);
        let (track_id, isrc) = match names.id.held() {
            Held::Isrc(isrc) => (format!("isrc:{isrc}"), Some(isrc)),
            Held::Upc(upc) => (format!("upc:{upc}"), None),
            Held::Number(title) => (format!("name:{}", text(title).unwrap_or_default()), None),
            Held::None => (String::new(), None),
        };
        let (service, store) = self.places.values.get(usize::from(key.place))?.clone();
        let revenue_exact = self.revenues.get(index);
        Some(Royalty {
            isrc,
            service,
            store,
            country: key.country,
            period: *self.periods.values.get(usize::from(key.period))?,
            kind: key.kind,
            currency: key.currency.checked_sub(1).map(|index| self.currencies.values[usize::from(index)]),
            quantity: self.quantities.get(index),
            revenue: revenue_exact.and_then(Exact::to_micros),
            revenue_exact,
            gross: self.gross.get(index).and_then(Exact::to_micros),
            upc: match names.upc.held() {
                Held::Upc(upc) => Some(upc),
                _ => None,
            },
            title: text(names.title),
            artist_name: text(names.artist),
            statement_period: self.statements.values.get(usize::from(self.statement_of[index])).cloned(),
            lines: self.lines[index],
            track_id,
        })
    }
}

// === impl Texts ===

impl Texts {
    fn get(&self, id: u32) -> Option<&str> {
        let end = *self.ends.get(id as usize)? as usize;
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before as usize] as usize);
        self.bytes.get(start..end)
    }

    fn add(&mut self, text: &str) -> Result<u32, Refusal> {
        let hash = self.hasher.hash_one(text);
        if let Some(id) = self.index.find(hash, |id| self.get(*id) == Some(text)) {
            return Ok(*id);
        }
        if self.bytes.len() + text.len() > TEXTS_BYTES_MAX {
            return Err(Refusal::Excessive(format!(
                "its distinct titles and names have more than {TEXTS_BYTES_MAX} bytes; split it"
            )));
        }
        let id = position(self.ends.len())?;
        self.bytes.push_str(text);
        self.ends.push(position(self.bytes.len())?);
        let mut index = std::mem::take(&mut self.index);
        index.insert_unique(hash, id, |id| self.hasher.hash_one(self.get(*id).unwrap_or_default()));
        self.index = index;
        Ok(id)
    }
}

// === impl Distinct ===

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { values: Vec::new(), index: HashTable::new(), hasher: FixedState::default() }
    }
}

impl<T: Hash> Distinct<T> {
    /// Finds or adds what hashes like `like`.
    fn add(
        &mut self,
        like: impl Hash,
        is: impl Fn(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> Result<u16, Refusal> {
        let hash = self.hasher.hash_one(like);
        if let Some(index) = self.index.find(hash, |index| is(&self.values[usize::from(*index)])) {
            return Ok(*index);
        }
        let index = u16::try_from(self.values.len()).ok().filter(|index| usize::from(*index) < DISTINCT_MAX);
        let index = index.ok_or_else(|| {
            Refusal::Excessive(format!(
                "it has more than {DISTINCT_MAX} different stores, periods or statements"
            ))
        })?;
        self.values.push(make());
        let (values, hasher) = (&self.values, &self.hasher);
        self.index.insert_unique(hash, index, |index| hasher.hash_one(&values[usize::from(*index)]));
        Ok(index)
    }
}

// === impl Column ===

impl Column {
    fn get(&self, index: usize) -> Option<Exact> {
        match *self.scales.get(index)? {
            UNKNOWN => None,
            LARGE => self.large.get(&index).copied(),
            scale => Some(Exact::new(self.mantissas[index].into(), scale)),
        }
    }

    fn set(&mut self, index: usize, value: Option<Exact>) {
        if value.is_some() {
            self.mantissas.resize(index + 1, 0);
            self.scales.resize(index + 1, UNKNOWN);
            self.put(index, value);
        }
    }

    /// A sum with an unknown part is unknown.
    fn add(&mut self, index: usize, value: Option<Exact>) -> Result<(), Refusal> {
        if index >= self.scales.len() {
            return Ok(());
        }
        let sum = match (self.get(index), value) {
            (Some(sum), Some(value)) => Some(sum.checked_add(value).ok_or_else(too_long)?),
            _ => None,
        };
        self.put(index, sum);
        Ok(())
    }

    fn put(&mut self, index: usize, value: Option<Exact>) {
        let fits = |value: Exact| Some((i64::try_from(value.mantissa()).ok()?, value.decimals()));
        (self.mantissas[index], self.scales[index]) = match (value, value.and_then(fits)) {
            (_, Some(parts)) => parts,
            (None, None) => (0, UNKNOWN),
            (Some(value), None) => {
                self.large.insert(index, value);
                (0, LARGE)
            }
        };
    }

    fn shrink(&mut self) {
        self.mantissas.shrink_to_fit();
        self.scales.shrink_to_fit();
    }
}

fn too_long() -> Refusal {
    Refusal::Excessive("a sum of its amounts has more than 38 digits".to_owned())
}

fn position(index: usize) -> Result<u32, Refusal> {
    u32::try_from(index)
        .map_err(|_| Refusal::Excessive("it has too many distinct values; split it".to_owned()))
}

/// Without control characters, and not longer than any title.
pub fn cleaned(text: &str) -> String {
    let text = text.trim();
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    if text.contains(char::is_control) {
        text.chars().filter(|c| !c.is_control()).collect()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reports::numbers::Decimal;

    /// Whole, with few and with many digits, beyond what fits into 64 bits; or nothing.
    fn number() -> impl Strategy<Value = Option<Exact>> {
        let text = prop_oneof![
            "-?[0-9]{1,6}",
            "-?[0-9]{1,3}\\.[0-9]{1,17}",
            "-?[1-9][0-9]{16}\\.[0-9]{17}",
            Just("0".to_owned())
        ];
        proptest::option::weighted(0.8, text.prop_map(|text| Exact::parse(&text, Decimal::Point).unwrap()))
    }

    proptest! {
        /// Column and plain list come to the same, whatever is added to what.
        #[test]
        fn a_column_keeps_every_number(values in prop::collection::vec((0_usize..8, number()), 0..40)) {
            let (mut column, mut plain, mut places) = (Column::default(), Vec::<Option<Exact>>::new(), Vec::new());
            for (key, value) in values {
                let known = places.iter().position(|place| *place == key);
                if let Some(index) = known {
                    column.add(index, value).unwrap();
                    plain[index] = match (plain[index], value) {
                        (Some(sum), Some(value)) => Some(sum.checked_add(value).unwrap()),
                        _ => None,
                    };
                } else {
                    column.set(places.len(), value);
                    plain.push(value);
                    places.push(key);
                }
                for (index, value) in plain.iter().enumerate() {
                    prop_assert_eq!(column.get(index), *value);
                }
            }
        }
    }
}
