//! Logging, set up by the binary alone: a host program that embeds the worker has its own.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, filter::ParseError, util::TryInitError};

use crate::settings::did_you_mean;

/// Libraries that tell much and seldom what an operator needs. A directive for the same target overrides. (actix-http's
/// errors are its clients': they are counted, and told once a minute.)
const QUIET: &str = "actix_http=off,actix_server=warn,actix_web=warn,h2=warn,hyper=warn,hyper_util=warn,mio=warn,\
    redis=warn,reqwest=warn,rustls=warn,sea_orm=warn,sea_orm_migration=warn,sqlx=warn,tokio_util=warn,tower=warn";

/// The levels that there are.
pub const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Our own parts, as directives name them.
const PARTS: [&str; 5] = ["dynamoi", "actors", "store", "rows", "migrations"];

/// What is wrong with a level. The filter itself takes nearly everything: a word that is no level is a target to it, of
/// which there is none, and all is silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelMistake {
    /// The part of it that is meant.
    pub found: String,
    /// What to write instead, if it can be guessed.
    pub help: Option<String>,
}

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

/// What is wrong with a level or a list of directives: none when it can be used.
pub fn mistakes_in(level: &str) -> Vec<LevelMistake> {
    let mut mistakes: Vec<_> = directives(level).filter_map(mistake_in).collect();
    if mistakes.is_empty() && (filter(level).is_err() || directives(level).next().is_none()) {
        mistakes.push(LevelMistake { found: level.to_owned(), help: None });
    }
    mistakes
}

/// What is probably not meant: a target that is nearly one of our parts.
pub fn doubts_about(level: &str) -> Vec<String> {
    let targets = directives(level).filter_map(|directive| directive.split_once('='));
    let doubts = targets.filter_map(|(target, _)| {
        let part = target.split("::").next().unwrap_or_default();
        let is_known = PARTS.contains(&part) || QUIET.contains(&format!("{part}="));
        let help = did_you_mean(part, PARTS).filter(|_| !is_known && !part.contains('['))?;
        Some(format!("no part of the program is called `{part}`: {help}"))
    });
    doubts.collect()
}

fn mistake_in(directive: &str) -> Option<LevelMistake> {
    let (target, level) = match directive.rsplit_once('=') {
        Some((target, level)) => (Some(target), level),
        None => (None, directive),
    };
    // Spans and fields have a grammar of their own, which the filter knows.
    if directive.contains(['[', '{']) || LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)) {
        return target
            .is_some_and(str::is_empty)
            .then(|| LevelMistake { found: directive.to_owned(), help: None });
    }
    let help = match (target, PARTS.contains(&level)) {
        (None, true) => Some(format!("write `{level}=debug` for more of this part")),
        _ => did_you_mean(level, LEVELS),
    };
    Some(LevelMistake { found: level.to_owned(), help })
}

fn directives(level: &str) -> impl Iterator<Item = &str> {
    level.split(',').map(str::trim).filter(|directive| !directive.is_empty())
}

fn filter(level: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::builder()
        .parse(format!("{QUIET},{}", directives(level).collect::<Vec<_>>().join(",")))
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

    #[test]
    fn what_would_be_silent_is_refused_with_what_was_meant() {
        for level in
            ["info", "WARN", "off", "info,actors=debug", "info, sqlx=trace,", "actors[cycle{stream=a}]=debug"]
        {
            assert_eq!(mistakes_in(level), [], "{level}");
        }
        for (level, found, help) in [
            ("warning", "warning", Some("did you mean `warn`?")),
            ("verbose", "verbose", None),
            ("actors", "actors", Some("write `actors=debug` for more of this part")),
            ("actors=debgu", "debgu", Some("did you mean `debug`?")),
            ("=debug", "=debug", None),
            ("info,actors=", "", None),
            (" , ", " , ", None),
        ] {
            let mistake = LevelMistake { found: found.to_owned(), help: help.map(str::to_owned) };
            assert_eq!(mistakes_in(level), [mistake], "{level}");
        }
        assert_eq!(mistakes_in("infoo,actors=debgu").len(), 2);
        assert_eq!(
            doubts_about("info,actor=debug,hyper=info"),
            ["no part of the program is called `actor`: did you mean `actors`?"]
        );
        assert!(doubts_about("info,actors::engine=debug,h2=info").is_empty());
    }
}
