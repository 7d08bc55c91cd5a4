//! Credentials and permissions.

use std::time::Duration;

use rows::state::State;

use super::super::{
    bench::Bench,
    case::{Case, Refusal},
    fact::{self, Facts},
};

const SECRET: &str = "rk_live_0000000000000000planted1";

/// Refused credentials end all requests at once, say what to do, and are probed hourly until they work again.
pub async fn refused_credentials_are_terminal_visible_and_recover(case: &'static dyn Case) {
    if !case.has_credentials() {
        return;
    }
    let mut bench = Bench::new(case);
    let secret = case.secret(SECRET);
    bench.set_secret(secret);
    bench.killed_after(Duration::from_secs(2)).await;
    case.expire(&bench.wire);
    bench.wire.take_seen();
    let end = bench.daemon(Duration::from_mins(50)).await;
    let requests = bench.wire.take_seen().len();
    assert!(requests <= 8, "{requests} requests after the credentials were refused");
    assert_eq!(end.status.state, State::NeedsReauth);
    let advice = end.status.error.unwrap_or_default();
    let says_what_to_do = ["make a new", "set credentials"].iter().any(|words| advice.contains(words));
    assert!(says_what_to_do, "the advice does not say what to do: {advice}");

    let driver = bench.driver();
    let restored = async {
        rows::Clock::sleep(&bench.clock, Duration::from_mins(150)).await;
        let requests = bench.wire.take_seen().len();
        assert!((2..=12).contains(&requests), "{requests} requests in two and a half hours of hourly probes");
        case.accept(&bench.wire, secret);
    };
    let (end, ()) = tokio::join!(driver.daemon(Duration::from_hours(4)), restored);
    assert_ne!(end.status.state, State::NeedsReauth, "an hour after the credentials work again");
    bench.assert_true("after the credentials were restored");
}

/// A single run with refused credentials ends, and says that it failed.
pub async fn a_single_run_with_refused_credentials_ends(case: &'static dyn Case) {
    if !case.has_credentials() {
        return;
    }
    let bench = Bench::new(case);
    case.expire(&bench.wire);
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert!(bench.wire.take_seen().len() <= 4);
}

/// A stream that is not permitted says which permission to grant; its siblings are read; it comes back by itself.
pub async fn a_forbidden_stream_does_not_stop_its_siblings(case: &'static dyn Case) {
    let bench = Bench::new(case);
    let refusal = case.forbid(&bench.wire, true);
    let Refusal { stream, tables, permission } = refusal;
    let end = bench.daemon(Duration::from_mins(50)).await;
    let others = |facts: Facts| -> Facts {
        facts.into_iter().filter(|((table, _), _)| !tables.contains(table)).collect()
    };
    let difference = fact::difference(&others(bench.truth()), &others(bench.stored()));
    assert!(difference.is_empty(), "the siblings of {stream} were not read:\n{difference}");
    for shown in end.status.streams {
        let is_refused = case.is_refused(&refusal, shown.stream);
        let expected = if is_refused { State::NeedsReauth } else { State::Idle };
        assert_eq!(shown.state, expected, "{} {:?}", shown.stream, shown.error);
        let advice = shown.error.unwrap_or_default();
        assert_eq!(advice.contains(permission), is_refused, "advice: {advice}");
    }
    case.forbid(&bench.wire, false);
    bench.daemon(Duration::from_mins(90)).await;
    bench.assert_true("after the permission was granted");
}
