//! A refresh token that the provider replaces whenever it is used: a worker that is killed again and again keeps its way in.

use std::{process::Command, time::Duration};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sandbox::{
    oauth::{Rotation, TokenServer},
    spotify::{self, Spotify},
};

use crate::{
    postgres::Server,
    support::{
        Bench, instant, pause,
        program::{self, Program},
        sql::Eyes,
    },
};

/// How often a run is killed before it may end.
const KILLS: usize = 20;
const SEED: u64 = 29;
/// Where tokens come from.
const TOKEN_PATH: &str = "/api/token";
/// The connection.
const NAME: &str = "label-a-spotify";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_a_replaced_token_through_kills() {
    dies_between_tokens(&mut Bench::new(43)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_keeps_a_replaced_token_through_kills() {
    let server = Server::start();
    let database_url = server.database("rotating").await;
    dies_between_tokens(&mut Bench::on(tempfile::tempdir().unwrap(), database_url, 43)).await;
}

/// The help names `check` before `run`: what it is given in place of the token is there when the worker starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_before_the_first_start_keeps_what_it_was_given() {
    let mut bench = Bench::new(47);
    configure(&mut bench);
    on_tokens(&bench, |tokens| tokens.set_rotation(Rotation::AtOnce));
    for command in [["check"].as_slice(), &["check"], &["run", "--once"], &["check"]] {
        bench.run(command).await.expect(0);
    }
    assert_eq!(token_requests(&bench), [200; 4]);
}

async fn dies_between_tokens(bench: &mut Bench) {
    configure(bench);
    // Dead once the one that came for it has been used: who uses one that is not stored yet has lost both.
    on_tokens(bench, |tokens| tokens.set_rotation(Rotation::OnceUsed));
    let mut chance = StdRng::seed_from_u64(SEED);
    for kill in 0..KILLS {
        let before = refreshes(bench);
        let mut program = bench.start(&["run", "--once"]);
        if kill % 4 == 3 {
            until_refreshed(bench, &mut program, before).await;
            on_tokens(bench, TokenServer::expire);
        }
        wait_for_the_moment(bench, &mut program, before, &mut chance).await;
        assert!(!program.has_ended(), "kill {kill} comes too late: {}", program.err());
        program.kill().await;
    }
    let ended = bench.run(&["run", "--once"]).await.expect(0);

    let refused: Vec<u16> = token_requests(bench).into_iter().filter(|status| *status >= 400).collect();
    assert!(refused.is_empty(), "a dead token was sent: {refused:?}");
    let live = on_tokens(bench, |tokens| tokens.live_refresh_tokens());
    assert!(live.iter().all(|token| token != spotify::REFRESH_TOKEN), "the first one was replaced");
    let eyes = Eyes::open(&bench.database_url).await;
    assert!(eyes.number("SELECT count(*) FROM playlist_placements").await > 0, "{}", ended.err);
    let kept = format!("SELECT count(*) FROM secrets WHERE name = 'oauth/{NAME}'");
    assert_eq!(eyes.number(&kept).await, 1);
    let shown = eyes.dump().await.join("\n") + &ended.err;
    for token in &live {
        assert!(!shown.contains(token), "a token in plain text");
        let plain = if bench.database_url.starts_with("sqlite") {
            format!("instr(sealed, CAST('{token}' AS BLOB)) > 0")
        } else {
            format!("position('{token}'::bytea IN sealed) > 0")
        };
        assert_eq!(eyes.number(&format!("SELECT count(*) FROM secrets WHERE {plain}")).await, 0);
    }
    println!("{KILLS} kills, {} refreshes", refreshes(bench));
}

/// Spotify by a user's token alone, slowly; the others are off.
fn configure(bench: &mut Bench) {
    let path = bench.dir.path().join("key");
    let made = Command::new(program::PATH)
        .args(["secrets", "generate-key", "--output", &path.display().to_string()])
        .status()
        .unwrap();
    assert!(made.success());
    bench.sandbox.with_world(Spotify::freeze).unwrap();
    let url = bench.sandbox.url("spotify");
    bench.layer = format!(
        r#"
[encryption]
key = {{ file = "{key}" }}

[integrations.meta_ads]
enabled = false
[integrations.stripe]
enabled = false

[integrations.spotify]
quota.project = {{ per_second = 20, burst = 1 }}

[connections.{NAME}]
integration = "spotify"
tenant = "label-a"
base_url = "{url}"
endpoints.token = "{url}{TOKEN_PATH}"
credentials.client_id = "{id}"
credentials.client_secret = "{secret}"
credentials.refresh_token = "{refresh}"
settings = {{ playlists = ["{private}", "{long}"], tracks = ["isrc:{isrc}"] }}
"#,
        key = path.display(),
        id = spotify::CLIENT_ID,
        secret = spotify::CLIENT_SECRET,
        refresh = spotify::REFRESH_TOKEN,
        private = spotify::PRIVATE_PLAYLIST,
        long = spotify::LONG_PLAYLIST,
        isrc = spotify::SHARED_ISRC,
    );
}

/// Half of the kills come within moments of a new token, the others at any time.
async fn wait_for_the_moment(bench: &Bench, program: &mut Program, before: usize, chance: &mut StdRng) {
    let time = if chance.random_bool(0.5) {
        until_refreshed(bench, program, before).await;
        Duration::from_micros(chance.random_range(0..20_000))
    } else {
        Duration::from_millis(chance.random_range(0..500))
    };
    let began = instant();
    while began.elapsed() < time && !program.has_ended() {
        pause(Duration::from_micros(200)).await;
    }
}

async fn until_refreshed(bench: &Bench, program: &mut Program, before: usize) {
    let began = instant();
    while refreshes(bench) == before && !program.has_ended() {
        assert!(began.elapsed() < crate::support::PATIENCE, "no token is asked for: {}", program.err());
        pause(Duration::from_micros(200)).await;
    }
}

fn refreshes(bench: &Bench) -> usize {
    token_requests(bench).len()
}

/// The answers' statuses.
fn token_requests(bench: &Bench) -> Vec<u16> {
    let requests = bench.sandbox.requests("spotify").into_iter();
    requests.filter(|request| request.path == TOKEN_PATH).map(|request| request.status).collect()
}

fn on_tokens<R>(bench: &Bench, reach: impl FnOnce(&mut TokenServer) -> R) -> R {
    bench.sandbox.with_world(|spotify: &mut Spotify| reach(spotify.tokens())).unwrap()
}
