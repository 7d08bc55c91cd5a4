//! What the tests of integrations share.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::session::Response;

/// An answer to a call of `endpoint` that has just arrived. Headers may be written on several lines.
pub fn response(
    endpoint: &'static str,
    status: u16,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Response {
    let headers = headers.iter().map(|(name, value)| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(&value.replace('\n', " ")).unwrap())
    });
    Response {
        status,
        headers: headers.collect::<HeaderMap>(),
        body: Bytes::copy_from_slice(body.as_ref()),
        endpoint,
        account: String::new(),
        received_at: Timestamp::UNIX_EPOCH,
    }
}
