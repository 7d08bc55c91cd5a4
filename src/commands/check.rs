//! `dynamoi check`: everything that must be right before it runs.

mod apart;

use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
};

use actors::{failure::Failure, integration::ConnectionSpec, integration::Unusable, integrations::catalogue};
use clap::Args;
use dynamoi::{cache, open_store, probe::Probe, settings::Settings, terminal};
use rows::clock::SystemClock;
use store::{Access, Store};

use super::{
    Exit, output,
    patience::asking,
    resting::{Withheld, withheld},
    source::{ConfigFiles, missing_file},
};

/// Checks configuration, credentials, database, key store, erasure journal, cache and providers, one line each. Polls and
/// changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi check --config dynamoi.toml && systemctl reload dynamoi")]
pub struct Check {
    #[command(flatten)]
    pub source: ConfigFiles,
}

// === impl Check ===

impl Check {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let settings = match self.source.load().await {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let specs = settings.specs();
        line("configuration", true, &format!("{} connections are switched on", specs.len()));
        line("regions", true, &regions(&settings));
        let (database, store) = database(&settings).await;
        let apart = Box::pin(apart::lines(&settings, store.as_ref())).await;
        let cache = match cache::check(&settings.cache, Arc::new(SystemClock::new())).await {
            Ok(detail) => {
                line("cache", true, &detail);
                true
            }
            Err(error) => {
                line("cache", false, &error.to_string());
                false
            }
        };
        let mut providers = true;
        for spec in specs {
            providers &= connection(&settings, store.as_ref(), spec).await;
        }
        if let Some(store) = store {
            store.close().await;
        }
        match (database && apart && cache, providers) {
            (false, _) => Exit::Failed,
            (true, false) => Exit::Incomplete,
            (true, true) => Exit::Done,
        }
    }
}

/// Whose data stays where. A configuration that does not keep to it is not loaded.
fn regions(settings: &Settings) -> String {
    let bound = settings.tenants.iter().filter_map(|(id, tenant)| Some((id, tenant.data_region.as_ref()?)));
    let bound: Vec<String> = bound.map(|(id, region)| format!("{id} in {}", region.to_lowercase())).collect();
    if bound.is_empty() { "no tenant names a data_region".to_owned() } else { bound.join(", ") }
}

/// One line: what, whether it is right, and what there is to say.
fn line(what: &str, ok: bool, detail: &str) {
    let word = if ok { "ok" } else { "FAILED" };
    output::print(&format!("{what:<32} {word:<7} {}\n", terminal::line(detail)));
}

/// Whether the file, and the directories above it that are missing, can be made: a file beside the nearest one that is there
/// is made, and taken away.
fn try_making(file: &Path) -> Result<(), String> {
    let absolute = std::path::absolute(file).map_err(|error| error.to_string())?;
    let Some(nearest) = absolute.ancestors().skip(1).find(|directory| directory.exists()) else {
        return Err("no directory above it is there".to_owned());
    };
    let trial = nearest.join(format!(".dynamoi-check-{}", std::process::id()));
    File::create_new(&trial)
        .and_then(|_| fs::remove_file(&trial))
        .map_err(|error| format!("in {}: {error}", nearest.display()))
}

/// Whether it can be used; and the database itself, where its tables are there.
async fn database(settings: &Settings) -> (bool, Option<Store>) {
    if let Some(path) = missing_file(settings) {
        let made = try_making(&path);
        let detail = match &made {
            Ok(()) => format!("{} is not there yet: it is made at the start", path.display()),
            Err(error) => format!("{} is not there yet, and cannot be made: {error}", path.display()),
        };
        line("database", made.is_ok(), &detail);
        return (made.is_ok(), None);
    }
    let store = match open_store(settings, Access::Write, Arc::new(SystemClock::new())).await {
        Ok(store) => store,
        Err(error) => {
            line("database", false, &error.to_string());
            return (false, None);
        }
    };
    let status = store.migration_status().await;
    let tried = store.try_writing().await;
    let is_current = status.as_ref().is_ok_and(|steps| steps.iter().all(|step| step.applied));
    if let (Ok(_), Err(error)) = (&status, &tried) {
        line("database", false, &format!("it can be read, and not written: {error}"));
        store.close().await;
        return (false, None);
    }
    let is_usable = match status {
        Ok(steps) => {
            let missing = steps.iter().filter(|step| !step.applied).count();
            let detail = match missing {
                0 => "up to date".to_owned(),
                missing if missing == steps.len() => {
                    "reachable, and empty: its tables are made at the start".to_owned()
                }
                missing => format!("reachable; {missing} schema steps will be applied at the start"),
            };
            line("database", true, &detail);
            true
        }
        Err(error) => {
            line("database", false, &error.to_string());
            false
        }
    };
    if is_current {
        return (is_usable, Some(store));
    }
    store.close().await;
    (is_usable, None)
}

async fn connection(settings: &Settings, store: Option<&Store>, spec: Arc<ConnectionSpec>) -> bool {
    let name = spec.name.clone();
    match withheld(settings, store, &name).await {
        Ok(None) => {}
        // As it should be: a worker leaves it alone, too. Who is nobody is a mistake in the configuration.
        Ok(Some(Withheld { why, is_plausible })) => {
            let advice = if is_plausible { "" } else { "; `dynamoi users list` shows who there is" };
            line(&name, is_plausible, &format!("not asked: {why}{advice}"));
            return is_plausible;
        }
        Err(error) => {
            line(&name, false, &format!("not asked: {error}"));
            return false;
        }
    }
    let Some(integration) = catalogue().into_iter().find(|known| known.manifest().id == spec.integration)
    else {
        line(&name, false, &format!("integration {} is not built in", spec.integration));
        return false;
    };
    let accounts = match Probe::new(settings, spec, integration.as_ref()) {
        Ok(probe) => asking(&name, probe.accounts()).await,
        Err(error) => {
            line(&name, false, &error.to_string());
            return false;
        }
    };
    match accounts {
        Ok(accounts) => {
            let names: Vec<_> = accounts.usable.iter().filter(|account| !account.id.is_empty()).collect();
            let detail = match names.len() {
                0 => "credentials work".to_owned(),
                1 => format!("credentials work: account {} ({})", names[0].id, names[0].name),
                count => format!("credentials work: {count} accounts"),
            };
            line(&name, true, &detail);
            for Unusable { id, failure } in &accounts.unusable {
                line(&name, false, &format!("account {id} cannot be read: {failure}"));
            }
            accounts.unusable.is_empty()
        }
        Err(failure) => {
            let state = match &failure {
                Failure::NeedsReauth { .. } => "needs_reauth: ",
                _ => "",
            };
            line(&name, false, &format!("{state}{failure}"));
            false
        }
    }
}
