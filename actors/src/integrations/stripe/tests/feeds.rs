//! Tokens, lanes and what survives a kill.

use proptest::prelude::*;
use rows::{Row, Table};
use serde_json::json;

use super::account::{Connected, NOW, balance_transaction, charge, customer};
use crate::{failure::Failure, page::Lane};

const DAY: i64 = 86_400;

/// A charge every hour, oldest first.
fn with_charges(count: i64) -> Connected {
    let connected = Connected::live();
    connected.world(|world| {
        // An account without charges has an empty list, not none.
        world.objects.entry("/v1/charges".to_owned()).or_default();
        for index in 0..count {
            world.put("/v1/charges", charge(&format!("ch_{index:04}"), NOW - 3_600 * (count - index)));
        }
    });
    connected
}

#[tokio::test(start_paused = true)]
async fn a_feed_is_listed_and_then_followed() {
    let mut connected = with_charges(250);
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.ids(Table::Payments).len(), 250);
    // Three pages, and the events since the listing began.
    assert_eq!(connected.requests().len(), 4);

    connected.now += 60;
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.requests().len(), 1, "an idle poll costs one request");

    connected.world(|world| {
        let mut refunded = charge("ch_0007", NOW - 3_600 * 243);
        refunded["refunded"] = json!(true);
        refunded["amount_refunded"] = json!(2_500);
        world.put("/v1/charges", refunded);
        // The payload is of an older version, and older than the object.
        world.event("evt_1", "charge.refunded", NOW + 61, json!({"id": "ch_0007", "object": "charge"}));
        world.event("evt_2", "charge.updated", NOW + 61, json!({"id": "ch_0007", "object": "charge"}));
    });
    connected.now += 60;
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.requests().len(), 2, "one object is fetched once");
    let Row::Payment(payment) = &connected.rows[&(Table::Payments, "ch_0007".to_owned())] else { panic!() };
    assert_eq!(payment.status, "refunded");

    connected.now += 60;
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.requests().len(), 1, "what was handled is not fetched again");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_appears_late_is_not_missed() {
    let mut connected = with_charges(1);
    connected.poll("charges").await.unwrap();
    connected.world(|world| {
        world.put("/v1/charges", charge("ch_new", NOW + 30));
        world.event("evt_1", "charge.succeeded", NOW + 30, json!({"id": "ch_new", "object": "charge"}));
    });
    connected.now = NOW + 60;
    connected.poll("charges").await.unwrap();
    connected.world(|world| {
        world.put("/v1/charges", charge("ch_late", NOW + 10));
        world.event("evt_0", "charge.succeeded", NOW + 10, json!({"id": "ch_late", "object": "charge"}));
    });
    connected.now = NOW + 300;
    connected.requests();
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.requests().len(), 2);
    assert_eq!(connected.ids(Table::Payments).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_dispute_refreshes_its_charge() {
    let mut connected = with_charges(1);
    connected.poll("charges").await.unwrap();
    connected.world(|world| {
        let mut disputed = charge("ch_0000", NOW - 3_600);
        disputed["disputed"] = json!(true);
        world.put("/v1/charges", disputed);
        let dispute = json!({"id": "dp_1", "object": "dispute", "charge": "ch_0000"});
        world.event("evt_1", "charge.dispute.created", NOW, dispute);
    });
    connected.poll("charges").await.unwrap();
    let Row::Payment(payment) = &connected.rows[&(Table::Payments, "ch_0000".to_owned())] else { panic!() };
    assert!(payment.disputed);
}

#[tokio::test(start_paused = true)]
async fn deletions_become_tombstones() {
    let mut connected = Connected::live();
    connected.world(|world| {
        for id in ["cus_1", "cus_2", "cus_3", "cus_4"] {
            world.put("/v1/customers", customer(id, NOW - DAY));
        }
    });
    connected.poll("customers").await.unwrap();
    assert_eq!(connected.ids(Table::Customers).len(), 4);
    connected.world(|world| {
        // Told by the event; gone when fetched; a stub when fetched.
        for id in ["cus_1", "cus_2"] {
            world.remove("/v1/customers", id);
        }
        world.put("/v1/customers", json!({"id": "cus_3", "object": "customer", "deleted": true}));
        let object = |id: &str| json!({"id": id, "object": "customer"});
        world.event("evt_1", "customer.deleted", NOW, object("cus_1"));
        world.event("evt_2", "customer.updated", NOW, object("cus_2"));
        world.event("evt_3", "customer.updated", NOW, object("cus_3"));
    });
    connected.poll("customers").await.unwrap();
    assert_eq!(connected.ids(Table::Customers), ["cus_4"]);
    assert!(connected.quarantined.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_subscription_is_not_a_deleted_one() {
    let mut connected = Connected::live();
    let canceled = super::revenue::subscription("sub_1", "canceled", json!([]));
    connected.world(|world| {
        world.put("/v1/subscriptions", canceled.clone());
        world.event("evt_1", "customer.subscription.deleted", NOW, canceled);
    });
    connected.poll("subscriptions").await.unwrap();
    assert_eq!(connected.ids(Table::Subscriptions), ["sub_1"]);
}

#[tokio::test(start_paused = true)]
async fn a_listing_whose_cursor_was_deleted_begins_again() {
    let mut connected = Connected::live();
    connected.world(|world| {
        for index in 0..150 {
            world.put("/v1/customers", customer(&format!("cus_{index:03}"), NOW - index));
        }
    });
    assert!(connected.page("customers", Lane::Tail).await.unwrap());
    connected.world(|world| world.remove("/v1/customers", "cus_099"));
    connected.poll("customers").await.unwrap();
    assert_eq!(
        connected.ids(Table::Customers).len(),
        150,
        "all others, and the one that no event told about"
    );
}

#[tokio::test(start_paused = true)]
async fn what_changes_during_the_listing_is_followed() {
    let mut connected = with_charges(150);
    assert!(connected.page("charges", Lane::Tail).await.unwrap());
    // Made while the listing runs, which takes an hour.
    connected.world(|world| {
        world.put("/v1/charges", charge("ch_new", NOW + 1));
        world.event("evt_1", "charge.succeeded", NOW + 1, json!({"id": "ch_new", "object": "charge"}));
    });
    connected.now += 3_600;
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.ids(Table::Payments).len(), 151);
}

#[tokio::test(start_paused = true)]
async fn facts_begin_at_the_start_date_and_what_they_refer_to_does_not() {
    let mut connected = Connected::live();
    connected.world(|world| {
        world.put("/v1/charges", charge("ch_old", NOW - 700 * DAY));
        world.put("/v1/customers", customer("cus_old", NOW - 700 * DAY));
    });
    connected.poll("charges").await.unwrap();
    connected.poll("customers").await.unwrap();
    assert!(connected.ids(Table::Payments).is_empty());
    assert_eq!(connected.ids(Table::Customers), ["cus_old"]);
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_stood_still_too_long_is_listed_again() {
    let mut connected = with_charges(3);
    connected.poll("charges").await.unwrap();
    // Its event is forgotten by now.
    connected.world(|world| world.put("/v1/charges", charge("ch_missed", NOW + DAY)));
    connected.now += 40 * DAY;
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.ids(Table::Payments).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_feed_is_not_an_old_one() {
    let mut connected = with_charges(1);
    connected.poll("charges").await.unwrap();
    connected.requests();
    for _ in 0..10 {
        connected.now += 7 * DAY;
        connected.poll("charges").await.unwrap();
    }
    assert!(connected.requests().iter().all(|request| request.starts_with("/v1/events")));
}

#[tokio::test(start_paused = true)]
async fn balance_transactions_are_listed_from_where_they_ended() {
    let mut connected = Connected::live();
    connected.world(|world| world.put("/v1/balance_transactions", balance_transaction("txn_1", NOW - DAY)));
    connected.poll("balance_transactions").await.unwrap();
    connected.requests();
    // Visible late: dated before the last reading.
    connected.world(|world| world.put("/v1/balance_transactions", balance_transaction("txn_2", NOW - 300)));
    connected.now += 60;
    connected.poll("balance_transactions").await.unwrap();
    assert_eq!(connected.requests(), [format!("/v1/balance_transactions from {}", NOW - 600)]);
    assert_eq!(connected.ids(Table::LedgerEntries), ["txn_1", "txn_2"]);
}

#[tokio::test(start_paused = true)]
async fn without_the_events_permission_the_recent_past_is_listed_again() {
    let mut connected = with_charges(3);
    connected.world(|world| world.refused.insert("/v1/events".to_owned()));
    connected.poll("charges").await.unwrap();
    let window = NOW - 35 * DAY;
    assert_eq!(
        connected.requests()[1..],
        [format!("/v1/events from {}", NOW - 600), format!("/v1/charges from {window}"),]
    );

    // Within the hour: only what is new, in one request.
    connected.world(|world| world.put("/v1/charges", charge("ch_new", NOW + 30)));
    connected.now += 60;
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.requests(), [format!("/v1/charges from {}", NOW - 600)]);
    assert_eq!(connected.ids(Table::Payments).len(), 4);

    // After it: asks again, and finds the permission given.
    connected.world(|world| world.refused.clear());
    connected.now += 3_600;
    connected.poll("charges").await.unwrap();
    assert!(connected.requests()[0].starts_with("/v1/events"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_permitted_says_what_to_tick() {
    let mut connected = with_charges(1);
    connected.world(|world| world.refused.insert("/v1/charges".to_owned()));
    let Err(Failure::Forbidden { advice }) = connected.poll("charges").await else { panic!("not refused") };
    assert!(advice.contains("rak_event_read"), "{advice}");
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_is_tried_again() {
    let mut connected = with_charges(1);
    connected.world(|world| world.faults.insert("/v1/charges".to_owned(), 500));
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.ids(Table::Payments).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn relisting_finds_what_no_event_told() {
    let mut connected = with_charges(2);
    connected.poll("charges").await.unwrap();
    connected.world(|world| {
        let mut silent = charge("ch_0001", NOW - 3_600);
        silent["balance_transaction"] = balance_transaction("txn_1", NOW);
        world.put("/v1/charges", silent);
    });
    connected.relist("charges").await.unwrap();
    let Row::Payment(payment) = &connected.rows[&(Table::Payments, "ch_0001".to_owned())] else { panic!() };
    assert_eq!(payment.net_minor, Some(2_203));
    assert!(!connected.tokens.contains_key(&("charges", false)), "a re-listing leaves no token");
}

#[tokio::test(start_paused = true)]
async fn check_asks_once_and_needs_no_permission() {
    let connected = Connected::new("rk_live_1", json!({"time_zone": "Europe/Berlin"}));
    connected.world(|world| {
        world.objects.insert("/v1/balance_transactions".to_owned(), vec![]);
    });
    let session = connected.link.session(crate::session::quota::Urgency::Fresh);
    let accounts = connected.link.source().check(&session).await.unwrap();
    assert_eq!(
        (accounts.usable[0].id.as_str(), accounts.usable[0].time_zone.as_str()),
        ("", "Europe/Berlin")
    );
    connected.world(|world| world.refused.insert("/v1/balance_transactions".to_owned()));
    assert!(connected.link.source().check(&session).await.is_ok());
    connected.world(|world| world.faults.insert("/v1/balance_transactions".to_owned(), 401));
    let refused = connected.link.source().check(&session).await;
    assert!(matches!(refused, Err(Failure::NeedsReauth { .. })));
    assert_eq!(connected.requests().len(), 3);
}

/// What happens to the account between two pages.
#[derive(Debug, Clone)]
enum Step {
    /// A charge is made.
    Make,
    /// A charge (by index) is refunded.
    Refund(usize),
    /// One page is read; it is lost before it is stored (a kill) when true.
    Page(bool),
    /// Time passes, seconds.
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Make),
        2 => any::<usize>().prop_map(Step::Refund),
        3 => any::<bool>().prop_map(Step::Page),
        1 => (1_i64..2_000).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens between pages and however often it is killed: in the end the rows are what the account holds.
    #[test]
    fn nothing_is_missed(first in 0_i64..60, page_max in 1_usize..20, steps in prop::collection::vec(step(), 0..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut connected = with_charges(first);
            connected.world(|world| world.page_max = page_max);
            let mut made: Vec<(String, i64)> = (0..first).map(|i| (format!("ch_{i:04}"), NOW - 3_600 * (first - i))).collect();
            let mut serial = 0;
            for step in steps {
                serial += 1;
                match step {
                    Step::Make => {
                        let id = format!("ch_new{serial}");
                        made.push((id.clone(), connected.now));
                        connected.world(|world| {
                            world.put("/v1/charges", charge(&id, connected.now));
                            let object = json!({"id": id, "object": "charge"});
                            world.event(&format!("evt_{serial}"), "charge.succeeded", connected.now, object);
                        });
                    }
                    Step::Refund(index) if !made.is_empty() => {
                        let (id, created) = made[index % made.len()].clone();
                        connected.world(|world| {
                            let mut refunded = charge(&id, created);
                            refunded["refunded"] = json!(true);
                            world.put("/v1/charges", refunded);
                            let object = json!({"id": id, "object": "charge"});
                            world.event(&format!("evt_{serial}"), "charge.refunded", connected.now, object);
                        });
                    }
                    Step::Refund(_) => {}
                    Step::Page(false) => { connected.page("charges", Lane::Tail).await.unwrap(); }
                    Step::Page(true) => {
                        let (rows, tokens) = (connected.rows.clone(), connected.tokens.clone());
                        connected.page("charges", Lane::Tail).await.unwrap();
                        (connected.rows, connected.tokens) = (rows, tokens);
                    }
                    Step::Wait(seconds) => connected.now += seconds,
                }
            }
            connected.poll("charges").await.unwrap();
            // One more: a change may have come between the pages of the reading that was under way.
            connected.poll("charges").await.unwrap();
            let held = connected.world(|world| world.objects.get("/v1/charges").cloned().unwrap_or_default());
            prop_assert_eq!(connected.ids(Table::Payments).len(), held.len());
            for object in held {
                let key = (Table::Payments, object["id"].as_str().unwrap().to_owned());
                let Some(Row::Payment(payment)) = connected.rows.get(&key) else { panic!("{key:?}") };
                prop_assert_eq!(payment.status == "refunded", object["refunded"] == json!(true), "{:?}", key);
            }
            Ok(())
        })?;
    }
}
