//! A journal that is lost for good.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_a_lost_journal_is_made_anew() {
    a_lost_journal_is_made_anew(Stage::sqlite(94)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_a_lost_journal_is_made_anew() {
    a_lost_journal_is_made_anew(Stage::postgres(94).await).await;
}

const REBUILD: [&str; 4] = ["privacy", "journal", "rebuild", "--yes"];

/// The journal is away, and nobody has it any more.
async fn lose(stage: &mut Stage, name: &str) {
    match &stage.server {
        Some(server) => {
            // A database of another name, which nothing knows.
            stage.journal = server.database(name).await;
            stage.configure();
        }
        None => fs::remove_file(&stage.journal).unwrap(),
    }
}

async fn a_lost_journal_is_made_anew(mut stage: Stage) {
    let gate = Gate::before(stage.bench.sandbox.address()).await;
    stage.bench.layer = layer(&gate);
    let (_, err) = stage.dynamoi(&REBUILD, "", 1);
    assert!(err.contains("not there yet") || err.contains("no tables yet"), "{err}");
    stage.bench.run(&["run", "--once"]).await.expect(0);
    let (_, err) = stage.dynamoi(&REBUILD, "", 1);
    assert!(err.contains("nobody was erased here"), "{err}");
    let person = person(&stage).await;
    let late = stage.dynamoi(&["users", "add"], r#"{"name":"Marker Late","age_statement":"at_least_18"}"#, 0);
    let late = late.0.trim().to_owned();
    let before = stage.copy().await;
    stage.dynamoi(&["privacy", "erase", &person.user, "--yes"], "", 0);
    let between = stage.copy().await;

    // One that is there is left alone.
    let (_, err) = stage.dynamoi(&REBUILD, "", 1);
    assert!(err.contains("is there: nothing was made"), "{err}");
    lose(&mut stage, "lost").await;
    for words in [&["run", "--once"][..], &["users", "list"]] {
        let (_, err) = stage.dynamoi(words, "", 1);
        assert!(err.contains("it is not there, and there were 2 lines"), "{err}");
        assert!(err.contains("dynamoi privacy journal rebuild"), "{err}");
    }
    let (_, err) = stage.dynamoi(&REBUILD[..3], "", 2);
    assert!(err.contains("--yes"), "{err}");
    let (_, err) = stage.dynamoi(&REBUILD, "", 0);
    assert!(
        err.contains("1 people and 1 customers") && err.contains("nobody is known to be missing"),
        "{err}"
    );
    let eyes = stage.eyes().await;
    let noted = "SELECT count(*) FROM audit_log WHERE action = 'rebuild_journal' AND actor LIKE 'cli:%'";
    assert_eq!(eyes.number(noted).await, 1);
    drop(eyes);
    stage.dynamoi(&["privacy", "verify"], "", 0);
    let (_, err) = stage.dynamoi(&REBUILD, "", 1);
    assert!(err.contains("is there: nothing was made"), "{err}");
    stage.bench.run(&["run", "--once"]).await.expect(0);
    expect_gone(&stage, &person, "with a new journal").await;

    // It does what the old one did.
    stage.restore_database(&before).await;
    stage.restore_keys(&before).await;
    stage.execute("DELETE FROM user_links").await;
    let ended = stage.bench.run(&["run", "--once"]).await.expect(0);
    assert!(ended.err.contains("1 users") && ended.err.contains("1 customers"), "{}", ended.err);
    expect_gone(&stage, &person, "a backup, by the new journal").await;
    assert_eq!(stage.found(&person.sealed).await, Vec::<String>::new(), "old bytes");
    // And goes on.
    stage.dynamoi(&["privacy", "erase", &late, "--yes"], "", 0);
    stage.dynamoi(&["privacy", "verify"], "", 0);

    // A database of before an erasure, and no journal: that one is not known any more, and it is said.
    stage.restore_database(&between).await;
    lose(&mut stage, "lost_again").await;
    let (_, err) = stage.dynamoi(&REBUILD, "", 0);
    assert!(err.contains("1 people") && err.contains("not known any more: the key store knows of"), "{err}");
    let (out, _) = stage.dynamoi(&["users", "list", "--json"], "", 0);
    let listed: Value = serde_json::from_str(&out).unwrap();
    let status = |id: &str| {
        let users = listed["users"].as_array().unwrap();
        users.iter().find(|user| user["id"] == id).unwrap()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((status(&person.user), status(&late)), ("erased".to_owned(), "active".to_owned()));
    stage.dynamoi(&["privacy", "erase", &late, "--yes"], "", 0);
}
