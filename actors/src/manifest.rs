//! What an integration is, whatever its settings are.

use crate::{
    consent::Consent,
    session::quota::{BudgetRule, Quota, QuotaRule},
    spec::{CredentialSpec, HostSpec},
    webhook::WebhookVerifier,
};

/// The constant facts of an [`Integration`](crate::integration::Integration): a table beside its code. What is not said in one
/// is as in [`Manifest::BLANK`].
#[derive(Clone, Copy)]
pub struct Manifest {
    /// The id in configuration, tables and labels: `meta_ads`.
    pub id: &'static str,
    /// Where its API is reached unless the configuration says otherwise.
    pub base_url: &'static str,
    /// Its further hosts, such as the one that gives access tokens. Nothing is sent to any other.
    pub hosts: &'static [HostSpec],
    /// The API version asked for unless the configuration says otherwise; `""` where there are none.
    pub api_version: &'static str,
    /// The rates that it keeps unless the configuration says otherwise.
    pub rates: &'static [QuotaRule],
    /// What it uses at most in a day or month unless the configuration says otherwise. A function, because the zone in which
    /// a budget's days turn has to be looked up.
    pub budgets: fn() -> Vec<BudgetRule>,
    /// The secrets that it takes.
    pub credentials: &'static [CredentialSpec],
    /// Settings that, when true, make it read personal data: they are switched off where no encryption key is configured.
    pub sealed_settings: &'static [&'static str],
    /// Credentials that the provider replaces when they are used: a connection with one of them is refused where no
    /// encryption key is configured, because the new one could not be kept.
    pub replaced_credentials: &'static [&'static str],
    /// How a person lets it in, where the provider has a page for that; none where credentials are copied from a console.
    pub consent: Option<Consent>,
    /// How messages are checked in which the provider says that there is something new; none where it sends none.
    pub webhook: Option<&'static dyn WebhookVerifier>,
    /// A commented example of its configuration, TOML.
    pub sample: &'static str,
    /// Facts about it, Markdown. Its sections "What it needs", "Verified" and "Not verified" are shown with those of others.
    pub readme: &'static str,
}

// === impl Manifest ===

impl Manifest {
    /// Of nothing: what a manifest does not say, it has from here.
    pub const BLANK: Self = Self {
        id: "",
        base_url: "",
        hosts: &[],
        api_version: "",
        rates: &[],
        budgets: Vec::new,
        credentials: &[],
        sealed_settings: &[],
        replaced_credentials: &[],
        consent: None,
        webhook: None,
        sample: "",
        readme: "",
    };

    /// Rates and budgets.
    pub fn quota(&self) -> Quota {
        Quota { rates: self.rates.to_vec(), budgets: (self.budgets)() }
    }
}

impl std::fmt::Debug for Manifest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manifest").field("id", &self.id).finish_non_exhaustive()
    }
}
