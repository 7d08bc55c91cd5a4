//! Goals: events that the settings name, each counted as conversions by itself.

use std::collections::BTreeSet;

use crate::spec::SetupError;

/// The goals of a connection, each once. `is_name` tells the names of events, which are `expected`; there are `max` at most.
pub fn each_once(
    goals: &[String],
    is_name: impl Fn(&str) -> bool,
    expected: &str,
    max: usize,
) -> Result<Vec<String>, SetupError> {
    if !goals.iter().all(|goal| is_name(goal)) {
        return Err(SetupError::setting("goals", format!("expected {expected}")));
    }
    let goals: BTreeSet<&String> = goals.iter().collect();
    if goals.len() > max {
        return Err(SetupError::setting("goals", format!("expected at most {max} events")));
    }
    Ok(goals.into_iter().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goals(names: &[&str]) -> Result<Vec<String>, String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        each_once(&names, |name| !name.is_empty(), "names of events", 2).map_err(|error| error.to_string())
    }

    #[test]
    fn goals_are_names_each_once() {
        assert_eq!(goals(&["b", "a", "b"]).unwrap(), ["a", "b"]);
        assert_eq!(goals(&[]).unwrap(), [""; 0]);
        assert_eq!(goals(&["a", ""]).unwrap_err(), "settings.goals: expected names of events");
        assert_eq!(goals(&["a", "b", "c"]).unwrap_err(), "settings.goals: expected at most 2 events");
    }
}
