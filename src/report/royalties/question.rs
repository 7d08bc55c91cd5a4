//! Which lines are asked for.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rows::{Day, DayRange, day::day_at};

use crate::report::{QuestionError, question::hint};

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoyaltyQuestion {
    /// Lines whose period of sale ends on this day or later.
    pub from: Option<Day>,
    /// Lines whose period of sale ends on this day or earlier.
    pub to: Option<Day>,
    /// Only what belongs to this tenant.
    pub tenant: Option<String>,
}

/// Which lines are shown: those whose period of sale ends on one of these days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub days: DayRange,
    /// Nobody said which: they are the last twelve months that there are.
    pub is_usual: bool,
}

// === impl RoyaltyQuestion ===

impl RoyaltyQuestion {
    /// Fails where no statement belongs to the tenant that is asked for.
    pub(super) fn expect_tenant(&self, tenants: &[String]) -> Result<(), QuestionError> {
        match &self.tenant {
            Some(name) if !tenants.contains(name) => Err(QuestionError::Tenant {
                name: name.clone(),
                hint: hint(name, tenants.iter().map(String::as_str)),
            }),
            _ => Ok(()),
        }
    }

    /// Twelve calendar months up to the newest period of sale that there is, as far as nobody said otherwise.
    pub(super) fn period(&self, newest: Option<Day>, now: Timestamp) -> Result<Period, QuestionError> {
        let newest = newest.unwrap_or_else(|| day_at(now, &TimeZone::UTC));
        let to = self.to.unwrap_or_else(|| self.from.map_or(newest, |from| newest.max(from)));
        let from = self.from.unwrap_or_else(|| to.first_of_month().saturating_sub(11.months()));
        let days = DayRange::new(from, to).ok_or(QuestionError::Backwards { from, to })?;
        Ok(Period { days, is_usual: self.from.is_none() && self.to.is_none() })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn days(
        from: Option<Day>,
        to: Option<Day>,
        newest: Option<Day>,
    ) -> Result<(Day, Day, bool), QuestionError> {
        let question = RoyaltyQuestion { from, to, tenant: None };
        let period = question.period(newest, "2026-11-24T23:00:00Z".parse().unwrap())?;
        Ok((period.days.first, period.days.last, period.is_usual))
    }

    #[test]
    fn twelve_months_up_to_the_newest_sale_unless_told() {
        let newest = Some(date(2026, 10, 15));
        assert_eq!(days(None, None, newest), Ok((date(2025, 11, 1), date(2026, 10, 15), true)));
        assert_eq!(days(None, None, None), Ok((date(2025, 12, 1), date(2026, 11, 24), true)));
        assert_eq!(
            days(None, Some(date(2026, 3, 31)), newest),
            Ok((date(2025, 4, 1), date(2026, 3, 31), false))
        );
        assert_eq!(
            days(Some(date(2020, 1, 1)), None, newest),
            Ok((date(2020, 1, 1), date(2026, 10, 15), false)),
            "years are no trouble"
        );
        let late = date(2026, 11, 1);
        assert_eq!(days(Some(late), None, newest), Ok((late, late, false)), "nothing, and no mistake");
        assert!(matches!(
            days(Some(late), Some(date(2026, 10, 31)), newest),
            Err(QuestionError::Backwards { .. })
        ));
    }

    #[test]
    fn a_tenant_without_statements_is_a_mistake() {
        let of =
            |tenant: &str| RoyaltyQuestion { tenant: Some(tenant.to_owned()), ..RoyaltyQuestion::default() };
        let tenants = ["label-a".to_owned()];
        assert_eq!(of("label-a").expect_tenant(&tenants), Ok(()));
        let error = of("label-b").expect_tenant(&tenants).unwrap_err();
        assert!(error.to_string().contains("did you mean `label-a`?"), "{error}");
    }
}
