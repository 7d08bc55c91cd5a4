//! A column map proposed for a header that no layout knows. It is a proposal: a person looks at it before it is used.

use std::{
    collections::BTreeMap,
    io::{Read, Seek},
};

use super::{
    column_map::ColumnMap,
    container::{Container, Form, Member},
    dates::Format,
    encoding,
    layout::{Field, plain},
    limits::HEAD_BYTES,
    recognise::{self, Found},
    records::{Delimited, Dialect, Record, Records},
    refusal::Refusal,
    settings::Reading,
    xlsx::Workbook,
};

/// What a header may be called, by field; earlier fields take a column first. A header is the word, or holds it.
const WORDS: &[(Field, &[&str])] = &[
    (Field::Isrc, &["isrc"]),
    (Field::Upc, &["upc", "ean", "barcode", "upc/ean"]),
    (
        Field::Statement,
        &[
            "statement period",
            "statement date",
            "reporting period",
            "reporting month",
            "report date",
            "payment date",
        ],
    ),
    (Field::Currency, &["currency"]),
    (Field::Kind, &["sales type", "sale type", "transaction type", "trans type", "type", "usage type"]),
    (
        Field::Store,
        &["store", "platform", "dsp", "service", "retailer", "shop", "channel", "digital service provider"],
    ),
    (Field::Country, &["country", "territory", "region", "country code", "country of sale", "storefront"]),
    (
        Field::Revenue,
        &[
            "net revenue",
            "earnings",
            "royalty",
            "royalties",
            "net amount",
            "revenue",
            "amount",
            "total earned",
        ],
    ),
    (Field::Streams, &["streams", "plays", "spins"]),
    (Field::Listeners, &["listeners", "unique listeners", "fans"]),
    (Field::Saves, &["saves"]),
    (Field::Views, &["views"]),
    (Field::Quantity, &["quantity", "units", "count", "units sold"]),
    (
        Field::Date,
        &["date", "day", "month", "sales month", "sale month", "sales period", "activity period", "period"],
    ),
    (Field::Title, &["title", "track title", "song", "track", "track name", "song title", "recording"]),
    (Field::Artist, &["artist", "artist name", "track artist", "artists"]),
];

/// Proposes a column map for a member of a file. Refused when its header is known to `reading`, or nothing in it is.
pub fn learn<R: Read + Seek>(
    container: &mut Container<R>,
    member: &Member,
    reading: &Reading,
) -> Result<ColumnMap, Refusal> {
    if member.form == Form::Spreadsheet {
        let mut workbook = Workbook::open(container.spreadsheet(member)?)?;
        let name = workbook.sheet_names().into_iter().next();
        let name = name.ok_or(Refusal::Unsupported("the spreadsheet has no sheets"))?;
        let records = first(&mut workbook.sheet(&name)?)?;
        return propose(&records, None).map(|(map, _)| map);
    }
    let survey = encoding::survey(&mut container.text(member)?)?;
    let encodings = survey.encodings()?;
    // Of several that are possible, Western: a person sees from the header whether that is right.
    let encoding = encodings[encodings.len() - 1];
    let head = encoding::decode_head(&survey.head, encoding);
    let is_whole = survey.size_bytes <= HEAD_BYTES as u64;
    if let Found::Layout(found) = recognise::text(&head, is_whole, reading)? {
        return Err(Refusal::Undecided(format!(
            "its header is known as {:?}: nothing is to be learned",
            found.layout.name
        )));
    }
    let mut best: Option<(ColumnMap, usize)> = None;
    for delimiter in [b'\t', b',', b';', b'|'] {
        let records = first(&mut Delimited::new(head.as_bytes(), Dialect { delimiter, is_quoted: true }))?;
        if let Ok((map, known)) = propose(&records, Some(delimiter))
            && best.as_ref().is_none_or(|(_, than)| known > *than)
        {
            best = Some((map, known));
        }
    }
    let (mut map, _) = best.ok_or_else(nothing)?;
    map.encoding = (encodings.len() > 1).then(|| encoding.name().to_lowercase());
    Ok(map)
}

fn nothing() -> Refusal {
    Refusal::Undecided(
        "no line of it has two columns with known words, such as `date`, `title`, `streams`".to_owned(),
    )
}

fn first(records: &mut dyn Records) -> Result<Vec<Vec<String>>, Refusal> {
    let (mut record, mut all) = (Record::default(), Vec::new());
    while all.len() < 100 && records.advance(&mut record)? {
        all.push(record.cells().map(str::to_owned).collect());
    }
    Ok(all)
}

/// The map of the line with most columns that have known names, and how many those are.
fn propose(records: &[Vec<String>], delimiter: Option<u8>) -> Result<(ColumnMap, usize), Refusal> {
    let maps = records.iter().enumerate().take(12).map(|(index, header)| (index, columns(header)));
    let best = maps.max_by_key(|(index, columns)| (columns.len(), std::cmp::Reverse(*index)));
    let (index, columns) = best.filter(|(_, columns)| columns.len() >= 2).ok_or_else(nothing)?;
    let header = &records[index];
    let of = |field: Field| {
        let name = columns.get(&field)?;
        let at = header.iter().position(|cell| cell == name)?;
        Some(records[index + 1..].iter().filter_map(move |record| record.get(at)).map(String::as_str))
    };
    let date_format = of(Field::Date).and_then(|cells| date_format(&cells.collect::<Vec<_>>()));
    let known = columns.len();
    let map = ColumnMap {
        columns,
        date_format: date_format.map(str::to_owned),
        delimiter: delimiter.map(char::from),
        ..ColumnMap::default()
    };
    match map.layout("learned") {
        Ok(_) => Ok((map, known)),
        Err(error) => Err(Refusal::Undecided(error.to_string())),
    }
}

fn columns(header: &[String]) -> BTreeMap<Field, String> {
    let (mut columns, mut taken) = (BTreeMap::new(), vec![false; header.len()]);
    let cells: Vec<String> = header.iter().map(|cell| plain(cell)).collect();
    for exact in [true, false] {
        for (field, words) in WORDS {
            let is = |cell: &String| {
                words.iter().any(|word| {
                    if exact { cell == word } else { cell.split([' ', '(']).any(|part| part == *word) }
                })
            };
            let found = cells.iter().enumerate().position(|(index, cell)| !taken[index] && is(cell));
            if let Some(index) = found.filter(|_| !columns.contains_key(field)) {
                taken[index] = true;
                columns.insert(*field, header[index].clone());
            }
        }
    }
    columns
}

/// The one form of days that fits all cells, where the default does not; `None` also when two fit.
fn date_format(cells: &[&str]) -> Option<&'static str> {
    let fits = |format: &Format| !cells.is_empty() && cells.iter().all(|cell| format.read(cell).is_some());
    if fits(&Format::YearFirst) {
        return None;
    }
    match (fits(&Format::MonthFirst), fits(&Format::DayFirst)) {
        (true, false) => Some("%m/%d/%Y"),
        // With points nobody writes the month first.
        (_, true) if cells[0].contains('.') => Some("%d.%m.%Y"),
        (false, true) => Some("%d/%m/%Y"),
        _ => None,
    }
}
