//! What is stored of a person, where it is, and who did what with it.

use std::collections::BTreeSet;

use store::people::{Erasure, NOBODY, PLACES};

use crate::support::Bench;

pub async fn every_table_has_its_place_or_nobody_in_it(bench: &Bench) {
    let dumped = match bench.backend() {
        sea_orm::DbBackend::Postgres => {
            "SELECT table_name::text AS name FROM information_schema.tables \
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let there: BTreeSet<String> =
        bench.query(dumped).await.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    let listed: Vec<&str> = PLACES
        .iter()
        .map(|place| place.table)
        .chain(NOBODY.iter().flat_map(|(_, tables)| tables.iter().copied()))
        .collect();
    let known: BTreeSet<String> = listed.iter().map(|table| (*table).to_owned()).collect();
    assert_eq!(known.len(), listed.len(), "a table stands in the list once");
    let unclassed: Vec<_> = there.difference(&known).collect();
    assert!(unclassed.is_empty(), "say in people/places.rs what of a person is in {unclassed:?}");
    // Texts of any length have a table on PostgreSQL only.
    let missing: Vec<_> = known.difference(&there).filter(|table| *table != "long_texts").collect();
    assert!(missing.is_empty(), "no such table: {missing:?}");
    for place in &PLACES {
        bench.query(&format!("SELECT * FROM {} LIMIT 1", place.shown)).await;
        if let Erasure::Emptied(columns) = place.erasure {
            bench.query(&format!("SELECT {} FROM {} LIMIT 1", columns.join(", "), place.table)).await;
        }
    }
}
