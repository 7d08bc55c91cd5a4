//! What the imitations of Google's APIs share: how a client gets in.

mod token;

pub use self::token::{CLIENT_ID, CLIENT_SECRET, DEMO_KEY, REFRESH_TOKEN, TokenEndpoint};
pub(crate) use self::token::{Refused, TOKEN_PATH};
