#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn at() -> Timestamp {
    "2026-10-20T12:00:00Z".parse().unwrap()
}

fn get(world: &mut ReportFiles, path: &str, query: &[(&str, &str)]) -> Answer {
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    world.answer(&Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query,
        headers: Vec::new(),
        body: Vec::new(),
        now: at(),
        root_url: "http://127.0.0.1:1/report_files".to_owned(),
    })
}

#[test]
fn the_same_seed_writes_the_same_files_and_a_correction_one_more() {
    let (mut one, other) = (ReportFiles::new(3, 10, at()), ReportFiles::new(3, 10, at()));
    let files = one.files();
    assert_eq!(files, other.files());
    assert_ne!(files, ReportFiles::new(4, 10, at()).files());
    let truth = one.truth_royalties();
    one.correct();
    assert!(one.files().contains_key("believe/2026-10 (1).csv"));
    let changed = one.truth_royalties().iter().filter(|row| !truth.contains(row)).count();
    assert_eq!(changed, 4 * 16, "every line of one month");
}

#[test]
fn files_are_written_once() {
    let directory = std::env::temp_dir().join(format!("dynamoi-sandbox-files-{}", std::process::id()));
    let world = ReportFiles::new(1, 3, at());
    world.write_to(&directory).unwrap();
    let path = directory.join("believe/2026-10.csv");
    let changed = fs::metadata(&path).unwrap().modified().unwrap();
    world.write_to(&directory).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), changed);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn portals_say_what_the_truth_says() {
    let world = ReportFiles::new(1, 3, at());
    for (portal, name) in [(Portal::Pandora, "tracks.csv"), (Portal::AmazonMusic, "songs.csv")] {
        let text = String::from_utf8(portals::files(&world.world, portal).remove(name).unwrap()).unwrap();
        let truth = world.truth_plays(portal);
        assert_eq!((text.lines().count(), truth.len()), (truth.len() + 1, 3 * TITLES.len()));
        let first = &truth[0];
        let line = format!("{},\"{}\",{},{}", first.date, first.title, first.plays, first.listeners);
        assert!(text.contains(&line) && truth.iter().all(|row| row.listeners <= row.plays), "{line}");
    }
}

#[test]
fn a_listing_comes_in_pages_to_whom_it_belongs() {
    let mut world = ReportFiles::new(1, 3, at());
    let refused = get(&mut world, "/label-reports", &[("list-type", "2")]);
    assert_eq!(refused.status, 403);
    world.set_public(true);
    world.set_page_size(2);
    let query = [("list-type", "2"), ("prefix", "believe/"), ("encoding-type", "url")];
    let first = String::from_utf8(get(&mut world, "/label-reports", &query).body).unwrap();
    assert!(first.contains("<IsTruncated>true</IsTruncated>") && first.contains("from-2"), "{first}");
    let second = [query.as_slice(), &[("continuation-token", "from-2")]].concat();
    let second = String::from_utf8(get(&mut world, "/label-reports", &second).body).unwrap();
    assert!(second.contains("<IsTruncated>false</IsTruncated>"), "{second}");
    assert_eq!(get(&mut world, "/label-reports/believe/2026-10.csv", &[]).status, 200);
    assert_eq!(get(&mut world, "/label-reports/none.csv", &[]).status, 404);
    assert_eq!(get(&mut world, "/other", &query).status, 404);
}

/// The example of the protocol's documentation, with this store's key.
#[test]
fn names_are_encoded_as_signatures_need_it() {
    assert_eq!(signature::encoded("a b/ü~+.csv", true), "a%20b/%C3%BC~%2B.csv");
    assert_eq!(signature::encoded("a/b", false), "a%2Fb");
}
