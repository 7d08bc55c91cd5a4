//! Credentials that are refused, and token endpoints in trouble.

use std::{sync::Arc, time::Duration};

use actors::{
    failure::Failure,
    session::{
        Credential,
        oauth::{ClientAuth, SignedToken, jwt::SigningKey},
        quota::Urgency,
    },
};
use rows::{Clock, state::State};
use serde_json::{Map, Value, json};

use super::{
    asked, fetched,
    issuer::{Answer, CONFIGURED, Event},
    stage::{Gated, Stage, call, client, refresh, spec, token_url},
};
use crate::support::{drive::Driver, memory::MemorySink};

/// The API refuses whatever it gets: one refresh, one repetition, and then silence until the connection is checked again.
#[tokio::test(start_paused = true)]
async fn what_is_refused_twice_needs_a_person_and_is_not_asked_again() {
    let stage = Stage::new();
    let link = stage.link("a", refresh(CONFIGURED));
    let session = link.session(Urgency::Fresh);
    session.send(call()).await.unwrap();
    stage.issuer.take_events();
    let refuse = || stage.issuer.with(|state| state.next_api = vec![Answer::json(401, &json!({})); 20]);
    refuse();
    for round in 0..5 {
        let failure = session.send(call()).await.unwrap_err();
        assert!(matches!(failure, Failure::NeedsReauth { .. }), "{failure:?}");
        let events = stage.issuer.take_events();
        let expected = if round == 0 { (1, 2) } else { (0, 0) };
        assert_eq!((fetched(&events), asked(&events)), expected, "round {round}");
    }
    // The next check asks again, and once more in vain.
    let check = link.session(Urgency::Fresh);
    check.send(call()).await.unwrap_err();
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), asked(&events)), (1, 2));
    // Then the credentials work again.
    stage.issuer.with(|state| state.next_api.clear());
    link.session(Urgency::Fresh).send(call()).await.unwrap();
    session.send(call()).await.unwrap();
}

/// What is not permitted is not permitted with another token either: none is fetched.
#[tokio::test(start_paused = true)]
async fn a_permission_that_is_missing_costs_no_token() {
    let stage = Stage::new();
    let session = stage.link("a", refresh(CONFIGURED)).session(Urgency::Fresh);
    session.send(call()).await.unwrap();
    stage.issuer.take_events();
    stage.issuer.with(|state| state.next_api = vec![Answer::json(403, &json!({}))]);
    let failure = session.send(call()).await.unwrap_err();
    assert!(matches!(failure, Failure::NeedsReauth { .. }), "{failure:?}");
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), asked(&events)), (0, 1));
    session.send(call()).await.unwrap_err();
    assert_eq!(asked(&stage.issuer.take_events()), 0, "nobody asks before the next check");
}

/// The refresh token is revoked: nobody gets a token, and nobody asks the API without one.
#[tokio::test(start_paused = true)]
async fn a_revoked_refresh_token_needs_a_person() {
    let stage = Stage::new();
    let sink = MemorySink::default();
    let driver = Driver {
        services: stage.services(),
        ..Driver::new(
            spec("a"),
            Arc::new(Gated(Arc::new(refresh(CONFIGURED)))),
            Arc::new(stage.issuer.clone()),
            Arc::new(stage.clock.clone()),
            stage.observer.clone(),
            Arc::new(sink),
        )
    };
    driver.daemon(Duration::from_mins(1)).await;
    assert!(asked(&stage.issuer.take_events()) > 0);
    stage.issuer.with(|state| state.refresh_token = "revoked".to_owned());
    stage.issuer.expire();
    let end = driver.daemon(Duration::from_mins(50)).await;
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), asked(&events)), (1, 1), "{events:?}");
    assert_eq!(end.status.state, State::NeedsReauth);
    let advice = end.status.error.unwrap();
    assert!(advice.contains("set credentials") && !advice.contains("planted"), "{advice}");
}

#[tokio::test(start_paused = true)]
async fn trouble_at_the_token_endpoint_is_trouble_like_any_other() {
    let stage = Stage::new();
    let session = stage.session("a", refresh(CONFIGURED));
    let next = |answers: Vec<Answer>| stage.issuer.with(|state| state.next_token = answers);
    // What passes is tried again.
    next(vec![Answer::json(503, &json!({})), Answer::json(500, &json!({ "error": "planted" }))]);
    session.send(call()).await.unwrap();
    assert_eq!(fetched(&stage.issuer.take_events()), 3);

    // A limit is waited for.
    stage.issuer.expire();
    next(vec![Answer::json(429, &json!({})).header("retry-after", "40")]);
    let began = stage.clock.elapsed();
    session.send(call()).await.unwrap();
    assert!(stage.clock.elapsed() >= began + Duration::from_secs(40));

    // What does not pass is passing trouble of the connection, and no refusal.
    stage.issuer.expire();
    next(vec![Answer::json(503, &json!({})); 9]);
    let failure = session.send(call()).await.unwrap_err();
    assert!(matches!(failure, Failure::Transient { .. }), "{failure:?}");
    next(vec![Answer { status: 200, headers: Vec::new(), body: "<html>log in</html>".to_owned() }]);
    let failure = session.send(call()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Transient { reason } if reason.contains("web page")), "{failure:?}");
    next(vec![]);
    session.send(call()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_identity_without_a_token_needs_a_person() {
    let stage = Stage::new();
    let session =
        stage.session("a", Credential::client(&token_url(), client(ClientAuth::Form), "no-such-scope"));
    stage.issuer.with(|state| state.next_token = vec![Answer::json(200, &json!({ "id_token": "planted" }))]);
    let failure = session.send(call()).await.unwrap_err();
    assert!(
        matches!(&failure, Failure::NeedsReauth { advice } if advice.contains("id_token")),
        "{failure:?}"
    );
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), asked(&events)), (1, 0));
}

fn signed() -> SignedToken {
    let pem = include_str!("../../../src/session/oauth/testing/ec.pem");
    let key = SigningKey::es256(&pem.into(), Some("key-1".to_owned())).unwrap();
    let claims = Map::from_iter([("iss".to_owned(), Value::from("team"))]);
    SignedToken { key, claims, valid_for: Duration::from_hours(12) }
}

fn claims(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

/// A token that is signed here needs no endpoint; one that is refused is signed anew once.
#[tokio::test(start_paused = true)]
async fn a_signed_token_is_used_as_it_is() {
    let stage = Stage::new();
    let session = stage.session("a", Credential::signed(signed()));
    stage.issuer.with(|state| state.next_api = vec![Answer::json(200, &json!({})); 2]);
    session.send(call()).await.unwrap();
    session.send(call()).await.unwrap();
    let events = stage.issuer.take_events();
    let [Event::Asked("api", Some(first)), Event::Asked("api", Some(second))] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(first, second, "one serves both");
    let claims = claims(first.strip_prefix("Bearer ").unwrap());
    let now = stage.clock.now().as_second();
    assert_eq!(claims["iss"], "team");
    assert!((20..=40).contains(&(now - claims["iat"].as_i64().unwrap())), "{claims}");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 12 * 3_600);

    let failure = session.send(call()).await.unwrap_err();
    assert!(matches!(failure, Failure::NeedsReauth { .. }), "{failure:?}");
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), asked(&events)), (0, 2));
}

/// An assertion is signed for each request, and exchanged.
#[tokio::test(start_paused = true)]
async fn a_signed_assertion_is_exchanged_for_a_token() {
    let stage = Stage::new();
    let session = stage.session("a", Credential::assertion(&token_url(), signed()));
    session.send(call()).await.unwrap();
    let events = stage.issuer.take_events();
    let Some(Event::Token(form, None)) = events.first() else { panic!("{events:?}") };
    assert_eq!(form[0], ("grant_type".to_owned(), "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()));
    assert_eq!((form.len(), form[1].0.as_str()), (2, "assertion"));
    assert_eq!(claims(&form[1].1)["iss"], "team");
    assert_eq!(events[1], Event::Asked("api", Some("Bearer planted-access-1".to_owned())));
}
