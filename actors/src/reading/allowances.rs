//! What a provider says is left of its allowances, as signals to the quota.

use std::time::Duration;

use crate::session::{Signal, quota::Scope};

/// One allowance.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// How much is left of it.
    pub left: i64,
    /// How much there is in all. More can be left than that, of an account that is granted more than most.
    pub granted: i64,
    /// When it is granted anew, from now.
    pub renewed: Duration,
}

/// How far the most used of these is used; and a wait while one of them is nearly empty: the last part in `reserve` is left to people.
pub fn signals(scope: Scope, allowances: impl IntoIterator<Item = Allowance>, reserve: i64) -> Vec<Signal> {
    let (mut fullest, mut longest) = (None, None);
    for Allowance { left, granted, renewed } in allowances {
        let used = granted.saturating_sub(left).max(0);
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let ratio = used as f64 / granted.max(1) as f64;
        fullest = Some(fullest.map_or(ratio, |fullest: f64| fullest.max(ratio)));
        if (granted - used).saturating_mul(reserve) <= granted {
            longest = longest.max(Some(renewed));
        }
    }
    let used = fullest.map(|ratio| Signal::Used { scope, ratio });
    used.into_iter().chain(longest.map(|wait| Signal::Hold { scope, wait })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(allowances: &[(i64, i64, u64)]) -> Vec<Signal> {
        let allowances = allowances.iter().map(|(left, granted, renewed)| Allowance {
            left: *left,
            granted: *granted,
            renewed: Duration::from_secs(*renewed),
        });
        signals(Scope::Account, allowances, 10)
    }

    #[test]
    fn the_most_used_counts_and_the_longest_of_the_nearly_empty_is_waited_for() {
        let used = |ratio| Signal::Used { scope: Scope::Account, ratio };
        let hold = |wait| Signal::Hold { scope: Scope::Account, wait: Duration::from_secs(wait) };
        assert_eq!(of(&[]), []);
        assert_eq!(of(&[(50, 100, 7), (30, 40, 9)]), [used(0.5)]);
        assert_eq!(of(&[(10, 100, 7), (0, 40, 9), (1, 1_000, 8)]), [used(1.0), hold(9)]);
        assert_eq!(of(&[(999, 100, 7)]), [used(0.0)]);
    }
}
