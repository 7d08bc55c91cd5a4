//! Whom a session asks for what it does not know itself: how calls are authenticated, and what answers mean.

use futures::future::BoxFuture;

use super::{Auth, Response, Session, Verdict};
use crate::{account::Accounts, failure::Failure};

/// One connected account holder at a provider. The engine has it checked, the [`Session`] asks it about every request; what
/// there is to read is read by the readers of its streams ([`crate::reader`]).
pub trait Source: Send + Sync {
    /// How requests to the API are authenticated.
    fn auth(&self) -> Auth;

    /// How requests to one of its further hosts are authenticated. What belongs to the API does not go elsewhere by itself.
    /// Requests for access tokens are none of these: the session makes them.
    fn auth_at(&self, _host: &'static str) -> Auth {
        Auth::None
    }

    /// What the provider counts budgets by, where that is not the credential: a Cloud project, a client id. Connections
    /// that say the same share them.
    fn counted_by(&self) -> Option<String> {
        None
    }

    /// Whether its credentials go with this stream. One that they do not go with is off unless the configuration says
    /// otherwise.
    fn goes_with(&self, _stream: &str) -> bool {
        true
    }

    /// What an answer means. Called for **every** answer, good ones too: quota signals ride on all of them, and some
    /// providers put errors into status 200.
    fn classify(&self, response: &Response) -> Verdict;

    /// Asks the provider whether the credentials work and which accounts they see (narrowed to the configured ones).
    /// A connection without accounts returns one whose id is `""`. It fails only where nothing can be said of any account:
    /// what ails one of them is told beside it, and the others are read.
    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>>;

    /// Whether the cursors of its pages walk a list of its own, such as one from the settings: it has an end, and the same
    /// thing may stand on it twice. Else pages that bring nothing new are taken for a circle.
    fn walks_own_list(&self) -> bool {
        false
    }
}
