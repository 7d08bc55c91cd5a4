//! What is set aside without having been sent: there is no text to know it again by, so that what it is about takes its place, and
//! the same trouble is one entry however often it is met.

use rows::quarantine::{Quarantined, sha256_hex};

/// An entry: `reason` for labels, `detail` for people, `about` what it is known again by.
pub fn note(
    reason: &'static str,
    detail: String,
    place: &str,
    about: &str,
    fields: Vec<(&'static str, String)>,
) -> Quarantined {
    let hash = sha256_hex(about.as_bytes());
    Quarantined { reason, detail, place: place.to_owned(), hash, fields, day: None }
}

/// Of the list in this place, less came than is counted: what came is stored, and nothing is deleted for what did not.
pub fn incomplete(place: &str, what: &str, fields: Vec<(&'static str, String)>) -> Quarantined {
    let detail = format!("{what}: nothing is deleted for what is missing");
    note("incomplete", detail, place, &format!("incomplete\n{place}"), fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_is_one_entry() {
        let first = incomplete("/v1/ads", "3 of 5 rows came", Vec::new());
        let second = incomplete("/v1/ads", "4 of 5 rows came", vec![("property", "7".to_owned())]);
        assert_eq!((first.reason, &first.hash, first.day), ("incomplete", &second.hash, None));
        assert_ne!(first.hash, incomplete("/v1/campaigns", "3 of 5 rows came", Vec::new()).hash);
        assert!(first.detail.contains("nothing is deleted"));
    }
}
