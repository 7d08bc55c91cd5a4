//! The filter above the lists: a plain form.

use std::{collections::BTreeSet, sync::Arc};

use actors::engine::status::ConnectionStatus;
use maud::{Markup, html};
use rows::state::State;

use super::super::query::Filter;

/// More than that is not a list to choose from.
const CHOICES_MAX: usize = 50;

/// What can be chosen.
pub struct Choices {
    tenants: Vec<String>,
    providers: Vec<String>,
}

// === impl Choices ===

impl Choices {
    /// Of everything that runs.
    pub fn of(statuses: &[Arc<ConnectionStatus>]) -> Self {
        let tenants: BTreeSet<&str> = statuses.iter().map(|status| status.tenant.as_str()).collect();
        let providers: BTreeSet<&str> = statuses.iter().map(|status| status.integration).collect();
        let owned = |names: BTreeSet<&str>| names.into_iter().map(ToOwned::to_owned).collect();
        Self { tenants: owned(tenants), providers: owned(providers) }
    }
}

/// The form; a changed filter begins on the first pages.
pub fn form(filter: &Filter, choices: &Choices) -> Markup {
    let states: Vec<_> = State::ALL.iter().map(|state| state.as_str().to_owned()).collect();
    html! {
        form.filter action="/" method="get" role="search" aria-label="Filter" {
            (field("tenant", "Tenant", &choices.tenants, &filter.tenant))
            (field("provider", "Provider", &choices.providers, &filter.provider))
            (field("state", "State", &states, &filter.state))
            div.field {
                label for="filter-name" { "Campaign" }
                input #filter-name name="name" type="search" value=(filter.name) autocomplete="off" placeholder="name or id";
            }
            div.buttons {
                button type="submit" { "Filter" }
                @if !filter.is_empty() { a.button.quiet href="/" { "Clear" } }
            }
        }
    }
}

fn field(name: &str, label: &str, choices: &[String], chosen: &str) -> Markup {
    let id = format!("filter-{name}");
    html! {
        div.field {
            label for=(id) { (label) }
            @if choices.len() > CHOICES_MAX {
                input id=(id) name=(name) value=(chosen) autocomplete="off" placeholder="all";
            } @else {
                select id=(id) name=(name) {
                    option value="" { "all" }
                    @for choice in choices {
                        option value=(choice) selected[choice == chosen] { (words(choice)) }
                    }
                    @if !chosen.is_empty() && !choices.iter().any(|choice| choice == chosen) {
                        option value=(chosen) selected { (chosen) }
                    }
                }
            }
        }
    }
}

/// `needs_reauth` as people write it.
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}
