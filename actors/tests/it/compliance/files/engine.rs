//! What the engine does with files, whatever reads them.

use std::time::Duration;

use rows::{Row, Table, checkpoint::Progress, files::FileState, sink::SinkError, state::State};

use super::{
    bench::FileBench,
    case::{FileCase, Place, Samples},
    scripted::{CASE, Folder},
};
use crate::support::drive::End;

/// A case whose folder the test keeps.
struct Kept(Folder);

impl FileCase for Kept {
    fn place(&self) -> Box<dyn Place> {
        Box::new(self.0.clone())
    }

    fn samples(&self) -> Samples {
        CASE.samples()
    }
}

fn bench() -> (FileBench, Folder) {
    let folder = Folder::default();
    (FileBench::new(&Kept(folder.clone())), folder)
}

fn error(end: &End) -> &str {
    end.status.error.as_deref().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn days_are_overwritten_by_later_files_and_no_file_is_superseded() {
    let (bench, _) = bench();
    // Both new: the one with the later last day counts, whatever its name.
    bench.put("b", b"timeline artist\n2026-06-01 t 1\n2026-06-02 t 2\nend 2");
    bench.put("a", b"timeline artist\n2026-06-02 t 3\n2026-06-03 t 4\nend 2");
    bench.read().await;
    let rows = bench.sink.table(&bench.name, Table::TrackPerformanceDaily);
    let mut streams: Vec<(rows::Day, i64)> = rows
        .iter()
        .map(|row| match row {
            Row::TrackPerformance(row) => (row.date, row.streams.unwrap()),
            _ => panic!(),
        })
        .collect();
    streams.sort();
    assert_eq!(streams.iter().map(|(_, streams)| *streams).collect::<Vec<_>>(), [1, 3, 4]);
    for name in ["a", "b"] {
        assert_eq!(bench.sink.file(&bench.name, &bench.path(name)).unwrap().state, FileState::Loaded);
    }
    let checkpoints = bench.sink.0.lock().checkpoints.clone();
    let progress = checkpoints.into_values().next().unwrap().progress;
    let Progress::Files(progress) = progress else { panic!("{progress:?}") };
    assert_eq!(progress.last_day, Some(jiff::civil::date(2026, 6, 3)));
    assert!(progress.listed_at.is_some() && progress.last_seen_at.is_some() && progress.lacking.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_shown_until_it_is_decided_and_nothing_is_read_again() {
    let (bench, folder) = bench();
    bench.put("june", &bench.samples.whole.content);
    bench.put("x", b"unknown");
    let end = bench.driver().daemon(Duration::from_hours(3)).await;
    assert_eq!(end.status.state, State::BackingOff);
    assert!(error(&end).contains("x.txt: it has no known layout"), "{}", error(&end));
    assert!(end.status.last_success_at.is_some() && end.status.streams[0].last_file_at.is_some());
    assert_eq!(bench.lines().len(), 3);
    assert_eq!(folder.counts(), (3, 3), "180 looks, and each file was opened once, and once more to load it");
    // A new start shows it at once, and reads what waits once more, because settings may have changed.
    let end = bench.driver().daemon(Duration::from_secs(20)).await;
    assert_eq!(end.status.state, State::BackingOff);
    assert_eq!(folder.counts().1, 4);
    bench.put("x", b"taught 2026-08\n2026-08 isrc:1 DE 1000000 1 USD\nend 1");
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false), "{:?}", end.failures);
    folder.teach();
    bench.read().await;
    assert_eq!(bench.lines().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_breaks_breaks_its_file_only() {
    let (bench, folder) = bench();
    bench.put("a", b"broken file");
    bench.put("b", &bench.samples.whole.content);
    bench.put("c", b"statement broken\n2026-06 isrc:1 DE 1 1 USD\nend 1");
    folder.put("locked", b"statement x\nend 0");
    let end = bench.once().await;
    assert_eq!((end.finished, end.panics), (Some(false), 0));
    assert!(
        error(&end).contains("its reader broke on it") && error(&end).contains("cannot be opened now"),
        "{}",
        error(&end)
    );
    bench.assert_shown(&[&bench.samples.whole], "beside broken ones");
    for name in ["a", "c"] {
        let file = bench.sink.file(&bench.name, &bench.path(name)).unwrap();
        assert_eq!(file.state, FileState::Quarantined, "{name}");
    }
    // What could not be had is no one's to decide about: it is tried again.
    assert_eq!(bench.sink.file(&bench.name, "locked"), None);
}

#[tokio::test(start_paused = true)]
async fn a_period_that_only_a_person_knows_comes_with_the_acceptance() {
    let (bench, _) = bench();
    bench.put("songs", b"nameless songs\n2026-06 isrc:1 DE 1000000 1 USD\nend 1");
    bench.waits().await;
    let period = rows::DayRange::new(jiff::civil::date(2026, 1, 1), jiff::civil::date(2026, 3, 31));
    bench.sink.accept(&bench.name, &bench.path("songs"), None, period);
    bench.read().await;
    let line = &bench.lines()[0];
    assert_eq!(rows::DayRange::new(line.period_start, line.period_end), period);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_costs_no_file() {
    let (bench, _) = bench();
    bench.put("june", &bench.samples.whole.content);
    for failing in 1..8 {
        bench.sink.0.lock().failing = failing;
        bench.driver().daemon(Duration::from_mins(1)).await;
    }
    bench.sink.0.lock().failing = 0;
    bench.read().await;
    bench.assert_shown(&[&bench.samples.whole], "once it is back");
}

/// The one in memory refuses what the one in SQL refuses.
#[tokio::test(start_paused = true)]
async fn what_no_file_can_bring_is_refused_in_memory_too() {
    use rows::{
        files::{FileNote, FileSink, Publication, Standing},
        sink::{ConnectionRecord, Sink},
    };
    let (bench, _) = bench();
    let record = ConnectionRecord {
        name: bench.name.clone(),
        integration: "scripted_files".into(),
        tenant: String::new(),
        once_since: None,
    };
    let epoch = bench.sink.register(record).await.unwrap().epoch;
    let facts = rows::files::FileFacts {
        sha256: "a".into(),
        size_bytes: 1,
        layout: "statement".into(),
        unit: "x".into(),
        by_day: false,
        period: None,
        statement_period: None,
        rows: 0,
        rejected: 0,
        totals: None,
        made_at: None,
        notes: Vec::new(),
    };
    let publication = |epoch, lines| Publication {
        connection: bench.name.clone(),
        integration: "scripted_files".into(),
        epoch,
        stream: "files".into(),
        account_id: String::new(),
        facts: facts.clone(),
        lines,
        rows: Vec::new(),
    };
    let refused =
        async |publication| matches!(bench.sink.publish_file(publication).await, Err(SinkError::Refused(_)));
    assert!(refused(publication(epoch, 0)).await, "it was not begun");
    let note = |epoch, standing| FileNote {
        connection: bench.name.clone(),
        epoch,
        sha256: "a".into(),
        name: "a".into(),
        member: None,
        size_bytes: 1,
        standing,
    };
    assert!(bench.sink.note_file(note(epoch, Standing::Loading(facts.clone()))).await.unwrap());
    assert!(refused(publication(epoch, 1)).await, "a line is missing");
    let mut objects = publication(epoch, 0);
    objects.rows = vec![Row::AdAccount(rows::ads::AdAccount {
        account_id: "1".into(),
        name: None,
        status: None,
        currency: None,
        time_zone: None,
    })];
    assert!(refused(objects).await, "files bring no such rows");
    let outdated = SinkError::Outdated(bench.name.clone());
    assert_eq!(bench.sink.publish_file(publication(epoch - 1, 0)).await, Err(outdated.clone()));
    assert_eq!(bench.sink.sweep_files(&bench.name, epoch - 1).await, Err(outdated.clone()));
    let foreign = note(epoch - 1, Standing::Foreign { reason: "x".into() });
    assert_eq!(bench.sink.note_file(foreign).await, Err(outdated));
    bench.sink.publish_file(publication(epoch, 0)).await.unwrap();
    assert!(!bench.sink.note_file(note(epoch, Standing::Loading(facts.clone()))).await.unwrap());
}
