//! Reports for spreadsheets: how a line is written; of campaigns, a line for each campaign and day.

use rows::{Micros, money::Spend};

use super::{CampaignReport, DayReport, Report};
use crate::audience::{Amount, said};

/// Columns, as `docs/report.md` describes them.
const HEADER: [&str; 18] = [
    "date",
    "provider",
    "connection",
    "tenant",
    "account_id",
    "campaign_id",
    "campaign_name",
    "marketing_campaigns",
    "time_zone",
    "read",
    "provisional",
    "currency",
    "spend",
    "impressions",
    "clicks",
    "conversions",
    "conversion_value",
    "video_views",
];

/// What spreadsheets take for the beginning of a formula, in wide letters too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// Where a spreadsheet may begin a cell, whatever this file's separator is: which one it goes by is a setting of the country.
const BEFORE_A_CELL: [char; 6] = [',', ';', '\t', '|', '\r', '\n'];

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Begins with a byte order mark, by which some spreadsheets know UTF-8.
    pub bom: bool,
    /// Between cells.
    pub separator: char,
}

/// One cell.
pub(super) enum Cell<'a> {
    /// Quoted, whatever it holds.
    Text(&'a str),
    /// A number, a day or a word of ours; empty where it is not known.
    Plain(String),
}

/// The whole report.
pub fn print<M: Spend>(report: &Report<M>, dialect: Dialect) -> String {
    let mut out = String::new();
    begin(&mut out, &HEADER, dialect);
    for campaign in &report.campaigns {
        let marketing = campaign.marketing_campaigns.join("; ");
        for day in &campaign.daily {
            line(&mut out, record(campaign, &marketing, day), dialect);
        }
    }
    out
}

fn record<'a, M: Spend>(
    campaign: &'a CampaignReport<M>,
    marketing: &'a str,
    day: &DayReport<M>,
) -> [Cell<'a>; 18] {
    let number =
        |number: Option<i64>| Cell::Plain(number.map_or_else(String::new, |number| number.to_string()));
    let decimal = |micros: Option<i64>| {
        Cell::Plain(micros.map_or_else(String::new, |micros| Micros(micros).to_string()))
    };
    let figures = day.counts;
    [
        Cell::Plain(day.date.to_string()),
        Cell::Text(&campaign.provider),
        Cell::Text(&campaign.connection),
        Cell::Text(&campaign.tenant),
        Cell::Text(&campaign.account_id),
        Cell::Text(&campaign.campaign_id),
        Cell::Text(campaign.name.as_deref().unwrap_or_default()),
        Cell::Text(marketing),
        Cell::Text(&campaign.time_zone),
        Cell::Plain(day.read.to_string()),
        Cell::Plain(day.provisional.to_string()),
        Cell::Plain(campaign.currency.map_or_else(String::new, |currency| currency.to_string())),
        decimal(figures.spend.map(|Amount(spend)| said(spend).0)),
        number(figures.impressions),
        number(figures.clicks),
        decimal(figures.conversions_micros),
        decimal(figures.conversion_value_micros),
        number(figures.video_views),
    ]
}

/// What stands before the first record.
pub(super) fn begin(out: &mut String, header: &[&str], dialect: Dialect) {
    if dialect.bom {
        out.push('\u{feff}');
    }
    line(out, header.iter().map(|name| Cell::Plain((*name).to_owned())), dialect);
}

/// RFC 4180 with the dialect's separator.
pub(super) fn line<'a>(out: &mut String, cells: impl IntoIterator<Item = Cell<'a>>, dialect: Dialect) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(dialect.separator);
        }
        match cell {
            Cell::Text(text) => {
                out.push('"');
                out.push_str(&harmless(text).replace('"', "\"\""));
                out.push('"');
            }
            Cell::Plain(text) => out.push_str(&text),
        }
    }
    out.push_str("\r\n");
}

/// Spreadsheets take a text that begins like a formula for one, and names come from outside: a quote before it makes it a text
/// (OWASP, "CSV Injection"). A spreadsheet that goes by another separator begins a cell in the middle of a name: there, too.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for (place, character) in text.char_indices() {
        if begins && is_formula(&text[place..]) {
            out.push('\'');
        }
        out.push(character);
        begins = BEFORE_A_CELL.contains(&character);
    }
    out
}

/// Whether a cell that began here would be read as a formula: blanks and quotes before it do not hinder everybody.
fn is_formula(rest: &str) -> bool {
    let first = rest.chars().next();
    let meant = rest.trim_start_matches(|character: char| character.is_whitespace() || character == '"');
    meant.starts_with(FORMULA) || first.is_some_and(|first| matches!(first, '\t' | '\r'))
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};
    use proptest::prelude::*;
    use rows::money::RawSpend;

    use super::*;
    use crate::insight::figures::{Counts, Figures};

    const PLAIN: Dialect = Dialect { bom: false, separator: ',' };

    fn report_of(name: &str) -> Report {
        let day = |read, spend: Option<i64>| DayReport {
            date: date(2026, 11, 24),
            read,
            provisional: true,
            counts: Counts { spend: spend.map(|spend| Amount(RawSpend(Micros(spend)))), ..Counts::default() },
        };
        let campaign = CampaignReport {
            provider: "meta_ads".to_owned(),
            account_id: "1".to_owned(),
            campaign_id: "-7".to_owned(),
            name: Some(name.to_owned()),
            connection: "meta".to_owned(),
            tenant: "label-a".to_owned(),
            marketing_campaigns: vec!["a".to_owned(), "=b".to_owned()],
            currency: None,
            time_zone: "UTC".to_owned(),
            days: 2,
            days_read: 1,
            incomplete: true,
            provisional: true,
            figures: Figures::default(),
            daily: vec![day(true, Some(-1_500_000)), day(false, None)],
            settled_through: None,
            quiet: false,
        };
        Report {
            at: Timestamp::UNIX_EPOCH,
            from: date(2026, 11, 24),
            to: date(2026, 11, 24),
            spend_basis: "raw",
            totals: Vec::new(),
            marketing_campaigns: Vec::new(),
            campaigns: vec![campaign],
        }
    }

    fn read(text: &str, separator: char) -> Vec<csv::StringRecord> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(u8::try_from(separator).unwrap())
            .flexible(true)
            .from_reader(text.as_bytes());
        reader.records().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_name_is_never_a_formula_and_the_unknown_is_empty() {
        let hostile = "=HYPERLINK(\"http://example.com\"), \"x\"\n@now";
        let lines = read(&print(&report_of(hostile), PLAIN), ',');
        assert_eq!(lines.len(), 2);
        let expected = "'=HYPERLINK(\"http://example.com\"), \"x\"\n'@now";
        assert_eq!((&lines[0][5], &lines[0][6]), ("'-7", expected));
        assert_eq!(
            (&lines[0][7], &lines[0][9], &lines[0][12]),
            ("a;' =b", "true", "-1.5"),
            "a number is no text"
        );
        assert_eq!((&lines[1][9], &lines[1][12], &lines[1][13]), ("false", "", ""));
    }

    #[test]
    fn a_separator_within_a_name_begins_no_formula() {
        for (name, expected) in [
            (";=1", ";'=1"),
            ("a;\"=1\"", "a;'\"=1\""),
            ("a\t+1", "a\t'+1"),
            ("\t1", "'\t1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a = b - c", "a = b - c"),
            ("Sommer; Süden", "Sommer; Süden"),
        ] {
            assert_eq!(harmless(name), expected);
        }
    }

    #[test]
    fn every_text_is_quoted_and_the_dialect_is_as_asked() {
        let report = report_of("Größe \"XL\"");
        let text = print(&report, Dialect { bom: true, separator: ';' });
        let mut lines = text.split("\r\n");
        assert!(lines.next().unwrap().starts_with("\u{feff}date;provider;connection;"));
        let expected = "2026-11-24;\"meta_ads\";\"meta\";\"label-a\";\"1\";\"'-7\";\"Größe \"\"XL\"\"\";\"a;' =b\";\"UTC\";true;true;;\
                        -1.5;;;;;";
        assert_eq!(lines.next().unwrap(), expected);
        assert_eq!(&read(&text, ';')[0][6], "Größe \"XL\"");
    }

    proptest! {
        /// Whatever a name holds and by whatever separator the file is read: no cell but a number of ours begins like a formula.
        #[test]
        fn no_cell_begins_like_a_formula(name in "[=+@;,|\t\r\n\" a-]{0,12}", dialect in 0..3_usize, by in 0..4_usize) {
            let separator = [',', ';', '\t'][dialect];
            let text = print(&report_of(&name), Dialect { bom: false, separator });
            for cell in read(&text, [',', ';', '\t', '|'][by]).iter().flatten() {
                let meant = cell.trim_start_matches([' ', '"', '\n']);
                let is_number = meant.starts_with("-1.5");
                prop_assert!(is_number || !meant.starts_with(FORMULA), "{cell:?} in {text:?}");
            }
            if by == dialect {
                prop_assert_eq!(read(&text, separator)[0].len(), HEADER.len());
            }
        }
    }
}
