//! A query's text as tokens.

use super::Refusal;

/// One token and where it begins and ends in the text, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A name or keyword; quoted names are never keywords.
    Name {
        text: String,
        quoted: bool,
    },
    Number(String),
    Text(String),
    /// `{name}`, filled from the request's `values`.
    Placeholder(String),
    Symbol(&'static str),
}

/// Longer ones first.
const SYMBOLS: [&str; 23] = [
    "==", "!=", "<>", "<=", ">=", "||", "??", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-", "*",
    "/", "%", "?", ":",
];

/// Splits a text; a character that belongs to no token refuses the query.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut rest = Rest { text, at: 0 };
    while rest.skip_blanks() {
        let start = rest.at;
        let kind = rest.token()?;
        found.push(Token { kind, start, end: rest.at });
    }
    Ok(found)
}

struct Rest<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Rest<'t> {
    fn ahead(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Moves to the next token; false at the end.
    fn skip_blanks(&mut self) -> bool {
        loop {
            let ahead = self.ahead();
            let blank = ahead.len() - ahead.trim_start().len();
            self.at += blank;
            let ahead = self.ahead();
            let comment = if ahead.starts_with("--") {
                ahead.find('\n').unwrap_or(ahead.len())
            } else if ahead.starts_with("/*") {
                ahead.find("*/").map_or(ahead.len(), |end| end + 2)
            } else {
                return !ahead.trim_end_matches(';').is_empty();
            };
            self.at += comment;
        }
    }

    fn token(&mut self) -> Result<Kind, Refusal> {
        let ahead = self.ahead();
        let first = ahead.chars().next().unwrap_or(' ');
        match first {
            'a'..='z' | 'A'..='Z' | '_' | '$' => {
                let text = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
                Ok(Kind::Name { text, quoted: false })
            }
            '0'..='9' => {
                let mut number = self.take_while(|c| c.is_ascii_digit());
                let fraction = self.ahead().strip_prefix('.').and_then(|rest| rest.chars().next());
                if fraction.is_some_and(|digit| digit.is_ascii_digit()) {
                    self.at += 1;
                    number.push('.');
                    number.push_str(&self.take_while(|c| c.is_ascii_digit()));
                }
                Ok(Kind::Number(number))
            }
            '\'' => self.quoted('\'').map(Kind::Text),
            '`' | '"' => Ok(Kind::Name { text: self.quoted(first)?, quoted: true }),
            '{' => {
                let end = ahead.find('}').ok_or_else(|| Refusal::syntax("unclosed placeholder", ahead))?;
                self.at += end + 1;
                Ok(Kind::Placeholder(ahead.get(1..end).unwrap_or_default().trim().to_owned()))
            }
            _ => {
                let symbol = SYMBOLS.into_iter().find(|symbol| ahead.starts_with(symbol));
                let symbol =
                    symbol.ok_or_else(|| Refusal::syntax("no viable alternative at input", ahead))?;
                self.at += symbol.len();
                Ok(Kind::Symbol(symbol))
            }
        }
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let ahead = self.ahead();
        let end = ahead.find(|c| !belongs(c)).unwrap_or(ahead.len());
        self.at += end;
        ahead.get(..end).unwrap_or_default().to_owned()
    }

    /// A quoted text: the quote is written twice or after a backslash inside.
    fn quoted(&mut self, quote: char) -> Result<String, Refusal> {
        let ahead = self.ahead();
        let mut text = String::new();
        let mut chars = ahead.char_indices().skip(1).peekable();
        while let Some((place, c)) = chars.next() {
            if c == '\\' {
                if let Some((_, escaped)) = chars.next() {
                    text.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        other => other,
                    });
                }
            } else if c != quote {
                text.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
                text.push(quote);
                chars.next();
            } else {
                self.at += place + 1;
                return Ok(text);
            }
        }
        Err(Refusal::syntax("unclosed quote", ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_begin_with_a_dollar_sign_and_quotes_may_be_inside_quotes() {
        let kinds: Vec<Kind> =
            tokens("session.$entry_utm_campaign='it''s \\'x\\'' -- end\n>= {from} /* c */ 1.5;")
                .unwrap()
                .into_iter()
                .map(|token| token.kind)
                .collect();
        let name = |text: &str| Kind::Name { text: text.to_owned(), quoted: false };
        assert_eq!(
            kinds,
            [
                name("session"),
                Kind::Symbol("."),
                name("$entry_utm_campaign"),
                Kind::Symbol("="),
                Kind::Text("it's 'x'".to_owned()),
                Kind::Symbol(">="),
                Kind::Placeholder("from".to_owned()),
                Kind::Number("1.5".to_owned()),
            ]
        );
        assert!(tokens("select #").is_err() && tokens("select 'open").is_err());
    }
}
