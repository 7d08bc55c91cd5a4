//! A full disk under SQLite: said clearly, nothing broken, and done with once there is room.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::support::{
    Bench, PATIENCE,
    program::{self, Program, connection, until_state},
    sql::Eyes,
    sqlite_url, truth, until,
};

/// What runs in a mount namespace of its own, with `$disk` as a file system of two megabytes in memory. That needs no root
/// where the kernel lets users have namespaces. What shall be looked at later is copied out.
const MOUNT: &str = r#"
set -eu
mount -t tmpfs -o size=2m tmpfs "$disk"
"#;
const RUNS: &str = r#"
set +e
"$program" run --once --max-wait 2s $config
echo "full: $?"
set -e
cp "$disk"/* "$full"
mount -o remount,size=256m "$disk"
set +e
"$program" run --once $config
echo "room: $?"
set -e
cp "$disk"/* "$room"
"#;
const DAEMON: &str = r#"
"$program" run $config &
while [ ! -e "$full"/room ]; do sleep 0.1; done
mount -o remount,size=256m "$disk"
while [ ! -e "$full"/end ]; do sleep 0.1; done
kill -s TERM $!
wait $!
cp "$disk"/* "$room"
"#;

const PEOPLE: &str = r#"
users() { "$program" users add --tenant label-a $config; }
erase() { "$program" privacy erase "$1" --tenant label-a --yes $config; }
adult='{"age_statement":"at_least_18"}'
user=$(echo "$adult" | users)
head -c 4M /dev/zero > "$disk"/rest || true
set +e
echo "$adult" | users
echo "full keys: $?"
erase "$user"
echo "full journal: $?"
rm "$disk"/rest
erase "$user" > "$room"/receipt
echo "room: $?"
echo "$adult" | users
echo "added: $?"
"#;

/// Where the full disk is, and where its files go.
struct Disk {
    bench: Bench,
    full: PathBuf,
    room: PathBuf,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_breaks_nothing() {
    let disk = Disk::new(31);
    let ended = disk.start(RUNS).await.ended(PATIENCE).await;
    Disk::expect_mounted(&ended.err);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("full: 3"), "{ended:?}");
    assert!(ended.err.contains("the disk is full") && ended.err.contains("make room"), "{}", ended.err);
    assert!(ended.out.contains("room: 0"), "{ended:?}");
    expect_intact(&disk.full).await;
    let eyes = expect_intact(&disk.room).await;
    truth::assert_equal(&disk.bench.sandbox, &eyes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_goes_on_once_there_is_room() {
    let disk = Disk::new(37);
    let mut program = disk.start(DAEMON).await;
    let address = program.address().await;
    until("the disk is full", async || {
        let said = async |name| {
            let connection = connection(address, name).await?;
            connection["error"].as_str().filter(|error| error.contains("the disk is full")).map(str::to_owned)
        };
        said("label-a-meta").await.or(said("label-a-stripe").await)
    })
    .await;
    fs::write(disk.full.join("room"), "").unwrap();
    until_state(address, "label-a-stripe", "idle").await;
    until_state(address, "label-a-meta", "idle").await;
    fs::write(disk.full.join("end"), "").unwrap();
    program.ended(PATIENCE).await.expect(0);
    let eyes = expect_intact(&disk.room).await;
    truth::assert_equal(&disk.bench.sandbox, &eyes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_key_store_or_journal_is_said_and_nothing_is_begun() {
    let mut disk = Disk::new(41);
    let key = disk.bench.dir.path().join("key");
    fs::write(&key, format!("{}\n", *store::cipher::generate_key().unwrap())).unwrap();
    let directory = disk.bench.dir.path().join("disk");
    let at = |name: &str| directory.join(name).display().to_string();
    disk.bench.more = format!(
        "[encryption]\nkey = {{ file = {:?} }}\n[tenants.label-a]\nname = \"Label A\"\n\
         [privacy]\nkeys = {:?}\njournal = {:?}\n",
        key.display().to_string(),
        at("keys.db"),
        at("erasures")
    );
    disk.bench.database_url = sqlite_url(&disk.bench.dir.path().join("elsewhere.db"));
    let ended = disk.start(PEOPLE).await.ended(PATIENCE).await;
    Disk::expect_mounted(&ended.err);
    for part in ["full keys: 1", "full journal: 1", "room: 0", "added: 0"] {
        assert!(ended.out.contains(part), "{part}: {ended:?}");
    }
    let keys = format!("the disk is full: the key store {} could not be written", at("keys.db"));
    assert!(ended.err.contains(&keys), "{}", ended.err);
    let journal =
        format!("the erasure journal {} could not be written (No space left on device", at("erasures"));
    let said = ended.err.lines().find(|line| line.contains(&journal)).expect(&ended.err);
    assert!(said.contains("as it was") && said.contains("make room on its disk, then do the same"), "{said}");
    assert!(!ended.err.contains("rebuild") && !ended.err.contains("is noted"), "{}", ended.err);
}

/// The copied database is in order.
async fn expect_intact(place: &Path) -> Eyes {
    let eyes = Eyes::open(&sqlite_url(&place.join("dynamoi.db"))).await;
    assert_eq!(eyes.query("PRAGMA integrity_check").await[0]["integrity_check"], "ok");
    assert!(eyes.query("PRAGMA foreign_key_check").await.is_empty());
    eyes
}

// === impl Disk ===

impl Disk {
    fn new(seed: u64) -> Self {
        let mut bench = Bench::new(seed);
        let place = |name: &str| {
            let path = bench.dir.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let (disk, full, room) = (place("disk"), place("full"), place("room"));
        bench.database_url = sqlite_url(&disk.join("dynamoi.db"));
        Self { bench, full, room }
    }

    /// Runs this script on the mounted disk.
    async fn start(&self, script: &str) -> Program {
        let user = Command::new("id").arg("-u").output().await.unwrap().stdout;
        let mut command = Command::new("unshare");
        command.args(if user == b"0\n" { ["--mount"].as_slice() } else { &["--mount", "--map-root-user"] });
        command.args(["sh", "-c", &format!("{MOUNT}{script}")]);
        let directory = self.bench.dir.path();
        let show = |path: &Path| path.display().to_string();
        let environment = [
            ("program", program::PATH.to_owned()),
            ("config", self.bench.config_arguments().join(" ")),
            ("disk", show(&directory.join("disk"))),
            ("full", show(&self.full)),
            ("room", show(&self.room)),
        ];
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Program::spawn(directory, &mut command, &environment)
    }

    fn expect_mounted(err: &str) {
        let failed = err.contains("mount:") || err.contains("unshare:");
        assert!(
            !failed,
            "a file system for this test needs `unshare` (util-linux) and root, or namespaces for users: {err}"
        );
    }
}
