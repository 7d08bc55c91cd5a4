//! Signing: JSON Web Tokens in their compact form (RFC 7519, RFC 7515), RS256 and ES256.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// A private key and how it signs. Prints its algorithm only.
pub struct SigningKey {
    pair: Pair,
    /// Tells the other side which of its keys to check with (`kid`); none where there is only one.
    id: Option<String>,
    digest: String,
}

enum Pair {
    /// RS256.
    Rsa(Box<RsaKeyPair>),
    /// ES256.
    Ecdsa(Box<EcdsaKeyPair>),
}

/// A text that is no private key of the kind that is needed. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM.
    #[error(
        "expected a private key in PEM form (-----BEGIN PRIVATE KEY-----, PKCS #8), whole, with its line breaks"
    )]
    Pem,
    /// Another kind of key.
    #[error("expected an RSA private key of 2048 bits or more: download the key again")]
    Rsa,
    /// Another kind of key.
    #[error("expected an EC private key on the curve P-256: download the key again")]
    Ecdsa,
}

/// The operating system gives no random numbers, or the key is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token could not be signed with the private key")]
pub struct SignError;

// === impl SigningKey ===

impl SigningKey {
    /// Signs with RS256: an RSA key, as service accounts have it.
    pub fn rs256(pem: &SecretString, id: Option<String>) -> Result<Self, KeyError> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8(pem)?.secret_pkcs8_der()).map_err(|_| KeyError::Rsa)?;
        Ok(Self { pair: Pair::Rsa(Box::new(pair)), id, digest: digest(pem) })
    }

    /// Signs with ES256: a key on the curve P-256, as Apple gives it (`.p8`).
    pub fn es256(pem: &SecretString, id: Option<String>) -> Result<Self, KeyError> {
        let key = pkcs8(pem)?;
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, key.secret_pkcs8_der(), &random)
            .map_err(|_| KeyError::Ecdsa)?;
        Ok(Self { pair: Pair::Ecdsa(Box::new(pair)), id, digest: digest(pem) })
    }

    /// Tells the key apart from others.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// A signed token with these claims.
    pub fn sign(&self, claims: &Map<String, Value>) -> Result<SecretString, SignError> {
        let mut header = Map::from_iter([
            ("alg".to_owned(), json!(self.pair.algorithm())),
            ("typ".to_owned(), json!("JWT")),
        ]);
        if let Some(id) = &self.id {
            header.insert("kid".to_owned(), json!(id));
        }
        let part = |part: &Map<String, Value>| {
            serde_json::to_vec(part).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| SignError)
        };
        let signed = format!("{}.{}", part(&header)?, part(claims)?);
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes())?);
        Ok(SecretString::from(format!("{signed}.{signature}")))
    }
}

fn digest(pem: &SecretString) -> String {
    hex::encode(Sha256::digest(pem.expose_secret()))
}

fn pkcs8(pem: &SecretString) -> Result<PrivatePkcs8KeyDer<'static>, KeyError> {
    PrivatePkcs8KeyDer::from_pem_slice(pem.expose_secret().as_bytes()).map_err(|_| KeyError::Pem)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.pair.algorithm())
    }
}

// === impl Pair ===

impl Pair {
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ecdsa(_) => "ES256",
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
                signed.map(|()| signature).map_err(|_| SignError)
            }
            Self::Ecdsa(pair) => {
                let signature = pair.sign(&random, message).map_err(|_| SignError)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    };

    use super::*;

    /// Made for these tests alone: `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`.
    const RSA: &str = include_str!("testing/rsa.pem");
    /// `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
    const EC: &str = include_str!("testing/ec.pem");

    fn claims() -> Map<String, Value> {
        let Value::Object(claims) = json!({ "iss": "someone", "iat": 1, "exp": 2 }) else { unreachable!() };
        claims
    }

    /// What was signed, the signature, and header and claims as text.
    fn parts(token: &SecretString) -> (String, Vec<u8>, [String; 2]) {
        let token = token.expose_secret();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let texts: Vec<_> = signed
            .split('.')
            .map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        (signed.to_owned(), URL_SAFE_NO_PAD.decode(signature).unwrap(), texts.try_into().unwrap())
    }

    #[test]
    fn signed_tokens_are_what_the_public_key_expects() {
        let key = SigningKey::rs256(&RSA.into(), Some("key-1".to_owned())).unwrap();
        let (signed, signature, [header, told]) = parts(&key.sign(&claims()).unwrap());
        assert_eq!(header, r#"{"alg":"RS256","kid":"key-1","typ":"JWT"}"#);
        assert_eq!(told, r#"{"exp":2,"iat":1,"iss":"someone"}"#);
        let Pair::Rsa(pair) = &key.pair else { panic!("an RSA key") };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref())
            .verify(signed.as_bytes(), &signature)
            .unwrap();

        let key = SigningKey::es256(&EC.into(), None).unwrap();
        let (signed, signature, [header, _]) = parts(&key.sign(&claims()).unwrap());
        assert_eq!(header, r#"{"alg":"ES256","typ":"JWT"}"#);
        assert_eq!(signature.len(), 64, "r and s side by side, not ASN.1");
        let Pair::Ecdsa(pair) = &key.pair else { panic!("an EC key") };
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .unwrap();
    }

    #[test]
    fn another_kind_of_key_is_told_apart_and_nothing_of_it_is_shown() {
        assert_eq!(SigningKey::rs256(&EC.into(), None).unwrap_err(), KeyError::Rsa);
        assert_eq!(SigningKey::es256(&RSA.into(), None).unwrap_err(), KeyError::Ecdsa);
        for text in ["", "planted", "-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----"] {
            let error = SigningKey::rs256(&text.into(), None).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("planted"));
        }
        let key = SigningKey::rs256(&RSA.into(), Some("id".to_owned())).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(RS256)");
    }
}
