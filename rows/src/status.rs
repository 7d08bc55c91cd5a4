//! What the networks' status words mean. The words themselves are kept as the network writes them; an unknown one
//! counts as not active.

/// The advertiser wants it to run: `ACTIVE` (Meta and most others), `ENABLED` (Google, Amazon), `ENABLE` (TikTok).
const ACTIVE: [&str; 3] = ["ACTIVE", "ENABLED", "ENABLE"];

/// It runs, or would if somebody bid: the words above, Meta's states of a campaign that delivers with remarks, Google's
/// primary statuses of one that can serve, TikTok's secondary statuses, and the plain words that others use.
const DELIVERING: [&str; 10] = [
    "IN_PROCESS",
    "WITH_ISSUES",
    "ELIGIBLE",
    "LIMITED",
    "LEARNING",
    "CAMPAIGN_STATUS_ENABLE",
    "CAMPAIGN_STATUS_DELIVERY_OK",
    "RUNNING",
    "SERVING",
    "DELIVERING",
];

/// Whether a configured status says that the object should run. In any case of letters.
pub fn is_active(status: &str) -> bool {
    is_one_of(status, &ACTIVE)
}

/// Whether an effective status says that the object runs. In any case of letters.
pub fn is_delivering(effective_status: &str) -> bool {
    is_active(effective_status) || is_one_of(effective_status, &DELIVERING)
}

/// Whether reality differs from what was asked for: the configured status is active, the effective one is not (rejected,
/// out of money, ended, paused above). `None` when one of them is unknown.
pub fn drift(status: Option<&str>, effective_status: Option<&str>) -> Option<bool> {
    Some(is_active(status?) && !is_delivering(effective_status?))
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|one| word.eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_asked_for_but_not_running() {
        assert_eq!(drift(Some("ACTIVE"), Some("ACTIVE")), Some(false));
        assert_eq!(drift(Some("active"), Some("Active")), Some(false));
        assert_eq!(drift(Some("ENABLED"), Some("ELIGIBLE")), Some(false));
        assert_eq!(drift(Some("ENABLE"), Some("CAMPAIGN_STATUS_ENABLE")), Some(false));
        assert_eq!(drift(Some("ENABLED"), Some("ENDED")), Some(true));
        assert_eq!(drift(Some("ACTIVE"), Some("A_WORD_OF_NEXT_YEAR")), Some(true), "unknown is not active");
        assert_eq!(drift(Some("PAUSED"), Some("PAUSED")), Some(false));
        assert_eq!(drift(None, Some("ACTIVE")), None);
        assert_eq!(drift(Some("ACTIVE"), None), None);
    }
}
