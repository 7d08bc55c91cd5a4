//! `dynamoi files learn`: a column map for a file whose header nobody knows.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use actors::{
    integrations::READING_FILES,
    reports::{
        column_map::ColumnMap,
        container::{Container, Member},
        layout::Field,
        learn::learn,
        settings::Reading,
        stores::slug,
    },
};
use clap::{Args, builder::PossibleValuesParser};
use serde_json::json;

use super::super::{Exit, output};

/// Proposes a column map: from which column what is read. It is a proposal, made from words in the header; look at each line
/// before you use it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi files learn statement.csv
  dynamoi files learn exports.zip --member 2026/june.csv --connection label-a-files >> dynamoi.toml
  dynamoi files learn spins.csv --integration pandora --connection label-a-pandora")]
pub struct Learn {
    /// The file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which one of an archive; the first unless given.
    #[arg(long, value_name = "PATH")]
    pub member: Option<String>,
    /// The connection whose settings it is for.
    #[arg(long, value_name = "NAME", default_value = "NAME")]
    pub connection: String,
    /// That connection's integration: what it knows already is not proposed.
    #[arg(long, value_name = "ID", default_value = "report_files", value_parser = PossibleValuesParser::new(READING_FILES.map(|of| of.id)))]
    pub integration: String,
}

// === impl Learn ===

impl Learn {
    /// Runs it to its end.
    pub fn run(self) -> Exit {
        match self.proposed() {
            Ok(text) => output::print_data(&text),
            Err(problem) => Exit::failed(format_args!("{}: {problem}", self.file.display())),
        }
    }

    fn proposed(&self) -> Result<String, String> {
        let file = File::open(&self.file).map_err(|error| format!("cannot be read: {error}"))?;
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err("is no file; name one of those that lie in it".to_owned());
        }
        let name = self.file.to_string_lossy();
        let mut container =
            Container::open(&name, BufReader::new(file)).map_err(|refusal| refusal.to_string())?;
        let member = self.member_of(container.members())?;
        let known = READING_FILES.iter().find(|of| of.id == self.integration).map(|of| of.known);
        let reading = Reading { known: known.unwrap_or_default(), ..Reading::default() };
        let map = learn(&mut container, &member, &reading).map_err(|refusal| refusal.to_string())?;
        written(&self.connection, &layout_name(member.file_name()), &map)
    }

    fn member_of(&self, members: &[Member]) -> Result<Member, String> {
        let found = match &self.member {
            None => members.first(),
            Some(name) => members.iter().find(|member| member.name == *name || member.file_name() == name),
        };
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
            format!("--member: expected one of {}", names.join(", "))
        })
    }
}

/// A name for the layout: that of the file, without its ending.
fn layout_name(file: &str) -> String {
    let stem = Path::new(file).file_stem().map(|stem| slug(&stem.to_string_lossy()));
    stem.filter(|stem| !stem.is_empty()).unwrap_or_else(|| "own".to_owned())
}

/// As it stands in a configuration file.
fn written(connection: &str, layout: &str, map: &ColumnMap) -> Result<String, String> {
    let value = json!({ "connections": { connection: { "settings": { "layouts": { layout: map } } } } });
    let text = toml::to_string(&value).map_err(|error| error.to_string())?;
    let is_doubtful = map.columns.contains_key(&Field::Date) && map.date_format.is_none();
    let doubt = if is_doubtful {
        "# Days are taken to be written as 2026-06-30, or months as 2026-06; else say how: date_format = \"%d/%m/%Y\"\n"
    } else {
        ""
    };
    Ok(format!(
        "# Proposed from the header of a file. Look at each line before you use it, then reload the configuration: files of this\n\
         # layout that wait are read again.\n{doubt}{text}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(file: PathBuf) -> Learn {
        let (connection, integration) = ("NAME".to_owned(), "report_files".to_owned());
        Learn { file, member: None, connection, integration }
    }

    #[test]
    fn a_proposal_can_be_pasted_and_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("Own Statement.csv");
        std::fs::write(&path, "Day;Song Title;ISRC Code;Shop;Plays\n01.06.2026;A;USUM71703861;Spotify;5\n15.06.2026;A;USUM71703861;Spotify;6\n")
            .unwrap();
        let learn = Learn { connection: "label-a-files".to_owned(), ..of(path) };
        let text = learn.proposed().unwrap();
        assert!(text.contains("[connections.label-a-files.settings.layouts.own_statement"), "{text}");
        let value: toml::Table = toml::from_str(&text).unwrap();
        let map = value["connections"]["label-a-files"]["settings"]["layouts"]["own_statement"].clone();
        let map: ColumnMap = map.try_into().unwrap();
        assert_eq!(map.layout("own").unwrap().name, "own");
    }

    #[test]
    fn what_cannot_be_learned_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let learn = |file: PathBuf| of(file).proposed();
        assert!(learn(directory.path().join("none.csv")).unwrap_err().contains("cannot be read"));
        assert!(learn(directory.path().to_owned()).unwrap_err().contains("is no file"));
        let path = directory.path().join("known.csv");
        std::fs::write(&path, "date,listeners,streams,followers\n2026-06-01,1,2,3\n").unwrap();
        assert!(learn(path.clone()).unwrap_err().contains("nothing is to be learned"));
        // At a connection of one service that header may mean something else.
        let pandora = Learn { integration: "pandora".to_owned(), ..of(path) };
        assert!(pandora.proposed().unwrap().contains("streams = \"streams\""));
    }
}
