//! Which secrets go where.

use actors::{failure::Failure, session::Call};
use serde_json::json;

use super::{
    fetched,
    issuer::{Answer, CONFIGURED, Event},
    stage::{CLIENT_SECRET, Stage, call, refresh},
};

#[tokio::test(start_paused = true)]
async fn what_authenticates_goes_to_its_own_host_and_to_no_other() {
    let stage = Stage::new();
    let session = stage.session("a", refresh(CONFIGURED));
    session.send(call()).await.unwrap();
    session.send(call().host("analytics")).await.unwrap();
    stage.issuer.with(|state| state.next_api = vec![Answer::json(200, &json!({}))]);
    session.send(call().host("files")).await.unwrap();
    let bearer = || Some("Bearer planted-access-1".to_owned());
    let events = stage.issuer.take_events();
    let Event::Token(form, None) = &events[0] else {
        panic!("no token of the API goes for a token: {events:?}")
    };
    assert!(form.iter().any(|(_, value)| value == CLIENT_SECRET));
    assert_eq!(
        events[1..],
        [
            Event::Asked("api", bearer()),
            Event::Asked("analytics", bearer()),
            // The source says nothing of this one.
            Event::Asked("files", None),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn no_host_is_reached_that_the_connection_does_not_have() {
    let stage = Stage::new();
    let session = stage.session("a", refresh(CONFIGURED));
    let failure = session.send(Call::get("/things", "things").host("elsewhere")).await.unwrap_err();
    assert!(matches!(&failure, Failure::Permanent { reason } if reason.contains("elsewhere")), "{failure:?}");
    assert!(stage.issuer.take_events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_redirect_of_either_host_is_followed_by_nobody() {
    let stage = Stage::new();
    let session = stage.session("a", refresh(CONFIGURED));
    let elsewhere =
        || Answer::json(307, &json!({})).header("location", "https://thief.invalid/token?x=planted");
    stage.issuer.with(|state| state.next_token = vec![elsewhere()]);
    let failure = session.send(call()).await.unwrap_err();
    let Failure::Permanent { reason } = &failure else { panic!("{failure:?}") };
    assert!(reason.contains("endpoints.token") && reason.contains("thief.invalid"), "{reason}");
    assert!(!reason.contains("planted"), "{reason}");
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), events.len()), (1, 1));

    stage.issuer.with(|state| state.next_api = vec![elsewhere()]);
    let failure = session.send(call()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Permanent { reason } if reason.contains("base_url")), "{failure:?}");
    assert_eq!(stage.issuer.take_events().len(), 2);
}

/// Nothing that people are shown, and nothing that is logged, holds a secret.
#[tokio::test(start_paused = true)]
async fn no_secret_is_shown() {
    let log = crate::support::log::Log::default();
    let _guard = log.capture();
    tracing::trace!("the log works");
    let mut stage = Stage::new();
    stage.issuer.with(|state| state.rotates = true);
    let vault = stage.issuer.vault();
    stage.restart(Some(std::sync::Arc::new(vault.clone())));
    let link = stage.link("a", refresh(CONFIGURED));
    let session = link.session(actors::session::quota::Urgency::Fresh);
    let mut told = vec![format!("{:?}", refresh(CONFIGURED))];
    session.send(call()).await.unwrap();
    for answers in [
        vec![Answer::json(400, &json!({ "error": "planted", "error_description": CONFIGURED }))],
        vec![Answer::json(400, &json!({ "error": "invalid_request" }))],
        vec![Answer::json(200, &json!({ "access_token": "planted\n" }))],
        vec![Answer::json(200, &json!({ "access_token": 5, "refresh_token": "planted" }))],
        vec![Answer::json(503, &json!({ "error": CONFIGURED })); 4],
    ] {
        stage.issuer.expire();
        stage.issuer.with(|state| state.next_token = answers);
        let failure = session.send(call()).await.unwrap_err();
        told.push(format!("{failure} {failure:?}"));
    }
    *vault.is_away.lock() = true;
    let failure = session.send(call()).await.unwrap_err();
    told.push(format!("{failure} {failure:?} {session:?} {link:?} {:?}", stage.tokens));
    told.push(log.text());
    assert!(told.iter().any(|text| text.contains("the log works")));
    for text in told {
        assert!(!text.contains("planted"), "{text}");
    }
}
