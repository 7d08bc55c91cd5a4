//! Column maps: layouts that settings teach, and those that only wait to be named.

use std::collections::BTreeMap;

use rows::Currency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    dates::{Format, MONTHS},
    encoding,
    layout::{Column, Field, KindRule, Layout, Shape, UnitRule, plain},
    numbers::Decimal,
};

/// `layouts.<name>`: which column of a header holds what. Under the name of a layout that nobody has verified, it is that layout: what
/// is said here goes before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMap {
    /// What a column holds, and its header, in any case.
    #[serde(default)]
    pub columns: BTreeMap<Field, String>,
    /// How days are written, as `%Y-%m-%d`. Omitted: year first, or a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    /// `"."` or `","`. Omitted: found out from the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimal>,
    /// One character. Omitted: tab, comma, semicolon or bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Of files that are not UTF-8, as `iso-8859-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The service, where no column names a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `day`, `week`, `month`, `quarter`: of dates that name the first day of a longer period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<String>,
    /// Of the amounts, where no column names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// Why a column map cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnMapError {
    /// Too little to make rows of.
    #[error(
        "its columns make no rows: name `revenue` or `quantity` (statements), `streams` with `date`, `title` or `isrc` \
         (tracks), `content` with `views`, or `link` with `date`"
    )]
    NoRows,
    /// No such encoding.
    #[error(
        "{0:?} is no known encoding, such as `utf-8`, `utf-16le`, `iso-8859-1`, `windows-1251`, `shift_jis`"
    )]
    Encoding(String),
    /// More than one byte.
    #[error("the delimiter {0:?} is not one ASCII character")]
    Delimiter(char),
    /// No such length.
    #[error("{0:?} is no granularity: `day`, `week`, `month` or `quarter`")]
    Granularity(String),
    /// No such currency.
    #[error("{0:?} is no three-letter currency code")]
    Currency(String),
}

/// A layout that no real file has verified. It is off until the settings name it, and then fits its columns and no others.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    /// Its name.
    pub name: &'static str,
    /// What is believed of its header.
    pub columns: &'static [(Field, &'static str)],
}

// === impl ColumnMap ===

impl ColumnMap {
    /// The layout that it teaches.
    pub fn layout(&self, name: &str) -> Result<Layout, ColumnMapError> {
        let delimiter = |c: char| match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | b'"') => Ok(byte),
            _ => Err(ColumnMapError::Delimiter(c)),
        };
        let currency =
            |code: &String| Currency::parse(code).map_err(|_| ColumnMapError::Currency(code.clone()));
        if let Some(label) = self.encoding.as_ref().filter(|label| encoding::named(label).is_none()) {
            return Err(ColumnMapError::Encoding(label.clone()));
        }
        let lengths = ["day", "week", "month", "quarter"];
        if let Some(length) = self.granularity.as_ref().filter(|length| !lengths.contains(&length.as_str())) {
            return Err(ColumnMapError::Granularity(length.clone()));
        }
        let columns = self.columns.iter().map(|(field, header)| Column {
            field: *field,
            headers: vec![plain(header)],
            is_required: true,
        });
        let shape = self.shape()?;
        let dates = self.date_format.clone().map_or_else(
            || [&[Format::YearFirst], MONTHS].concat(),
            |pattern| vec![Format::Pattern(pattern)],
        );
        let has = |field| self.columns.contains_key(&field);
        Ok(Layout {
            name: name.to_owned(),
            is_taught: true,
            shape,
            columns: columns.collect(),
            is_exact: false,
            is_ragged: false,
            encoding: self.encoding.clone(),
            delimiter: self.delimiter.map(delimiter).transpose()?,
            decimal: self.decimal,
            dates,
            service: self.service.clone(),
            currency: self.currency.as_ref().map(currency).transpose()?,
            unit: match shape {
                Shape::Statement if has(Field::Statement) => UnitRule::Statement,
                Shape::Statement if has(Field::Transaction) => UnitRule::Transactions,
                Shape::Statement => UnitRule::Period,
                _ if has(Field::Date) => UnitRule::Dates,
                _ => UnitRule::Period,
            },
            kinds: if has(Field::Kind) { KindRule::Words } else { KindRule::Store },
            granularity: self.granularity.clone(),
            statement_granularity: None,
        })
    }

    fn shape(&self) -> Result<Shape, ColumnMapError> {
        let has = |field| self.columns.contains_key(&field);
        let is_track = has(Field::Title) || has(Field::Isrc) || has(Field::Upc);
        if has(Field::Link) && has(Field::Date) {
            Ok(Shape::SmartLinks)
        } else if has(Field::Content) && has(Field::Views) {
            Ok(Shape::Content)
        } else if has(Field::Revenue) || has(Field::Quantity) {
            Ok(Shape::Statement)
        } else if has(Field::Playlist) {
            Ok(Shape::Playlists)
        } else if has(Field::Streams) && (is_track || has(Field::Date)) {
            Ok(Shape::Tracks)
        } else if has(Field::Date) && (has(Field::Listeners) || has(Field::Followers)) {
            Ok(Shape::Audience)
        } else {
            Err(ColumnMapError::NoRows)
        }
    }
}

// === impl Draft ===

impl Draft {
    /// It, with what settings say of it. Where they name columns, somebody has seen the header: others may stand beside those.
    pub fn layout(&self, said: &ColumnMap) -> Result<Layout, ColumnMapError> {
        let mut map = said.clone();
        for (field, header) in self.columns {
            map.columns.entry(*field).or_insert_with(|| (*header).to_owned());
        }
        Ok(Layout { is_exact: said.columns.is_empty(), ..map.layout(self.name)? })
    }

    /// Whether this is its header.
    pub fn fits(&self, header: &[String]) -> bool {
        let header: Vec<String> = header.iter().map(|cell| plain(cell)).collect();
        self.layout(&ColumnMap::default()).is_ok_and(|layout| layout.bind(&header).is_some())
    }
}
