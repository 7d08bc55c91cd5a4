//! What cannot be understood is set aside, without anything personal.

use std::fmt::Write;

use rows::quarantine::Quarantined;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{rows::Problem, wire::Head};

/// Sets an object aside: why, where it stood, what it was, and a hash to know it again.
pub fn set_aside(raw: &RawValue, head: &Head, place: String, problem: Problem) -> Quarantined {
    let fields = [
        ("id", head.id.clone()),
        ("object", head.object.clone()),
        ("created", head.created.map(|created| created.to_string())),
    ];
    Quarantined {
        reason: problem.reason,
        detail: problem.detail,
        place,
        hash: sha256_hex(raw.get().as_bytes()),
        fields: fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        day: None,
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_allowed_fields_are_kept() {
        let raw = r#"{"id":"cus_1","object":"customer","created":"yesterday","email":"ada@example.com"}"#;
        let raw = serde_json::from_str::<&RawValue>(raw).unwrap();
        let head = Head { id: Some("cus_1".to_owned()), ..Head::default() };
        let problem = Problem { reason: "malformed", detail: String::new() };
        let aside = set_aside(raw, &head, "customers.list".to_owned(), problem);
        assert_eq!(aside.fields, vec![("id", "cus_1".to_owned())]);
        assert_eq!(aside.hash.len(), 64);
        assert!(!format!("{aside:?}").contains("example.com"));
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
