//! Headers that settings teach, and the proposal of what to teach.

use std::collections::BTreeMap;

use super::*;
use crate::reports::{
    column_map::{ColumnMap, ColumnMapError},
    layout::Field,
    learn::learn,
};

fn taught(map: &ColumnMap) -> Reading {
    Reading { taught: vec![map.layout("own").unwrap()], ..Reading::default() }
}

fn map(columns: &[(Field, &str)]) -> ColumnMap {
    let columns = columns.iter().map(|(field, header)| (*field, (*header).to_owned())).collect();
    ColumnMap { columns, ..ColumnMap::default() }
}

fn proposed(bytes: &[u8]) -> Result<ColumnMap, Refusal> {
    let mut container = Container::open("a.csv", Cursor::new(bytes)).unwrap();
    let member = container.members()[0].clone();
    learn(&mut container, &member, &Reading::default())
}

#[test]
fn a_taught_header_is_read() {
    let file = "Tag;Lied;Land;Abrufe\n15.06.2026;Nachtfähre;DE;1.204\n";
    let mut map = map(&[
        (Field::Date, "tag"),
        (Field::Title, "LIED"),
        (Field::Country, "Land"),
        (Field::Streams, "Abrufe"),
    ]);
    map.date_format = Some("%d.%m.%Y".to_owned());
    map.decimal = Some(crate::reports::numbers::Decimal::Comma);
    map.service = Some("pandora".to_owned());
    let report = read_with("a.csv", file.as_bytes(), &taught(&map), None).unwrap();
    assert_eq!(
        shown(&report),
        ["pandora | name:nachtfähre | 2026-06-15..2026-06-15 | day | DE | 1204 | - | - | Nachtfähre"]
    );
    assert_eq!((report.facts.layout.as_str(), report.facts.unit.key().as_str()), ("own", "dates "));
    let western = encoding_rs::WINDOWS_1252.encode(file).0.into_owned();
    map.encoding = Some("iso-8859-1".to_owned());
    assert_eq!(shown(&read_with("a.csv", &western, &taught(&map), None).unwrap()), shown(&report));
}

#[test]
fn a_taught_header_wins_over_a_shipped_one_and_lengthens_dates() {
    let mut map = map(&[(Field::Date, "date"), (Field::Streams, "streams")]);
    map.granularity = Some("month".to_owned());
    map.service = Some("tidal".to_owned());
    let report = read_with("song.csv", b"date,streams\n2026-06-01,7\n", &taught(&map), None).unwrap();
    assert_eq!(shown(&report), ["tidal | name:song | 2026-06-01..2026-06-30 | month |  | 7 | - | - | song"]);
}

#[test]
fn smart_links_are_divided_by_one_thing() {
    let map = map(&[
        (Field::Link, "id"),
        (Field::Date, "day"),
        (Field::Destination, "service"),
        (Field::Clicks, "clicks"),
    ]);
    let report =
        read_with("a.csv", b"id,day,service,clicks\nx1,2026-06-01,spotify,4\n", &taught(&map), None).unwrap();
    assert_eq!(shown(&report), ["x1 | destination | spotify | 2026-06-01 | - | - | 4 | -"]);
}

#[test]
fn statements_can_be_taught_too() {
    let mut map = map(&[
        (Field::Date, "month"),
        (Field::Isrc, "code"),
        (Field::Store, "shop"),
        (Field::Quantity, "n"),
        (Field::Revenue, "eur"),
    ]);
    map.currency = Some("EUR".to_owned());
    let report =
        read_with("a.csv", b"month,code,shop,n,eur\n2026-06,QZAB12600001,Tidal,3,0.1\n", &taught(&map), None)
            .unwrap();
    let expected = "tidal | Tidal | isrc:QZAB12600001 | ZZ | 2026-06-01..2026-06-30 | stream | EUR | 3 | 0.1 | 100000 | - | - | - | - | - | 1";
    assert_eq!(shown(&report), [expected]);
}

#[test]
fn maps_that_cannot_work_say_why() {
    let mut wrong = map(&[(Field::Title, "title")]);
    assert_eq!(wrong.layout("x").unwrap_err(), ColumnMapError::NoRows);
    wrong.columns.insert(Field::Streams, "plays".to_owned());
    for (change, expected) in [
        (ColumnMap { encoding: Some("klingon".to_owned()), ..wrong.clone() }, "klingon"),
        (ColumnMap { delimiter: Some('→'), ..wrong.clone() }, "→"),
        (ColumnMap { granularity: Some("decade".to_owned()), ..wrong.clone() }, "decade"),
        (ColumnMap { currency: Some("gold".to_owned()), ..wrong.clone() }, "gold"),
    ] {
        assert!(change.layout("x").unwrap_err().to_string().contains(expected));
    }
}

#[test]
fn a_proposal_reads_the_file_that_it_was_made_from() {
    let file = "Report of nobody\nDay;Track title;ISRC;Retailer;Plays\n25/06/2026;Night Ferry;QZAB12600001;Tidal;12\n";
    let map = proposed(file.as_bytes()).unwrap();
    let expected = [
        (Field::Isrc, "ISRC"),
        (Field::Store, "Retailer"),
        (Field::Streams, "Plays"),
        (Field::Date, "Day"),
        (Field::Title, "Track title"),
    ];
    assert_eq!(map.columns, BTreeMap::from(expected.map(|(field, header)| (field, header.to_owned()))));
    assert_eq!((map.date_format.as_deref(), map.delimiter), (Some("%d/%m/%Y"), Some(';')));
    let report = read_with("a.csv", file.as_bytes(), &taught(&map), None).unwrap();
    assert_eq!(
        shown(&report),
        ["tidal | isrc:QZAB12600001 | 2026-06-25..2026-06-25 | day |  | 12 | - | - | Night Ferry"]
    );
}

#[test]
fn nothing_is_proposed_for_what_is_known_or_says_nothing() {
    assert!(proposed(b"date,streams\n2026-06-01,1\n").unwrap_err().to_string().contains("known as"));
    assert!(proposed(b"Moon,Tides\n1,2\n").unwrap_err().to_string().contains("known words"));
    // 03/04 could be both: the person says which.
    assert_eq!(proposed(b"Day,Song,Plays,X\n03/04/2026,a,1,2\n").unwrap().date_format, None);
    let pointed = proposed(b"Day,Song,Plays,X\n03.04.2026,a,1,2\n").unwrap().date_format;
    assert_eq!(pointed.as_deref(), Some("%d.%m.%Y"));
    // Days that are not read are told as such, not as missing.
    let days = map(&[(Field::Date, "day"), (Field::Isrc, "code"), (Field::Quantity, "n")]);
    let refusal =
        read_with("a.csv", b"day,code,n\n03.04.2026,QZAB12600001,1\n", &taught(&days), None).unwrap_err();
    assert_eq!(refusal.word(), "lines_rejected", "{refusal}");
}
