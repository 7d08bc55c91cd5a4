//! Users who are added: many at once, several times at once, and broken off.

use store::{
    people::{
        People, PeopleError, PersonForm,
        import::{Import, Tally},
    },
    retention::{By, Terms},
};
use tempfile::TempDir;

use crate::{
    privacy::{TENANT, add, people, user_keys},
    support::Bench,
};

pub async fn many_are_imported_at_once_and_each_line_by_itself(bench: &Bench) {
    let (people, directory) = people(bench).await;
    let known = people
        .add(TENANT, PersonForm::read(br#"{"external_id":"known","age_statement":"at_least_18"}"#).unwrap());
    let known = known.await.unwrap();
    let adult =
        |id: &str| format!(r#"{{"external_id":"{id}","name":"Zqx {id}","age_statement":"at_least_18"}}"#);
    let lines: Vec<String> = (1..=450)
        .map(|line| match line {
            7 => "no record".to_owned(),
            8 => r#"{"name":"Zqx Child","age_statement":"under_13"}"#.to_owned(),
            // Somebody of this file, who waits to be stored, and somebody who is there.
            20 => adult("app-19"),
            30 => adult("known"),
            _ => adult(&format!("app-{line}")),
        })
        .collect();
    let mut import = Import::new(&people, TENANT, "test", &[]);
    let mut refused = Vec::new();
    for (line, record) in (1..).zip(&lines) {
        refused.extend(import.take(line, record.as_bytes()).await.unwrap());
    }
    refused.extend(import.flush().await.unwrap());
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [7, 8]);
    assert_eq!(import.tally(), Tally { added: 446, corrected: 1, unchanged: 1, refused: 2 });
    assert_eq!(bench.count("users").await, 447, "446 new ones, and who was there");
    let named = async |id: &str| people.show(TENANT, id).await.unwrap().name.unwrap().reveal().to_owned();
    let app_19 = people.find_external(TENANT, "app-19").await.unwrap().unwrap();
    assert_eq!((named(&app_19).await, named(&known).await), ("Zqx app-19".into(), "Zqx known".into()));

    // One of a batch is somebody's meanwhile: that one is known then, the others are added, and no key is left of nobody.
    let keys = async || user_keys(&directory).await;
    assert_eq!(keys().await, 447);
    for (line, id) in [(1, "late-1"), (2, "late-2"), (3, "late-3")] {
        import.take(line, adult(id).as_bytes()).await.unwrap();
    }
    let late = people.add(TENANT, PersonForm::read(adult("late-2").as_bytes()).unwrap()).await.unwrap();
    assert!(import.flush().await.unwrap().is_empty());
    assert_eq!(import.tally(), Tally { added: 448, corrected: 1, unchanged: 2, refused: 2 });
    assert_eq!(people.find_external(TENANT, "late-2").await.unwrap(), Some(late));
    assert_eq!((bench.count("users").await, keys().await), (450, 450));
    people.close().await;
}

pub async fn of_many_who_add_one_user_one_does_and_the_others_are_refused(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let form = |id: &str| {
        let record = format!(r#"{{"external_id":"{id}","age_statement":"at_least_18"}}"#);
        PersonForm::read(record.as_bytes()).unwrap()
    };
    let added = futures::future::join_all((0..8).map(|_| people.add(TENANT, form("app-1")))).await;
    let (added, refused): (Vec<_>, Vec<_>) = added.into_iter().partition(Result::is_ok);
    assert_eq!(added.len(), 1);
    let id = added[0].as_ref().unwrap();
    for refused in &refused {
        let refused = refused.as_ref().unwrap_err();
        assert!(matches!(refused, PeopleError::Refused(text) if text.contains(id)), "{refused:?}");
    }
    // Who is corrected to be somebody else, likewise.
    let mut others = Vec::new();
    for other in ["app-2", "app-3", "app-4"] {
        others.push(people.add(TENANT, form(other)).await.unwrap());
    }
    let changes = others.iter().map(|other| people.rectify(TENANT, other, form("app-5"), "test", &[]));
    let corrected = futures::future::join_all(changes).await;
    assert_eq!(
        corrected.iter().filter(|corrected| matches!(corrected, Ok(Some(_)))).count(),
        1,
        "{corrected:?}"
    );
    let refused =
        corrected.iter().filter(|corrected| matches!(corrected, Err(PeopleError::Refused(_)))).count();
    assert_eq!(refused, 2, "{corrected:?}");
    assert_eq!(bench.count("users").await, 4);
    people.close().await;
}

/// Adds a user and breaks off when the key is made and the row is not.
async fn break_off_adding(bench: &Bench, people: &People, directory: &TempDir) {
    let keys = user_keys(directory).await;
    let writer = sea_orm::Database::connect(bench.url()).await.unwrap();
    let tx = sea_orm::TransactionTrait::begin(&writer).await.unwrap();
    let lock = match bench.backend() {
        sea_orm::DbBackend::Postgres => "LOCK TABLE users IN EXCLUSIVE MODE",
        _ => "UPDATE users SET status = status",
    };
    sea_orm::ConnectionTrait::execute_unprepared(&tx, lock).await.unwrap();
    let made = async {
        while user_keys(directory).await == keys {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = made => {}
        id = add(people, TENANT) => panic!("{id} was added"),
    }
    tx.rollback().await.unwrap();
    writer.close().await.unwrap();
}

async fn told_nobodys(bench: &Bench, people: &People) -> u64 {
    bench.store.purgeable(&Terms::forever(), Some(people)).await.unwrap().keys_of_nobody
}

pub async fn keys_of_nobody_go_and_no_others(bench: &Bench) {
    let (people, directory) = people(bench).await;
    let ada = add(&people, TENANT).await;
    break_off_adding(bench, &people, &directory).await;
    let terms = Terms::forever();
    let standing = |_: &str| Vec::new();
    let by = By { people: &people, actor: "test", standing: &standing };
    assert_eq!(told_nobodys(bench, &people).await, 0, "somebody may still be at it");
    bench.clock.set("2026-11-25T10:00:01Z");
    // What is on servers may be shared.
    let expected = u64::from(bench.backend() == sea_orm::DbBackend::Sqlite);
    assert_eq!((told_nobodys(bench, &people).await, user_keys(&directory).await), (expected, 2));
    let purged = bench.store.purge(&terms, Some(&by)).await.unwrap();
    assert_eq!((purged.keys_of_nobody, purged.left.len()), (expected, 0));
    let left = 2 - expected.cast_signed();
    assert_eq!((told_nobodys(bench, &people).await, user_keys(&directory).await), (0, left));
    assert_eq!(people.show(TENANT, &ada).await.unwrap().name.unwrap().reveal(), "Ada");

    // A database out of a backup from before a user came: the key stays, for the one that has the user.
    bench.execute(&format!("DELETE FROM users WHERE id = '{ada}'")).await;
    let purged = bench.store.purge(&terms, Some(&by)).await.unwrap();
    assert_eq!((purged.keys_of_nobody, user_keys(&directory).await), (0, left));
    people.close().await;
}
