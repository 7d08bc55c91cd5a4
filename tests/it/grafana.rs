//! `grafana/` against reality: its rules do what their cases say, and a worker fills every panel.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use dynamoi::Worker;
use rows::state::State;
use sandbox::report_files::ReportFiles;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    support::{Bench, get, instant, pause, program::Program, until},
    tools,
};

const DASHBOARDS: [&str; 3] = ["operations", "campaigns", "audience"];

/// What Grafana brings itself.
const PANELS: [&str; 5] = ["row", "stat", "table", "timeseries", "state-timeline"];

/// Panels that a worker in good health leaves empty.
const SILENT: [(&str, &str); 9] = [
    ("Streams that are not idle", "all of them wait for their turn"),
    ("Credentials stop working in", "neither Meta's nor Stripe's imitation says when"),
    ("Fields not delivered", "all are"),
    ("Rows quarantined", "all are understood"),
    ("Rows outside their window", "there are none"),
    ("Crashes", "nothing crashes"),
    ("Requests to the cache", "nothing uses it yet"),
    ("Set active, not delivering", "the imitated campaigns deliver"),
    ("Learning", "no imitated campaign is"),
];

/// A marketing campaign of one currency; and something that goes on being read, for whatever is a rate.
const MORE: &str = r#"
[integrations.stripe.streams.charges]
every = "2s"

[campaigns.night-drive]
tenant = "label-a"
members = [{ integration = "meta_ads", name_matches = "Night Drive*" }]
"#;

/// Longer than a query takes to be filled.
const FILLED: Duration = Duration::from_secs(40);

/// A query of a panel or of a variable, and where it stands.
#[derive(Debug, Clone)]
struct Query {
    place: String,
    expression: String,
}

/// A Prometheus of this test's own, killed when dropped.
struct Prometheus {
    _program: Program,
    address: SocketAddr,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("grafana")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn dashboard(name: &str) -> Value {
    serde_json::from_str(&read(format!("dashboards/{name}.json"))).unwrap()
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Names of metrics and of recorded series.
fn metrics(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !"_:".contains(c))
        .filter(|word| {
            word.starts_with("dynamoi_") || word.starts_with("process_") || word.contains(":dynamoi_")
        })
        .collect()
}

/// What the rules record.
fn recorded() -> Vec<String> {
    let text = read("rules/recording.yml");
    text.lines().filter_map(|line| line.trim().strip_prefix("- record: ")).map(str::to_owned).collect()
}

/// What the panels ask, as Grafana would with everything chosen.
fn queries(name: &str, dashboard: &Value) -> Vec<Query> {
    let variables: BTreeMap<&str, &Value> = array(&dashboard["templating"], "list")
        .iter()
        .map(|variable| (text(variable, "name"), variable))
        .collect();
    let filled = |expression: &str| {
        let mut pieces = expression.split('$');
        let mut filled = pieces.next().unwrap().to_owned();
        for piece in pieces {
            let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len());
            let (variable, rest) = piece.split_at(end);
            let value = match variables.get(variable) {
                Some(known) if text(known, "type") == "custom" => text(&known["current"], "value"),
                Some(_) => ".*",
                None if variable == "__rate_interval" => "30s",
                None => panic!("{name}: nothing defines ${variable} in {expression}"),
            };
            filled = filled + value + rest;
        }
        filled
    };
    let panels = array(dashboard, "panels").iter().flat_map(|panel| {
        array(panel, "targets").iter().map(|target| Query {
            place: text(panel, "title").to_owned(),
            expression: filled(text(target, "expr")),
        })
    });
    let choices = variables.values().filter(|variable| text(variable, "type") == "query").map(|variable| {
        let asked = text(&variable["query"], "query");
        let (series, label) =
            asked.strip_prefix("label_values(").unwrap().trim_end_matches(')').rsplit_once(", ").unwrap();
        Query {
            place: format!("${}", text(variable, "name")),
            expression: format!("count by ({label}) ({})", filled(series)),
        }
    });
    panels.chain(choices).collect()
}

/// A label's statements in this directory, and the connection that reads them.
fn statements(bench: &Bench, directory: &Path) -> String {
    let files = ReportFiles::new(41, 10, bench.sandbox.now()).files();
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("believe/")) {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    format!(
        "\n[connections.label-a-files]\nintegration = \"report_files\"\ntenant = \"label-a\"\nstreams.files.every = \"1s\"\n\
         settings = {{ directory = \"{}\" }}\n",
        directory.display()
    )
}

async fn promtool(arguments: &[&str]) {
    let output = Command::new(tools::find("promtool", "prometheus"))
        .current_dir(root())
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(output.status.success(), "promtool {}:\n{said}", arguments.join(" "));
}

// === impl Prometheus ===

impl Prometheus {
    /// The shipped configuration, only faster, on this worker.
    async fn start(directory: &Path, worker: SocketAddr) -> Self {
        let mut config = read("prometheus.yml");
        let rules = format!("- {}/rules/", root().display());
        for (shipped, here) in
            [("127.0.0.1:9464", &*worker.to_string()), ("15s", "500ms"), ("- rules/", rules.as_str())]
        {
            assert!(config.contains(shipped), "prometheus.yml: no {shipped}");
            config = config.replace(shipped, here);
        }
        let file = directory.join("prometheus.yml");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(tools::find("prometheus", "prometheus"));
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", directory.join("series").display()))
            .arg("--web.listen-address=127.0.0.1:0");
        let mut program = Program::spawn(directory, &mut command, &[]);
        let address = until("Prometheus listens", async || {
            assert!(!program.has_ended(), "it ended:\n{}", program.err());
            let log = program.err();
            log.split("\"Listening on\" address=").nth(1)?.split_whitespace().next()?.parse().ok()
        })
        .await;
        Self { _program: program, address }
    }

    async fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let url = format!("http://{}/api/v1/{path}", self.address);
        let url = reqwest::Url::parse_with_params(&url, parameters).unwrap();
        let body = get(url.as_str()).await;
        // It answers before it has read its own data.
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        assert_ne!(text(&answer, "status"), "error", "{parameters:?}: {}", text(&answer, "error"));
        answer["data"].clone()
    }

    async fn has(&self, expression: &str) -> bool {
        let data = self.ask("query", &[("query", expression)]).await;
        !array(&data, "result").is_empty()
    }
}

#[tokio::test]
async fn promtool_accepts_configuration_rules_and_their_cases() {
    promtool(&["check", "config", "prometheus.yml"]).await;
    promtool(&["check", "rules", "rules/alerts.yml", "rules/recording.yml"]).await;
    promtool(&["test", "rules", "rules/tests/alerts.yml", "rules/tests/recording.yml"]).await;
}

/// Whoever is woken by an alert is led to what to do.
#[test]
fn every_alert_leads_to_its_runbook() {
    let rules: serde_yaml_ng::Value = serde_yaml_ng::from_str(&read("rules/alerts.yml")).unwrap();
    let operations = read("../docs/operations.md");
    let mut alerts = 0;
    for group in rules["groups"].as_sequence().unwrap() {
        for rule in group["rules"].as_sequence().unwrap() {
            let alert = rule["alert"].as_str().unwrap();
            let leads_to = format!("docs/operations.md#{}", alert.to_lowercase());
            assert_eq!(rule["annotations"]["runbook_url"].as_str(), Some(&*leads_to), "{alert}");
            assert!(
                operations.contains(&format!("\n### {alert}\n")),
                "docs/operations.md: nothing on {alert}"
            );
            alerts += 1;
        }
    }
    assert!(alerts > 10, "{alerts}");
}

#[test]
fn every_rule_has_cases() {
    let (alerts, cases) = (read("rules/alerts.yml"), read("rules/tests/alerts.yml"));
    let alerts: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        let fires = cases.contains(&format!("- alertname: {alert}\n"));
        let quiet = cases
            .lines()
            .any(|line| line.contains(&format!("alertname: {alert},")) && line.contains("exp_alerts: []"));
        assert!(fires && quiet, "{alert}: no case in which it fires, or none in which it does not");
    }
    let cases = read("rules/tests/recording.yml");
    for name in recorded() {
        assert!(cases.contains(&format!("expr: {name}\n")), "{name}: no case");
    }
}

#[test]
fn dashboards_are_whole() {
    let mut uids = BTreeSet::new();
    for name in DASHBOARDS {
        let dashboard = dashboard(name);
        assert!(uids.insert(text(&dashboard, "uid").to_owned()), "{name}: its uid is another's");
        assert!(dashboard.get("id").is_none(), "{name}: an id belongs to one Grafana");
        let mut ids = BTreeSet::new();
        for panel in array(&dashboard, "panels") {
            let title = text(panel, "title");
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{name}: the id of {title} is another's");
            assert!(PANELS.contains(&text(panel, "type")), "{name}: {title} needs a plugin");
            if text(panel, "type") == "row" {
                continue;
            }
            assert!(!text(panel, "description").is_empty(), "{name}: {title} explains nothing");
            assert!(!array(panel, "targets").is_empty(), "{name}: {title} asks nothing");
            for asked in array(panel, "targets").iter().chain([panel]) {
                assert_eq!(text(&asked["datasource"], "uid"), "${datasource}", "{name}: {title}");
            }
        }
    }
    let source = read("provisioning/datasources/prometheus.yml");
    for name in DASHBOARDS {
        let dashboard = dashboard(name);
        let variables = array(&dashboard["templating"], "list");
        let chosen = variables.iter().find(|variable| text(variable, "name") == "datasource").unwrap();
        let uid = text(&chosen["current"], "value");
        assert!(source.contains(&format!("uid: {uid}\n")), "{name}: no data source {uid} is provisioned");
    }
}

#[test]
fn only_what_exists_is_asked_for() {
    let documented = fs::read_to_string(root().join("../docs/metrics.md")).unwrap();
    let mut known: BTreeSet<String> =
        metrics(documented.split("## Queries").next().unwrap()).into_iter().map(str::to_owned).collect();
    for line in documented.lines().filter(|line| line.contains("| histogram")) {
        let name = line.split('`').nth(1).unwrap();
        known.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}")));
    }
    let names: BTreeSet<String> = recorded().into_iter().collect();
    known.extend(names);
    let mut texts: Vec<(String, String)> = ["alerts", "recording", "tests/alerts", "tests/recording"]
        .map(|file| (file.to_owned(), read(format!("rules/{file}.yml"))))
        .into();
    for name in DASHBOARDS {
        let asked = queries(name, &dashboard(name)).into_iter().map(|query| (query.place, query.expression));
        texts.extend(asked);
    }
    for (place, text) in &texts {
        for metric in metrics(text) {
            // Those of the process are not this program's own: that they are there, a real scrape tells.
            let exists = known.contains(metric) || metric.starts_with("process_");
            assert!(exists, "{place}: there is no {metric}");
        }
        for part in text.split("state").skip(1) {
            let value = part.trim_start_matches(['=', '~', '!']).strip_prefix('"');
            let words = value.and_then(|value| value.split('"').next()).unwrap_or_default();
            for word in words.split('|').filter(|word| !["", "firing"].contains(word)) {
                assert!(State::parse(word).is_some(), "{place}: there is no state {word}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_fills_every_panel_and_raises_no_alarm() {
    let mut bench = Bench::four(41);
    bench.more.push_str(MORE);
    // A return is known of conversions that carry a value.
    bench.layer = "connections.label-a-meta.settings.conversion = \"purchase\"\n".to_owned();
    let reports = TempDir::new().unwrap();
    bench.more.push_str(&statements(&bench, reports.path()));
    let worker = Worker::builder(bench.settings()).start().await.unwrap();
    let directory = TempDir::new().unwrap();
    let prometheus = Prometheus::start(directory.path(), worker.http_address().unwrap()).await;
    let mut empty: Vec<Query> = DASHBOARDS.iter().flat_map(|name| queries(name, &dashboard(name))).collect();
    for (title, _) in SILENT {
        assert!(empty.iter().any(|query| query.place == title), "there is no panel {title}");
    }
    assert!(empty.len() > 60, "{empty:#?}");
    empty.retain(|query| SILENT.iter().all(|(title, _)| *title != query.place));
    empty.extend(recorded().into_iter().map(|name| Query { place: name.clone(), expression: name }));
    let began = instant();
    while !empty.is_empty() {
        assert!(began.elapsed() < FILLED, "without data: {empty:#?}");
        let mut still = Vec::new();
        for query in empty {
            if !prometheus.has(&query.expression).await {
                still.push(query);
            }
        }
        empty = still;
        pause(Duration::from_millis(500)).await;
    }
    // Even those that are silent can be asked, and nothing is the matter with a worker in good health.
    for name in DASHBOARDS {
        for query in queries(name, &dashboard(name)) {
            prometheus.has(&query.expression).await;
        }
    }
    until("no alert is near", async || {
        let data = prometheus.ask("alerts", &[]).await;
        array(&data, "alerts").is_empty().then_some(())
    })
    .await;
    let data = prometheus.ask("rules", &[]).await;
    let rules: Vec<&Value> = array(&data, "groups").iter().flat_map(|group| array(group, "rules")).collect();
    assert!(rules.len() > 20, "{rules:#?}");
    for rule in rules {
        assert_eq!(text(rule, "health"), "ok", "{}: {}", text(rule, "name"), text(rule, "lastError"));
    }
    worker.stop().await;
}
