//! Sums over the four windows, in which an unknown part makes the sum unknown.
//!
//! Rows are added up by band: today, yesterday, the other days of seven, the other days of 28. Each row is in one of them,
//! and a window is the sum of bands.

use rows::Day;
use sea_orm::{DbErr, QueryResult};

use super::window_days;
use crate::{convert::chrono_day, sql::Sql};

/// Databases give up a whole statement when a sum does not fit, and what one provider says must not hide the numbers of
/// all others: sums travel as multiples of this and rests, which fit for more rows than a table can have.
const UNIT: i64 = 1_000_000_000;

/// One column over some rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    /// Rows that say it.
    said: i64,
    /// The sum of what they say.
    sum: i128,
}

/// Columns over some rows, in the order in which they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies {
    /// How many rows there are.
    pub rows: i64,
    columns: Vec<Tally>,
}

/// Words of SQL that add up these columns of `f`, beginning with a comma.
pub fn tallied(columns: &[&str]) -> String {
    let column = |column: &&str| {
        format!(
            ", COUNT(f.{column}) AS {column}_said, CAST(SUM(f.{column} / {UNIT}) AS bigint) AS {column}_units, \
             CAST(SUM(f.{column} % {UNIT}) AS bigint) AS {column}_rest"
        )
    };
    format!(", COUNT(*) AS told{}", columns.iter().map(column).collect::<String>())
}

/// Words of SQL that begin a statement whose rows are of one band each, the first column `band`.
pub fn by_band(sql: Sql, today: Day) -> Sql {
    let [_, yesterday, week, _] = window_days(today);
    sql.text("SELECT CAST(CASE WHEN f.date >= ")
        .bind(chrono_day(today))
        .text(" THEN 0 WHEN f.date >= ")
        .bind(chrono_day(yesterday.first))
        .text(" THEN 1 WHEN f.date >= ")
        .bind(chrono_day(week.first))
        .text(" THEN 2 ELSE 3 END AS bigint) AS band")
}

/// Words of SQL that choose the days of all windows.
pub fn within(sql: Sql, today: Day) -> Sql {
    let [.., longest] = window_days(today);
    sql.text(" WHERE f.date BETWEEN ")
        .bind(chrono_day(longest.first))
        .text(" AND ")
        .bind(chrono_day(longest.last))
}

/// Words of SQL: one row a band and key, for so many columns of a key after `band`.
pub fn grouped(keys: usize) -> String {
    let places: Vec<String> = (1..=keys + 1).map(|place| place.to_string()).collect();
    format!(" GROUP BY {}", places.join(", "))
}

/// Adds a row of a band to the windows that hold it.
pub fn add(windows: &mut [Tallies; 4], row: &QueryResult, columns: &[&str]) -> Result<(), DbErr> {
    let of_band = Tallies::read(row, columns)?;
    let holding: &[usize] = match row.try_get::<i64>("", "band")? {
        0 => &[0, 2, 3],
        1 => &[1, 2, 3],
        2 => &[2, 3],
        _ => &[3],
    };
    for number in holding {
        windows[*number].plus(&of_band);
    }
    Ok(())
}

// === impl Tallies ===

impl Tallies {
    /// What a row of a statement with [`tallied`] says.
    pub fn read(row: &QueryResult, columns: &[&str]) -> Result<Self, DbErr> {
        let column = |column: &&str| {
            let part = |part: &str| row.try_get::<Option<i64>>("", &format!("{column}_{part}"));
            let (units, rest) = (part("units")?.unwrap_or(0), part("rest")?.unwrap_or(0));
            let sum = i128::from(units) * i128::from(UNIT) + i128::from(rest);
            Ok(Tally { said: part("said")?.unwrap_or(0), sum })
        };
        let columns = columns.iter().map(column).collect::<Result<_, DbErr>>()?;
        Ok(Self { rows: row.try_get("", "told")?, columns })
    }

    /// Adds other rows of the same columns.
    pub fn plus(&mut self, other: &Self) {
        self.rows += other.rows;
        self.columns.resize(self.columns.len().max(other.columns.len()), Tally::default());
        for (mine, other) in self.columns.iter_mut().zip(&other.columns) {
            mine.said += other.said;
            mine.sum += other.sum;
        }
    }

    /// The sum of a column; none when a row does not say it, or when it does not fit. Of no rows it is 0.
    pub fn sum(&self, column: usize) -> Option<i64> {
        let tally = self.columns.get(column).copied().unwrap_or_default();
        (tally.said == self.rows).then(|| i64::try_from(tally.sum).ok()).flatten()
    }

    /// The sum of a column that every row says, whatever its size.
    pub fn exact(&self, column: usize) -> i128 {
        self.columns.get(column).map_or(0, |tally| tally.sum)
    }

    /// Whether any row says it.
    pub fn is_said(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|tally| tally.said > 0)
    }

    /// Whether what is said of it adds up to more than nothing, or some of it is not said.
    pub fn may_be_positive(&self, column: usize) -> bool {
        let tally = self.columns.get(column).copied().unwrap_or_default();
        tally.sum > 0 || tally.said < self.rows
    }
}

#[cfg(test)]
impl Tallies {
    /// Rows that each say this, or nothing.
    pub fn of(rows: &[&[Option<i64>]]) -> Self {
        let mut all = Self::default();
        for row in rows {
            let column = |value: &Option<i64>| Tally {
                said: value.is_some().into(),
                sum: value.unwrap_or_default().into(),
            };
            all.plus(&Self { rows: 1, columns: row.iter().map(column).collect() });
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_part_makes_the_sum_unknown() {
        let all = Tallies::of(&[&[Some(1), Some(i64::MAX), None], &[Some(-3), Some(1), Some(0)]]);
        assert_eq!((all.rows, all.sum(0), all.sum(1), all.sum(2)), (2, Some(-2), None, None));
        assert!(all.is_said(2) && !Tallies::of(&[&[None]]).is_said(0));
        assert!(!all.may_be_positive(0) && all.may_be_positive(1) && all.may_be_positive(2));
        assert_eq!(Tallies::default().sum(0), Some(0));
    }
}
