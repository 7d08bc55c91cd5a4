//! What is sealed: billing profiles, secrets, and the rotation of keys beside a worker that goes on.

use rows::{
    RefreshTokens, Row, Table,
    personal::{BillingProfile, Personal, ProfileSource},
    refresh::KeepError,
    sink::Commit,
};
use secrecy::{ExposeSecret, SecretString};
use store::{
    Place, Store, StoreError,
    cipher::{Keyring, generate_key},
};

use crate::support::{Bench, at};

/// Keys for these lines, the newest first.
fn ring(lines: &[&str]) -> Keyring {
    Keyring::parse(&lines.join("\n")).unwrap()
}

fn profile(customer: &str, source: ProfileSource, as_of: &str) -> BillingProfile {
    BillingProfile::blank(customer.into(), source, format!("from_{customer}"), at(as_of))
}

fn commit(epoch: i64, rows: impl IntoIterator<Item = BillingProfile>) -> Commit {
    Commit {
        connection: "stripe".into(),
        integration: "stripe".into(),
        epoch,
        stream: "customers".into(),
        rows: rows.into_iter().map(Row::BillingProfile).collect(),
        ..Commit::default()
    }
}

fn text(value: Option<&Personal>) -> Option<&str> {
    value.map(Personal::reveal)
}

async fn rotate(store: &Store) -> (u64, Vec<String>) {
    let (mut sealed, mut failed, mut place) = (0, Vec::new(), Place::default());
    while place != Place::End {
        let step = store.rotate(place).await.unwrap();
        sealed += step.sealed;
        failed.extend(step.failed);
        place = step.next;
    }
    (sealed, failed)
}

pub async fn billing_profiles_are_sealed_and_the_most_trusted_answer_counts(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let old = "2026-01-01T00:00:00Z";
    let mut charge = profile("cus_1", ProfileSource::Charge, "2026-03-01T00:00:00Z");
    charge.name = Personal::of("A. Lovelace");
    charge.email = Personal::of("ada@paid.example");
    charge.address.line1 = Personal::of("1 Charge Road");
    charge.address.line2 = Personal::of("Floor 2");
    charge.card.last4 = Personal::of("1881");
    let refused = bench.try_commit(commit(epoch, [charge.clone()])).await.unwrap_err();
    assert!(refused.to_string().contains("[encryption] key"), "{refused}");
    bench.store.use_keys(Some(ring(&[&generate_key().unwrap()])));

    let mut earlier = charge.clone();
    earlier.as_of = at(old);
    earlier.source_id = "earlier".into();
    earlier.card.last4 = Personal::of("0000");
    // Newest first, as lists are: the later one counts, in one commit or two.
    let done = bench.commit(commit(epoch, [charge.clone(), earlier.clone()])).await;
    assert_eq!(done.written, [(Table::BillingProfiles, 1)]);
    assert_eq!(bench.commit(commit(epoch, [earlier.clone()])).await.written, []);
    // Of two of one second the greater id.
    let same_second = BillingProfile { as_of: charge.as_of, source_id: "a_lesser_id".into(), ..earlier };
    assert_eq!(bench.commit(commit(epoch, [same_second])).await.written, []);
    let mut invoice = profile("cus_1", ProfileSource::Invoice, old);
    invoice.address.line1 = Personal::of("1 Invoice Road");
    let empty = profile("cus_1", ProfileSource::Subscription, old);
    let mut customer = profile("cus_1", ProfileSource::Customer, old);
    customer.name = Personal::of("Ada Lovelace");
    bench.commit(commit(epoch, [invoice, empty, customer.clone()])).await;
    assert_eq!(bench.count("billing_profile_rows").await, 3);
    assert_eq!(bench.count("billing_profiles").await, 1);
    let opened = bench.store.billing_profile("stripe", "cus_1").await.unwrap().unwrap();
    assert_eq!(text(opened.name.as_ref()), Some("Ada Lovelace"));
    assert_eq!(text(opened.email.as_ref()), Some("ada@paid.example"));
    assert_eq!(text(opened.address.line1.as_ref()), Some("1 Invoice Road"));
    assert_eq!(opened.address.line2, None, "two addresses are never mixed");
    assert_eq!(text(opened.card.last4.as_ref()), Some("1881"));
    let seen = bench
        .one("SELECT name_source, email_source, address_source, card_source FROM billing_profiles")
        .await;
    assert_eq!(
        seen,
        serde_json::json!({
            "name_source": "customer", "email_source": "charge", "address_source": "invoice", "card_source": "charge"
        })
    );

    // The same once more is no change, and the same from a later object only moves what it was read from.
    bench.clock.set("2026-11-25T10:00:00Z");
    charge.as_of = at("2026-05-01T00:00:00Z");
    assert_eq!(bench.commit(commit(epoch, [customer.clone(), charge.clone()])).await.written, []);
    let stored = bench.one("SELECT as_of, revision FROM billing_profile_rows WHERE source = 'charge'").await;
    assert_eq!(stored, serde_json::json!({ "as_of": charge.as_of.as_second(), "revision": 0 }));
    charge.card.last4 = Personal::of("4242");
    let done = bench.commit(commit(epoch, [charge])).await;
    assert_eq!((done.written, done.restated), (vec![(Table::BillingProfiles, 1)], 1));

    // Deleted at the provider: nothing personal stays, and old charges do not bring it back.
    let gone = [(Table::BillingProfiles, "cus_1".to_owned())];
    let done = bench.commit(Commit { tombstones: gone.into(), ..commit(epoch, []) }).await;
    assert_eq!(done.vanished, 3);
    bench.commit(commit(epoch, [customer])).await;
    let opened = bench.store.billing_profile("stripe", "cus_1").await.unwrap().unwrap();
    assert!(opened.deleted && opened.name.is_none() && opened.card.last4.is_none());
    assert_eq!(bench.store.billing_profile("stripe", "cus_2").await.unwrap(), None);
    assert_eq!(bench.store.billing_profile("other", "cus_1").await.unwrap(), None);
}

pub async fn a_cell_that_was_moved_or_has_no_key_is_an_error(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let line = generate_key().unwrap();
    bench.store.use_keys(Some(ring(&[&line])));
    let named = |customer: &str, name: &str| {
        let mut row = profile(customer, ProfileSource::Customer, "2026-01-01T00:00:00Z");
        row.name = Personal::of(name);
        row
    };
    bench.commit(commit(epoch, [named("cus_1", "Ada"), named("cus_2", "Grace")])).await;
    bench.execute(
        "UPDATE billing_profile_rows SET name = (SELECT name FROM billing_profile_rows WHERE customer_id = 'cus_2') \
         WHERE customer_id = 'cus_1'",
    )
    .await;
    let error = bench.store.billing_profile("stripe", "cus_1").await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Unreadable(text) if text.contains("tampered") && text.contains("cus_1")),
        "{error}"
    );
    let other = ring(&[&generate_key().unwrap()]);
    bench.store.use_keys(Some(other.clone()));
    let error = bench.store.billing_profile("stripe", "cus_2").await.unwrap_err();
    assert!(matches!(&error, StoreError::Unreadable(text) if text.contains("not configured")), "{error}");
    assert!(!format!("{error} {error:?}").contains("Grace"));
    bench.store.use_keys(None);
    let error = bench.store.billing_profile("stripe", "cus_2").await.unwrap_err();
    assert!(error.to_string().contains("generate-key"), "{error}");
    // A rotation leaves what it cannot open, and says what that is.
    let newer = generate_key().unwrap();
    bench.store.use_keys(Some(ring(&[&newer, &line])));
    let (sealed, failed) = rotate(&bench.store).await;
    assert_eq!((sealed, failed.len()), (1, 1), "{failed:?}");
    assert!(failed[0].contains("name of billing_profiles") && failed[0].contains("tampered"), "{failed:?}");
    assert_eq!(bench.store.rotation_left().await.unwrap(), 1);
    // What is unreadable is mended by reading it anew.
    let done = bench.commit(commit(epoch, [named("cus_1", "Ada B.")])).await;
    assert_eq!(done.written, [(Table::BillingProfiles, 1)]);
    assert_eq!(bench.store.rotation_left().await.unwrap(), 0);
}

pub async fn a_rotation_seals_everything_anew_and_changes_nothing_else(bench: &Bench) {
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let (old, new) = (generate_key().unwrap(), generate_key().unwrap());
    bench.store.use_keys(Some(ring(&[&old])));
    let many = || {
        (0..250).map(|number| {
            let mut row = profile(&format!("cus_{number}"), ProfileSource::Customer, "2026-01-01T00:00:00Z");
            row.name = Personal::of(&format!("Person {number}"));
            row.card.exp_month = Personal::of("12");
            row
        })
    };
    bench.commit(commit(epoch, many())).await;
    bench.store.put_secret("token", b"very secret").await.unwrap();
    let unchanged = "SELECT customer_id, source_id, as_of, observed_at, revision, has_card FROM billing_profile_rows ORDER BY 1";
    let before = bench.query(unchanged).await;

    bench.store.use_keys(Some(ring(&[&new, &old])));
    assert_eq!(bench.store.rotation_left().await.unwrap(), 251);
    bench.clock.set("2026-11-25T10:00:00Z");
    // Half of it, as if killed; the worker goes on meanwhile.
    let mut step = bench.store.rotate(Place::default()).await.unwrap();
    while bench.store.rotation_left().await.unwrap() > 150 {
        step = bench.store.rotate(step.next).await.unwrap();
    }
    assert_eq!(
        bench.commit(commit(epoch, many())).await.written,
        [],
        "old keys still tell what is unchanged"
    );
    let (sealed, failed) = rotate(&bench.store).await;
    assert_eq!((sealed, failed.len()), (150, 0));
    assert_eq!(bench.query(unchanged).await, before);

    bench.store.use_keys(Some(ring(&[&new])));
    assert_eq!(bench.store.rotation_left().await.unwrap(), 0);
    assert_eq!(bench.commit(commit(epoch, many())).await.written, []);
    let opened = bench.store.billing_profile("stripe", "cus_7").await.unwrap().unwrap();
    assert_eq!(text(opened.name.as_ref()), Some("Person 7"));
    assert_eq!(text(opened.card.exp_month.as_ref()), Some("12"));
    assert_eq!(**bench.store.secret("token").await.unwrap().unwrap(), *b"very secret");
}

pub async fn secrets_are_sealed_under_their_names(bench: &Bench) {
    let store = &bench.store;
    let error = store.put_secret("token", b"x").await.unwrap_err();
    assert!(matches!(error, StoreError::NoKey(_)), "{error}");
    store.use_keys(Some(ring(&[&generate_key().unwrap()])));
    store.put_secret("token", b"first").await.unwrap();
    store.put_secret("token", b"second").await.unwrap();
    store.put_secret("other", b"third").await.unwrap();
    assert_eq!(**store.secret("token").await.unwrap().unwrap(), *b"second");
    let names: Vec<String> = store.secrets().await.unwrap().into_iter().map(|secret| secret.name).collect();
    assert_eq!(names, ["other", "token"]);
    bench.execute("UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'other')").await;
    assert!(matches!(store.secret("token").await, Err(StoreError::Unreadable(_))));
    assert!(store.delete_secret("token").await.unwrap());
    assert!(!store.delete_secret("token").await.unwrap());
    assert_eq!(store.secret("token").await.unwrap(), None);
}

/// What a provider put in place of a configured refresh token; sealed, and only for that one.
pub async fn refresh_tokens_are_kept_for_what_was_configured(bench: &Bench) {
    let store = &bench.store;
    let token = |text: &str| SecretString::from(text);
    let current = async |configured: &str| {
        let found = store.current(&token(configured)).await.unwrap();
        found.map(|token| token.expose_secret().to_owned())
    };
    assert_eq!(store.current(&token("first")).await.unwrap_err(), KeepError::NoKey);
    assert_eq!(store.keep("a", &token("first"), &token("second")).await.unwrap_err(), KeepError::NoKey);

    let (old, new) = (generate_key().unwrap(), generate_key().unwrap());
    store.use_keys(Some(ring(&[&old])));
    assert_eq!(current("first").await, None);
    store.keep("a", &token("first"), &token("planted-second")).await.unwrap();
    assert_eq!(current("first").await.as_deref(), Some("planted-second"));
    assert_eq!(current("authorised anew").await, None, "what was configured since wins");
    assert_eq!(current("planted-second").await, None);
    // Another connection with the same token goes on where this one is; the last one stored counts.
    bench.clock.set("2026-11-25T10:00:00Z");
    store.keep("b", &token("first"), &token("planted-third")).await.unwrap();
    assert_eq!(current("first").await.as_deref(), Some("planted-third"));
    let names: Vec<String> = store.secrets().await.unwrap().into_iter().map(|secret| secret.name).collect();
    assert_eq!(names, ["oauth/a", "oauth/b"]);

    // Keys are rotated, and one that does not open takes no other with it.
    store.use_keys(Some(ring(&[&new, &old])));
    rotate(store).await;
    store.use_keys(Some(ring(&[&new])));
    assert_eq!(current("first").await.as_deref(), Some("planted-third"));
    bench.execute("UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'oauth/a')").await;
    assert_eq!(current("first").await.as_deref(), Some("planted-second"));
}
