//! A full disk under SQLite: said clearly, nothing broken, and done with once there is room.

use tokio::process::Command;

use crate::support::{
    Bench, PATIENCE,
    program::{self, Program},
    sql::Eyes,
    sqlite_url, truth,
};

/// A file system of two megabytes in memory, in a mount namespace of its own; it needs no root where the kernel lets
/// users have namespaces. The database is copied out after the run that failed and after the one that did not.
const SCRIPT: &str = r#"
set -eu
mount -t tmpfs -o size=2m tmpfs "$disk"
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_breaks_nothing() {
    let mut bench = Bench::new(31);
    let place = |name: &str| {
        let path = bench.dir.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    let (disk, full, room) = (place("disk"), place("full"), place("room"));
    bench.database_url = sqlite_url(&disk.join("dynamoi.db"));
    let config = bench.config_arguments().join(" ");
    let user = Command::new("id").arg("-u").output().await.unwrap().stdout;
    let mut command = Command::new("unshare");
    command.args(if user == b"0\n" { ["--mount"].as_slice() } else { &["--mount", "--map-root-user"] });
    command.args(["sh", "-c", SCRIPT]);
    let show = |path: &std::path::Path| path.display().to_string();
    let (disk, full_text, room_text) = (show(&disk), show(&full), show(&room));
    let environment = [
        ("program", program::PATH),
        ("config", &config),
        ("disk", &disk),
        ("full", &full_text),
        ("room", &room_text),
    ];
    let ended = Program::spawn(bench.dir.path(), &mut command, &environment).ended(PATIENCE).await;
    assert_eq!(
        ended.code,
        Some(0),
        "a file system for this test needs `unshare` (util-linux) and root, or namespaces for users: {}",
        ended.err
    );
    assert!(ended.out.contains("full: 3"), "{ended:?}");
    assert!(ended.err.contains("the disk is full") && ended.err.contains("make room"), "{}", ended.err);
    assert!(ended.out.contains("room: 0"), "{ended:?}");
    for place in [&full, &room] {
        let eyes = Eyes::open(&sqlite_url(&place.join("dynamoi.db"))).await;
        assert_eq!(eyes.query("PRAGMA integrity_check").await[0]["integrity_check"], "ok");
        assert!(eyes.query("PRAGMA foreign_key_check").await.is_empty());
    }
    truth::assert_equal(&bench.sandbox, &Eyes::open(&sqlite_url(&room.join("dynamoi.db"))).await).await;
}
