//! DDEX DSR flat files: tab separated records of many types (<https://kb.ddex.net>), read line by line.
//!
//! Only one block is in memory at a time, beside the summary records and the sums. What joins them: a usage names its
//! summary (territory, model, currency) and, within its block, its resource (ISRC).

mod record;

use std::io::BufRead;

use foldhash::{HashMap, HashMapExt};
use rows::Currency;

use self::record::{Cells, Head, first_isrc, unescaped};
use super::{
    codes,
    countries::Country,
    figures::{Context, Figures, Rows},
    kind::Kind,
    limits::{RECORD_BYTES_MAX, RESOURCES_MAX, SUMMARIES_MAX},
    numbers::Exact,
    refusal::Refusal,
    stores,
    sums::{Line, PlaceId, Sums, TrackId, TrackText},
    tally::{Problem, Tally},
    unit::Unit,
};

/// A summary record: what usages that name it have in common.
struct Summary {
    country: Country,
    kind: Option<Kind>,
    currency: Option<Currency>,
    /// What it says that its usages are together.
    said: Option<Exact>,
    /// What they are.
    seen: Exact,
}

/// The block that is being read.
#[derive(Default)]
struct Block {
    id: String,
    upc: Option<String>,
    by_reference: HashMap<String, TrackId>,
    by_dsp_id: HashMap<String, TrackId>,
    /// In the order of the file.
    all: Vec<TrackId>,
    /// Resources of further releases.
    releases: HashMap<String, Vec<String>>,
}

/// A file that is being read.
struct Dsr {
    head: Head,
    place: PlaceId,
    sums: Sums,
    summaries: HashMap<String, Summary>,
    block: Block,
    blocks: u64,
    records: u64,
    tally: Tally,
    is_over: bool,
}

/// Whether the text begins as a DSR file.
pub fn is_one(head: &str) -> bool {
    let first = head.lines().map(|line| line.trim_start_matches('\u{feff}')).find(|line| !is_ignored(line));
    let mut cells = first.unwrap_or_default().split('\t');
    cells.next().is_some_and(|kind| kind.eq_ignore_ascii_case("HEAD"))
        && cells.next().is_some_and(|version| version.to_ascii_lowercase().starts_with("dsrf"))
}

/// Reads all records.
pub fn read(mut reader: impl BufRead, context: &Context<'_>) -> Result<Figures, Refusal> {
    let (mut line, mut number, mut dsr) = (Vec::new(), 0_u64, None::<Dsr>);
    loop {
        line.clear();
        if !read_line(&mut reader, &mut line, number + 1)? {
            break;
        }
        number += 1;
        // It comes from a decoder, and line ends are no part of a character.
        let text = std::str::from_utf8(&line).unwrap_or_default();
        let text = text.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}');
        if is_ignored(text) {
            continue;
        }
        let cells = Cells::of(text);
        match &mut dsr {
            None => dsr = Some(Dsr::begin(&cells, context)?),
            Some(dsr) => dsr.record(&cells, number)?,
        }
    }
    let dsr = dsr.ok_or_else(|| Refusal::Truncated("it has no HEAD record".to_owned()))?;
    dsr.figures()
}

fn is_ignored(line: &str) -> bool {
    line.starts_with('#') || line.trim().is_empty()
}

/// Reads to the next line feed; false at the end.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, number: u64) -> Result<bool, Refusal> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(!line.is_empty());
        }
        let end = memchr::memchr(b'\n', buffer);
        let taken = end.map_or(buffer.len(), |end| end + 1);
        if line.len() + taken > RECORD_BYTES_MAX {
            return Err(Refusal::Excessive(format!("line {number} has more than {RECORD_BYTES_MAX} bytes")));
        }
        line.extend_from_slice(&buffer[..taken]);
        reader.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

// === impl Dsr ===

impl Dsr {
    fn begin(cells: &Cells<'_>, context: &Context<'_>) -> Result<Self, Refusal> {
        let head = Head::read(cells)?;
        let mut sums = Sums::default();
        let service = stores::service(&head.store, &context.reading.stores);
        if let Some(own) = context.reading.known.service.filter(|own| *own != service) {
            return Err(Refusal::Undecided(format!(
                "it reports usage of {service:?}, and here only {own} is read; a connection of `report_files` takes it"
            )));
        }
        let place = sums.place(&service, &head.store)?;
        Ok(Self {
            head,
            place,
            sums,
            summaries: HashMap::new(),
            block: Block::default(),
            blocks: 0,
            records: 1,
            tally: Tally::default(),
            is_over: false,
        })
    }

    fn record(&mut self, cells: &Cells<'_>, number: u64) -> Result<(), Refusal> {
        self.records += 1;
        if self.is_over {
            return Err(Refusal::Contradiction(format!("line {number} follows its last record")));
        }
        let kind = cells.text(1).to_ascii_uppercase();
        let family = kind.split('.').next().unwrap_or_default();
        let result = match family {
            "SY01" | "SY02" | "SY03" => self.summary(cells, true).map_err(|problem| without(problem, number)),
            _ if family.starts_with("SY") => self.summary(cells, false),
            "FOOT" => self.foot(cells),
            "SRFO" => self.single_foot(cells),
            _ => self.usage(family, cells),
        };
        match result {
            Ok(()) => Ok(()),
            Err(Problem::Line(why)) => {
                self.tally.reject(number, why);
                Ok(())
            }
            Err(Problem::File(refusal)) => Err(refusal),
        }
    }

    fn usage(&mut self, family: &str, cells: &Cells<'_>) -> Result<(), Problem> {
        if matches!(family, "RE01" | "RE02" | "AS01" | "AS02" | "AS03" | "SU01" | "SU02" | "SU03") {
            self.enter(cells.text(2));
        }
        match family {
            "RE01" => {
                self.block.upc = codes::upc(cells.text(7));
                Ok(())
            }
            "RE02" => {
                let used = cells.text(6).split('|').map(str::to_owned).take(RESOURCES_MAX).collect();
                if self.block.releases.len() < RESOURCES_MAX {
                    self.block.releases.insert(cells.text(3).to_owned(), used);
                }
                Ok(())
            }
            "AS01" | "AS02" => self.resource(cells),
            "SU01" => {
                let sold = cells.count(9)?;
                let returned = cells.optional(10)?.map(Exact::negative);
                let quantity = returned.map_or(Some(sold), |returned| sold.checked_add(returned));
                let quantity =
                    quantity.ok_or_else(|| Problem::Line("its usages have too many digits".to_owned()))?;
                self.add(cells.text(3), cells.text(13), Kind::Download, quantity, &self.of_block(cells)?)
            }
            "SU02" => {
                self.add(cells.text(3), cells.text(11), Kind::Stream, cells.count(8)?, &self.of_block(cells)?)
            }
            "SU03" => {
                let track = self.block.by_dsp_id.get(cells.text(5)).or(self.block.all.first()).copied();
                let track =
                    track.ok_or_else(|| Problem::Line("it names no resource of its block".to_owned()))?;
                self.add(cells.text(4), "", Kind::Ugc, cells.count(6)?, &[track])
            }
            "SR02" => {
                let isrc = first_isrc(cells.text(4));
                let upc = codes::upc(cells.text(24));
                let (title, artist) = (unescaped(cells.text(5)), unescaped(cells.text(7)));
                let names =
                    TrackText { isrc: isrc.as_deref(), upc: upc.as_deref(), title: &title, artist: &artist };
                let track = self.sums.track(names)?;
                self.add(cells.text(2), cells.text(38), Kind::Stream, cells.count(35)?, &[track])
            }
            // Usages of a type that is not known must not be lost in silence.
            _ if family.starts_with("SU") || family.starts_with("SR") => {
                self.tally.lines += 1;
                Err(Problem::Line("usages of this record type are not read".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Begins a block, when this is not the one that is being read.
    fn enter(&mut self, id: &str) {
        if self.blocks == 0 || self.block.id != id {
            self.blocks += 1;
            self.block = Block { id: id.to_owned(), ..Block::default() };
        }
    }

    fn resource(&mut self, cells: &Cells<'_>) -> Result<(), Problem> {
        if self.block.all.len() >= RESOURCES_MAX {
            let reason = format!("a block has more than {RESOURCES_MAX} resources");
            return Err(Problem::File(Refusal::Excessive(reason)));
        }
        let isrc = first_isrc(cells.text(5));
        let (title, artist) = (unescaped(cells.text(6)), unescaped(cells.text(8)));
        let upc = self.block.upc.as_deref();
        let track =
            self.sums.track(TrackText { isrc: isrc.as_deref(), upc, title: &title, artist: &artist })?;
        self.block.by_reference.insert(cells.text(3).to_owned(), track);
        self.block.by_dsp_id.insert(cells.text(4).to_owned(), track);
        self.block.all.push(track);
        Ok(())
    }

    /// The resources that a usage is about: the one that it names, else all of the release that it names.
    fn of_block(&self, cells: &Cells<'_>) -> Result<Vec<TrackId>, Problem> {
        let (release, resource) = (cells.text(5), cells.text(6));
        let find = |reference: &str| {
            let found =
                self.block.by_reference.get(reference).or_else(|| self.block.by_dsp_id.get(reference));
            found.copied().ok_or_else(|| Problem::Line("it names no resource of its block".to_owned()))
        };
        if !resource.is_empty() {
            return find(resource).map(|track| vec![track]);
        }
        match self.block.releases.get(release) {
            Some(used) => used.iter().map(|reference| find(reference)).collect(),
            None if self.block.all.is_empty() => Err(Problem::Line("its block has no resources".to_owned())),
            None => Ok(self.block.all.clone()),
        }
    }

    fn add(
        &mut self,
        summary: &str,
        use_type: &str,
        usual: Kind,
        quantity: Exact,
        tracks: &[TrackId],
    ) -> Result<(), Problem> {
        self.tally.lines += 1;
        let summary = self.summaries.get_mut(summary);
        let summary = summary.ok_or_else(|| Problem::Line("it names no summary record".to_owned()))?;
        let too_long = || Problem::Line("its usages have too many digits".to_owned());
        summary.seen = summary.seen.checked_add(quantity).ok_or_else(too_long)?;
        let kind = match usual {
            // Videos of other people, whatever they are called.
            Kind::Ugc => Kind::Ugc,
            usual => Kind::of_words(use_type).or(summary.kind).unwrap_or(usual),
        };
        let line = Line {
            country: summary.country,
            period: self.head.period,
            statement: None,
            kind: if quantity.is_negative() { Kind::Adjustment } else { kind },
            currency: summary.currency,
            quantity: Some(quantity),
            revenue: None,
            gross: None,
        };
        for track in tracks {
            self.sums.add(*track, self.place, &line)?;
        }
        Ok(())
    }

    /// `has_figures`: the cells behind the territory are those of SY01 to SY03.
    fn summary(&mut self, cells: &Cells<'_>, has_figures: bool) -> Result<(), Problem> {
        if self.summaries.len() >= SUMMARIES_MAX {
            let reason = format!("it has more than {SUMMARIES_MAX} summary records");
            return Err(Problem::File(Refusal::Excessive(reason)));
        }
        let figure = |cell| if has_figures { cells.optional(cell) } else { Ok(None) };
        let (said, revenue) = (figure(9)?, figure(12)?);
        let currency = if has_figures { Currency::parse(cells.text(11)).ok() } else { None };
        let country = Country::read(cells.text(7));
        let kind = Kind::of_words(cells.text(6));
        let summary = Summary { country, kind, currency, said, seen: Exact::ZERO };
        if self.summaries.insert(cells.text(2).to_owned(), summary).is_some() {
            let reason = "two of its summary records have one id".to_owned();
            return Err(Problem::File(Refusal::Contradiction(reason)));
        }
        // Every file of a set repeats the summaries of all: their money counts in the first.
        if let (Some(revenue), Some(currency), 1) = (revenue, currency, self.head.file_number) {
            let track = self.sums.track(TrackText::default())?;
            let line = Line {
                country,
                period: self.head.period,
                statement: None,
                kind: kind.unwrap_or(Kind::Other),
                currency: Some(currency),
                // Counted with each track.
                quantity: None,
                revenue: Some(revenue),
                gross: None,
            };
            self.sums.add(track, self.place, &line)?;
        }
        Ok(())
    }

    fn foot(&mut self, cells: &Cells<'_>) -> Result<(), Problem> {
        self.is_over = true;
        expect("records", cells.text(2), self.records)?;
        expect("summary records", cells.text(4), self.summaries.len() as u64)?;
        expect("blocks", cells.text(5), self.blocks)
    }

    fn single_foot(&mut self, cells: &Cells<'_>) -> Result<(), Problem> {
        self.is_over = true;
        if self.head.files == 1 {
            expect("records", cells.text(2), self.records)?;
        }
        expect("summary records", cells.text(3), self.summaries.len() as u64)
    }

    fn figures(self) -> Result<Figures, Refusal> {
        if !self.is_over {
            return Err(Refusal::Truncated("its last record, FOOT, is missing".to_owned()));
        }
        self.tally.check("dsr")?;
        if self.head.files == 1 && self.tally.rejected == 0 {
            let wrong =
                self.summaries.values().find(|summary| summary.said.is_some_and(|said| said != summary.seen));
            if let Some(Summary { country, said: Some(said), seen, .. }) = wrong {
                return Err(Refusal::Contradiction(format!(
                    "a summary of {} says {said} usages, and its records {seen}",
                    country.as_str()
                )));
            }
        }
        let mut countries: Vec<Country> = self.summaries.values().map(|summary| summary.country).collect();
        countries.sort_unstable();
        countries.dedup();
        let territory = if let [one] = countries[..] { one.as_str().to_owned() } else { String::new() };
        let Head { sender, service, period, file_number, created_at, .. } = self.head;
        let unit = Unit::Dsr { sender, service, period, territory, file_number, created_at };
        let mut notes = Vec::new();
        if file_number != 1 {
            notes.push("the amounts of its summaries come with the first file of its set".to_owned());
        }
        Ok(Figures {
            rows: Rows::Sums(Box::new(self.sums.closed())),
            tally: self.tally,
            unit,
            period: Some(period),
            notes,
        })
    }
}

/// A file without one of its summaries has neither its money nor the country of its usages.
fn without(problem: Problem, number: u64) -> Problem {
    match problem {
        Problem::Line(why) => Problem::File(Refusal::Undecided(format!(
            "its summary record in line {number} cannot be read ({why}): ask its sender for a right one"
        ))),
        file @ Problem::File(_) => file,
    }
}

/// What the last record counts, held to what was read.
fn expect(what: &str, said: &str, found: u64) -> Result<(), Problem> {
    match said.parse::<u64>() {
        Ok(said) if said > found => Err(Problem::File(Refusal::Truncated(format!(
            "its last record counts {said} {what}, and it has {found}"
        )))),
        Ok(said) if said < found => Err(Problem::File(Refusal::Contradiction(format!(
            "its last record counts {said} {what}, and it has {found}"
        )))),
        // Left out, or no number: nothing to hold it to.
        _ => Ok(()),
    }
}
