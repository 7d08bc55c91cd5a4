//! `deploy/` without containers and without systemd: every file that it brings is read by the program that it is for.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use actors::integrations::catalogue;
use dynamoi::settings::Settings;
use secrecy::ExposeSecret;
use serde_yaml_ng::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};

use crate::{
    https,
    postgres::Server,
    support::{
        Bench, PATIENCE,
        program::{self, Program},
        sql::Eyes,
        until,
    },
    tools,
};

/// What `worker.shutdown_grace` is unless configured; whoever stops the worker must wait longer.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// Of 100, from systemd's own judgement: what is left is that it talks to the network and reads /proc.
const EXPOSURE_MAX: &str = "15";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn deploy() -> PathBuf {
    root().join("deploy")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The compose file, its shared parts filled in.
fn compose() -> Value {
    let mut compose: Value = serde_yaml_ng::from_str(&read(deploy().join("compose.yaml"))).unwrap();
    compose.apply_merge().unwrap();
    compose
}

fn services(compose: &Value) -> BTreeMap<String, Value> {
    let services = compose["services"].as_mapping().unwrap();
    services.iter().map(|(name, service)| (name.as_str().unwrap().to_owned(), service.clone())).collect()
}

/// A list of texts; empty where there is none.
fn texts(value: &Value) -> Vec<&str> {
    value.as_sequence().map_or_else(Vec::new, |all| all.iter().map(|one| one.as_str().unwrap()).collect())
}

/// The keys of a table; empty where there is none.
fn keys(value: &Value) -> Vec<&str> {
    value.as_mapping().map_or_else(Vec::new, |table| table.keys().map(|key| key.as_str().unwrap()).collect())
}

/// `postgres:17.6-bookworm`: a version to the last number, under a name.
fn is_pinned(image: &str) -> bool {
    let version = image.rsplit_once(':').map_or("", |(_, version)| version);
    let numbers = version.trim_start_matches('v').split(['.', '-']);
    numbers.take_while(|number| number.parse::<u32>().is_ok()).count() >= 2
}

/// Runs it to its end, which must be good; gives what it said.
async fn run(command: &mut Command) -> String {
    let output = command.kill_on_drop(true).output().await.unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{said}");
    said
}

/// The secrets of compose, made anew.
async fn secrets() -> TempDir {
    let directory = TempDir::new().unwrap();
    run(Command::new(deploy().join("compose/make-secrets")).arg(directory.path())).await;
    directory
}

#[test]
fn compose_names_only_what_is_there() {
    let compose = compose();
    let services = services(&compose);
    let (declared_secrets, declared_volumes) = (keys(&compose["secrets"]), keys(&compose["volumes"]));
    let mut used = Vec::new();
    for (name, service) in &services {
        assert!(
            is_pinned(service["image"].as_str().unwrap()),
            "{name}: {:?} is no version",
            service["image"]
        );
        for volume in texts(&service["volumes"]) {
            let mut parts = volume.split(':');
            let (source, target) = (parts.next().unwrap(), parts.next().unwrap());
            assert!(target.starts_with('/'), "{name}: {volume}");
            if source.starts_with('.') {
                assert!(deploy().join(source).exists(), "{name}: {source} is not there");
                assert_eq!(parts.next(), Some("ro"), "{name}: {volume} can be written");
            } else {
                assert!(declared_volumes.contains(&source), "{name}: the volume {source} is not declared");
            }
        }
        for secret in texts(&service["secrets"]) {
            assert!(declared_secrets.contains(&secret), "{name}: the secret {secret} is not declared");
            used.push(secret);
        }
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port} is open to everybody");
        }
        for needed in keys(&service["depends_on"]) {
            assert!(services.contains_key(needed), "{name} waits for {needed}");
        }
        for variable in keys(&service["environment"]) {
            let is_secret = variable.contains("PASSWORD");
            assert!(!is_secret || variable.ends_with("_FILE"), "{name}: {variable} is a secret, and no file");
        }
        let has_check = service.get("healthcheck").is_some() || name == "dynamoi";
        assert!(has_check, "{name} has no health check");
        assert_eq!(service["restart"].as_str(), Some("unless-stopped"), "{name}");
    }
    for secret in declared_secrets {
        assert!(used.contains(&secret), "nobody uses the secret {secret}");
        let file = compose["secrets"][secret]["file"].as_str().unwrap();
        assert_eq!(
            Path::new(file),
            Path::new("./secrets").join(secret),
            "{secret} is mounted under its name"
        );
    }
    assert!(
        read(root().join(".gitignore")).contains("/deploy/secrets/"),
        "secrets stay out of the repository"
    );
    let worker = &services["dynamoi"];
    assert!(grace(worker["stop_grace_period"].as_str().unwrap()) > SHUTDOWN_GRACE);
    assert_eq!(worker["image"].as_str(), Some(concat!("dynamoi:", env!("CARGO_PKG_VERSION"))));
    assert!(worker["depends_on"]["postgres"]["condition"].as_str() == Some("service_healthy"));
}

/// `45s`
fn grace(text: &str) -> Duration {
    Duration::from_secs(text.strip_suffix('s').unwrap().parse().unwrap())
}

#[tokio::test]
async fn secrets_are_made_once_and_closed() {
    let directory = secrets().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(directory.path()), 0o700);
    let compose = compose();
    let mut contents = BTreeMap::new();
    for secret in keys(&compose["secrets"]) {
        let path = directory.path().join(secret);
        assert_eq!(mode(&path), 0o444, "{secret}: containers read it as users of their own");
        contents.insert(secret, read(&path));
    }
    run(Command::new(deploy().join("compose/make-secrets")).arg(directory.path())).await;
    for (secret, before) in contents {
        assert_eq!(read(directory.path().join(secret)), before, "{secret}");
    }
}

#[tokio::test]
async fn the_workers_configuration_is_whole() {
    let compose = compose();
    let worker = &services(&compose)["dynamoi"];
    let secrets = secrets().await;
    // The files of its command, in their order, from where they are mounted.
    let files: Vec<PathBuf> = texts(&worker["command"])
        .windows(2)
        .filter(|pair| pair[0] == "--config")
        .map(|pair| match pair[1].strip_prefix("/run/secrets/") {
            Some(secret) => secrets.path().join(secret),
            None => mounted(worker, pair[1]),
        })
        .collect();
    assert_eq!(files.len(), 2);
    let environment = ("CREDENTIALS_DIRECTORY".to_owned(), secrets.path().display().to_string());
    let settings = Settings::load(&files, std::iter::once(environment), &catalogue())
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    // All addresses of a container are meant; that secrets can be read by others would be said here.
    let warnings: Vec<String> = settings.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.iter().all(|warning| warning.contains("key http.listen")), "{warnings:?}");
    let password = read(secrets.path().join("postgres-password"));
    let database = format!("postgres://dynamoi:{}@postgres:5432/dynamoi", password.trim());
    assert_eq!(settings.database.url.expose_secret(), database);
    let cache = settings.cache.url.expose_secret();
    assert!(cache.starts_with("redis://:") && cache.ends_with("@redis:6379"), "{cache}");
    assert_eq!(settings.worker.shutdown_grace, SHUTDOWN_GRACE);
    assert_eq!(settings.http.listen.port(), 9464, "the published port");
    let scraped = read(deploy().join("compose/prometheus.yml"));
    assert_eq!(settings.http.allowed_hosts, ["dynamoi"], "pages on the web cannot read it through a browser");
    assert!(scraped.contains("targets: [\"dynamoi:9464\"]"));
}

/// The file of ours that a service finds at this place.
fn mounted(service: &Value, target: &str) -> PathBuf {
    let volumes = texts(&service["volumes"]);
    let source = volumes.iter().find_map(|volume| {
        let (source, rest) = volume.split_once(':')?;
        (rest.trim_end_matches(":ro") == target).then_some(source)
    });
    deploy().join(source.unwrap_or_else(|| panic!("nothing is mounted at {target}")))
}

#[tokio::test]
async fn prometheus_understands_its_configuration() {
    let prometheus = &services(&compose())["prometheus"];
    let (config, rules) =
        (mounted(prometheus, "/etc/prometheus/prometheus.yml"), mounted(prometheus, "/etc/prometheus/rules"));
    // As they lie in the container.
    let place = TempDir::new().unwrap();
    fs::copy(&config, place.path().join("prometheus.yml")).unwrap();
    std::os::unix::fs::symlink(rules.canonicalize().unwrap(), place.path().join("rules")).unwrap();
    let promtool = tools::find("promtool", "prometheus");
    let said =
        run(Command::new(promtool).args(["check", "config"]).arg(place.path().join("prometheus.yml"))).await;
    assert!(said.contains("recording.yml") && said.contains("alerts.yml"), "both files of rules: {said}");
    // The same as without containers, but for where the worker is.
    let plain = read(root().join("grafana/prometheus.yml")).replace("127.0.0.1:9464", "dynamoi:9464");
    let parsed = |text: &str| serde_yaml_ng::from_str::<Value>(text).unwrap();
    assert_eq!(parsed(&read(config)), parsed(&plain));
}

#[test]
fn grafana_is_provisioned_as_without_containers() {
    let grafana = &services(&compose())["grafana"];
    let source = mounted(grafana, "/etc/grafana/provisioning/datasources/prometheus.yml");
    let plain = read(root().join("grafana/provisioning/datasources/prometheus.yml"));
    assert_eq!(read(source), plain.replace("http://127.0.0.1:9090", "http://prometheus:9090"));
    let dashboards = grafana["environment"]["DYNAMOI_DASHBOARDS"].as_str().unwrap();
    assert!(mounted(grafana, dashboards).join("operations.json").exists());
    assert!(mounted(grafana, "/etc/grafana/provisioning/dashboards").join("dynamoi.yml").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_starts_with_its_configuration() {
    let redis = &services(&compose())["redis"];
    let command = texts(&redis["command"]);
    assert_eq!(command[0], "redis-server");
    let secrets = secrets().await;
    let config =
        read(mounted(redis, command[1])).replace("/run/secrets", &secrets.path().display().to_string());
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("redis.conf"), config).unwrap();
    let port = free_port();
    let mut server = Command::new(tools::find("redis-server", "redis-server"));
    server.current_dir(place.path()).arg("redis.conf");
    server.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    let _server = Program::spawn(place.path(), &mut server, &[]);
    let mut stream =
        until("redis listens", async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()).await;
    let mut ask = async |line: &str| {
        stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let refused = ask("PING").await;
    assert!(refused.starts_with("-NOAUTH"), "without a password: {refused}");
    let refused = ask("AUTH wrong").await;
    assert!(refused.starts_with("-WRONGPASS"), "{refused}");
    let password = read(secrets.path().join("redis-auth.conf"));
    let password = password.trim().strip_prefix("requirepass ").unwrap();
    assert_eq!(ask(&format!("AUTH {password}")).await, "+OK\r\n");
    assert_eq!(ask("PING").await, "+PONG\r\n");
    for (key, value) in
        [("maxmemory", "134217728"), ("maxmemory-policy", "allkeys-lru"), ("appendonly", "no"), ("save", "")]
    {
        let answer = ask(&format!("CONFIG GET {key}")).await;
        assert_eq!(answer.split("\r\n").nth(4), Some(value), "{key}: {answer:?}");
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_starts_with_its_configuration_and_the_worker_on_it() {
    let postgres = &services(&compose())["postgres"];
    let command = texts(&postgres["command"]);
    let config = command.iter().find_map(|argument| argument.strip_prefix("config_file=")).unwrap();
    let server = Server::start_with(Some(&mounted(postgres, config)));
    let url = server.database("compose").await;
    let eyes = Eyes::open(&url).await;
    // Which address and port it has is this test's business.
    let wrong = "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL \
                 AND name NOT IN ('listen_addresses', 'port')";
    assert_eq!(eyes.number(wrong).await, 0);
    for (name, value) in [
        ("password_encryption", "scram-sha-256"),
        ("synchronous_commit", "on"),
        ("shared_buffers", "32768"),
        ("max_wal_size", "2048"),
        ("max_connections", "40"),
    ] {
        let applied = format!(
            "SELECT count(*) FROM pg_settings WHERE name = '{name}' AND setting = '{value}' \
             AND source = 'configuration file'"
        );
        assert_eq!(eyes.number(&applied).await, 1, "{name} = {value}");
    }
    let bench = Bench::on(TempDir::new().unwrap(), url, 83);
    assert!(bench.once().await);
    assert!(eyes.number("SELECT count(*) FROM payments").await > 0);
}

#[tokio::test]
async fn the_unit_is_understood_and_locked_down() {
    let unit = read(deploy().join("systemd/dynamoi.service"));
    let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    assert_eq!(value("Type"), Some("notify"));
    assert!(value("WatchdogSec").is_some());
    assert_eq!(value("LimitCORE"), Some("0"), "a core holds secrets");
    assert!(grace(value("TimeoutStopSec").unwrap()) > SHUTDOWN_GRACE);
    assert_eq!(value("RestartPreventExitStatus"), Some("2"), "the exit code of a bad configuration");
    let installed = "/usr/local/bin/dynamoi";
    assert!(value("ExecStart").unwrap().starts_with(installed));

    // The program is not installed here: the one that was built stands in.
    let place = TempDir::new().unwrap();
    let path = place.path().join("dynamoi.service");
    fs::write(&path, unit.replace(installed, program::PATH)).unwrap();
    let analyze = tools::find("systemd-analyze", "systemd");
    let said = run(Command::new(&analyze).args(["verify", "--man=no"]).arg(&path)).await;
    assert_eq!(said.trim(), "", "nothing to complain about");
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    run(Command::new(&analyze).args(["security", "--offline=yes", "--no-pager", &threshold]).arg(&path))
        .await;
}

#[tokio::test]
async fn an_image_is_built_from_all_that_the_build_needs() {
    let containerfile = read(deploy().join("Containerfile"));
    for image in containerfile.lines().filter_map(|line| line.strip_prefix("FROM ")) {
        assert!(is_pinned(image.split_whitespace().next().unwrap()), "{image}");
    }
    assert!(containerfile.contains("--no-default-features") && containerfile.contains("\nUSER 10001"));
    let check =
        containerfile.lines().find_map(|line| line.trim().strip_prefix("CMD [\"dynamoi\", \"status\""));
    assert!(check.is_some_and(|rest| rest.contains("--daemon")), "the binary is its own health check");

    // The manifests and targets of what is let through are whole.
    let place = TempDir::new().unwrap();
    let ignored = read(root().join(".dockerignore"));
    assert!(ignored.lines().any(|line| line == "*"));
    for kept in ignored.lines().filter_map(|line| line.strip_prefix('!')) {
        if root().join(kept).exists() {
            run(Command::new("cp").arg("-r").arg(root().join(kept)).arg(place.path())).await;
        }
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = ["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"];
    run(Command::new(cargo).current_dir(place.path()).args(metadata)).await;
}

/// Whoever checks health has no password, and the certificate is for another name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_health_check_works_with_authentication_and_tls() {
    let mut bench = Bench::new(88);
    let directory = bench.dir.path().to_owned();
    https::make_certificate(&directory);
    let check = ["status", "--daemon"];
    for tls in [String::new(), https::files(&directory)] {
        bench.layer = format!(
            "http.listen = \"127.0.0.1:{}\"\nhttp.allowed_hosts = [\"stats.example\"]\n\
             http.authentication.bearer = \"only-for-this-test-of-health\"\n{tls}",
            free_port()
        );
        let mut daemon = bench.start(&["run"]);
        daemon.address().await;
        let checked = bench.run(&check).await.expect(0);
        assert!(checked.out.contains("is alive"), "{}", checked.out);
        daemon.signal("TERM").await;
        daemon.ended(PATIENCE).await.expect(0);
        bench.run(&check).await.expect(3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_health_check_fails_without_a_daemon() {
    let mut bench = Bench::new(87);
    bench.layer = format!("http.listen = \"127.0.0.1:{}\"\n", free_port());
    let check = ["status", "--daemon"];
    bench.run(&["run", "--once"]).await.expect(0);
    // The database knows the connections, but that is not the question.
    bench.run(&["status"]).await.expect(0);
    let dead = bench.run(&check).await.expect(3);
    assert!(dead.err.contains("no daemon answers"), "{}", dead.err);
    let mut daemon = bench.start(&["run"]);
    daemon.address().await;
    until("the health check succeeds", async || (bench.run(&check).await.code == Some(0)).then_some(()))
        .await;
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
    bench.run(&check).await.expect(3);
}
