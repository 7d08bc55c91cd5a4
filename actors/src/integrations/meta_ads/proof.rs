//! How calls are authenticated: by the token, and by proof that the caller has the app's secret, where the app wants that.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::session::{Auth, Signature};

/// The token is sent as a header: as a parameter it would come back in the addresses of next pages. The proof is taken only as
/// a parameter; of no use without the token.
pub fn auth(token: &SecretString, app_secret: Option<&SecretString>) -> Auth {
    let Some(app_secret) = app_secret else {
        return Auth::Bearer(token.clone());
    };
    let proof = SecretString::from(proof(token, app_secret));
    let signature = Signature { query: vec![("appsecret_proof", proof)], ..Signature::bearer(token) };
    Auth::always(signature)
}

/// HMAC-SHA256 of the token under the app's secret, in lower-case hexadecimal digits (Meta's own SDK for Python, `session.py`).
fn proof(token: &SecretString, app_secret: &SecretString) -> String {
    // A key of any length will do: this is never the other.
    Hmac::<Sha256>::new_from_slice(app_secret.expose_secret().as_bytes()).map_or_else(
        |_| String::new(),
        |mac| hex::encode(mac.chain_update(token.expose_secret().as_bytes()).finalize().into_bytes()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Call;

    #[test]
    fn the_proof_is_rfc_4231s() {
        // RFC 4231, test case 2.
        let proof = proof(&"what do ya want for nothing?".into(), &"Jefe".into());
        assert_eq!(proof, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn only_an_apps_secret_is_proved() {
        assert!(matches!(auth(&"EAAtoken".into(), None), Auth::Bearer(_)));
        let Auth::Signer(sign) = auth(&"EAAtoken".into(), Some(&"secret".into())) else { panic!("a signer") };
        let Signature { headers, query, form, body } = sign(&Call::get("/v25.0/me", "me"));
        assert!(form.is_empty() && body.is_empty());
        assert_eq!((headers[0].0, headers[0].1.expose_secret()), ("authorization", "Bearer EAAtoken"));
        assert_eq!((query[0].0, query[0].1.expose_secret().len()), ("appsecret_proof", 64));
    }
}
