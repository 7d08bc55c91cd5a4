//! `dynamoi report`: what campaigns did, and what was paid for sales, for people.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use dynamoi::{
    audience::Audience,
    open_store,
    report::{
        Dialect, Format, Question, Report as Campaigns, ReportError,
        royalties::{self, RoyaltyError, RoyaltyQuestion},
    },
    settings::Settings,
};
use jiff::civil::Date;
use rows::{Clock, clock::SystemClock};
use store::Access;

use super::{
    Exit, output,
    source::{ConfigFiles, missing_file},
};

/// Shows what campaigns did over a range of days: spend, impressions, clicks, conversions and their ratios, by currency; for
/// marketing campaigns also budget, pacing and the visits that their links brought. With --royalties what was paid for sales:
/// money and quantities of the statements that are loaded. Reads the database, whether the daemon runs or not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi report --config dynamoi.toml                                          the last 28 days
  dynamoi report --config dynamoi.toml --campaign night-drive                   one marketing campaign
  dynamoi report --config dynamoi.toml --campaign 'Night Drive*'                campaigns of networks, by name
  dynamoi report --config dynamoi.toml --from 2026-10-01 --to 2026-10-31 --format html > october.html
  dynamoi report --config dynamoi.toml --for-tenant label-a --format html > label-a.html    to hand to the tenant
  dynamoi report --config dynamoi.toml --format csv > days.csv                  a line for each campaign and day
  dynamoi report --config dynamoi.toml --format csv --bom --separator semicolon > tage.csv
  dynamoi report --config dynamoi.toml --format json | jq '.totals[] | {currency, spend_micros, roas}'
  dynamoi report --config dynamoi.toml --royalties                              the last twelve months of sales
  dynamoi report --config dynamoi.toml --royalties --from 2026-07-01 --to 2026-09-30 --format csv > sales.csv
  dynamoi report --config dynamoi.toml --royalties --tenant label-a --format html > royalties.html")]
pub struct Report {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// Royalties instead of campaigns: by track, service, store, country and period of sale.
    #[arg(long)]
    pub royalties: bool,
    /// Only this: a marketing campaign of the configuration, or a network's campaign by id or name (`*` stands for any text).
    #[arg(long, value_name = "NAME")]
    pub campaign: Option<String>,
    /// Only what belongs to this tenant; spend is what the networks charged: not to be handed to the tenant.
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// For this tenant to have: only what belongs to it, spend as its markup shows it, without budgets.
    #[arg(long, value_name = "NAME", conflicts_with = "tenant")]
    pub for_tenant: Option<String>,
    /// The first day, as each account counts days. By default the last day and the 27 before it. Of royalties: sales whose period
    /// ends on this day or later; by default twelve months.
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// The last day, included. By default today (UTC); of royalties the end of the newest period of sale that there is.
    #[arg(long, value_name = "DATE")]
    pub to: Option<Date>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Form::Table)]
    pub format: Form,
    /// Begins a CSV with a byte order mark, by which some spreadsheets know that it is UTF-8.
    #[arg(long)]
    pub bom: bool,
    /// What stands between the cells of a CSV.
    #[arg(long, value_enum, value_name = "NAME")]
    pub separator: Option<Separator>,
}

/// What stands between cells.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`: what spreadsheets expect where `,` is the decimal sign.
    Semicolon,
    /// A tabulator.
    Tab,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Form {
    /// For a terminal.
    Table,
    /// For spreadsheets: a line for each campaign and day, or for each track, service, store, country, period and kind of sale.
    Csv,
    /// For programs.
    Json,
    /// For reading and printing: one file that needs nothing else.
    Html,
}

// === impl Report ===

impl Report {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let clock = SystemClock::new();
        let format = match self.format() {
            Ok(format) => format,
            Err(error) => return Exit::usage(error),
        };
        if self.royalties {
            return self.run_royalties(format, clock).await;
        }
        let question =
            match Question::new(self.from, self.to, self.campaign.clone(), self.only().cloned(), clock.now())
            {
                Ok(question) => question,
                Err(error) => return Exit::usage(error),
            };
        let settings = match self.settings() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let text = match self.read(&settings, &question, format, clock).await {
            Ok(text) => text,
            Err(ReportError::Question(error)) => return Exit::usage(error),
            Err(error) => return Exit::failed(error),
        };
        match text {
            Ok(text) if matches!(self.format, Form::Table) => output::print(&text),
            Ok(text) => output::print_data(&text),
            Err(error) => Exit::failed(error),
        }
    }

    /// Prints royalties as they are read.
    async fn run_royalties(&self, format: Format, clock: SystemClock) -> Exit {
        if self.campaign.is_some() {
            return Exit::usage(
                "--campaign is about advertising, and no statement of royalties says which campaign a sale came from: leave \
                 out --campaign or --royalties",
            );
        }
        let settings = match self.settings() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let question = RoyaltyQuestion { from: self.from, to: self.to, tenant: self.only().cloned() };
        let now = clock.now();
        let mut pieces = output::Pieces::new(matches!(self.format, Form::Table));
        let printed = async {
            let store = open_store(&settings, Access::Read, Arc::new(clock)).await?;
            let printed = match store.expect_current().await {
                Ok(()) => {
                    royalties::print(&store, &question, format, now, &mut |piece| pieces.print(piece)).await
                }
                Err(error) => Err(error.into()),
            };
            store.close().await;
            printed
        };
        match printed.await {
            Ok(()) => pieces.end(),
            Err(RoyaltyError::Output(error)) => output::refused(&error),
            Err(RoyaltyError::Question(error)) => Exit::usage(error),
            Err(error) => Exit::failed(error),
        }
    }

    /// The tenant that it is about, if it is about one.
    const fn only(&self) -> Option<&String> {
        if self.for_tenant.is_some() { self.for_tenant.as_ref() } else { self.tenant.as_ref() }
    }

    /// Reads it for whom it is, and writes it.
    async fn read(
        &self,
        settings: &Settings,
        question: &Question,
        format: Format,
        clock: SystemClock,
    ) -> Result<Result<String, String>, ReportError> {
        let now = clock.now();
        let store = open_store(settings, Access::Read, Arc::new(clock)).await?;
        let read = async {
            store.expect_current().await?;
            let campaigns = &settings.campaigns;
            let Some(tenant) = &self.for_tenant else {
                let report = Campaigns::read(&store, campaigns, question, now).await?;
                return Ok(report.print(format, &Audience::Operators));
            };
            let markup = settings.markup(tenant);
            let report = Campaigns::read_displayed(&store, campaigns, question, &markup, now).await?;
            Ok(report.print(format, &Audience::Tenant(tenant.as_str().into())))
        };
        let read = read.await;
        store.close().await;
        read
    }

    /// What is configured, where there is a database.
    fn settings(&self) -> Result<Settings, Exit> {
        let settings = self.source.load_without_secrets()?;
        match missing_file(&settings) {
            Some(file) => Err(Exit::failed(format_args!(
                "there is no database at {} yet: `dynamoi run` makes and fills it",
                file.display()
            ))),
            None => Ok(settings),
        }
    }

    fn format(&self) -> Result<Format, &'static str> {
        let asks_for_csv = self.bom || self.separator.is_some();
        match self.format {
            Form::Csv => {
                let separator = self.separator.map_or(',', Separator::character);
                Ok(Format::Csv(Dialect { bom: self.bom, separator }))
            }
            _ if asks_for_csv => Err("--bom and --separator are for --format csv"),
            Form::Table => {
                let size = console::Term::stdout().size_checked();
                Ok(Format::Table { width: size.map(|(_, columns)| usize::from(columns)) })
            }
            Form::Json => Ok(Format::Json),
            Form::Html => Ok(Format::Html),
        }
    }
}

// === impl Separator ===

impl Separator {
    const fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
        }
    }
}
