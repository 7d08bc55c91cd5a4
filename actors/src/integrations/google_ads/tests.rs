use jiff::civil::date;
use secrecy::SecretString;
use serde_json::json;

use super::*;
use crate::{session::Auth, spec::ConnectionSpec};

/// A key that was made for tests alone.
const KEY: &str = include_str!("../../session/oauth/testing/rsa.pem");

fn spec(credentials: &[(&str, &str)]) -> ConnectionSpec {
    let secret = |(name, text): &(&str, &str)| ((*name).to_owned(), SecretString::from(*text));
    ConnectionSpec {
        name: "label-a-google".to_owned(),
        integration: GoogleAds.manifest().id.to_owned(),
        tenant: "label-a".to_owned(),
        accounts: Vec::new(),
        accounts_exclude: Vec::new(),
        start_date: date(2026, 11, 1),
        base_url: GoogleAds.manifest().base_url.parse().unwrap(),
        endpoints: [("token".to_owned(), google::TOKEN.url.parse().unwrap())].into(),
        api_version: GoogleAds.manifest().api_version.to_owned(),
        credentials: credentials.iter().map(secret).collect(),
        settings: serde_json::Value::Null,
        quotas: None,
        streams: std::collections::BTreeMap::new(),
    }
}

fn connect(spec: &ConnectionSpec) -> Result<GoogleAdsSource, SetupError> {
    GoogleAdsSource::new(spec, Settings::default())
}

fn key_file(key: &str) -> String {
    json!({ "type": "service_account", "client_email": "reader@project.iam.gserviceaccount.com", "private_key": key,
        "private_key_id": "1", "token_uri": "https://oauth2.googleapis.com/token", "universe_domain": "googleapis.com" })
    .to_string()
}

const REFRESH: [(&str, &str); 3] =
    [("client_id", "id"), ("client_secret", "planted"), ("refresh_token", "planted")];

#[test]
fn a_key_or_a_refresh_token_is_needed_and_not_both() {
    let key = key_file(KEY);
    for credentials in [&REFRESH[..], &[("service_account", &key)]] {
        use crate::integration::Source as _;
        let source = connect(&spec(credentials)).unwrap();
        assert!(matches!(source.auth(), Auth::Token { headers, .. } if headers.is_empty()));
        assert!(!format!("{source:?}").contains("planted"), "{source:?}");
    }
    let problem = |credentials: &[(&str, &str)]| connect(&spec(credentials)).unwrap_err().to_string();
    assert!(problem(&[]).contains("credentials.service_account is missing"));
    assert!(problem(&REFRESH[..2]).contains("credentials.refresh_token is missing"));
    assert!(problem(&REFRESH[1..]).contains("credentials.client_id is missing"));
    assert!(problem(&[("service_account", &key), REFRESH[2]]).contains("keep one"));
}

#[test]
fn a_key_that_is_none_is_told_and_not_shown() {
    for text in ["planted", "{}", r#"{"client_email":"planted","private_key":7}"#, &key_file("planted")] {
        let error = connect(&spec(&[("service_account", text)])).unwrap_err().to_string();
        assert!(error.contains("credentials.service_account") && !error.contains("planted"), "{error}");
    }
}

#[test]
fn a_developer_token_is_sent_where_there_is_one() {
    use crate::integration::Source as _;
    let mut credentials = REFRESH.to_vec();
    credentials.push(("developer_token", "token"));
    let Auth::Token { headers, .. } = connect(&spec(&credentials)).unwrap().auth() else { panic!("a token") };
    assert_eq!(headers.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["developer-token"]);
}

#[test]
fn settings_switch_countries_on_and_mistakes_are_refused() {
    use crate::integration::{AnyIntegration as _, Services};
    let connected = |settings: serde_json::Value| {
        let services = Services::alone(std::sync::Arc::new(rows::clock::SystemClock::new()));
        GoogleAds.connected(&ConnectionSpec { settings, ..spec(&REFRESH) }, &services)
    };
    let enabled = |settings: serde_json::Value| {
        connected(settings).unwrap().streams.iter().filter(|stream| stream.enabled).count()
    };
    assert_eq!(enabled(json!({})), 6);
    assert_eq!(enabled(json!({ "countries": true })), 7);
    for settings in [json!({ "login_customer_id": "my-manager" }), json!({ "colour": "blue" })] {
        assert!(connected(settings).is_err());
    }
}

#[test]
fn accounts_are_written_with_dashes_or_without() {
    assert_eq!(GoogleAds.account_id("123-456-7890"), "1234567890");
}

#[test]
fn operations_are_counted_by_project_or_client() {
    let counted = |credentials: &[(&str, &str)]| google::counted_by(&spec(credentials));
    let key = |email: &str, project: &str| {
        let file = json!({ "client_email": email, "private_key": "-", "project_id": project });
        counted(&[("service_account", &file.to_string())])
    };
    assert_eq!(key("one@label-a.iam", "label-a").as_deref(), Some("label-a"));
    assert_eq!(
        key("two@label-a.iam", "label-a"),
        key("one@label-a.iam", "label-a"),
        "two keys of one project"
    );
    assert_eq!(key("one@label-a.iam", "").as_deref(), Some("one@label-a.iam"));
    let client =
        |token| counted(&[("client_id", " 1-a.apps "), ("client_secret", "s"), ("refresh_token", token)]);
    assert_eq!(client("one").as_deref(), Some("1-a.apps"));
    assert_eq!(client("two"), client("one"), "two people who use one client");
    assert_eq!(counted(&[]), None);
}
