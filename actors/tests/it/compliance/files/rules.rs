//! The rules. They name no provider.

use std::{collections::BTreeSet, time::Duration};

use rows::files::FileState;

use super::{
    bench::{FileBench, hash},
    case::FileCase,
};

pub async fn the_sums_are_those_of_the_file(case: &dyn FileCase) {
    let bench = FileBench::new(case);
    bench.put("june", &bench.samples.whole.content);
    bench.read().await;
    bench.assert_shown(&[&bench.samples.whole], "one file");
    bench.put("more/other", &bench.samples.other.content);
    bench.read().await;
    bench.assert_shown(&[&bench.samples.whole, &bench.samples.other], "beside another one");
    let file = bench.sink.file(&bench.name, &bench.path("june")).expect("it is known by its name, too");
    assert_eq!((file.state, file.sha256), (FileState::Loaded, hash(&bench.samples.whole)));
}

pub async fn the_same_content_changes_nothing_under_any_name(case: &dyn FileCase) {
    let bench = FileBench::new(case);
    bench.put("june", &bench.samples.whole.content);
    bench.read().await;
    let before = (bench.sink.dump(), bench.sink.0.lock().files.clone());
    for path in ["copy", "below/june (1)"] {
        bench.put(path, &bench.samples.whole.content);
    }
    bench.read().await;
    bench.place.remove(&bench.path("june"));
    bench.read().await;
    assert_eq!((bench.sink.dump(), bench.sink.0.lock().files.clone()), before);
    // Nor does what was superseded come back, though it still lies there.
    bench.put("corrected", &bench.samples.corrected.content);
    bench.read().await;
    bench.put("another copy", &bench.samples.whole.content);
    bench.read().await;
    bench.assert_shown(&[&bench.samples.corrected], "after the correction");
}

pub async fn a_corrected_file_replaces_exactly_its_unit(case: &dyn FileCase) {
    let bench = FileBench::new(case);
    bench.put("june", &bench.samples.whole.content);
    bench.put("other", &bench.samples.other.content);
    bench.read().await;
    bench.put("june, corrected", &bench.samples.corrected.content);
    bench.read().await;
    bench.assert_shown(&[&bench.samples.corrected, &bench.samples.other], "after the correction");
    let before = bench.sink.file(&bench.name, &bench.path("june")).unwrap();
    assert_eq!(before.state, FileState::Superseded);
    assert_eq!(before.superseded_by, Some(hash(&bench.samples.corrected)));
}

pub async fn files_are_loaded_in_the_order_of_their_days(case: &dyn FileCase) {
    let bench = FileBench::new(case);
    // By its name, the later one comes first.
    bench.put("a", &bench.samples.corrected.content);
    bench.put("b", &bench.samples.whole.content);
    bench.read().await;
    bench.assert_shown(&[&bench.samples.corrected], "both at once");
}

pub async fn a_file_that_lacks_something_waits_for_a_person(case: &dyn FileCase) {
    let bench = FileBench::new(case);
    bench.put("june", &bench.samples.whole.content);
    bench.read().await;
    let before = bench.sink.dump();
    bench.put("small", &bench.samples.smaller.content);
    for _ in 0..2 {
        let said = bench.waits().await;
        let word = format!("dynamoi files accept {}", rows::files::short_hash(&hash(&bench.samples.smaller)));
        assert!(said.contains(&bench.path("small")) && said.contains(&word), "{said}");
        assert_eq!(bench.sink.dump(), before);
    }
    // Who takes it away has decided, too.
    bench.place.remove(&bench.path("small"));
    bench.read().await;
    bench.assert_shown(&[&bench.samples.whole], "without it");
}

pub async fn a_person_adds_replaces_and_rejects(case: &dyn FileCase) {
    for (replaces, shows) in [(None, 2), (Some("june"), 1)] {
        let bench = FileBench::new(case);
        bench.put("june", &bench.samples.whole.content);
        bench.put("other", &bench.samples.other.content);
        bench.read().await;
        bench.put("small", &bench.samples.smaller.content);
        bench.waits().await;
        let replaced = replaces.map(|path| bench.path(path));
        bench.sink.accept(&bench.name, &bench.path("small"), replaced.as_deref(), None);
        bench.read().await;
        let all = [&bench.samples.other, &bench.samples.smaller, &bench.samples.whole];
        bench.assert_shown(&all[..=shows], "after the decision");
        bench.read().await;
    }
    let bench = FileBench::new(case);
    bench.put("june", &bench.samples.whole.content);
    bench.read().await;
    bench.put("small", &bench.samples.smaller.content);
    bench.waits().await;
    bench.sink.reject(&bench.name, &bench.path("small"));
    bench.read().await;
    bench.assert_shown(&[&bench.samples.whole], "after it was rejected");
}

pub async fn what_is_no_whole_report_changes_nothing(case: &dyn FileCase) {
    let bench = FileBench::new(case);
    bench.put("june", &bench.samples.whole.content);
    bench.read().await;
    let before = bench.sink.dump();
    bench.put("photograph", &bench.samples.foreign);
    bench.once().await;
    assert_eq!(bench.sink.dump(), before);
    bench.put("half", &bench.samples.truncated);
    let said = bench.waits().await;
    assert!(said.contains(&bench.path("half")), "{said}");
    assert_eq!(bench.sink.dump(), before);
    let file = bench.sink.file(&bench.name, &bench.path("half")).expect("it is listed");
    assert_eq!(file.state, FileState::Quarantined);
    // The whole of it comes under the same name.
    bench.put("half", &bench.samples.other.content);
    bench.place.remove(&bench.path("photograph"));
    bench.read().await;
    bench.assert_shown(&[&bench.samples.whole, &bench.samples.other], "once it is whole");
}

pub async fn one_bad_file_stops_no_other(case: &dyn FileCase) {
    let bench = FileBench::new(case);
    bench.put("a", &bench.samples.truncated);
    bench.put("b", &bench.samples.foreign);
    bench.put("c", &bench.samples.whole.content);
    bench.put("d", &bench.samples.other.content);
    let said = bench.waits().await;
    assert!(said.contains(&bench.path("a")) && !said.contains(&bench.path("c")), "{said}");
    bench.assert_shown(&[&bench.samples.whole, &bench.samples.other], "beside bad ones");
}

/// Between any two awaits. Whoever reads meanwhile sees what was there before or what is there after, and nothing between.
pub async fn a_kill_loses_and_doubles_nothing(case: &dyn FileCase) {
    // A look waits for files to stand still; after that, each transaction takes eight milliseconds.
    for first in 0..12 {
        let bench = FileBench::new(case);
        bench.put("june", &bench.samples.whole.content);
        bench.put("other", &bench.samples.other.content);
        bench.read().await;
        bench.put("june, corrected", &bench.samples.corrected.content);
        bench.sink.0.lock().slow = Some(bench.clock.clone());
        let before: BTreeSet<String> = bench.shown().into_iter().collect();
        let after = BTreeSet::from([hash(&bench.samples.corrected), hash(&bench.samples.other)]);
        for kill in 0..6 {
            let millis = 4_995 + first + kill * 13;
            bench.killed_after(Duration::from_millis(millis)).await;
            let shown: BTreeSet<String> = bench.shown().into_iter().collect();
            assert!(shown == before || shown == after, "after {millis} ms: {shown:?}");
        }
        bench.sink.0.lock().slow = None;
        bench.read().await;
        bench.assert_shown(&[&bench.samples.corrected, &bench.samples.other], "after the kills");
    }
}

pub async fn a_file_that_grows_is_left_alone(case: &dyn FileCase) {
    let bench = FileBench::new(case);
    let content = &bench.samples.whole.content;
    let part = |parts: usize| &content[..content.len() * parts / 8];
    let copying = async {
        for parts in 1..=8 {
            bench.put("june", part(parts));
            rows::Clock::sleep(&bench.clock, Duration::from_secs(4)).await;
        }
    };
    let driver = bench.driver();
    let (end, ()) = tokio::join!(driver.daemon(Duration::from_hours(2)), copying);
    assert!(end.failures.is_empty(), "{:#?}", end.failures);
    bench.assert_shown(&[&bench.samples.whole], "once it was whole");
    assert_eq!(bench.sink.0.lock().files.len(), 1, "nothing was made of its beginnings");
}
