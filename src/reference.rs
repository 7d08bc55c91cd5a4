//! What every integration reads, needs and keeps to, as Markdown: `docs/integrations.md`. All of it comes from the integrations
//! themselves, so that it cannot say anything else than they do.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, CredentialSpec, HostSpec},
    session::quota::{BudgetRule, QuotaRule},
    stream::{Days, Feed, Files, Kind, Relist, Snapshot, Stream, Tier},
};
use rows::budget::{Period, Resets, Term};
use serde_json::{Map, Value};

/// Above everything.
const HEAD: &str = "\
# Integrations

What each of them reads, needs and keeps to. **Generated** from the integrations themselves: `dynamoi config reference > docs/integrations.md`.
What the numbers mean, and all facts about a provider, stand in its README. How settings are written down: [configuration.md](configuration.md).

Intervals of a day or more count the account's own days. *Restated*: how many days are read again how often, today included. Nobody has run these integrations against
the live services unless a section says so: *Verified* and *Not verified* say what is known from where.
";

/// The sections of an integration's README that are shown.
const NEEDS: &str = "What it needs";
const VERIFIED: &str = "Verified";
const NOT_VERIFIED: &str = "Not verified";

/// What settings are called below their own names in tables: deeper ones would not be read.
const DEPTH_MAX: usize = 4;

/// The reference of these integrations.
pub fn integrations(all: &[Arc<dyn AnyIntegration>]) -> String {
    let mut out = HEAD.to_owned();
    out.push_str("\n| integration | streams | fills | budget | `dynamoi connect` |\n| --- | ---: | --- | --- | --- |\n");
    for integration in all {
        let id = integration.manifest().id;
        let streams = integration.known_streams();
        let budgets: Vec<_> = integration.manifest().quota().budgets.iter().map(budget).collect();
        let consent = if integration.manifest().consent.is_some() { "yes" } else { "" };
        let _ = writeln!(
            out,
            "| [`{id}`](#{id}) | {} | {} | {} | {consent} |",
            streams.len(),
            code(tables(&streams)),
            budgets.join("; ")
        );
    }
    for integration in all {
        section(&mut out, integration.as_ref());
    }
    out
}

fn section(out: &mut String, integration: &dyn AnyIntegration) {
    let id = integration.manifest().id;
    let version = Some(integration.manifest().api_version).filter(|version| !version.is_empty());
    let version = version.map(|version| format!(", version `{version}`")).unwrap_or_default();
    let _ = writeln!(
        out,
        "\n## {id}\n\n`base_url` = `{}`{version}. Facts: [README](../actors/src/integrations/{id}/README.md). An example: `dynamoi config example {id}`.",
        integration.manifest().base_url
    );
    out.push_str("\n| stream | fills | how often | restated |\n| --- | --- | --- | --- |\n");
    for stream in integration.known_streams() {
        let (often, restated) = schedule(&stream.kind);
        let off = if stream.enabled { "" } else { "; off unless settings switch it on" };
        let _ = writeln!(
            out,
            "| `{}` | {} | {often}{off} | {restated} |",
            stream.name,
            code(stream.tables.iter().map(|table| table.name()))
        );
    }
    quotas(out, integration);
    credentials(out, integration);
    settings(out, integration);
    for heading in [NEEDS, VERIFIED, NOT_VERIFIED] {
        if let Some(text) = part(integration.manifest().readme, heading) {
            let _ = writeln!(out, "\n### {heading}\n\n{}", linked(text));
        }
    }
}

/// Every table that one of these streams fills, once.
fn tables(streams: &[Stream]) -> Vec<&'static str> {
    let mut names: Vec<_> =
        streams.iter().flat_map(|stream| stream.tables).map(|table| table.name()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn code<'a>(names: impl IntoIterator<Item = impl AsRef<str> + 'a>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

/// How often a stream is read, and what of it again.
fn schedule(kind: &Kind) -> (String, String) {
    match kind {
        Kind::Days(Days { tiers, history_days_max, .. }) => {
            let fresh = tiers.first().map(|tier| duration(tier.every)).unwrap_or_default();
            let again: Vec<_> = tiers
                .iter()
                .map(|Tier { days, every }| format!("{days} d every {}", duration(*every)))
                .collect();
            let kept =
                history_days_max.map(|days| format!("; the provider keeps {days} d")).unwrap_or_default();
            (fresh, format!("{}{kept}", again.join(", ")))
        }
        Kind::Feed(Feed { every, relist }) => {
            let again = relist.map(|Relist { days, every }| {
                let back = days.map_or_else(|| "all".to_owned(), |days| format!("{days} d"));
                format!("{back} listed again every {}", duration(every))
            });
            (duration(*every), again.unwrap_or_default())
        }
        Kind::Snapshot(Snapshot { every, .. }) => (duration(*every), "the whole set".to_owned()),
        Kind::Files(Files { every }) => {
            (duration(*every), "a corrected file takes the place of what it corrects".to_owned())
        }
    }
}

/// `15 min`, `6 h`, `7 d`.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn quotas(out: &mut String, integration: &dyn AnyIntegration) {
    let rates: Vec<_> = integration.manifest().rates.iter().map(rate).collect();
    let budgets: Vec<_> = integration.manifest().quota().budgets.iter().map(budget).collect();
    if rates.is_empty() && budgets.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n**Quota**, in requests unless said: {}.", [rates, budgets].concat().join("; "));
}

fn rate(QuotaRule { scope, limit, per, burst }: &QuotaRule) -> String {
    format!("`{}`: {limit} in {}, {burst} at once", scope.as_str(), duration(*per))
}

fn budget(BudgetRule { scope, limit, term: Term { per, resets }, unit }: &BudgetRule) -> String {
    let period = match per {
        Period::Day => "day",
        Period::Month => "month",
    };
    let resets = match resets {
        Resets::Rolling => "rolling".to_owned(),
        Resets::Zone(zone) => format!("from midnight in {}", zone.iana_name().unwrap_or("UTC")),
    };
    format!("`{}`: {limit} {unit} a {period} ({resets})", scope.as_str())
}

fn credentials(out: &mut String, integration: &dyn AnyIntegration) {
    let credentials = integration.manifest().credentials;
    let hosts = integration.manifest().hosts;
    if !credentials.is_empty() {
        let gives = integration.manifest().consent.map(|consent| consent.gives.name);
        out.push_str("\n| credential | | what it is |\n| --- | --- | --- |\n");
        for CredentialSpec { name, required, help } in credentials {
            let need = match (*required, gives == Some(*name)) {
                (_, true) => "or `dynamoi connect`",
                (true, _) => "required",
                (false, _) => "",
            };
            let _ = writeln!(out, "| `{name}` | {need} | {} |", cell(help));
        }
    }
    if !hosts.is_empty() {
        out.push_str("\n| endpoint | default | what it is |\n| --- | --- | --- |\n");
        for HostSpec { name, url, help } in hosts {
            let _ = writeln!(out, "| `endpoints.{name}` | `{url}` | {} |", cell(help));
        }
    }
}

fn settings(out: &mut String, integration: &dyn AnyIntegration) {
    let schema = integration.settings_schema().to_value();
    let mut lines = Vec::new();
    let definitions = schema["$defs"].as_object().cloned().unwrap_or_default();
    properties(&schema, &definitions, "", DEPTH_MAX, &mut lines);
    if lines.is_empty() {
        return;
    }
    out.push_str("\n| setting | default | what it is |\n| --- | --- | --- |\n");
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
}

/// A line for each property of a schema, and for those of what it refers to.
fn properties(
    schema: &Value,
    definitions: &Map<String, Value>,
    above: &str,
    depth: usize,
    lines: &mut Vec<String>,
) {
    let Some(named) = schema["properties"].as_object().filter(|_| depth > 0) else { return };
    for (name, property) in named {
        let name = format!("{above}{name}");
        let default = match &property["default"] {
            Value::Null => String::new(),
            default => format!("`{default}`"),
        };
        let description = property["description"].as_str().unwrap_or_default();
        lines.push(format!(
            "| `{name}` | {default} | {}{} |",
            cell(description),
            words(property, definitions)
        ));
        let below = resolved(property, definitions);
        properties(below, definitions, &format!("{name}."), depth - 1, lines);
        let each = resolved(&below["additionalProperties"], definitions);
        properties(each, definitions, &format!("{name}.<name>."), depth - 1, lines);
    }
}

/// What a reference, or the first of several forms, leads to.
fn resolved<'a>(schema: &'a Value, definitions: &'a Map<String, Value>) -> &'a Value {
    let first = schema["anyOf"].get(0).unwrap_or(schema);
    let name = first["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    name.and_then(|name| definitions.get(name)).unwrap_or(first)
}

/// The words that a setting may be.
fn words(property: &Value, definitions: &Map<String, Value>) -> String {
    let schema = resolved(property, definitions);
    let one_of = schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str());
    let words: Vec<_> =
        schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).chain(one_of).collect();
    if words.is_empty() { String::new() } else { format!(" One of {}.", code(words)) }
}

/// A text in a table's cell.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A section of a README, without its heading.
fn part<'a>(readme: &'a str, heading: &str) -> Option<&'a str> {
    let (_, after) = readme.split_once(&format!("\n## {heading}\n"))?;
    Some(after.split("\n## ").next().unwrap_or(after).trim())
}

/// Links as they lead from the documentation's folder: a README's are four folders deeper.
fn linked(text: &str) -> String {
    text.replace("](../../../../docs/", "](").replace("](../../../../", "](../")
}

#[cfg(test)]
mod tests {
    use actors::integrations::catalogue;

    use super::*;

    #[test]
    fn every_integration_says_what_it_needs_and_what_is_verified() {
        for integration in catalogue() {
            for heading in [NEEDS, VERIFIED, NOT_VERIFIED] {
                let text = part(integration.manifest().readme, heading);
                assert!(text.is_some_and(|text| text.len() > 20), "{}: {heading}", integration.manifest().id);
            }
        }
    }

    #[test]
    fn the_page_is_what_the_integrations_say_now() {
        let page = std::fs::read_to_string("docs/integrations.md").unwrap_or_default();
        assert!(
            page == integrations(&catalogue()),
            "docs/integrations.md is not what the integrations say now: `dynamoi config reference > docs/integrations.md`"
        );
    }

    #[test]
    fn sections_end_where_the_next_begins() {
        let readme = "# One\n\n## What it needs\n\nA key.\n\n### How\n\nSo.\n\n## Verified\n\nNothing.\n";
        assert_eq!(part(readme, NEEDS), Some("A key.\n\n### How\n\nSo."));
        assert_eq!(part(readme, VERIFIED), Some("Nothing."));
        assert_eq!(part(readme, NOT_VERIFIED), None);
        assert_eq!(
            linked("[a](../../../../docs/b.md) [c](../../../../grafana/d)"),
            "[a](b.md) [c](../grafana/d)"
        );
    }
}
