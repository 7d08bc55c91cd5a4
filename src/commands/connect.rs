//! `dynamoi connect`: a person lets an application in, and the credential that comes of it is stored.

use std::{
    io::{self, BufRead as _, Read as _},
    sync::Arc,
    time::Duration,
};

use actors::{
    consent::{Code, Consent, NoCode, Request},
    integration::{AnyIntegration, ConnectionSpec, Unusable},
    integrations::catalogue,
};
use clap::Args;
use comfy_table::{Table, presets};
use dynamoi::{
    consent::{Asking, Loopback, PATH},
    settings::{Settings, parse_duration},
    terminal,
};
use reqwest::Url;

use super::{
    Exit, output,
    source::{ConfigFiles, require_connection},
};

/// Gets a connection's credential where the provider has a page for it: prints the address to open, waits on loopback for the
/// answer, stores the credential sealed, and shows the accounts that it sees.
///
/// The connection is in the configuration already, with its application's id and secret and without the credential itself
/// (`refresh_token`; `access_token` of TikTok). What was stored before is replaced.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi connect google_ads --config dynamoi.toml
  dynamoi connect spotify_ads --config dynamoi.toml --connection label-a-spotify-ads --port 8888
  dynamoi connect google_ads --config dynamoi.toml --paste       the browser is on another machine
  dynamoi connect tiktok_ads --config dynamoi.toml --redirect-uri https://label-a.example/tiktok

What to register with the provider:
  Google     an OAuth client of the kind \"Desktop app\"; nothing else
  Spotify    the redirect address http://127.0.0.1/callback in the app's settings (any port is taken), or with that of --port
  TikTok     an https address of yours, given as --redirect-uri: the page need not exist, its address is pasted")]
pub struct Connect {
    /// The integration's id.
    #[arg(value_name = "INTEGRATION")]
    pub integration: String,
    #[command(flatten)]
    pub source: ConfigFiles,
    /// The connection's name; may be left out where the integration has one only.
    #[arg(long, value_name = "NAME")]
    pub connection: Option<String>,
    /// The port to listen on, on 127.0.0.1, for providers that compare it; one that is free unless given.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Do not listen: the address that the browser ends at is pasted here.
    #[arg(long)]
    pub paste: bool,
    /// Where the provider sends the browser, where that is not this machine: as it is registered there. Means --paste.
    #[arg(long, value_name = "URL", conflicts_with = "port")]
    pub redirect_uri: Option<Url>,
    /// How long to wait for the answer.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    pub timeout: Duration,
}

/// Where the answer comes from.
enum Ear {
    Loopback(Loopback),
    Pasted,
}

/// Longest address that is pasted.
const PASTED_BYTES_MAX: u64 = 64 << 10;
/// What a pasted answer is sent to when nothing is said: nobody listens there, and the browser shows it all the same.
const UNHEARD_PORT: u16 = 8_888;

// === impl Connect ===

impl Connect {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let Some(integration) = catalogue().into_iter().find(|known| known.manifest().id == self.integration)
        else {
            let known = catalogue().into_iter().filter(|known| known.manifest().consent.is_some());
            let known: Vec<_> = known.map(|known| known.manifest().id).collect();
            output::complain(format_args!(
                "error: there is no integration `{}`\n  INTEGRATION: expected one of {}",
                self.integration,
                known.join(", ")
            ));
            return Exit::Usage;
        };
        let settings = match self.source.load_for_consent() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let spec = match self.spec(&settings) {
            Ok(spec) => spec,
            Err(exit) => return exit,
        };
        match self.connect(settings, &spec, integration).await {
            Ok(exit) => exit,
            Err(problem) => Exit::failed(problem),
        }
    }

    /// The connection that is meant.
    fn spec(&self, settings: &Settings) -> Result<Arc<ConnectionSpec>, Exit> {
        let all = settings.specs();
        let mut of_it = all.iter().filter(|spec| spec.integration == self.integration);
        if let Some(name) = &self.connection {
            require_connection(settings, name)?;
            return match of_it.find(|spec| spec.name == *name) {
                Some(spec) => Ok(Arc::clone(spec)),
                None => Err(Exit::failed(format_args!(
                    "connection `{name}` is no enabled connection of {}",
                    self.integration
                ))),
            };
        }
        match (of_it.next(), of_it.next()) {
            (Some(only), None) => Ok(Arc::clone(only)),
            (None, _) => Err(Exit::failed(format_args!(
                "the configuration has no enabled connection of {0}: `dynamoi config example {0}` shows one; leave out the \
                 credential that this command gets",
                self.integration
            ))),
            (Some(_), Some(_)) => {
                let names: Vec<_> = all
                    .iter()
                    .filter(|spec| spec.integration == self.integration)
                    .map(|spec| spec.name.as_str())
                    .collect();
                output::complain(format_args!(
                    "error: there are several connections of {}\n  --connection: expected one of {}",
                    self.integration,
                    names.join(", ")
                ));
                Err(Exit::Usage)
            }
        }
    }

    async fn connect(
        &self,
        settings: Settings,
        spec: &ConnectionSpec,
        integration: Arc<dyn AnyIntegration>,
    ) -> Result<Exit, Box<dyn std::error::Error>> {
        let mut asking = Asking::new(settings, spec, integration).await?;
        let (ear, redirect) = match self.ear(asking.consent()) {
            Ok(ear) => ear,
            Err(problem) => return Ok(Exit::failed(problem)),
        };
        let request = asking.request(redirect)?;
        output::complain(
            "Open this address in a browser, as somebody who may see the accounts, and let the application in:\n",
        );
        output::print_data(&format!("{}\n", request.address));
        let heard = tokio::time::timeout(self.timeout, hear(ear, asking.consent(), &request)).await;
        let code = match heard {
            Ok(Ok(code)) => code,
            Ok(Err(problem)) => return Ok(Exit::failed(problem)),
            Err(_) => {
                return Ok(Exit::failed(
                    "no answer came in time: start again, or give it longer with --timeout",
                ));
            }
        };
        let lacking = asking.take(code).await?;
        output::complain(format_args!(
            "\nThe credential is stored, sealed, as {:?}. A running worker takes it up when it is reloaded (SIGHUP).",
            asking.stored_as()
        ));
        if !lacking.is_empty() {
            output::complain(format_args!(
                "It lacks what was asked for and not granted: {}. What needs that is not read: start again, and grant all of it",
                lacking.join(", ")
            ));
        }
        Ok(shown(&asking).await)
    }

    /// Where to listen, and what the provider is told.
    fn ear(&self, consent: &Consent) -> Result<(Ear, Url), String> {
        if let Some(redirect) = &self.redirect_uri {
            return Ok((Ear::Pasted, redirect.clone()));
        }
        if !consent.loopback {
            return Err(format!(
                "{} sends the browser to a registered https address only: give it with --redirect-uri, and paste where the \
                 browser ends",
                self.integration
            ));
        }
        if self.paste {
            let port = if self.port == 0 { UNHEARD_PORT } else { self.port };
            let redirect = Url::parse(&format!("http://127.0.0.1:{port}{PATH}"));
            return Ok((Ear::Pasted, redirect.map_err(|error| error.to_string())?));
        }
        let listening = Loopback::listen(self.port).and_then(|loopback| {
            let redirect = loopback.redirect()?;
            Ok((Ear::Loopback(loopback), redirect))
        });
        listening.map_err(|error| {
            format!("cannot listen on 127.0.0.1:{}: {error}; name another --port, or use --paste", self.port)
        })
    }
}

/// Waits for the answer to this request. Others are told so, and waited past.
async fn hear(ear: Ear, consent: &Consent, request: &Request) -> Result<Code, String> {
    let mut loopback = match ear {
        Ear::Pasted => {
            output::complain("\nThen paste the whole address at which the browser ends, and press Enter:");
            let pasted =
                tokio::task::spawn_blocking(read_line).await.map_err(|error| error.to_string())??;
            return consent.code(request, &parameters(&pasted)).map_err(|error| error.to_string());
        }
        Ear::Loopback(loopback) => loopback,
    };
    output::complain("\nWaiting for the answer. Ctrl-C ends it, and nothing is stored.");
    let heard = loop {
        let Some(answer) = loopback.answer().await else {
            return Err("the listener on 127.0.0.1 has ended: start again, or use --paste".to_owned());
        };
        match consent.code(request, &answer.parameters) {
            Ok(code) => {
                answer.tell(
                    true,
                    "The application is let in. This window can be closed: go on in the terminal.",
                );
                break Ok(code);
            }
            Err(error @ NoCode::Foreign) => {
                answer.tell(
                    false,
                    "This answer belongs to another request: open the address that was printed last.",
                );
                output::complain(&error);
            }
            Err(error) => {
                answer.tell(false, "Access was not granted. The terminal says more.");
                break Err(error.to_string());
            }
        }
    };
    loopback.close().await;
    heard
}

fn read_line() -> Result<String, String> {
    let mut line = String::new();
    let read = io::stdin().lock().take(PASTED_BYTES_MAX).read_line(&mut line);
    read.map_err(|error| format!("stdin cannot be read: {error}"))?;
    Ok(line.trim().to_owned())
}

/// The parameters of a pasted address, or of its query alone.
fn parameters(pasted: &str) -> Vec<(String, String)> {
    let query = pasted.split_once('?').map_or(pasted, |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Shows what the credential sees.
async fn shown(asking: &Asking) -> Exit {
    let accounts = match asking.accounts().await {
        Ok(accounts) => accounts,
        Err(error) => {
            output::complain(format_args!("what it sees cannot be told: {error}"));
            return Exit::Incomplete;
        }
    };
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(["account", "name", "currency", "time zone"]);
    for account in &accounts.usable {
        let currency = account.currency.map(|currency| currency.to_string()).unwrap_or_default();
        let id = if account.id.is_empty() { "(the connection itself)" } else { &account.id };
        table.add_row([id, &account.name, &currency, &account.time_zone].map(terminal::line));
    }
    for Unusable { id, failure } in &accounts.unusable {
        output::complain(format_args!("account {id} cannot be read: {failure}"));
    }
    let shown = output::print(&format!("{table}\n"));
    if accounts.unusable.is_empty() { shown } else { Exit::Incomplete }
}
