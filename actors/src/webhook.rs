//! Messages in which a provider says by itself that something happened. What, is not believed: they only have the
//! connection's feeds read sooner, so that nothing is lost with a message, and nothing is stored that was made up.

use jiff::Timestamp;
use secrecy::SecretString;

use crate::spec::CredentialSpec;

/// What an integration offers whose provider sends such messages.
pub trait WebhookVerifier: Send + Sync {
    /// The secret that they are signed with. A connection without it takes none.
    fn credential(&self) -> &'static CredentialSpec;

    /// Whether the provider itself sent the message, and lately: a stolen one is soon of no use.
    fn verify(&self, secret: &SecretString, message: &Message<'_>) -> Result<(), Unsigned>;
}

/// A message as it came.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// A header's value by its name, in any case; none where it is missing or not ASCII.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// Its body.
    pub body: &'a [u8],
    /// When it came.
    pub received_at: Timestamp,
}

/// Why a message is not taken, and what to do, for whoever looks at it in the provider's dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsigned(pub &'static str);

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("received_at", &self.received_at).finish_non_exhaustive()
    }
}
