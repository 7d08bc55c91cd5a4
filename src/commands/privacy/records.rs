//! `dynamoi privacy records`: the record of processing (GDPR, article 30), from the configuration that is in force. It claims
//! nothing that is not read from there.

mod measures;
mod place;
mod sections;

use std::fmt::Write;

use clap::{Args, ValueEnum};
use dynamoi::settings::Settings;
use rows::{Clock, clock::SystemClock};
use serde_json::{Map, Value, json};
use store::{
    Access,
    people::{NewPolicy, PeopleError, audit},
};

use super::super::{
    Exit,
    account::actor,
    output,
    source::{ConfigFiles, missing_file},
    users::{self, Room},
};

/// In which form.
#[derive(Debug, Args)]
pub struct Records {
    /// Markdown for people, or JSON for programs.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    pub format: Format,
    #[command(flatten)]
    pub source: ConfigFiles,
}

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Markdown,
    /// For programs.
    Json,
}

/// One part of the record: a table.
struct Section {
    name: &'static str,
    title: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

/// What the sections are made of.
struct Ground<'a> {
    settings: &'a Settings,
    /// Versions of policies by tenant; none where nothing is stored yet, or nothing can be opened.
    policies: Vec<(String, Vec<NewPolicy>)>,
}

/// The form of the record; the number changes with what a reader could stumble over.
const SCHEMA: &str = "dynamoi.privacy.records/1";

// === impl Records ===

impl Records {
    /// Runs it to its end. Without a key or a database there are no policies to read, and no log to note it in: the rest is
    /// told all the same.
    pub async fn run(self) -> Exit {
        let settings = match self.source.load_with_key_only() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let first = settings.tenants.keys().next().cloned();
        let is_stored = settings.encryption.keyring.is_some() && missing_file(&settings).is_none();
        let Some(tenant) = first.filter(|_| is_stored) else {
            output::warn(
                "policy versions are not in it and nobody notes that it was made: that needs [encryption] key, a tenant and a \
                 database",
            );
            return self.print(&Ground { settings: &settings, policies: Vec::new() });
        };
        let room = match users::enter(settings, Access::Write, tenant).await {
            Ok(room) => room,
            Err(exit) => return exit,
        };
        let exit = self.noted(&room).await.unwrap_or_else(Exit::failed);
        room.leave().await;
        exit
    }

    async fn noted(&self, room: &Room) -> Result<Exit, PeopleError> {
        let mut policies = Vec::new();
        for tenant in room.settings.tenants.keys() {
            policies.push((tenant.clone(), room.people.policies(tenant).await?));
        }
        let actor = actor();
        let deed = audit::Deed {
            actor: &actor,
            action: audit::Action::Records,
            tenant: None,
            user: None,
            detail: String::new(),
        };
        room.people.note(&deed).await?;
        Ok(self.print(&Ground { settings: &room.settings, policies }))
    }

    fn print(&self, ground: &Ground<'_>) -> Exit {
        let sections = sections::all(ground);
        let made_at = SystemClock::new().now().to_string();
        match self.format {
            Format::Json => {
                let mut record = Map::new();
                record.insert("schema".to_owned(), json!(SCHEMA));
                record.insert("made_at".to_owned(), json!(made_at));
                record.extend(sections.iter().map(|section| (section.name.to_owned(), section.json())));
                output::print_data(&format!("{:#}\n", Value::Object(record)))
            }
            Format::Markdown => {
                let mut text =
                    format!("# Record of processing\n\nMade at {made_at} from the configuration in force.\n");
                for section in &sections {
                    section.markdown(&mut text);
                }
                output::print(&text)
            }
        }
    }
}

// === impl Section ===

impl Section {
    fn json(&self) -> Value {
        let object = |row: &Vec<Value>| -> Value {
            let columns = self.columns.iter().map(|column| (*column).to_owned());
            Value::Object(columns.zip(row.iter().cloned()).collect())
        };
        self.rows.iter().map(object).collect()
    }

    fn markdown(&self, text: &mut String) {
        // Writing into a String cannot fail.
        let _ = write!(text, "\n## {}\n\n", self.title);
        if self.rows.is_empty() {
            text.push_str("None.\n");
            return;
        }
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        text.push_str(&line(self.columns.iter().map(|column| heading(column)).collect()));
        text.push_str(&line(self.columns.iter().map(|_| "---".to_owned()).collect()));
        for row in &self.rows {
            text.push_str(&line(row.iter().map(cell).collect()));
        }
    }
}

/// A column's name as people read it.
fn heading(column: &str) -> String {
    column.replace('_', " ").replace("everybodys", "everybody's")
}

/// A value in a table's cell.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "not stated".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_a_table_or_says_that_there_is_nothing() {
        let mut section =
            Section { name: "places", title: "Places", columns: &["what", "in_force"], rows: Vec::new() };
        let mut text = String::new();
        section.markdown(&mut text);
        assert_eq!(text, "\n## Places\n\nNone.\n");
        section.rows = vec![vec![json!("a|b"), json!(true)], vec![json!(["c", "d"]), json!(null)]];
        text.clear();
        section.markdown(&mut text);
        assert_eq!(
            text,
            "\n## Places\n\n| what | in force |\n| --- | --- |\n| a\\|b | yes |\n| c, d | not stated |\n"
        );
        assert_eq!(
            section.json(),
            json!([{ "what": "a|b", "in_force": true }, { "what": ["c", "d"], "in_force": null }])
        );
    }
}
