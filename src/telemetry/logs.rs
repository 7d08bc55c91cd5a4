//! Logging, set up by the binary alone: a host program that embeds the worker has its own.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, filter::ParseError, util::TryInitError};

/// Libraries that tell much and seldom what an operator needs. A directive for the same target overrides. (actix-http's
/// errors are its clients': they are counted, and told once a minute.)
const QUIET: &str = "actix_http=off,actix_server=warn,actix_web=warn,h2=warn,hyper=warn,hyper_util=warn,mio=warn,\
    redis=warn,reqwest=warn,rustls=warn,sea_orm=warn,sea_orm_migration=warn,sqlx=warn,tokio_util=warn,tower=warn";

/// How lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Not a level or a list of directives.
    #[error(
        "log level {level:?} is not understood ({error}): write error, warn, info, debug or trace, or target=level,…"
    )]
    Level {
        /// What was given.
        level: String,
        /// Why.
        error: ParseError,
    },
    /// Somebody has set it up before.
    #[error("logging is set up already: {0}")]
    Taken(#[from] TryInitError),
}

/// Logs to stderr from now on. `level` is a level (`info`) or a list of directives (`info,actors=debug`).
pub fn init(level: &str, format: Format) -> Result<(), LogError> {
    use tracing_subscriber::util::SubscriberInitExt;

    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(level)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        Format::Text => builder.finish().try_init()?,
        Format::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::builder()
        .parse(format!("{QUIET},{level}"))
        .map_err(|error| LogError::Level { level: level.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_quiet_unless_asked() {
        let directives = filter("info").unwrap().to_string();
        assert!(directives.contains("sqlx=warn") && directives.contains("info"), "{directives}");
        let directives = filter("info,sqlx=debug").unwrap().to_string();
        assert!(directives.contains("sqlx=debug") && !directives.contains("sqlx=warn"), "{directives}");
    }

    #[test]
    fn a_level_that_is_none_is_refused() {
        let error = filter("actors=loud").unwrap_err().to_string();
        assert!(error.contains("actors=loud") && error.contains("info"), "{error}");
    }
}
