//! Which layer wins, and what a reload changes.

use super::*;

#[test]
fn later_layers_win_and_the_environment_is_the_last() {
    let bench =
        Bench::new("[worker]\nname = \"one\"\nshutdown_grace = \"1s\"\n[database]\nmax_connections = 3\n")
            .file("[worker]\nname = \"two\"\nshutdown_grace = \"2s\"\n");
    let settings = bench.good();
    assert_eq!(settings.worker.name, "two");
    assert_eq!(settings.database.max_connections, 3);
    assert_eq!(settings.database.file_mode, dynamoi::settings::FileMode::Owner);
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:9464");
    let settings = bench.env("DYNAMOI__WORKER__SHUTDOWN_GRACE", "3s").good();
    assert_eq!(settings.worker.name, "two");
    assert_eq!(settings.worker.shutdown_grace, Duration::from_secs(3));
}

#[test]
fn lists_replace_each_other_and_a_secret_has_one_source() {
    let bench = Bench::new(ONE).file(
        "[connections.label-a-meta]\naccounts = [\"act_2\"]\ncredentials.access_token = { env = \"OTHER\" }\n",
    );
    let spec = bench.env("OTHER", "other-value").good().specs().remove(0);
    assert_eq!(spec.accounts, ["act_2"]);
    assert_eq!(spec.credentials["access_token"].expose_secret(), "other-value");
    let token = TempDir::new().unwrap();
    let path = token.path().join("token");
    fs::write(&path, "from-file\n").unwrap();
    let source = format!("[connections.label-a-meta]\ncredentials.access_token = {{ file = {path:?} }}\n");
    let spec = Bench::new(ONE).file(&source).good().specs().remove(0);
    assert_eq!(spec.credentials["access_token"].expose_secret(), "from-file");
}

#[test]
fn variables_reach_names_with_dashes_and_have_the_type_that_the_key_wants() {
    let spec = Bench::new(ONE)
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__ACCOUNTS", r#"["act_120208325579370399"]"#)
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__SETTINGS__PROJECT", "98765432109876543210")
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__SETTINGS__COUNTRIES", "false")
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__QUOTA__APP", "{ per_minute = 30, burst = 2 }")
        .good()
        .specs()
        .remove(0);
    assert_eq!(spec.name, "label-a-meta");
    assert_eq!(spec.accounts, ["act_120208325579370399"]);
    assert_eq!(spec.settings["project"], "98765432109876543210");
    assert_eq!(spec.settings["countries"], false);
    assert_eq!(spec.quotas, Some(vec![QuotaRule::per_minute(Scope::App, 30.0, 2)].into()));
}

#[test]
fn a_connection_can_come_from_the_environment_alone() {
    let spec = Bench::new("")
        .env("DYNAMOI__CONNECTIONS__FROM_ENV__INTEGRATION", "fake_music")
        .env("DYNAMOI__CONNECTIONS__FROM_ENV__CREDENTIALS__ACCESS_TOKEN", r#"{ env = "TOKEN" }"#)
        .env("DYNAMOI__CONNECTIONS__FROM_ENV__SETTINGS__PROJECT", "7")
        .good()
        .specs()
        .remove(0);
    assert_eq!((spec.name.as_str(), spec.tenant.as_str()), ("from-env", "default"));
    assert_eq!(spec.settings["project"], "7");
    assert_eq!(spec.start_date, date(2026, 8, 26));
    assert_eq!(spec.base_url.as_str(), "https://api.example.com/");
    assert_eq!(spec.api_version, "v1");
}

#[test]
fn further_hosts_have_defaults_and_are_set_by_name() {
    let hosts = |bench: Bench| bench.good().specs().remove(0).endpoints.clone();
    let of = |endpoints: &BTreeMap<String, reqwest::Url>, name: &str| endpoints[name].to_string();
    let usual = hosts(Bench::new(ONE));
    assert_eq!(of(&usual, "token"), "https://token.example.com/oauth/token");
    assert_eq!(of(&usual, "analytics"), "https://analytics.example.com/");
    let general = "[integrations.meta_ads]\nendpoints = { token = \"http://127.0.0.1:1/t\", analytics = \"http://127.0.0.1:2\" }\n";
    let own = "[connections.label-a-meta]\nendpoints.token = \"http://127.0.0.1:3/t\"\n";
    let set = hosts(Bench::new(ONE).file(general).file(own));
    assert_eq!(of(&set, "token"), "http://127.0.0.1:3/t", "the connection's wins");
    assert_eq!(of(&set, "analytics"), "http://127.0.0.1:2/");

    for (line, words) in [
        ("endpoints.tokn = \"https://x.example.com\"", ["did you mean `token`?", "endpoints.tokn"]),
        ("endpoints.token = \"ftp://x.example.com\"", ["a URL such as", "ftp://x.example.com"]),
        ("endpoints.token = \"https://user:planted@x.example.com\"", ["a URL such as", "endpoints.token"]),
    ] {
        for table in ["connections.label-a-meta", "integrations.meta_ads"] {
            let told = Bench::new(ONE).file(&format!("[{table}]\n{line}\n")).bad().to_string();
            for word in words {
                assert!(told.contains(word), "{word:?} is not in: {told}");
            }
        }
    }
    let exposed = "[connections.label-a-meta]\nendpoints.token = \"http://x.example.com\"\n";
    let warnings =
        Bench::new(ONE).file(exposed).good().warnings().iter().map(ToString::to_string).collect::<String>();
    assert!(warnings.contains("endpoints.token") && warnings.contains("https://"), "{warnings}");
}

#[test]
fn a_reload_tells_what_changed() {
    let two = ONE
        .replace("label-a-meta", "label-b-meta")
        .replace("1234567890123456", "2")
        .replace("TOKEN", "OTHER");
    let three = ONE
        .replace("label-a-meta", "label-c-meta")
        .replace("act_1234567890123456", "3")
        .replace("TOKEN", "OTHER");
    let old = Bench::new(&format!("{ONE}{two}")).env("OTHER", "before").good();
    assert!(
        Settings::changes(&old, &Bench::new(&format!("{ONE}{two}")).env("OTHER", "before").good()).is_empty()
    );
    let new = Bench::new(&format!("{two}{three}"))
        .file("[database]\nurl = \"sqlite://other.db\"\n[http]\nlisten = \"127.0.0.1:1\"\n")
        .file("[campaigns.night-drive]\nmembers = [{ utm_campaign = \"night-drive\" }]\n")
        .env("OTHER", "after")
        .good();
    let changes = Settings::changes(&old, &new);
    assert_eq!(changes.added, ["label-c-meta"]);
    assert_eq!(changes.removed, ["label-a-meta"]);
    assert_eq!(changes.changed, ["label-b-meta"], "its secret is another one");
    assert_eq!(changes.needs_restart, ["http", "database"]);
    assert!(changes.campaigns);
    let general = "[integrations.meta_ads]\nquota.app = { per_second = 1 }\n";
    let changes =
        Settings::changes(&old, &Bench::new(&format!("{ONE}{two}{general}")).env("OTHER", "before").good());
    assert_eq!(changes.changed, ["label-a-meta", "label-b-meta"]);
}

#[test]
fn a_start_that_moves_with_the_day_is_no_change() {
    let bench = Bench::new(&ONE.replace("start_date = \"2026-01-01\"\n", ""));
    let load =
        |day| Settings::load_on(day, &bench.files, bench.environment.iter().cloned(), &catalogue()).unwrap();
    assert!(Settings::changes(&load(date(2026, 11, 24)), &load(date(2026, 11, 25))).is_empty());
}
