//! Reads expressions, each operator by a function of its own.

use super::ast::{Call, Expr};
use super::lexer::Kind;
use super::parser::Parser;
use super::value::Value;
use super::{Refusal, functions};

impl Parser<'_> {
    /// An expression, from the weakest operator down.
    pub(super) fn expr(&mut self) -> Result<Expr, Refusal> {
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
        let name = functions::canonical(name)
            .ok_or_else(|| Refusal::new(format!("Unsupported function call '{name}(...)'")))?;
        functions::check_arity(&name, args.len())?;
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
