//! What an object store answers: pages of a listing, and why it gives none.

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::limits::STORE_CODE_LENGTH_MAX;
use crate::{failure::Failure, page::Next};

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPage {
    /// What lies there.
    pub objects: Vec<Object>,
    /// What follows.
    pub next: Next,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its whole key.
    pub key: String,
    /// Its size, as the store says.
    pub size_bytes: u64,
    /// Changes with its content: its entity tag, else when it was put there.
    pub version: String,
}

/// `ListBucketResult`: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>. Numbers as text, so that one
/// that is none spoils one object.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListBucketResult {
    #[serde(default)]
    contents: Vec<Contents>,
    is_truncated: Option<String>,
    next_continuation_token: Option<String>,
    encoding_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Contents {
    key: Option<String>,
    size: Option<String>,
    #[serde(rename = "ETag")]
    e_tag: Option<String>,
    last_modified: Option<String>,
}

/// Reads a page that was asked for with `token`.
pub fn read(body: &[u8], token: Option<&str>) -> Result<ObjectPage, Failure> {
    let strange = |why: &str| Failure::Transient {
        reason: format!(
            "the object store's listing does not have the documented shape ({why}): look at endpoints.storage"
        ),
    };
    let text = std::str::from_utf8(body).map_err(|_| strange("it is no UTF-8"))?;
    if !text.contains("<ListBucketResult") {
        return Err(strange("it is no ListBucketResult"));
    }
    let page: ListBucketResult = quick_xml::de::from_str(text).map_err(|_| strange("it is not valid XML"))?;
    let is_encoded = page.encoding_type.as_deref() == Some("url");
    let objects = page.contents.into_iter().filter_map(|contents| object(contents, is_encoded)).collect();
    let more = page.is_truncated.as_deref().map(str::trim) == Some("true");
    let next = Next::after(more, page.next_continuation_token, token, "the object store's listing")?;
    Ok(ObjectPage { objects, next })
}

fn object(contents: Contents, is_encoded: bool) -> Option<Object> {
    let key = contents.key?;
    let key = if is_encoded {
        // As forms are encoded: a sign of its own stands for a space.
        percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
    } else {
        key
    };
    let size = contents.size.unwrap_or_default();
    let tag = contents.e_tag.map(|tag| tag.trim_matches('"').to_owned()).filter(|tag| !tag.is_empty());
    let version = tag.unwrap_or_else(|| format!("{} {size}", contents.last_modified.unwrap_or_default()));
    Some(Object { key, size_bytes: size.trim().parse().unwrap_or(0), version })
}

/// Why a store gives none. Of its answer only the error's code is repeated: what stands beside it may name keys and
/// signatures.
pub fn refused(bucket: &str, status: Option<u16>, body: &str) -> Failure {
    let code = code_in(body);
    let said = match (&code, status) {
        (Some(code), _) => format!("the object store says {code}"),
        (None, Some(status)) => format!("the object store answers with status {status}"),
        (None, None) => "the object store cannot be read".to_owned(),
    };
    match (code.as_deref(), status) {
        (Some("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken"), _)
        | (None, Some(401)) => Failure::NeedsReauth {
            advice: format!("{said}: check credentials.access_key_id and credentials.secret_access_key"),
        },
        (Some("AccessDenied"), _) | (None, Some(403)) => Failure::Forbidden {
            advice: format!(
                "{said}: the keys need s3:ListBucket on the bucket {bucket} and s3:GetObject on what is in it"
            ),
        },
        (Some("RequestTimeTooSkewed"), _) => {
            Failure::Transient { reason: format!("{said}: this machine's clock is wrong") }
        }
        (Some("NoSuchKey"), _) => Failure::Gone { reason: said },
        (Some("NoSuchBucket"), _) => Failure::Permanent {
            reason: format!("{said}: there is no bucket {bucket}; correct settings.url"),
        },
        (Some("PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed"), _)
        | (_, Some(300..400)) => Failure::Permanent {
            reason: format!(
                "{said}: the bucket {bucket} lies in another region or at another address; set settings.region or \
                 endpoints.storage (redirects are not followed)"
            ),
        },
        (_, Some(404)) => Failure::Gone { reason: said },
        (_, Some(400..500)) if code.as_deref() != Some("SlowDown") && status != Some(429) => {
            Failure::Permanent { reason: said }
        }
        _ => Failure::Transient { reason: said },
    }
}

/// The code of an error: a word.
fn code_in(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_word = !code.is_empty()
        && code.len() <= STORE_CODE_LENGTH_MAX
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    is_word.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_read_and_one_odd_object_spoils_no_other() {
        let body = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><EncodingType>url</EncodingType>
            <Contents><Key>in/a%2Bb+c.csv</Key><LastModified>2026-06-01T00:00:00.000Z</LastModified>
            <ETag>&quot;abc&quot;</ETag><Size>12</Size></Contents>
            <Contents><Key>in//odd</Key><Size>many</Size><LastModified>x</LastModified></Contents>
            <IsTruncated>true</IsTruncated><CommonPrefixes><Prefix>y</Prefix></CommonPrefixes>
            <Contents><Size>1</Size></Contents>
            <NextContinuationToken>t=</NextContinuationToken></ListBucketResult>"#;
        let page = read(body.as_bytes(), None).unwrap();
        assert_eq!(page.next, Next::More("t=".to_owned()));
        let objects: Vec<_> =
            page.objects.iter().map(|one| (one.key.as_str(), one.size_bytes, one.version.as_str())).collect();
        assert_eq!(objects, [("in/a+b c.csv", 12, "abc"), ("in//odd", 0, "x many")]);
        assert!(read(body.as_bytes(), Some("t=")).is_err(), "it leads back to itself");
    }

    #[test]
    fn what_is_no_listing_is_said() {
        for body in ["", "<html></html>", "{}", "<ListBucketResult", "\u{0}<ListBucketResult>"] {
            assert!(matches!(read(body.as_bytes(), None), Err(Failure::Transient { .. })), "{body:?}");
        }
        let empty = read(b"<ListBucketResult></ListBucketResult>", None).unwrap();
        assert_eq!(empty, ObjectPage { objects: Vec::new(), next: Next::End(None) });
    }

    #[test]
    fn a_refusal_says_what_to_do_and_repeats_no_keys() {
        let body = |code: &str| {
            format!(
                "<Error><Code>{code}</Code><AWSAccessKeyId>AKIAPLANTED</AWSAccessKeyId><StringToSign>planted</StringToSign></Error>"
            )
        };
        for (status, code, outcome) in [
            (403, "SignatureDoesNotMatch", "needs_reauth"),
            (403, "AccessDenied", "forbidden"),
            (403, "RequestTimeTooSkewed", "transient"),
            (404, "NoSuchKey", "gone"),
            (404, "NoSuchBucket", "permanent"),
            (301, "PermanentRedirect", "permanent"),
            (503, "SlowDown", "transient"),
            (500, "InternalError", "transient"),
            (400, "InvalidArgument", "permanent"),
            (307, "", "permanent"),
            (403, "", "forbidden"),
            (429, "", "transient"),
        ] {
            let failure = refused("b", Some(status), &body(code));
            assert_eq!(failure.outcome(), outcome, "{status} {code}: {failure}");
            assert!(!failure.to_string().to_lowercase().contains("planted"), "{failure}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_answers_never_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&body, None);
            let _ = read(&[b"<ListBucketResult>".as_slice(), &body, b"</ListBucketResult>"].concat(), None);
            let _ = refused("b", None, &String::from_utf8_lossy(&body));
        }
    }
}
