//! Refresh tokens that the provider replaces.

use std::{sync::Arc, time::Duration};

use actors::failure::Failure;
use rows::Clock;

use super::{
    asked, fetched,
    issuer::{CONFIGURED, Event, LATENCY, Vault},
    stage::{Stage, call, refresh},
};

fn stage() -> (Stage, Vault) {
    let mut stage = Stage::new();
    stage.issuer.with(|state| state.rotates = true);
    let vault = stage.issuer.vault();
    stage.restart(Some(Arc::new(vault.clone())));
    (stage, vault)
}

#[tokio::test(start_paused = true)]
async fn the_new_one_is_stored_before_anything_that_came_with_it_is_used() {
    let (mut stage, vault) = stage();
    let session = stage.session("a", refresh(CONFIGURED));
    for _ in 0..3 {
        session.send(call()).await.unwrap();
        stage.issuer.expire();
    }
    // Whenever the API sees a token for the first time, what came with it is stored.
    let mut kept = 0;
    for event in stage.issuer.take_events() {
        match event {
            Event::Kept(token) => {
                kept += 1;
                assert_eq!(token, format!("planted-refresh-{kept}"));
            }
            Event::Asked(_, Some(token)) => {
                assert!(token <= format!("Bearer planted-access-{kept}"), "{token}");
            }
            _ => {}
        }
    }
    assert_eq!(kept, 3);

    // After a restart the stored one is used, the configured one is of no use any more.
    stage.restart(Some(Arc::new(vault.clone())));
    stage.session("a", refresh(CONFIGURED)).send(call()).await.unwrap();
    let events = stage.issuer.take_events();
    let Some(Event::Token(form, _)) = events.first() else { panic!("{events:?}") };
    assert!(form.contains(&("refresh_token".to_owned(), "planted-refresh-3".to_owned())), "{form:?}");

    // Whoever authorises anew and configures that token wins over what was stored for the one before.
    stage.restart(Some(Arc::new(vault)));
    stage.issuer.with(|state| state.refresh_token = "planted-anew".to_owned());
    stage.session("a", refresh("planted-anew")).send(call()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn while_it_cannot_be_stored_nothing_is_used_and_nothing_is_asked() {
    let (mut stage, vault) = stage();
    let session = stage.session("a", refresh(CONFIGURED));
    session.send(call()).await.unwrap();
    stage.issuer.expire();
    stage.issuer.take_events();

    *vault.is_away.lock() = true;
    let failure = session.send(call()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Transient { reason } if reason.contains("not known")), "{failure:?}");
    assert_eq!(
        fetched(&stage.issuer.take_events()),
        0,
        "it may have been replaced: the configured one is not spent"
    );

    // It goes away between the answer and the storing.
    *vault.is_away.lock() = false;
    let away = async {
        stage.clock.sleep(LATENCY * 2).await;
        *vault.is_away.lock() = true;
    };
    stage.issuer.take_events();
    let (failure, ()) = tokio::join!(session.send(call()), away);
    let failure = failure.unwrap_err();
    assert!(matches!(&failure, Failure::Transient { reason } if reason.contains("stored")), "{failure:?}");
    assert!(!failure.to_string().contains("planted"), "{failure}");
    for _ in 0..3 {
        session.send(call()).await.unwrap_err();
    }
    let events = stage.issuer.take_events();
    assert_eq!((fetched(&events), asked(&events)), (1, 0), "{events:?}");

    // Once it can be stored, that comes first, and the connection goes on.
    *vault.is_away.lock() = false;
    session.send(call()).await.unwrap();
    let events = stage.issuer.take_events();
    assert_eq!(events[0], Event::Kept("planted-refresh-2".to_owned()));
    assert_eq!((fetched(&events), asked(&events)), (1, 1), "{events:?}");
    stage.restart(Some(Arc::new(vault)));
    stage.session("a", refresh(CONFIGURED)).send(call()).await.unwrap();
}

/// A cycle is cut off (a deadline, the end of the worker) while the provider replaces the token: it is stored all the same.
#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_loses_no_token() {
    let (mut stage, vault) = stage();
    for cut in 1..12_u64 {
        vault.kept.lock().take();
        stage.restart(Some(Arc::new(vault.clone())));
        stage.issuer.with(|state| state.refresh_token = CONFIGURED.to_owned());
        let session = stage.session("a", refresh(CONFIGURED));
        let call = session.send(call());
        let _ = tokio::time::timeout(Duration::from_millis(cut * 15), call).await;
        drop(session);
        stage.clock.sleep(Duration::from_secs(1)).await;
        let spent = fetched(&stage.issuer.take_events()) > 0;
        assert_eq!(vault.kept.lock().is_some(), spent, "cut off after {} ms", cut * 15);
        stage.restart(Some(Arc::new(vault.clone())));
        stage.session("a", refresh(CONFIGURED)).send(self::call()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_key_it_is_remembered_while_the_process_lives() {
    let mut stage = Stage::new();
    stage.issuer.with(|state| state.rotates = true);
    stage.restart(None);
    for name in ["a", "b", "c"] {
        stage.session(name, refresh(CONFIGURED)).send(call()).await.unwrap();
        stage.issuer.expire();
    }
    assert_eq!(stage.issuer.with(|state| state.refresh_token.clone()), "planted-refresh-3");
}

/// Another connection with the same credential goes on with what the first one was given.
#[tokio::test(start_paused = true)]
async fn connections_with_one_credential_share_what_replaces_it() {
    let (mut stage, vault) = stage();
    stage.session("a", refresh(CONFIGURED)).send(call()).await.unwrap();
    stage.restart(Some(Arc::new(vault)));
    stage.session("b", refresh(CONFIGURED)).send(call()).await.unwrap();
    assert_eq!(fetched(&stage.issuer.take_events()), 2);
}
