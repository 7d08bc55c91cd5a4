//! `dynamoi discover`: what credentials can see.

use std::sync::Arc;

use actors::{
    failure::Failure,
    integration::{Accounts, Unusable},
    integrations::catalogue,
};
use clap::Args;
use comfy_table::{Table, presets};
use dynamoi::{probe::Probe, terminal};

use super::{
    Exit, output,
    patience::asking,
    resting::{Withheld, withheld_now},
    source::{ConfigFiles, require_connection},
};

/// Lists the accounts and campaigns that a connection's credentials can see, with the ids that the configuration takes.
/// Stores nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi discover --config dynamoi.toml --connection label-a-meta")]
pub struct Discover {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub connection: String,
}

// === impl Discover ===

impl Discover {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let loaded = self.source.load().await;
        let settings = match loaded.and_then(|settings| {
            require_connection(&settings, &self.connection)?;
            Ok(settings)
        }) {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let spec = settings.specs().into_iter().find(|spec| spec.name == self.connection);
        let found = spec.and_then(|spec| {
            let integration =
                catalogue().into_iter().find(|known| known.manifest().id == spec.integration)?;
            Some((spec, integration))
        });
        let Some((mut spec, integration)) = found else {
            return Exit::failed(format_args!("connection `{}` is switched off", self.connection));
        };
        match withheld_now(&settings, &self.connection).await {
            Ok(None) => {}
            Ok(Some(Withheld { why, .. })) => {
                output::complain(format_args!("{}: not asked: {why}", self.connection));
                return Exit::Incomplete;
            }
            Err(error) => return Exit::failed(error),
        }
        // All that the credentials see, not only what is configured.
        Arc::make_mut(&mut spec).accounts.clear();
        let probe = match Probe::new(&settings, spec, integration.as_ref()) {
            Ok(probe) => probe,
            Err(error) => return Exit::failed(error),
        };
        match asking(&self.connection, tables(&probe)).await {
            Ok((text, unusable)) => {
                let shown = output::print(&text);
                if unusable.is_empty() {
                    return shown;
                }
                for Unusable { id, failure } in unusable {
                    output::complain(format_args!(
                        "{}: account {id} cannot be read: {failure}",
                        self.connection
                    ));
                }
                Exit::Incomplete
            }
            Err(failure) => {
                output::complain(format_args!("{}: {failure}", self.connection));
                Exit::Incomplete
            }
        }
    }
}

async fn tables(probe: &Probe) -> Result<(String, Vec<Unusable>), Failure> {
    let mut accounts = Table::new();
    accounts.load_preset(presets::UTF8_BORDERS_ONLY).set_header(["account", "name", "currency", "time zone"]);
    let mut campaigns = Table::new();
    campaigns.load_preset(presets::UTF8_BORDERS_ONLY).set_header([
        "account",
        "campaign",
        "name",
        "status",
        "objective",
    ]);
    let Accounts { usable, mut unusable, .. } = probe.accounts().await?;
    for account in usable {
        let currency = account.currency.map(|currency| currency.to_string()).unwrap_or_default();
        let id = if account.id.is_empty() { "(the connection itself)" } else { &account.id };
        accounts.add_row([id, &account.name, &currency, &account.time_zone].map(terminal::line));
        let listed = match probe.campaigns(&account).await {
            Ok(listed) => listed,
            // The others are listed all the same; nobody is asked for more with credentials that are refused.
            Err(failure) => {
                let is_over = matches!(failure, Failure::NeedsReauth { .. });
                unusable.push(Unusable { id: account.id.clone(), failure });
                if is_over {
                    break;
                }
                continue;
            }
        };
        for campaign in listed {
            let status = campaign.effective_status.or(campaign.status).unwrap_or_default();
            let (name, objective) =
                (campaign.name.unwrap_or_default(), campaign.objective.unwrap_or_default());
            let cells = [&account.id, &campaign.campaign_id, &name, &status, &objective];
            campaigns.add_row(cells.map(|cell| terminal::line(cell)));
        }
    }
    let mut text = format!("{accounts}\n");
    if campaigns.row_iter().next().is_some() {
        text = format!("{text}\n{campaigns}\n");
    }
    Ok((text, unusable))
}
