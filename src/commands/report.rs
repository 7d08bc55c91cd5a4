//! `dynamoi report`: what campaigns did, for people.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use dynamoi::{
    open_store,
    report::{Dialect, Format, Question, Report as Campaigns, ReportError},
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
/// marketing campaigns also budget, pacing and the visits that their links brought. Reads the database, whether the daemon
/// runs or not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi report --config dynamoi.toml                                          the last 28 days
  dynamoi report --config dynamoi.toml --campaign night-drive                   one marketing campaign
  dynamoi report --config dynamoi.toml --campaign 'Night Drive*'                campaigns of networks, by name
  dynamoi report --config dynamoi.toml --from 2026-10-01 --to 2026-10-31 --format html > october.html
  dynamoi report --config dynamoi.toml --format csv > days.csv                  a line for each campaign and day
  dynamoi report --config dynamoi.toml --format csv --bom --separator semicolon > tage.csv
  dynamoi report --config dynamoi.toml --format json | jq '.totals[] | {currency, spend_micros, roas}'")]
pub struct Report {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// Only this: a marketing campaign of the configuration, or a network's campaign by id or name (`*` stands for any text).
    #[arg(long, value_name = "NAME")]
    pub campaign: Option<String>,
    /// Only what belongs to this tenant.
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// The first day, as each account counts days. By default the last day and the 27 before it.
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// The last day, included. By default today (UTC).
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
    /// For spreadsheets: a line for each campaign and day.
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
        let question = match Question::new(
            self.from,
            self.to,
            self.campaign.clone(),
            self.tenant.clone(),
            clock.now(),
        ) {
            Ok(question) => question,
            Err(error) => return Exit::usage(error),
        };
        let settings = match self.source.load_without_secrets() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        if let Some(file) = missing_file(&settings) {
            let file = file.display();
            return Exit::failed(format_args!(
                "there is no database at {file} yet: `dynamoi run` makes and fills it"
            ));
        }
        let report = match read(&settings, &question, clock).await {
            Ok(report) => report,
            Err(ReportError::Question(error)) => return Exit::usage(error),
            Err(error) => return Exit::failed(error),
        };
        match report.print(format) {
            Ok(text) if matches!(self.format, Form::Table) => output::print(&text),
            Ok(text) => output::print_data(&text),
            Err(error) => Exit::failed(error),
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

async fn read(
    settings: &Settings,
    question: &Question,
    clock: SystemClock,
) -> Result<Campaigns, ReportError> {
    let now = clock.now();
    let store = open_store(settings, Access::Read, Arc::new(clock)).await?;
    let read = match store.expect_current().await {
        Ok(()) => Campaigns::read(&store, &settings.campaigns, question, now).await,
        Err(error) => Err(error.into()),
    };
    store.close().await;
    read
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
