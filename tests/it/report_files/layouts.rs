//! A file of every layout, written by hand.

use super::*;

fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("actors/src/reports/samples");
    let mut samples: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| !name.starts_with('.'))
        .collect();
    samples.sort();
    samples
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_layout_is_loaded_or_says_what_it_lacks() {
    let shelf = Shelf::new();
    let samples = samples();
    for (name, bytes) in &samples {
        // A folder each: YouTube's says the period, and no artist's lists are another's.
        shelf.put(&format!("{name} 2026-06-01_2026-06-30/{name}"), bytes);
    }
    let all = "Nora Vale-songs-all.csv";
    let other = shelf.dir.path().join("reports").join(format!("{all} 2026-06-01_2026-06-30"));
    fs::rename(&other, shelf.reports().join("all")).unwrap();
    let said = shelf.once(3).await;
    assert!(said.err.contains("--from DAY --to DAY"), "{}", said.err);

    let files = shelf.files().await;
    assert_eq!(files.len(), samples.len());
    let mut waiting = Vec::new();
    for file in &files {
        let name = file["name"].as_str().unwrap();
        match file["state"].as_str().unwrap() {
            "loaded" => {
                let rows = file["rows"].as_i64().unwrap();
                assert!(rows > 0 && file["rejected"] == 0, "{file:#}");
            }
            state => waiting.push(format!("{name}: {state} {}", file["reason"])),
        }
    }
    // Of several forms of one statement, or one account's lifetime, none is a correction of the other.
    let twice = ["distrokid", "believe"];
    let is_twice = |line: &str| twice.iter().any(|layout| line.to_lowercase().contains(layout));
    let expected = |line: &&String| line.contains(all) || is_twice(line);
    let strange: Vec<_> = waiting.iter().filter(|line| !expected(line)).collect();
    assert!(strange.is_empty(), "{strange:#?}");
    let waiting: Vec<String> = files
        .iter()
        .filter(|file| file["state"] == "quarantined" && !file["name"].as_str().unwrap().contains(all))
        .map(|file| file["sha256"].as_str().unwrap().to_owned())
        .collect();
    for sha256 in waiting {
        shelf.run(&["files", "accept", &sha256[..12], "--add"]).await.expect(0);
    }
    let accept = ["files", "accept", all, "--from", "2026-05-01", "--to", "2026-05-31"];
    shelf.run(&accept).await.expect(0);
    shelf.once(0).await;
    let files = shelf.files().await;
    assert!(files.iter().all(|file| file["state"] == "loaded"), "{files:#?}");
    let eyes = shelf.eyes().await;
    let loaded: i64 = files.iter().map(|file| file["rows"].as_i64().unwrap()).sum();
    let mut stored = 0;
    for table in
        ["royalty_statements", "artist_audience_daily", "playlist_placements", "content_performance_daily"]
    {
        let rows = eyes.number(&format!("SELECT count(*) FROM {table}")).await;
        assert!(rows > 0, "{table}");
        stored += rows;
    }
    stored += eyes.number("SELECT count(*) FROM track_performance_rows").await;
    assert_eq!(stored, loaded);
    let may = "SELECT streams FROM track_performance_daily WHERE granularity = 'month' AND date = '2026-05-01' \
               AND track_id = 'isrc:QZAB12600001' AND service = 'spotify'";
    assert_eq!(eyes.query(may).await[0]["streams"], 91_200);
}
