//! `dynamoi privacy purge`.

use std::{fmt::Write as _, sync::Arc};

use clap::Args;
use dynamoi::{open_store, settings::Settings};
use rows::clock::SystemClock;
use secrecy::ExposeSecret;
use serde_json::json;
use store::{
    Access, StoreError,
    people::KeyStore,
    retention::{By, Leaving, Line, Moment, Purged},
};

use super::super::{
    Exit,
    account::actor,
    output,
    source::{ConfigFiles, missing_file},
    users::{self, Room},
};

/// Deletes what has been kept for as long as `[retention]` says. A daemon does it once a day.
#[derive(Debug, Args)]
#[command(after_help = "\
What would go, table by table, and why; this needs no key:
  dynamoi privacy purge --dry-run --config dynamoi.toml

Rows go a thousand at a time: a worker that runs meanwhile hardly waits. What a legal hold keeps stays (`dynamoi privacy hold`).
How long what is kept: [retention], docs/configuration.md.")]
pub struct Purge {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// Only tell what would be deleted.
    #[arg(long)]
    pub dry_run: bool,
    /// For programs.
    #[arg(long)]
    pub json: bool,
}

// === impl Purge ===

impl Purge {
    /// Runs it to its end: 0 when nothing that is due was left, else 3.
    pub async fn run(self) -> Exit {
        let settings = match self.source.load_with_key_only() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        if self.dry_run
            && let Some(missing) = missing(&settings)
        {
            return self.keyless(&settings, missing).await;
        }
        // A dry run, too: what goes with a user is told by a transaction that is rolled back.
        let room = match users::enter(settings, Access::Write, String::new()).await {
            Ok(room) => room,
            Err(exit) => return exit,
        };
        let exit = self.purge(&room).await.unwrap_or_else(Exit::failed);
        room.leave().await;
        exit
    }

    /// Counts without keys, which hardly anything that is counted needs.
    async fn keyless(&self, settings: &Settings, missing: &str) -> Exit {
        if let Some(path) = missing_file(settings) {
            return Exit::failed(format_args!("{} is not there yet: nothing is stored", path.display()));
        }
        let counted = async {
            let store = open_store(settings, Access::Read, Arc::new(SystemClock::new())).await?;
            let purged = match store.expect_current().await {
                Ok(()) => store.purgeable(&settings.retention, None).await,
                Err(error) => Err(error),
            };
            store.close().await;
            purged
        };
        output::warn(format_args!(
            "counted without {missing}: whose disclosures, erasures and audit lines a legal hold keeps cannot be told, nor whether \
             a restored backup brought back who was erased, nor what goes with users who are erased, nor whether there are data keys of nobody. To delete and to erase needs it"
        ));
        counted.await.map_or_else(Exit::failed, |purged| self.tell(&purged))
    }

    async fn purge(&self, room: &Room) -> Result<Exit, StoreError> {
        let Room { store, people, settings, .. } = room;
        let terms = &settings.retention;
        let purged = if self.dry_run {
            store.purgeable(terms, Some(people)).await?
        } else {
            let actor = actor();
            let standing = |tenant: &str| settings.privacy.standing(tenant, &actor);
            store.purge(terms, Some(&By { people, actor: &actor, standing: &standing })).await?
        };
        Ok(self.tell(&purged))
    }

    fn tell(&self, purged: &Purged) -> Exit {
        let exit = if self.json { self.told(purged) } else { self.shown(purged) };
        for left in &purged.left {
            output::complain(format_args!("left: {left}"));
        }
        if purged.left.is_empty() { exit } else { Exit::Incomplete }
    }

    fn shown(&self, purged: &Purged) -> Exit {
        let mut text = String::new();
        for line in &purged.lines {
            let Line { rule, table, rows, held, keep, reason, .. } = line;
            let span = match (line.oldest, line.newest) {
                (Some(oldest), Some(newest)) => format!(", {oldest} to {newest}"),
                _ => String::new(),
            };
            let of =
                line.connection.as_ref().map_or_else(String::new, |name| format!(" of connection {name}"));
            let held = if *held > 0 { format!(", {held} more under a legal hold") } else { String::new() };
            let _ = writeln!(text, "{table}{of}: {rows} rows{span}{held}\n    {rule} = {keep}: {reason}");
        }
        for user in &purged.users {
            let id = &user.user;
            let what = match (user.held, self.dry_run) {
                (true, _) => "stays, under a legal hold".to_owned(),
                (false, true) => "would be erased".to_owned(),
                (false, false) if purged.erased.contains(id) => {
                    let tenant = &user.tenant;
                    format!(
                        "was erased; `dynamoi privacy erase {id} --tenant {tenant} --yes` prints the receipt"
                    )
                }
                (false, false) => "is due for erasure, and was not erased".to_owned(),
            };
            let _ = writeln!(text, "user {} of {}, who left {}: {what}", user.user, user.tenant, user.since);
            for Leaving { table, deleted, emptied } in &user.tables {
                let _ = writeln!(text, "    {table}: {deleted} rows deleted, {emptied} emptied");
            }
        }
        let verb = if self.dry_run { "would be deleted" } else { "deleted" };
        let erased = match purged.erased.len() {
            0 => String::new(),
            1 => ", 1 user erased".to_owned(),
            users => format!(", {users} users erased"),
        };
        if purged.keys_of_nobody > 0 {
            let keys = purged.keys_of_nobody;
            let verb = if self.dry_run { "would be destroyed" } else { "destroyed" };
            let _ = writeln!(text, "{keys} data keys {verb}: made for users who were never stored");
        }
        let _ = writeln!(text, "{} rows {verb}{erased}", purged.rows());
        output::print(&text)
    }

    fn told(&self, purged: &Purged) -> Exit {
        let moment = |moment: Option<Moment>| moment.map(|moment| moment.to_string());
        let lines = purged.lines.iter().map(|line| {
            json!({
                "rule": line.rule,
                "connection": line.connection,
                "table": line.table,
                "rows": line.rows,
                "oldest": moment(line.oldest),
                "newest": moment(line.newest),
                "held": line.held,
                "keep": line.keep.to_string(),
                "reason": line.reason,
            })
        });
        let users = purged.users.iter().map(|user| {
            let tables = user.tables.iter().map(|leaving| {
                json!({ "table": leaving.table, "deleted": leaving.deleted, "emptied": leaving.emptied })
            });
            json!({
                "tenant": user.tenant,
                "user": user.user,
                "since": user.since.to_string(),
                "held": user.held,
                "tables": tables.collect::<Vec<_>>(),
            })
        });
        let told = json!({
            "dry_run": self.dry_run,
            "rows": purged.rows(),
            "tables": lines.collect::<Vec<_>>(),
            "users": users.collect::<Vec<_>>(),
            "erased": purged.erased,
            "keys_of_nobody": purged.keys_of_nobody,
            "left": purged.left,
        });
        output::print_data(&format!("{told:#}\n"))
    }
}

/// What is missing that keys need, if they are.
fn missing(settings: &Settings) -> Option<&'static str> {
    if settings.encryption.keyring.is_none() {
        return Some("[encryption] key");
    }
    match (settings.key_store(), settings.erasure_journal()) {
        (Some(keys), Some(_)) => {
            KeyStore::missing_file(keys.expose_secret()).map(|_| "the key store, which is not there")
        }
        _ => Some("privacy.keys and privacy.journal"),
    }
}
