//! Who is shown where not everybody can be: every connection gets an equal share, and what one does not need is the
//! others'. So one tenant's thousands never hide another's few.

use std::collections::BTreeMap;

/// How many members were left out, by connection.
pub(super) type LeftOut = BTreeMap<String, usize>;

/// At most `max`, in their order: of each connection the first ones, as many as its share holds.
pub(super) fn fair<T>(all: Vec<T>, max: usize, connection: impl Fn(&T) -> &str) -> (Vec<T>, LeftOut) {
    if all.len() <= max {
        return (all, LeftOut::new());
    }
    let mut left = LeftOut::new();
    for member in &all {
        match left.get_mut(connection(member)) {
            Some(count) => *count += 1,
            None => drop(left.insert(connection(member).to_owned(), 1)),
        }
    }
    let mut by_size: Vec<(usize, String)> = left.iter().map(|(name, count)| (*count, name.clone())).collect();
    by_size.sort_unstable();
    let (mut free, mut shares) = (max, BTreeMap::new());
    for (place, (count, name)) in by_size.iter().enumerate() {
        let share = (*count).min(free / (by_size.len() - place));
        free -= share;
        shares.insert(name.clone(), share);
    }
    let mut shown = Vec::with_capacity(max);
    for member in all {
        let name = connection(&member);
        if let (Some(share), Some(left)) = (shares.get_mut(name), left.get_mut(name))
            && *share > 0
        {
            (*share, *left) = (*share - 1, *left - 1);
            shown.push(member);
        }
    }
    left.retain(|_, count| *count > 0);
    (shown, left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Members as (connection, number).
    fn members(counts: &[usize]) -> Vec<(String, usize)> {
        let of = |(name, count): (usize, &usize)| (0..*count).map(move |number| (format!("c{name}"), number));
        counts.iter().enumerate().flat_map(of).collect()
    }

    fn shares(counts: &[usize], max: usize) -> Vec<usize> {
        let (shown, left) = fair(members(counts), max, |(name, _)| name);
        let of = |name: usize| shown.iter().filter(|(of, _)| *of == format!("c{name}")).count();
        for (name, count) in counts.iter().enumerate() {
            assert_eq!(of(name) + left.get(&format!("c{name}")).copied().unwrap_or(0), *count);
        }
        (0..counts.len()).map(of).collect()
    }

    #[test]
    fn the_few_are_whole_and_the_many_share_the_rest() {
        assert_eq!(shares(&[24, 3, 1], 10), [6, 3, 1]);
        assert_eq!(shares(&[24, 24, 3], 11), [4, 4, 3]);
        assert_eq!(shares(&[5, 5], 20), [5, 5]);
        assert_eq!(shares(&[5, 5, 5], 2).iter().sum::<usize>(), 2);
        assert_eq!(shares(&[5], 0), [0]);
    }

    proptest! {
        #[test]
        fn nothing_is_wasted_and_nobody_gets_less_than_an_equal_share(
            counts in prop::collection::vec(0_usize..40, 1..8), max in 0_usize..100,
        ) {
            let given = shares(&counts, max);
            let (total, shown) = (counts.iter().sum::<usize>(), given.iter().sum::<usize>());
            prop_assert_eq!(shown, total.min(max));
            let equal = max / counts.iter().filter(|count| **count > 0).count().max(1);
            for (given, count) in given.iter().zip(&counts) {
                prop_assert!(*given >= (*count).min(equal));
            }
            let (shown, _) = fair(members(&counts), max, |(name, _)| name);
            prop_assert!(shown.is_sorted_by(|a, b| a.0 != b.0 || a.1 < b.1), "in their order, the first ones");
        }
    }
}
