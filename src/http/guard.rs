//! What every answer carries, and which requests get none.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{
            CONTENT_LENGTH, HOST, HeaderMap, HeaderValue, RETRY_AFTER, TRANSFER_ENCODING, WWW_AUTHENTICATE,
        },
    },
    middleware::{DefaultHeaders, Next},
    web::Data,
};

use super::{authentication::Verdict, server::Door, webhooks};

/// Most bytes of a form: one token.
pub(super) const FORM_BYTES_MAX: usize = 1_024;
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
    let refusal = request.app_data::<Data<Door>>().and_then(|door| refusal(&request, door));
    match refusal {
        Some(refusal) => Ok(request.into_response(refusal)),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn refusal(request: &ServiceRequest, door: &Door) -> Option<HttpResponse> {
    let plain = |status: StatusCode, text: &'static str| {
        let mut response = HttpResponse::build(status);
        response.force_close().content_type("text/plain; charset=utf-8");
        response.body(text)
    };
    if !has_acceptable_body(request) {
        // Closed, so that the body need not be drained.
        return Some(plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "This server takes no request bodies, or none that large.\n",
        ));
    }
    if door.checks_host && !is_host_of_this_machine(request.headers()) {
        return Some(plain(
            StatusCode::MISDIRECTED_REQUEST,
            "This server answers to IP addresses, localhost and names without a dot: under other names, a page on the \
             web could read it through a browser here. Set http.authentication, or http.allow_public where something \
             in front of it authenticates.\n",
        ));
    }
    // A webhook's signature says who it is from.
    let is_open = request.path() == HEALTH || is_webhook(request);
    let gatekeeper = door.gatekeeper.as_ref().filter(|_| !is_open)?;
    let address = request.peer_addr().map(|address| address.ip());
    match gatekeeper.verdict(request.headers(), address) {
        Verdict::Welcome => None,
        Verdict::TooMany(seconds) => {
            let mut refusal =
                plain(StatusCode::TOO_MANY_REQUESTS, "Too many wrong attempts: try again in a minute.\n");
            refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            Some(refusal)
        }
        Verdict::Unknown => {
            let mut refusal = plain(StatusCode::UNAUTHORIZED, "This server asks who you are.\n");
            for challenge in gatekeeper.challenges() {
                refusal.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Some(refusal)
        }
    }
}

/// None at all, a button's, or a webhook's.
fn has_acceptable_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    if headers.contains_key(TRANSFER_ENCODING) {
        return false;
    }
    let Some(length) = headers.get(CONTENT_LENGTH) else { return true };
    let length = length.to_str().ok().and_then(|length| length.parse::<usize>().ok());
    let is_form = request.method() == Method::POST && request.path().starts_with(FORMS);
    let most = match (is_form, is_webhook(request)) {
        (true, _) => FORM_BYTES_MAX,
        (_, true) => webhooks::BYTES_MAX,
        _ => 0,
    };
    length.is_some_and(|length| length <= most)
}

fn is_webhook(request: &ServiceRequest) -> bool {
    request.method() == Method::POST && request.path().starts_with(webhooks::PATH)
}

/// Whether the request was made to an address, or to a name that nobody on the internet can own.
fn is_host_of_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else { return true };
    let Ok(host) = host.to_str() else { return false };
    if host.starts_with('[') {
        return true;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.parse::<std::net::IpAddr>().is_ok()
        || !name.contains('.')
        || name.to_ascii_lowercase().ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_others_can_own_are_not_answered_to() {
        for (host, ours) in [
            ("127.0.0.1:9464", true),
            ("[::1]:9464", true),
            ("localhost:9464", true),
            ("worker.localhost", true),
            ("dynamoi:9464", true),
            ("evil.example", false),
            ("evil.example:9464", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            assert_eq!(is_host_of_this_machine(&headers), ours, "{host}");
        }
        assert!(is_host_of_this_machine(&HeaderMap::new()));
    }
}
