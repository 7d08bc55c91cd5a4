//! Every layout by a file that was written by hand, with invented names and numbers.

use std::collections::BTreeMap;

use super::*;
use crate::reports::{countries::Country, numbers::Exact, report::digest, unit::Unit};

macro_rules! sample {
    ($name:literal) => {
        ($name, &include_bytes!(concat!("../samples/", $name))[..])
    };
}

/// Reads a sample, checks its layout, encoding and unit, and its rows.
fn check((name, bytes): (&str, &[u8]), layout: &str, encoding: &str, unit: &str, rows: &[&str]) -> Report {
    check_with((name, bytes), &Reading::default(), layout, encoding, unit, rows)
}

fn check_with(
    (name, bytes): (&str, &[u8]),
    reading: &Reading,
    layout: &str,
    encoding: &str,
    unit: &str,
    rows: &[&str],
) -> Report {
    let report = read_with(name, bytes, reading, None).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    assert_eq!(report.facts.layout, layout, "{name}");
    assert_eq!(report.facts.encoding, encoding, "{name}");
    assert_eq!(report.facts.tally.rejected, 0, "{name}: {:?}", report.facts.tally);
    assert_eq!(shown(&report), rows, "{name}");
    assert_eq!(report.facts.unit.key(), unit, "{name}");
    report
}

const JUNE: &str = "2026-06-01..2026-06-30";

#[test]
fn spotify_for_artists() {
    check(
        sample!("0TnOYISbd1XYRBk9myaseg-audience-timeline.csv"),
        "spotify_for_artists_audience",
        "UTF-8",
        "dates 0TnOYISbd1XYRBk9myaseg",
        &[
            "spotify | 0TnOYISbd1XYRBk9myaseg | 2026-06-01 | 2024 | 1200 | 30100 | 9000 | 410 | 44 | 31 | 5120",
            "spotify | 0TnOYISbd1XYRBk9myaseg | 2026-06-02 | 2511 | 1300 | 30150 | 9010 | 411 | - | 33 | 5122",
        ],
    );
    let older = ("x-audience-timeline.csv", &b"date,listeners,streams,followers\n2020-01-01,1,2,3\n"[..]);
    let unit = "dates name:x";
    check(
        older,
        "spotify_for_artists_audience",
        "UTF-8",
        unit,
        &["spotify | name:x | 2020-01-01 | 2 | 1 | - | - | - | - | - | 3"],
    );
    let titles = BTreeMap::from([("night ferry".to_owned(), "QZAB12600001".to_owned())]);
    let reading = Reading { titles, ..Reading::default() };
    let song = sample!("Night Ferry-timeline.csv");
    let report = check_with(
        song,
        &reading,
        "spotify_for_artists_song",
        "UTF-8",
        "dates isrc:QZAB12600001",
        &[
            "spotify | isrc:QZAB12600001 | 2026-06-01..2026-06-01 | day |  | 310 | - | - | Night Ferry",
            "spotify | isrc:QZAB12600001 | 2026-06-02..2026-06-02 | day |  | 0 | - | - | Night Ferry",
        ],
    );
    let days =
        Unit::Dates { of: "isrc:QZAB12600001".to_owned(), first: date(2026, 6, 1), last: date(2026, 6, 2) };
    assert_eq!(report.facts.unit, days);
    let playlists = sample!("Nora Vale-playlists-2026-06.csv");
    let unit = "period 2026-06-01 2026-06-30 name:nora vale";
    check(
        playlists,
        "spotify_for_artists_playlists",
        "UTF-8",
        unit,
        &[
            &format!(
                "spotify | name:evening walk|listener 77 | {JUNE} | 51 | 30 | 2026-06-03 | Evening Walk | Listener 77"
            ),
            &format!("spotify | name:radio| | {JUNE} | 12 | 12 | - | Radio | -"),
        ],
    );
}

#[test]
fn songs_of_spotify_for_artists_have_the_period_of_their_name_or_of_a_person() {
    let songs = sample!("Nora Vale-songs-2026-06.csv");
    let unit = "period 2026-06-01 2026-06-30 name:nora vale";
    check(
        songs,
        "spotify_for_artists_songs",
        "UTF-8",
        unit,
        &[
            &format!("spotify | name:=night ferry | {JUNE} | month |  | 1200 | 800 | 15 | =Night Ferry"),
            &format!("spotify | name:harbour, part 2 | {JUNE} | month |  | 55 | 40 | 0 | Harbour, Part 2"),
        ],
    );
    let (name, bytes) = sample!("Nora Vale-songs-all.csv");
    let refusal = read_bytes(name, bytes).unwrap_err();
    assert!(refusal.to_string().contains("--from DAY --to DAY"), "{refusal}");
    let report = read_with(name, bytes, &Reading::default(), june()).unwrap();
    // Zeros of what the list of all times does not have.
    assert_eq!(
        shown(&report),
        [format!("spotify | name:night ferry | {JUNE} | month |  | 91200 | - | - | Night Ferry")]
    );
    assert_eq!(report.facts.notes.len(), 1);
}

#[test]
fn the_accent_tells_french_timelines_apart() {
    let layout = |bytes: &str| read_bytes("Night Ferry-timeline.csv", bytes.as_bytes()).unwrap().facts.layout;
    assert_eq!(layout("date,ecoutes\n2026-06-01,310\n"), "spotify_for_artists_song");
    assert_eq!(layout("Date,Écoutes\n2026-06-01,310\n"), "apple_music_for_artists_days");
}

#[test]
fn apple_music_for_artists() {
    let unit = "dates name:apple_days";
    check(
        sample!("apple_days.csv"),
        "apple_music_for_artists_days",
        "UTF-8",
        unit,
        &[
            "apple_music | name:apple_days | 2026-06-01..2026-06-01 | day |  | 77 | - | - | apple_days",
            "apple_music | name:apple_days | 2026-06-02..2026-06-02 | day |  | 80 | - | - | apple_days",
        ],
    );
    let unit = "period 2026-06-01 2026-06-30 name:apple_songs_2026-06";
    check(
        sample!("apple_songs_2026-06.csv"),
        "apple_music_for_artists_songs",
        "UTF-8",
        unit,
        &[&format!("apple_music | name:night ferry | {JUNE} | month |  | 512 | - | - | Night Ferry")],
    );
}

#[test]
fn youtube_studio_has_the_period_of_its_folder_and_its_total_is_no_video() {
    let (_, bytes) = sample!("youtube_table.csv");
    let path = "Content 2026-06-01_2026-06-28 Vale/Table data.csv";
    let unit = "period 2026-06-01 2026-06-28 content 2026-06-01_2026-06-28 vale";
    let report = check(
        (path, bytes),
        "youtube_studio",
        "UTF-8",
        unit,
        &[
            "youtube | aBcDeFgHiJk | 2026-06-01..2026-06-28 | period | 1500 | 45009 | 1.234568 | EUR | Night Ferry, live",
        ],
    );
    assert_eq!(report.facts.tally.skipped, 1);
}

#[test]
fn distrokid() {
    // Old: no types, so that the store tells; an album is no stream; 17 decimals are summed exactly.
    check(
        sample!("distrokid_old.tsv"),
        "distrokid",
        "windows-1252",
        "lifetime",
        &[
            &format!(
                "spotify | Spotify | isrc:QZAB12600001 | US | {JUNE} | stream | USD | 150 | 0.51234567890123456 | 512346 | - | 0085012345678 | Night Ferry | Zoé Vale | 2026-08-11 | 2"
            ),
            &format!(
                "itunes | iTunes | isrc:QZAB12600001 | DE | {JUNE} | download | USD | 1 | 0.63 | 630000 | - | 0085012345678 | Night Ferry | Zoé Vale | 2026-08-11 | 1"
            ),
            "itunes | iTunes | upc:0085012345679 | ZZ | 2026-05-01..2026-05-31 | download | USD | 1 | 5.2 | 5200000 | - | 0085012345679 | Harbour | Zoé Vale | 2026-08-11 | 1",
        ],
    );
    // Newer: lines of one month come over several statements; what is below zero is taken back.
    check(
        sample!("distrokid_new.csv"),
        "distrokid",
        "UTF-8",
        "lifetime",
        &[
            &format!(
                "spotify | Spotify | isrc:QZAB12600001 | US | {JUNE} | stream | USD | 1200 | 3.76 | 3760000 | - | 0085012345678 | Night Ferry | Nora Vale | - | 2"
            ),
            &format!(
                "tiktok | TikTok | isrc:QZAB12600001 |  | {JUNE} | ugc | USD | 9 | 0.0000001 | 0 | - | 0085012345678 | Night Ferry | Nora Vale | 2026-08-11 | 1"
            ),
            &format!(
                "spotify | Spotify | isrc:QZAB12600001 | US | {JUNE} | adjustment | USD | -4 | -0.01 | -10000 | - | 0085012345678 | Night Ferry | Nora Vale | 2026-08-11 | 1"
            ),
        ],
    );
    // Third: bare CR; equal lines are both counted.
    check(
        sample!("DistroKid_1764288000123.tsv"),
        "distrokid",
        "UTF-8",
        "lifetime",
        &[&format!(
            "deezer | Deezer | isrc:QZAB12600001 | FR | {JUNE} | stream | USD | 14 | 0.02469134 | 24691 | - | 0085012345678 | Night Ferry | Nora Vale | 2026-08-11 | 2"
        )],
    );
}

#[test]
fn dsr() {
    let name = sample!("DSR_Vale_Wave_WavePremium_2026-06_Multi_1of1_20260710T080000.tsv");
    let unit = "dsr PADPIDA001 Wave Premium 2026-06-01 2026-06-30  1";
    let place = "wave_premium | Wave Premium";
    let report = check(
        name,
        "dsr",
        "UTF-8",
        unit,
        &[
            &format!(
                "{place} |  | DE | {JUNE} | stream | EUR | - | 12.3456789 | 12345679 | - | - | - | - | - | 1"
            ),
            &format!("{place} |  | US | {JUNE} | stream | USD | - | 3.5 | 3500000 | - | - | - | - | - | 1"),
            &format!(
                "{place} | isrc:QZAB12600001 | DE | {JUNE} | stream | EUR | 150.5 | - | - | - | 859000000001 | \"Night Ferry | Nora | Vale | - | 2"
            ),
            &format!(
                "{place} | upc:859000000001 | DE | {JUNE} | stream | EUR | 50 | - | - | - | 859000000001 | Untitled | Nora Vale | - | 1"
            ),
            &format!(
                "{place} | isrc:QZAB12600002 | US | {JUNE} | download | USD | 7 | - | - | - | 859000000002 | Quay | Nora Vale | - | 1"
            ),
        ],
    );
    assert_eq!(report.facts.tally.lines, 3);
}

#[test]
fn orchard_and_awal() {
    check(
        sample!("orchard_old.csv"),
        "orchard",
        "UTF-8",
        "statements 2017-09",
        &[
            "spotify | Spotify | isrc:QZAB12600001 | DE | 2017-07-01..2017-07-31 | stream | EUR | 1204 | 4.123456789 | 4123457 | - | 5012345678900 | Night Ferry | Nora Vale | 2017-09 | 1",
            "itunes | iTunes | isrc:QZAB12600001 | KR | 2017-07-01..2017-07-31 | download | EUR | 1 | 0.49 | 490000 | - | 5012345678900 | Night Ferry | Nora Vale | 2017-09 | 1",
        ],
    );
    let february = "2026-02-01..2026-02-28";
    check(
        sample!("orchard_new.csv"),
        "orchard_statement",
        "UTF-8",
        "statements 4711/2026-04",
        &[
            &format!(
                "spotify | Spotify | isrc:QZAB12600001 | GB | {february} | stream | USD | 1000 | 3.5000000001 | 3500000 | 5 | 5012345678900 | Night Ferry | Nora Vale | 4711/2026-04 | 1"
            ),
            &format!(
                "spotify | Spotify | isrc:QZAB12600001 | GB | {february} | adjustment | USD | 0 | -1.23 | -1230000 | 0 | 5012345678900 | Night Ferry | Nora Vale | 4711/2026-04 | 1"
            ),
        ],
    );
}

#[test]
fn believe() {
    check(
        sample!("believe.csv"),
        "believe",
        "UTF-8",
        "statements 2026-06",
        &[
            "spotify | Spotify | isrc:QZAB12600001 | DE | 2026-04-01..2026-04-30 | stream | EUR | 1200 | 2.52 | 2520000 | 3.6 | 5012345678900 | Night Ferry | Nora Vale | 2026-06 | 1",
            "tiktok | TikTok | isrc:QZAB12600001 | DE | 2026-04-01..2026-04-30 | ugc | EUR | 3 | 0.021 | 21000 | 0.03 | 5012345678900 | Night Ferry | Nora Vale | 2026-06 | 1",
        ],
    );
    let report = check(
        sample!("believe_cp1251.csv"),
        "believe",
        "windows-1251",
        "statements 2026-06",
        &[
            "yandex_music | Yandex | isrc:QZAB12600001 | RU | 2026-04-01..2026-04-30 | stream | RUB | 1200 | 2.52 | 2520000 | 3.6 | 5012345678900 | Ночной паром | Нора Вейл | 2026-06 | 1",
        ],
    );
    assert_eq!(report.facts.tally.skipped, 1);
}

#[test]
fn tunecore() {
    // A code in the distributor's own column; digits that a spreadsheet lost are unknown.
    check(
        sample!("tunecore.csv"),
        "tunecore",
        "UTF-8",
        "statements 2026-08-02",
        &[
            &format!(
                "spotify | Spotify | isrc:USTCZ2600001 | US | {JUNE} | stream | USD | 250 | 1.0000000000000001 | 1000000 | - | - | Night Ferry | Nora Vale | 2026-08-02 | 1"
            ),
            &format!(
                "amazon_music | Amazon MP3 | isrc:QZAB12600001 | US | {JUNE} | download | USD | 1 | 0.7 | 700000 | - | 859000000001 | Night Ferry | Nora Vale | 2026-08-02 | 1"
            ),
        ],
    );
    check(
        sample!("tunecore_japan.csv"),
        "tunecore_japan",
        "Shift_JIS",
        "statements 2026-08",
        &[&format!(
            "spotify | Spotify | name:夜の船 | JP | {JUNE} | stream | JPY | 300 | 60.123 | 60123000 | - | - | 夜の船 | ノラ | 2026-08 | 1"
        )],
    );
}

#[test]
fn cd_baby() {
    check(
        sample!("20231101-DDSales.txt"),
        "cd_baby",
        "UTF-8",
        "statements 2023-10-15",
        &[
            "spotify | Spotify | isrc:QZAB12600001 | US | 2023-08-31..2023-08-31 | stream | USD | 12 | 0.0374814814692 | 37481 | - | 859000000001 | Night Ferry | Nora Vale | 2023-10-15 | 1",
        ],
    );
}

#[test]
fn symphonic_and_fuga() {
    // A void has a count above zero, and counts below.
    check(
        sample!("symphonic.csv"),
        "symphonic",
        "UTF-8",
        "statements 2026-08",
        &[
            &format!(
                "spotify | Spotify | isrc:QZAB12600001 | US | {JUNE} | stream | USD | 100 | 0.25 | 250000 | - | 859000000001 | Night Ferry | Nora Vale | 2026-08 | 1"
            ),
            "spotify | Spotify | isrc:QZAB12600001 | US | 2026-04-01..2026-06-30 | adjustment | USD | -10 | -0.03 | -30000 | - | 859000000001 | Night Ferry | Nora Vale | 2026-08 | 1",
            "pandora | Pandora | isrc:QZAB12600001 | US | 2026-01-01..2026-02-28 | stream | USD | 5 | 0.01 | 10000 | - | 859000000001 | Night Ferry | Nora Vale | 2026-08 | 1",
        ],
    );
    check(
        sample!("fuga_2026-06.csv"),
        "fuga",
        "UTF-8",
        "statements 90210",
        &[
            "spotify | Spotify | isrc:QZAB12600001 | SE | 2026-04-01..2026-04-30 | stream | EUR | 400 | 0.08640000000000001 | 86400 | 0.108 | 5012345678900 | Night Ferry | Nora Vale | 90210 | 1",
            "itunes | iTunes | upc:5012345678900 | SE | 2026-04-01..2026-04-30 | download | EUR | 2 | 0.72 | 720000 | 0.9 | 5012345678900 | Harbour | Nora Vale | 90210 | 1",
        ],
    );
}

#[test]
fn soundcloud_has_a_preamble_and_amounts_below_a_millionth() {
    check(
        sample!("soundcloud.csv"),
        "soundcloud",
        "UTF-8",
        "lifetime",
        &[&format!(
            "soundcloud | SoundCloud | isrc:QZAB12600001 | US | {JUNE} | stream | USD | 501 | 0.00000025 | 0 | - | - | Night Ferry | Nora Vale | 2026-08 | 2"
        )],
    );
}

#[test]
fn bandcamp_never_streams_and_keeps_no_buyer() {
    let report = check(
        sample!("bandcamp.csv"),
        "bandcamp",
        "UTF-16LE",
        "transactions 0YnlCakS 5N2lToaS",
        &[
            "bandcamp |  | isrc:QZAB12600001 | DE | 2026-06-12..2026-06-12 | download | EUR | 1 | 0.83 | 830000 | - | - | Night Ferry | Nora Vale | - | 1",
            "bandcamp |  | name:harbour lp | DE | 2026-06-12..2026-06-12 | physical | EUR | 1 | 1018.2 | 1018200000 | - | - | Harbour LP | Nora Vale | - | 1",
        ],
    );
    assert_eq!(report.facts.tally.skipped, 1);
    let all = format!("{report:?}");
    assert!(!all.contains("Secret") && !all.contains("secret"));
}

#[test]
fn further_distributors() {
    let night = "859000000001 | Night Ferry | Nora Vale";
    check(
        sample!("landr.csv"),
        "landr",
        "UTF-8",
        "statements 2026-08-15",
        &[&format!(
            "spotify | Spotify | isrc:QZAB12600001 | CA | {JUNE} | stream | USD | 90 | 0.27 | 270000 | 0.3 | 859000000001 | Night Ferry | - | 2026-08-15 | 1"
        )],
    );
    check(
        sample!("imusician.csv"),
        "imusician",
        "UTF-8",
        "statements 2026-08-31",
        &[&format!(
            "spotify | Spotify | isrc:QZAB12600001 | CH | {JUNE} | stream | EUR | 20 | 0.05 | 50000 | - | 859000000001 | Night Ferry | - | 2026-08-31 | 2"
        )],
    );
    let report = check(
        sample!("sonosuite.csv"),
        "sonosuite",
        "UTF-8",
        "statements 2026-08-20",
        &[&format!(
            "deezer | Deezer | isrc:QZAB12600001 | MX | {JUNE} | stream | USD | 44 | 0.08 | 80000 | 0.088 | {night} | 2026-08-20 | 1"
        )],
    );
    assert!(!format!("{report:?}").contains("secret"));
    check(
        sample!("soundon.csv"),
        "soundon",
        "UTF-8",
        "statements 2026-08",
        &[&format!(
            "tiktok | TikTok | isrc:QZAB12600001 | BR | {JUNE} | ugc | USD | 1000 | 0.45 | 450000 | 0.5 | {night} | 2026-08 | 1"
        )],
    );
    let report = check(
        sample!("vale_DSR.csv"),
        "ingrooves",
        "UTF-8",
        "statements 2026-06",
        &[&format!(
            "spotify | Spotify | isrc:QZAB12600001 | US | {JUNE} | stream | USD | 60 | 0.2 | 200000 | - | {night} | 2026-06 | 1"
        )],
    );
    assert_eq!(report.facts.tally.skipped, 1);
}

#[test]
fn ada_needs_a_currency_and_has_the_month_of_its_name() {
    let (name, bytes) = sample!("ada_202606.tsv");
    let refusal = read_bytes(name, bytes).unwrap_err();
    assert!(refusal.to_string().contains("set `currency`"), "{refusal}");
    let report = check_with(
        (name, bytes),
        &euros(),
        "ada",
        "UTF-8",
        "statements 2026-06",
        &[&format!(
            "spotify | Spotify | isrc:QZAB12600001 | ZZ | {JUNE} | other | EUR | 10 | 0.12 | 120000 | - | 0085012345678 | Night Ferry | Nora Vale | 2026-06 | 1"
        )],
    );
    assert_eq!(report.facts.tally.skipped, 2);
}

#[test]
fn apple_royalties_have_period_and_currency_of_their_preamble() {
    check(
        sample!("apple_royalties.txt"),
        "apple_royalties",
        "UTF-8",
        "statements 2026-06-28..2026-08-01",
        &[
            "apple_music |  | isrc:QZAB12600001 | DE | 2026-06-28..2026-08-01 | stream | EUR | 200 | 1.0000001 | 1000000 | - | - | Night Ferry | Nora Vale | 2026-06-28..2026-08-01 | 1",
        ],
    );
}

#[test]
fn columns_in_another_order_are_the_same_rows() {
    let (name, bytes) = sample!("tunecore.csv");
    let text = std::str::from_utf8(bytes).unwrap();
    let turned: Vec<String> =
        text.lines().map(|line| line.split(',').rev().collect::<Vec<_>>().join(";")).collect();
    let turned = read_bytes("other name.csv", turned.join("\r\n").as_bytes()).unwrap();
    assert_eq!(shown(&turned), shown(&read_bytes(name, bytes).unwrap()));
}

#[test]
fn a_spreadsheet_is_the_same_rows_as_its_text() {
    let (name, bytes) = sample!("orchard_old.csv");
    let text = std::str::from_utf8(bytes).unwrap();
    let mut rows = String::new();
    for (index, line) in text.lines().enumerate() {
        // In a spreadsheet, numbers are numbers.
        let cells: Vec<String> = line
            .split(';')
            .map(|cell| {
                if cell == "1.204" {
                    "1204".to_owned()
                } else {
                    cell.replace("4,123", "4.123").replace("0,49", "0.49")
                }
            })
            .collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        rows += &sheet_row(u32::try_from(index).unwrap() + 3, &cells);
    }
    // What the sheet says of its size is not believed.
    let report = read_bytes("orchard.xlsx", &workbook("A1:B2", &rows, "")).unwrap();
    assert_eq!(shown(&report), shown(&read_bytes(name, bytes).unwrap()));
    assert_eq!((report.facts.layout.as_str(), report.facts.encoding), ("orchard", "xlsx"));
}

#[test]
fn a_spreadsheet_has_days_and_texts_of_its_own() {
    let header = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>";
    let day = "<row r=\"4\"><c r=\"A4\" s=\"1\"><v>46174</v></c><c r=\"B4\"><v>1.2E3</v></c></row>";
    let shared = "<sst uniqueCount=\"2\"><si><t>Date</t></si><si><t>Plays</t></si></sst>";
    let book = workbook("A1", &[header, day].concat(), shared);
    let report = read_bytes("Ferry.xlsx", &book).unwrap();
    let mut container = Container::open("Ferry.xlsx", Cursor::new(&book[..])).unwrap();
    let member = container.members()[0].clone();
    let known = (report.facts.sha256.clone(), book.len() as u64);
    assert_eq!(digest(&mut container, &member).unwrap(), known);
    assert_eq!(
        shown(&report),
        ["apple_music | name:ferry | 2026-06-01..2026-06-01 | day |  | 1200 | - | - | Ferry"]
    );
}

#[test]
fn packing_does_not_change_a_report() {
    let (name, bytes) = sample!("tunecore.csv");
    let plain = read_bytes(name, bytes).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    let gzip = gzip.finish().unwrap();
    let zip = zipped(&[("a/tunecore.csv", bytes), ("__MACOSX/._x", b"x"), ("b/tunecore.csv.gz", &gzip)]);
    let mut container = Container::open("all.zip", Cursor::new(&zip[..])).unwrap();
    let members = container.members().to_vec();
    assert_eq!(
        members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(),
        ["a/tunecore.csv", "b/tunecore.csv.gz"]
    );
    let reading = Reading::default();
    let context = Context { path: "all.zip", reading: &reading, period: None };
    for member in &members {
        let known = (plain.facts.sha256.clone(), plain.facts.size_bytes);
        assert_eq!(digest(&mut container, member).unwrap(), known);
    }
    let mut others: Vec<Report> =
        members.iter().map(|member| read(&mut container, member, &context).unwrap()).collect();
    others.push(read_bytes("tunecore.csv.gz", &gzip).unwrap());
    for other in others {
        assert_eq!((shown(&other), &other.facts), (shown(&plain), &plain.facts));
    }
}

#[test]
fn pages_are_parts_of_one_order() {
    let (name, bytes) = sample!("distrokid_new.csv");
    let report = read_bytes(name, bytes).unwrap();
    let all = report.page(0, usize::MAX);
    let paged: Vec<ReportRow> = (0..report.len()).flat_map(|first| report.page(first, 1)).collect();
    assert_eq!((paged, report.page(report.len(), 10)), (all, vec![]));
}

#[test]
fn totals_are_of_all_lines() {
    let (name, bytes) = sample!("distrokid_new.csv");
    let totals = read_bytes(name, bytes).unwrap().facts.totals;
    let [(currency, total)] = totals[..] else { panic!("{totals:?}") };
    assert_eq!(currency.unwrap().as_str(), "USD");
    assert_eq!(
        (total.lines, total.revenue.to_string(), total.streams),
        (4, "3.7500001".to_owned(), Exact::whole(1_200))
    );
    assert_eq!(Country::WORLD.as_str(), "");
}

const IMUSICIAN: &str = "Sales date,Statement date,Release title,Barcode,ISRC,Track title,Shop,Transaction type,Country,Quantity,Revenue EUR\n";

#[test]
fn a_sum_with_an_unknown_part_is_unknown_and_the_total_is_of_what_is_said() {
    let line = "2026-06,2026-08,R,,QZAB12600001,T,Spotify,Streaming,US";
    let text = format!("{IMUSICIAN}{line},1,0.5\n{line},,n/a\n{line},2,0.25\n");
    let report = read_bytes("a.csv", text.as_bytes()).unwrap();
    let unknown: Vec<ReportRow> = report.page(0, 9);
    // Without an amount there is no currency either, which is another key.
    let sums: Vec<_> = unknown
        .iter()
        .map(|row| match row {
            ReportRow::Royalty(row) => (row.currency.is_some(), row.quantity, row.revenue_exact, row.lines),
            _ => panic!(),
        })
        .collect();
    let three_quarters = Exact::parse("0.75", crate::reports::numbers::Decimal::Point).ok();
    assert_eq!(sums, [(true, Some(Exact::whole(3)), three_quarters, 2), (false, None, None, 1)]);
    let text = format!("{IMUSICIAN}{line},1,0.5\n{line},,0.25\n");
    let [ReportRow::Royalty(row)] = &read_bytes("a.csv", text.as_bytes()).unwrap().page(0, 9)[..] else {
        panic!()
    };
    assert_eq!((row.quantity, row.revenue_exact, row.lines), (None, three_quarters, 2));
}

#[test]
fn titles_of_the_settings_give_statements_their_codes() {
    let titles = BTreeMap::from([("night ferry".to_owned(), "QZAB12600001".to_owned())]);
    let stores = BTreeMap::from([("shop 7".to_owned(), "tidal".to_owned())]);
    let reading = Reading { stores, titles, ..Reading::default() };
    let text = format!("{IMUSICIAN}2026-06,2026-08,R,0085012345678,,Night Ferry,Shop 7,Streaming,US,1,0.5\n");
    let report = read_with("a.csv", text.as_bytes(), &reading, None).unwrap();
    assert!(
        shown(&report)[0].starts_with("tidal | Shop 7 | isrc:QZAB12600001 | US | "),
        "{:?}",
        shown(&report)
    );
}

#[test]
fn a_dsr_file_may_be_of_a_year_or_a_day() {
    let (name, bytes) = sample!("DSR_Vale_Wave_WavePremium_2026-06_Multi_1of1_20260710T080000.tsv");
    let text = std::str::from_utf8(bytes).unwrap();
    for (said, expected) in [
        ("2026\t2026", "2026-01-01..2026-12-31"),
        ("2026-06-01\t2026-06-07", "2026-06-01..2026-06-07"),
        ("2025-12\t2026-02", "2025-12-01..2026-02-28"),
    ] {
        let report = read_bytes(name, text.replace("2026-06\t2026-06", said).as_bytes()).unwrap();
        assert!(shown(&report).iter().all(|row| row.contains(expected)), "{said}");
    }
}
