//! Answers of the imitations, for who fuzzes: below the folder that `SEEDS` names, one for each integration.

use std::{collections::HashMap, fs, path::PathBuf};

use super::{bench::Bench, case::Case, cases};

/// Answers of one path, and bytes of one answer: enough to begin with.
const OF_A_PATH_MAX: u32 = 3;
const BYTES_MAX: usize = 60_000;
/// Says that what follows came with status 200.
const GOOD: u8 = u8::MAX;

#[tokio::test(start_paused = true)]
#[ignore = "writes files: tests/fuzz/run asks for it"]
async fn seeds_for_fuzzing() {
    let root = PathBuf::from(std::env::var_os("SEEDS").expect("SEEDS names the folder"));
    let all: &[&'static dyn Case] = &[
        &cases::apple_music::CASE,
        &cases::deezer::CASE,
        &cases::feature_fm::CASE,
        &cases::google_ads::CASE,
        &cases::google_analytics::CASE,
        &cases::meta_ads::CASE,
        &cases::posthog::CASE,
        &cases::soundcharts::CASE,
        &cases::spotify::CASE,
        &cases::spotify_ads::CASE,
        &cases::stripe::CASE,
        &cases::tiktok_ads::CASE,
        &cases::youtube::CASE,
    ];
    for case in all.iter().copied() {
        let bench = Bench::new(case);
        let folder = root.join(bench.spec.integration.as_str());
        fs::create_dir_all(&folder).unwrap();
        let (mut seen, mut number) = (HashMap::<String, u32>::new(), 0);
        bench.wire.set_tamper(move |path, body| {
            // What differs in paths is mostly an id.
            let kind: String = path.chars().filter(|character| !character.is_ascii_digit()).collect();
            let count = seen.entry(kind).or_default();
            *count += 1;
            let text = body.to_string();
            if *count <= OF_A_PATH_MAX && text.len() <= BYTES_MAX {
                number += 1;
                let answer = [&[GOOD], text.as_bytes()].concat();
                fs::write(folder.join(format!("answer-{number:04}")), answer).unwrap();
            }
        });
        bench.once().await;
        assert!(fs::read_dir(root.join(bench.spec.integration.as_str())).unwrap().count() > 2);
    }
}
