//! What must go nowhere: credentials, and what providers tell about persons.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::super::{
    bench::Bench,
    case::{self, Case},
};
use crate::support::log::Log;

const SECRET: &str = "rk_live_51Planted0Secret0That0Must0Not0Leak";
const PERSON: &str = "ada.planted@example.com";
/// What no form tells from other words.
const NAME: &str = "Zqxada Plantedlovelace";
const TELEPHONE: &str = "+49 151 2345 6789";

/// Logs at the most talkative level, statuses, failures, quarantine and rows, while everything goes wrong.
pub async fn no_secret_and_no_person_leaves(case: &'static dyn Case) {
    let log = Log::default();
    let _guard = log.capture();
    tracing::trace!("the log works");

    let mut bench = Bench::new(case);
    if case.has_credentials() {
        bench.set_secret(case.secret(SECRET));
    }
    let mut told = Vec::new();
    bench.read().await;

    // Rows that hold an address where a number should be.
    let everywhere = Arc::new(AtomicBool::new(false));
    let is_everywhere = everywhere.clone();
    bench.wire.set_tamper(move |path, body| {
        for element in case::elements(case, body).into_iter().take(2) {
            case.spoil(path, element, PERSON);
        }
        // Errors that repeat the credentials and tell of a person; some in each of their texts, also where a code should be.
        if is_everywhere.load(Ordering::Relaxed) && case.error_text(body).is_some() {
            name_in_each_text(body);
        }
        if let Some(Value::String(message)) = case.error_text(body) {
            *message = format!("{message} access_token={SECRET} of {PERSON}, {NAME}, {TELEPHONE}");
        }
    });
    told.push(format!("{:?}", bench.once().await));
    case.forbid(&bench.wire, true);
    everywhere.store(true, Ordering::Relaxed);
    let named_everywhere = format!("{:?}", bench.once().await);
    everywhere.store(false, Ordering::Relaxed);
    bench.wire.set_hazard(0.3);
    told.push(format!("{:?}", bench.daemon(Duration::from_hours(3)).await));
    if case.has_credentials() {
        case.expire(&bench.wire);
    }
    told.push(format!("{:?}", bench.daemon(Duration::from_hours(3)).await));
    assert!(told[2].contains("NeedsReauth"), "the case is of no use: {}", told[2]);
    told.push(named_everywhere);
    assert!(bench.quarantined() > 0, "nothing was set aside: the case is of no use");

    {
        let stored = bench.sink.0.lock();
        told.push(format!("{:?}", stored.rows.values()));
        told.push(format!("{:?}", stored.checkpoints));
        told.push(format!("{:?}", stored.quarantined));
        told.push(format!("{:?}", bench.spec));
    }
    told.push(log.text());
    assert!(told.iter().any(|text| text.contains("the log works")), "no log was captured");
    let mut hidden = case.personal(&bench.wire);
    // A key has many lines; the ones around it name its form.
    let secret = case.secret(SECRET).lines().filter(|line| !line.starts_with('-'));
    hidden.extend(secret.map(str::to_owned));
    hidden.extend([SECRET, PERSON, NAME, TELEPHONE, "Zqxada", "Plantedlovelace"].map(str::to_owned));
    for text in &told {
        for word in &hidden {
            if let Some(at) = text.find(word.as_str()) {
                let from = text.floor_char_boundary(at.saturating_sub(200));
                let to = text.ceil_char_boundary((at + 100).min(text.len()));
                panic!("{word:?} leaked: …{}…", &text[from..to]);
            }
        }
    }
}

fn name_in_each_text(error: &mut Value) {
    match error {
        Value::String(text) => *text = format!("{text} {NAME}"),
        Value::Array(values) => values.iter_mut().for_each(name_in_each_text),
        Value::Object(fields) => fields.values_mut().for_each(name_in_each_text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
