//! Waiting for a provider where somebody watches.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use rows::{Clock, clock::SystemClock};

use super::output;

/// After this, it is said that it goes on.
const LONG: Duration = Duration::from_secs(10);
/// How often the sign that something goes on moves.
const TICK: Duration = Duration::from_millis(100);

/// Waits for the answer to what is asked of this connection's provider. On a terminal something moves meanwhile; elsewhere a
/// line on stderr says that it takes long.
pub async fn asking<T>(connection: &str, answer: impl Future<Output = T>) -> T {
    let is_watched = io::stderr().is_terminal();
    let bar = if is_watched { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message(format!("asking {connection}"));
    bar.enable_steady_tick(TICK);
    let mut answer = std::pin::pin!(answer);
    let answered = tokio::select! {
        answered = &mut answer => answered,
        () = SystemClock::new().sleep(LONG) => {
            let why = "still waiting: the provider is slow, or wants to be left alone for a while";
            if is_watched {
                bar.set_message(format!("asking {connection}; {why}"));
            } else {
                output::complain(format_args!("{connection}: {why}"));
            }
            answer.await
        }
    };
    bar.finish_and_clear();
    answered
}
