//! PostgreSQL goes away in the middle of a run and comes back: the run waits, and ends as if nothing had been.

use std::time::Duration;

use crate::{
    postgres::{self, Server},
    support::{Bench, pause, sql::Eyes, truth, until},
};

/// How long the server stays away.
const AWAY: Duration = Duration::from_millis(700);
const RESTARTS: u64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgresql_loses_and_doubles_nothing() {
    let server = Server::start();
    let mut bench = Bench::on(tempfile::tempdir().unwrap(), server.database("restarted").await, 29);
    bench.layer = "integrations.meta_ads.quota.app = { per_second = 25, burst = 2 }\n\
                   integrations.stripe.quota.account = { per_second = 10, burst = 2 }\n"
        .to_owned();
    let mut program = bench.start(&["run", "--once"]);
    for restart in 1..=RESTARTS {
        let target = restart * 15;
        until("the run is on its way", async || {
            assert!(!program.has_ended(), "it ended before the restart: {}", program.err());
            (bench.sandbox.request_count("meta_ads") >= target).then_some(())
        })
        .await;
        let (stop, start) = (server.command("stop"), server.command("start"));
        tokio::task::spawn_blocking(move || postgres::run(stop)).await.unwrap();
        pause(AWAY).await;
        tokio::task::spawn_blocking(move || postgres::run(start)).await.unwrap();
    }
    program.ended(crate::support::PATIENCE).await.expect(0);
    let eyes = Eyes::open(&bench.database_url).await;
    truth::assert_equal(&bench.sandbox, &eyes).await;
    let before = eyes.dump_observed().await;
    bench.run(&["run", "--once"]).await.expect(0);
    assert_eq!(before, eyes.dump_observed().await);
}
