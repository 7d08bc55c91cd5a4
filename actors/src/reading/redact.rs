//! Texts of providers, fit to be shown: on one line, of bounded length, without what may be a secret or a person's.

/// What stands for what is left out.
const HIDDEN: &str = "[hidden]";
/// A run of letters and digits this long, a digit among them, may be a token. Ids have up to 19 digits, words are shorter.
const TOKEN_LENGTH_MIN: usize = 24;
/// How secrets begin, at providers that mark them: Stripe's keys, PostHog's, Meta's and Google's access tokens, signed
/// tokens, keys of object stores.
const SECRET_PREFIXES: [&str; 13] =
    ["sk_", "rk_", "pk_", "ek_", "whsec_", "phx_", "phc_", "phs_", "EAA", "ya29.", "GOCSPX-", "eyJ", "AKIA"];
/// How parameters are called whose value is a secret: the end of the name, in lower case.
const SECRET_NAMES: [&str; 8] =
    ["token", "secret", "proof", "key", "password", "signature", "sig", "authorization"];
/// Words after which a secret stands.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// A text on one line of at most `max` characters and an ellipsis. Without words that hold an address of a person's (`@`),
/// without what looks like a key or a token, and without the queries of web addresses.
pub fn line(text: &str, max: usize) -> String {
    // Enough for the line, whatever is left out of it: texts may have megabytes.
    let read = text.char_indices().nth(max.saturating_mul(4)).map_or(text, |(end, _)| &text[..end]);
    let mut words: Vec<&str> = read.split(is_separator).filter(|word| !word.is_empty()).collect();
    let is_cut = read.len() < text.len();
    if is_cut && words.len() > 1 {
        // What the cut has shortened could not be told for what it is.
        words.pop();
    }
    let mut line = String::new();
    let mut before = "";
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        if is_secret(word) || SCHEMES.iter().any(|scheme| before.eq_ignore_ascii_case(scheme)) {
            line.push_str(HIDDEN);
        } else {
            without_tokens(word, &mut line);
        }
        before = word;
    }
    match line.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if is_cut => line + "…",
        None => line,
    }
}

/// A text without what it quotes, unless that looks like an id or a name of the provider's own: a provider that repeats what it
/// was given, or keeps, repeats what people have typed there.
pub fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"', '`']) {
        let (before, quoted) = rest.split_at(at);
        let mut letters = quoted.chars();
        let mark = letters.next().unwrap_or_default();
        let inside = letters.as_str();
        out.push_str(before);
        out.push(mark);
        rest = inside;
        // Within a word it is an apostrophe.
        if out[..out.len() - mark.len_utf8()].ends_with(char::is_alphanumeric) {
            continue;
        }
        let end = inside
            .match_indices(mark)
            .map(|(end, _)| end)
            .find(|end| !inside[end + mark.len_utf8()..].starts_with(char::is_alphanumeric));
        let (value, after) = inside.split_at(end.unwrap_or(inside.len()));
        out.push_str(if is_technical(value) { value } else { HIDDEN });
        if end.is_some() {
            out.push(mark);
        }
        rest = after.get(mark.len_utf8()..).unwrap_or_default();
    }
    out + rest
}

/// An id, a field, a permission: one word with a digit or an underscore in it.
fn is_technical(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.*[]".contains(&byte))
        && value.bytes().any(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// White space, and what is not seen but moves what is: controls, marks of direction and of no width.
fn is_separator(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether nothing of a word may be shown.
fn is_secret(word: &str) -> bool {
    let begins = |prefix: &&str| {
        word.match_indices(*prefix)
            .any(|(at, _)| !word[..at].ends_with(|letter: char| letter.is_alphanumeric()))
    };
    word.contains(['@', '＠']) || SECRET_PREFIXES.iter().any(begins)
}

/// Adds a word, but for runs that may be tokens, values of parameters that are secrets, and the query of an address.
fn without_tokens(word: &str, line: &mut String) {
    let query = word.find("://").and_then(|at| Some(at + word[at..].find(['?', '#'])?));
    let mut rest = query.map_or(word, |at| &word[..at]);
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|letter| !is_of_token(letter)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(length.max(first.len_utf8()));
        let looks_random = run.len() >= TOKEN_LENGTH_MIN && run.bytes().any(|byte| byte.is_ascii_digit());
        let is_hidden = length > 0 && (looks_random || is_parameter(line));
        line.push_str(if is_hidden { HIDDEN } else { run });
        rest = after;
    }
    if query.is_some() {
        line.push('?');
        line.push_str(HIDDEN);
    }
}

const fn is_of_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '|' | '.' | '%' | '+')
}

/// Whether the value of a secret parameter follows: `access_token=`, `"client_secret":"`.
fn is_parameter(line: &str) -> bool {
    let name = line.trim_end_matches(['"', '\'']);
    let Some(name) = name.strip_suffix('=').or_else(|| name.strip_suffix(':')) else { return false };
    let name = name.trim_end_matches(['"', '\'']).as_bytes();
    SECRET_NAMES.iter().any(|secret| {
        name.len()
            .checked_sub(secret.len())
            .is_some_and(|at| name[at..].eq_ignore_ascii_case(secret.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        line(text, 300)
    }

    #[test]
    fn words_and_ids_are_kept() {
        for text in [
            "(#100) Unsupported get request on act_1234567890123456",
            "Unable to resolve field: $entry_utm_sauce",
            "No such charge: 'ch_3OaBcDeF'; invalid_request_error",
            "the week_days of a risk_level, key: value",
            "https://graph.facebook.com/v25.0/act_1234567890123456/insights",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn tokens_keys_and_addresses_are_not() {
        let token = "mNo8PqRs2".repeat(4);
        for (text, expected) in [
            (format!("Bad token {token} for act_1"), "Bad token [hidden] for act_1"),
            ("at access_token=abc&x=1".to_owned(), "at access_token=[hidden]&x=1"),
            (r#"{"client_secret":"abc","x":1}"#.to_owned(), r#"{"client_secret":"[hidden]","x":1}"#),
            ("Invalid API Key provided: rk_live_*4242".to_owned(), "Invalid API Key provided: [hidden]"),
            ("key 'phx_AbC' is unknown".to_owned(), "key [hidden] is unknown"),
            ("Authorization: Bearer abc".to_owned(), "Authorization: Bearer [hidden]"),
            ("refused for ada@example.com, sorry".to_owned(), "refused for [hidden] sorry"),
            ("see https://x.example/a?user=ada#b now".to_owned(), "see https://x.example/a?[hidden] now"),
            ("see https://ada:pw@x.example/".to_owned(), "see [hidden]"),
        ] {
            assert_eq!(shown(&text), expected);
        }
    }

    #[test]
    fn what_is_quoted_is_hidden_unless_it_is_an_id() {
        for (text, expected) in [
            ("No such charge: 'ch_3OaBcDeF'; sorry", "No such charge: 'ch_3OaBcDeF'; sorry"),
            ("Having the 'rak_charge_read' permission", "Having the 'rak_charge_read' permission"),
            ("No such customer: 'Ada Lovelace'", "No such customer: '[hidden]'"),
            ("name \"Lovelace\" can't be `Ada`.", "name \"[hidden]\" can't be `[hidden]`."),
            ("'O'Neill' and the rest", "'[hidden]' and the rest"),
            ("an open 'Ada Lovelace", "an open '[hidden]"),
            ("nothing quoted, it's plain", "nothing quoted, it's plain"),
            ("'", "'[hidden]"),
        ] {
            assert_eq!(unquoted(text), expected, "{text}");
        }
    }

    #[test]
    fn a_line_is_one_line_of_bounded_length() {
        assert_eq!(shown("a\r\n\tb\u{1b}[31m\u{202e}c\u{0}"), "a b [31m c");
        assert_eq!(line(&"long ".repeat(200), 20).chars().count(), 21);
        // A token that is cut off before it can be told for one is not shown either.
        let text = format!("{} {}", "ada@example.com ".repeat(9), "Ab1".repeat(2_000));
        assert!(!line(&text, 40).contains("Ab1"), "{}", line(&text, 40));
    }

    proptest! {
        #[test]
        fn nothing_planted_comes_out(
            before in "\\PC{0,40}", after in "\\PC{0,40}", token in "[A-Za-z]{12}[0-9][A-Za-z0-9]{12,40}", max in 1_usize..200,
        ) {
            for planted in [format!("{before} {token} {after}"), format!("{before} ada@{token}.example {after}")] {
                let shown = line(&planted, max);
                prop_assert!(!shown.contains(&token[..12]), "{shown}");
            }
            let address = format!("{before} https://api.example/x?token={} {after}", &token[..8]);
            prop_assert!(!line(&address, max).contains(&token[..8]));
        }

        #[test]
        fn any_text_loses_what_it_quotes(text in any::<String>(), name in "[A-Z][a-z]{9,20}", mark in "['\"`]") {
            unquoted(&text);
            let quoting = format!("no such customer: {mark}{name} {name}{mark}, {}", text.replace(&name, ""));
            prop_assert!(!unquoted(&quoting).contains(&name));
        }

        #[test]
        fn any_text_is_one_bounded_line(text in any::<String>(), max in 0_usize..100) {
            let shown = line(&text, max);
            prop_assert!(shown.chars().count() <= max + 1);
            prop_assert!(!shown.chars().any(char::is_control));
        }
    }
}
