//! The Prometheus text exposition format 0.0.4, written by hand: a prerendered block of labels and a number a line, at a
//! tenth of what a registry costs.

use std::fmt::Write;

/// Labels of a series without braces: `provider="meta_ads",account_id="1"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(String);

/// A number, written exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// `digits / 10^exponent`: money and fractional counts, never through a float.
    Decimal {
        /// All its digits.
        digits: i64,
        /// Decimals among them.
        exponent: u8,
    },
    /// A ratio.
    Ratio(f64),
}

/// One family of gauges: its header is written before its first sample, and not at all without one.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    text: String,
}

// === impl Labels ===

impl Labels {
    /// Adds a label; its value is escaped.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(name);
        self.0.push_str("=\"");
        for character in value.chars() {
            match character {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                other => self.0.push(other),
            }
        }
        self.0.push('"');
        self
    }

    /// The labels as written between braces.
    #[cfg(test)]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// === impl Number ===

impl Number {
    /// Millionths.
    pub const fn micros(digits: i64) -> Self {
        Self::Decimal { digits, exponent: 6 }
    }

    /// 1 or 0.
    pub const fn flag(flag: bool) -> Self {
        Self::Integer(if flag { 1 } else { 0 })
    }

    fn write(self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Integer(number) => write!(text, "{number}"),
            Self::Ratio(number) => write!(text, "{number}"),
            Self::Decimal { digits, exponent } => {
                write_decimal(text, digits, exponent);
                Ok(())
            }
        };
    }
}

/// Without trailing zeros: 24 870 000 with exponent 6 is `24.87`.
fn write_decimal(text: &mut String, digits: i64, exponent: u8) {
    if digits < 0 {
        text.push('-');
    }
    let magnitude = digits.unsigned_abs();
    let exponent = usize::from(exponent);
    let (whole, fraction) = match 10_u64.checked_pow(u32::try_from(exponent).unwrap_or(u32::MAX)) {
        Some(unit) => (magnitude / unit, magnitude % unit),
        None => (0, magnitude), // a unit of more than 19 digits is above every magnitude
    };
    let _ = write!(text, "{whole}");
    if fraction > 0 {
        let _ = write!(text, ".{fraction:0exponent$}");
        text.truncate(text.trim_end_matches('0').len());
    }
}

// === impl Family ===

impl Family {
    /// An empty family of gauges. `help` holds no newline and no backslash.
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, text: String::new() }
    }

    /// Adds a series: `labels`, then `more` (empty, or labels that are known to need no escaping).
    pub fn sample(&mut self, labels: &Labels, more: &str, number: Number) {
        if self.text.is_empty() {
            let Self { name, help, .. } = *self;
            let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
        }
        self.text.push_str(self.name);
        let comma = if labels.0.is_empty() || more.is_empty() { "" } else { "," };
        if !(labels.0.is_empty() && more.is_empty()) {
            for piece in ["{", &labels.0, comma, more, "}"] {
                self.text.push_str(piece);
            }
        }
        self.text.push(' ');
        number.write(&mut self.text);
        self.text.push('\n');
    }

    /// Adds a series if there is a number: an unknown is absent.
    pub fn sample_known(&mut self, labels: &Labels, more: &str, number: Option<Number>) {
        if let Some(number) = number {
            self.sample(labels, more, number);
        }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Header and series, in no more memory than they take: they are kept until they change.
    pub fn into_text(mut self) -> String {
        self.text.shrink_to_fit();
        self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rows::Micros;

    use super::*;

    fn written(number: Number) -> String {
        let mut text = String::new();
        number.write(&mut text);
        text
    }

    #[test]
    fn decimals_are_exact() {
        for (digits, exponent, text) in [
            (24_870_000, 6, "24.87"),
            (0, 6, "0"),
            (-1, 6, "-0.000001"),
            (1_000_000, 6, "1"),
            (i64::MAX, 6, "9223372036854.775807"),
            (i64::MIN, 6, "-9223372036854.775808"),
            (2_500, 2, "25"),
            (2_505, 2, "25.05"),
            (500, 0, "500"),
            (-1_005, 3, "-1.005"),
            (10, 1, "1"),
            (7, 20, "0.00000000000000000007"),
        ] {
            assert_eq!(written(Number::Decimal { digits, exponent }), text);
        }
    }

    #[test]
    fn label_values_are_escaped() {
        let labels = Labels::default().with("name", "a \"b\" \\ c\nd é").with("empty", "");
        assert_eq!(labels.as_str(), r#"name="a \"b\" \\ c\nd é",empty="""#);
    }

    #[test]
    fn a_family_without_samples_is_not_there() {
        let mut family = Family::gauge("a", "Help.");
        family.sample_known(&Labels::default(), "", None);
        assert_eq!(family.into_text(), "");
    }

    #[test]
    fn a_family_has_one_header() {
        let mut family = Family::gauge("a", "Help.");
        family.sample(&Labels::default(), "", Number::flag(true));
        family.sample(&Labels::default().with("x", "y"), "", Number::Ratio(0.5));
        family.sample(&Labels::default().with("x", "y"), "window=\"7d\"", Number::Integer(-2));
        family.sample(&Labels::default(), "window=\"7d\"", Number::Integer(3));
        assert_eq!(
            family.into_text(),
            "# HELP a Help.\n# TYPE a gauge\na 1\na{x=\"y\"} 0.5\na{x=\"y\",window=\"7d\"} -2\na{window=\"7d\"} 3\n"
        );
    }

    proptest! {
        #[test]
        fn millionths_are_written_as_money_shows_them(digits in any::<i64>()) {
            prop_assert_eq!(written(Number::micros(digits)), Micros(digits).to_string());
        }

        #[test]
        fn decimals_read_back(digits in any::<i64>(), exponent in 0_u8..=18) {
            let text = written(Number::Decimal { digits, exponent });
            let (sign, rest) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
            let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
            let padded = format!("{fraction:0<width$}", width = usize::from(exponent));
            let back = sign * format!("{whole}{padded}").parse::<i128>().unwrap();
            prop_assert_eq!(back, i128::from(digits));
        }

        #[test]
        fn no_label_value_breaks_the_line(value in any::<String>()) {
            let labels = Labels::default().with("a", &value);
            prop_assert!(!labels.as_str().contains('\n'));
            let inner = &labels.as_str()[3..labels.as_str().len() - 1];
            let mut characters = inner.chars();
            let mut back = String::new();
            while let Some(character) = characters.next() {
                prop_assert_ne!(character, '"');
                back.push(match character {
                    '\\' => match characters.next().unwrap() { 'n' => '\n', other => other },
                    other => other,
                });
            }
            prop_assert_eq!(back, value);
        }
    }
}
