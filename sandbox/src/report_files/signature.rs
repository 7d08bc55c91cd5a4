//! AWS Signature Version 4, as the server checks it:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};
use ring::hmac;
use url::Url;

use super::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY};
use crate::exchange::Request;

/// Why a request is not the key owner's: the store's own words.
pub(super) enum Mismatch {
    Unsigned,
    UnknownKey,
    Signature,
}

/// Checks `authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
pub(super) fn check(request: &Request) -> Result<(), Mismatch> {
    let header = request.header("authorization").ok_or(Mismatch::Unsigned)?;
    let fields = header.strip_prefix("AWS4-HMAC-SHA256 ").ok_or(Mismatch::Signature)?;
    let field = |name: &str| {
        let mut fields = fields.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('=')).ok_or(Mismatch::Signature)
    };
    let (credential, signed, signature) =
        (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
    let (id, scope) = credential.split_once('/').ok_or(Mismatch::Signature)?;
    if id != ACCESS_KEY_ID {
        return Err(Mismatch::UnknownKey);
    }
    let [day, REGION, "s3", "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
        return Err(Mismatch::Signature);
    };
    let at = request.header("x-amz-date").ok_or(Mismatch::Signature)?;
    let payload = request.header("x-amz-content-sha256").ok_or(Mismatch::Signature)?;
    let root = Url::parse(&request.root_url).map_err(|_| Mismatch::Signature)?;
    let mut canonical = format!("{}\n{}{}\n{}\n", request.method, root.path(), request.path, query(request));
    for name in signed.split(';') {
        let value = request.header(name).ok_or(Mismatch::Signature)?;
        let _ = writeln!(canonical, "{name}:{}", value.trim());
    }
    let _ = write!(canonical, "\n{signed}\n{payload}");
    let text =
        format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex::encode(digest(&SHA256, canonical.as_bytes())));
    let first = format!("AWS4{SECRET_ACCESS_KEY}").into_bytes();
    let key = [day, REGION, "s3", "aws4_request"].iter().fold(first, |key, part| sign(&key, part));
    if hex::encode(sign(&key, &text)) == signature { Ok(()) } else { Err(Mismatch::Signature) }
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn query(request: &Request) -> String {
    let pair =
        |(name, value): &(String, String)| format!("{}={}", encoded(name, false), encoded(value, false));
    let mut pairs: Vec<String> = request.query.iter().map(pair).collect();
    pairs.sort();
    pairs.join("&")
}

/// Everything but letters, digits and `-._~`, and, in paths, the slash.
pub(super) fn encoded(text: &str, is_path: bool) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (is_path && byte == b'/') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
