//! An export that is killed at any instant leaves its file whole or not at all, and nothing leaves without being recorded.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;

use crate::{
    erase::stage::Stage,
    support::{PATIENCE, instant, pause, sql::Eyes},
};

/// How often an export is killed.
const KILLS: usize = 16;
const SEED: u64 = 29;
/// Rows of the person: enough that most of the time goes into writing them.
const ROWS: usize = 5_000;
const ADA: &str = r#"{"name":"Marker Lovelace","email":"marker.ada@example.com","birth_date":"1990-12-10"}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_a_killed_export_is_whole_or_not_there() {
    whole_or_not_there(Stage::sqlite(94)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_a_killed_export_is_whole_or_not_there() {
    whole_or_not_there(Stage::postgres_alone(94).await).await;
}

/// What an export says, but for its time.
fn timeless(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap();
    let mut export: Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{}: {error}, of {} bytes", path.display(), text.len()));
    assert!(export.as_object_mut().unwrap().remove("made_at").is_some());
    export
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn recorded(eyes: &Eyes) -> i64 {
    eyes.number("SELECT count(*) FROM disclosures WHERE recipient = 'data_subject'").await
}

async fn whole_or_not_there(stage: Stage) {
    let user = stage.dynamoi(&["users", "add"], ADA, 0).0.trim().to_owned();
    stage
        .execute(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO legal_holds \
             (tenant, user_id, reason, since, released_at) SELECT 'label-a', '{user}', 'case ' || i, \
             '2026-01-01T00:00:00+00:00', '2026-02-01T00:00:00+00:00' FROM n"
        ))
        .await;
    let directory = stage.aside.path().join("exports");
    fs::create_dir(&directory).unwrap();
    let path = |name: String| directory.join(format!("{name}.json"));
    let words = |path: &Path| {
        ["privacy", "export", &*user, "--output", &*path.display().to_string()].map(str::to_owned)
    };
    let export = |path: &Path, code: i32| {
        let words = words(path);
        stage.dynamoi(&words.each_ref().map(String::as_str), "", code).1
    };
    let first = path("first".to_owned());
    let began = instant();
    export(&first, 0);
    let time = began.elapsed();
    let whole = timeless(&first);
    assert_eq!(whole["data"]["legal_holds"]["rows"].as_array().unwrap().len(), ROWS);
    fs::remove_file(&first).unwrap();

    let eyes = stage.eyes().await;
    let mut chance = StdRng::seed_from_u64(SEED);
    let mut there = 0;
    for kill in 0..KILLS {
        let (before, file) = (recorded(&eyes).await, path(format!("{kill}")));
        let words = words(&file);
        let mut program = stage.bench.start(&words.each_ref().map(String::as_str));
        let began = instant();
        if kill % 4 == 0 {
            // At the very instant at which it has its name.
            while !file.exists() {
                assert!(began.elapsed() < PATIENCE, "{}", program.err());
                tokio::task::yield_now().await;
            }
        } else {
            pause(time.mul_f64(chance.random_range(0.1..1.1))).await;
        }
        program.kill().await;
        let (is_there, recorded) = (file.exists(), recorded(&eyes).await - before);
        if is_there {
            there += 1;
            assert_eq!(timeless(&file), whole, "kill {kill}");
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(recorded, 1, "kill {kill}: it is recorded before it has its name");
            fs::remove_file(&file).unwrap();
        } else {
            assert!(recorded <= 1, "kill {kill}");
        }
        assert_eq!(names(&directory), Vec::<String>::new(), "kill {kill}: nothing is left beside it");
        // Under the same name, too.
        export(&file, 0);
        assert_eq!(timeless(&file), whole, "kill {kill}");
        fs::remove_file(&file).unwrap();
    }
    println!("of {KILLS} kills {there} came when the file was there");
    assert!((KILLS / 4..KILLS).contains(&there), "no kill fell into an export: {there}");
    stage.dynamoi(&["privacy", "verify"], "", 0);

    // What cannot be recorded does not leave.
    for table in ["disclosures", "audit_log"] {
        forbid(&stage, table).await;
        let before = recorded(&eyes).await;
        let file = path(table.to_owned());
        let said = export(&file, 1);
        assert!(said.contains("not now") && names(&directory).is_empty(), "{table}: {said}");
        assert!(recorded(&eyes).await - before <= 1);
        let allow = if stage.server.is_some() {
            format!("DROP TRIGGER no ON {table}")
        } else {
            "DROP TRIGGER no".into()
        };
        stage.execute(&allow).await;
    }
    export(&path("last".to_owned()), 0);
}

/// Nothing is added to this table any more.
async fn forbid(stage: &Stage, table: &str) {
    if stage.server.is_none() {
        let trigger =
            format!("CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'not now'); END");
        return stage.execute(&trigger).await;
    }
    stage
        .execute(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'not now'; END $$",
        )
        .await;
    stage.execute(&format!("CREATE TRIGGER no BEFORE INSERT ON {table} EXECUTE FUNCTION refuse()")).await;
}
