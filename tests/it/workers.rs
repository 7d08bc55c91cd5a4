//! One worker a database: who comes second is told, commands find the one that is there, and a dead one holds nobody up.

use std::{fs, sync::Arc, time::Duration};

use rows::{
    clock::SystemClock,
    sink::{ConnectionRecord, Sink as _},
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use store::{Ending, Store, StoreOptions, WorkerIdentity, WorkerKind};
use tokio::process::Command;

use crate::{
    postgres::{self, Server},
    support::{
        Bench, PATIENCE, get, instant, pause,
        program::{self, Ended, Program, until_state},
        sql::Eyes,
        sqlite_url, until,
    },
};

/// Far less than a heartbeat takes to expire, and more than a run of two small connections takes.
const AT_ONCE: Duration = Duration::from_secs(25);

/// Its HTTP side answers nobody who has no token: commands must find it all the same.
const CLOSED: &str = "http.authentication.bearer = \"a-token-of-this-test\"\n\
                      integrations.meta_ads.streams.ad_insights.enabled = false\n";

async fn epoch(eyes: &Eyes, connection: &str) -> i64 {
    eyes.number(&format!("SELECT epoch FROM connections WHERE name = '{connection}'")).await
}

async fn until_read(bench: &Bench) {
    until("everything is read", async || {
        let shown = bench.run(&["status", "--json"]).await;
        let status: serde_json::Value = serde_json::from_str(&shown.out).ok()?;
        let all = status["connections"].as_array()?;
        let is_idle = |connection: &serde_json::Value| connection["state"] == "idle";
        (all.len() == 2 && all.iter().all(is_idle)).then_some(())
    })
    .await;
}

#[track_caller]
fn expect_refused(ended: Ended, holder: &Program) {
    let ended = ended.expect(1);
    for part in ["worker-1 (daemon, process ", &format!("process {}", holder.id()), "started", "--take-over"]
    {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
}

/// Whom a daemon that wants a token, and that dies without a word, meets.
async fn one_worker_a_database(bench: &mut Bench) {
    CLOSED.clone_into(&mut bench.layer);
    let mut daemon = bench.start(&["run"]);
    daemon.address().await;
    until_read(bench).await;
    let eyes = Eyes::open(&bench.database_url).await;
    let before = (epoch(&eyes, "label-a-meta").await, epoch(&eyes, "label-a-stripe").await);

    expect_refused(bench.run(&["run"]).await, &daemon);
    expect_refused(bench.run(&["run", "--once"]).await, &daemon);
    let status = bench.run(&["status"]).await.expect(0);
    assert!(
        status.err.contains("lives") && !status.out.contains("stopped"),
        "{}\n{}",
        status.err,
        status.out
    );
    let paused = bench.run(&["pause", "--connection", "label-a-stripe"]).await.expect(0);
    assert!(paused.out.contains("worker-1 hears of it"), "{}", paused.out);
    let refused = bench.run(&["backfill", "--connection", "label-a-stripe", "--from", "2026-11-01"]).await;
    assert!(refused.expect(1).err.contains("is paused"));
    bench.run(&["resume", "--connection", "label-a-stripe"]).await.expect(0);
    let yesterday =
        rows::day::plus_days(rows::day::day_at(bench.sandbox.now(), &jiff::tz::TimeZone::UTC), -1);
    let from = yesterday.to_string();
    let filled = bench.run(&["backfill", "--connection", "label-a-meta", "--from", &from]).await.expect(0);
    assert!(filled.err.contains("A worker is running"), "{}", filled.err);
    let after = (epoch(&eyes, "label-a-meta").await, epoch(&eyes, "label-a-stripe").await);
    assert_eq!(after, before, "nobody took a connection from it");

    daemon.kill().await;
    let status = bench.run(&["status"]).await.expect(3);
    for part in ["no daemon answers", "without a word", "As stored at"] {
        assert!(status.err.contains(part), "{part}: {}", status.err);
    }
    let began = instant();
    let once = bench.run(&["run", "--once"]).await.expect(0);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert!(once.err.contains("taken_from=[\"worker-1 (daemon"), "{}", once.err);
    let status = bench.run(&["status"]).await.expect(0);
    assert!(status.err.contains("has finished its single run"), "{}", status.err);
    bench.run(&["status", "--daemon"]).await.expect(3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_worker_a_database_on_sqlite() {
    one_worker_a_database(&mut Bench::new(61)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_worker_a_database_on_postgresql() {
    let server = Server::start();
    let url = server.database("one").await;
    one_worker_a_database(&mut Bench::on(tempfile::tempdir().unwrap(), url, 61)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_taken_over_takes_its_connections_back() {
    let mut bench = Bench::new(62);
    // Asked so often that it soon notices.
    bench.layer = "integrations.stripe.streams.charges.every = \"1s\"\n".to_owned();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    bench.run(&["run", "--once", "--take-over"]).await.expect(0);
    until("the daemon has noticed", async || {
        daemon.err().contains("has taken the database over").then_some(())
    })
    .await;
    until_state(address, "label-a-stripe", "idle").await;
    until_state(address, "label-a-meta", "idle").await;
    let asked = bench.sandbox.request_count("stripe");
    until("it polls again", async || (bench.sandbox.request_count("stripe") > asked + 2).then_some(())).await;
    daemon.signal("TERM").await;
    let ended = daemon.ended(PATIENCE).await.expect(0);
    assert!(
        ended.err.contains("started version=") && ended.err.contains("stopped version="),
        "{}",
        ended.err
    );
}

/// Between two signs of life, and nothing is due: the daemon must not go on as if nothing had been.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_take_over_shorter_than_a_sign_of_life_is_noticed() {
    let bench = Bench::new(74);
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    until_state(address, "label-a-meta", "idle").await;
    let clock = Arc::new(SystemClock::new());
    let short = Store::connect(&bench.database_url, StoreOptions::default(), clock).await.unwrap();
    let identity = WorkerIdentity {
        instance: "short".to_owned(),
        name: "short".to_owned(),
        kind: WorkerKind::Once,
        host: "host".to_owned(),
        process_id: 1,
        version: "0".to_owned(),
    };
    let secured = short.secure(true).await.unwrap();
    assert_eq!(short.enter(identity, secured).await.unwrap().len(), 1);
    let record = ConnectionRecord {
        name: "label-a-meta".to_owned(),
        integration: "meta_ads".to_owned(),
        tenant: "label-a".to_owned(),
        once_since: None,
    };
    let taken = short.register(record).await.unwrap().epoch;
    short.leave(Ending::Finished).await.unwrap();
    short.close().await;
    // What is read for this wish cannot be stored any more; the wish is not lost.
    bench.run(&["poll", "--connection", "label-a-meta"]).await.expect(0);
    let eyes = Eyes::open(&bench.database_url).await;
    until("the connection is taken back", async || {
        (epoch(&eyes, "label-a-meta").await > taken).then_some(())
    })
    .await;
    assert!(daemon.err().contains("short (once, process 1 on host, "), "{}", daemon.err());
    until("what was asked for is read", async || {
        let done = "SELECT count(*) AS n FROM connections WHERE name = 'label-a-meta' AND last_success_at > poll_requested_at";
        (eyes.number(done).await == 1).then_some(())
    })
    .await;
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_ask_or_note_make_no_tables() {
    let server = Server::start();
    let url = server.database("empty").await;
    let empty = Bench::on(tempfile::tempdir().unwrap(), url, 63);
    let missing = Bench::new(64);
    let pause = ["pause", "--connection", "label-a-meta"].as_slice();
    let backfill = ["backfill", "--connection", "label-a-meta", "--from", "2026-11-01"].as_slice();
    for (bench, said) in [(&empty, "has no tables yet"), (&missing, "there is no database at")] {
        for command in [pause, backfill, &["report"]] {
            let ended = bench.run(command).await.expect(1);
            assert!(ended.err.contains(said), "{command:?}: {}", ended.err);
        }
        let status = bench.run(&["status"]).await.expect(0);
        assert!(status.out.contains("No connection has run yet"), "{}", status.out);
        bench.run(&["check"]).await.expect(0);
    }
    assert!(
        empty.run(&["migrate", "status"]).await.expect(0).out.contains("missing  m20261124_000001_engine")
    );
    assert!(missing.run(&["migrate", "status"]).await.expect(1).err.contains("there is no database at"));
    let eyes = Eyes::open(&empty.database_url).await;
    assert_eq!(eyes.number("SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'").await, 0);
    assert!(!missing.dir.path().join("dynamoi.db").exists());
}

/// On a disk that is mounted to be read only, in a mount namespace of its own: `root` may write everywhere else.
const READ_ONLY: &str = r#"
set -eu
mount --bind "$place" "$place"
mount -o remount,ro,bind "$place"
"$program" status $config
"$program" report $config
"$program" migrate status $config
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_only_be_read_is_enough_to_look() {
    let mut bench = Bench::new(72);
    let place = bench.dir.path().join("place");
    fs::create_dir(&place).unwrap();
    bench.database_url = sqlite_url(&place.join("dynamoi.db"));
    bench.run(&["run", "--once"]).await.expect(0);
    let user = Command::new("id").arg("-u").output().await.unwrap().stdout;
    let mut command = Command::new("unshare");
    command.args(if user == b"0\n" { ["--mount"].as_slice() } else { &["--mount", "--map-root-user"] });
    command.args(["sh", "-c", READ_ONLY]);
    let (place, config) = (place.display().to_string(), bench.config_arguments().join(" "));
    let environment = [("program", program::PATH), ("config", &*config), ("place", &*place)];
    let ended = Program::spawn(bench.dir.path(), &mut command, &environment).ended(PATIENCE).await.expect(0);
    assert!(
        ended.out.contains("label-a-meta") && ended.out.contains("m20261124_000001_engine"),
        "{}",
        ended.out
    );
    assert!(ended.err.contains("has finished its single run"), "{}", ended.err);
}

/// A schema that is older, or newer, than the program is left as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_version_s_tables_are_left_alone() {
    let bench = Bench::new(65);
    bench.run(&["migrate", "up"]).await.expect(0);
    let database = Database::connect(&bench.database_url).await.unwrap();
    let execute = async |sql: &str| {
        database.execute_unprepared(sql).await.unwrap();
    };
    let eyes = Eyes::open(&bench.database_url).await;
    let last = eyes.query("SELECT max(version) AS v FROM seaql_migrations").await[0]["v"].clone();
    let last = last.as_str().unwrap();
    execute(&format!("DELETE FROM seaql_migrations WHERE version = '{last}'")).await;
    for command in [&["status"], ["pause", "--connection", "label-a-meta"].as_slice(), &["report"]] {
        let ended = bench.run(command).await.expect(1);
        assert!(ended.err.contains("older version") && ended.err.contains(last), "{}", ended.err);
    }
    assert!(bench.run(&["migrate", "status"]).await.expect(0).out.contains(&format!("missing  {last}")));
    execute(&format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{last}', 0)")).await;
    execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m30000101_future', 0)").await;
    for command in [["status"].as_slice(), &["run"], &["migrate", "up"], &["report"]] {
        let ended = bench.run(command).await.expect(1);
        assert!(ended.err.contains("newer version"), "{command:?}: {}", ended.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backfill_says_at_once_what_cannot_be_read() {
    let mut bench = Bench::new(66);
    bench.more = format!(
        "[connections.label-a-deezer]\nintegration = \"deezer\"\ntenant = \"label-a\"\nbase_url = \"{}\"\n\
         settings = {{ charts = [\"0\"] }}\n",
        bench.sandbox.url("deezer")
    );
    let asked = async |connection: &str, to: &str| {
        let command = ["backfill", "--connection", connection, "--from", "2001-01-01", "--to", to];
        bench.run(&command).await
    };
    let ended = asked("label-a-meta", "2001-02-01").await.expect(1);
    assert!(ended.err.contains("what can be read begins on 20"), "{}", ended.err);
    let ended = asked("label-a-deezer", "2026-02-01").await.expect(1);
    assert!(ended.err.contains("has no past to read"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    let bench = Bench::new(67);
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    until_state(address, "label-a-meta", "idle").await;
    // It wants to note its end, and somebody else writes.
    let mut alone = ConnectOptions::new(bench.database_url.clone());
    alone.max_connections(1);
    let other = Database::connect(alone).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    daemon.signal("INT").await;
    until("it stops", async || daemon.err().contains("stopping").then_some(())).await;
    pause(Duration::from_millis(500)).await;
    assert!(!daemon.has_ended(), "{}", daemon.err());
    let began = instant();
    daemon.signal("INT").await;
    let ended = daemon.ended(PATIENCE).await.expect(1);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(ended.err.contains("ended at once"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_database_is_not_ready() {
    let mut bench = Bench::new(68);
    bench.layer = "connections.label-a-meta.enabled = false\n".to_owned();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    assert!(get(&format!("http://{address}/readyz")).await.contains("ready"));
    fs::remove_file(bench.dir.path().join("dynamoi.db")).unwrap();
    let missing = get(&format!("http://{address}/readyz")).await;
    assert!(missing.contains("was deleted or replaced"), "{missing}");
    let shown = until_state(address, "label-a-stripe", "backing_off").await;
    assert!(shown["error"].as_str().unwrap().contains("was deleted or replaced"), "{shown}");
    let metrics = get(&format!("http://{address}/metrics")).await;
    assert!(metrics.contains("dynamoi_database_ready 0"), "{metrics}");
    assert!(daemon.err().contains("the database cannot be written to"), "{}", daemon.err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgresql_is_away_states_say_so() {
    let server = Server::start();
    let url = server.database("away").await;
    let mut bench = Bench::on(tempfile::tempdir().unwrap(), url, 71);
    // Nothing is due: without a look at the database all would seem well.
    bench.layer = "connections.label-a-stripe.enabled = false\n".to_owned();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-meta", "idle").await;
    let command = |action| {
        let command = server.command(action);
        tokio::task::spawn_blocking(move || postgres::run(command))
    };
    command("stop").await.unwrap();
    let away = until_state(address, "label-a-meta", "backing_off").await;
    assert!(away["error"].as_str().unwrap().contains("database"), "{away}");
    let missing = get(&format!("http://{address}/readyz")).await;
    assert!(missing.contains("database"), "{missing}");
    command("start").await.unwrap();
    until_state(address, "label-a-meta", "idle").await;
    until("it has its lock again", async || {
        let eyes = Eyes::open(&bench.database_url).await;
        let held = "SELECT count(*) AS n FROM workers WHERE locked AND ended_at IS NULL AND heartbeat_at > pg_postmaster_start_time()";
        (eyes.number(held).await == 1).then_some(())
    })
    .await;
}

/// A server whose disk is full may still take a sign of life, which changes a row that is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_room_is_not_ready() {
    let server = Server::start();
    let url = server.database("full").await;
    let mut bench = Bench::on(tempfile::tempdir().unwrap(), url, 73);
    bench.layer = "connections.label-a-stripe.enabled = false\n".to_owned();
    bench.run(&["migrate", "up"]).await.expect(0);
    let database = Database::connect(&bench.database_url).await.unwrap();
    for sql in [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
        "DO $$ DECLARE t text; BEGIN \
         FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename LIKE 'ad\\_%' LOOP \
         EXECUTE format('CREATE TRIGGER full_disk BEFORE INSERT ON %I EXECUTE FUNCTION full_disk()', t); \
         END LOOP; END $$",
    ] {
        database.execute_unprepared(sql).await.unwrap();
    }
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    let missing = until("it says so", async || {
        let ready = get(&format!("http://{address}/readyz")).await;
        ready.contains("no room").then_some(ready)
    })
    .await;
    assert!(missing.contains("make room"), "{missing}");
    assert!(get(&format!("http://{address}/metrics")).await.contains("dynamoi_database_ready 0"));
    database.execute_unprepared("DROP FUNCTION full_disk CASCADE").await.unwrap();
    bench.run(&["poll", "--connection", "label-a-meta"]).await.expect(0);
    until_state(address, "label-a-meta", "idle").await;
}

/// Somebody's backup holds the file when the worker starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_waited_for() {
    let bench = Bench::new(69);
    let mut alone = ConnectOptions::new(format!("{}?mode=rwc", bench.database_url));
    alone.max_connections(1);
    let other = Database::connect(alone).await.unwrap();
    other
        .execute_unprepared("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE x (y)")
        .await
        .unwrap();
    let mut run = bench.start(&["run", "--once"]);
    until("it says that it waits", async || {
        assert!(!run.has_ended(), "{}", run.err());
        run.err().contains("waiting for the database").then_some(())
    })
    .await;
    other.execute_unprepared("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    run.ended(PATIENCE).await.expect(0);
}

/// In WAL mode it can be opened: the first statement that writes meets the other's lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_another_process_writes_to_is_waited_for() {
    let bench = Bench::new(73);
    bench.run(&["migrate", "up"]).await.expect(0);
    let mut alone = ConnectOptions::new(bench.database_url.clone());
    alone.max_connections(1);
    let other = Database::connect(alone).await.unwrap();
    other.execute_unprepared("BEGIN EXCLUSIVE").await.unwrap();
    let mut run = bench.start(&["run", "--once"]);
    until("it says that it waits", async || {
        assert!(!run.has_ended(), "{}", run.err());
        run.err().contains("waiting for the database").then_some(())
    })
    .await;
    other.execute_unprepared("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    run.ended(PATIENCE).await.expect(0);
}

/// A reload is compared with what runs, not with what the last one said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_needed_restart_is_not_forgotten_and_none_is_made_up() {
    let mut bench = Bench::new(70);
    bench.layer = "worker.data_region = \"eu\"\n".to_owned();
    let mut daemon = bench.start(&["run"]);
    daemon.address().await;
    let mut reloads = 0;
    let mut warnings = async |layer: &str, bench: &mut Bench, daemon: &Program| {
        layer.clone_into(&mut bench.layer);
        bench.config();
        daemon.signal("HUP").await;
        reloads += 1;
        until("it is reloaded", async || {
            (daemon.err().matches("configuration reloaded").count() == reloads).then_some(())
        })
        .await;
        pause(Duration::from_millis(100)).await;
        daemon.err().matches("take effect after a restart only").count()
    };
    assert_eq!(warnings("worker.data_region = \"us\"\n", &mut bench, &daemon).await, 1);
    assert_eq!(warnings("worker.data_region = \"us\"\n", &mut bench, &daemon).await, 2, "still needed");
    assert_eq!(warnings("worker.data_region = \"eu\"\n", &mut bench, &daemon).await, 2, "as it runs");
}
