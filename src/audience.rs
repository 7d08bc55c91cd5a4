//! For whom an output is, and the guard over what it costs: operators see what the networks charged, a tenant what it is shown of
//! that, and nobody both.
//!
//! Types keep the two apart where outputs are made ([`RawSpend`](rows::money::RawSpend), [`DisplaySpend`](rows::money::DisplaySpend), and
//! `Figures` of one of them). This is the second net, at
//! the door: every amount of either becomes text by way of `said`, which notes its kind; `written` gathers the notes of one
//! output, and [`Audience::may_have`] says whether it may leave.

use std::{cell::Cell, fmt, sync::Arc};

use rows::{
    Micros,
    money::{Basis, Spend},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

/// For whom an output is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Whoever operates the worker.
    Operators,
    /// This tenant.
    Tenant(Arc<str>),
}

/// Which kinds of spend are in an output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds {
    raw: bool,
    display: bool,
}

/// An output, and which kinds of spend are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    content: T,
    kinds: Kinds,
}

/// An output that must not leave. Says nothing of its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an output with {0} was not given out")]
pub struct Forbidden(Kinds);

/// An amount in an answer: micros as a whole number. Its kind is noted when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount<M>(pub M);

thread_local! {
    /// What has been written since the innermost [`written`] on this thread began.
    static NOTED: Cell<Kinds> = const { Cell::new(Kinds::NONE) };
}

/// The amount, to be written now.
pub(crate) fn said<M: Spend>(spend: M) -> Micros {
    NOTED.set(NOTED.get().and(Kinds::of(M::BASIS)));
    spend.micros()
}

/// Writes an output, in one go on this thread.
pub(crate) fn written<T>(write: impl FnOnce() -> T) -> Written<T> {
    let around = Around(NOTED.replace(Kinds::NONE));
    let content = write();
    let kinds = NOTED.get();
    drop(around);
    Written { content, kinds }
}

/// What was noted before, for when this output is done, or has failed.
struct Around(Kinds);

impl Drop for Around {
    fn drop(&mut self) {
        NOTED.set(self.0);
    }
}

// === impl Audience ===

impl Audience {
    /// Whether what belongs to this tenant is for it.
    pub fn sees(&self, owner: &str) -> bool {
        self.tenant().is_none_or(|tenant| tenant == owner)
    }

    /// The tenant, where it is one.
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::Operators => None,
            Self::Tenant(tenant) => Some(tenant),
        }
    }

    /// Whether an output with these kinds of spend may be given to it.
    pub const fn may_have(&self, kinds: Kinds) -> bool {
        match self {
            Self::Operators => !kinds.display,
            Self::Tenant(_) => !kinds.raw,
        }
    }
}

// === impl Kinds ===

impl Kinds {
    /// No spend at all.
    pub const NONE: Self = Self { raw: false, display: false };

    /// This one.
    pub const fn of(basis: Basis) -> Self {
        match basis {
            Basis::Raw => Self { raw: true, display: false },
            Basis::Display => Self { raw: false, display: true },
        }
    }

    const fn and(self, other: Self) -> Self {
        Self { raw: self.raw || other.raw, display: self.display || other.display }
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.raw, self.display) {
            (false, false) => "no spend",
            (true, false) => "raw spend",
            (false, true) => "display spend",
            (true, true) => "raw and display spend",
        })
    }
}

// === impl Written ===

impl<T> Written<T> {
    /// The output, for whom it is.
    pub fn for_audience(self, audience: &Audience) -> Result<T, Forbidden> {
        if audience.may_have(self.kinds) { Ok(self.content) } else { Err(Forbidden(self.kinds)) }
    }

    /// The output and its kinds, for who looks at them later.
    pub(crate) fn into_parts(self) -> (T, Kinds) {
        (self.content, self.kinds)
    }

    /// Something else made of it.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> Written<U> {
        Written { content: make(self.content), kinds: self.kinds }
    }
}

impl<T, E> Written<Result<T, E>> {
    /// What could be written, or why it could not.
    pub(crate) fn transpose(self) -> Result<Written<T>, E> {
        self.content.map(|content| Written { content, kinds: self.kinds })
    }
}

// === impl Amount ===

impl<M: Spend> Serialize for Amount<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(said(self.0).0)
    }
}

impl<M> JsonSchema for Amount<M> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        i64::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        i64::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rows::{
        markup::Markup,
        money::{DisplaySpend, RawSpend},
    };

    use super::*;

    fn raw() -> RawSpend {
        RawSpend(Micros(7))
    }

    fn display() -> DisplaySpend {
        Markup::default().shown(raw(), date(2026, 11, 24)).unwrap()
    }

    fn tenant() -> Audience {
        Audience::Tenant("label-a".into())
    }

    #[test]
    fn each_audience_has_its_own_kind_and_nobody_both() {
        let of_raw = || written(|| serde_json::to_string(&[Some(Amount(raw())), None]).unwrap());
        let of_display = || written(|| said(display()).to_string());
        let both = || written(|| (said(raw()), said(display())));
        let none = || written(|| "text");
        assert_eq!(of_raw().for_audience(&Audience::Operators).unwrap(), "[7,null]");
        assert!(of_raw().for_audience(&tenant()).is_err());
        assert!(of_display().for_audience(&tenant()).is_ok());
        assert!(of_display().for_audience(&Audience::Operators).is_err());
        for audience in [Audience::Operators, tenant()] {
            let refusal = both().for_audience(&audience).unwrap_err();
            assert_eq!(refusal.to_string(), "an output with raw and display spend was not given out");
            assert!(none().for_audience(&audience).is_ok());
        }
    }

    #[test]
    fn what_is_written_before_within_or_after_belongs_to_no_other_output() {
        said(raw());
        let outer = written(|| {
            said(display());
            let inner = written(|| said(raw()));
            assert!(inner.for_audience(&tenant()).is_err());
            let failed = std::panic::catch_unwind(|| {
                written(|| -> Micros {
                    said(raw());
                    panic!("in the middle")
                })
            });
            assert!(failed.is_err());
        });
        assert!(outer.for_audience(&tenant()).is_ok());
        assert!(written(|| ()).for_audience(&tenant()).is_ok());
    }
}
