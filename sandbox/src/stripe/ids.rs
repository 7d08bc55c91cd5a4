//! Ids that look like Stripe's and still lead back to the record: a serial number, scrambled without loss, in
//! base 62. Worlds of a million objects need no index of ids.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// A 64-bit number needs eleven digits of base 62.
const DIGITS: usize = 11;
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Well mixed 64 bits from any 64 bits (splitmix64): all "chance" of the world comes from it.
pub(super) fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(FACTOR);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// `digits` characters of base 62, least significant first.
pub(super) fn base62(mut value: u64, digits: usize) -> String {
    (0..digits)
        .map(|_| {
            let digit = usize::try_from(value % 62).unwrap_or(0);
            value /= 62;
            char::from(ALPHABET[digit])
        })
        .collect()
}

/// The body of an id: short (14 characters, as `cus_`) or long (24, as `ch_`, which carry the account's token).
pub(super) fn encode(key: u64, serial: u32, lead: Option<char>) -> String {
    let scrambled = scramble(u64::from(serial) ^ key);
    let digits = base62(scrambled, DIGITS);
    match lead {
        None => format!("{digits}{}", base62(mix(scrambled), 3)),
        Some(lead) => format!("{lead}{digits}LkdIwHu7{}", base62(mix(scrambled), 4)),
    }
}

/// The serial number behind an id's body, if it can be one; the caller compares by encoding it again.
pub(super) fn decode(key: u64, body: &str, lead: Option<char>) -> Option<u32> {
    let digits = match lead {
        None => body,
        Some(lead) => body.strip_prefix(lead)?,
    };
    let mut value: u64 = 0;
    for byte in digits.as_bytes().get(..DIGITS)?.iter().rev() {
        let digit = ALPHABET.iter().position(|letter| letter == byte)?;
        value = value.checked_mul(62)?.checked_add(u64::try_from(digit).ok()?)?;
    }
    u32::try_from(unscramble(value) ^ key).ok()
}

fn scramble(value: u64) -> u64 {
    let once = value.wrapping_mul(FACTOR);
    (once ^ (once >> 32)).wrapping_mul(FACTOR)
}

fn unscramble(value: u64) -> u64 {
    // Newton's iteration for the inverse of an odd number modulo 2^64: five steps double 3 bits to 96.
    let mut inverse = FACTOR;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(FACTOR.wrapping_mul(inverse)));
    }
    let once = value.wrapping_mul(inverse);
    (once ^ (once >> 32)).wrapping_mul(inverse)
}
