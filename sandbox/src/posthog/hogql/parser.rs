//! Reads a query's text. What HogQL can do and this reader cannot is refused, never guessed.

use serde_json::Map;

use super::Refusal;
use super::ast::{Call, Column, Expr, From, Order, Query, Select, Source};
use super::lexer::{Kind, Token, tokens};
use super::value::Value;

/// Words that end an expression, so that no alias is one of them.
const RESERVED: [&str; 30] = [
    "select", "from", "where", "group", "having", "order", "limit", "offset", "union", "as", "and", "or",
    "not", "in", "like", "ilike", "is", "between", "asc", "desc", "by", "join", "left", "inner", "on",
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
    at: usize,
    values: &'t Map<String, serde_json::Value>,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn unexpected(&self) -> Refusal {
        let start = self.tokens.get(self.at).map_or(self.text.len(), |token| token.start);
        Refusal::syntax("mismatched input", self.text.get(start..).unwrap_or_default())
    }

    /// Takes this symbol if it is next.
    fn symbol(&mut self, wanted: &str) -> bool {
        let next = matches!(self.peek(), Some(Kind::Symbol(symbol)) if *symbol == wanted);
        self.at += usize::from(next);
        next
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Refusal> {
        if self.symbol(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn is_word(&self, wanted: &str) -> bool {
        matches!(self.peek(), Some(Kind::Name { text, quoted: false }) if text.eq_ignore_ascii_case(wanted))
    }

    /// Takes this keyword if it is next.
    fn word(&mut self, wanted: &str) -> bool {
        let next = self.is_word(wanted);
        self.at += usize::from(next);
        next
    }

    fn expect_word(&mut self, wanted: &str) -> Result<(), Refusal> {
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
    fn name(&mut self) -> Option<String> {
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

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        if self.depth == DEPTH_LIMIT {
            return Err(Refusal::new("The query is nested too deeply."));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn query(&mut self) -> Result<Query, Refusal> {
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

    fn list(&mut self) -> Result<Vec<Expr>, Refusal> {
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
            orders.push(Order { expr, descending });
            if !self.symbol(",") {
                return Ok(orders);
            }
        }
    }

    /// An expression, from the weakest operator down.
    fn expr(&mut self) -> Result<Expr, Refusal> {
        self.deeper(|parser| {
            let condition = parser.nullish()?;
            if !parser.symbol("?") {
                return Ok(condition);
            }
            let yes = parser.expr()?;
            parser.expect(":")?;
            let no = parser.expr()?;
            Ok(Expr::call("if", vec![condition, yes, no]))
        })
    }

    fn nullish(&mut self) -> Result<Expr, Refusal> {
        let mut left = self.or()?;
        while self.symbol("??") {
            left = Expr::call("ifNull", vec![left, self.or()?]);
        }
        Ok(left)
    }

    fn or(&mut self) -> Result<Expr, Refusal> {
        let mut parts = vec![self.and()?];
        while self.word("or") {
            parts.push(self.and()?);
        }
        Ok(joined("or", parts))
    }

    fn and(&mut self) -> Result<Expr, Refusal> {
        let mut parts = vec![self.not()?];
        while self.word("and") {
            parts.push(self.not()?);
        }
        Ok(joined("and", parts))
    }

    fn not(&mut self) -> Result<Expr, Refusal> {
        if self.word("not") {
            let inner = self.deeper(Self::not)?;
            return Ok(Expr::call("not", vec![inner]));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expr, Refusal> {
        let left = self.sum()?;
        if self.word("is") {
            let name = if self.word("not") { "isNotNull" } else { "isNull" };
            self.expect_word("null")?;
            return Ok(Expr::call(name, vec![left]));
        }
        let negated = self.word("not");
        if self.word("in") {
            let right = self.in_list()?;
            return Ok(Expr::call(if negated { "notIn" } else { "in" }, vec![left, right]));
        }
        for (word, plain, contrary) in [("like", "like", "notLike"), ("ilike", "ilike", "notILike")] {
            if self.word(word) {
                let right = self.sum()?;
                return Ok(Expr::call(if negated { contrary } else { plain }, vec![left, right]));
            }
        }
        if self.word("between") {
            let low = self.sum()?;
            self.expect_word("and")?;
            let high = self.sum()?;
            let from = Expr::call("greaterOrEquals", vec![left.clone(), low]);
            let inside = Expr::call("and", vec![from, Expr::call("lessOrEquals", vec![left, high])]);
            return Ok(if negated { Expr::call("not", vec![inside]) } else { inside });
        }
        if negated {
            return Err(self.unexpected());
        }
        let operators = [
            ("==", "equals"),
            ("=", "equals"),
            ("!=", "notEquals"),
            ("<>", "notEquals"),
            ("<=", "lessOrEquals"),
            (">=", "greaterOrEquals"),
            ("<", "less"),
            (">", "greater"),
        ];
        for (symbol, name) in operators {
            if self.symbol(symbol) {
                return Ok(Expr::call(name, vec![left, self.sum()?]));
            }
        }
        Ok(left)
    }

    /// `(1, 2)` is a list even of one; anything else is an expression that must be a list.
    fn in_list(&mut self) -> Result<Expr, Refusal> {
        if !self.symbol("(") {
            return self.sum();
        }
        if self.is_word("select") || self.is_word("with") {
            let query = self.deeper(Self::query)?;
            self.expect(")")?;
            return Ok(Expr::Query(Box::new(query)));
        }
        let list = self.list()?;
        self.expect(")")?;
        Ok(Expr::call("tuple", list))
    }

    fn sum(&mut self) -> Result<Expr, Refusal> {
        let mut left = self.product()?;
        loop {
            let name = match self.peek() {
                Some(Kind::Symbol("+")) => "plus",
                Some(Kind::Symbol("-")) => "minus",
                Some(Kind::Symbol("||")) => "concat",
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::call(name, vec![left, self.product()?]);
        }
    }

    fn product(&mut self) -> Result<Expr, Refusal> {
        let mut left = self.unary()?;
        loop {
            let name = match self.peek() {
                Some(Kind::Symbol("*")) => "multiply",
                Some(Kind::Symbol("/")) => "divide",
                Some(Kind::Symbol("%")) => "modulo",
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::call(name, vec![left, self.unary()?]);
        }
    }

    fn unary(&mut self) -> Result<Expr, Refusal> {
        if self.symbol("-") {
            let inner = self.deeper(Self::unary)?;
            return Ok(Expr::call("negate", vec![inner]));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expr, Refusal> {
        let kind = self.peek().cloned().ok_or_else(|| self.unexpected())?;
        match kind {
            Kind::Number(text) => {
                self.at += 1;
                Value::number(&text).map(Expr::Literal).ok_or_else(|| Refusal::syntax("a number", &text))
            }
            Kind::Text(text) => {
                self.at += 1;
                Ok(Expr::Literal(Value::text(&text)))
            }
            Kind::Placeholder(name) => {
                self.at += 1;
                let value = self
                    .values
                    .get(&name)
                    .ok_or_else(|| Refusal::new(format!("Unresolved placeholder: {{{name}}}")))?;
                Value::from_json(value)
                    .map(Expr::Literal)
                    .ok_or_else(|| Refusal::new(format!("Placeholder {{{name}}} holds no constant")))
            }
            Kind::Symbol("(") => self.parentheses(),
            Kind::Symbol("[") => {
                self.at += 1;
                let list = if self.symbol("]") {
                    Vec::new()
                } else {
                    let list = self.list()?;
                    self.expect("]")?;
                    list
                };
                Ok(Expr::call("array", list))
            }
            Kind::Symbol(_) => Err(self.unexpected()),
            Kind::Name { text, quoted } => self.named(&text, quoted),
        }
    }

    /// A grouped expression, a tuple or a selection.
    fn parentheses(&mut self) -> Result<Expr, Refusal> {
        self.at += 1;
        if self.is_word("select") || self.is_word("with") {
            let query = self.deeper(Self::query)?;
            self.expect(")")?;
            return Ok(Expr::Query(Box::new(query)));
        }
        let parts = self.list()?;
        self.expect(")")?;
        Ok(joined("tuple", parts))
    }

    /// What begins with a name: a constant, a call or a field.
    fn named(&mut self, text: &str, quoted: bool) -> Result<Expr, Refusal> {
        if !quoted {
            match text.to_ascii_lowercase().as_str() {
                "null" => return Ok(self.constant(Value::Null)),
                "true" => return Ok(self.constant(Value::Bool(true))),
                "false" => return Ok(self.constant(Value::Bool(false))),
                "case" => return self.case(),
                "interval" => return self.interval(),
                _ => {}
            }
        }
        let name = self.name().ok_or_else(|| self.unexpected())?;
        if !quoted && self.symbol("(") {
            return self.call(&name);
        }
        let mut chain = vec![name];
        loop {
            if self.symbol(".") {
                let Some(Kind::Name { text, .. }) = self.peek().cloned() else {
                    return Err(self.unexpected());
                };
                self.at += 1;
                chain.push(text);
            } else if self.symbol("[") {
                let Some(Kind::Text(text)) = self.peek().cloned() else {
                    return Err(self.unexpected());
                };
                self.at += 1;
                self.expect("]")?;
                chain.push(text);
            } else {
                return Ok(Expr::Field(chain));
            }
        }
    }

    fn constant(&mut self, value: Value) -> Expr {
        self.at += 1;
        Expr::Literal(value)
    }

    fn call(&mut self, name: &str) -> Result<Expr, Refusal> {
        let distinct = self.word("distinct");
        let args = if self.symbol(")") {
            Vec::new()
        } else if self.symbol("*") {
            self.expect(")")?;
            Vec::new()
        } else {
            let list = self.list()?;
            self.expect(")")?;
            list
        };
        if matches!(self.peek(), Some(Kind::Symbol("("))) {
            return Err(Refusal::new(format!("Parametric function '{name}' is not supported here")));
        }
        let name = super::functions::canonical(name)
            .ok_or_else(|| Refusal::new(format!("Unsupported function call '{name}(...)'")))?;
        super::functions::check_arity(&name, args.len())?;
        Ok(Expr::Call(Call { name, args, distinct }))
    }

    /// `CASE WHEN a THEN b … ELSE c END`.
    fn case(&mut self) -> Result<Expr, Refusal> {
        self.at += 1;
        let mut args = Vec::new();
        while self.word("when") {
            args.push(self.expr()?);
            self.expect_word("then")?;
            args.push(self.expr()?);
        }
        args.push(if self.word("else") { self.expr()? } else { Expr::Literal(Value::Null) });
        self.expect_word("end")?;
        if args.len() < 3 {
            return Err(self.unexpected());
        }
        Ok(Expr::call("multiIf", args))
    }

    /// `INTERVAL 1 DAY`.
    fn interval(&mut self) -> Result<Expr, Refusal> {
        self.at += 1;
        let count = self.sum()?;
        let unit = self.name().ok_or_else(|| self.unexpected())?.to_ascii_lowercase();
        let name = match unit.trim_end_matches('s') {
            "second" => "toIntervalSecond",
            "minute" => "toIntervalMinute",
            "hour" => "toIntervalHour",
            "day" => "toIntervalDay",
            "week" => "toIntervalWeek",
            _ => return Err(Refusal::new(format!("Unsupported interval unit: {unit}"))),
        };
        Ok(Expr::call(name, vec![count]))
    }
}

/// A chain of one operator, or its only part.
fn joined(name: &str, mut parts: Vec<Expr>) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            Expr::call(name, parts)
        }
    }
}
