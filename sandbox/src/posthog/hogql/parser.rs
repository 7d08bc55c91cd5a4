//! Reads a query's text. What HogQL can do and this reader cannot is refused, never guessed.

use serde_json::Map;

use super::Refusal;
use super::ast::{Column, Expr, From, Order, Query, Select, Source};
use super::lexer::{Kind, Token, tokens};

/// Words that end an expression, so that no alias is one of them.
const RESERVED: [&str; 31] = [
    "nulls", "select", "from", "where", "group", "having", "order", "limit", "offset", "union", "as", "and",
    "or", "not", "in", "like", "ilike", "is", "between", "asc", "desc", "by", "join", "left", "inner", "on",
    "prewhere", "then", "else", "end", "when",
];

/// Reads a query; `values` fill its placeholders.
pub(crate) fn parse(text: &str, values: &Map<String, serde_json::Value>) -> Result<Query, Refusal> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, values, depth: 0 };
    let query = parser.query()?;
    if parser.at < parser.tokens.len() {
        return Err(parser.unexpected());
    }
    Ok(query)
}

/// Expressions and selections may be this deep inside each other.
const DEPTH_LIMIT: usize = 60;

pub(super) struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    pub(super) at: usize,
    pub(super) values: &'t Map<String, serde_json::Value>,
    depth: usize,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    pub(super) fn unexpected(&self) -> Refusal {
        let start = self.tokens.get(self.at).map_or(self.text.len(), |token| token.start);
        Refusal::syntax("mismatched input", self.text.get(start..).unwrap_or_default())
    }

    /// Takes this symbol if it is next.
    pub(super) fn symbol(&mut self, wanted: &str) -> bool {
        let next = matches!(self.peek(), Some(Kind::Symbol(symbol)) if *symbol == wanted);
        self.at += usize::from(next);
        next
    }

    pub(super) fn expect(&mut self, wanted: &str) -> Result<(), Refusal> {
        if self.symbol(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn is_word(&self, wanted: &str) -> bool {
        matches!(self.peek(), Some(Kind::Name { text, quoted: false }) if text.eq_ignore_ascii_case(wanted))
    }

    /// Takes this keyword if it is next.
    pub(super) fn word(&mut self, wanted: &str) -> bool {
        let next = self.is_word(wanted);
        self.at += usize::from(next);
        next
    }

    pub(super) fn expect_word(&mut self, wanted: &str) -> Result<(), Refusal> {
        if self.word(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Takes two keywords if they are next.
    fn words(&mut self, first: &str, second: &str) -> bool {
        let before = self.at;
        if self.word(first) && self.word(second) {
            return true;
        }
        self.at = before;
        false
    }

    /// Takes a name that is no keyword.
    pub(super) fn name(&mut self) -> Option<String> {
        let Some(Kind::Name { text, quoted }) = self.peek() else {
            return None;
        };
        if !quoted && RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
            return None;
        }
        let text = text.clone();
        self.at += 1;
        Some(text)
    }

    pub(super) fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if self.depth == DEPTH_LIMIT {
            return Err(Refusal::new("The query is nested too deeply."));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn query(&mut self) -> Result<Query, Refusal> {
        let mut selects = vec![self.select()?];
        while self.words("union", "all") {
            selects.push(self.select()?);
        }
        Ok(Query { selects })
    }

    fn select(&mut self) -> Result<Select, Refusal> {
        if self.symbol("(") {
            let select = self.deeper(Self::select)?;
            self.expect(")")?;
            return Ok(select);
        }
        let mut named = Vec::new();
        if self.word("with") {
            loop {
                let name = self.name().ok_or_else(|| self.unexpected())?;
                self.expect_word("as")?;
                named.push((name, self.parenthesised_query()?));
                if !self.symbol(",") {
                    break;
                }
            }
        }
        self.expect_word("select")?;
        let distinct = self.word("distinct");
        let mut columns = vec![self.column()?];
        while self.symbol(",") {
            columns.push(self.column()?);
        }
        let from = if self.word("from") { Some(self.from()?) } else { None };
        let filter = if self.word("where") { Some(self.expr()?) } else { None };
        let group_by = if self.words("group", "by") { self.list()? } else { Vec::new() };
        let having = if self.word("having") { Some(self.expr()?) } else { None };
        let order_by = if self.words("order", "by") { self.orders()? } else { Vec::new() };
        let limit = if self.word("limit") { Some(self.expr()?) } else { None };
        let offset = if self.word("offset") { Some(self.expr()?) } else { None };
        Ok(Select { named, distinct, columns, from, filter, group_by, having, order_by, limit, offset })
    }

    fn parenthesised_query(&mut self) -> Result<Query, Refusal> {
        self.expect("(")?;
        let query = self.deeper(Self::query)?;
        self.expect(")")?;
        Ok(query)
    }

    fn column(&mut self) -> Result<Column, Refusal> {
        let first = self.at;
        let expr = if self.symbol("*") { Expr::Star } else { self.expr()? };
        let last = self.at.saturating_sub(1);
        let alias =
            if self.word("as") { Some(self.name().ok_or_else(|| self.unexpected())?) } else { self.name() };
        let aliased = alias.is_some();
        let name = match (alias, &expr) {
            (Some(alias), _) => alias,
            (None, Expr::Field(chain)) => chain.last().cloned().unwrap_or_default(),
            (None, _) => self.between(first, last),
        };
        Ok(Column { expr, name, aliased })
    }

    /// The text of these tokens.
    fn between(&self, first: usize, last: usize) -> String {
        let start = self.tokens.get(first).map_or(0, |token| token.start);
        let end = self.tokens.get(last).map_or(start, |token| token.end);
        self.text.get(start..end).unwrap_or_default().to_owned()
    }

    fn from(&mut self) -> Result<From, Refusal> {
        let source = if matches!(self.peek(), Some(Kind::Symbol("("))) {
            Source::Query(Box::new(self.parenthesised_query()?))
        } else {
            Source::Table(self.name().ok_or_else(|| self.unexpected())?)
        };
        let alias =
            if self.word("as") { Some(self.name().ok_or_else(|| self.unexpected())?) } else { self.name() };
        Ok(From { source, alias })
    }

    pub(super) fn list(&mut self) -> Result<Vec<Expr>, Refusal> {
        let mut list = vec![self.expr()?];
        while self.symbol(",") {
            list.push(self.expr()?);
        }
        Ok(list)
    }

    fn orders(&mut self) -> Result<Vec<Order>, Refusal> {
        let mut orders = Vec::new();
        loop {
            let expr = self.expr()?;
            let descending = self.word("desc");
            if !descending {
                self.word("asc");
            }
            if self.word("nulls") {
                self.expect_word("last")?;
            }
            orders.push(Order { expr, descending });
            if !self.symbol(",") {
                return Ok(orders);
            }
        }
    }
}
