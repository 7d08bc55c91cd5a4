//! Where what is kept apart about people may be: neither in the database nor both in one place, whatever names lead there.

use std::os::unix::fs::symlink;

use super::*;

/// A directory with a database, and links to it.
fn places() -> TempDir {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("main.db"), "").unwrap();
    fs::hard_link(at("main.db"), at("hard.db")).unwrap();
    symlink("main.db", at("soft.db")).unwrap();
    symlink("not-yet", at("ahead")).unwrap();
    directory
}

fn bench(directory: &TempDir, privacy: &str) -> Bench {
    let at = directory.path().display().to_string();
    let text = format!("[database]\nurl = \"sqlite://AT/main.db\"\n[privacy]\n{privacy}\n");
    Bench::new(&text.replace("AT", &at))
}

#[test]
fn keys_and_journal_are_apart_by_whatever_name() {
    let directory = places();
    for name in [
        "AT/main.db",
        "AT/hard.db",
        "AT/soft.db",
        "AT/./main.db",
        "sqlite://AT/soft.db",
        "sqlite://AT/main.db?a",
    ] {
        bench(&directory, &format!("keys = \"{name}\"")).assert_told(
            4,
            "privacy.keys",
            &["keys in the database that they seal", "backups of its own", "the worker's database"],
        );
        bench(&directory, &format!("journal = \"{name}\"")).assert_told(
            4,
            "privacy.journal",
            &["a journal in what it must outlive", "the worker's database"],
        );
    }
    for (name, found) in [("main.db-wal", "the worker's database"), ("hard.db", "the worker's database")] {
        bench(&directory, &format!("keys = \"AT/{name}\"")).assert_told(4, "privacy.keys", &[found]);
    }
    for name in ["AT", "/dev/full", "/dev/null"] {
        for key in ["keys", "journal"] {
            bench(&directory, &format!("{key} = \"{name}\"")).assert_told(
                4,
                &format!("privacy.{key}"),
                &["something else than a file", "the path of a file"],
            );
        }
    }
    for (keys, journal) in [
        ("AT/ahead", "AT/not-yet"),
        ("AT/keys", "sqlite://AT/sub/../keys"),
        ("AT/keys", "AT/keys"),
        ("AT/keys", "AT/keys-journal"),
    ] {
        bench(&directory, &format!("keys = \"{keys}\"\njournal = \"{journal}\"")).assert_told(
            5,
            "privacy.journal",
            &["key store and journal in one place"],
        );
    }
    // One of them is where the other is unless it is told, or a file beside that.
    bench(&directory, "journal = \"AT/main.db.keys-wal\"").assert_told(
        4,
        "privacy.journal",
        &["in one place"],
    );
    bench(&directory, "journal = \"AT/main.db.keys\"").assert_told(4, "privacy.journal", &["in one place"]);
    bench(&directory, "keys = \"AT/main.db.erasures\"").assert_told(4, "privacy.keys", &["in one place"]);

    bench(&directory, "keys = \"AT/keys\"\njournal = \"AT/not-yet\"").good();
    bench(&directory, "").good();
}
