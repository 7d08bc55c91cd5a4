//! The documentation against reality: what is named there exists, and what exists is named there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use actors::integrations::catalogue;
use dynamoi::settings::schema_text;
use rows::{clock::SystemClock, state::State};
use sea_orm::{ConnectionTrait, Statement};
use store::{Store, StoreOptions};

/// Columns that all views share, and those that all daily views share: documented once.
const SHARED: [&str; 8] =
    ["connection", "provider", "tenant", "revision", "observed_at", "date", "time_zone", "provisional"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between backticks.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// What follows `before` and begins with `dynamoi_`: names of metrics.
fn metrics<'a>(text: &'a str, before: &str) -> BTreeSet<&'a str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let pieces = text.match_indices("dynamoi_").filter(|(at, _)| text[..*at].ends_with(before));
    pieces.map(|(at, _)| text[at..].split(|c| !is_name(c)).next().unwrap()).collect()
}

fn files(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "data" && !name.starts_with('.') {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// Tables that readers see, with their columns.
async fn tables() -> BTreeMap<String, BTreeSet<String>> {
    let options = StoreOptions::default();
    let store = Store::connect("sqlite::memory:", options, Arc::new(SystemClock::new())).await.unwrap();
    store.migrate_up().await.unwrap();
    let reader = store.reader();
    let sql = "SELECT m.name AS name, c.name AS column FROM sqlite_master m JOIN pragma_table_info(m.name) c \
               WHERE m.type IN ('table', 'view')";
    let rows =
        reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql)).await.unwrap();
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let (name, column): (String, String) =
            (row.try_get("", "name").unwrap(), row.try_get("", "column").unwrap());
        let hidden = name.ends_with("_rows") && name != "quarantined_rows"
            || name.ends_with("_entities")
            || name.starts_with("sqlite_")
            || ["ad_definitions", "seaql_migrations"].contains(&&*name);
        if !hidden {
            tables.entry(name).or_default().insert(column);
        }
    }
    store.close().await;
    tables
}

#[tokio::test]
async fn every_column_is_documented_and_no_other() {
    let text = read("docs/tables.md");
    let mut documented: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for section in text.split("\n## `").skip(1) {
        let (name, body) = section.split_once('`').unwrap();
        let columns = body.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        documented.insert(name, columns.map(|(column, _)| column).collect());
    }
    let tables = tables().await;
    for (table, columns) in &tables {
        let named =
            documented.get(&**table).unwrap_or_else(|| panic!("docs/tables.md: no section for {table}"));
        for column in columns {
            let known = named.contains(&**column) || SHARED.contains(&&**column);
            assert!(known, "docs/tables.md: {table}.{column} is missing");
        }
        for column in named {
            assert!(columns.contains(*column), "docs/tables.md: {table} has no column {column}");
        }
    }
    for table in documented.keys() {
        assert!(tables.contains_key(*table), "docs/tables.md: there is no table {table}");
    }
}

#[test]
fn every_metric_is_documented_and_no_other() {
    let mut sources = Vec::new();
    files(&root().join("src/telemetry"), "rs", &mut sources);
    let sources: Vec<String> = sources
        .iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "tests"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let registered: BTreeSet<&str> = sources.iter().flat_map(|text| metrics(text, "\"")).collect();
    assert!(registered.len() > 40, "{registered:?}");
    let text = read("docs/metrics.md");
    let table = text.split("## Queries").next().unwrap();
    let documented: BTreeSet<&str> = metrics(table, "`");
    assert_eq!(documented, registered);
    for used in metrics(&text, "") {
        assert!(documented.contains(used), "docs/metrics.md: a query uses {used}");
    }
}

#[test]
fn every_key_is_documented() {
    let schema: serde_json::Value = serde_json::from_str(&schema_text(&catalogue())).unwrap();
    let mut keys = BTreeSet::new();
    collect_keys(&schema, &mut keys);
    let text = read("docs/configuration.md") + &read("docs/integrations.md");
    let named: BTreeSet<&str> = quoted(&text)
        .into_iter()
        .flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .collect();
    // Streams are named in each integration's own README.
    let readmes: Vec<String> = catalogue()
        .iter()
        .map(|integration| read(&format!("actors/src/integrations/{}/README.md", integration.manifest().id)))
        .collect();
    let streams: BTreeSet<&str> = readmes.iter().flat_map(|text| quoted(text)).collect();
    for key in keys {
        assert!(
            named.contains(&*key) || streams.contains(&*key),
            "docs/configuration.md: the key {key} is missing"
        );
    }
}

fn collect_keys(node: &serde_json::Value, keys: &mut BTreeSet<String>) {
    match node {
        serde_json::Value::Object(map) => {
            if let Some(properties) = map.get("properties").and_then(serde_json::Value::as_object) {
                keys.extend(properties.keys().cloned());
            }
            map.values().for_each(|value| collect_keys(value, keys));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        _ => {}
    }
}

#[test]
fn every_state_says_what_to_do() {
    let text = read("docs/operations.md");
    for state in [
        State::Stopped,
        State::Parked,
        State::NeedsReauth,
        State::Paused,
        State::WaitingQuota,
        State::BackingOff,
        State::Polling,
        State::Idle,
        State::Starting,
    ] {
        let row = format!("\n| `{}`", state.as_str());
        assert!(text.contains(&row), "docs/operations.md: no row for {state}");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut pages = Vec::new();
    files(&root(), "md", &mut pages);
    assert!(pages.len() >= 9, "{pages:?}");
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(' ') {
                continue;
            }
            let path = page.parent().unwrap().join(target);
            assert!(path.exists(), "{}: {link} leads nowhere", page.display());
        }
    }
}

/// The guide's code is the example's code: a block stands in a file line by line, but for `// …`, which leaves out.
#[test]
fn the_guides_code_is_real() {
    let mut sources = Vec::new();
    for directory in ["actors", "sandbox/src"] {
        files(&root().join(directory), "rs", &mut sources);
    }
    let flat = |text: &str| {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    let sources: Vec<String> = sources.iter().map(|path| flat(&fs::read_to_string(path).unwrap())).collect();
    let guide = read("docs/adding-an-integration.md");
    let blocks: Vec<&str> =
        guide.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() > 5);
    for block in blocks {
        for piece in
            flat(block).split("// …").map(|piece| piece.trim_matches('\n')).filter(|piece| !piece.is_empty())
        {
            assert!(sources.iter().any(|source| source.contains(piece)), "no file holds\n{piece}");
        }
    }
}
