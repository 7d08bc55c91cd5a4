//! `dynamoi secrets`: the encryption key, and secrets that the worker keeps itself.

use std::{
    fs,
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use console::Term;
use dynamoi::{open_store, settings::Settings};
use indicatif::{ProgressBar, ProgressStyle};
use rows::clock::SystemClock;
use secrecy::{ExposeSecret, SecretString};
use store::{
    Access, Place, Store, StoreError,
    cipher::{Keyring, generate_key},
    people::{
        KeyStore, People, PeopleError, Resealed,
        audit::{self, Deed},
    },
};

use super::{
    Exit,
    account::actor,
    output,
    source::{ConfigFiles, missing_file},
};

/// Keeps secrets and the key that seals them.
#[derive(Debug, Args)]
#[command(after_help = "\
Begin:
  dynamoi secrets generate-key --output data/key
  dynamoi secrets put label-a-meta-token --config dynamoi.toml      asks for it, or reads it from stdin
  credentials.access_token = { stored = \"label-a-meta-token\" }      in dynamoi.toml

Rotate the key while the worker runs:
  dynamoi secrets generate-key --add-to data/key                    the worker needs the old one, too
  systemctl reload dynamoi                                          SIGHUP: from now on it seals with the new one
  dynamoi secrets rotate --config dynamoi.toml
  then remove the old line from data/key, and reload again")]
pub struct Secrets {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make a key: print it, write it into a new file, or put it before the older ones in a file.
    GenerateKey {
        /// A file that is not there yet. Only you will be able to read it.
        #[arg(long, value_name = "FILE", conflicts_with = "add_to")]
        output: Option<PathBuf>,
        /// A file with keys: the new one goes before them.
        #[arg(long, value_name = "FILE")]
        add_to: Option<PathBuf>,
    },
    /// Store a secret, in place of what has this name. It is read from stdin, or asked for.
    Put {
        /// Its name, as in `{ stored = "NAME" }`.
        name: String,
        #[command(flatten)]
        source: ConfigFiles,
    },
    /// List stored secrets: their names, never what they are.
    List {
        #[command(flatten)]
        source: ConfigFiles,
    },
    /// Forget a stored secret.
    Remove {
        /// Its name.
        name: String,
        #[command(flatten)]
        source: ConfigFiles,
    },
    /// Seal everything again with the newest key, while the worker runs. Can be killed and run again.
    Rotate {
        #[command(flatten)]
        source: ConfigFiles,
    },
}

/// Longest name of a secret.
const NAME_LENGTH_MAX: usize = 128;
/// Most bytes of a secret: what somebody pipes in by mistake must not fill memory.
const SECRET_BYTES_MAX: u64 = 1 << 20;

// === impl Secrets ===

impl Secrets {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.action {
            Action::GenerateKey { output, add_to } => make_key(output.as_deref(), add_to.as_deref()),
            Action::Put { name, source } => put(&name, &source).await,
            Action::List { source } => match open(&source, Access::Read).await.map(|(_, store)| store) {
                Ok(store) => list(&store).await.unwrap_or_else(Exit::failed),
                Err(exit) => exit,
            },
            Action::Remove { name, source } => match open(&source, Access::Write).await {
                Ok((settings, store)) => remove(&settings, &store, &name).await.unwrap_or_else(Exit::failed),
                Err(exit) => exit,
            },
            Action::Rotate { source } => match open_with_key(&source).await {
                Ok((settings, store)) => rotate(&settings, &store).await.unwrap_or_else(Exit::failed),
                Err(exit) => exit,
            },
        }
    }
}

fn make_key(output: Option<&Path>, add_to: Option<&Path>) -> Exit {
    let key = match generate_key() {
        Ok(key) => key,
        Err(error) => return Exit::failed(error),
    };
    let written = match (output, add_to) {
        (Some(path), _) => write_new(path, &format!("{}\n", *key)),
        (None, Some(path)) => write_before(path, &key),
        (None, None) => return output::print_data(&format!("{}\n", *key)),
    };
    match written {
        Ok(message) => {
            output::complain(message);
            Exit::Done
        }
        Err(problem) => Exit::failed(problem),
    }
}

/// Writes a key file that only its owner can read. What is there already is never touched.
pub fn write_new(path: &Path, text: &str) -> Result<String, String> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!(
            "{} exists, and a key that is overwritten takes everything it sealed with it: name another file, or \
             put a new key before the old ones with --add-to {0}",
            path.display()
        ),
        _ => format!("{} cannot be written: {error}", path.display()),
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(format!(
        "{} has the key. Keep a copy apart from the database's backups: without it, what it seals is lost.\n\
         Next: [encryption] key = {{ file = {0:?} }}",
        path.display()
    ))
}

/// Puts a key before those in a file; the file is replaced whole, so that a reader sees the old or the new one.
fn write_before(path: &Path, key: &str) -> Result<String, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let before = fs::read_to_string(path)
        .map(SecretString::from)
        .map_err(|error| format!("{} cannot be read: {error}; --output makes a new file", path.display()))?;
    Keyring::parse(before.expose_secret()).map_err(|error| failed(&error))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    write_new(&beside, &format!("{key}\n{}", before.expose_secret()))?;
    fs::rename(&beside, path).map_err(|error| failed(&error))?;
    Ok(format!(
        "{} has a new key before the older ones.\n\
         Next: reload the worker (SIGHUP), then `dynamoi secrets rotate --config …`, then remove the older lines.",
        path.display()
    ))
}

async fn put(name: &str, source: &ConfigFiles) -> Exit {
    let is_usable = (1..=NAME_LENGTH_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_usable {
        output::complain(format_args!(
            "error: a name that cannot be used\n  NAME: expected up to {NAME_LENGTH_MAX} letters, digits, `-`, `_` and `.` \
             (the secret itself is never an argument: others could see it)"
        ));
        return Exit::Usage;
    }
    let settings = match settings_with_key(source) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let secret = match read_secret(name) {
        Ok(secret) => secret,
        Err(problem) => return Exit::failed(problem),
    };
    let store = match open_store(&settings, Access::Make, Arc::new(SystemClock::new())).await {
        Ok(store) => store,
        Err(error) => return Exit::failed(error),
    };
    let stored = async {
        // A secret may come before the first run. What is there already is not migrated: a worker may be at it.
        store.expect_current_or_empty().await?;
        store.put_secret(name, secret.expose_secret().as_bytes()).await
    };
    let result = stored.await;
    store.close().await;
    match result {
        Ok(()) => {
            output::complain(format_args!(
                "stored. Use it as {{ stored = {name:?} }}; a running worker takes it up when it is reloaded (SIGHUP)."
            ));
            Exit::Done
        }
        Err(error) => Exit::failed(error),
    }
}

/// From stdin when something is piped in, else asked for without an echo. White space around it is dropped.
fn read_secret(name: &str) -> Result<SecretString, String> {
    let text = if io::stdin().is_terminal() {
        let terminal = Term::stderr();
        let asked = terminal
            .write_str(&format!("{name} (is not shown): "))
            .and_then(|()| terminal.read_secure_line());
        SecretString::from(
            asked.map_err(|error| format!("nothing can be asked here: {error}; pipe the secret in"))?,
        )
    } else {
        let mut text = String::new();
        let read = io::stdin().lock().take(SECRET_BYTES_MAX).read_to_string(&mut text);
        let text = SecretString::from(text);
        read.map_err(|error| format!("stdin cannot be read: {error}"))?;
        text
    };
    let secret = SecretString::from(text.expose_secret().trim());
    if secret.expose_secret().is_empty() {
        return Err(format!(
            "there is no secret on stdin: `printf %s … | dynamoi secrets put {name} --config …`"
        ));
    }
    Ok(secret)
}

fn settings_with_key(source: &ConfigFiles) -> Result<Settings, Exit> {
    let settings = source.load_with_key_only()?;
    if settings.encryption.keyring.is_none() {
        output::complain(
            "error: there is no encryption key\n  encryption.key: expected where the key is, such as { file = \"data/key\" }\n  \
             help: `dynamoi secrets generate-key --output data/key` makes one",
        );
        return Err(Exit::Usage);
    }
    Ok(settings)
}

/// The store, for who looks at what is there already.
async fn open(source: &ConfigFiles, access: Access) -> Result<(Settings, Store), Exit> {
    let settings = source.load_without_secrets()?;
    let store = open_existing(&settings, access).await?;
    Ok((settings, store))
}

/// The store, for who seals again what is there.
async fn open_with_key(source: &ConfigFiles) -> Result<(Settings, Store), Exit> {
    let settings = settings_with_key(source)?;
    let store = open_existing(&settings, Access::Write).await?;
    // A rotation needs the tables of this version.
    store.expect_current().await.map_err(Exit::failed)?;
    Ok((settings, store))
}

async fn open_existing(settings: &Settings, access: Access) -> Result<Store, Exit> {
    if let Some(path) = missing_file(settings) {
        return Err(Exit::failed(format_args!("{} is not there yet: nothing is stored", path.display())));
    }
    open_store(settings, access, Arc::new(SystemClock::new())).await.map_err(Exit::failed)
}

async fn list(store: &Store) -> Result<Exit, StoreError> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["NAME", "KEY", "STORED"]);
    for secret in store.secrets().await? {
        table.add_row([secret.name, secret.key_id, secret.updated_at.to_string()]);
    }
    store.close().await;
    Ok(output::print(&format!("{table}\n")))
}

async fn remove(settings: &Settings, store: &Store, name: &str) -> Result<Exit, StoreError> {
    let was_there = store.delete_secret(name).await?;
    store.close().await;
    if was_there {
        let users = settings.users_of_stored(name);
        if !users.is_empty() {
            output::complain(format_args!(
                "warning: the configuration still uses it, at {}: a worker that runs keeps it until it is reloaded, and the \
                 next start is refused. Put another one with `dynamoi secrets put {name}`, or take it out of the configuration",
                users.join(", ")
            ));
        }
        return Ok(Exit::Done);
    }
    Ok(Exit::failed(format_args!("there is no stored secret {name:?}: `dynamoi secrets list` shows all")))
}

/// Users' data keys, where there are any, are sealed again, too: what they seal stays as it is.
async fn rotate_data_keys(settings: &Settings) -> Result<Resealed, StoreError> {
    let (Some(keyring), Some(place)) = (&settings.encryption.keyring, settings.key_store()) else {
        return Ok(Resealed::default());
    };
    if KeyStore::missing_file(place.expose_secret()).is_some() {
        return Ok(Resealed::default());
    }
    let keys = KeyStore::open(place.expose_secret(), Access::Write).await?;
    let done = keys.rotate(keyring).await;
    keys.close().await;
    done
}

/// Who rotated, for the audit log: where there are people, and with them a key store.
async fn note(settings: &Settings, store: &Store, detail: String) -> Result<(), PeopleError> {
    let (Some(keys), Some(journal)) = (settings.key_store(), settings.erasure_journal()) else {
        return Ok(());
    };
    let keys = keys.expose_secret();
    if KeyStore::missing_file(keys).is_some() {
        return Ok(());
    }
    let people = People::open_at(store, keys, journal.expose_secret(), Access::Write).await?;
    let actor = actor();
    let deed = Deed { actor: &actor, action: audit::Action::Rotate, tenant: None, user: None, detail };
    let noted = people.note(&deed).await;
    people.close().await;
    noted
}

async fn rotate(settings: &Settings, store: &Store) -> Result<Exit, PeopleError> {
    note(settings, store, "begun".to_owned()).await?;
    let total = store.rotation_left().await?;
    let bar = if io::stderr().is_terminal() { ProgressBar::new(total) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} sealed again, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let (mut sealed, mut failed, mut place) = (0, Vec::new(), Place::default());
    while place != Place::End {
        let step = store.rotate(place).await?;
        sealed += step.sealed;
        failed.extend(step.failed);
        bar.set_position(sealed.min(total));
        place = step.next;
    }
    bar.finish_and_clear();
    let data_keys = rotate_data_keys(settings).await?;
    failed.extend(data_keys.failed);
    let left = store.rotation_left().await?;
    let counts =
        format!("{sealed} rows and {} data keys sealed again, {} failed", data_keys.sealed, failed.len());
    note(settings, store, counts).await?;
    let ids: Vec<String> =
        store.keys().iter().flat_map(|keys| keys.ids().map(str::to_owned).collect::<Vec<_>>()).collect();
    store.close().await;
    output::complain(format_args!(
        "{sealed} rows are sealed again, with key {}",
        ids.first().map_or("", |id| id)
    ));
    if data_keys.sealed > 0 {
        output::complain(format_args!("{} data keys of users, too", data_keys.sealed));
    }
    if !failed.is_empty() {
        failed.iter().for_each(output::complain);
        return Ok(Exit::failed(format_args!("{} rows cannot be opened and stay as they are", failed.len())));
    }
    if left > 0 {
        return Ok(Exit::failed(format_args!(
            "{left} rows were sealed with an older key meanwhile: a worker still has it as its newest. Reload it (SIGHUP), \
             then run this again"
        )));
    }
    if ids.len() > 1 {
        output::complain(format_args!(
            "nothing needs the older keys ({}) any more: remove their lines and reload the worker; keep them with the \
             backups that they belong to",
            ids[1..].join(", ")
        ));
    }
    Ok(Exit::Done)
}
