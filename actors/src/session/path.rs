//! Paths from segments, so that an id stays one segment whatever it holds.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a segment as it is: letters and digits, what is never special in an address (RFC 3986, 2.3), and the colon
/// of `googleAds:search` and `isrc:GBDUW0000059`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// `/v1/charges/ch_1` from its segments. An empty last one makes a slash at the end.
pub fn path_of(segments: &[&str]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        // `.` and `..` climb, written as `%2E` too: encoded twice they are the name of no object.
        let dot = if matches!(*segment, "." | "..") { "%252E" } else { "%2E" };
        let rest = segment.trim_start_matches('.');
        path.extend(std::iter::repeat_n(dot, segment.len() - rest.len()));
        path.extend(utf8_percent_encode(rest, ENCODED));
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn ids_stay_one_segment() {
        assert_eq!(path_of(&["v1", "charges", "ch_3OaBc"]), "/v1/charges/ch_3OaBc");
        assert_eq!(path_of(&["../25% off?"]), "/%2E%2E%2F25%25%20off%3F");
        assert_eq!(
            path_of(&["v25.0", "act_1", "insights", "isrc:GB-DUW"]),
            "/v25.0/act_1/insights/isrc:GB-DUW"
        );
        assert_eq!(path_of(&["api", "query", ""]), "/api/query/");
        assert_eq!(path_of(&["é/日"]), "/%C3%A9%2F%E6%97%A5");
    }

    #[test]
    fn dots_do_not_climb() {
        for id in [".", "..", "...", "%2e%2e", "./..", "..\\"] {
            let url = Url::parse(&format!("https://api.example{}", path_of(&["v1", "charges", id]))).unwrap();
            assert_eq!(url.path_segments().unwrap().take(2).collect::<Vec<_>>(), ["v1", "charges"], "{id}");
            assert_eq!(url.path_segments().unwrap().count(), 3, "{id}");
        }
    }

    proptest! {
        #[test]
        fn any_id_stays_in_its_place(id in ".{1,20}") {
            let url = Url::parse(&format!("https://api.example{}", path_of(&["v1", &id, "items"]))).unwrap();
            prop_assert_eq!(url.path_segments().unwrap().count(), 3);
            prop_assert!(url.query().is_none() && url.fragment().is_none());
            prop_assert!(url.path().starts_with("/v1/") && url.path().ends_with("/items"));
        }
    }
}
