//! Faults: what can go wrong between a provider and its client, by chance or by script.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// One thing that goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The provider breaks with this status and says so in its own words; the request has no effect.
    Status(u16),
    /// The same words under status 200.
    Disguised(u16),
    /// The provider refuses: the client should wait this long.
    Limited(Duration),
    /// The credentials count as expired. No fault where the provider's never expire.
    Expired,
    /// The answer comes after this time.
    Hang(Duration),
    /// The body arrives in small pieces, with this time between them.
    Drip(Duration),
    /// Half of the body, then the connection closes; the length announced is the whole one.
    Truncate,
    /// The connection closes without an answer.
    Drop,
    /// Status 200 and a body that is no JSON.
    Garbage,
    /// The answer is JSON, but one value of its first row has the wrong type.
    Mistyped,
}

/// A fault and how often it strikes.
#[derive(Debug, Clone, PartialEq)]
pub struct Hazard {
    /// What goes wrong.
    pub fault: Fault,
    /// Chance per request that it begins (0 to 1).
    pub probability: f64,
    /// Requests in a row that it lasts, once begun; at least 1.
    pub burst: u32,
}

/// The faults of an imitation by chance. The default has none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chaos {
    /// Rolled in this order for every request that no burst is on for.
    pub hazards: Vec<Hazard>,
}

/// The names of the profiles, for a command line.
const NAMES: [&str; 8] = ["none", "storm", "errors", "slow", "truncated", "expired", "malformed", "mixed"];

impl Chaos {
    /// No faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// The names that [`Chaos::profile`] knows.
    pub fn names() -> &'static [&'static str] {
        &NAMES
    }

    /// A named set of faults.
    pub fn profile(name: &str) -> Option<Self> {
        let hazards = match name {
            "none" => Vec::new(),
            "storm" => vec![hazard(Fault::Limited(Duration::from_secs(5)), 0.05, 8)],
            "errors" => vec![
                hazard(Fault::Status(500), 0.03, 4),
                hazard(Fault::Status(503), 0.02, 3),
                hazard(Fault::Disguised(500), 0.01, 1),
                hazard(Fault::Drop, 0.01, 1),
            ],
            "slow" => vec![
                hazard(Fault::Drip(Duration::from_millis(40)), 0.2, 2),
                hazard(Fault::Hang(Duration::from_secs(3)), 0.05, 1),
            ],
            "truncated" => vec![hazard(Fault::Truncate, 0.1, 1), hazard(Fault::Drop, 0.03, 1)],
            "expired" => vec![hazard(Fault::Expired, 0.02, 5)],
            "malformed" => vec![hazard(Fault::Garbage, 0.05, 1), hazard(Fault::Mistyped, 0.1, 1)],
            "mixed" => vec![
                hazard(Fault::Limited(Duration::from_secs(5)), 0.01, 4),
                hazard(Fault::Status(500), 0.02, 2),
                hazard(Fault::Drip(Duration::from_millis(20)), 0.03, 1),
                hazard(Fault::Truncate, 0.02, 1),
                hazard(Fault::Drop, 0.01, 1),
                hazard(Fault::Garbage, 0.01, 1),
                hazard(Fault::Mistyped, 0.02, 1),
                hazard(Fault::Expired, 0.001, 2),
            ],
            _ => return None,
        };
        Some(Self { hazards })
    }
}

fn hazard(fault: Fault, probability: f64, burst: u32) -> Hazard {
    Hazard { fault, probability, burst }
}

/// Chaos at work on one imitation: seeded, so that a run can be repeated.
#[derive(Debug)]
pub(crate) struct FaultInjector {
    chaos: Chaos,
    chance: StdRng,
    burst: Option<(Fault, u32)>,
}

impl FaultInjector {
    pub(crate) fn new(chaos: Chaos, seed: u64) -> Self {
        Self { chaos, chance: StdRng::seed_from_u64(seed), burst: None }
    }

    pub(crate) fn set(&mut self, chaos: Chaos) {
        self.chaos = chaos;
        self.burst = None;
    }

    /// The fault that strikes the next request.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        if let Some((fault, left)) = self.burst.take() {
            if left > 1 {
                self.burst = Some((fault.clone(), left - 1));
            }
            return Some(fault);
        }
        let chance = &mut self.chance;
        let struck = self
            .chaos
            .hazards
            .iter()
            .find(|hazard| chance.random_bool(hazard.probability.clamp(0.0, 1.0)))?;
        if struck.burst > 1 {
            self.burst = Some((struck.fault.clone(), struck.burst - 1));
        }
        Some(struck.fault.clone())
    }
}

/// Gives one value of the first row the wrong type: the first text of the first object or list in the first list of such
/// becomes a list, one within an inner object where there is no other. Bodies without such a row stay as they are.
pub(crate) fn mistype(body: &[u8]) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(body) else {
        return body.to_vec();
    };
    let rows = match &mut value {
        serde_json::Value::Array(rows) => Some(rows),
        serde_json::Value::Object(fields) => fields
            .values_mut()
            .filter_map(serde_json::Value::as_array_mut)
            .find(|rows| rows.first().is_none_or(|row| row.is_object() || row.is_array())),
        _ => None,
    };
    let row = rows.and_then(|rows| rows.first_mut()).filter(|row| row.is_object() || row.is_array());
    if let Some(text) = row.and_then(first_text) {
        *text = serde_json::json!([{ "unexpected": text.clone() }]);
    }
    value.to_string().into_bytes()
}

/// The first text within a value; what is nearest counts as first.
fn first_text(value: &mut serde_json::Value) -> Option<&mut serde_json::Value> {
    if value.is_string() {
        return Some(value);
    }
    let mut inner: Vec<&mut serde_json::Value> = match value {
        serde_json::Value::Object(fields) => fields.values_mut().collect(),
        serde_json::Value::Array(items) => items.iter_mut().collect(),
        _ => return None,
    };
    inner.sort_by_key(|value| !value.is_string());
    inner.into_iter().find_map(first_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_profile_and_no_other_word_has() {
        for name in Chaos::names() {
            let profile = Chaos::profile(name).expect(name);
            assert_eq!(profile.hazards.is_empty(), *name == "none", "{name}");
        }
        assert_eq!(Chaos::profile("fair"), None);
    }

    #[test]
    fn the_same_seed_brings_the_same_faults_and_bursts_last() {
        let chaos = Chaos { hazards: vec![hazard(Fault::Status(500), 0.2, 3)] };
        let run = |seed| {
            let mut faults = FaultInjector::new(chaos.clone(), seed);
            (0..200).map(|_| faults.next().is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let lengths = run(7)
            .split(|struck| !struck)
            .map(<[bool]>::len)
            .filter(|length| *length > 0)
            .collect::<Vec<_>>();
        assert!(lengths.len() > 3, "{lengths:?}");
        assert!(
            lengths.iter().all(|length| length.is_multiple_of(3) || *length == lengths[lengths.len() - 1]),
            "{lengths:?}"
        );
    }

    #[test]
    fn a_mistyped_body_is_json_with_one_list_where_a_text_was() {
        let body = mistype(br#"{"data":[{"id":"1","n":2},{"id":"2"}]}"#);
        assert_eq!(body, br#"{"data":[{"id":[{"unexpected":"1"}],"n":2},{"id":"2"}]}"#);
        assert_eq!(mistype(br#"{"id":"1"}"#), br#"{"id":"1"}"#);
        let body = mistype(br#"{"columns":["day"],"results":[[1,"a"],[2,"b"]]}"#);
        assert_eq!(body, br#"{"columns":["day"],"results":[[1,[{"unexpected":"a"}]],[2,"b"]]}"#);
        let body = mistype(br#"{"results":[{"campaign":{"id":"1"},"metrics":{"clicks":"2"}}]}"#);
        assert_eq!(
            body,
            br#"{"results":[{"campaign":{"id":[{"unexpected":"1"}]},"metrics":{"clicks":"2"}}]}"#
        );
        let body = mistype(br#"{"data":[{"by":{"id":"1"},"id":"2"}]}"#);
        assert_eq!(body, br#"{"data":[{"by":{"id":"1"},"id":[{"unexpected":"2"}]}]}"#);
    }
}
