//! What a large DSR file costs. Not part of the ordinary tests; run alone, because it measures the whole process:
//! `cargo test -p actors --lib reports::tests::memory -- --ignored --nocapture`, with `DSR_BYTES` for another size.

use std::{
    fmt::Write as _,
    io::{self, Read, Seek, SeekFrom},
};

use super::*;

/// Distinct pairs of ISRC and territory, at least.
const PAIRS: u64 = 500_000;
/// Territories of each track, unless `DSR_TERRITORIES` says so: with 1, every pair has its own title.
const TERRITORIES: u64 = 50;

/// A DSR file of any size that is made while it is read.
struct Endless {
    territories: u64,
    blocks: u64,
    position: u64,
    block: u64,
    buffer: Vec<u8>,
    given: usize,
}

impl Endless {
    fn new(bytes: u64, territories: u64) -> Self {
        let mut endless =
            Self { territories, blocks: 0, position: 0, block: 0, buffer: Vec::new(), given: 0 };
        endless.blocks = (bytes / endless.text(1).len() as u64).max(endless.tracks());
        endless
    }

    /// Blocks until the pairs come again.
    fn tracks(&self) -> u64 {
        PAIRS / self.territories
    }

    fn text(&self, block: u64) -> String {
        if block == 0 {
            let mut text = "HEAD\tdsrf/1.4/3.0/1.4\tBasicAudioProfile\t3.0\tM1\t2026-07-10T08:00:00Z\t1\t2\t2026-06\t2026-06\tPADPIDA001\tWave\tWave\tP\tVale\t\n".to_owned();
            for territory in 0..self.territories {
                let code = TERRITORY_CODES[usize::try_from(territory).unwrap()];
                let _ = writeln!(
                    text,
                    "SY02.04\tS{territory}\tOnline\t\tSubscriptionModel\tOnDemandStream\t{code}\tWave\t\t\tEUR\t1.5"
                );
            }
            return text;
        }
        let track = block % self.tracks();
        let mut text = format!(
            "RE01.03\tB{block}\tR1\tD\tP\tC\t{:012}\tArtist {}\t\tRelease {track}\t\tAlbum\n\
             AS01.03\tB{block}\tA1\tX{block}\tQZAB1{:07}\tTitle of track {track}\t\tArtist {}\t\tPT3M\tSoundRecording\n",
            859_000_000_000 + track,
            track / 10,
            track,
            track / 10,
        );
        for territory in 0..self.territories {
            let _ = writeln!(
                text,
                "SU02.03\tB{block}\tS{territory}\tT\t\tA1\ttrue\t{}\t\t\tOnDemandStream\tPT1H",
                block % 97 + 1
            );
        }
        text
    }
}

const TERRITORY_CODES: [&str; 50] = [
    "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CL", "CO", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GR", "HK", "HR", "HU", "ID", "IE", "IL", "IN", "IS", "IT", "JP", "KR", "LT", "LU", "LV", "MX", "MY",
    "NL", "NO", "NZ", "PE", "PH", "PL", "PT", "RO", "RS", "SE", "SG", "SI", "SK", "TH", "TR", "US",
];

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.buffer.len() {
            if self.block > self.blocks + 1 {
                return Ok(0);
            }
            let text =
                if self.block == self.blocks + 1 { "FOOT\n".to_owned() } else { self.text(self.block) };
            (self.buffer, self.given) = (text.into_bytes(), 0);
            self.block += 1;
        }
        let count = into.len().min(self.buffer.len() - self.given);
        into[..count].copy_from_slice(&self.buffer[self.given..self.given + count]);
        self.given += count;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::End(0) => Ok(u64::MAX / 1_000),
            SeekFrom::Start(0) => {
                (self.position, self.block, self.given) = (0, 0, 0);
                self.buffer.clear();
                Ok(0)
            }
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// The most memory that the process ever held, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1_024
}

#[test]
#[ignore = "minutes, and it measures the whole process"]
fn a_large_dsr_file_fits_in_little_memory() {
    let number = |name, usual| std::env::var(name).map_or(usual, |text| text.parse::<u64>().unwrap());
    let (bytes, territories) = (number("DSR_BYTES", 1 << 30), number("DSR_TERRITORIES", TERRITORIES));
    let before = peak();
    let mut container = Container::open("a.tsv", Endless::new(bytes, territories)).unwrap();
    let member = container.members()[0].clone();
    let reading = Reading::default();
    let report =
        read(&mut container, &member, &Context { path: "a.tsv", reading: &reading, period: None }).unwrap();
    let paged: usize = (0..report.len()).step_by(4_000).map(|first| report.page(first, 4_000).len()).sum();
    let after = peak();
    println!(
        "{} MB read, {} rows, {} MB at most, of which {} MB before",
        report.facts.size_bytes >> 20,
        paged,
        after >> 20,
        before >> 20
    );
    assert!(u64::try_from(paged).unwrap() >= PAIRS);
    assert!(after < 100 << 20, "{} MB", after >> 20);
}
