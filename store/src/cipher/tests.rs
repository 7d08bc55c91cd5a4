use proptest::prelude::*;
use rows::{personal::Personal, seal::Seal};

use super::*;

fn ring(keys: usize) -> (Keyring, Vec<String>) {
    let lines: Vec<String> = (0..keys).map(|_| generate_key().unwrap().to_string()).collect();
    (Keyring::parse(&lines.join("\n")).unwrap(), lines)
}

fn cell<'a>(row: &'a [&'a str], column: &'a str) -> Cell<'a> {
    Cell { table: "billing_profiles", row, column }
}

#[test]
fn a_key_file_is_read_or_told_what_is_wrong_with_it() {
    let (keys, lines) = ring(2);
    let ids: Vec<&str> = keys.ids().collect();
    assert_eq!(ids.len(), 2);
    assert!(lines[0].starts_with(&format!("dynamoi-key-1:{}:", keys.newest_id())));
    let with_rest = format!("# made in March\n\n  {}  \n{}\n", lines[0], lines[1]);
    assert_eq!(Keyring::parse(&with_rest).unwrap(), keys);
    assert_ne!(Keyring::parse(&lines[0]).unwrap(), keys);
    let error = |text: &str| Keyring::parse(text).unwrap_err();
    assert_eq!(error("# nothing\n"), KeyError::Empty);
    assert_eq!(error("a passphrase"), KeyError::Form { line: 1 });
    assert_eq!(error(&lines[0].replace("key-1", "key-2")), KeyError::Form { line: 1 });
    assert_eq!(error(&format!("{}\n{}", lines[0], &lines[1][..40])), KeyError::Form { line: 2 });
    assert_eq!(error(&format!("{0}\n{0}", lines[0])), KeyError::Twice { line: 2 });
    let swapped = lines[0].replace(keys.newest_id(), ids[1]);
    assert_eq!(error(&swapped), KeyError::Damaged { line: 1 });
    let secret = lines[0].rsplit(':').next().unwrap();
    assert!(!format!("{keys:?}").contains(secret));
    for error in [error("a passphrase"), error(&swapped)] {
        assert!(!format!("{error:?} {error}").contains(secret));
    }
}

#[test]
fn old_keys_open_and_unknown_ones_are_named() {
    let (old, old_lines) = ring(1);
    let (new, new_lines) = ring(1);
    let both = Keyring::parse(&format!("{}\n{}", new_lines[0], old_lines[0])).unwrap();
    let place = cell(&["1", "cus_1"], "name");
    let sealed = old.seal_cell(place, b"Ada").unwrap();
    assert_eq!(**both.open_cell(place, &sealed).unwrap(), *b"Ada");
    assert_eq!(new.open_cell(place, &sealed).unwrap_err(), OpenError::UnknownKey(old.newest_id().to_owned()));
    let again = both.seal_cell(place, b"Ada").unwrap();
    assert_eq!(**new.open_cell(place, &again).unwrap(), *b"Ada");
    assert_eq!(Seal::open(&both, "token", &Seal::seal(&old, "token", b"x")), Some(b"x".to_vec()));
    assert_eq!(Seal::open(&both, "other", &Seal::seal(&old, "token", b"x")), None);
}

#[test]
fn a_digest_tells_changes_apart_and_needs_its_key() {
    let (keys, _) = ring(2);
    let (ada, empty) = (Personal::of("Ada"), None::<Personal>);
    let digest = |id: &str, row: &[&str], values: &[Option<&Personal>]| keys.digest(id, row, values);
    let newest = keys.newest_id();
    let base = digest(newest, &["cus_1"], &[ada.as_ref(), None]);
    assert_eq!(base, digest(newest, &["cus_1"], &[ada.as_ref(), empty.as_ref()]));
    assert_ne!(base, digest(newest, &["cus_1"], &[None, ada.as_ref()]));
    assert_ne!(base, digest(newest, &["cus_2"], &[ada.as_ref(), None]));
    assert_ne!(base, digest(keys.ids().nth(1).unwrap(), &["cus_1"], &[ada.as_ref(), None]));
    assert_eq!(digest("00000000", &["cus_1"], &[ada.as_ref(), None]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_sealed_opens_where_it_belongs_and_nowhere_else(
        plain in prop::collection::vec(any::<u8>(), 0..200),
        row in ".{0,20}", other in ".{0,20}", column in "[a-z_]{1,20}",
    ) {
        let (keys, _) = ring(1);
        let sealed = keys.seal_cell(cell(&["1", &row], &column), &plain).unwrap();
        prop_assert_eq!(&**keys.open_cell(cell(&["1", &row], &column), &sealed).unwrap(), &plain[..]);
        prop_assert_ne!(&sealed, &keys.seal_cell(cell(&["1", &row], &column), &plain).unwrap());
        if plain.len() > 4 {
            prop_assert!(!sealed.windows(plain.len()).any(|window| window == plain));
        }
        // Parts never run together.
        let moved = keys.open_cell(cell(&["1", &row, &other], &column), &sealed);
        prop_assert_eq!(moved.unwrap_err(), OpenError::Damaged);
        let joined = format!("1{row}");
        prop_assert_eq!(keys.open_cell(cell(&[&joined], &column), &sealed).unwrap_err(), OpenError::Damaged);
        if row != other {
            let moved = keys.open_cell(cell(&["1", &other], &column), &sealed);
            prop_assert_eq!(moved.unwrap_err(), OpenError::Damaged);
        }
    }

    #[test]
    fn a_changed_bit_is_noticed(
        plain in prop::collection::vec(any::<u8>(), 0..60), place in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let (keys, _) = ring(1);
        let cell = cell(&["1"], "name");
        let mut sealed = keys.seal_cell(cell, &plain).unwrap();
        let place = place.index(sealed.len());
        sealed[place] ^= 1 << bit;
        prop_assert!(keys.open_cell(cell, &sealed).is_err());
        sealed.truncate(place);
        prop_assert!(keys.open_cell(cell, &sealed).is_err());
    }

    #[test]
    fn any_bytes_and_any_key_text_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..80), text in ".{0,80}") {
        let (keys, _) = ring(1);
        prop_assert!(keys.open_cell(cell(&["1"], "name"), &bytes).is_err());
        let _ = Keyring::parse(&text);
        let _ = Keyring::parse(&format!("dynamoi-key-1:{text}"));
    }
}
