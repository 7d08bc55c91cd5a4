//! What is deleted when it has been kept for long enough, and what a legal hold keeps.

use rows::{
    Row,
    checkpoint::{Checkpoint, Progress, SnapshotProgress},
    sink::{Commit, CycleRecord, Sink},
};
use sea_orm::DbBackend;
use store::{
    Access, StoreError,
    cipher::{Keyring, generate_key},
    people::{Journal, KeyStore, NewConsent, NewPolicy, People, PersonForm, Tenant, UserLink},
    retention::{By, Keep, Line, ProviderTerms, Purged, Terms},
};
use tempfile::TempDir;

use crate::{
    customers::of_customer,
    samples::{ACCOUNT, billing, campaign, day, insights, ledger_entry, payment, performance_row},
    support::{Bench, at},
};

const TENANT: &str = "label-a";
const NOW: &str = "2026-11-24T10:00:00Z";

/// People of one tenant, and where their keys are.
async fn people(bench: &Bench) -> (People, TempDir) {
    let tenant = Tenant { id: TENANT.into(), name: "Label A".into(), data_region: None, time_zone: None };
    bench.store.sync_tenants(&[tenant]).await.unwrap();
    bench.store.use_keys(Some(Keyring::parse(&generate_key().unwrap()).unwrap()));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.db").display().to_string();
    let keys = KeyStore::open(&path, Access::Make).await.unwrap();
    let journal = directory.path().join("journal.jsonl").display().to_string();
    let journal = Journal::open(&journal, Access::Make).await.unwrap();
    (People::open(&bench.store, keys, journal).unwrap(), directory)
}

async fn add(people: &People, external: &str) -> String {
    let form = format!(r#"{{"external_id":"{external}","age_statement":"at_least_18"}}"#);
    people.add(TENANT, PersonForm::read(form.as_bytes()).unwrap()).await.unwrap()
}

async fn cycle(bench: &Bench, finished_at: &str) {
    let record = CycleRecord {
        connection: "meta".into(),
        account_id: ACCOUNT.into(),
        stream: "insights".into(),
        outcome: "ok",
        started_at: at(finished_at),
        finished_at: at(finished_at),
        pages: 1,
        rows: 1,
        error: None,
    };
    bench.store.record_cycle(record).await.unwrap();
}

/// Bytes as SQL.
fn blob(bench: &Bench, bytes: &[u8]) -> String {
    let digits: String = hex::encode(bytes);
    if bench.backend() == DbBackend::Postgres { format!("'\\x{digits}'") } else { format!("X'{digits}'") }
}

async fn disclosure(bench: &Bench, digest: &[u8], at: &str, due: &str) {
    let insert = format!(
        "INSERT INTO disclosures (tenant, subject_hmac, recipient, purpose, categories, disclosed_at, actor, notify_due_at) \
         VALUES ('{TENANT}', {}, 'r', 'p', 'c', '{at}', 'a', {due})",
        blob(bench, digest)
    );
    bench.execute(&insert).await;
}

fn by(people: Option<&People>) -> Option<By<'_>> {
    people.map(|people| By { people, actor: "test", standing: &|_| Vec::new() })
}

/// Told beforehand and done: the same, row for row, and exactly so many rows are gone.
async fn purge(bench: &Bench, terms: &Terms, people: Option<&People>) -> Purged {
    let before = bench.rows_by_table().await;
    let told = bench.store.purgeable(terms, people).await.unwrap();
    assert_eq!(bench.rows_by_table().await, before, "a dry run changes nothing");
    let done = bench.store.purge(terms, by(people).as_ref()).await.unwrap();
    assert_eq!(told.lines, done.lines);
    assert_eq!(told.users, done.users);
    let mut after = before;
    for line in &done.lines {
        *after.get_mut(&line.table).unwrap() -= i64::try_from(line.rows).unwrap();
    }
    if let (Some(_), true) = (people, done.rows() > 0) {
        *after.get_mut("audit_log").unwrap() += 1;
    }
    assert_eq!(bench.rows_by_table().await, after);
    assert_eq!(bench.store.purge(terms, None).await.unwrap().rows(), 0, "nothing is left");
    done
}

/// Rows by table and rule, and how many are held.
fn shape(purged: &Purged) -> Vec<(&str, &str, u64, u64)> {
    purged.lines.iter().map(|line| (&*line.rule, &*line.table, line.rows, line.held)).collect()
}

fn span(line: &Line) -> (String, String) {
    (line.oldest.unwrap().to_string(), line.newest.unwrap().to_string())
}

pub async fn what_is_exactly_as_old_as_it_is_kept_stays(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    // Thirty days before now, to the microsecond.
    for finished_at in ["2026-10-25T09:59:59.999999Z", "2026-10-25T10:00:00Z", "2026-09-01T00:00:00Z", NOW] {
        cycle(bench, finished_at).await;
    }
    // A day is over with its end in UTC: of the 22nd some was less than two days ago, of the 21st nothing.
    let days = [20, 21, 22].map(|number| performance_row("c1", day(number), 1));
    bench.commit(insights("meta", epoch, days.to_vec())).await;

    let terms = Terms { cycles: Keep::Days(30), ads: Keep::Days(2), ..Terms::forever() };
    let purged = purge(bench, &terms, None).await;
    assert_eq!(shape(&purged), [("cycles", "cycles", 2, 0), ("ads", "ad_performance_rows", 2, 0)]);
    assert_eq!(
        span(&purged.lines[0]),
        ("2026-09-01T00:00:00Z".to_owned(), "2026-10-25T09:59:59.999999Z".to_owned())
    );
    assert_eq!(span(&purged.lines[1]), ("2026-11-20".to_owned(), "2026-11-21".to_owned()));
    assert_eq!(bench.count("cycles").await, 2);

    // One microsecond later the next one is due; the day not before its next midnight.
    bench.clock.set("2026-11-24T10:00:00.000001Z");
    assert_eq!(shape(&purge(bench, &terms, None).await), [("cycles", "cycles", 1, 0)]);
    bench.clock.set("2026-11-24T23:59:59.999999Z");
    assert_eq!(purge(bench, &terms, None).await.rows(), 0);
    bench.clock.set("2026-11-25T00:00:00Z");
    assert_eq!(shape(&purge(bench, &terms, None).await), [("ads", "ad_performance_rows", 1, 0)]);
    assert_eq!(purge(bench, &Terms::forever(), None).await.rows(), 0);
}

pub async fn a_hold_keeps_the_rows_of_a_user_and_of_the_users_customers(bench: &Bench) {
    let (people, _keys) = people(bench).await;
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let of = |id: &str, customer: &str| {
        let mut payment = payment(id);
        payment.customer_id = Some(customer.into());
        payment.created_at = at("2010-01-01T00:00:00Z");
        Row::Payment(payment)
    };
    let entry = |id: &str, source: &str| {
        let mut entry = ledger_entry(id, "charge", 100, 3, "2010-01-01T00:00:00Z");
        entry.source_id = Some(source.into());
        Row::LedgerEntry(entry)
    };
    let rows = vec![of("ch_1", "cus_1"), of("ch_2", "cus_2"), entry("txn_1", "ch_1"), entry("txn_2", "ch_2")];
    bench.commit(billing("stripe", epoch, rows)).await;
    let (held, other) = (add(&people, "held").await, add(&people, "other").await);
    people.link(TENANT, &held, &UserLink::of("stripe", "cus_1").unwrap()).await.unwrap();
    people.link(TENANT, &other, &UserLink::of("stripe", "cus_2").unwrap()).await.unwrap();
    for user in [&held, &other] {
        people.withdraw(TENANT, user, "letter").await.unwrap();
        let digest = people.subject_digest(TENANT, user).await.unwrap();
        disclosure(bench, &digest, "2010-01-01T00:00:00+00:00", "NULL").await;
    }
    people.hold(TENANT, &held, "case 17/2026").await.unwrap();
    assert!(people.hold(TENANT, &held, "case 18/2026").await.is_err(), "one hold lasts");
    for reason in ["", "  ", "ada@example.com", "two\nlines"] {
        assert!(people.hold(TENANT, &other, reason).await.is_err(), "{reason:?}");
    }
    assert!(people.hold("label-b", &other, "case 1").await.is_err(), "another tenant's");

    bench.clock.set("2027-11-24T10:00:00Z");
    let keep = Keep::Days(365);
    let terms = Terms { payments: keep, disclosures: keep, ..Terms::forever() };
    // Without the keys it cannot be told whose disclosures these are; all else is known.
    let told = bench.store.purgeable(&terms, None).await.unwrap();
    assert!(told.left.iter().any(|left| left.starts_with("disclosures: ")), "{:?}", told.left);
    assert!(told.lines.iter().all(|line| line.table != "disclosures"));

    let purged = purge(bench, &terms, Some(&people)).await;
    assert_eq!(
        shape(&purged),
        [
            ("disclosures", "disclosures", 1, 1),
            ("payments", "ledger_entry_rows", 1, 1),
            ("payments", "payment_rows", 1, 1),
        ]
    );
    assert_eq!(bench.one("SELECT id FROM payments").await["id"], "ch_1");
    assert_eq!(bench.one("SELECT id FROM ledger_entries").await["id"], "txn_1");
    let log = bench.one("SELECT detail FROM audit_log WHERE action = 'purge'").await;
    assert_eq!(log["detail"], "disclosures 1, ledger_entry_rows 1, payment_rows 1");
    assert!(people.verify().await.unwrap().findings.is_empty());

    // Who left long ago is erased, but for who is held.
    let leaving = Terms { withdrawn_users: Keep::Days(90), ..Terms::forever() };
    let told = bench.store.purgeable(&leaving, Some(&people)).await.unwrap();
    let mut due: Vec<(&str, bool)> = told.users.iter().map(|due| (&*due.user, due.held)).collect();
    due.sort_by_key(|(_, held)| *held);
    assert_eq!(due, [(&*other, false), (&*held, true)]);
    let erased = bench.store.purge(&leaving, by(Some(&people)).as_ref()).await.unwrap();
    assert_eq!((&erased.users, erased.left), (&told.users, Vec::new()));
    assert_eq!((erased.erased, told.erased), (vec![other.clone()], Vec::new()));
    let status = async |user: &str| {
        bench.one(&format!("SELECT status FROM users WHERE id = '{user}'")).await["status"].clone()
    };
    assert_eq!((status(&held).await, status(&other).await), ("withdrawn".into(), "erased".into()));
    assert!(bench.store.purgeable(&leaving, Some(&people)).await.unwrap().users.iter().all(|due| due.held));

    people.release(TENANT, &held).await.unwrap();
    assert!(people.release(TENANT, &held).await.is_err(), "nothing lasts any more");
    assert_eq!(purge(bench, &terms, Some(&people)).await.rows(), 3);
    let holds = people.holds(TENANT).await.unwrap();
    assert_eq!((holds.len(), holds[0].reason.as_str()), (1, "case 17/2026"));
    assert!(holds[0].released_at.is_some());
    people.close().await;
}

pub async fn what_is_left_of_erased_users_goes_with_their_consents(bench: &Bench) {
    let (people, _keys) = people(bench).await;
    let (gone, stays) = (add(&people, "gone").await, add(&people, "stays").await);
    let policy = NewPolicy {
        version: "1".into(),
        text_sha256: "00".repeat(32),
        purposes: vec!["ads".into()],
        effective_at: at("2026-01-01T00:00:00Z"),
        requires_consent: false,
    };
    people.add_policy(TENANT, &policy).await.unwrap();
    for user in [&gone, &stays] {
        let word = NewConsent { version: None, purpose: "ads".into(), granted: true, source: "form".into() };
        people.consent(TENANT, user, &word).await.unwrap();
    }
    people.hold(TENANT, &gone, "case 1").await.unwrap();
    people.release(TENANT, &gone).await.unwrap();
    let young = PersonForm::read(br#"{"birth_date":"2020-01-01"}"#).unwrap();
    people.rectify(TENANT, &gone, young, "test", &[]).await.unwrap_err();

    let terms = Terms { erased_users: Keep::Days(1_095), ..Terms::forever() };
    bench.clock.set("2029-11-23T10:00:00Z");
    assert_eq!(purge(bench, &terms, Some(&people)).await.rows(), 0, "exactly three years");
    bench.clock.set("2029-11-23T10:00:01Z");
    let purged = purge(bench, &terms, Some(&people)).await;
    assert_eq!(
        shape(&purged),
        [
            ("erased_users", "consents", 2, 0),
            ("erased_users", "legal_holds", 1, 0),
            ("erased_users", "users", 1, 0)
        ]
    );
    assert_eq!(bench.one("SELECT id FROM users").await["id"], stays.as_str());
    assert_eq!(bench.one("SELECT user_id FROM consents").await["user_id"], stays.as_str());

    // The proof of an erasure outlives users and tenant; the tenant stays known as long as that.
    bench.execute("DELETE FROM consents").await;
    bench.execute("DELETE FROM users").await;
    bench.execute("DELETE FROM policy_versions").await;
    bench.store.sync_tenants(&[]).await.unwrap();
    assert_eq!(bench.count("tenants").await, 1);
    bench.execute("DELETE FROM erasures").await;
    bench.store.sync_tenants(&[]).await.unwrap();
    assert_eq!(bench.count("tenants").await, 0);
    people.close().await;
}

/// Campaigns that were read whole at this time, as integration `youtube` would.
fn snapshot(connection: &str, epoch: i64, read_at: &str) -> Commit {
    let mut commit = insights(connection, epoch, vec![Row::AdCampaign(campaign("c1"))]);
    commit.stream = "campaigns".into();
    commit.checkpoint = Some(Checkpoint {
        account_id: ACCOUNT.into(),
        stream: "campaigns".into(),
        time_zone: "UTC".into(),
        currency: None,
        progress: Progress::Snapshot(SnapshotProgress {
            read_at: Some(at(read_at)),
            ..SnapshotProgress::default()
        }),
        forbidden: None,
    });
    commit
}

fn days_read(connection: &str, epoch: i64, read_at: &str) -> Commit {
    let mut commit = insights(connection, epoch, vec![performance_row("c1", day(20), 1)]);
    let mut progress = rows::checkpoint::DaysProgress::default();
    progress.mark(crate::samples::days(20, 20), at(read_at));
    commit.checkpoint = Some(Checkpoint {
        account_id: ACCOUNT.into(),
        stream: commit.stream.clone(),
        time_zone: "UTC".into(),
        currency: None,
        progress: Progress::Days(progress),
        forbidden: None,
    });
    commit
}

pub async fn what_a_provider_wants_deleted_goes_in_time(bench: &Bench) {
    let keep = |unread, removed| ProviderTerms { unread, removed };
    let mut terms = Terms { cycles: Keep::Days(3), ..Terms::forever() };
    terms.integrations.insert("youtube".into(), keep(Keep::Days(30), Keep::Days(7)));
    for (connection, integration) in [("gone", "youtube"), ("lapsed", "youtube"), ("kept", "meta_ads")] {
        let epoch = bench.register(connection, integration).await.epoch;
        bench.commit(snapshot(connection, epoch, "2026-11-20T00:00:00Z")).await;
        bench.commit(days_read(connection, epoch, "2026-11-24T00:00:00Z")).await;
    }
    cycle(bench, "2026-11-20T00:00:00Z").await;
    bench.execute("UPDATE cycles SET connection = 'gone'").await;

    bench.store.retire_connections(&["lapsed".to_owned()]).await.unwrap();
    // Said again, it is no later.
    bench.clock.set("2026-11-26T10:00:00Z");
    bench.store.retire_connections(&["lapsed".to_owned()]).await.unwrap();
    bench.clock.set("2026-12-01T10:00:00Z");
    let purged = purge(bench, &terms, None).await;
    assert_eq!(shape(&purged), [("cycles", "cycles", 1, 0)], "exactly seven days");
    bench.clock.set("2026-12-01T10:00:01Z");
    // Due by two rules, and told once.
    cycle(bench, "2026-11-20T00:00:00Z").await;
    bench.execute("UPDATE cycles SET connection = 'gone'").await;
    let removed = "integrations.youtube.removed";
    let purged = purge(bench, &terms, None).await;
    assert_eq!(
        shape(&purged),
        [
            ("cycles", "cycles", 1, 0),
            (removed, "ad_performance_rows", 1, 0),
            (removed, "ad_entities", 1, 0),
            (removed, "ad_campaign_rows", 1, 0),
            (removed, "ledger", 2, 0),
        ]
    );
    assert!(purged.lines[1..].iter().all(|line| line.connection.as_deref() == Some("gone")));
    // It comes back as if it had never been there, and in the same process.
    let again = bench.register("gone", "youtube").await;
    assert!(again.checkpoints.is_empty());
    bench.commit(days_read("gone", again.epoch, "2026-12-01T10:00:00Z")).await;
    assert_eq!(bench.count("ad_performance_daily").await, 3, "its entities are known anew");

    // By stream: the campaigns were read on the 20th for the last time, the days on the 24th.
    bench.clock.set("2026-12-24T00:00:00Z");
    assert_eq!(purge(bench, &terms, None).await.rows(), 0, "one of its streams is fresh");
    bench.clock.set("2026-12-24T00:00:01Z");
    let unread = "integrations.youtube.unread";
    let purged = purge(bench, &terms, None).await;
    assert_eq!(shape(&purged), [(unread, "ad_campaign_rows", 1, 0), (unread, "ad_performance_rows", 1, 0)]);
    assert!(purged.lines.iter().all(|line| line.connection.as_deref() == Some("lapsed")));
    assert_eq!(bench.count("ad_campaigns").await, 1, "the other provider has no such terms");
}

pub async fn what_a_rule_takes_of_a_user_who_is_due_is_told_once(bench: &Bench) {
    let (people, _keys) = people(bench).await;
    let epoch = bench.register("stripe", "stripe").await.epoch;
    bench.commit(of_customer(epoch, "cus_1")).await;
    let mut old = payment("ch_old");
    old.customer_id = Some("cus_1".into());
    old.created_at = at("2010-01-01T00:00:00Z");
    bench.commit(billing("stripe", epoch, vec![Row::Payment(old)])).await;
    let (ada, bob) = (add(&people, "ada").await, add(&people, "bob").await);
    people.link(TENANT, &ada, &UserLink::of("stripe", "cus_1").unwrap()).await.unwrap();
    for user in [&ada, &bob] {
        people.withdraw(TENANT, user, "letter").await.unwrap();
    }

    bench.clock.set("2027-11-24T10:00:00Z");
    let terms = Terms {
        quarantined_rows: Keep::Days(30),
        payments: Keep::Days(3_650),
        withdrawn_users: Keep::Days(90),
        ..Terms::forever()
    };
    let before = bench.rows_by_table().await;
    let told = bench.store.purgeable(&terms, Some(&people)).await.unwrap();
    assert_eq!(bench.rows_by_table().await, before, "a dry run changes nothing");
    assert_eq!(bench.one("SELECT count(customer_id) AS n FROM payments").await["n"], 2);
    let done = bench.store.purge(&terms, by(Some(&people)).as_ref()).await.unwrap();
    assert_eq!(
        (&told.lines, &told.users, &told.left, told.keys_of_nobody),
        (&done.lines, &done.users, &done.left, done.keys_of_nobody)
    );
    assert_eq!(
        shape(&done),
        [("quarantined_rows", "quarantined_rows", 1, 0), ("payments", "payment_rows", 1, 0)]
    );
    let of = |user: &str| -> Vec<(&str, u64, u64)> {
        let tables = &done.users.iter().find(|due| due.user == user).unwrap().tables;
        tables.iter().map(|leaving| (&*leaving.table, leaving.deleted, leaving.emptied)).collect()
    };
    assert_eq!(
        of(&ada),
        [
            ("users", 0, 1),
            ("user_links", 1, 0),
            ("billing_profile_rows", 1, 0),
            ("customer_rows", 1, 0),
            ("payment_rows", 0, 1)
        ]
    );
    assert_eq!(of(&bob), [("users", 0, 1)]);
    let after = bench.rows_by_table().await;
    for (table, gone) in
        [("quarantined_rows", 1), ("payment_rows", 1), ("customer_rows", 1), ("user_links", 1)]
    {
        assert_eq!(after[table], before[table] - gone, "{table}");
    }
    people.close().await;
}

pub async fn what_is_past_its_time_is_counted(bench: &Bench) {
    let terms = Terms { cycles: Keep::Days(30), withdrawn_users: Keep::Days(90), ..Terms::forever() };
    let (people, _keys) = people(bench).await;
    cycle(bench, NOW).await;
    let user = add(&people, "leaves").await;
    people.withdraw(TENANT, &user, "letter").await.unwrap();
    disclosure(bench, &[0], "2026-11-24T10:00:00+00:00", "'2026-12-24T10:00:00+00:00'").await;
    let erasure = format!(
        "INSERT INTO erasures (tenant, subject_hmac, requested_at, actor, state) \
         VALUES ('{TENANT}', {}, '2026-12-25T10:00:00+00:00', 'a', 'requested')",
        blob(bench, &[0])
    );
    bench.execute(&erasure).await;
    let overdue = async |now: &str| {
        bench.clock.set(now);
        let overdue = bench.store.overdue(&terms, Some(&people)).await.unwrap();
        (overdue.erasures, overdue.notifications, overdue.purges)
    };
    assert_eq!(overdue("2026-12-24T10:00:00Z").await, (0, 0, 0));
    assert_eq!(overdue("2026-12-24T10:00:01Z").await, (0, 1, 0));
    // Deleted two days late, at the latest.
    assert_eq!(overdue("2026-12-26T10:00:00Z").await, (0, 1, 0));
    assert_eq!(overdue("2026-12-26T10:00:01Z").await, (1, 1, 1));
    assert_eq!(overdue("2027-02-24T10:00:00Z").await, (1, 1, 1));
    assert_eq!(overdue("2027-02-24T10:00:01Z").await, (2, 1, 1));
    bench.store.purge(&terms, by(Some(&people)).as_ref()).await.unwrap();
    // Who left is erased, too; nobody here finishes the other erasure.
    assert_eq!(overdue("2027-02-24T10:00:01Z").await, (1, 1, 0));
    people.close().await;
}

pub async fn a_purge_beside_a_busy_worker_loses_nothing_of_it(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    // Several transactions, and facts of many entities.
    let insert = "INSERT INTO cycles (connection, account_id, stream, outcome, started_at, finished_at, pages, rows_read) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
         SELECT 'meta', '', 's', 'ok', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', 0, 0 FROM n";
    bench.execute(insert).await;
    let terms = Terms { cycles: Keep::Days(30), ads: Keep::Days(1), ..Terms::forever() };
    let rows: Vec<Row> = (0..60)
        .flat_map(|campaign| (1..=20).map(move |d| performance_row(&format!("c{campaign}"), day(d), 1)))
        .collect();
    bench.commit(insights("meta", epoch, rows)).await;
    let busy = async {
        for number in 0..20 {
            let row = performance_row(&format!("fresh{number}"), day(24), 1);
            bench.commit(insights("meta", epoch, vec![row])).await;
        }
    };
    let (purged, ()) = futures::join!(bench.store.purge(&terms, None), busy);
    let purged: Result<Purged, StoreError> = purged;
    assert_eq!(
        shape(&purged.unwrap()),
        [("cycles", "cycles", 2_500, 0), ("ads", "ad_performance_rows", 1_200, 0)]
    );
    assert_eq!(bench.count("ad_performance_daily").await, 20);
}
