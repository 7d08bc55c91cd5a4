//! Users over HTTP: what `dynamoi users` does. Only with authentication, and always of one tenant: a token's own, or the one that
//! an operator names. Personal values come in bodies, never in addresses: those are kept in logs of proxies and browsers.

mod answers;
mod desk;
mod document;
mod import;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Payload, Query},
};
use rows::personal::Personal;
use serde::Deserialize;
use store::people::{NewConsent, PersonForm, Who, audit};
use tokio::time::Instant;

use self::answers::{Added, Consents, Noted, Standing, UserAnswer, Users};
use self::desk::Desk;
pub use self::desk::{PeopleOff, PeopleSource};
pub(super) use self::document::paths;
use super::{
    Shared,
    limits::{IMPORT_BYTES_MAX, IMPORT_TIME, RECORD_BYTES_MAX},
};

/// Where they are.
pub(super) const PATH: &str = "/api/v1/users";
/// Where many are handed over at once.
pub(super) const IMPORT: &str = "/api/v1/users/import";

/// What a list may be narrowed to.
#[derive(Debug, Deserialize)]
pub(super) struct Narrowed {
    external_id: Option<String>,
}

/// What a look-up sends: one of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sought {
    email: Option<Personal>,
    external_id: Option<String>,
}

/// A user's word about a purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    purpose: String,
    granted: bool,
    version: Option<String>,
    #[serde(default = "by_the_api")]
    source: String,
}

/// Where it was said that a person leaves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaving {
    #[serde(default = "by_the_api")]
    source: String,
}

fn by_the_api() -> String {
    "api".to_owned()
}

/// Opens the desk, or answers why not.
macro_rules! desk {
    ($request:expr, $shared:expr) => {
        match Desk::of(&$request, &$shared) {
            Ok(desk) => desk,
            Err(refusal) => return refusal.into(),
        }
    };
}

/// What comes of a body, or the answer instead.
macro_rules! said {
    ($read:expr) => {
        match $read {
            Ok(said) => said,
            Err(refusal) => return refusal,
        }
    };
}

/// A tenant's users, without anything personal.
pub(super) async fn list(
    request: HttpRequest,
    narrowed: Query<Narrowed>,
    shared: Data<Shared>,
) -> HttpResponse {
    let external_id = narrowed.into_inner().external_id;
    let list = |room: desk::SharedRoom| async move {
        let mut users = room.people.list(&room.tenant).await?;
        users.retain(|user| external_id.is_none() || user.external_id == external_id);
        Ok(Users::new(&room.tenant, users))
    };
    desk!(request, shared).answer(list).await
}

/// Adds one.
pub(super) async fn add(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let desk = desk!(request, shared);
    let body = said!(desk.body(payload, RECORD_BYTES_MAX).await);
    let add = |room: desk::SharedRoom| async move {
        let id = room.people.add(&room.tenant, PersonForm::read(&body)?).await?;
        Ok(Added { id })
    };
    desk.answer(add).await
}

/// Adds or corrects many.
pub(super) async fn import(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let desk = desk!(request, shared);
    let body = said!(desk.body(payload, IMPORT_BYTES_MAX).await);
    let until = Instant::now() + IMPORT_TIME;
    desk.answer(move |room| async move { import::all(&room, &body, until).await }).await
}

/// Opens the one that is looked for.
pub(super) async fn find(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let desk = desk!(request, shared);
    let body = said!(desk.body(payload, RECORD_BYTES_MAX).await);
    let sought = desk::read::<Sought>(&body, "`email` or `external_id`, one of them, in quotes");
    let who = match said!(sought.map_err(HttpResponse::from)) {
        Sought { email: Some(email), external_id: None } => Who::Email(email),
        Sought { email: None, external_id: Some(id) } => Who::External(id),
        _ => return desk::Told::wrong("`email` or `external_id`, one of them, in quotes").into(),
    };
    desk.answer(|room| async move { show(&room, &who).await }).await
}

/// Opens one.
pub(super) async fn one(request: HttpRequest, user: Path<String>, shared: Data<Shared>) -> HttpResponse {
    let who = Who::Id(user.into_inner());
    desk!(request, shared).answer(|room| async move { show(&room, &who).await }).await
}

async fn show(room: &desk::Room, who: &Who) -> Result<UserAnswer, store::people::PeopleError> {
    let id = room.people.find(&room.tenant, who).await?;
    Ok(room.people.show_to(&room.tenant, &id, &room.actor).await?.into())
}

/// Corrects one: what is not named stays, `null` empties.
pub(super) async fn rectify(
    request: HttpRequest,
    user: Path<String>,
    payload: Payload,
    shared: Data<Shared>,
) -> HttpResponse {
    let desk = desk!(request, shared);
    let body = said!(desk.body(payload, RECORD_BYTES_MAX).await);
    let id = user.into_inner();
    let rectify = |room: desk::SharedRoom| async move {
        room.rectify(&id, PersonForm::read(&body)?).await?;
        Ok(Standing::of(room.people.show(&room.tenant, &id).await?))
    };
    desk.answer(rectify).await
}

/// The person leaves.
pub(super) async fn withdraw(
    request: HttpRequest,
    user: Path<String>,
    payload: Payload,
    shared: Data<Shared>,
) -> HttpResponse {
    let desk = desk!(request, shared);
    let body = said!(desk.body(payload, RECORD_BYTES_MAX).await);
    let id = user.into_inner();
    let leaving =
        desk::read::<Leaving>(if body.is_empty() { b"{}" } else { &body }, "nothing, or `source` in quotes");
    let Leaving { source } = said!(leaving.map_err(HttpResponse::from));
    let withdraw = |room: desk::SharedRoom| async move {
        room.people.withdraw(&room.tenant, &id, &source).await?;
        room.note(audit::Action::Withdraw, &id).await?;
        Ok(Standing::of(room.people.show(&room.tenant, &id).await?))
    };
    desk.answer(withdraw).await
}

/// All that one ever said.
pub(super) async fn consents(request: HttpRequest, user: Path<String>, shared: Data<Shared>) -> HttpResponse {
    let who = Who::Id(user.into_inner());
    let consents = |room: desk::SharedRoom| async move {
        let id = room.people.find(&room.tenant, &who).await?;
        Ok(Consents::new(room.people.consents(&room.tenant, &id).await?))
    };
    desk!(request, shared).answer(consents).await
}

/// Adds a word about a purpose.
pub(super) async fn consent(
    request: HttpRequest,
    user: Path<String>,
    payload: Payload,
    shared: Data<Shared>,
) -> HttpResponse {
    let desk = desk!(request, shared);
    let body = said!(desk.body(payload, RECORD_BYTES_MAX).await);
    let expected =
        "`purpose` in quotes and `granted` true or false; `version` and `source` in quotes if need be";
    let Word { purpose, granted, version, source } =
        said!(desk::read::<Word>(&body, expected).map_err(HttpResponse::from));
    let word = NewConsent { version, purpose, granted, source };
    let id = user.into_inner();
    let consent = |room: desk::SharedRoom| async move {
        let policy_version = room.people.consent(&room.tenant, &id, &word).await?;
        Ok(Noted { policy_version })
    };
    desk.answer(consent).await
}
