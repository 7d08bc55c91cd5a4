//! What every answer carries, which requests get none, and which answers do not leave.

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{
            AUTHORIZATION, CONTENT_LENGTH, HeaderValue, RETRY_AFTER, TRANSFER_ENCODING, WWW_AUTHENTICATE,
        },
    },
    middleware::{DefaultHeaders, Next},
    web::Data,
};

use super::{
    actions,
    answer::{self, Turn},
    authentication::Verdict,
    limits::{FORM_BYTES_MAX, IMPORT_BYTES_MAX, RECORD_BYTES_MAX, WEBHOOK_BYTES_MAX},
    refusals::Refused,
    routes,
    server::Door,
    users, webhooks,
};
use crate::audience::{Audience, Kinds};

/// Where forms go.
pub(super) const FORMS: &str = "/connections/";
/// What an orchestrator asks without a password.
const HEALTH: &str = "/healthz";

/// Headers of every answer: nothing is loaded from anywhere else, nothing runs, nothing is guessed, framed or kept.
pub(super) fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'",
        ))
        .add(("X-Content-Type-Options", "nosniff"))
        // Not `no-referrer`: a form of our own would then come without its origin.
        .add(("Referrer-Policy", "same-origin"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
        .add(("Cache-Control", "no-store"))
}

/// Lets in who may ask.
pub(super) async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let turn = Turn::of(&request);
    let refusal = request.app_data::<Data<Door>>().and_then(|door| refusal(&request, door));
    let response = match refusal {
        Some(refusal) => request.into_response(refusal),
        None => judged(next.call(request).await?.map_into_boxed_body()),
    };
    Ok(answer::in_pieces(response, turn))
}

/// The answer, if it may have what is in it: whichever route made it, the last word is here.
fn judged(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let kinds = response.response().extensions().get::<Kinds>().copied();
    let audience = response.request().extensions().get::<Audience>().cloned();
    let may_leave = match (&audience, kinds) {
        (Some(audience), Some(kinds)) => audience.may_have(kinds),
        // Whoever makes something for tenants says what is in it.
        (Some(Audience::Tenant(_)), None) => !response.status().is_success(),
        (Some(Audience::Operators), None) => true,
        (None, kinds) => kinds.is_none_or(|kinds| kinds == Kinds::NONE),
    };
    if may_leave {
        return response;
    }
    let route = response.request().match_pattern().unwrap_or_default();
    let tenant = audience.as_ref().and_then(Audience::tenant).unwrap_or_default();
    let kinds = kinds.map(|kinds| kinds.to_string()).unwrap_or_default();
    tracing::error!(
        route,
        tenant,
        kinds,
        "an answer was not given out: it has spend of a kind that is not for who asked"
    );
    let why = "this answer could not be given: the worker's log says why";
    response.into_response(actions::refused(StatusCode::INTERNAL_SERVER_ERROR, why))
}

fn refusal(request: &ServiceRequest, door: &Door) -> Option<HttpResponse> {
    let plain = |status: StatusCode, text: &str| {
        let mut response = HttpResponse::build(status);
        response.force_close().content_type("text/plain; charset=utf-8");
        response.body(text.to_owned())
    };
    let note = |refused: Refused| match request.peer_addr() {
        Some(address) => door.refusals.note(refused, address.ip()),
        None => door.refusals.note(refused, ""),
    };
    if let Some(why) = refused_body(request) {
        note(Refused::TooLarge);
        // Closed, so that the body need not be drained.
        return Some(plain(StatusCode::PAYLOAD_TOO_LARGE, &why));
    }
    // Health says nothing that a page could not guess, and is asked for under whatever name an orchestrator has.
    let is_health = request.path() == HEALTH;
    if !is_health && !door.hosts.answer_to(request.headers()) {
        note(Refused::ForeignHost);
        return Some(plain(
            StatusCode::MISDIRECTED_REQUEST,
            "This server does not answer to this name: a page on the web could read it through a browser here. It \
             answers to IP addresses, to localhost and to the names in http.allowed_hosts; without those, to names \
             without a dot.\n",
        ));
    }
    if is_health {
        return None;
    }
    let Some(gatekeeper) = &door.gatekeeper else {
        // Whoever reaches the address operates it; a webhook's signature says who it is from.
        request.extensions_mut().insert(Audience::Operators);
        return None;
    };
    let address = request.peer_addr().map(|address| address.ip());
    let verdict = gatekeeper.verdict(request.headers(), address);
    // A webhook's signature says who it is from, and whoever else asks is judged by it. But a tenant is not told what there is.
    let is_of_tenant = matches!(&verdict, Verdict::Welcome(asker) if asker.audience().tenant().is_some());
    if is_webhook(request) && !is_of_tenant {
        return None;
    }
    match verdict {
        Verdict::Welcome(asker) => {
            let audience = asker.audience();
            let is_closed = audience.tenant().is_some() && !routes::is_for_tenants(request);
            request.extensions_mut().insert(audience);
            request.extensions_mut().insert(asker);
            is_closed.then(|| {
                note(Refused::NotForTenants);
                actions::refused(
                    StatusCode::FORBIDDEN,
                    "a tenant's token reads what is the tenant's: this is for who operates the worker",
                )
            })
        }
        Verdict::TooMany(seconds) => {
            note(Refused::WrongCredentials);
            let mut refusal =
                plain(StatusCode::TOO_MANY_REQUESTS, "Too many wrong attempts: try again in a minute.\n");
            refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            Some(refusal)
        }
        Verdict::Unknown => {
            let brings_some = request.headers().contains_key(AUTHORIZATION);
            note(if brings_some { Refused::WrongCredentials } else { Refused::Stranger });
            let mut refusal = plain(StatusCode::UNAUTHORIZED, "This server asks who you are.\n");
            for challenge in gatekeeper.challenges() {
                refusal.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Some(refusal)
        }
    }
}

/// Why a body is not taken. There may be none at all, a button's, a webhook's, or what is said of users.
fn refused_body(request: &ServiceRequest) -> Option<String> {
    let headers = request.headers();
    if headers.contains_key(TRANSFER_ENCODING) {
        return Some(
            "A request's body must say how long it is: Content-Length, and no Transfer-Encoding.\n"
                .to_owned(),
        );
    }
    let length = headers.get(CONTENT_LENGTH)?;
    let length = length.to_str().ok().and_then(|length| length.parse::<usize>().ok());
    let is_form = request.method() == Method::POST && request.path().starts_with(FORMS);
    let is_said = [Method::POST, Method::PATCH].contains(request.method());
    let most = match request.path() {
        _ if is_form => FORM_BYTES_MAX,
        _ if is_webhook(request) => WEBHOOK_BYTES_MAX,
        users::IMPORT if is_said => IMPORT_BYTES_MAX,
        path if is_said && path.starts_with(users::PATH) => RECORD_BYTES_MAX,
        _ => 0,
    };
    match (length, most) {
        (Some(length), _) if length <= most => None,
        (_, 0) => Some("Nothing here takes a request body.\n".to_owned()),
        (_, most) => Some(format!("The body is too large: at most {most} bytes are taken here.\n")),
    }
}

fn is_webhook(request: &ServiceRequest) -> bool {
    request.method() == Method::POST && request.path().starts_with(webhooks::PATH)
}
