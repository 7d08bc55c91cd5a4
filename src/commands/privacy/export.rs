//! `dynamoi privacy export`: everything of one person, in one file.

use std::{
    fmt::Display,
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use store::{
    Access,
    people::{ACCESS_REQUEST, Category, DATA_SUBJECT, NewDisclosure, audit},
};

use super::{
    super::{
        Exit,
        account::actor,
        output,
        users::{self, Room},
    },
    about,
    whole_file::WholeFile,
};

/// A person, and for whom.
#[derive(Debug, Args)]
#[command(after_help = "\
Answer somebody who asks what is stored of them:
  dynamoi privacy export usr_… --output ada.json --tenant label-a --config dynamoi.toml
  printf %s … | dynamoi privacy export --by-email --output ada.json --tenant label-a --config dynamoi.toml

Give a recipient of [privacy.recipients.<name>] what it may have, and no more:
  dynamoi privacy export usr_… --recipient accountant --output ada.json --tenant label-a --config dynamoi.toml")]
pub struct Export {
    #[command(flatten)]
    pub whom: users::Whom,
    /// The file: JSON, for its owner alone. It is there whole or not at all, and never in place of another.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Whom it is for, as configured, and with what may be given there; without: the person whose data it is, everything.
    #[arg(long, value_name = "RECIPIENT")]
    pub recipient: Option<String>,
    #[command(flatten)]
    pub at: users::At,
}

// === impl Export ===

impl Export {
    /// Runs it to its end. That it leaves is recorded before the file has its name: nothing leaves unrecorded.
    pub async fn run(self) -> Exit {
        let who = match self.whom.who() {
            Ok(who) => who,
            Err(problem) => return Exit::failed(problem),
        };
        if self.output.as_os_str() == "-" {
            return Exit::usage(
                "an export goes into a file\n  --output: expected a path, found `-`: what is written to stdout could stay in a terminal or a log",
            );
        }
        users::with(&self.at, Access::Write, async |room| {
            let actor = actor();
            let disclosure = match self.disclosure(room, &actor) {
                Ok(disclosure) => disclosure,
                Err(exit) => return Ok(exit),
            };
            let id = room.people.find(&room.tenant, &who).await?;
            room.people.refuse_disclosure(&room.tenant, &id, &disclosure).await?;
            let about = about::of(room, &id, &disclosure).await?;
            let mut file = match WholeFile::begin(&self.output) {
                Ok(file) => file,
                Err(error) => return Ok(self.unwritten(&error)),
            };
            let begun = file.write_all(b"{\n").and_then(|()| about.write(&mut file));
            if let Err(error) = begun.and_then(|()| file.write_all(b"  \"data\": ")) {
                return Ok(self.unwritten(&error));
            }
            let exported = room.people.export(&room.tenant, &id, disclosure.categories, &mut file).await?;
            if let Err(error) = file.write_all(b"\n}\n").and_then(|()| file.finish()) {
                return Ok(self.unwritten(&error));
            }
            room.people.disclose(&room.tenant, &id, &disclosure).await?;
            let rows: u64 = exported.values().sum();
            let recipient = disclosure.recipient;
            let detail = format!("recipient {recipient}, {rows} rows");
            room.note_with(audit::Action::Export, &id, detail).await?;
            if let Err(error) = file.publish() {
                return Ok(self.unwritten(&error));
            }
            output::complain(format_args!(
                "{}: {rows} rows about {id}, for {recipient}",
                self.output.display()
            ));
            Ok(Exit::Done)
        })
        .await
    }

    /// To whom what leaves.
    fn disclosure<'a>(&'a self, room: &'a Room, actor: &'a str) -> Result<NewDisclosure<'a>, Exit> {
        let Some(name) = &self.recipient else {
            return Ok(NewDisclosure {
                recipient: DATA_SUBJECT,
                purpose: ACCESS_REQUEST,
                categories: &Category::ALL,
                region: None,
                actor,
                rests_on_consent: false,
            });
        };
        let found = room.settings.recipients_of(&room.tenant).find(|(known, _)| known == name);
        found.map(|(name, recipient)| recipient.disclosure(name, actor)).ok_or_else(|| {
            let names: Vec<&str> =
                room.settings.recipients_of(&room.tenant).map(|(name, _)| name).collect();
            Exit::usage(format_args!(
                "a recipient that is not configured\n  --recipient: expected {}\n  help: [privacy.recipients.{name}] with a purpose \
                 and categories makes it one",
                if names.is_empty() { "none: there is none yet".to_owned() } else { format!("one of {}", names.join(", ")) }
            ))
        })
    }

    fn unwritten(&self, error: &io::Error) -> Exit {
        let path = self.output.display();
        let told: &dyn Display = match error.kind() {
            io::ErrorKind::AlreadyExists => {
                &"it is there already, and no file is overwritten: name another one"
            }
            _ => error,
        };
        Exit::failed(format_args!("{path} is not written: {told}"))
    }
}
