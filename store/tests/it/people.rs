//! Users and their keys, policy versions and consents, and what rests on them.

use std::collections::BTreeMap;

use rows::{
    Row,
    personal::Personal,
    sink::{Commit, Sink, SinkError},
};
use store::{
    Access, StoreError,
    cipher::{Keyring, generate_key},
    people::{
        Category, Journal, KeyStore, NewConsent, NewDisclosure, NewPolicy, People, PeopleError, PersonForm,
        PersonStatus, RestsOn, Tenant, Who,
    },
    retention::{By, Terms},
};
use tempfile::TempDir;

use crate::{
    samples::{campaign, days, insights, with_checkpoint},
    support::{Bench, at},
};

const TENANT: &str = "label-a";
const TWIN: &str = "label-b";

/// What tells of a person, planted in every personal field.
const ADA: &str = r#"{"external_id":"app-1","name":"Marker Lovelace","email":"Marker.Ada@Example.com",
    "account":"marker-account","birth_date":"1990-12-10"}"#;

/// A store with tenants and a key, and its key store in a file of its own.
struct Crowd {
    people: People,
    directory: TempDir,
}

fn form(text: &str) -> PersonForm {
    PersonForm::read(text.as_bytes()).unwrap()
}

fn email(text: &str) -> Who {
    Who::Email(Personal::of(text).unwrap())
}

async fn crowd(bench: &Bench) -> Crowd {
    crowd_in(bench, Some("Europe/Berlin")).await
}

async fn crowd_in(bench: &Bench, zone: Option<&str>) -> Crowd {
    let tenant = |id: &str| Tenant {
        id: id.into(),
        name: id.to_uppercase(),
        data_region: Some("eu".into()),
        time_zone: zone.map(str::to_owned),
    };
    bench.store.sync_tenants(&[tenant(TENANT), tenant(TWIN)]).await.unwrap();
    let key = generate_key().unwrap();
    bench.store.use_keys(Some(Keyring::parse(&key).unwrap()));
    let directory = tempfile::tempdir().unwrap();
    let people = open(bench, &directory).await.unwrap();
    Crowd { people, directory }
}

async fn open(bench: &Bench, directory: &TempDir) -> Result<People, StoreError> {
    let place = directory.path().join("private/keys.db").display().to_string();
    let journal = directory.path().join("private/erasures").display().to_string();
    let journal = Journal::open(&journal, Access::Make).await?;
    People::open(&bench.store, KeyStore::open(&place, Access::Make).await?, journal)
}

fn policy(version: &str, effective_at: &str, requires_consent: bool) -> NewPolicy {
    NewPolicy {
        version: version.into(),
        text_sha256: "0".repeat(64),
        purposes: vec!["ads".into(), "reports".into()],
        effective_at: at(effective_at),
        requires_consent,
    }
}

fn word(purpose: &str, granted: bool) -> NewConsent {
    NewConsent { version: None, purpose: purpose.into(), granted, source: "sign-up".into() }
}

pub async fn users_are_sealed_each_under_a_key_of_its_own(bench: &Bench) {
    use std::os::unix::fs::PermissionsExt;
    let Crowd { people, directory } = crowd(bench).await;
    let ada = people.add(TENANT, form(ADA)).await.unwrap();
    let other =
        people.add(TENANT, form(r#"{"name":"Marker Two","age_statement":"at_least_16"}"#)).await.unwrap();
    let shown = people.show(TENANT, &ada).await.unwrap();
    let text = |value: &Option<Personal>| value.as_ref().map(|value| value.reveal().to_owned());
    assert_eq!(text(&shown.name).as_deref(), Some("Marker Lovelace"));
    assert_eq!(text(&shown.email).as_deref(), Some("Marker.Ada@Example.com"));
    assert_eq!(text(&shown.account).as_deref(), Some("marker-account"));
    assert_eq!(shown.birth_date.unwrap().reveal(), jiff::civil::date(1990, 12, 10));
    assert!(
        !format!("{shown:?}").to_lowercase().contains("marker") && !format!("{shown:?}").contains("1990")
    );
    let keys = bench.query("SELECT DISTINCT key_id FROM users").await;
    assert_eq!(keys.len(), 2, "a key each: {keys:?}");

    // Found by every way, in its tenant only.
    assert_eq!(people.find(TENANT, &email(" marker.ada@example.COM")).await.unwrap(), ada);
    assert_eq!(people.find(TENANT, &Who::External("app-1".into())).await.unwrap(), ada);
    for who in [Who::Id(ada.clone()), Who::External("app-1".into()), email("marker.ada@example.com")] {
        assert!(matches!(people.find(TWIN, &who).await, Err(PeopleError::Unknown(_))));
    }
    assert!(people.show(TWIN, &ada).await.is_err());
    assert!(people.rectify(TWIN, &ada, form(r#"{"name":"x"}"#), "test", &[]).await.is_err());
    assert!(people.withdraw(TWIN, &ada, "x").await.is_err());
    assert!(people.list(TWIN).await.unwrap().is_empty());
    // A twin at another tenant is somebody else, and nothing in the database says that the addresses are the same.
    let twin = people.add(TWIN, form(ADA)).await.unwrap();
    assert_eq!(people.find(TWIN, &email("marker.ada@example.com")).await.unwrap(), twin);
    assert_eq!(bench.one("SELECT count(DISTINCT email_hmac) AS n FROM users").await["n"], 2);

    // Two of one tenant are not told apart by an address; the ids are.
    let again =
        people.add(TENANT, form(r#"{"email":"marker.ada@example.com","age_statement":"at_least_13"}"#));
    let again = again.await.unwrap();
    let Err(PeopleError::Ambiguous(ids)) = people.find(TENANT, &email("marker.ada@example.com")).await else {
        panic!("it is ambiguous");
    };
    assert!(ids.len() == 2 && ids.contains(&ada) && ids.contains(&again), "{ids:?}");
    // Nor are two ways to write one accent: whoever is looked for by one is found by either.
    let accents = ["caf\u{e9}@example.com", "cafe\u{301}@EXAMPLE.com"];
    let mut same = Vec::new();
    for address in accents {
        let record = format!(r#"{{"email":"{address}","age_statement":"at_least_13"}}"#);
        same.push(people.add(TENANT, form(&record)).await.unwrap());
    }
    same.sort();
    for address in accents {
        let found = people.find(TENANT, &email(address)).await.unwrap_err();
        assert!(matches!(&found, PeopleError::Ambiguous(ids) if *ids == same), "{found}");
    }
    let taken = people.add(TENANT, form(ADA)).await.unwrap_err();
    assert!(matches!(&taken, PeopleError::Refused(text) if text.contains(&ada)), "{taken}");

    // Corrected: what is not named stays, and the old address finds nobody.
    people
        .rectify(TENANT, &ada, form(r#"{"email":"marker.king@example.com","account":null}"#), "test", &[])
        .await
        .unwrap();
    let shown = people.show(TENANT, &ada).await.unwrap();
    assert_eq!((text(&shown.name).as_deref(), shown.account), (Some("Marker Lovelace"), None));
    assert_eq!(people.find(TENANT, &email("marker.king@example.com")).await.unwrap(), ada);
    assert_eq!(people.find(TENANT, &email("marker.ada@example.com")).await.unwrap(), again);

    let path = directory.path().join("private/keys.db");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    // The key of one is of no use to another's values.
    bench
        .execute(&format!(
            "UPDATE users SET name = (SELECT name FROM users WHERE id = '{other}') WHERE id = '{ada}'"
        ))
        .await;
    let moved = people.show(TENANT, &ada).await.unwrap_err();
    assert!(moved.to_string().contains("tampered"), "{moved}");
    people.close().await;
}

pub async fn a_rotation_seals_data_keys_anew_and_digests_outlive_it(bench: &Bench) {
    let Crowd { people, directory } = crowd(bench).await;
    let ada = people.add(TENANT, form(ADA)).await.unwrap();
    let subject = people.subject_digest(TENANT, &ada).await.unwrap();
    people.close().await;
    let old = generate_key().unwrap();
    // The ring of `crowd` is gone: nothing opens, and a new digest key is never made beside users.
    bench.store.use_keys(Some(Keyring::parse(&old).unwrap()));
    let people = open(bench, &directory).await.unwrap();
    assert!(matches!(people.show(TENANT, &ada).await, Err(PeopleError::Store(StoreError::Unreadable(_)))));
    people.close().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let lost = open(bench, &elsewhere).await.unwrap();
    let error = lost.add(TENANT, form(r#"{"age_statement":"at_least_13"}"#)).await.unwrap_err();
    assert!(error.to_string().contains("privacy.keys"), "{error}");
    lost.close().await;
    assert!(!subject.is_empty());
}

pub async fn data_keys_are_sealed_again_with_the_newest_key(bench: &Bench) {
    let (old, new) = (generate_key().unwrap(), generate_key().unwrap());
    let ring = |lines: &[&str]| Keyring::parse(&lines.join("\n")).unwrap();
    let Crowd { people, directory } = crowd(bench).await;
    people.close().await;
    std::fs::remove_dir_all(directory.path().join("private")).unwrap();
    bench.store.use_keys(Some(ring(&[&old])));
    let people = open(bench, &directory).await.unwrap();
    let mut ids = Vec::new();
    for number in 0..120 {
        let record = format!(
            r#"{{"name":"Person {number}","email":"p{number}@example.com","age_statement":"at_least_13"}}"#
        );
        ids.push(people.add(TENANT, form(&record)).await.unwrap());
    }
    let subject = people.subject_digest(TENANT, &ids[0]).await.unwrap();
    people.close().await;
    let place = directory.path().join("private/keys.db").display().to_string();
    let keys = KeyStore::open(&place, Access::Make).await.unwrap();
    let done = keys.rotate(&ring(&[&new, &old])).await.unwrap();
    assert_eq!((done.sealed, done.failed.len()), (121, 0), "a key each, and that of digests");
    assert_eq!(keys.rotate(&ring(&[&new, &old])).await.unwrap().sealed, 0);
    keys.close().await;
    bench.store.use_keys(Some(ring(&[&new])));
    let people = open(bench, &directory).await.unwrap();
    let shown = people.show(TENANT, &ids[7]).await.unwrap();
    assert_eq!(shown.name.unwrap().reveal(), "Person 7");
    assert_eq!(people.find(TENANT, &email("p7@example.com")).await.unwrap(), ids[7]);
    assert_eq!(people.subject_digest(TENANT, &ids[0]).await.unwrap(), subject);
    people.close().await;
}

pub async fn nobody_under_thirteen_leaves_anything(bench: &Bench) {
    // UTC+14 and UTC-12: at 10:30 UTC it is the 25th in one and the 23rd in the other.
    for (zone, oldest_refused, youngest_taken) in [
        (Some("Etc/GMT-14"), "2013-11-26", "2013-11-25"),
        (Some("Pacific/Kiritimati"), "2013-11-26", "2013-11-25"),
        (Some("UTC"), "2013-11-25", "2013-11-24"),
        (Some("Etc/GMT+12"), "2013-11-24", "2013-11-23"),
        (None, "2013-11-24", "2013-11-23"),
    ] {
        bench.clock.set("2026-11-24T10:30:00Z");
        let Crowd { people, directory } = crowd_in(bench, zone).await;
        bench.execute("DELETE FROM users").await;
        let born = |day: &str| form(&format!(r#"{{"name":"Marker Child","birth_date":"{day}"}}"#));
        for refused in [born(oldest_refused), form(r#"{"name":"Marker Child","age_statement":"under_13"}"#)] {
            let error = people.add(TENANT, refused).await.unwrap_err();
            assert!(matches!(error, PeopleError::UnderAge), "{zone:?}: {error}");
            assert!(!format!("{error} {error:?}").contains("2013"), "{error}");
        }
        assert_eq!(bench.count("users").await, 0);
        let keys = directory.path().join("private/keys.db");
        let before = std::fs::read(&keys).unwrap();
        assert!(!String::from_utf8_lossy(&before).contains("user/"), "no key either");
        let taken = people.add(TENANT, born(youngest_taken)).await.unwrap();
        // The day after, the older one is taken, too.
        bench.clock.set("2026-11-25T10:30:00Z");
        people.add(TENANT, born(oldest_refused)).await.unwrap();
        // Found to be too young later: erased, the key destroyed.
        let error = people.rectify(TENANT, &taken, born("2020-01-01"), "cli:test", &[]).await.unwrap_err();
        assert!(matches!(error, PeopleError::FoundUnderAge(_)), "{error}");
        let gone = people.show(TENANT, &taken).await.unwrap();
        assert_eq!((gone.status, gone.name, gone.birth_date), (PersonStatus::Erased, None, None));
        assert!(
            !String::from_utf8_lossy(&std::fs::read(&keys).unwrap()).contains(&taken),
            "no key, nor in free pages"
        );
        let again = people.rectify(TENANT, &taken, born("1990-01-01"), "test", &[]).await.unwrap_err();
        assert!(matches!(again, PeopleError::Refused(_)), "{again}");
        people.close().await;
        // The next one has a key store of its own.
        for table in ["users", "journal_marks"] {
            bench.execute(&format!("DELETE FROM {table}")).await;
        }
    }
}

/// Who did what, in the order of the log.
async fn deeds(bench: &Bench) -> Vec<(String, String, String)> {
    let rows = bench.query("SELECT actor, action, detail FROM audit_log ORDER BY seq").await;
    let text = |row: &serde_json::Value, column: &str| row[column].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "actor"), text(row, "action"), text(row, "detail"))).collect()
}

fn deed(action: &str, detail: &str) -> (String, String, String) {
    ("cli:test".to_owned(), action.to_owned(), detail.to_owned())
}

pub async fn who_is_found_too_young_is_not_served_under_a_hold_either(bench: &Bench) {
    let Crowd { people, directory: _directory } = crowd(bench).await;
    people.add_policy(TENANT, &policy("1", "2026-01-01T00:00:00Z", false)).await.unwrap();
    let (free, held) = (
        people.add(TENANT, form(r#"{"name":"Marker One","age_statement":"at_least_13"}"#)).await.unwrap(),
        people.add(TENANT, form(r#"{"name":"Marker Two","birth_date":"2000-01-01"}"#)).await.unwrap(),
    );
    let rests = |user: &str| RestsOn { tenant: TENANT.into(), user: user.into(), purpose: "ads".into() };
    for user in [&free, &held] {
        people.consent(TENANT, user, &word("ads", true)).await.unwrap();
        assert_eq!(bench.store.withheld(&rests(user)).await.unwrap(), None);
    }
    let young = async |user: &str| {
        let form = form(r#"{"birth_date":"2020-01-01","name":"Marker Child"}"#);
        people.rectify(TENANT, user, form, "cli:test", &[]).await.unwrap_err()
    };
    // Erased, and it is on record by whom.
    let told = [NewDisclosure {
        recipient: "accountant",
        purpose: "reports",
        categories: &[Category::Billing],
        region: None,
        actor: "cli:test",
        rests_on_consent: false,
    }];
    let form_of = form(r#"{"age_statement":"under_13"}"#);
    let error = people.rectify(TENANT, &free, form_of, "cli:test", &told).await.unwrap_err();
    assert!(matches!(error, PeopleError::FoundUnderAge(_)), "{error}");
    assert_eq!(deeds(bench).await, [deed("rectify", "age check"), deed("erase", "")]);
    let due = people.notices_due(TENANT).await.unwrap();
    assert_eq!(due.iter().map(|one| &*one.recipient).collect::<Vec<_>>(), ["accountant"]);

    // Held: nothing is erased, nobody is served.
    bench.clock.set("2026-11-26T10:00:00Z");
    people.hold(TENANT, &held, "case 1").await.unwrap();
    for _ in 0..2 {
        let error = young(&held).await;
        assert!(matches!(error, PeopleError::HeldUnderAge(_)), "{error}");
        let said = error.to_string();
        assert!(said.contains("withdrawn") && said.contains("due when the hold ends"), "{said}");
        bench.clock.set("2026-11-27T10:00:00Z");
    }
    // What is said later undoes nothing.
    for later in [r#"{"age_statement":"at_least_18"}"#, r#"{"birth_date":"1990-01-01","age_statement":null}"#]
    {
        let error = people.rectify(TENANT, &held, form(later), "cli:test", &[]).await.unwrap_err();
        assert!(matches!(error, PeopleError::HeldUnderAge(_)), "{error}");
    }
    let child = people.show(TENANT, &held).await.unwrap();
    assert_eq!((child.status, child.updated_at), (PersonStatus::Withdrawn, at("2026-11-26T10:00:00Z")));
    assert_eq!(child.name.unwrap().reveal(), "Marker Two", "a hold keeps what is there, and adds no child's");
    let reason = bench.store.withheld(&rests(&held)).await.unwrap();
    assert!(reason.is_some_and(|reason| reason.contains("withdrawn")));
    let said = people.consents(TENANT, &held).await.unwrap();
    assert_eq!(said.iter().map(|one| one.granted).collect::<Vec<_>>(), [true, false]);
    assert_eq!(deeds(bench).await[2..], [deed("rectify", "age check"), deed("withdraw", "age check")]);

    // Due when the hold ends, also where others who left are kept for ever; overdue two days later.
    let terms = Terms::forever();
    let due = async || bench.store.purgeable(&terms, Some(&people)).await.unwrap().users;
    assert_eq!(due().await.iter().map(|due| (&*due.user, due.held)).collect::<Vec<_>>(), [(&*held, true)]);
    bench.clock.set("2026-12-20T10:00:00Z");
    people.release(TENANT, &held).await.unwrap();
    assert_eq!(due().await.iter().map(|due| (&*due.user, due.held)).collect::<Vec<_>>(), [(&*held, false)]);
    for (now, late) in [("2026-12-22T09:59:59Z", 0), ("2026-12-22T10:00:00Z", 1)] {
        bench.clock.set(now);
        assert_eq!(bench.store.overdue(&terms, Some(&people)).await.unwrap().erasures, late, "{now}");
    }
    let by = By { people: &people, actor: "cli:test", standing: &|_| Vec::new() };
    let purged = bench.store.purge(&terms, Some(&by)).await.unwrap();
    assert_eq!((purged.erased, purged.left), (vec![held.clone()], Vec::new()));
    assert_eq!(people.show(TENANT, &held).await.unwrap().status, PersonStatus::Erased);
    people.close().await;
}

pub async fn a_correction_that_changes_nothing_leaves_no_trace(bench: &Bench) {
    let Crowd { people, directory: _directory } = crowd(bench).await;
    let ada = people.add(TENANT, form(ADA)).await.unwrap();
    let before = people.show(TENANT, &ada).await.unwrap();
    bench.clock.set("2026-11-30T10:00:00Z");
    for same in ["{}", ADA, r#"{"age_statement":null,"name":" Marker Lovelace "}"#] {
        let corrected = people.rectify(TENANT, &ada, form(same), "cli:test", &[]).await.unwrap();
        assert_eq!(corrected, None, "{same}");
    }
    assert_eq!(people.show(TENANT, &ada).await.unwrap(), before);
    assert_eq!(bench.count("audit_log").await, 0);
    let corrected = people.rectify(TENANT, &ada, form(r#"{"account":null}"#), "cli:test", &[]).await.unwrap();
    assert_eq!(corrected, Some(Vec::new()), "nobody was told anything");
    assert_eq!(deeds(bench).await, [deed("rectify", "")]);
    assert_eq!(people.show(TENANT, &ada).await.unwrap().updated_at, at("2026-11-30T10:00:00Z"));
    people.close().await;
}

pub async fn consents_are_added_to_and_decide_what_rests_on_them(bench: &Bench) {
    let Crowd { people, directory: _directory } = crowd(bench).await;
    let epoch = bench.register("deezer", "deezer").await.epoch;
    let user = people.add(TENANT, form(ADA)).await.unwrap();
    let on = |tenant: &str| RestsOn { tenant: tenant.into(), user: user.clone(), purpose: "ads".into() };
    bench.store.use_consents(BTreeMap::from([("deezer".to_owned(), on(TENANT))]));
    let mut number = 0;
    let mut stored = async || {
        number += 1;
        let rows = vec![Row::AdCampaign(campaign(&format!("c{number}")))];
        let page: Commit = with_checkpoint(insights("deezer", epoch, rows), days(20, 20));
        match bench.try_commit(page).await {
            Ok(_) => Ok(()),
            Err(SinkError::Withheld(reason)) => Err(reason),
            Err(other) => panic!("{other}"),
        }
    };
    let controls = async || {
        let found = bench.store.controls().await.unwrap();
        found.into_iter().find_map(|control| control.withheld)
    };
    let reason = stored().await.unwrap_err();
    assert!(reason.starts_with("consent: ") && reason.contains("has not agreed"), "{reason}");
    assert_eq!(controls().await, Some(reason));
    assert!(matches!(people.consent(TENANT, &user, &word("ads", true)).await, Err(PeopleError::Unknown(_))));

    people.add_policy(TENANT, &policy("1", "2026-01-01T00:00:00Z", true)).await.unwrap();
    people.add_policy(TENANT, &policy("1", "2026-01-01T00:00:00Z", true)).await.unwrap();
    assert!(people.add_policy(TENANT, &policy("1", "2026-01-02T00:00:00Z", true)).await.is_err());
    assert!(people.add_policy(TENANT, &policy("1b", "2026-01-01T00:00:00Z", true)).await.is_err());
    let unknown = NewConsent { version: Some("9".into()), ..word("ads", true) };
    assert!(matches!(people.consent(TENANT, &user, &unknown).await, Err(PeopleError::Unknown(_))));
    assert!(people.consent(TENANT, &user, &word("sale", true)).await.is_err());
    assert!(people.consent(TWIN, &user, &word("ads", true)).await.is_err());
    assert_eq!(bench.count("consents").await, 0);
    assert_eq!(people.consent(TENANT, &user, &word("ads", true)).await.unwrap(), "1");
    stored().await.unwrap();
    assert_eq!(controls().await, None);

    // Another purpose changes nothing, taking it back does, and giving it again makes it good.
    people.consent(TENANT, &user, &word("reports", false)).await.unwrap();
    stored().await.unwrap();
    people.consent(TENANT, &user, &word("ads", false)).await.unwrap();
    assert!(stored().await.unwrap_err().contains("taken back"));
    assert!(bench.register("deezer", "deezer").await.withheld.is_some());
    people.consent(TENANT, &user, &word("ads", true)).await.unwrap();
    let said: Vec<bool> =
        people.consents(TENANT, &user).await.unwrap().iter().map(|one| one.granted).collect();
    assert_eq!(said, [true, false, false, true], "nothing of it is changed");
    let epoch = bench.register("deezer", "deezer").await;
    assert_eq!(epoch.withheld, None);

    // A version that demands nothing changes nothing; one that does holds from its instant on.
    people.add_policy(TENANT, &policy("2", "2026-11-01T00:00:00Z", false)).await.unwrap();
    people.add_policy(TENANT, &policy("3", "2026-11-25T00:00:00Z", true)).await.unwrap();
    let withheld = async || bench.store.withheld(&on(TENANT)).await.unwrap();
    assert_eq!(withheld().await, None);
    bench.clock.set("2026-11-25T00:00:00Z");
    assert!(withheld().await.unwrap().contains("\"3\" demands"));
    people.consent(TENANT, &user, &word("ads", true)).await.unwrap();
    assert_eq!(withheld().await, None);
    assert!(bench.store.withheld(&on(TWIN)).await.unwrap().unwrap().contains("no user"));

    people.withdraw(TENANT, &user, "letter").await.unwrap();
    assert!(withheld().await.unwrap().contains("withdrawn"));
    assert!(people.consent(TENANT, &user, &word("ads", true)).await.is_err());
    let last = people.consents(TENANT, &user).await.unwrap().pop().unwrap();
    assert!(!last.granted && last.source == "letter");
    people.close().await;
}

pub async fn tenants_follow_the_configuration_unless_somebody_is_of_them(bench: &Bench) {
    let Crowd { people, directory: _directory } = crowd(bench).await;
    people.add(TWIN, form(ADA)).await.unwrap();
    bench.store.sync_tenants(&[]).await.unwrap();
    let left = bench.query("SELECT id, name, data_region, time_zone FROM tenants").await;
    let expected = serde_json::json!({
        "id": TWIN, "name": "LABEL-B", "data_region": "eu", "time_zone": "Europe/Berlin"
    });
    assert_eq!(left, [expected]);
    assert!(matches!(people.add(TENANT, form(ADA)).await, Err(PeopleError::Unknown(_))));
    people.close().await;
    bench.store.use_keys(None);
    let directory = tempfile::tempdir().unwrap();
    let refused = open(bench, &directory).await.unwrap_err();
    assert!(matches!(&refused, StoreError::NoKey(_)), "{refused}");
}
