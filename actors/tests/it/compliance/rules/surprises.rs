//! What no documentation has announced.

use serde_json::Value;

use super::super::{
    bench::Bench,
    case::{self, Case},
    fact,
};

/// Fields that nobody knows, everywhere, change nothing.
pub async fn unknown_fields_are_accepted(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.wire.set_tamper(move |_, body| case::elements(case, body).into_iter().for_each(sprout));
    bench.read().await;
    assert_eq!(bench.quarantined(), 0, "{:#?}", bench.sink.0.lock().quarantined);
    bench.assert_true("with unknown fields in every object");
}

/// Enum values that nobody knows are kept as they are; ids and amounts above 2^53 are exact; what is left out is
/// unknown or zero as the contract says.
pub async fn unknown_values_and_large_numbers_are_kept(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.wire.set_tamper(move |path, body| {
        for element in case::elements(case, body) {
            case.plant(path, element);
        }
    });
    bench.read().await;
    assert_eq!(bench.quarantined(), 0, "{:#?}", bench.sink.0.lock().quarantined);
    let stored = bench.stored();
    for planted in case.planted() {
        let is_there =
            |(place, values): (&(rows::Table, String), &std::collections::BTreeMap<&str, String>)| {
                place.0 == planted.table && values.get(planted.name) == Some(&planted.value)
            };
        let (name, value) = (planted.name, &planted.value);
        assert!(stored.iter().any(is_there), "{:?} holds no {name} {value}", planted.table);
    }
    // The same objects and days as ever: an id that lost its last digits would be another one.
    let keys = |facts: &fact::Facts| facts.keys().cloned().collect::<Vec<_>>();
    assert!(keys(&stored) == keys(&bench.truth()), "{}", fact::difference(&bench.truth(), &stored));
}

/// Heavy windows are split until they fit, and nothing is lost.
pub async fn too_much_data_is_split(case: &'static dyn Case) {
    let bench = Bench::new(case);
    if !case.make_heavy(&bench.wire) {
        return;
    }
    bench.read().await;
    bench.assert_true("after splitting");
    let seen = bench.wire.take_seen();
    assert!(seen.iter().any(|seen| case.is_for_heavy(seen)), "nothing was split: the case is of no use");
}

/// Adds unknown fields to every object below.
fn sprout(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(sprout);
            fields.insert("zz_brand_new".to_owned(), serde_json::json!({ "nested": [1, null, "x"] }));
        }
        Value::Array(elements) => elements.iter_mut().for_each(sprout),
        _ => {}
    }
}
