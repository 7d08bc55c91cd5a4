//! One refresh for all who need one.

use std::{sync::Arc, time::Duration};

use actors::{observer::Observer, session::oauth::ClientAuth};
use futures::future::join_all;
use jiff::Timestamp;
use parking_lot::Mutex;
use rows::Clock;

use super::{
    asked, fetched,
    issuer::{CONFIGURED, Event},
    stage::{Stage, call, client, refresh, token_url},
};
use actors::session::Credential;

#[tokio::test(start_paused = true)]
async fn one_token_serves_until_its_end_and_the_next_is_one_request() {
    let stage = Stage::new();
    let session = stage.session("a", refresh(CONFIGURED));
    for _ in 0..5 {
        session.send(call()).await.unwrap();
    }
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), asked(&events)), (1, 5));

    // A minute before its end it is not used any more.
    stage.clock.sleep(Duration::from_mins(58)).await;
    session.send(call()).await.unwrap();
    assert_eq!(fetched(&stage.issuer.take_events()), 0);
    stage.clock.sleep(Duration::from_secs(65)).await;
    session.send(call()).await.unwrap();
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), asked(&events)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_in_the_middle_costs_one_refresh() {
    let stage = Stage::new();
    let session = stage.session("a", refresh(CONFIGURED));
    session.send(call()).await.unwrap();
    stage.issuer.take_events();
    for _ in 0..3 {
        stage.issuer.expire();
        for _ in 0..4 {
            session.send(call()).await.unwrap();
        }
        let events = stage.issuer.take_events();
        assert_eq!((fetched(&events), asked(&events)), (1, 5), "one is refused, and sent again");
    }
}

#[tokio::test(start_paused = true)]
async fn ten_connections_at_once_cost_one_refresh() {
    let stage = Stage::new();
    let names: Vec<_> = (0..10).map(|number| format!("c{number}")).collect();
    let sessions: Vec<_> = names.iter().map(|name| stage.session(name, refresh(CONFIGURED))).collect();
    for round in 0..2 {
        for answer in join_all(sessions.iter().map(|session| session.send(call()))).await {
            answer.unwrap();
        }
        let events = stage.issuer.take_events();
        // In the second round each is refused once, with the token of the first.
        assert_eq!((fetched(&events), asked(&events)), (1, 10 + 10 * round));
        stage.issuer.expire();
    }
    // Another secret is another credential.
    let other = Credential::client(&token_url(), client(ClientAuth::Basic), "");
    stage.session("other", other).send(call()).await.unwrap();
    assert_eq!(fetched(&stage.issuer.take_events()), 1);
}

#[test]
fn a_credentials_name_tells_it_apart_and_holds_nothing_of_it() {
    let names = [
        refresh(CONFIGURED),
        refresh("another"),
        Credential::client(&token_url(), client(ClientAuth::Form), ""),
        Credential::client(&token_url(), client(ClientAuth::Form), "read"),
        Credential::client(&"https://elsewhere.invalid".parse().unwrap(), client(ClientAuth::Form), ""),
    ];
    let names: std::collections::BTreeSet<_> =
        names.iter().map(|credential| credential.name().to_owned()).collect();
    assert_eq!(names.len(), 5);
    assert!(names.iter().all(|name| name.len() == 64 && !name.contains("planted")));
    assert_eq!(refresh(CONFIGURED).name(), refresh(CONFIGURED).name());
}

/// Remembers what it is told of tokens.
#[derive(Default)]
struct Ear(Mutex<Vec<(String, Timestamp)>>);

impl Observer for Ear {
    fn token_expires(&self, connection: &str, integration: &'static str, at: Timestamp) {
        assert_eq!(integration, "gated");
        self.0.lock().push((connection.to_owned(), at));
    }
}

#[tokio::test(start_paused = true)]
async fn every_connection_tells_when_its_token_expires_once() {
    let mut stage = Stage::new();
    let ear = Arc::new(Ear::default());
    stage.observer = ear.clone();
    for name in ["a", "b"] {
        let session = stage.session(name, refresh(CONFIGURED));
        session.send(call()).await.unwrap();
        session.send(call()).await.unwrap();
    }
    let told = std::mem::take(&mut *ear.0.lock());
    assert_eq!(told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(told[0].1, told[1].1, "it is one token");
    assert_eq!(told[0].1.duration_since(stage.clock.now()).as_hours(), 0);
    assert!(told[0].1.duration_since(stage.clock.now()).as_mins() >= 59);
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_is_what_the_standards_say() {
    let stage = Stage::new();
    let credential = Credential::client(&token_url(), client(ClientAuth::Basic), "read write");
    stage.session("a", credential).send(call()).await.unwrap();
    let Some(Event::Token(form, authorization)) = stage.issuer.take_events().into_iter().next() else {
        panic!()
    };
    let pairs: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("grant_type", "client_credentials"), ("scope", "read write")]);
    // "the+client:planted-client-secret", each form-encoded before (RFC 6749, section 2.3.1).
    assert_eq!(authorization.as_deref(), Some("Basic dGhlK2NsaWVudDpwbGFudGVkLWNsaWVudC1zZWNyZXQ="));

    stage.session("b", refresh(CONFIGURED)).send(call()).await.unwrap();
    let Some(Event::Token(form, authorization)) = stage.issuer.take_events().into_iter().next() else {
        panic!()
    };
    let pairs: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("grant_type", "refresh_token"),
            ("client_id", "the client"),
            ("client_secret", "planted-client-secret"),
            ("refresh_token", CONFIGURED),
        ]
    );
    assert_eq!(authorization, None);
}
