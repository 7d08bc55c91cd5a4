//! A run that is killed while it loads files loses nothing and doubles nothing.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::*;
use crate::support::{instant, pause};

/// How often a run is killed before it may end.
const KILLS: usize = 20;
const SEED: u64 = 23;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_survives_kills_while_files_are_loaded() {
    let shelf = Shelf::new();
    dies_again_and_again(&shelf, &Shelf::new()).await;
    let eyes = shelf.eyes().await;
    assert_eq!(eyes.query("PRAGMA integrity_check").await[0]["integrity_check"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_survives_kills_while_files_are_loaded() {
    let server = Server::start();
    let shelf = Shelf::on(TempDir::new().unwrap(), server.database("killed").await);
    let undisturbed = Shelf::on(TempDir::new().unwrap(), server.database("undisturbed").await);
    dies_again_and_again(&shelf, &undisturbed).await;
}

async fn dies_again_and_again(shelf: &Shelf, undisturbed: &Shelf) {
    let mut world = world(SEED);
    world.write_to(&undisturbed.reports()).unwrap();
    let began = instant();
    undisturbed.once(0).await;
    let whole = began.elapsed();

    world.write_to(&shelf.reports()).unwrap();
    let mut chance = StdRng::seed_from_u64(SEED);
    let (mut interrupted, mut corrected) = (0, false);
    for kill in 0..KILLS {
        let mut program = shelf.start(&["run", "--once"]);
        let time = whole.mul_f64(chance.random_range(0.0..1.1));
        let began = instant();
        while began.elapsed() < time && !program.has_ended() {
            pause(Duration::from_millis(1)).await;
        }
        interrupted += usize::from(!program.has_ended());
        if !program.has_ended() {
            program.kill().await;
        }
        if kill == KILLS / 2 {
            // From now on there is something to replace, too.
            world.correct();
            world.write_to(&shelf.reports()).unwrap();
            world.write_to(&undisturbed.reports()).unwrap();
            corrected = true;
        }
    }
    assert!(corrected && interrupted >= KILLS / 4, "{interrupted} of {KILLS} kills interrupted something");
    shelf.once(0).await;
    undisturbed.once(0).await;
    let eyes = shelf.eyes().await;
    truth::assert_equal(&world, &eyes).await;
    let (killed, expected) = (eyes.dump().await, undisturbed.eyes().await.dump().await);
    let difference = expected.iter().zip(&killed).find(|(expected, killed)| expected != killed);
    assert!(difference.is_none() && expected.len() == killed.len(), "{difference:?}");
    println!("{KILLS} kills, {interrupted} of them before the end");
}
