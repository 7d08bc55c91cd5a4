//! Where requests about users are taken: who may ask, about whose users, and what becomes of what goes wrong.

use std::sync::Arc;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Payload, Query},
};
use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use store::{
    StoreError,
    people::{People, PeopleError, PersonForm, audit},
};

use super::super::{
    Shared,
    actions::{self, refused},
    authentication::Asker,
    query::Filter,
    reading, routes,
};
use crate::{
    audience::{Audience, written},
    settings::Privacy,
};

/// Where users are kept.
pub trait PeopleSource: Send + Sync {
    /// Opens the key store beside the database.
    fn open(&self) -> BoxFuture<'_, Result<People, PeopleOff>>;

    /// Who else has data of people.
    fn privacy(&self) -> Privacy;
}

/// Users are off, or cannot be had now.
#[derive(Debug, thiserror::Error)]
pub enum PeopleOff {
    /// There is no key.
    #[error(
        "users are off without a key: set encryption.key; `dynamoi secrets generate-key --output data/key` makes one"
    )]
    NoKey,
    /// Nobody knows where the key store is.
    #[error("users are off without a key store: set privacy.keys to a PostgreSQL database of its own")]
    NoKeyStore,
    /// The key store or the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A request about users that may be made.
pub struct Desk {
    request: HttpRequest,
    shared: Data<Shared>,
    tenant: String,
    actor: String,
}

/// What an answer is made with.
pub struct Room {
    /// Everybody's.
    pub people: People,
    /// Whose are meant.
    pub tenant: String,
    /// Who asks, for the record.
    pub actor: String,
    /// Who else has data of people.
    pub privacy: Privacy,
}

/// What is told instead of an answer.
pub struct Told(StatusCode, String);

/// Held until the answer is made.
pub type SharedRoom = Arc<Room>;

// === impl Desk ===

impl Desk {
    /// For this request. The error is the answer instead.
    pub fn of(request: &HttpRequest, shared: &Data<Shared>) -> Result<Self, Told> {
        actions::allowed(request, shared).map_err(|(status, why)| Told(status, why.to_owned()))?;
        let filter = Query::<Filter>::from_query(request.query_string());
        let asked = filter.ok().and_then(|filter| filter.tenant().map(str::to_owned));
        let tenant = match (routes::audience(request), asked) {
            (Audience::Tenant(own), None) => own.to_string(),
            (Audience::Tenant(own), Some(asked)) if asked == *own => asked,
            (Audience::Tenant(_), Some(_)) => {
                let why = "a tenant's token is for that tenant's users only";
                return Err(Told(StatusCode::FORBIDDEN, why.to_owned()));
            }
            (Audience::Operators, Some(asked)) => asked,
            (Audience::Operators, None) => {
                let why = "whose users are meant is not said: add ?tenant=";
                return Err(Told(StatusCode::BAD_REQUEST, why.to_owned()));
            }
        };
        let actor = request.extensions().get::<Asker>().map(|asker| format!("http, {asker}"));
        Ok(Self {
            request: request.clone(),
            shared: shared.clone(),
            tenant,
            actor: actor.unwrap_or_default(),
        })
    }

    /// What the request brings. The error is the answer instead.
    pub async fn body(&self, payload: Payload, bytes_max: usize) -> Result<Bytes, HttpResponse> {
        reading::body(&self.request, payload, bytes_max, &self.shared).await
    }

    /// Makes the answer, aside, and notes that it was asked for.
    pub async fn answer<T, F>(self, make: impl FnOnce(SharedRoom) -> F + Send + 'static) -> HttpResponse
    where
        T: Serialize + Send + 'static,
        F: Future<Output = Result<T, PeopleError>> + Send,
    {
        let Self { request, shared, tenant, actor } = self;
        let asked = shared.clone();
        let text = shared.desk.make(async move {
            let people = asked.people.open().await?;
            let privacy = asked.people.privacy();
            let room = Arc::new(Room { people, tenant, actor, privacy });
            let answer = match room.people.expect_tenant(&room.tenant).await {
                Ok(()) => make(room.clone()).await,
                Err(error) => Err(error),
            };
            let answer = answer.map_err(|error| room.people.name_in(error));
            if let Some(room) = Arc::into_inner(room) {
                room.people.close().await;
            }
            let answer = answer?;
            written(|| serde_json::to_vec(&answer)).transpose().map_err(|_| Trouble::Unwritable)
        });
        let route = request.match_pattern().unwrap_or_default();
        match text.await {
            Ok(Ok(text)) => {
                tracing::info!(route, method = %request.method(), "users: done as asked over HTTP");
                shared.desk.answer(StatusCode::OK, "application/json", text)
            }
            Ok(Err(trouble)) => trouble.told(&route, &routes::audience(&request)),
            Err(busy) => busy,
        }
    }
}

/// What a body says. What is wrong with it is told without repeating any of it.
pub fn read<T: DeserializeOwned>(body: &[u8], expected: &str) -> Result<T, Told> {
    serde_json::from_slice(body).map_err(|_| Told::wrong(expected))
}

// === impl Told ===

impl Told {
    /// A body that says something else.
    pub fn wrong(expected: &str) -> Self {
        let why = format!("the body is no JSON object of the expected form: {expected}");
        Self(StatusCode::BAD_REQUEST, why)
    }
}

impl From<Told> for HttpResponse {
    fn from(Told(status, why): Told) -> Self {
        refused(status, &why)
    }
}

// === impl Room ===

impl Room {
    /// Adds what was done to a user to the audit log.
    pub async fn note(&self, action: audit::Action, user: &str) -> Result<(), PeopleError> {
        let (tenant, user) = (Some(&*self.tenant), Some(user));
        self.people
            .note(&audit::Deed { actor: &self.actor, action, tenant, user, detail: String::new() })
            .await
    }

    /// Corrects a user: whoever is to be told is due in `disclosures` from now on.
    pub async fn rectify(&self, user: &str, form: PersonForm) -> Result<(), PeopleError> {
        let standing = self.privacy.standing(&self.tenant, &self.actor);
        self.people.rectify(&self.tenant, user, form, &self.actor, &standing).await.map(drop)
    }
}

/// Why there is no answer.
enum Trouble {
    Off(PeopleOff),
    People(PeopleError),
    Unwritable,
}

// === impl Trouble ===

impl Trouble {
    /// As whoever asked is told.
    fn told(self, route: &str, audience: &Audience) -> HttpResponse {
        let (status, why) = match &self {
            Self::Off(off @ (PeopleOff::NoKey | PeopleOff::NoKeyStore)) => {
                (StatusCode::SERVICE_UNAVAILABLE, off.to_string())
            }
            Self::Off(PeopleOff::Store(error)) | Self::People(PeopleError::Store(error)) => {
                tracing::warn!(route, %error, "users: not done");
                // Where things are is the operators' to know.
                let told = match audience {
                    Audience::Operators => error.to_string(),
                    Audience::Tenant(_) => "users cannot be had now: the worker's log says why".to_owned(),
                };
                (StatusCode::SERVICE_UNAVAILABLE, told)
            }
            Self::People(error) => (status_of(error), error.to_string()),
            Self::Unwritable => {
                (StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written".to_owned())
            }
        };
        refused(status, &why)
    }
}

const fn status_of(error: &PeopleError) -> StatusCode {
    match error {
        PeopleError::Form(_) => StatusCode::BAD_REQUEST,
        PeopleError::Unknown(_) => StatusCode::NOT_FOUND,
        PeopleError::Ambiguous(_) | PeopleError::Refused(_) => StatusCode::CONFLICT,
        PeopleError::UnderAge | PeopleError::FoundUnderAge(_) | PeopleError::HeldUnderAge(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        PeopleError::Store(_) | PeopleError::Unwritten(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl From<PeopleOff> for Trouble {
    fn from(off: PeopleOff) -> Self {
        Self::Off(off)
    }
}

impl From<PeopleError> for Trouble {
    fn from(error: PeopleError) -> Self {
        Self::People(error)
    }
}
