//! Statements of money and quantities: lines added up by key.

use rows::{Currency, DayRange};

use super::{
    codes,
    countries::Country,
    dates::{self, Format, MONTHS},
    figures::{Context, Figures, Names, Rows},
    kind::{self, Kind},
    layout::{Field, KindRule, UnitRule},
    numbers::{self, Exact},
    recognise::Recognised,
    records::{Record, Records},
    refusal::Refusal,
    stated::Stated,
    stores,
    sums::{Line, Sums, TrackText, cleaned},
    tally::{Problem, Tally},
    transactions::Transactions,
    unit::Unit,
};

/// Beginnings of lines that add up the lines above.
const TOTALS: &[&str] =
    &["total", "sub total", "subtotal", "sub-total", "grand total", "итого", "всего", "合計", "小計"];

/// What the whole file says, beside its lines.
struct Statement<'a> {
    recognised: &'a Recognised,
    context: &'a Context<'a>,
    /// From a preamble, a name or a person.
    period: Option<DayRange>,
    currency: Option<Currency>,
    sums: Sums,
    transactions: Transactions,
    stated: Stated,
    /// Lines whose cell for an ISRC holds something else: how many, and the first.
    without_isrc: (u64, u64),
    /// The last store and its service: neighbours mostly share it.
    last_store: (String, String),
}

/// Reads all lines.
pub fn read(
    records: &mut dyn Records,
    recognised: &Recognised,
    context: &Context<'_>,
    names: &Names,
) -> Result<Figures, Refusal> {
    let (said_period, said_currency) = said(&recognised.preamble);
    let mut statement = Statement {
        recognised,
        context,
        period: said_period.or(context.period).or(names.period),
        currency: said_currency.or(recognised.bound.currency).or(recognised.layout.currency),
        sums: Sums::default(),
        transactions: Transactions::default(),
        stated: Stated::default(),
        without_isrc: (0, 0),
        last_store: <(String, String)>::default(),
    };
    statement.currency = statement.currency.or(context.reading.currency);
    let (mut tally, mut record) = (Tally::default(), Record::default());
    while records.advance(&mut record)? {
        if record.is_empty() {
            continue;
        }
        if statement.is_total(&record) {
            statement.stated.total(&record, statement.cell(&record, Field::Revenue), recognised.decimal);
            tally.skipped += 1;
            continue;
        }
        let result = match recognised.short(&record, records.leaves_out()) {
            Some(why) => Err(Problem::Line(why)),
            None => statement.add(&record),
        };
        match result {
            Ok(true) => tally.lines += 1,
            Ok(false) => {
                statement.stated.forget();
                tally.skipped += 1;
            }
            Err(Problem::Line(why)) => {
                statement.stated.forget();
                tally.lines += 1;
                tally.reject(record.line, why);
            }
            Err(Problem::File(refusal)) => return Err(refusal),
        }
    }
    recognised.cut(records, &record)?;
    statement.figures(tally)
}

// === impl Statement ===

impl Statement<'_> {
    fn cell<'r>(&self, record: &'r Record, field: Field) -> &'r str {
        self.recognised.bound.column(field).map_or("", |column| record.get(column))
    }

    fn has(&self, field: Field) -> bool {
        self.recognised.bound.column(field).is_some()
    }

    fn is_total(&self, record: &Record) -> bool {
        let first = record.cells().find(|cell| !cell.is_empty()).unwrap_or_default().to_lowercase();
        let is_named = TOTALS.iter().any(|word| {
            first.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphabetic) || rest == "s")
        });
        is_named && self.cell(record, Field::Isrc).is_empty() && self.cell(record, Field::Title).is_empty()
    }

    /// Adds a line; false when it is none on purpose.
    fn add(&mut self, record: &Record) -> Result<bool, Problem> {
        let store = self.cell(record, Field::Store);
        let Some((kind, takes_back)) = self.kind(record, store) else { return Ok(false) };
        let is_product = self.cell(record, Field::Unit).eq_ignore_ascii_case("product");
        let field = if is_product { Field::ProductQuantity } else { Field::Quantity };
        let back = |value: Exact| if takes_back { value.negative() } else { value };
        let quantity = self.number(record, field, "quantity")?.map(back);
        let revenue = self.number(record, Field::Revenue, "amount")?;
        if takes_back {
            self.stated.forget();
        }
        self.stated.add(self.cell(record, Field::Revenue), self.recognised.decimal, revenue);
        let revenue = revenue.map(back);
        let gross = self.number(record, Field::Gross, "gross amount")?.map(back);
        let kind = if quantity.is_some_and(Exact::is_negative) { Kind::Adjustment } else { kind };
        let currency = if revenue.is_some() || gross.is_some() { Some(self.currency(record)?) } else { None };
        let period = self.period(record)?;
        let statement = self.statement(record);
        let country = Country::read(self.cell(record, Field::Country));
        self.find_service(store);
        let place = self.sums.place(&self.last_store.1, &self.last_store.0)?;
        let title = self.cell(record, Field::Title);
        let isrc = self.isrc(record)?.or_else(|| {
            self.context.reading.titles.get(&title.to_lowercase()).and_then(|code| codes::isrc(code))
        });
        let upc = codes::upc(self.cell(record, Field::Upc));
        let artist = self.cell(record, Field::Artist);
        let names = TrackText { isrc: isrc.as_deref(), upc: upc.as_deref(), title, artist };
        let track = self.sums.track(names)?;
        let statement = statement.as_deref();
        let line = Line { country, period, statement, kind, currency, quantity, revenue, gross };
        self.sums.add(track, place, &line)?;
        self.note_transaction(record)?;
        Ok(true)
    }

    /// The recording's code. A cell that holds none may say that there is none, or be broken.
    fn isrc(&mut self, record: &Record) -> Result<Option<String>, Problem> {
        let text = self.cell(record, Field::Isrc);
        if !text.is_ascii() {
            return Err(Problem::Line("the ISRC has characters that no code has".to_owned()));
        }
        let isrc = codes::isrc(text).or_else(|| codes::isrc(self.cell(record, Field::Reference)));
        if isrc.is_none() && !numbers::is_blank(text) {
            if self.without_isrc.0 == 0 {
                self.without_isrc.1 = record.line;
            }
            self.without_isrc.0 += 1;
        }
        Ok(isrc)
    }

    /// A line without an id is known by what it says.
    fn note_transaction(&mut self, record: &Record) -> Result<(), Refusal> {
        if self.recognised.layout.unit != UnitRule::Transactions {
            return Ok(());
        }
        match self.cell(record, Field::Transaction) {
            "" => {
                let said = [Field::Date, Field::Kind, Field::Title, Field::Revenue, Field::Currency];
                self.transactions.add(&said.map(|field| self.cell(record, field)))
            }
            id => self.transactions.add(&[id]),
        }
    }

    /// What a line is about, and whether it takes a sale back; `None` for what is no figure.
    fn kind(&self, record: &Record, store: &str) -> Option<(Kind, bool)> {
        let (text, void) = (self.cell(record, Field::Kind), self.cell(record, Field::Void));
        let takes_back = kind::takes_back(text) || kind::takes_back(void);
        if takes_back {
            return Some((Kind::Adjustment, true));
        }
        let by_words = Kind::of_words(text);
        let unit = self.cell(record, Field::Unit).to_lowercase();
        let is_release = matches!(unit.as_str(), "album" | "product");
        let kind = match self.recognised.layout.kinds {
            KindRule::Bandcamp => match text.to_lowercase().as_str() {
                "payout" => return None,
                "track" | "album" => Kind::Download,
                "package" | "merch" => Kind::Physical,
                // Never a stream.
                _ => by_words.filter(|kind| *kind != Kind::Stream).unwrap_or(Kind::Other),
            },
            KindRule::Words => by_words.unwrap_or(Kind::Other),
            KindRule::Store if !numbers::is_blank(text) => by_words.unwrap_or(Kind::Other),
            KindRule::Store if store.is_empty() => {
                stores::usual_kind(self.recognised.layout.service.as_deref().unwrap_or_default())
            }
            KindRule::Store => stores::usual_kind(store),
        };
        // Nobody streams a release: its tracks are streamed.
        Some((if is_release && kind == Kind::Stream { Kind::Download } else { kind }, false))
    }

    fn number(&self, record: &Record, field: Field, what: &str) -> Result<Option<Exact>, Problem> {
        let text = self.cell(record, field);
        if numbers::is_blank(text) {
            return Ok(None);
        }
        let value = Exact::parse(text, self.recognised.decimal);
        value.map(Some).map_err(|error| Problem::Line(format!("the {what} {error}")))
    }

    fn currency(&self, record: &Record) -> Result<Currency, Problem> {
        let text = self.cell(record, Field::Currency);
        if !numbers::is_blank(text) {
            let said = Currency::parse(text);
            return said.map_err(|_| Problem::Line("the currency is no three-letter code".to_owned()));
        }
        self.currency.ok_or_else(|| {
            Problem::File(Refusal::Undecided(
                "it names no currency; set `currency` in the connection's settings".to_owned(),
            ))
        })
    }

    fn period(&self, record: &Record) -> Result<DayRange, Problem> {
        let formats = &self.recognised.layout.dates;
        let read = |field, what: &str| {
            let text = self.cell(record, field);
            dates::read(text, formats)
                .ok_or_else(|| Problem::Line(format!("the {what} is not written as a date")))
        };
        if self.has(Field::PeriodStart) && self.has(Field::PeriodEnd) {
            let (first, last) = (read(Field::PeriodStart, "first day")?, read(Field::PeriodEnd, "last day")?);
            return DayRange::new(first.first, last.last)
                .ok_or_else(|| Problem::Line("the period ends before it begins".to_owned()));
        }
        if self.has(Field::Date) {
            let range = read(Field::Date, "period")?;
            return Ok(lengthened(range, self.recognised.layout.granularity.as_deref()));
        }
        self.period.ok_or_else(|| Problem::File(Refusal::needs_period()))
    }

    /// `2026-06` of a month, a day, or what stands there.
    fn statement(&self, record: &Record) -> Option<String> {
        let text = self.cell(record, Field::Statement);
        let formats = &self.recognised.layout.dates;
        let said = if self.has(Field::Statement) {
            let range = dates::read(text, formats).or_else(|| dates::read(text, MONTHS));
            let granularity = self.recognised.layout.statement_granularity.as_deref();
            range.map_or_else(|| cleaned(text), |range| name_of(lengthened(range, granularity)))
        } else {
            name_of(self.period?)
        };
        let account = self.cell(record, Field::Account);
        Some(if account.is_empty() { said } else { format!("{}/{said}", cleaned(account)) })
    }

    fn find_service(&mut self, store: &str) {
        if self.last_store.0 != store || self.last_store.1.is_empty() {
            let layout = &self.recognised.layout;
            let service = layout.service.clone();
            let service = service.unwrap_or_else(|| stores::service(store, &self.context.reading.stores));
            self.last_store = (store.to_owned(), service);
        }
    }

    fn figures(self, tally: Tally) -> Result<Figures, Refusal> {
        tally.check(&self.recognised.layout.name)?;
        if self.sums.totals().keys().flatten().count() == 1 {
            self.stated.check()?;
        }
        let period = self.sums.period();
        let mut statements = self.sums.statements().to_vec();
        statements.sort_unstable();
        let unit = match self.recognised.layout.unit {
            UnitRule::Lifetime => Unit::Lifetime,
            UnitRule::Transactions => Unit::Transactions(self.transactions),
            UnitRule::Statement => Unit::Statements(statements),
            UnitRule::Dates | UnitRule::Period => {
                Unit::Period { of: String::new(), period: period.ok_or_else(Refusal::needs_period)? }
            }
        };
        let mut notes = Vec::new();
        if let (lines @ 1.., first) = self.without_isrc {
            notes.push(format!(
                "{lines} of {} lines have something else where an ISRC belongs, the first in line {first}: their tracks are \
                 known by UPC or title",
                tally.lines
            ));
        }
        Ok(Figures { rows: Rows::Sums(Box::new(self.sums.closed())), tally, unit, period, notes })
    }
}

/// A day that stands for a longer period: its calendar month or quarter, or the week that begins with it.
pub fn lengthened(range: DayRange, granularity: Option<&str>) -> DayRange {
    let day = range.first;
    let longer = match granularity {
        _ if range.first != range.last => None,
        Some("week") => DayRange::new(day, rows::day::plus_days(day, 6)),
        Some("month") => dates::months(day.year(), day.month(), 1),
        Some("quarter") => dates::months(day.year(), (day.month() - 1) / 3 * 3 + 1, 3),
        _ => None,
    };
    longer.unwrap_or(range)
}

/// `2026-06` of a month, `2026-06-15` of a day, else first and last day.
fn name_of(range: DayRange) -> String {
    match dates::granularity(range) {
        "day" => range.first.to_string(),
        "month" => range.first.strftime("%Y-%m").to_string(),
        _ => format!("{}..{}", range.first, range.last),
    }
}

/// What the lines before the header say: a period (two days or a month) and a currency.
fn said(preamble: &[Vec<String>]) -> (Option<DayRange>, Option<Currency>) {
    let formats = [Format::YearFirst, Format::MonthFirst, Format::NamedMonth, Format::Month];
    let (mut days, mut months, mut currency, mut awaits) = (Vec::new(), Vec::new(), None, false);
    for cell in preamble.iter().flatten().flat_map(|cell| cell.split([':', '(', ')'])).map(str::trim) {
        match dates::read(cell, &formats) {
            Some(range) if range.first == range.last => days.push(range.first),
            Some(range) => months.push(range),
            None => {}
        }
        for word in cell.split_whitespace() {
            if awaits && currency.is_none() && word.len() == 3 {
                currency = Currency::parse(word).ok();
            }
            awaits |= word.eq_ignore_ascii_case("currency");
        }
    }
    let period = match (&days[..], &months[..]) {
        ([first, last], _) => DayRange::new(*first, *last),
        (_, [month]) => Some(*month),
        _ => None,
    };
    (period, currency)
}
