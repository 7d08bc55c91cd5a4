//! The schema, the examples and the samples that are committed.

use super::*;

#[test]
fn the_schema_describes_what_is_built_in() {
    let schema: serde_json::Value = serde_json::from_str(&schema_text(&catalogue())).unwrap();
    assert_eq!(
        schema["properties"]["integrations"]["properties"]["meta_ads"]["properties"]["api_version"]["default"],
        "v1"
    );
    assert_eq!(schema["$defs"]["Worker"]["properties"]["name"]["default"], "worker-1");
    assert!(
        schema["$defs"]["meta_ads.Mode"].is_object(),
        "what an integration's schema refers to comes along"
    );
}

#[test]
fn the_committed_schema_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/schema.json");
    let committed = fs::read_to_string(path).unwrap();
    let current = schema_text(&actors::integrations::catalogue());
    assert!(committed == current, "write it again: cargo run -- config schema > config/schema.json");
}

/// Any text will do, but where an integration looks into it.
fn secret_of(variable: &str) -> String {
    match variable {
        "DEMO_GOOGLE_KEY" => sandbox::google::DEMO_KEY.to_owned(),
        "DEMO_APPLE_KEY" | "DEMO_APPLE_ANALYTICS_KEY" => sandbox::apple_music::DEMO_KEY.to_owned(),
        "DEMO_ENCRYPTION_KEY" => store::cipher::generate_key().unwrap().to_string(),
        _ => format!("value of {variable}"),
    }
}

#[test]
fn the_committed_examples_are_right() {
    let config = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config");
    for name in ["demo.toml", "production.example.toml"] {
        let text = fs::read_to_string(config.join(name)).unwrap();
        let variables = text.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next());
        let environment = variables.map(|name| (name.to_owned(), secret_of(name)));
        let environment =
            environment.chain([("DYNAMOI__DATABASE__URL".to_owned(), "postgres://db/x".to_owned())]);
        let loaded = Settings::load(&[config.join(name)], environment, &actors::integrations::catalogue());
        let mistakes =
            loaded.err().into_iter().flat_map(|mistakes| mistakes.iter().cloned().collect::<Vec<_>>());
        // An example may be ahead of what is built in, and of nothing else.
        let others: Vec<_> = mistakes
            .filter(|mistake| !mistake.what.contains("known, but not built in yet"))
            .map(|mistake| mistake.to_string())
            .collect();
        assert!(others.is_empty(), "{name}:\n{}", others.join("\n"));
    }
}

#[test]
fn every_sample_of_an_integration_is_right() {
    for integration in actors::integrations::catalogue() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("sample.toml");
        fs::write(&path, integration.manifest().sample).unwrap();
        let loaded =
            Settings::load_without_secrets(&[path], std::iter::empty(), &actors::integrations::catalogue());
        let settings = loaded.unwrap_or_else(|mistakes| panic!("{}:\n{mistakes}", integration.manifest().id));
        assert!(!settings.connections.is_empty(), "{}", integration.manifest().id);
    }
}
