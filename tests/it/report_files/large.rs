//! What a large usage report costs the whole program. Minutes and a gigabyte of disk: a command of its own.
//!
//! ```sh
//! cargo test --profile bench-fast --test it report_files::large -- --ignored --nocapture
//! ```
//!
//! `DSR_BYTES` makes it another size.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
    time::Duration,
};

use sandbox::{Options, Sandbox};

use super::*;
use crate::support::{instant, pause};

/// Distinct pairs of ISRC and territory.
const TRACKS: u64 = 10_400;
const TERRITORIES: [&str; 50] = [
    "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CL", "CO", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GR", "HK", "HR", "HU", "ID", "IE", "IL", "IN", "IS", "IT", "JP", "KR", "LT", "LU", "LV", "MX", "MY",
    "NL", "NO", "NZ", "PE", "PH", "PL", "PT", "RO", "RS", "SE", "SG", "SI", "SK", "TH", "TR", "US",
];
/// Most memory that the process may ever hold.
const MEMORY_BYTES_MAX: u64 = 100 << 20;
/// The other connection reads so often.
const EVERY: Duration = Duration::from_secs(2);
/// Longer than a debug build takes for a gigabyte.
const WITHIN: Duration = Duration::from_hours(2);

/// Writes a DSR file of at least so many bytes; gives the streams in it.
fn write(path: &Path, bytes: u64) -> u64 {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut text = "HEAD\tdsrf/1.4/3.0/1.4\tBasicAudioProfile\t3.0\tM1\t2026-07-10T08:00:00Z\t1\t2\t2026-06\t2026-06\tPADPIDA001\tWave\tWave\tP\tVale\t\n".to_owned();
    for (number, code) in TERRITORIES.iter().enumerate() {
        let _ = writeln!(
            text,
            "SY02.04\tS{number}\tOnline\t\tSubscriptionModel\tOnDemandStream\t{code}\tWave\t\t\tEUR\t1.5"
        );
    }
    let (mut written, mut block, mut streams) = (0, 0, 0);
    while written < bytes || block < TRACKS {
        file.write_all(text.as_bytes()).unwrap();
        written += text.len() as u64;
        block += 1;
        let track = block % TRACKS;
        text.clear();
        let _ = write!(
            text,
            "RE01.03\tB{block}\tR1\tD\tP\tC\t{:012}\tArtist {}\t\tRelease {track}\t\tAlbum\n\
             AS01.03\tB{block}\tA1\tX{block}\tQZAB1{track:07}\tTitle of track {track}\t\tArtist {}\t\tPT3M\tSoundRecording\n",
            859_000_000_000_u64 + track,
            track / 10,
            track / 10,
        );
        for number in 0..TERRITORIES.len() {
            let count = block % 97 + 1;
            streams += count;
            let _ = writeln!(
                text,
                "SU02.03\tB{block}\tS{number}\tT\t\tA1\ttrue\t{count}\t\t\tOnDemandStream\tPT1H"
            );
        }
    }
    file.write_all(text.as_bytes()).unwrap();
    file.write_all(b"FOOT\n").unwrap();
    file.flush().unwrap();
    streams
}

/// The most memory that a process ever held, in bytes.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1_024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes and a gigabyte"]
async fn a_large_report_fits_in_little_memory_and_holds_up_nobody() {
    let bytes = std::env::var("DSR_BYTES").map_or(1 << 30, |text| text.parse().unwrap());
    let sandbox = Sandbox::start(Options::default().days(1)).unwrap();
    let mut shelf = Shelf::new();
    shelf.more = format!(
        r#"
[integrations.deezer]
quota.ip = {{ per_second = 500, burst = 50 }}

[connections.beside]
integration = "deezer"
base_url = "{deezer}"
streams.tracks.every = "{every}s"
settings = {{ tracks = ["3135740"] }}
"#,
        deezer = sandbox.url("deezer"),
        every = EVERY.as_secs(),
    );
    let path = shelf.reports().join("DSR_Vale_Wave_Wave_2026-06_Multi_1of2_20260710T080000.tsv");
    let streams = write(&path, bytes);
    let mut program = shelf.start(&["run"]);
    let _ = program.address().await;
    let began = instant();
    let (mut asked, mut last, mut longest) = (0, instant(), Duration::ZERO);
    let eyes = loop {
        pause(Duration::from_millis(100)).await;
        assert!(!program.has_ended(), "{}", program.err());
        let count = sandbox.request_count("deezer");
        if count > asked {
            // The first answer begins the count.
            longest = if asked == 0 { Duration::ZERO } else { longest.max(last.elapsed()) };
            (asked, last) = (count, instant());
        }
        assert!(began.elapsed() < WITHIN, "{}", program.err());
        if began.elapsed().as_millis() % 5_000 < 100 && shelf.reports().join("../dynamoi.db").exists() {
            let eyes = shelf.eyes().await;
            let states = eyes.query("SELECT state, reason FROM report_files").await;
            assert!(states.iter().all(|file| file["state"] != "quarantined"), "{states:?}");
            if states.iter().any(|file| file["state"] == "loaded") {
                break eyes;
            }
        }
    };
    let (took, held) = (began.elapsed(), peak(program.id()));
    program.kill().await;
    let rows = eyes.number("SELECT count(*) FROM royalty_statements WHERE track_id <> ''").await;
    let stored = "SELECT CAST(sum(quantity) AS bigint) AS sum FROM royalty_statements WHERE kind = 'stream'";
    let stored = eyes.number(stored).await;
    println!(
        "{} MB in {} s: {rows} rows, {} MB at most; the other connection asked {asked} times, the longest pause was {longest:.1?}",
        bytes >> 20,
        took.as_secs(),
        held >> 20
    );
    assert_eq!(u64::try_from(stored).unwrap(), streams);
    assert!(rows >= 500_000);
    assert!(held < MEMORY_BYTES_MAX, "{} MB", held >> 20);
    assert!(longest < EVERY * 3, "the other connection waited {longest:?}");
}
