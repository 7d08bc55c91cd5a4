//! Secrets are fetched from where they are, and never shown.

use super::*;

#[test]
fn a_credential_that_is_replaced_needs_a_key_to_be_kept_with() {
    let own = "[connections.label-a-meta]\ncredentials.refresh_token = { env = \"TOKEN\" }\n";
    let told = Bench::new(ONE).file(own).bad().to_string();
    for words in ["credentials.refresh_token", "[encryption] key", "generate-key"] {
        assert!(told.contains(words), "{words:?} is not in: {told}");
    }
    let key = store::cipher::generate_key().unwrap();
    let with_key = Bench::new(ONE).file(own).file("[encryption]\nkey = { env = \"KEY\" }\n").env("KEY", &key);
    assert_eq!(with_key.good().specs().len(), 1);
}

/// A key of another form is told at the start, without its text; who has no secrets hears nothing of it.
#[test]
fn a_credential_of_another_form_is_told() {
    let own = "[connections.label-a-meta]\ncredentials.key = \"planted-key\"\n";
    let bench = Bench::new(ONE).file(own);
    let told = bench.bad().to_string();
    assert!(told.contains("credentials.key") && told.contains("expected a PEM"), "{told}");
    assert!(!told.contains("planted"), "{told}");
    let (files, environment) = (&bench.files, bench.environment.iter().cloned());
    Settings::load_without_secrets(files, environment, &catalogue()).unwrap();
}

#[test]
fn a_secret_with_a_line_break_is_refused_by_its_key() {
    let twin = "[connections.twin]\nintegration = \"meta_ads\"\naccounts = [\"9\"]\n\
        credentials.access_token = { env = \"OTHER\" }\n";
    let bench = Bench::new(ONE).file(twin).env("OTHER", "EAAfirst\nEAAsecond\n");
    bench.assert_told(
        4,
        "connections.twin.credentials.access_token",
        &["line break", "OTHER", "on one line"],
    );
    // One at the end is what editors leave.
    Bench::new(ONE).file(twin).env("OTHER", "EAAfirst\n").good();
    // A key of several lines is one.
    Bench::new(ONE)
        .file(twin)
        .env("OTHER", "-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----\n")
        .good();
}

#[test]
fn authentication_opens_other_addresses_and_its_secrets_are_hidden() {
    let public = "[http]\nlisten = \"0.0.0.0:9464\"\n";
    let settings = Bench::new(ONE)
        .file(&format!(
            "{public}authentication = {{ bearer = \"a-token-of-this-test\", basic = {{ user = \"ops\", password = {{ env = \"TOKEN\" }} }} }}\n"
        ))
        .good();
    let authentication = settings.http.authentication.as_ref().unwrap();
    assert_eq!(authentication.bearer.as_ref().unwrap().expose_secret(), "a-token-of-this-test");
    assert_eq!(authentication.basic.as_ref().unwrap().user, "ops");
    let text: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
    assert!(text.join("\n").contains("travel in clear"), "{text:?}");
    let shown = settings.show();
    assert!(
        !shown.contains("a-token-of-this-test") && shown.contains("TOKEN") && shown.contains("ops"),
        "{shown}"
    );

    let bench = Bench::new("[http.authentication]\nbaerer = \"x\"\n");
    bench.assert_told(2, "http.authentication.baerer", &["did you mean `bearer`?"]);
    let bench = Bench::new("[http.authentication]\nbearer = { env = \"NOT_SET\" }\n");
    bench.assert_told(2, "http.authentication.bearer", &["NOT_SET"]);
    let bench = Bench::new("[http.authentication.basic]\nuser = \"a:b\"\npassword = \"x\"\n");
    bench.assert_told(2, "http.authentication.basic.user", &["a:b"]);
    let bench =
        Bench::new("[http]\ntls = { certificate = \"/nonexistent.pem\", key = \"/nonexistent.key\" }\n");
    bench.assert_told(2, "http.tls", &["/nonexistent.pem"]);
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("token");
    fs::write(&path, " token \n").unwrap();
    let source = format!("[connections.label-a-meta]\ncredentials.access_token = {{ file = {path:?} }}\n");
    let warnings = |mode| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let settings = Bench::new(ONE).file(&source).good();
        assert_eq!(settings.specs()[0].credentials["access_token"].expose_secret(), "token");
        settings.warnings().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(warnings(0o600).is_empty());
    assert!(warnings(0o640)[0].contains("chmod 600"));
}

#[test]
fn systemd_credentials_are_read() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("meta"), "from-systemd\n").unwrap();
    let spec = Bench::new(&ONE.replace("env = \"TOKEN\"", "credential = \"meta\""))
        .env("CREDENTIALS_DIRECTORY", directory.path().to_str().unwrap())
        .good()
        .specs()
        .remove(0);
    assert_eq!(spec.credentials["access_token"].expose_secret(), "from-systemd");
    let stored = Bench::new(&ONE.replace("env = \"TOKEN\"", "stored = \"meta\""));
    assert!(stored.bad().to_string().contains("dynamoi::load_settings"));
}

#[test]
fn who_only_asks_needs_no_secrets() {
    let bench = Bench::new(&ONE.replace("TOKEN", "NOT_SET"));
    let load = || Settings::load_without_secrets(&bench.files, std::iter::empty(), &catalogue());
    let settings = load().unwrap();
    assert!(settings.connections["label-a-meta"].enabled);
    assert!(settings.specs().is_empty());
    assert!(settings.show().contains("NOT_SET"));
}

const PLANTED: &str = "planted-9c2f";

#[test]
fn secrets_are_never_printed() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("key");
    let key = store::cipher::generate_key().unwrap();
    fs::write(&path, key.as_bytes()).unwrap();
    let text = format!(
        r#"
[database]
url = "postgres://user:{PLANTED}@db.example.com/dynamoi?password={PLANTED}"
[cache]
url = "redis://:{PLANTED}@cache.example.com:6379"
[encryption]
key = {{ file = {path:?} }}
[connections.a]
integration = "meta_ads"
accounts = ["1"]
credentials.access_token = "{PLANTED}"
[connections.b]
integration = "meta_ads"
accounts = ["2"]
credentials.access_token = {{ env = "SECRET" }}
"#
    );
    let bench = Bench::new(&text).env("SECRET", PLANTED);
    let settings = bench.good();
    let printed = format!(
        "{settings:?} {settings:#?} {} {:?} {:?}",
        settings.show(),
        settings.specs(),
        settings.warnings()
    );
    assert!(!printed.contains(PLANTED) && !printed.contains(key.rsplit(':').next().unwrap()), "{printed}");
    let shown = settings.show();
    for words in ["db.example.com/dynamoi", "cache.example.com", "env = \"SECRET\"", "(hidden)"] {
        assert!(shown.contains(words), "{words:?} is not in: {shown}");
    }
}

#[test]
fn mistakes_never_print_secrets() {
    for text in [
        format!("[database]\nurl = \"mysql://root:{PLANTED}@db/x\"\n"),
        format!("[database]\nurl = \"postgres://root:{PLANTED}@[db/x\"\n"),
        format!("[cache]\nurl = \"memcached://{PLANTED}\"\n"),
        format!("[encryption]\nkey = [\"{PLANTED}\"]\n"),
        format!("[encryption]\nkey = {{ value = \"{PLANTED}\" }}\n"),
        format!("[connections.a]\nintegration = \"meta_ads\"\naccess_token = \"{PLANTED}\"\n"),
        format!("[connections.a]\nintegration = \"meta_ads\"\ncredentials = \"{PLANTED}\"\n"),
        format!("[connections.a]\nintegration = \"meta_ads\"\ncredentials.acess_token = \"{PLANTED}\"\n"),
        format!("[connections.a]\nintegration = \"meta_ads\"\ncredentials.access_token = [\"{PLANTED}\"]\n"),
        format!(
            "[connections.a]\nintegration = \"meta_ads\"\ncredentials.access_token = {{ text = \"{PLANTED}\" }}\n"
        ),
        format!("[connections.a]\nintegration = \"meta_ads\"\ncredentials.access_token = \"{PLANTED}\" x\n"),
        format!(
            "[connections.a]\nintegration = \"meta_ads\"\nbase_url = \"https://user:{PLANTED}@example.com\"\n"
        ),
        format!(
            "[connections.a]\nintegration = \"meta_ads\"\nstart_date = \"{PLANTED}{PLANTED}{PLANTED}\"\n"
        ),
    ] {
        let text = Bench::new(&text).bad().to_string();
        assert!(!text.contains(PLANTED), "{text}");
    }
    let bench = Bench::new(ONE)
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__CREDENTIALS__ACCESS_TOKEN", &format!("{{ env = {PLANTED}"));
    // Not TOML, so it is taken for the secret itself, with a warning.
    let settings = bench.good();
    assert!(!format!("{settings:?} {:?}", settings.warnings()).contains(PLANTED));
}
