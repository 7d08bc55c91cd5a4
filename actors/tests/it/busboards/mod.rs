//! A worked example: the invented network "Busboards", which sells posters on buses. `docs/adding-an-integration.md`
//! leads through it, file by file.
//!
//! | file | what |
//! | --- | --- |
//! | `wire.rs` | what Busboards sends |
//! | `mapping.rs` | from there to the project's rows |
//! | `errors.rs` | what its answers mean |
//! | `source.rs` | one connection: check and pages |
//! | `imitation.rs` | the network itself, for tests |

use actors::{
    integration::{CredentialSpec, Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
    session::quota::{QuotaRule, Scope},
    stream::{DAILY, Days, FRESH, Snapshot, Tier},
};
use futures::future::FutureExt as _;
use jiff::SignedDuration;
use rows::Table;
use schemars::JsonSchema;
use serde::Deserialize;

use self::source::BusboardsSource;

mod errors;
pub mod imitation;
mod mapping;
mod source;
mod tests;
mod wire;

/// Settings of a connection.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Elements on one page.
    #[schemars(range(min = 1, max = 100))]
    pub page_size: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { page_size: 100 }
    }
}

const TOKEN: CredentialSpec = CredentialSpec {
    name: "token",
    required: true,
    help: "an API token with the permissions campaigns.read and report.read, from Settings > API",
};

/// The integration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Busboards;

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "busboards",
    base_url: "https://api.busboards.example",
    credentials: &[TOKEN],
    rates: &[QuotaRule::per_second(Scope::Account, 5.0, 5)],
    sample: include_str!("sample.toml"),
    ..Manifest::BLANK
};

impl Integration for Busboards {
    type Settings = Settings;
    type Source = BusboardsSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &Settings) -> Vec<StreamOf<BusboardsSource>> {
        vec![
            StreamOf::snapshot(
                "campaigns",
                &[Table::AdCampaigns],
                Snapshot { every: FRESH, vanishing: Some(Table::AdCampaigns) },
                |source: &BusboardsSource, session, request| source.campaigns(session, request).boxed(),
            ),
            StreamOf::days(
                "report",
                &[Table::AdPerformanceDaily],
                Days {
                    level: Some("campaign"),
                    // Views are counted as buses come home; Busboards corrects them for a week.
                    tiers: vec![Tier { days: 2, every: FRESH }, Tier { days: 8, every: DAILY }],
                    settling: SignedDuration::from_hours(24),
                    window_days_max: 31,
                    history_days_max: Some(365),
                },
                |source: &BusboardsSource, session, request| source.report(session, request).boxed(),
            ),
        ]
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<BusboardsSource, SetupError> {
        BusboardsSource::new(setup.spec, setup.settings)
    }
}
