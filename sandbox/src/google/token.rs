//! Google's OAuth token endpoint: access tokens for a signed assertion of a service account or for a refresh token, and
//! what becomes of them. An imitation of a Google API holds one, serves it at [`TOKEN_PATH`] and asks it about every other request.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::consent::{ConsentPage, STANDARD};
use crate::exchange::{Answer, Request};

/// The key file of a service account, as Google lets it be downloaded. It was made for this imitation and opens nothing else.
pub const DEMO_KEY: &str = include_str!("demo_key.json");

/// The OAuth client that the refresh token belongs to.
pub const CLIENT_ID: &str = "sandbox.apps.googleusercontent.com";

/// Its secret.
pub const CLIENT_SECRET: &str = "sandbox-google-client-secret";

/// The refresh token accepted until it is revoked. Google does not rotate them.
pub const REFRESH_TOKEN: &str = "1//sandbox-google-refresh-token";

/// Where an imitation serves its token endpoint, below its root.
pub(crate) const TOKEN_PATH: &str = "/token";

/// The public half of the demo key: a PKCS #1 `RSAPublicKey`.
const DEMO_PUBLIC_KEY: &[u8] = include_bytes!("demo_public_key.der");

/// Whose key it is, as the key file says.
const DEMO_EMAIL: &str = "demo-key-that-opens-nothing@dynamoi-sandbox.iam.gserviceaccount.com";

/// `private_key_id` of the key file.
const DEMO_KEY_ID: &str = "demo-key-that-opens-nothing";

/// `token_uri` of the key file: an assertion is addressed to it, wherever the request goes.
const DEMO_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

const ASSERTION_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How long an access token lives at first.
const LIFETIME: SignedDuration = SignedDuration::from_secs(3_599);

/// How long an assertion may be valid, in seconds.
const ASSERTION_SECONDS: i64 = 3_600;

/// How far ahead a client's clock may be, in seconds.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// Tokens are remembered as expired for this long; after that they are unknown.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// The endpoint and the access tokens that it has given out.
#[derive(Debug)]
pub struct TokenEndpoint {
    /// Scopes that give an access token; others give an identity only.
    scopes: &'static [&'static str],
    refresh_token: String,
    lifetime: SignedDuration,
    /// By their text: when each expires.
    tokens: BTreeMap<String, Timestamp>,
    issued: u64,
    revoked: bool,
    consent: ConsentPage,
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It carries no bearer token.
    Missing,
    /// A token that was never given out.
    Unknown,
    Expired,
    /// Its owner took it back.
    Revoked,
}

/// An error of the endpoint: RFC 6749's two fields.
struct OAuthError {
    status: u16,
    error: &'static str,
    description: String,
}

// === impl TokenEndpoint ===

impl TokenEndpoint {
    pub(crate) fn new(scopes: &'static [&'static str]) -> Self {
        Self {
            scopes,
            refresh_token: REFRESH_TOKEN.to_owned(),
            lifetime: LIFETIME,
            tokens: BTreeMap::new(),
            issued: 0,
            revoked: false,
            consent: ConsentPage::new(STANDARD),
        }
    }

    /// How long access tokens live that are given out from now on, in whole seconds; 3,599 at first. `expires_in` says so.
    pub fn set_lifetime(&mut self, lifetime: SignedDuration) {
        self.lifetime = lifetime;
    }

    /// Lets every access token given out so far expire at once, whatever it was told.
    pub fn expire(&mut self) {
        self.tokens.values_mut().for_each(|expiry| *expiry = Timestamp::MIN);
    }

    /// Takes back refresh token, key and all access tokens until [`TokenEndpoint::restore`].
    pub fn revoke(&mut self) {
        self.revoked = true;
    }

    /// Undoes [`TokenEndpoint::revoke`].
    pub fn restore(&mut self) {
        self.revoked = false;
    }

    /// Accepts this refresh token and no other.
    pub fn set_refresh_token(&mut self, refresh_token: &str) {
        refresh_token.clone_into(&mut self.refresh_token);
        self.restore();
    }

    /// How many access tokens have been given out.
    pub fn issued(&self) -> u64 {
        self.issued
    }

    /// Answers a request for a token.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        match self.grant(request) {
            Ok(body) => Answer::json(200, &body),
            Err(OAuthError { status, error, description }) => {
                Answer::json(status, &json!({ "error": error, "error_description": description }))
            }
        }
    }

    /// What the endpoint says when it breaks (500 to 599) or will not answer so often (429).
    pub(crate) fn broken(status: u16) -> Answer {
        let error = if status == 429 { "rate_limit_exceeded" } else { "internal_failure" };
        Answer::json(status, &json!({ "error": error }))
    }

    /// Answers a browser that opens the page on which a person lets the client in.
    pub(crate) fn open(&mut self, request: &Request) -> Answer {
        self.consent.open(request, CLIENT_ID)
    }

    /// The page on which a person lets the client in.
    pub fn consent(&mut self) -> &mut ConsentPage {
        &mut self.consent
    }

    /// Whether a request carries an access token that holds now.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Refused> {
        let expiry = self.tokens.get(request.bearer().ok_or(Refused::Missing)?).ok_or(Refused::Unknown)?;
        match (self.revoked, request.now < *expiry) {
            (true, _) => Err(Refused::Revoked),
            (false, false) => Err(Refused::Expired),
            (false, true) => Ok(()),
        }
    }

    fn grant(&mut self, request: &Request) -> Result<Value, OAuthError> {
        let form = request.form();
        let field = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            let missing =
                || OAuthError::bad("invalid_request", format!("Missing required parameter: {name}"));
            found.filter(|value| !value.is_empty()).ok_or_else(missing)
        };
        if request.method != "POST" {
            return Err(OAuthError {
                status: 405,
                ..OAuthError::bad("invalid_request", "Method not allowed.")
            });
        }
        let scopes = match field("grant_type")? {
            ASSERTION_GRANT => self.asserted_scopes(field("assertion")?, request.now)?,
            "refresh_token" => {
                let client = (field("client_id")?, field("client_secret")?);
                if client != (CLIENT_ID, CLIENT_SECRET) {
                    let wrong = OAuthError::bad("invalid_client", "The OAuth client was not found.");
                    return Err(OAuthError { status: 401, ..wrong });
                }
                if field("refresh_token")? != self.refresh_token || self.revoked {
                    return Err(OAuthError::grant("Token has been expired or revoked."));
                }
                self.scopes.join(" ")
            }
            "authorization_code" => {
                if (field("client_id")?, field("client_secret")?) != (CLIENT_ID, CLIENT_SECRET) {
                    let wrong = OAuthError::bad("invalid_client", "The OAuth client was not found.");
                    return Err(OAuthError { status: 401, ..wrong });
                }
                let (redirect, verifier) = (field("redirect_uri")?, field("code_verifier").ok());
                if !self.consent.redeem(field("code")?, Some(redirect), verifier, request.now) {
                    return Err(OAuthError::grant("Malformed auth code."));
                }
                let mut body = self.issue(&self.scopes.join(" "), request.now);
                body["refresh_token"] = self.refresh_token.as_str().into();
                return Ok(body);
            }
            other => {
                return Err(OAuthError::bad(
                    "unsupported_grant_type",
                    format!("Invalid grant_type: {other}"),
                ));
            }
        };
        if !scopes.split(' ').any(|scope| self.scopes.contains(&scope)) {
            return Ok(json!({ "id_token": "an.identity.only" }));
        }
        Ok(self.issue(&scopes, request.now))
    }

    fn issue(&mut self, scopes: &str, now: Timestamp) -> Value {
        self.issued += 1;
        self.tokens.retain(|_, expiry| *expiry == Timestamp::MIN || now.duration_since(*expiry) < MEMORY);
        let token = format!("ya29.sandbox-{:06}", self.issued);
        self.tokens.insert(token.clone(), now.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX));
        json!({
            "access_token": token,
            "expires_in": self.lifetime.as_secs(),
            "scope": scopes,
            "token_type": "Bearer",
        })
    }

    /// The scopes that a signed assertion asks for, once all else in it holds.
    fn asserted_scopes(&self, assertion: &str, now: Timestamp) -> Result<String, OAuthError> {
        let malformed = || OAuthError::bad("invalid_request", "Bad Request");
        let (signed, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
        let read = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).map_err(|_| malformed());
        let (header, claims, signature) = (read(header)?, read(claims)?, decoded(signature)?);
        if claims["iss"] != DEMO_EMAIL {
            return Err(OAuthError::grant("Invalid grant: account not found"));
        }
        let public_key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, DEMO_PUBLIC_KEY);
        let is_signed = public_key.verify(signed.as_bytes(), &signature).is_ok();
        let is_this_key = header["kid"].is_null() || header["kid"] == DEMO_KEY_ID;
        if self.revoked || header["alg"] != "RS256" || !is_this_key || !is_signed {
            return Err(OAuthError::grant("Invalid JWT Signature."));
        }
        if claims["aud"] != DEMO_TOKEN_URI {
            return Err(OAuthError::grant("Invalid JWT: Failed audience check."));
        }
        let (issued, expires) = (claims["iat"].as_i64(), claims["exp"].as_i64());
        let now = now.as_second();
        let is_short = issued.zip(expires).is_some_and(|(issued, expires)| {
            issued <= now + CLOCK_SKEW_SECONDS && now < expires && expires - issued <= ASSERTION_SECONDS
        });
        if !is_short {
            return Err(OAuthError::grant(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
                 Check your iat and exp values in the JWT claim.",
            ));
        }
        let scopes = claims["scope"].as_str().filter(|scopes| !scopes.is_empty());
        scopes
            .map(str::to_owned)
            .ok_or_else(|| OAuthError::bad("invalid_scope", "Empty or missing scope not allowed."))
    }
}

// === impl OAuthError ===

impl OAuthError {
    fn bad(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: 400, error, description: description.into() }
    }

    fn grant(description: &str) -> Self {
        Self::bad("invalid_grant", description)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use ring::rand::SystemRandom;
    use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};

    use super::*;

    const SCOPE: &str = "https://scope.example/read";
    const NOW: i64 = 1_795_276_800;

    fn key() -> RsaKeyPair {
        let file: Value = serde_json::from_str(DEMO_KEY).unwrap();
        let pem: String =
            file["private_key"].as_str().unwrap().lines().filter(|line| !line.starts_with("-----")).collect();
        RsaKeyPair::from_pkcs8(&STANDARD.decode(pem).unwrap()).unwrap()
    }

    /// The claims that the key file and a scope lead to.
    fn claims(scope: &str, now: i64) -> Value {
        let file: Value = serde_json::from_str(DEMO_KEY).unwrap();
        json!({
            "iss": file["client_email"], "aud": file["token_uri"], "scope": scope, "iat": now, "exp": now + 3_600,
        })
    }

    fn assertion(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let key = key();
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn form(fields: &[(&str, &str)], now: Timestamp) -> Request {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        Request {
            method: "POST".to_owned(),
            path: TOKEN_PATH.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: body.finish().into_bytes(),
            now,
            root_url: String::new(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ask(endpoint: &mut TokenEndpoint, fields: &[(&str, &str)]) -> (u16, Value) {
        let answer = endpoint.answer(&form(fields, at(NOW)));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn assert_signed(endpoint: &mut TokenEndpoint, assertion: &str) -> (u16, Value) {
        ask(endpoint, &[("grant_type", ASSERTION_GRANT), ("assertion", assertion)])
    }

    fn refresh(endpoint: &mut TokenEndpoint, refresh_token: &str) -> (u16, Value) {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("refresh_token", refresh_token),
        ];
        ask(endpoint, &fields)
    }

    fn check(endpoint: &TokenEndpoint, token: &str, second: i64) -> Result<(), Refused> {
        let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        endpoint.check(&Request { headers, ..form(&[], at(second)) })
    }

    #[test]
    fn the_key_file_is_the_key_of_the_endpoint() {
        assert_eq!(key().public_key().as_ref(), DEMO_PUBLIC_KEY);
        let file: Value = serde_json::from_str(DEMO_KEY).unwrap();
        assert_eq!(
            (&file["client_email"], &file["private_key_id"], &file["token_uri"]),
            (&json!(DEMO_EMAIL), &json!(DEMO_KEY_ID), &json!(DEMO_TOKEN_URI))
        );
    }

    #[test]
    fn a_signed_assertion_gives_a_token_and_every_flaw_in_it_is_noticed() {
        let mut endpoint = TokenEndpoint::new(&[SCOPE]);
        let (header, good) =
            (json!({ "alg": "RS256", "typ": "JWT", "kid": DEMO_KEY_ID }), claims(SCOPE, NOW));
        let (status, body) = assert_signed(&mut endpoint, &assertion(&header, &good));
        assert_eq!(
            (status, &body["expires_in"], &body["token_type"]),
            (200, &json!(3_599), &json!("Bearer"))
        );
        assert_eq!(check(&endpoint, body["access_token"].as_str().unwrap(), NOW), Ok(()));

        let flaws = [
            ("iss", json!("someone@else.example"), "account not found"),
            ("aud", json!("http://127.0.0.1/google_ads/token"), "audience"),
            ("exp", json!(NOW + 3_601), "short-lived"),
            ("exp", json!(NOW), "short-lived"),
            ("iat", json!(NOW + 301), "short-lived"),
            ("scope", json!(""), "scope"),
        ];
        for (claim, value, reason) in flaws {
            let mut claims = good.clone();
            claims[claim] = value;
            let (status, body) = assert_signed(&mut endpoint, &assertion(&header, &claims));
            assert_eq!(status, 400, "{claim}");
            assert!(body["error_description"].as_str().unwrap().contains(reason), "{claim}: {body}");
        }
        let signed = assertion(&header, &good);
        let (_, signature) = signed.rsplit_once('.').unwrap();
        let mut claims = good.clone();
        claims["sub"] = json!("ceo@label.example");
        let other = assertion(&header, &claims);
        let forged = format!("{}.{signature}", other.rsplit_once('.').unwrap().0);
        let none = assertion(&json!({ "alg": "none" }), &good);
        let other_key = assertion(&json!({ "alg": "RS256", "kid": "another" }), &good);
        for bad in [forged, none, other_key] {
            let (status, body) = assert_signed(&mut endpoint, &bad);
            assert_eq!((status, &body["error_description"]), (400, &json!("Invalid JWT Signature.")));
        }
        assert_eq!(assert_signed(&mut endpoint, "no.jwt").0, 400);
        assert_eq!(endpoint.issued(), 1);
        let unknown_scope = assertion(&header, &self::claims("https://scope.example/other", NOW));
        let (status, body) = assert_signed(&mut endpoint, &unknown_scope);
        assert_eq!((status, &body["access_token"], body["id_token"].is_string()), (200, &Value::Null, true));
    }

    #[test]
    fn a_refresh_token_gives_tokens_until_it_is_revoked() {
        let mut endpoint = TokenEndpoint::new(&[SCOPE]);
        let (status, body) = refresh(&mut endpoint, REFRESH_TOKEN);
        assert_eq!((status, &body["refresh_token"], &body["scope"]), (200, &Value::Null, &json!(SCOPE)));
        let token = body["access_token"].as_str().unwrap().to_owned();
        assert_eq!(refresh(&mut endpoint, "1//another").1["error"], "invalid_grant");
        let wrong_client =
            [("grant_type", "refresh_token"), ("client_id", CLIENT_ID), ("client_secret", "x")];
        assert_eq!(ask(&mut endpoint, &wrong_client).0, 401);
        assert_eq!(ask(&mut endpoint, &[("grant_type", "password")]).1["error"], "unsupported_grant_type");
        assert_eq!(ask(&mut endpoint, &[]).1["error"], "invalid_request");
        endpoint.revoke();
        assert_eq!(refresh(&mut endpoint, REFRESH_TOKEN).1["error"], "invalid_grant");
        assert_eq!(check(&endpoint, &token, NOW), Err(Refused::Revoked));
        let header = json!({ "alg": "RS256" });
        assert_eq!(
            assert_signed(&mut endpoint, &assertion(&header, &claims(SCOPE, NOW))).1["error"],
            "invalid_grant"
        );
        endpoint.restore();
        assert_eq!(check(&endpoint, &token, NOW), Ok(()));
    }

    #[test]
    fn access_tokens_expire_by_time_and_by_command() {
        let mut endpoint = TokenEndpoint::new(&[SCOPE]);
        endpoint.set_lifetime(SignedDuration::from_secs(60));
        let mut token =
            || refresh(&mut endpoint, REFRESH_TOKEN).1["access_token"].as_str().unwrap().to_owned();
        let (first, second) = (token(), token());
        assert_ne!(first, second);
        assert_eq!(check(&endpoint, &first, NOW + 59), Ok(()));
        assert_eq!(check(&endpoint, &first, NOW + 60), Err(Refused::Expired));
        endpoint.expire();
        assert_eq!(check(&endpoint, &second, NOW), Err(Refused::Expired));
        assert_eq!(check(&endpoint, "ya29.unheard", NOW), Err(Refused::Unknown));
        assert_eq!(endpoint.check(&form(&[], at(NOW))), Err(Refused::Missing));
    }
}
