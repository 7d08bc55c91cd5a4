//! Layouts that no real file has verified, and integrations whose files are all about one service.

use super::*;
use crate::{
    integrations::{READING_FILES, amazon_music::AMAZON_MUSIC, pandora::PANDORA},
    reports::{Draft, Known, layout::Field, settings::Settings},
};

/// What a connection with these settings knows.
fn reading(known: Known, layouts: &serde_json::Value) -> Reading {
    let json = serde_json::json!({ "directory": "x", "layouts": layouts });
    let settings: Settings = serde_json::from_value(json).unwrap();
    settings.watched(known).unwrap().reading
}

fn named(known: Known, draft: &Draft) -> Reading {
    reading(known, &serde_json::json!({ draft.name: {} }))
}

/// A file with the header of a draft, and one line.
fn file(draft: &Draft) -> String {
    let cell = |field: &Field| match field {
        Field::Date => "2026-06-01",
        Field::Title => "Night Ferry",
        Field::Link => "x1",
        Field::Destination => "spotify",
        _ => "7",
    };
    let (fields, headers): (Vec<_>, Vec<_>) =
        draft.columns.iter().map(|(field, header)| (cell(field), *header)).unzip();
    format!("{}\n{}\n", headers.join(","), fields.join(","))
}

#[test]
fn a_layout_that_nobody_has_verified_is_read_once_it_is_named() {
    for reports in READING_FILES {
        for draft in reports.known.drafts {
            let text = file(draft);
            let unnamed = Reading { known: reports.known, ..Reading::default() };
            let refusal = read_with("a.csv", text.as_bytes(), &unnamed, None).unwrap_err();
            assert_eq!(refusal, Refusal::Unverified(draft.name), "{}", reports.id);
            assert!(refusal.to_string().contains(&format!("layouts.{} = {{}}", draft.name)), "{refusal}");
            let report = read_with("a.csv", text.as_bytes(), &named(reports.known, draft), None).unwrap();
            assert_eq!((report.facts.layout.as_str(), report.facts.rows), (draft.name, 1));
            let service = reports.known.service.unwrap_or("x1");
            assert!(shown(&report)[0].starts_with(service), "{}", shown(&report)[0]);
        }
    }
}

#[test]
fn an_export_that_is_wider_than_believed_is_not_guessed_at() {
    let [draft, _] = PANDORA.known.drafts else { panic!() };
    let wider = "date,track,spins,listeners,thumbs up\n2026-06-01,Night Ferry,7,5,1\n";
    let refusal = read_with("a.csv", wider.as_bytes(), &named(PANDORA.known, draft), None).unwrap_err();
    assert_eq!(refusal.word(), "unknown_layout", "{refusal}");
    // Who names columns has seen the header.
    let seen = serde_json::json!({ draft.name: { "columns": { "streams": "plays" } } });
    let other = wider.replace("spins", "Plays");
    let report = read_with("a.csv", other.as_bytes(), &reading(PANDORA.known, &seen), None).unwrap();
    assert_eq!(
        shown(&report),
        ["pandora | name:night ferry | 2026-06-01..2026-06-01 | day |  | 7 | 5 | - | Night Ferry"]
    );
}

#[test]
fn files_of_one_service_are_about_it_whatever_they_look_like() {
    // The same header is an export of Spotify's elsewhere.
    let text = b"date,streams\n2026-06-01,7\n";
    let nothing = Reading { known: AMAZON_MUSIC.known, ..Reading::default() };
    assert_eq!(read_with("Salt.csv", text, &nothing, None).unwrap_err().word(), "unknown_layout");
    let own = serde_json::json!({ "own": { "columns": { "date": "date", "streams": "streams" } } });
    let report = read_with("Salt.csv", text, &reading(AMAZON_MUSIC.known, &own), None).unwrap();
    assert!(shown(&report)[0].starts_with("amazon_music | name:salt |"), "{:?}", shown(&report));
    // A statement without types and stores is about streams there, because that is what the service sells.
    let money =
        serde_json::json!({ "own": { "columns": { "date": "month", "isrc": "code", "quantity": "n" } } });
    let statement = b"month,code,n\n2026-06,QZAB12600001,3\n";
    let report = read_with("a.csv", statement, &reading(PANDORA.known, &money), None).unwrap();
    assert!(shown(&report)[0].contains("| stream |"), "{:?}", shown(&report));
}

#[test]
fn usage_reports_of_another_service_are_left_to_whom_they_concern() {
    let name = "DSR_Vale_Wave_WavePremium_2026-06_Multi_1of1_20260710T080000.tsv";
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/src/reports/samples/").to_owned() + name);
    let reading = Reading { known: PANDORA.known, ..Reading::default() };
    let refusal = read_with(name, &bytes.unwrap(), &reading, None).unwrap_err();
    assert!(refusal.to_string().contains("here only pandora is read"), "{refusal}");
}
