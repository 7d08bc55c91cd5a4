//! Reads the query language: `SELECT … FROM … WHERE … AND … PARAMETERS …`. It knows the fields of `fields`, the operators
//! `= != <= >= BETWEEN IN NOT IN`, and refuses all else (`ORDER BY` and `LIMIT` among it).

use std::cmp::Ordering;
use std::collections::VecDeque;

use jiff::civil::Date;
use serde_json::Value;

use super::errors::AdsError;
use super::fields::{Row, is_known, resource_of, selectable};

const DATE: &str = "segments.date";

/// A query that may be carried out.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) select: Vec<String>,
    pub(super) resource: String,
    conditions: Vec<(String, Test)>,
    /// The days that `segments.date` is held to, first and last.
    pub(super) days: Option<(Date, Date)>,
    pub(super) omits_resource_names: bool,
}

#[derive(Debug)]
enum Test {
    Between(Option<String>, Option<String>),
    Among(Vec<String>),
    NotAmong(Vec<String>),
}

/// Words, symbols and, with a quote before them, texts.
struct Parser {
    tokens: VecDeque<String>,
}

impl Query {
    pub(super) fn parse(text: &str) -> Result<Self, AdsError> {
        let mut parser = Parser { tokens: tokens(text)? };
        parser.expect("SELECT", "EXPECTED_SELECT")?;
        let select = parser.list(Parser::field)?;
        parser.expect("FROM", "EXPECTED_FROM")?;
        let resource = parser.next()?;
        let mut conditions = Vec::new();
        if parser.takes("WHERE") {
            conditions.push(parser.condition()?);
            while parser.takes("AND") {
                conditions.push(parser.condition()?);
            }
        }
        let mut omits_resource_names = false;
        if parser.takes("PARAMETERS") {
            parser.expect("omit_unselected_resource_names", "BAD_PARAMETER_NAME")?;
            parser.expect("=", "UNEXPECTED_INPUT")?;
            omits_resource_names = parser.takes("true");
            if !omits_resource_names {
                parser.expect("false", "BAD_PARAMETER_VALUE")?;
            }
        }
        if let Some(token) = parser.tokens.front() {
            return Err(AdsError::query("UNEXPECTED_INPUT", token));
        }
        let (on_days, conditions): (Vec<_>, Vec<_>) =
            conditions.into_iter().partition(|(field, _)| field == DATE);
        let days = days(on_days, select.iter().any(|field| field == DATE))?;
        let query = Self { select, resource, conditions, days, omits_resource_names };
        query.check()
    }

    /// Whether the fields go with the resource.
    fn check(self) -> Result<Self, AdsError> {
        let selectable = selectable(&self.resource)
            .ok_or_else(|| AdsError::query("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", &self.resource))?;
        let conditions = self.conditions.iter().map(|(field, _)| field);
        for field in self.select.iter().chain(conditions) {
            let is_there = selectable.contains(&resource_of(field))
                && !(self.resource == "geographic_view" && field == "metrics.engagements");
            let code = match resource_of(field) {
                _ if is_there => continue,
                "metrics" => "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
                "segments" => "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE",
                _ => "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE",
            };
            return Err(AdsError::query(code, field));
        }
        Ok(self)
    }

    pub(super) fn is_by_day(&self) -> bool {
        self.select.iter().any(|field| field == DATE)
    }

    /// The metrics selected.
    pub(super) fn metrics(&self) -> impl Iterator<Item = &String> {
        self.select.iter().filter(|field| resource_of(field) == "metrics")
    }

    /// Whether every condition but those on days holds.
    pub(super) fn keeps(&self, row: &Row<'_>) -> bool {
        self.conditions.iter().all(|(field, test)| {
            let value = compared(row, field);
            let is_among = |others: &[String]| others.iter().any(|other| compare(&value, other).is_eq());
            match test {
                Test::Among(others) => is_among(others),
                Test::NotAmong(others) => !is_among(others),
                Test::Between(low, high) => {
                    low.as_ref().is_none_or(|low| compare(&value, low).is_ge())
                        && high.as_ref().is_none_or(|high| compare(&value, high).is_le())
                }
            }
        })
    }
}

/// A row's value as text; empty for a type's default.
fn compared(row: &Row<'_>, field: &str) -> String {
    match row.read(field) {
        Some(Value::String(text)) => text,
        other => other.map(|value| value.to_string().to_uppercase()).unwrap_or_default(),
    }
}

/// By number where both are whole ones; 0, `FALSE` and no text are the same.
fn compare(left: &str, right: &str) -> Ordering {
    let [left, right] =
        [left, right].map(|text| if ["0", "FALSE", "false"].contains(&text) { "" } else { text });
    match (left.parse::<i128>(), right.parse::<i128>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => left.cmp(right),
    }
}

/// The days that conditions on `segments.date` leave; both ends must be told, also where there is none.
fn days(conditions: Vec<(String, Test)>, is_selected: bool) -> Result<Option<(Date, Date)>, AdsError> {
    if conditions.is_empty() && !is_selected {
        return Ok(None);
    }
    let read = |text: &String| text.parse::<Date>().map_err(|_| AdsError::query("INVALID_DATE_FORMAT", text));
    let (mut from, mut to) = (None, None);
    for (_, test) in conditions {
        let (low, high) = match test {
            Test::Between(low, high) => (low, high),
            Test::Among(days) if days.len() == 1 => (days.first().cloned(), days.first().cloned()),
            _ => return Err(AdsError::query("OPERATOR_FIELD_MISMATCH", DATE)),
        };
        from = low.as_ref().map(read).transpose()?.max(from);
        to = [high.as_ref().map(read).transpose()?, to].into_iter().flatten().min();
    }
    match from.zip(to) {
        None => Err(AdsError::query("EXPECTED_FILTERS_ON_DATE_RANGE", DATE)),
        Some((from, to)) if from > to => Err(AdsError::query("DATE_RANGE_TOO_NARROW", DATE)),
        days => Ok(days),
    }
}

fn tokens(text: &str) -> Result<VecDeque<String>, AdsError> {
    let mut tokens = VecDeque::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        let (token, end) = if first == '\'' || first == '"' {
            let end = rest[1..].find(first).ok_or_else(|| AdsError::query("STRING_NOT_TERMINATED", rest))?;
            (format!("'{}", &rest[1..=end]), end + 2)
        } else if let Some(symbol) = ["!=", "<=", ">="].iter().find(|symbol| rest.starts_with(**symbol)) {
            ((*symbol).to_owned(), 2)
        } else if "=<>,()".contains(first) {
            (first.to_string(), 1)
        } else {
            let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            if end == 0 {
                return Err(AdsError::query("BAD_SYMBOL", rest));
            }
            (rest[..end].to_owned(), end)
        };
        tokens.push_back(token);
        rest = rest[end..].trim_start();
    }
    Ok(tokens)
}

impl Parser {
    /// Whether this comes next, in any case; it is taken then.
    fn takes(&mut self, word: &str) -> bool {
        self.tokens.pop_front_if(|token| token.eq_ignore_ascii_case(word)).is_some()
    }

    fn expect(&mut self, word: &str, code: &'static str) -> Result<(), AdsError> {
        let found = self.tokens.front().map_or("end of query", String::as_str).to_owned();
        if self.takes(word) { Ok(()) } else { Err(AdsError::query(code, &found)) }
    }

    fn next(&mut self) -> Result<String, AdsError> {
        self.tokens.pop_front().ok_or_else(|| AdsError::query("UNEXPECTED_END_OF_QUERY", "end of query"))
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, AdsError>) -> Result<Vec<T>, AdsError> {
        let mut list = vec![read(self)?];
        while self.takes(",") {
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn field(&mut self) -> Result<String, AdsError> {
        let field = self.next()?;
        if is_known(&field) { Ok(field) } else { Err(AdsError::query("UNRECOGNIZED_FIELD", &field)) }
    }

    fn value(&mut self) -> Result<String, AdsError> {
        let value = self.next()?;
        Ok(value.strip_prefix('\'').unwrap_or(&value).to_owned())
    }

    fn condition(&mut self) -> Result<(String, Test), AdsError> {
        let field = self.field()?;
        let operator = self.next()?.to_uppercase();
        let is_negated = operator == "NOT";
        let test = match operator.as_str() {
            "=" => Test::Among(vec![self.value()?]),
            "!=" => Test::NotAmong(vec![self.value()?]),
            ">=" => Test::Between(Some(self.value()?), None),
            "<=" => Test::Between(None, Some(self.value()?)),
            "BETWEEN" => {
                let low = self.value()?;
                self.expect("AND", "EXPECTED_AND")?;
                Test::Between(Some(low), Some(self.value()?))
            }
            "IN" | "NOT" => {
                if is_negated {
                    self.expect("IN", "BAD_OPERATOR")?;
                }
                self.expect("(", "EXPECTED_LIST")?;
                let values = self.list(Self::value)?;
                self.expect(")", "EXPECTED_LIST")?;
                if is_negated { Test::NotAmong(values) } else { Test::Among(values) }
            }
            _ => return Err(AdsError::query("BAD_OPERATOR", &operator)),
        };
        Ok((field, test))
    }
}
