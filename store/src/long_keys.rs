//! Keys of any length on PostgreSQL, whose indexes refuse entries beyond about 2.7 kB. A long text stands in a key as its
//! beginning and its SHA-256; the whole of it stands in `long_texts`, from where views and readers take it. Ordinary keys
//! are stored as they are, and nothing is written or looked up for them. SQLite keeps keys of any length.
//!
//! SHA-256, because visitors of a website choose such texts: nobody may be able to find two that are taken for one.

use std::collections::BTreeMap;

use rows::quarantine::sha256_hex;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, sea_query::ArrayType};

use crate::{
    limits::{KEY_HEAD_CHARS, KEY_PLAIN_BYTES_MAX, LONG_KEYS_STATEMENT_MAX},
    sql::Sql,
    transaction::Transaction,
};

/// What stands between the beginning and the digest.
const MARK: &str = "…#";

/// Digits of the digest.
const DIGEST_LENGTH: usize = 64;

/// What stands in a key for this text; nothing where it stands there itself. What only looks like such a form is taken for
/// long, too, so that no text can pass for another one.
pub fn short(text: &str) -> Option<String> {
    let marked = text.len().checked_sub(DIGEST_LENGTH + MARK.len());
    let looks_short = marked.is_some_and(|at| text.as_bytes()[at..].starts_with(MARK.as_bytes()));
    if text.len() <= KEY_PLAIN_BYTES_MAX && !looks_short {
        return None;
    }
    let head: String = text.chars().take(KEY_HEAD_CHARS).collect();
    Some(format!("{head}{MARK}{}", sha256_hex(text.as_bytes())))
}

/// What stands in a key of this engine for this text.
pub fn stored(backend: DbBackend, text: String) -> String {
    if backend == DbBackend::Postgres { short(&text).unwrap_or(text) } else { text }
}

/// An expression for the whole text of a key's column. Only a text as long as a short form is looked up.
pub fn whole(backend: DbBackend, column: &str) -> String {
    if backend != DbBackend::Postgres {
        return column.to_owned();
    }
    format!(
        "CASE WHEN octet_length({column}) < {} THEN {column} ELSE \
         COALESCE((SELECT k.whole FROM long_texts k WHERE k.key = {column}), {column}) END",
        DIGEST_LENGTH + MARK.len()
    )
}

/// Keeps the whole of these texts, by their short form (PostgreSQL).
pub async fn write(tx: &Transaction<'_>, long: &BTreeMap<String, String>) -> Result<(), DbErr> {
    // In order: two writers cannot deadlock.
    let long: Vec<_> = long.iter().collect();
    for chunk in long.chunks(LONG_KEYS_STATEMENT_MAX) {
        let texts = chunk.iter().map(|(key, whole)| vec![key.as_str().into(), whole.as_str().into()]);
        let statement = Sql::new(tx.get_database_backend(), "INSERT INTO long_texts (key, whole) ")
            .keys(&[ArrayType::String, ArrayType::String], texts.collect())
            .text(" ON CONFLICT (key) DO NOTHING")
            .done();
        tx.execute_raw(statement).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_keys_stand_as_they_are() {
        for text in ["", "120210000000000001", "spring 2026 …# launch", &"a".repeat(KEY_PLAIN_BYTES_MAX)] {
            assert_eq!(short(text), None, "{text}");
        }
        let long = "ä".repeat(KEY_PLAIN_BYTES_MAX / 2 + 1);
        let form = short(&long).unwrap();
        assert!(form.starts_with(&"ä".repeat(KEY_HEAD_CHARS)) && form.len() <= KEY_PLAIN_BYTES_MAX, "{form}");
        // The short form of a text cannot be had as another text's key.
        assert_ne!(short(&form), None);
        assert_ne!(short(&form), Some(form));
    }

    proptest! {
        #[test]
        fn different_texts_have_different_keys(one in ".{0,700}", other in ".{0,700}") {
            let key = |text: &str| stored(DbBackend::Postgres, text.to_owned());
            prop_assert_eq!(key(&one) == key(&other), one == other);
            prop_assert!(key(&one).len() <= KEY_PLAIN_BYTES_MAX);
        }
    }
}
