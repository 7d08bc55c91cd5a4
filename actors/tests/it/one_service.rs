//! Integrations whose files are all about one service: what its portal lets people download, once its layout is named.

use std::fs;

use actors::{
    integrations::{amazon_music::AMAZON_MUSIC, pandora::PANDORA},
    reports::Reports,
};
use rows::{Row, Table, files::FileState};
use sandbox::report_files::{Portal, ReportFiles, TITLES, TruthPlays};
use serde_json::{Value, json};

use crate::compliance::{
    cases::{one_service, report_files::Directory},
    files::{
        bench::FileBench,
        case::{FileCase, Place, Samples},
    },
};

/// A directory, with these layouts named.
struct Exports(Reports, Value);

impl FileCase for Exports {
    fn place(&self) -> Box<dyn Place> {
        let titles: Value =
            TITLES.iter().map(|(title, isrc, ..)| ((*title).to_owned(), json!(isrc))).collect();
        Box::new(Directory::new(self.0, json!({ "layouts": self.1, "titles": titles })))
    }

    fn samples(&self) -> Samples {
        one_service::PANDORA.samples()
    }
}

const PORTALS: [(Reports, Portal, &str); 2] = [
    (PANDORA, Portal::Pandora, "pandora_amp_tracks"),
    (AMAZON_MUSIC, Portal::AmazonMusic, "amazon_music_for_artists_songs"),
];

/// A bench with a portal's export in its directory, and what that says.
fn bench(reports: Reports, portal: Portal, layouts: Value) -> (FileBench, Vec<TruthPlays>) {
    let world = ReportFiles::new(1, 5, "2026-11-21T12:00:00Z".parse().unwrap());
    let bench = FileBench::new(&Exports(reports, layouts));
    let written = tempfile::tempdir().unwrap();
    world.write_portal_to(portal, written.path()).unwrap();
    for entry in fs::read_dir(written.path()).unwrap().map(Result::unwrap) {
        bench.place.put(&entry.file_name().to_string_lossy(), &fs::read(entry.path()).unwrap());
    }
    (bench, world.truth_plays(portal))
}

#[tokio::test(start_paused = true)]
async fn exports_are_read_once_their_layout_is_named() {
    for (reports, portal, layout) in PORTALS {
        let (bench, truth) = bench(reports, portal, json!({ layout: {} }));
        bench.read().await;
        let rows = bench.sink.table(&bench.name, Table::TrackPerformanceDaily);
        let mut read: Vec<_> = rows
            .iter()
            .map(|row| match row {
                Row::TrackPerformance(row) => {
                    assert_eq!(row.service, reports.id);
                    (row.track_id.clone(), row.date, row.streams, row.listeners)
                }
                other => panic!("{other:?}"),
            })
            .collect();
        let number = |number: u64| i64::try_from(number).ok();
        let mut expected: Vec<_> = truth
            .iter()
            .map(|row| (format!("isrc:{}", row.isrc), row.date, number(row.plays), number(row.listeners)))
            .collect();
        read.sort();
        expected.sort();
        assert_eq!(read, expected, "{}", reports.id);
    }
}

#[tokio::test(start_paused = true)]
async fn until_then_they_wait_and_say_which_layout_to_name() {
    for (reports, portal, layout) in PORTALS {
        let (bench, _) = bench(reports, portal, json!({}));
        let said = bench.waits().await;
        assert!(said.contains(&format!("layouts.{layout} = {{}}")), "{said}");
        let states: Vec<FileState> = bench.sink.0.lock().files.iter().map(|file| file.state).collect();
        assert_eq!(states, [FileState::Quarantined]);
        assert!(bench.sink.table(&bench.name, Table::TrackPerformanceDaily).is_empty());
    }
}
