//! Cases about report files: what readers see of them, and when.

use rows::{
    DayRange, Micros, Row, Table,
    files::{FileFacts, FileNote, FileRecord, FileSink, FileState, Publication, Published, Standing},
    limits::FILE_DAILY_ROWS_MAX,
    music::TrackPerformance,
    royalties::RoyaltyStatement,
    sink::{Commit, Committed, Sink, SinkError},
};
use store::FileDecision;

use crate::{
    kinds::every_kind,
    samples::{day, days},
    support::{Bench, at},
};

/// The connection of these cases.
pub const LABEL: &str = "label-a-files";

/// A line about a track.
pub fn line(file: &str, track: &str) -> RoyaltyStatement {
    let sample = every_kind(file).into_iter().find_map(|row| match row {
        Row::RoyaltyStatement(line) => Some(line),
        _ => None,
    });
    RoyaltyStatement { track_id: track.to_owned(), isrc: None, ..sample.unwrap() }
}

fn streams(track: &str, number: i8, streams: i64) -> TrackPerformance {
    let sample = every_kind(track).into_iter().find_map(|row| match row {
        Row::TrackPerformance(row) => Some(row),
        _ => None,
    });
    TrackPerformance { date: day(number), streams: Some(streams), ..sample.unwrap() }
}

pub fn facts(file: &str) -> FileFacts {
    FileFacts {
        sha256: file.to_owned(),
        size_bytes: 10,
        layout: "distrokid".to_owned(),
        unit: "lifetime".to_owned(),
        by_day: false,
        period: Some(days(1, 30)),
        statement_period: Some("2026-12".to_owned()),
        rows: 2,
        rejected: 1,
        totals: Some(r#"{"USD":"0.00000345"}"#.to_owned()),
        made_at: None,
        notes: vec!["one line was left out".to_owned()],
    }
}

pub fn note(epoch: i64, file: &str, standing: Standing) -> FileNote {
    FileNote {
        connection: LABEL.to_owned(),
        epoch,
        sha256: file.to_owned(),
        name: format!("{file}.zip"),
        member: Some("lines.csv".to_owned()),
        size_bytes: 10,
        standing,
    }
}

/// Lines, as the engine stages them.
pub fn staged(epoch: i64, lines: Vec<RoyaltyStatement>) -> Commit {
    Commit {
        connection: LABEL.into(),
        integration: "report_files".into(),
        epoch,
        stream: "files".into(),
        rows: lines.into_iter().map(Row::RoyaltyStatement).collect(),
        ..Commit::default()
    }
}

pub fn publication(epoch: i64, facts: FileFacts, lines: u64, rows: Vec<Row>) -> Publication {
    Publication {
        connection: LABEL.into(),
        integration: "report_files".into(),
        epoch,
        stream: "files".into(),
        account_id: String::new(),
        facts,
        lines,
        rows,
    }
}

/// Loads a file: what the engine does.
pub async fn loaded(bench: &Bench, epoch: i64, facts: FileFacts, lines: Vec<RoyaltyStatement>) -> Published {
    let count = u64::try_from(lines.len()).unwrap();
    begun(bench, epoch, &facts).await;
    bench.commit(staged(epoch, lines)).await;
    let published = bench.store.publish_file(publication(epoch, facts, count, vec![])).await.unwrap();
    bench.store.sweep_files(LABEL, epoch).await.unwrap();
    published
}

pub async fn begun(bench: &Bench, epoch: i64, facts: &FileFacts) {
    let begun = note(epoch, &facts.sha256, Standing::Loading(facts.clone()));
    assert!(bench.store.note_file(begun).await.unwrap(), "{} can be loaded", facts.sha256);
}

/// Loads a file of daily rows.
async fn loaded_rows(bench: &Bench, epoch: i64, facts: FileFacts, rows: Vec<TrackPerformance>) -> Published {
    begun(bench, epoch, &facts).await;
    let rows = rows.into_iter().map(Row::TrackPerformance).collect();
    bench.store.publish_file(publication(epoch, facts, 0, rows)).await.unwrap()
}

fn superseded(published: Published) -> Vec<String> {
    match published {
        Published::Loaded { superseded, .. } => superseded,
        Published::Waits { reason } => panic!("it waits: {reason}"),
    }
}

fn reason(published: Published) -> String {
    match published {
        Published::Waits { reason } => reason,
        loaded @ Published::Loaded { .. } => panic!("it does not wait: {loaded:?}"),
    }
}

async fn record(bench: &Bench, file: &str) -> FileRecord {
    let files = bench.store.files(LABEL).await.unwrap();
    files.into_iter().find(|record| record.sha256 == file).unwrap()
}

/// `statement track` of what readers see.
async fn seen(bench: &Bench) -> Vec<String> {
    let rows = bench.query("SELECT statement, track_id FROM royalty_statements ORDER BY 1, 2").await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    rows.iter().map(|row| format!("{} {}", text(&row["statement"]), text(&row["track_id"]))).collect()
}

async fn stored_lines(bench: &Bench) -> i64 {
    bench.count("royalty_statement_rows").await
}

pub async fn a_file_is_seen_when_it_is_published_and_not_before(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    begun(bench, epoch, &facts("a")).await;
    for track in ["isrc:1", "isrc:2"] {
        let staged = bench.commit(staged(epoch, vec![line("a", track)])).await;
        assert_eq!(staged.written, [(Table::RoyaltyStatements, 1)]);
        assert_eq!(seen(bench).await, [""; 0]);
        assert_eq!(bench.count("track_performance_daily").await, 0);
    }
    // A line was lost on the way, or two were one.
    let short = bench.store.publish_file(publication(epoch, facts("a"), 3, vec![])).await;
    assert!(matches!(short, Err(SinkError::Refused(_))), "{short:?}");
    assert_eq!(seen(bench).await, [""; 0]);
    bench.clock.set("2026-11-24T11:00:00Z");
    let published = bench.store.publish_file(publication(epoch, facts("a"), 2, vec![])).await.unwrap();
    assert_eq!(published, Published::Loaded { committed: Committed::default(), superseded: Vec::new() });
    assert_eq!(seen(bench).await, ["a isrc:1", "a isrc:2"]);
    assert_eq!(bench.count("track_performance_daily").await, 2);
    let expected = FileRecord {
        connection: LABEL.into(),
        sha256: "a".into(),
        name: "a.zip".into(),
        member: Some("lines.csv".into()),
        size_bytes: 10,
        state: FileState::Loaded,
        layout: Some("distrokid".into()),
        unit: Some("lifetime".into()),
        period: Some(days(1, 30)),
        statement_period: Some("2026-12".into()),
        rows: Some(2),
        rejected: Some(1),
        totals: Some(r#"{"USD":"0.00000345"}"#.into()),
        made_at: None,
        reason: Some("one line was left out".into()),
        replaces: None,
        superseded_by: None,
        decided_by: None,
        first_seen_at: at("2026-11-24T10:00:00Z"),
        loaded_at: Some(at("2026-11-24T11:00:00Z")),
    };
    assert_eq!(record(bench, "a").await, expected);
    assert_eq!(bench.store.report_files().await.unwrap(), [expected]);
    // It is not published twice, and what is loaded is not swept.
    let again = bench.store.publish_file(publication(epoch, facts("a"), 2, vec![])).await;
    assert!(matches!(again, Err(SinkError::Refused(_))), "{again:?}");
    assert_eq!(bench.store.sweep_files(LABEL, epoch).await, Ok(0));
    assert_eq!(seen(bench).await.len(), 2);
}

pub async fn a_corrected_file_takes_the_place_of_its_unit(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let other = bench.register("label-b-files", "report_files").await.epoch;
    let mut of_other = staged(other, vec![line("x", "isrc:1")]);
    of_other.connection = "label-b-files".into();
    bench.commit(of_other).await;
    loaded(bench, epoch, facts("a"), vec![line("a", "isrc:1"), line("a", "isrc:2")]).await;
    let july = FileFacts { unit: "2026-07".into(), ..facts("july") };
    loaded(bench, epoch, july, vec![line("july", "isrc:9")]).await;
    let corrected = RoyaltyStatement { quantity: Some(Micros(7_000_000)), ..line("b", "isrc:1") };
    // More lines than one step takes away: of the superseded file none is left.
    let many = (0..25_000).map(|number| line("b", &format!("name:{number:05}")));
    let lines = [vec![corrected, line("b", "isrc:2")], many.collect()].concat();
    assert_eq!(superseded(loaded(bench, epoch, facts("b"), lines).await), ["a"]);
    assert_eq!(bench.count("royalty_statements WHERE statement = 'a'").await, 0);
    assert_eq!(bench.count("royalty_statements WHERE statement = 'b'").await, 25_002);
    assert_eq!(bench.count("royalty_statements WHERE statement = 'july'").await, 1);
    let [before, after] = [record(bench, "a").await, record(bench, "b").await];
    assert_eq!((before.state, before.superseded_by.as_deref()), (FileState::Superseded, Some("b")));
    assert_eq!((after.state, after.replaces.as_deref()), (FileState::Loaded, Some("a")));
    assert_eq!(stored_lines(bench).await, 25_002 + 1 + 1, "those of another connection are not swept");
    // Back to a small one, by a person's word: all lines go, in steps.
    begun(bench, epoch, &facts("c")).await;
    let word = FileDecision::Accept { replaces: Some("b".into()), period: None };
    let waits = Standing::Waits { reason: "it is small".into(), facts: Some(facts("c")) };
    bench.store.note_file(note(epoch, "c", waits)).await.unwrap();
    bench.store.decide_file(&record(bench, "c").await, &word, "ada").await.unwrap();
    assert_eq!(superseded(loaded(bench, epoch, facts("c"), vec![line("c", "isrc:1")]).await), ["b"]);
    assert_eq!(seen(bench).await, ["c isrc:1", "july isrc:9"]);
    assert_eq!(stored_lines(bench).await, 3);
}

pub async fn a_file_that_lacks_something_waits_and_takes_nothing_away(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let in_france = RoyaltyStatement { country: "FR".into(), ..line("a", "isrc:2") };
    loaded(bench, epoch, facts("a"), vec![line("a", "isrc:1"), in_france.clone()]).await;
    let before =
        (seen(bench).await, bench.query("SELECT * FROM track_performance_daily ORDER BY 5, 7").await);
    let changed: [fn(RoyaltyStatement) -> RoyaltyStatement; 4] = [
        |line| RoyaltyStatement { country: "DE".into(), ..line },
        |line| RoyaltyStatement { store: "Another".into(), ..line },
        |line| RoyaltyStatement { period_start: day(2), ..line },
        |line| RoyaltyStatement { track_id: "isrc:3".into(), ..line },
    ];
    for (number, change) in changed.into_iter().enumerate() {
        let name = format!("b{number}");
        let like = RoyaltyStatement { statement: name.clone(), ..in_france.clone() };
        let lines = vec![line(&name, "isrc:1"), change(like)];
        let reason = reason(loaded(bench, epoch, facts(&name), lines).await);
        for word in ["a.zip", "lacks 1 of", "isrc:2", &format!("dynamoi files accept {name} --replace a")] {
            assert!(reason.contains(word), "{word}: {reason}");
        }
        let record = record(bench, &name).await;
        assert_eq!((record.state, record.reason), (FileState::Quarantined, Some(reason)));
        assert_eq!(record.layout.as_deref(), Some("distrokid"));
        let after =
            (seen(bench).await, bench.query("SELECT * FROM track_performance_daily ORDER BY 5, 7").await);
        assert_eq!(after, before);
        assert_eq!(stored_lines(bench).await, 2, "its lines are gone");
    }
    // What it says of another kind or currency it may leave out.
    let other = RoyaltyStatement {
        statement: "c".into(),
        currency: None,
        kind: rows::royalties::RoyaltyKind::Download,
        ..in_france
    };
    let done = loaded(bench, epoch, facts("c"), vec![line("c", "isrc:1"), other]).await;
    assert_eq!(superseded(done), ["a"]);
    // One that was made earlier waits, whatever it holds.
    let made = |name: &str, made_at: &str| FileFacts {
        made_at: Some(at(made_at)),
        unit: "dsr".into(),
        ..facts(name)
    };
    loaded(bench, epoch, made("m1", "2026-11-02T00:00:00Z"), vec![line("m1", "isrc:1")]).await;
    let late = loaded(bench, epoch, made("m0", "2026-11-01T00:00:00Z"), vec![line("m0", "isrc:1")]).await;
    assert!(reason(late).contains("made before m1.zip"));
    let later = loaded(bench, epoch, made("m2", "2026-11-03T00:00:00Z"), vec![line("m2", "isrc:1")]).await;
    assert_eq!(superseded(later), ["m1"]);
}

pub async fn a_file_of_several_statements_takes_the_place_of_each(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let of = |name: &str, unit: &str| FileFacts { unit: format!("distrokid {unit}"), ..facts(name) };
    loaded(bench, epoch, of("july", "statements 2026-07"), vec![line("july", "isrc:1")]).await;
    loaded(bench, epoch, of("august", "statements 2026-08"), vec![line("august", "isrc:2")]).await;
    let lines =
        |name: &str, tracks: &[&str]| tracks.iter().map(|track| line(name, track)).collect::<Vec<_>>();
    // It has both, and lacks what one of them has.
    let both = |name: &str| of(name, "statements 2026-07 2026-08");
    let lacks = loaded(bench, epoch, both("x"), lines("x", &["isrc:1", "isrc:3"])).await;
    assert!(reason(lacks).contains("august.zip"));
    assert_eq!(seen(bench).await, ["august isrc:2", "july isrc:1"]);
    let whole = loaded(bench, epoch, both("both"), lines("both", &["isrc:1", "isrc:2"])).await;
    assert_eq!(superseded(whole), ["july", "august"]);
    // One of both, whatever it has, is no correction of the two.
    let again = of("again", "statements 2026-08");
    let part = loaded(bench, epoch, again, lines("again", &["isrc:1", "isrc:2", "isrc:3"])).await;
    assert!(reason(part).contains("of 2026-07, of which this one has none"));
    assert_eq!(seen(bench).await, ["both isrc:1", "both isrc:2"]);
    let later = of("later", "statements 2026-09");
    assert_eq!(superseded(loaded(bench, epoch, later, lines("later", &["isrc:1"])).await), [""; 0]);
}

pub async fn what_a_person_decided_about_a_file_is_done(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    loaded(bench, epoch, facts("a"), vec![line("a", "isrc:1"), line("a", "isrc:2")]).await;
    let small = || vec![line("b", "isrc:1")];
    reason(loaded(bench, epoch, facts("b"), small()).await);
    let period = DayRange::new(day(3), day(4));
    let add = FileDecision::Accept { replaces: None, period };
    bench.store.decide_file(&record(bench, "b").await, &add, "ada").await.unwrap();
    let accepted = record(bench, "b").await;
    assert!(accepted.is_accepted());
    assert_eq!((accepted.period, accepted.decided_by.as_deref()), (period, Some("ada")));
    assert_eq!(superseded(loaded(bench, epoch, facts("b"), small()).await), [""; 0]);
    assert_eq!(seen(bench).await, ["a isrc:1", "a isrc:2", "b isrc:1"]);
    assert_eq!(record(bench, "b").await.decided_by.as_deref(), Some("ada"));
    // Of two that stand for the same, one that holds everything takes the place of both.
    let both = loaded(bench, epoch, facts("c"), vec![line("c", "isrc:1"), line("c", "isrc:2")]).await;
    assert_eq!(superseded(both), ["a", "b"]);
    // Instead of one that is not loaded any more: it waits again, and says so.
    reason(loaded(bench, epoch, facts("d"), vec![line("d", "isrc:1")]).await);
    let replace = |file: &str| FileDecision::Accept { replaces: Some(file.into()), period: None };
    bench.store.decide_file(&record(bench, "d").await, &replace("a"), "ada").await.unwrap();
    let again = reason(loaded(bench, epoch, facts("d"), vec![line("d", "isrc:1")]).await);
    assert!(again.contains("not loaded"), "{again}");
    assert!(!record(bench, "d").await.is_accepted(), "a person decides once more");
    bench.store.decide_file(&record(bench, "d").await, &replace("c"), "ada").await.unwrap();
    assert_eq!(superseded(loaded(bench, epoch, facts("d"), vec![line("d", "isrc:1")]).await), ["c"]);
    assert_eq!(seen(bench).await, ["d isrc:1"]);
}

pub async fn what_is_done_with_is_not_begun_again(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let noted =
        async |file: &str, standing| bench.store.note_file(note(epoch, file, standing)).await.unwrap();
    let waits = || Standing::Waits { reason: "of no known layout".into(), facts: None };
    assert!(noted("q", waits()).await);
    assert!(noted("f", Standing::Foreign { reason: "a photograph".into() }).await);
    let quarantined = record(bench, "q").await;
    assert_eq!((quarantined.layout, quarantined.state), (None, FileState::Quarantined));
    assert_eq!(quarantined.reason.as_deref(), Some("of no known layout"));
    bench.store.decide_file(&record(bench, "q").await, &FileDecision::Reject, "ada").await.unwrap();
    for file in ["q", "f"] {
        assert!(!noted(file, waits()).await, "{file}");
        assert!(!noted(file, Standing::Loading(facts(file))).await, "{file}");
    }
    let rejected = record(bench, "q").await;
    assert_eq!((rejected.state, rejected.decided_by.as_deref()), (FileState::Rejected, Some("ada")));
    // Only what waits can be decided about; what was rejected can be accepted.
    let foreign = record(bench, "f").await;
    assert_eq!(foreign.state, FileState::Foreign);
    let accept = FileDecision::Accept { replaces: None, period: None };
    assert!(bench.store.decide_file(&foreign, &accept, "ada").await.is_err());
    assert!(bench.store.decide_file(&rejected, &FileDecision::Reject, "ada").await.is_err());
    bench.store.decide_file(&rejected, &accept, "ada").await.unwrap();
    assert!(record(bench, "q").await.is_accepted());
    assert_eq!(superseded(loaded(bench, epoch, facts("q"), vec![line("q", "isrc:1")]).await), [""; 0]);
    assert!(!noted("q", waits()).await);
}

/// Between any two transactions.
pub async fn loading_that_was_killed_is_begun_again_and_doubles_nothing(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    loaded(bench, epoch, facts("a"), vec![line("a", "isrc:1")]).await;
    let lines = || vec![line("b", "isrc:1"), line("b", "isrc:2")];
    for killed_after in 0..4 {
        let other = bench.again().await;
        let epoch = other.register(LABEL, "report_files").await.epoch;
        assert_eq!(seen(bench).await, ["a isrc:1"]);
        begun(&other, epoch, &facts("b")).await;
        for line in lines().into_iter().take(killed_after) {
            other.commit(staged(epoch, vec![line])).await;
        }
        if killed_after == 3 {
            // Lines that a later version of the program would read otherwise.
            other.commit(staged(epoch, vec![line("b", "isrc:3")])).await;
        }
        other.store.close().await;
    }
    let last = bench.again().await;
    let epoch = last.register(LABEL, "report_files").await.epoch;
    assert_eq!(last.store.sweep_files(LABEL, epoch).await, Ok(3));
    assert_eq!(superseded(loaded(&last, epoch, facts("b"), lines()).await), ["a"]);
    assert_eq!(seen(bench).await, ["b isrc:1", "b isrc:2"]);
    // Killed before what was superseded is swept: the next sweep finds it.
    begun(&last, epoch, &facts("c")).await;
    last.commit(staged(epoch, vec![line("c", "isrc:1"), line("c", "isrc:2")])).await;
    last.store.publish_file(publication(epoch, facts("c"), 2, vec![])).await.unwrap();
    assert_eq!((seen(bench).await.len(), stored_lines(bench).await), (2, 4));
    assert_eq!(last.store.sweep_files(LABEL, epoch).await, Ok(2));
    assert_eq!((seen(bench).await.len(), stored_lines(bench).await), (2, 2));
    last.store.close().await;
}

pub async fn an_outdated_worker_cannot_touch_files(bench: &Bench) {
    let old = bench.register(LABEL, "report_files").await.epoch;
    begun(bench, old, &facts("a")).await;
    bench.commit(staged(old, vec![line("a", "isrc:1")])).await;
    let new = bench.again().await;
    new.register(LABEL, "report_files").await;
    let before = bench.dump().await;
    let outdated = SinkError::Outdated(LABEL.to_owned());
    let noted = bench.store.note_file(note(old, "b", Standing::Foreign { reason: "x".into() })).await;
    assert_eq!(noted, Err(outdated.clone()));
    assert_eq!(bench.try_commit(staged(old, vec![line("a", "isrc:2")])).await, Err(outdated.clone()));
    let published = bench.store.publish_file(publication(old, facts("a"), 1, vec![])).await;
    assert_eq!(published, Err(outdated.clone()));
    assert_eq!(bench.store.sweep_files(LABEL, old).await, Err(outdated));
    assert_eq!(bench.dump().await, before);
    new.store.close().await;
}

pub async fn daily_rows_go_with_the_file_that_they_came_from(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let rows = |count| vec![streams("t1", 20, 5), streams("t2", 20, count), streams("t1", 21, 6)];
    let june = |name: &str| FileFacts { layout: "songs".into(), unit: "2026-06".into(), ..facts(name) };
    let other = FileFacts { unit: "2026-07".into(), ..june("july") };
    loaded_rows(bench, epoch, other, vec![streams("t9", 20, 1), streams("t2", 22, 9)]).await;
    let first = loaded_rows(bench, epoch, june("a"), rows(7)).await;
    let Published::Loaded { committed, .. } = first else { panic!("{first:?}") };
    assert_eq!(committed.written, [(Table::TrackPerformanceDaily, 3)]);
    // A correction with one value changed and one row more: what is equal is not touched, and does not go.
    bench.clock.set("2026-11-25T10:00:00Z");
    let corrected = [rows(8), vec![streams("t3", 20, 1)]].concat();
    let second = loaded_rows(bench, epoch, june("b"), corrected).await;
    let Published::Loaded { committed, superseded } = second else { panic!("{second:?}") };
    assert_eq!(
        (committed.written, committed.restated, committed.vanished),
        (vec![(Table::TrackPerformanceDaily, 2)], 1, 0)
    );
    assert_eq!(superseded, ["a"]);
    let of_file = async |file: &str| {
        let count = format!(
            "track_performance_rows WHERE file_id = (SELECT id FROM report_files WHERE sha256 = '{file}')"
        );
        bench.count(&count).await
    };
    assert_eq!([of_file("a").await, of_file("b").await, of_file("july").await], [0, 4, 2]);
    assert_eq!(bench.count("track_performance_daily WHERE revision = 1").await, 1);
    let untouched = bench.query("SELECT * FROM track_performance_daily WHERE track_id = 't1'").await;
    assert_eq!(untouched.len(), 2);
    for row in untouched {
        assert!(row["observed_at"].as_str().unwrap().starts_with("2026-11-24T10:00:00"), "{row}");
    }
    // One that lacks a day waits, and its other rows are not written.
    let before = bench.dump().await;
    let fewer = loaded_rows(bench, epoch, june("c"), vec![streams("t1", 20, 99), streams("t3", 20, 1)]).await;
    assert!(reason(fewer).contains("lacks 2 of"));
    let after = bench.dump().await;
    let differing: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(differing.iter().all(|line| line.starts_with("report_files ")), "{differing:?}");
    // Accepted, it replaces exactly that file.
    let word = FileDecision::Accept { replaces: Some("b".into()), period: None };
    bench.store.decide_file(&record(bench, "c").await, &word, "ada").await.unwrap();
    let third = loaded_rows(bench, epoch, june("c"), vec![streams("t1", 20, 99), streams("t3", 20, 1)]).await;
    let Published::Loaded { committed, .. } = third else { panic!("{third:?}") };
    assert_eq!((committed.restated, committed.vanished), (1, 2));
    assert_eq!([of_file("b").await, of_file("c").await, of_file("july").await], [0, 2, 2]);
    assert_eq!(bench.count("track_performance_daily").await, 4);
    // What comes by another way carries no file, and is as it was.
    bench
        .commit(Commit { rows: vec![Row::TrackPerformance(streams("t8", 20, 1))], ..staged(epoch, vec![]) })
        .await;
    assert_eq!(bench.count("track_performance_rows WHERE file_id IS NULL").await, 1);
}

pub async fn a_timeline_takes_no_file_away(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let timeline = |name: &str| FileFacts { by_day: true, unit: "dates".into(), ..facts(name) };
    loaded_rows(bench, epoch, timeline("a"), vec![streams("t", 20, 1), streams("t", 21, 2)]).await;
    let later =
        loaded_rows(bench, epoch, timeline("b"), vec![streams("t", 21, 3), streams("t", 22, 4)]).await;
    assert_eq!(superseded(later), [""; 0]);
    let rows = bench.query("SELECT streams FROM track_performance_daily ORDER BY date").await;
    assert_eq!(rows.iter().map(|row| row["streams"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(record(bench, "a").await.state, FileState::Loaded);
}

pub async fn what_no_file_can_bring_is_refused(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    begun(bench, epoch, &facts("a")).await;
    let before = bench.dump().await;
    let refused = async |rows| {
        let published = bench.store.publish_file(publication(epoch, facts("a"), 0, rows)).await;
        matches!(published, Err(SinkError::Refused(_)))
    };
    for row in every_kind("1") {
        let (table, filled) = (row.table(), row.table().is_filled_by_files());
        if !filled {
            assert!(refused(vec![row]).await, "{table:?}");
        }
    }
    let many = (0..=FILE_DAILY_ROWS_MAX).map(|_| Row::TrackPerformance(streams("t", 20, 1)));
    assert!(refused(many.collect()).await);
    let unfit = TrackPerformance { track_id: "x".repeat(1 << 20), ..streams("t", 20, 1) };
    assert!(refused(vec![Row::TrackPerformance(streams("t", 20, 1)), Row::TrackPerformance(unfit)]).await);
    assert_eq!(bench.dump().await, before);
    // Every table that files fill takes their number.
    let rows: Vec<Row> = every_kind("1").into_iter().filter(|row| row.table().is_filled_by_files()).collect();
    assert_eq!(rows.len(), 5);
    let tables: Vec<Table> = rows.iter().map(Row::table).collect();
    bench.store.publish_file(publication(epoch, facts("a"), 0, rows)).await.unwrap();
    for table in tables {
        let rows = table.name().replace("_daily", "_rows").replace("placements", "placement_rows");
        assert_eq!(bench.count(&format!("{rows} WHERE file_id IS NOT NULL")).await, 1, "{rows}");
    }
}

pub async fn an_account_that_is_forgotten_takes_its_files_along(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    loaded(bench, epoch, facts("a"), vec![line("a", "isrc:1")]).await;
    bench.store.reset_account(LABEL, epoch, "", Vec::new()).await.unwrap();
    assert_eq!((stored_lines(bench).await, bench.count("report_files").await), (0, 0));
    loaded(bench, epoch, facts("a"), vec![line("a", "isrc:1")]).await;
    assert_eq!(seen(bench).await, ["a isrc:1"]);
}
