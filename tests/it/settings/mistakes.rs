//! What is wrong with a configuration is told, all of it at once.

use super::*;

#[test]
fn every_mistake_of_a_file_is_told_with_line_key_and_suggestion() {
    let bench = Bench::new(
        r#"[worker]
nmae = "worker-1"
shutdown_grace = "20 seconds"

[http]
listen = "0.0.0.0:9464"

[integrations.meta_adds]
enabled = true

[integrations.google_ads]
enabled = true

[integrations.meta_ads]
quota.apps = { per_second = 10 }
streams.insigths = { enabled = true }

[connections.label-a-meta]
integration = "meta_ads"
tenant = "label-a"
acounts = ["act_1"]
start_date = "2026-02-30"
base_url = "ftp://example.com"
credentials.acess_token = { env = "TOKEN" }
settings = { project = 1234567.5, mode = "life" }

[connections.label-b-meta]
integration = "meta_ads"
credentials.access_token = { env = "NOT_SET" }
enabled = "yes"

[connections.label-c-meta]
integration = "meta_ads"
credentials.access_token = { file = "/nonexistent/token" }

[connections.label-d-meta]
integration = "meta_ads"
credentials.access_token = { credential = "token" }

[connections.label-e]
integration = "fake_musik"

[campaigns.night-drive]
budget = { amount = 1500.00, currency = "usd", from = "2026-10-01", to = "2026-10-31" }
members = [{ integration = "meta_adz", campaign = "1" }, { utm_campaign = "a", campaign = "b" }]
colour = "blue"
"#,
    );
    let here = |line, key, words: &[&str]| bench.assert_told(line, key, words);
    here(2, "worker.nmae", &["unknown key", "did you mean `name`?"]);
    here(3, "worker.shutdown_grace", &["15m", "\"20 seconds\""]);
    here(6, "http.listen", &["loopback", "0.0.0.0:9464", "http.authentication", "http.allow_public = true"]);
    here(8, "integrations.meta_adds", &["not built in", "fake_music, meta_ads", "did you mean `meta_ads`?"]);
    here(11, "integrations.google_ads", &["known, but not built in yet"]);
    here(15, "integrations.meta_ads.quota.apps", &["unknown quota scope", "endpoint", "did you mean `app`?"]);
    here(16, "integrations.meta_ads.streams.insigths", &["unknown stream", "did you mean `insights`?"]);
    here(21, "connections.label-a-meta.acounts", &["did you mean `accounts`?"]);
    here(22, "connections.label-a-meta.start_date", &["a date such as", "2026-02-30"]);
    here(23, "connections.label-a-meta.base_url", &["a URL such as", "ftp://example.com"]);
    here(24, "connections.label-a-meta.credentials.acess_token", &["unknown credential", "`access_token`?"]);
    here(24, "connections.label-a-meta.credentials.access_token", &["missing credential", "fake's console"]);
    here(25, "connections.label-a-meta.settings.project", &["expected text", "1234567.5", "quotes"]);
    here(25, "connections.label-a-meta.settings.mode", &["\"live\"", "\"test\"", "\"life\""]);
    here(29, "connections.label-b-meta.credentials.access_token", &["NOT_SET"]);
    here(30, "connections.label-b-meta.enabled", &["expected true or false", "\"yes\""]);
    here(34, "connections.label-c-meta.credentials.access_token", &["/nonexistent/token"]);
    here(38, "connections.label-d-meta.credentials.access_token", &["CREDENTIALS_DIRECTORY"]);
    here(41, "connections.label-e.integration", &["not built in", "did you mean `fake_music`?"]);
    here(44, "campaigns.night-drive.budget.amount", &["\"1500.00\"", "quotes"]);
    here(44, "campaigns.night-drive.budget.currency", &["\"USD\"", "\"usd\""]);
    here(45, "campaigns.night-drive.members[0].integration", &["not built in", "did you mean `meta_ads`?"]);
    here(45, "campaigns.night-drive.members[1]", &["utm_campaign"]);
    here(46, "campaigns.night-drive.colour", &["unknown key"]);
    assert_eq!(bench.bad().len(), 24, "{}", bench.bad());
}

#[test]
fn a_mistake_names_the_last_file_that_set_the_key() {
    let bench = Bench::new(ONE).file("\n\n[connections.label-a-meta]\nstart_date = \"soon\"\n");
    bench.assert_told(4, "connections.label-a-meta.start_date", &["\"soon\""]);
    assert_eq!(bench.bad().len(), 1);
}

#[test]
fn syntax_errors_are_told_with_their_line_and_without_the_text_of_it() {
    let bench = Bench::new("[worker]\nname = \"a\"\ntoken = sk_live_secret\n\n[http\n");
    let mistakes = bench.bad();
    let lines: Vec<_> = mistakes.iter().map(|mistake| mistake.place.clone()).collect();
    let line = |line| Place::File { path: bench.files[0].clone(), line: Some(line) };
    assert!(lines.contains(&line(3)) && lines.contains(&line(5)), "{mistakes}");
    assert!(!mistakes.to_string().contains("sk_live"), "{mistakes}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let mut bench = Bench::new(ONE);
    bench.files.push(PathBuf::from("/nonexistent/dynamoi.toml"));
    assert!(bench.bad().to_string().contains("/nonexistent/dynamoi.toml"));
}

#[test]
fn mistakes_in_variables_name_the_variable() {
    let bench = Bench::new(ONE)
        .env("DYNAMOI__HTTP__ALLOW_PUBLIC", "maybe")
        .env("DYNAMOI__HTTP__LISTN", "127.0.0.1:1")
        .env("DYNAMOI__DATABASE__MAX_CONNECTIONS", "many");
    let text = bench.bad().to_string();
    for words in [
        "variable DYNAMOI__HTTP__ALLOW_PUBLIC",
        "variable DYNAMOI__HTTP__LISTN",
        "did you mean `listen`?",
        "a whole number",
    ] {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
    assert_eq!(bench.bad().len(), 3, "{text}");
}

/// Each of them was taken, and all was silent.
#[test]
fn a_level_that_is_none_is_refused_with_what_was_meant() {
    for (level, words) in [
        ("warning", ["did you mean `warn`?", "error, warn, info, debug, trace, off"]),
        ("verbose", ["\"verbose\"", "info,actors=debug"]),
        ("infoo,actors=debgu", ["\"infoo\"", "did you mean `info`?"]),
        ("info,actors=debgu", ["\"debgu\"", "did you mean `debug`?"]),
    ] {
        let bench = Bench::new(&format!("[log]\nformat = \"text\"\nlevel = \"{level}\"\n"));
        bench.assert_told(3, "log.level", &words);
    }
    let settings = Bench::new("[log]\nlevel = \"info,actor=debug\"\n").good();
    let warnings: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.iter().any(|warning| warning.contains("did you mean `actors`?")), "{warnings:?}");
}

#[test]
fn an_empty_table_is_told_as_one() {
    let bench = Bench::new("[http]\nauthentication = {}\n");
    bench.assert_told(2, "http.authentication", &["empty table", "at least one of basic, bearer"]);
}

#[test]
fn doubtful_settings_work_with_a_warning() {
    let settings = Bench::new(ONE)
        .file("[http]\nlisten = \"0.0.0.0:9464\"\nallow_public = true\n")
        .file("[connections.label-a-meta]\nbase_url = \"http://example.com\"\ncredentials.access_token = \"plain-value\"\n")
        .good();
    let text: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
    let text = text.join("\n");
    for words in ["without authentication", "use https://", "stands in the configuration itself", "2.toml:3"]
    {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
    assert!(!text.contains("plain-value"));
    assert_eq!(settings.warnings().len(), 3);
}

#[test]
fn a_key_is_a_key_and_no_expression() {
    let bench = Bench::new("[http]\nallowed_hosts = [\"stats.example\", \"x:80\"]\n");
    bench.assert_told(2, "http.allowed_hosts[1]", &["a host's name", "without scheme and port", "x:80"]);
    let bench = Bench::new("\"http.listen\" = \"127.0.0.1:1\"\n\"a[4000000000]\" = 1\n");
    bench.assert_told(1, "\"http.listen\"", &["unknown section"]);
    bench.assert_told(2, "\"a[4000000000]\"", &["unknown section"]);
}

#[test]
fn keys_are_written_as_in_toml() {
    assert_eq!(KeyPath::of(["a-b", "c d", "0"]).to_string(), "a-b.\"c d\"[0]");
}
