//! A run that is killed again and again loses nothing, doubles nothing, and reads little twice.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sandbox::Seen;

use crate::{
    postgres::Server,
    support::{Bench, instant, pause, program::Program, sql::Eyes, sqlite_url, truth},
};

/// How often a run is killed before it may end.
const KILLS: usize = 20;
const SEED: u64 = 11;
/// A run asks for so much at least, so that every kill falls into one.
const SLOWED: &str = r"
[integrations.meta_ads]
quota.app = { per_second = 100, burst = 2 }
[integrations.stripe]
quota.account = { per_second = 25, burst = 2 }
[connections.label-a-meta.settings]
page_size = 5
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_survives_kills() {
    let mut bench = Bench::new(17);
    let undisturbed = sqlite_url(&bench.dir.path().join("undisturbed.db"));
    dies_again_and_again(&mut bench, &undisturbed).await;
    let eyes = Eyes::open(&bench.database_url).await;
    assert_eq!(eyes.query("PRAGMA integrity_check").await[0]["integrity_check"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_survives_kills() {
    let server = Server::start();
    let database_url = server.database("killed").await;
    let undisturbed = server.database("undisturbed").await;
    let mut bench = Bench::on(tempfile::tempdir().unwrap(), database_url, 17);
    dies_again_and_again(&mut bench, &undisturbed).await;
}

async fn dies_again_and_again(bench: &mut Bench, undisturbed_url: &str) {
    SLOWED.clone_into(&mut bench.layer);
    let killed_url = std::mem::replace(&mut bench.database_url, undisturbed_url.to_owned());
    bench.run(&["run", "--once"]).await.expect(0);
    let undisturbed = Eyes::open(undisturbed_url).await.dump().await;
    let asked_undisturbed = asked(bench).len();

    bench.database_url = killed_url;
    clear(bench);
    let mut chance = StdRng::seed_from_u64(SEED);
    let mut read: HashSet<String> = HashSet::new();
    let mut again = Vec::new();
    let mut seen = 0;
    for kill in 0..KILLS {
        let mut program = bench.start(&["run", "--once"]);
        wait_for_the_moment(bench, &mut program, seen, &mut chance).await;
        assert!(!program.has_ended(), "kill {kill} comes too late: {}", program.err());
        program.kill().await;
        let life = asked(bench).split_off(seen);
        seen += life.len();
        again.push(read_again(&read, &life));
        read.extend(life.iter().map(known));
    }
    bench.run(&["run", "--once"]).await.expect(0);
    again.push(read_again(&read, &asked(bench).split_off(seen)));

    let eyes = Eyes::open(&bench.database_url).await;
    truth::assert_equal(&bench.sandbox, &eyes).await;
    let killed = eyes.dump().await;
    let difference = undisturbed.iter().zip(&killed).find(|(undisturbed, killed)| undisturbed != killed);
    assert!(difference.is_none() && undisturbed.len() == killed.len(), "{difference:?}");

    // Of each stream that was being read, one window of days, one page of a feed.
    for (life, again) in again.iter().enumerate() {
        for (stream, pieces) in again {
            assert!(
                pieces.len() <= 1,
                "life {life} reads {} pieces of {stream:?} again: {pieces:?}",
                pieces.len()
            );
        }
    }
    let pieces: usize = again.iter().flat_map(BTreeMap::values).map(BTreeSet::len).sum();
    println!(
        "{KILLS} kills: {} requests, {asked_undisturbed} undisturbed; {pieces} windows and pages read again",
        asked(bench).len()
    );
    assert!(pieces > 0, "no kill interrupted anything");
}

/// Half of the kills come after a number of requests, half after a time.
async fn wait_for_the_moment(bench: &Bench, program: &mut Program, seen: usize, chance: &mut StdRng) {
    let began = instant();
    if chance.random_bool(0.5) {
        let target = seen as u64 + chance.random_range(1..40);
        while count(bench) < target && !program.has_ended() {
            pause(Duration::from_millis(1)).await;
        }
    } else {
        let time = Duration::from_millis(chance.random_range(0..900));
        while began.elapsed() < time && !program.has_ended() {
            pause(Duration::from_millis(1)).await;
        }
    }
}

const PROVIDERS: [&str; 2] = ["meta_ads", "stripe"];

fn count(bench: &Bench) -> u64 {
    PROVIDERS.iter().map(|id| bench.sandbox.request_count(id)).sum()
}

fn clear(bench: &Bench) {
    for id in PROVIDERS {
        bench.sandbox.clear_requests(id);
    }
}

/// Everything that the providers were asked, in order.
fn asked(bench: &Bench) -> Vec<Seen> {
    let mut requests: Vec<Seen> = PROVIDERS.iter().flat_map(|id| bench.sandbox.requests(id)).collect();
    requests.sort_by_key(|request| request.at);
    requests
}

/// One request, as it is known again.
fn known(request: &Seen) -> String {
    format!("{} {:?}", request.path, request.query)
}

/// The windows (of streams of days) and pages (of feeds) that a life read although lives before it had, by stream.
/// Snapshots are read whole again, and what a page needs beside its list is part of the page.
fn read_again(read: &HashSet<String>, life: &[Seen]) -> BTreeMap<String, BTreeSet<String>> {
    let mut again: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for request in life.iter().filter(|request| read.contains(&known(request))) {
        let param = |name| request.param(name).unwrap_or_default();
        // The check at the beginning of each life.
        let is_probe = param("limit") == "1";
        let is_list = request.path.matches('/').count() == 2 && request.path.starts_with("/v1/") && !is_probe;
        let (stream, piece) = if request.path.ends_with("/insights") {
            (
                format!("{} {} {}", request.path, param("level"), param("breakdowns")),
                param("time_range").to_owned(),
            )
        } else if is_list {
            (format!("{} {}", request.path, param("types[]")), known(request))
        } else {
            continue;
        };
        again.entry(stream).or_default().insert(piece);
    }
    again
}
