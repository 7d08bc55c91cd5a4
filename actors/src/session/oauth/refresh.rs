//! Getting an access token: from memory, from the cache, or from the provider.

use std::sync::{Arc, atomic::Ordering};

use futures::future::BoxFuture;

use super::{
    answer::{self, Granted},
    credential::{Credential, Grant, Proof},
    replaced::Owner,
};
use crate::{
    failure::Failure,
    session::{
        Budget, Link, Session,
        quota::Urgency,
        tokens::{self, Access},
    },
};

impl Link {
    /// An access token of this credential that is valid for a while.
    pub(in crate::session) async fn access(
        self: &Arc<Self>,
        credential: &Arc<Credential>,
        urgency: Urgency,
    ) -> Result<Access, Failure> {
        let access = if let Some(access) = self.tokens.held(credential.name()) {
            access
        } else {
            // In a task of its own: a cycle can be given up at any time, and a refresh token that the provider replaces
            // meanwhile must be stored all the same.
            let task = tokio::spawn(fetch(Arc::clone(self), Arc::clone(credential), urgency));
            let ended = |_| passing("the task that fetches an access token ended");
            task.await.map_err(ended)??
        };
        let expires = access.expires_at.as_second();
        if self.told_expiry.swap(expires, Ordering::Relaxed) != expires {
            self.observer.token_expires(&self.spec.name, self.integration, access.expires_at);
        }
        Ok(access)
    }
}

/// Its type is told, because fetching a token is a call, for which a token may be fetched.
fn fetch(
    link: Arc<Link>,
    credential: Arc<Credential>,
    urgency: Urgency,
) -> BoxFuture<'static, Result<Access, Failure>> {
    Box::pin(async move {
        let session = link.session_within(urgency, Budget::TOKEN);
        link.tokens.get(credential.name(), async || session.grant(&credential).await).await
    })
}

impl Session {
    async fn grant(&self, credential: &Credential) -> Result<tokens::Grant, Failure> {
        let granted = match &credential.grant {
            Grant::Client(client) => self.ask(credential, Proof::Client(client.clone())).await?,
            Grant::Refresh { client, configured } => {
                let owner =
                    Owner { credential: credential.name(), connection: &self.spec().name, configured };
                let replaced = self.link.tokens.replaced();
                let token = replaced.current(owner).await?;
                let proof = Proof::Refresh { client: client.clone(), token: token.clone() };
                let mut granted = self.ask(credential, proof).await?;
                if let Some(new) = granted.replaces(&token) {
                    // Before the access token is used: whoever uses it relies on there being a next one.
                    replaced.replace(owner, new).await?;
                }
                granted
            }
            Grant::Assertion(assertion) => {
                let assertion = assertion.sign(self.agreed_now()).map_err(unsigned)?;
                self.ask(credential, Proof::Assertion(assertion)).await?
            }
            Grant::Signed(token) => Granted {
                token: token.sign(self.agreed_now()).map_err(unsigned)?,
                valid_for: token.holds_for(),
                scopes: None,
                refresh_token: None,
            },
        };
        Ok(tokens::Grant { token: granted.token, valid_for: granted.valid_for })
    }

    async fn ask(&self, credential: &Credential, proof: Proof) -> Result<Granted, Failure> {
        let request = credential.request(proof);
        let answered = self.send_for_token(request).await;
        // There are no fewer days to ask for.
        let too_much = |failure| match failure {
            Failure::TooMuch { .. } => passing("the token endpoint: the answer is larger than any token"),
            failure => failure,
        };
        answer::read(&answered.map_err(too_much)?)
    }
}

fn passing(reason: &str) -> Failure {
    Failure::Transient { reason: reason.to_owned() }
}

fn unsigned(error: super::jwt::SignError) -> Failure {
    Failure::Permanent { reason: error.to_string() }
}
