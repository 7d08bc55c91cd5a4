//! Chance without state: the same seed and the same place give the same value, in whatever order they are asked. So a
//! world of any size costs nothing until somebody looks at it, and two runs agree.

/// One million: shares are integers of parts per million, so that no number here passes through a float.
pub(crate) const MILLION: u64 = 1_000_000;

/// A seed narrowed down to a place: an account, an advertisement, a day, a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// The seed of one place below this one.
    pub(crate) fn at(self, place: u64) -> Self {
        Self(mix(self.0.rotate_left(17) ^ mix(place)))
    }

    /// A whole number in `low..high`; `low` where the range is empty.
    pub(crate) fn between(self, low: u64, high: u64) -> u64 {
        let width = high.saturating_sub(low);
        if width == 0 { low } else { low + self.0 % width }
    }

    /// True once in `times` places.
    pub(crate) fn once_in(self, times: u64) -> bool {
        self.0.is_multiple_of(times.max(1))
    }
}

/// This many parts per million of a count, rounded down.
pub(crate) fn share(count: u64, parts_per_million: u64) -> u64 {
    let product = u128::from(count) * u128::from(parts_per_million) / u128::from(MILLION);
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// This many parts per million of a count, rounded up as often as `chance` (below a million) says: small counts do not all
/// vanish, the whole stays the whole, and with the same chance more parts are never fewer.
pub(crate) fn likely_share(count: u64, parts_per_million: u64, chance: u64) -> u64 {
    let product = u128::from(count) * u128::from(parts_per_million) + u128::from(chance.min(MILLION - 1));
    u64::try_from(product / u128::from(MILLION)).unwrap_or(u64::MAX)
}

/// The finalizer of `SplitMix64`.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
