//! Key store and erasure journal, where they may be, and what is said when they are gone: with the program as it is run.

use std::fs;

use tempfile::TempDir;

use crate::{
    people::{ADA, bench, expect, run},
    postgres::Server,
    support::{Bench, sql::Eyes},
};

/// A worker on a server, with a key and this place for keys and journal.
fn on_server(url: &str, keys: &str, journal: &str) -> Bench {
    let mut bench = Bench::on(TempDir::new().unwrap(), url.to_owned(), 281);
    let key = bench.dir.path().join("key");
    fs::write(&key, format!("{}\n", *store::cipher::generate_key().unwrap())).unwrap();
    bench.more = format!(
        "[encryption]\nkey = {{ file = {:?} }}\n[privacy]\nkeys = {keys:?}\njournal = {journal:?}\n\
         [tenants.label-a]\nname = \"Label A\"\n",
        key.display().to_string()
    );
    bench
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_database_of_a_server_is_known_by_every_address() {
    let server = Server::start();
    let worker = server.database("worker").await;
    let (keys, journal) = (server.database("keys").await, server.database("journal").await);
    let otherwise = |url: &str| url.replace("127.0.0.1", "localhost").replace("/worker", "/work%65r");
    let elsewhere = |url: &str| format!("{}?options[search_path]=apart", otherwise(url));
    let tables = async |url: &str| {
        let names = "SELECT relname::text AS name FROM pg_class WHERE relkind = 'r' AND relname IN \
                     ('data_keys', 'anchors', 'erasure_journal')";
        Eyes::open(url).await.query(names).await.len()
    };
    for (keys, journal, key, what) in [
        (&*otherwise(&worker), &*journal, "privacy.keys", "a worker's database"),
        (&*elsewhere(&worker), &*journal, "privacy.keys", "a worker's database"),
        (&*keys, &*otherwise(&worker), "privacy.journal", "a worker's database"),
        (&*keys, &*otherwise(&keys), "privacy.journal", "a key store"),
    ] {
        let bench = on_server(&worker, keys, journal);
        for words in [&["users", "add"][..], &["run", "--once"], &["check"]] {
            let (out, err) = expect(&run(&bench, words, ADA), 1);
            let said = format!("{out}{err}");
            assert!(said.contains(key) && said.contains(what), "{words:?}: {said}");
            assert!(
                said.contains("backups of its own") && !said.contains(crate::postgres::PASSWORD),
                "{said}"
            );
        }
    }
    assert_eq!(tables(&worker).await, 0, "nothing was made in it");
    assert_eq!(tables(&keys).await, 2, "and no journal in the key store");
    let bench = on_server(&worker, &keys, &journal);
    expect(&run(&bench, &["users", "add"], ADA), 0);
    // The other way round they are what they are not to be.
    let bench = on_server(&worker, &journal, &keys);
    let (_, err) = expect(&run(&bench, &["users", "list"], ""), 1);
    assert!(err.contains("privacy.keys") && err.contains("an erasure journal"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_store_that_is_gone_is_told_and_nothing_is_made_in_its_place() {
    let bench = bench(282);
    let at = ["--tenant", "label-a"];
    let line = |out: &str, what: &str| {
        let line = out.lines().find(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{what}: {out}"));
        line.to_owned()
    };
    let check = |code: i32| expect(&run(&bench, &["check"], ""), code).0;
    let out = check(0);
    assert!(line(&out, "key store").contains("is not there yet"), "{out}");
    assert!(line(&out, "erasure journal").contains("begins with the first erasure"), "{out}");
    let looked = run(&bench, &[&["users", "list"][..], &at].concat(), "");
    assert!(expect(&looked, 1).1.contains("nothing is stored"));
    let (keys, journal) =
        (bench.dir.path().join("dynamoi.db.keys"), bench.dir.path().join("dynamoi.db.erasures"));
    assert!(!keys.exists() && !journal.exists(), "a check makes nothing");

    let add = || {
        let record = r#"{"name":"Marker","age_statement":"at_least_18"}"#;
        expect(&run(&bench, &[&["users", "add"][..], &at].concat(), record), 0).0.trim().to_owned()
    };
    let (first, _second) = (add(), add());
    let out = check(0);
    assert!(line(&out, "key store").contains("ok      keys of 2 users, which open"), "{out}");
    assert!(!journal.exists());
    expect(&run(&bench, &[&["privacy", "erase", &first, "--yes"][..], &at].concat(), ""), 0);
    let out = check(0);
    assert!(line(&out, "key store").contains("keys of 1 users"), "{out}");
    assert!(line(&out, "erasure journal").contains("ok      2 lines about 1 people"), "{out}");

    // The journal is changed, shorter, and gone.
    let whole = fs::read_to_string(&journal).unwrap();
    for (text, told) in [
        (whole.replacen("label-a", "label-b", 1), "line 1 is not as it was written"),
        (whole.split_inclusive('\n').next().unwrap().to_owned(), "it has 1 lines, and there were 2"),
    ] {
        fs::write(&journal, text).unwrap();
        let out = check(1);
        assert!(line(&out, "erasure journal").contains(told), "{out}");
        assert!(line(&out, "key store").contains(" ok "), "{out}");
    }
    fs::remove_file(&journal).unwrap();
    let out = check(1);
    assert!(line(&out, "erasure journal").contains("privacy journal rebuild"), "{out}");
    assert!(!journal.exists());
    fs::write(&journal, whole).unwrap();

    let away = bench.dir.path().join("away");
    fs::rename(&keys, &away).unwrap();
    let out = check(1);
    assert!(line(&out, "key store").contains("FAILED"), "{out}");
    for words in [
        &["users", "show", &first][..],
        &["users", "list"],
        &["users", "add"],
        &["privacy", "verify"],
        &["run", "--once"],
    ] {
        let is_of_tenant = words[0] == "users";
        let words = [words, if is_of_tenant { &at[..] } else { &[] }].concat();
        let (_, err) = expect(&run(&bench, &words, r#"{"age_statement":"at_least_18"}"#), 1);
        for said in ["dynamoi.db.keys is not there", "its own backup", "privacy.keys", "lost for good"] {
            assert!(err.contains(said), "{words:?}: {said}: {err}");
        }
        assert!(!keys.exists(), "{words:?}");
    }
    // An empty one in its place is none.
    fs::write(&keys, "").unwrap();
    let out = check(1);
    assert!(line(&out, "key store").contains("has none of the keys"), "{out}");
    fs::remove_file(&keys).unwrap();
    fs::rename(&away, &keys).unwrap();
    check(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_key_store_and_journal_are_not_used_and_it_is_said() {
    let mut bench = bench(283);
    let at = ["--tenant", "label-a"];
    let keyed = bench.more.clone();
    bench.more = String::new();
    let (out, _) = expect(&run(&bench, &["check"], ""), 0);
    assert_eq!(out.matches("not used: without [encryption] key").count(), 2, "{out}");
    bench.more = keyed;
    let user = expect(&run(&bench, &[&["users", "add"][..], &at].concat(), ADA), 0).0.trim().to_owned();
    expect(&run(&bench, &[&["privacy", "erase", &user, "--yes"][..], &at].concat(), ""), 0);
    bench.more = String::new();
    let (out, _) = expect(&run(&bench, &["check"], ""), 1);
    assert_eq!(out.matches("would come back: set [encryption] key").count(), 2, "{out}");
}
