//! Files that are broken, foreign or made to do harm: refused as a whole, for a reason that a person understands.

use super::*;
use crate::reports::{
    archive::{repeats, repeats_amounts},
    container::Form,
};

const TUNECORE: &[u8] = include_bytes!("../samples/tunecore.csv");
const DSR: &str = include_str!("../samples/DSR_Vale_Wave_WavePremium_2026-06_Multi_1of1_20260710T080000.tsv");

/// The file is refused, for this kind of reason, and the reason holds these words.
fn refused(path: &str, bytes: &[u8], word: &str, words: &str) {
    let refusal = read_bytes(path, bytes).map(|report| report.facts).unwrap_err();
    assert_eq!(refusal.word(), word, "{path}: {refusal}");
    assert!(refusal.to_string().contains(words), "{path}: {refusal}");
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn what_is_cut_off_is_incomplete() {
    refused("a.csv", b"", "truncated", "empty");
    refused("a.csv", &TUNECORE[..TUNECORE.len() - 40], "truncated", "line 3 ends in the middle");
    let packed = gzipped(TUNECORE);
    refused("a.csv.gz", &packed[..packed.len() - 20], "truncated", "download it again");
    let zip = zipped(&[("a.csv", TUNECORE)]);
    refused("a.zip", &zip[..zip.len() - 30], "damaged", "archive");
    let mut changed = zip.clone();
    changed[60] ^= 0xff;
    let refusal = read_bytes("a.zip", &changed).unwrap_err();
    assert!(["damaged", "truncated"].contains(&refusal.word()), "{refusal}");
    let only_header = TUNECORE.split_inclusive(|byte| *byte == b'\n').next().unwrap();
    refused("a.csv", only_header, "undecided", "no lines");
}

#[test]
fn a_last_line_that_breaks_off_is_incomplete_where_that_is_certain() {
    let old = include_bytes!("../samples/distrokid_old.tsv").trim_ascii_end();
    let tail = |bytes: &[u8], end: &[u8]| [bytes, end].concat();
    // Whole without its line end; within its last number, which is certain only behind the decimal sign.
    assert!(read_bytes("a.tsv", old).is_ok());
    let point = old.iter().rposition(|byte| *byte == b'.').unwrap();
    refused("a.tsv", &old[..=point], "truncated", "ends in the middle");
    assert!(read_bytes("a.tsv", &tail(&old[..=point], b"\n")).is_ok());
    assert!(read_bytes("a.tsv", &old[..=point + 1]).is_ok());
    // Within a quoted cell.
    let believe = include_bytes!("../samples/believe.csv").trim_ascii_end();
    assert!(believe.ends_with(b"\"") && read_bytes("a.csv", believe).is_ok());
    refused("a.csv", &believe[..believe.len() - 1], "truncated", "ends in the middle");
    // Before the units of a layout whose lines may be shorter.
    let soundcloud = include_bytes!("../samples/soundcloud.csv").trim_ascii_end();
    assert!(read_bytes("a.csv", soundcloud).is_ok());
    let kind = soundcloud.windows(9).rposition(|word| word == b"Streaming").unwrap();
    refused("a.csv", &soundcloud[..kind + 5], "truncated", "line 5 ends in the middle");
}

#[test]
fn a_dsr_file_is_held_to_its_own_counts() {
    let without_foot = DSR.rsplit_once("FOOT").unwrap().0;
    refused("a.tsv", without_foot.as_bytes(), "truncated", "FOOT, is missing");
    let lines: Vec<&str> = DSR.lines().collect();
    let without_line = [&lines[..lines.len() - 2], &lines[lines.len() - 1..]].concat().join("\n");
    refused("a.tsv", without_line.as_bytes(), "truncated", "counts 13 records, and it has 12");
    let more = DSR.replace("FOOT\t13", "FOOT\t12");
    refused("a.tsv", more.as_bytes(), "contradiction", "counts 12 records");
    let other_sum = DSR.replace("150.5\t1000", "151.5\t1000");
    refused("a.tsv", other_sum.as_bytes(), "contradiction", "says 151.5 usages, and its records 150.5");
    let after = format!("{DSR}SU02.03\tB2\n");
    refused("a.tsv", after.as_bytes(), "contradiction", "follows its last record");
    let lost = DSR.replace("S2\tT3", "S9\tT3");
    refused("a.tsv", lost.as_bytes(), "lines_rejected", "names no summary record");
    let unread = DSR.replace("150.5\t1000", "NaN\t1000");
    refused(
        "a.tsv",
        unread.as_bytes(),
        "undecided",
        "line 4 cannot be read (cell 9 is not a decimal number)",
    );
    let unknown = DSR.replace("SU02.03\tB2", "SU09.01\tB2");
    refused("a.tsv", unknown.as_bytes(), "lines_rejected", "this record type are not read");
}

#[test]
fn only_the_first_file_of_a_dsr_set_brings_the_money() {
    let second = DSR.replace("\t1\t1\t2026-06", "\t2\t2\t2026-06").replace("FOOT\t13\t13", "FOOT\t13\t26");
    let report = read_bytes("a.tsv", second.as_bytes()).unwrap();
    let has_money = |row: &ReportRow| matches!(row, ReportRow::Royalty(row) if row.revenue.is_some());
    assert_eq!((report.len(), report.page(0, 9).iter().any(has_money)), (3, false));
    assert!(report.facts.unit.key().ends_with(" 2"));
}

#[test]
fn text_in_no_encoding_is_not_guessed() {
    let mut broken = "date,streams\n2026-06-01,1\n# Änderung für Köln".as_bytes().to_vec();
    broken.push(0xff);
    refused("a.csv", &broken, "encoding", "most of it is UTF-8");
    refused("a.csv", b"date,streams\n2026\0-06-01,1\n", "encoding", "zero bytes");
}

#[test]
fn what_nobody_knows_is_shown_and_what_is_foreign_is_named() {
    refused("a.csv", b"Moon phase,Tides\nfull,3\n", "unknown_layout", "Moon phase | Tides");
    refused(
        "a.csv",
        b"date,streams,country\n2026-06-01,1,US\n",
        "unknown_layout",
        "date | streams | country",
    );
    let meta = "Campaign name,Amount spent (USD),Impressions,Reach\nA,1,2,3\n";
    refused("a.csv", meta.as_bytes(), "foreign", "meta_ads");
    refused("a.pdf", b"%PDF-1.7 ...", "no_report", "download the table as CSV");
    refused("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "unsupported", "save it as .xlsx");
    refused("a.csv", b"just a sentence", "unknown_layout", "just a sentence");
}

#[test]
fn a_file_with_many_unreadable_lines_is_not_what_it_seems() {
    let text = std::str::from_utf8(TUNECORE).unwrap();
    refused(
        "a.csv",
        text.replace("0.7,USD\n", "x,USD\n").as_bytes(),
        "lines_rejected",
        "line 3: the amount is not a decimal",
    );
    // One in more than a hundred is set aside, counted and named.
    let (header, rest) = text.split_once('\n').unwrap();
    let line = rest.lines().next().unwrap();
    let mut long = format!("{header}\n{}", format!("{line}\n").repeat(150));
    long.push_str(&line.replace("2026-06-01", "June?"));
    long.push('\n');
    let tally = read_bytes("a.csv", long.as_bytes()).unwrap().facts.tally;
    assert_eq!((tally.lines, tally.rejected, tally.examples[0].line), (151, 1, 152));
    assert!(tally.examples[0].why.contains("period"));
    let ended = text.replace(",0.7,USD\n", "\n");
    refused("a.csv", ended.as_bytes(), "lines_rejected", "line 3: it has 19 cells, and the header 21");
}

#[test]
fn a_title_with_a_lone_quotation_mark_costs_no_lines() {
    let (columns, line) = (
        "Date Inserted\tReporting Date\tSale Month\tStore\tArtist\tTitle\tISRC\tUPC\tQuantity\tTeam Percentage\tSong/Album\tCountry of Sale\tSongwriter Royalties Withheld (USD)\tEarnings (USD)\tRecoup (USD)",
        "2026-08-12\t2026-08-11\t2026-06\tDeezer\tVale\tNight\tQZAB12600001\t\t7\t100\tSong\tFR\t0\t0.01\t0",
    );
    let quoting = line.replace("Night", "\"Heroes");
    let plain = format!("{columns}\n{line}\n{quoting}\n{line}\n{quoting}\n{line}\n");
    let report = read_bytes("a.tsv", plain.as_bytes()).unwrap();
    assert_eq!(
        (report.facts.tally.lines, report.facts.totals[0].1.revenue.to_string()),
        (5, "0.05".to_owned())
    );
    // Where cells are quoted, nobody can tell where it ends.
    let quoted = plain.replace("Date Inserted", "\"Date Inserted\"");
    refused("a.tsv", quoted.as_bytes(), "damaged", "a quotation mark in record 3 is not closed");
}

#[test]
fn a_statement_is_held_to_the_total_that_it_states() {
    let ingrooves = include_str!("../samples/vale_DSR.csv");
    let with = |amount: &str, totals: &str| {
        let text = ingrooves.replace("Premium,60,0.2\n", &format!("Premium,60,{amount}\n"));
        text.replace("Totals,,,,,,,,,,,,,60,0.2\n", totals)
    };
    let total = |amount: &str| format!("Totals,,,,,,,,,,,,,60,{amount}\n");
    let words = "the total in line 3 is 99.5, and its lines add up to 0.2";
    refused("a.csv", with("0.2", &total("99.5")).as_bytes(), "contradiction", words);
    refused("a.csv", with("12.345678", &total("12.30")).as_bytes(), "contradiction", "is 12.3,");
    let believe = include_str!("../samples/believe.csv");
    let in_all = |amount: &str| format!("{believe}\"Итого\"{}\"{amount}\"\n", ";".repeat(20));
    refused("a.csv", in_all("9.99").as_bytes(), "contradiction", "is 9.99, and its lines add up to 2.541");
    let line = ingrooves.lines().nth(1).unwrap();
    for honest in [
        // Rounded, as a whole number, of a group, of a part, of several parts, beside words.
        with("12.345678", &total("12.35")),
        with("12.345678", &total("12")),
        with("0.2", &total("99.5").replace("Totals", "Total Spotify")),
        with("0.2", &total("99.5").replace("Totals", "Subtotal")),
        with("0.2", &format!("{}{line}\n", total("99.5"))),
        with("0.2", &format!("{}{}", total("0.2"), total("99.5"))),
        with("0.2", &total("99.5").replace(",60,", ",after fees,")),
        in_all("2.54"),
    ] {
        let report = read_bytes("a.csv", honest.as_bytes());
        assert!(report.is_ok(), "{honest}: {:?}", report.map(|report| report.facts));
    }
}

#[test]
fn what_is_no_isrc_is_told_and_what_is_broken_is_refused() {
    let landr = include_str!("../samples/landr.csv");
    let with = |isrc: &[u8]| {
        let at = landr.find("QZAB12600001").unwrap();
        [&landr.as_bytes()[..at], isrc, &landr.as_bytes()[at + 12..]].concat()
    };
    let notes = |isrc: &str| read_bytes("a.csv", &with(isrc.as_bytes())).unwrap().facts.notes;
    assert!(
        notes("NOTANISRC")[0]
            .contains("1 of 1 lines have something else where an ISRC belongs, the first in line 2")
    );
    for honest in ["", "N/A", "-", "QZ-AB1-26-00001"] {
        assert!(notes(honest).is_empty(), "{honest}");
    }
    refused(
        "a.csv",
        &with(b"QZAB1\xff\xfe\x8000001"),
        "lines_rejected",
        "ISRC has characters that no code has",
    );
}

#[test]
fn a_column_that_stands_twice_is_not_chosen() {
    let twice = |header: &str| {
        let text = std::str::from_utf8(TUNECORE).unwrap();
        let lines = text.lines().enumerate();
        let lines = lines.map(|(at, line)| format!("{line},{}\n", if at == 0 { header } else { "9" }));
        lines.collect::<String>()
    };
    refused("a.csv", twice("total_earned").as_bytes(), "undecided", "more than one column \"total earned\"");
    // What is not read may stand there as often as it likes.
    assert!(read_bytes("a.csv", twice("Release Title").as_bytes()).is_ok());
    let dollars = include_str!("../samples/landr.csv").replace("Gross earnings (USD)", "Net earnings (EUR)");
    refused("a.csv", dollars.as_bytes(), "undecided", "more than one column");
}

#[test]
fn a_day_that_stands_twice_is_not_chosen() {
    let text = b"date,streams\n2026-06-01,1\n2026-06-01,2\n";
    refused("a.csv", text, "lines_rejected", "line 3: the same key stands in a line before");
}

#[test]
fn bombs_do_not_unpack() {
    let zeros = vec![b'0'; 8 << 20];
    refused("a.csv.gz", &gzipped(&zeros), "excessive", "unpacks to more than");
    refused("a.zip", &zipped(&[("a.csv", &zeros)]), "excessive", "unpacks to more than");
    let rows = format!("<row r=\"1\"><c r=\"A1\"><v>{}</v></c></row>", "0".repeat(8 << 20));
    refused("a.xlsx", &workbook("A1", &rows, ""), "excessive", "spreadsheet");
    let inner = zipped(&[("a.csv", TUNECORE)]);
    refused("a.zip", &zipped(&[("b.zip", &inner)]), "excessive", "archive within an archive");
    refused("a.zip.gz", &gzipped(&inner), "excessive", "archive within an archive");
    let names: Vec<String> = (0..1_500).map(|index| format!("{index}.csv")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), TUNECORE)).collect();
    refused("a.zip", &zipped(&many), "excessive", "more than 1000 files");
}

#[test]
fn names_that_lead_elsewhere_make_an_archive_suspicious() {
    for name in ["../a.csv", "a/../../b.csv", "/etc/a.csv", "C:/a.csv", "a\\..\\b.csv", "a\nb.csv"] {
        let zip = zipped(&[("good.csv", TUNECORE), (name, TUNECORE)]);
        refused("a.zip", &zip, "unsafe", "leads out of it");
    }
    // The second hides the first.
    let mut twice = zipped(&[("a.csv", TUNECORE), ("b.csv", b"date,streams\n2026-06-01,1\n")]);
    while let Some(at) = twice.windows(5).position(|name| name == b"b.csv") {
        twice[at] = b'a';
    }
    refused("a.zip", &twice, "unsafe", "two files of the archive have one name");
}

#[test]
fn ten_million_columns_and_lines_without_end_cost_no_memory() {
    refused("a.csv", ",".repeat(10_000_000).as_bytes(), "excessive", "more than 1024 columns");
    refused("a.csv", format!("date,\"{}", "x".repeat(3 << 20)).as_bytes(), "unknown_layout", "date");
    let open = format!("date,streams\n2026-06-01,1\n2026-06-02,\"{}", "x".repeat(3 << 20));
    refused("a.csv", open.as_bytes(), "excessive", "a quotation mark may be missing");
    let line = format!("HEAD\tdsrf/1.4\n{}", "x".repeat(3 << 20));
    let refusal = read_bytes("a.tsv", line.as_bytes()).unwrap_err();
    assert!(["excessive", "damaged"].contains(&refusal.word()), "{refusal}");
}

#[test]
fn spreadsheets_with_formulas_or_absurd_sizes_are_refused() {
    let header = sheet_row(1, &["Date", "Plays"]);
    let plays = |cell: &str| {
        format!("{header}<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>2026-06-01</t></is></c>{cell}</row>")
    };
    let whole = plays("<c r=\"B2\"><v>7</v></c>");
    let report = read_bytes("a.xlsx", &workbook("A1:B2", &whole, "")).unwrap();
    assert_eq!(shown(&report), ["apple_music | name:a | 2026-06-01..2026-06-01 | day |  | 7 | - | - | a"]);
    for formula in ["<f>1+1</f>", "<x:f>1+1</x:f>", "<f t=\"shared\" si=\"4000000000\"/>", "<f\n>1</f>"] {
        let sheet = plays(&format!("<c r=\"B2\">{formula}<v>7</v></c>"));
        refused("a.xlsx", &workbook("A1:B2", &sheet, ""), "unsafe", "holds formulas");
    }
    refused(
        "a.xlsx",
        &workbook("A1:XFD1048576", &whole, ""),
        "excessive",
        "declares 1048576 rows and 16384 columns",
    );
    let far = plays("<c r=\"XFD2\"><v>7</v></c>");
    refused("a.xlsx", &workbook("A1:B2", &far, ""), "excessive", "more than 1024 columns");
    let nowhere = plays("<c r=\"ZZZZZZZZZZ2\"><v>7</v></c>");
    let refusal = read_bytes("a.xlsx", &workbook("A1:B2", &nowhere, "")).unwrap_err();
    assert!(["excessive", "damaged"].contains(&refusal.word()), "{refusal}");
    let shared = "<sst uniqueCount=\"99999999999999999\"><si><t>a</t></si></sst>";
    refused("a.xlsx", &workbook("A1:B2", &whole, shared), "excessive", "declares 99999999999999999 texts");
    let backwards = format!("{}{header}", sheet_row(2, &["2026-06-01", "7"]));
    let refusal = read_bytes("a.xlsx", &workbook("A1:B2", &backwards, "")).unwrap_err();
    assert_eq!(refusal.word(), "damaged", "{refusal}");
}

#[test]
fn of_an_archive_that_repeats_its_money_one_file_is_read() {
    let zip = zipped(&[
        ("royalty_by_store.csv", b"x"),
        ("2026/royalty_extended.csv", TUNECORE),
        ("royalty_by_track.csv", b"x"),
    ]);
    let container = Container::open("fuga.zip", Cursor::new(&zip[..])).unwrap();
    let words: Vec<Option<&str>> =
        repeats(container.members()).iter().map(|refusal| refusal.as_ref().map(Refusal::word)).collect();
    assert_eq!(words, [Some("repeats"), None, Some("repeats")]);
    assert!(container.members().iter().all(|member| member.form == Form::Text));
}

#[test]
fn of_reports_with_the_same_amounts_the_one_with_most_rows_is_loaded() {
    let lines = std::str::from_utf8(TUNECORE).unwrap();
    let all = read_bytes("all.csv", TUNECORE).unwrap().facts;
    let grouped = lines.replace("Amazon MP3,US", "Spotify,US").replace("Track Download", "Streaming");
    let grouped = grouped.replace(",QZAB12600001,", ",,");
    let grouped = read_bytes("grouped.csv", grouped.as_bytes()).unwrap().facts;
    let other = read_bytes("other.csv", lines.replace("0.7,USD\n", "0.8,USD\n").as_bytes()).unwrap().facts;
    assert_eq!((all.rows, grouped.rows), (2, 1));
    let of = |reports: &[(&str, &super::super::report::Facts)]| -> Vec<Option<String>> {
        repeats_amounts(reports).iter().map(|refusal| refusal.as_ref().map(ToString::to_string)).collect()
    };
    let repeated = "it repeats the amounts of all, which is read instead".to_owned();
    assert_eq!(
        of(&[("grouped", &grouped), ("all", &all), ("other", &other)]),
        [Some(repeated.clone()), None, None]
    );
    assert_eq!(of(&[("all", &all), ("again", &all)]), [None, Some(repeated)]);
}

#[test]
fn a_dsr_file_is_utf8() {
    let mut western = DSR.replace("Quay", "Qu\u{e9}").into_bytes();
    while let Some(found) = western.windows(2).position(|pair| pair == [0xc3, 0xa9]) {
        western.splice(found..found + 2, [0xe9]);
    }
    refused("a.tsv", &western, "encoding", "a DSR file is UTF-8");
}

#[test]
fn formulas_hide_in_no_part_of_another_name() {
    let sheet = format!("<row r=\"1\"><c r=\"A1\"><f>1</f><v>7</v></c></row>{}", sheet_row(2, &["a", "b"]));
    let book = workbook("A1:B2", &sheet, "");
    let mut zip = zip::ZipArchive::new(Cursor::new(&book[..])).unwrap();
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        std::io::copy(&mut part, &mut bytes).unwrap();
        let name = part.name().unwrap().replace("worksheets/sheet1.xml", "media/image1.png");
        let text = String::from_utf8(bytes).unwrap().replace("worksheets/sheet1.xml", "media/image1.png");
        parts.push((name, text.into_bytes()));
    }
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    refused("a.xlsx", &zipped(&parts), "unsafe", "holds formulas");
}
