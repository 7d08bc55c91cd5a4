//! Exchanging the code of a consent for a refresh token (RFC 6749, section 4.1.3).

use super::{
    answer,
    credential::{Proof, TokenRequest},
};
use crate::{
    consent::{Code, Given},
    failure::Failure,
    session::Session,
};

impl Session {
    /// What a code is good for: a refresh token. A code is good once.
    pub(crate) async fn exchange(&self, code: Code) -> Result<Given, Failure> {
        let answered = self.send_for_token(TokenRequest::of(Proof::Code(code))).await;
        let refused = |failure| match failure {
            // The token endpoint's usual advice is about a token that was good before.
            Failure::NeedsReauth { advice } => Failure::NeedsReauth {
                advice: format!(
                    "the code is not exchanged: {advice}. A code is good once and for minutes: open the address anew"
                ),
            },
            failure => failure,
        };
        let granted = answer::read(&answered.map_err(refused)?)?;
        let scopes = granted.scopes;
        let credential = granted.refresh_token.ok_or_else(|| Failure::NeedsReauth {
            advice: "the token endpoint gives no refresh token: take the application out of the account's list of \
                     applications that have access, then let it in anew"
                .to_owned(),
        })?;
        Ok(Given { credential, scopes })
    }
}
