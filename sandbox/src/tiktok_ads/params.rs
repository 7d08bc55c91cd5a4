//! A request's parameters; lists and objects are JSON within a text.

use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;

use super::errors::TikTokError;
use crate::exchange::Request;

/// The parameters of one request.
pub(super) struct Params<'r>(pub(super) &'r Request);

impl<'r> Params<'r> {
    pub(super) fn required(&self, name: &str) -> Result<&'r str, TikTokError> {
        let value = self.0.param(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| TikTokError::invalid(format!("{name}: Missing data for required field.")))
    }

    /// A parameter of JSON; `None` where it is not there.
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, TikTokError> {
        let Some(text) = self.0.param(name) else { return Ok(None) };
        let parsed = serde_json::from_str(text);
        parsed.map(Some).map_err(|_| TikTokError::invalid(format!("{name}: Not a valid JSON value.")))
    }

    /// A list of texts.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, TikTokError> {
        self.json(name)
    }

    pub(super) fn number(
        &self,
        name: &str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> Result<usize, TikTokError> {
        let Some(text) = self.0.param(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| TikTokError::invalid(format!("{name}: Must be between {range:?}.")))
    }
}
