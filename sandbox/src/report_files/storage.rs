//! The store's answers: a listing in pages, an object, an error.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

use super::signature::{self, Mismatch, encoded};
use super::{BUCKET, ReportFiles};
use crate::exchange::{Answer, Request};

impl ReportFiles {
    pub(super) fn respond(&self, request: &Request) -> Answer {
        if !self.is_public
            && let Err(mismatch) = signature::check(request)
        {
            return refused(&mismatch);
        }
        if request.method != "GET" && request.method != "HEAD" {
            return error(
                405,
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
            );
        }
        let path = request.path.strip_prefix('/').unwrap_or_default();
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        if bucket != BUCKET {
            return error(404, "NoSuchBucket", "The specified bucket does not exist");
        }
        if key.is_empty() { self.listing(request) } else { self.object(key) }
    }

    fn listing(&self, request: &Request) -> Answer {
        if request.param("list-type") != Some("2") {
            return error(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            );
        }
        let prefix = request.param("prefix").unwrap_or_default();
        let first = match request.param("continuation-token").map(|token| token.strip_prefix("from-")) {
            None => 0,
            Some(Some(number)) if number.parse::<usize>().is_ok() => number.parse().unwrap_or_default(),
            Some(_) => return error(400, "InvalidArgument", "The continuation token provided is incorrect"),
        };
        let most = request.param("max-keys").and_then(|count| count.parse().ok()).unwrap_or(1_000);
        let is_encoded = request.param("encoding-type") == Some("url");
        let shown =
            |key: &str| if is_encoded { encoded(key, true).replace("%20", "+") } else { escaped(key) };
        let files = self.files();
        let all: Vec<_> = files.iter().filter(|(key, _)| key.starts_with(prefix)).collect();
        let page = &all[first.min(all.len())..all.len().min(first.saturating_add(self.page_size.min(most)))];
        let last = first + page.len();
        let mut body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Name>{BUCKET}</Name><Prefix>{}</Prefix><KeyCount>{}</KeyCount><MaxKeys>{most}</MaxKeys><IsTruncated>{}</IsTruncated>",
            shown(prefix),
            page.len(),
            last < all.len()
        );
        if is_encoded {
            body.push_str("<EncodingType>url</EncodingType>");
        }
        if last < all.len() {
            let _ = write!(body, "<NextContinuationToken>from-{last}</NextContinuationToken>");
        }
        for (key, bytes) in page {
            let _ = write!(
                body,
                "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;{}&quot;</ETag>\
                 <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                shown(key),
                tag(bytes),
                bytes.len()
            );
        }
        body.push_str("</ListBucketResult>");
        xml(200, body)
    }

    fn object(&self, key: &str) -> Answer {
        let files = self.files();
        let Some((_, bytes)) = files.iter().find(|(path, _)| encoded(path, true) == key) else {
            return error(404, "NoSuchKey", "The specified key does not exist.");
        };
        let answer = Answer { status: 200, headers: Vec::new(), body: bytes.clone() };
        answer
            .with_header("content-type", "binary/octet-stream")
            .with_header("etag", format!("\"{}\"", tag(bytes)))
            .with_header("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")
    }
}

/// Changes with the content.
fn tag(bytes: &[u8]) -> String {
    hex::encode(&digest(&SHA256, bytes).as_ref()[..16])
}

fn refused(mismatch: &Mismatch) -> Answer {
    match mismatch {
        Mismatch::Unsigned => error(403, "AccessDenied", "Access Denied"),
        Mismatch::UnknownKey => error(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        Mismatch::Signature => error(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
        ),
    }
}

/// An error in the store's words.
pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    xml(
        status,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
             <RequestId>4442587FB7D0A2F9</RequestId></Error>"
        ),
    )
}

fn xml(status: u16, body: String) -> Answer {
    let answer = Answer { status, headers: Vec::new(), body: body.into_bytes() };
    answer.with_header("content-type", "application/xml")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
