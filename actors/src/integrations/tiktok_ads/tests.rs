use secrecy::ExposeSecret as _;
use serde_json::json;

use super::*;
use crate::{
    session::{Auth, Call, Source as _},
    spec::ConnectionSpec,
    testing,
};

fn spec(credentials: &[(&str, &str)]) -> ConnectionSpec {
    let mut spec = testing::spec(&TikTokAds, ("access_token", "planted-token"), json!({}));
    let more = credentials.iter().map(|(name, secret)| ((*name).to_owned(), (*secret).into()));
    spec.credentials.extend(more);
    spec
}

fn connect(spec: &ConnectionSpec) -> Result<TikTokAdsSource, SetupError> {
    TikTokAdsSource::new(spec, Settings::default())
}

const APP: [(&str, &str); 2] = [("app_id", "7001"), ("app_secret", "planted-secret")];

#[test]
fn accounts_are_named_or_the_app_lists_them() {
    let problem = |spec: &ConnectionSpec| connect(spec).map(drop).unwrap_err().to_string();
    assert!(problem(&spec(&[])).contains("credentials.app_id is missing"));
    assert!(problem(&spec(&APP[..1])).contains("credentials.app_secret is missing"));
    assert!(connect(&spec(&APP)).is_ok());
    let mut named = spec(&[]);
    named.accounts = vec!["7002238017842757633".to_owned()];
    assert!(connect(&named).is_ok());
    named.credentials.clear();
    assert!(problem(&named).contains("credentials.access_token is missing"));
}

#[test]
fn the_token_is_a_header_and_the_apps_secret_goes_to_one_path_alone() {
    let source = connect(&spec(&APP)).unwrap();
    let Auth::Signer(sign) = source.auth() else { panic!("a signer") };
    let signed = |call: &Call| {
        let signature = sign(call);
        let headers: Vec<_> =
            signature.headers.iter().map(|(name, value)| (*name, value.expose_secret().to_owned())).collect();
        assert_eq!(headers, [("access-token", "planted-token".to_owned())]);
        signature.query.iter().map(|(name, _)| *name).collect::<Vec<_>>()
    };
    let list = source.call(&["oauth2", "advertiser", "get"], endpoint::ADVERTISERS);
    assert_eq!(
        (list.path.as_str(), signed(&list)),
        ("/open_api/v1.3/oauth2/advertiser/get/", vec!["app_id", "secret"])
    );
    let report = source.call(&["report", "integrated", "get"], endpoint::REPORT);
    assert_eq!((report.path.as_str(), signed(&report).len()), ("/open_api/v1.3/report/integrated/get/", 0));
    assert!(list.query.is_empty(), "what is logged of a call holds no secret");
}

#[test]
fn settings_switch_countries_on_and_mistakes_are_refused() {
    let enabled = |settings: serde_json::Value| {
        let settings: Settings = serde_json::from_value(settings).unwrap();
        let streams = TikTokAds.streams(&settings).into_iter().map(StreamOf::described);
        streams.filter(|stream| stream.enabled).count()
    };
    assert_eq!((enabled(json!({})), enabled(json!({ "countries": true }))), (6, 7));
    for settings in [json!({ "conversion": "real_time_conversion" }), json!({ "colour": "blue" })] {
        assert!(serde_json::from_value::<Settings>(settings).is_err());
    }
}

#[test]
fn a_reports_lists_are_json_and_what_is_deleted_is_asked_for_at_its_own_level() {
    use super::settings::Conversion;
    let days =
        ::rows::DayRange::new(jiff::civil::date(2026, 11, 1), jiff::civil::date(2026, 11, 30)).unwrap();
    let asked = |report: Report, name: &str| {
        let call = report.ask(Call::get("/", endpoint::REPORT), "7", days, Conversion::Purchases);
        call.query.into_iter().find(|(key, _)| key == name).unwrap().1
    };
    assert_eq!(asked(Report::Ads, "dimensions"), r#"["ad_id","stat_time_day"]"#);
    assert_eq!(asked(Report::Countries, "dimensions"), r#"["campaign_id","stat_time_day","country_code"]"#);
    assert!(asked(Report::Ads, "filtering").contains(r#""field_name":"ad_status""#));
    assert!(asked(Report::Countries, "filtering").contains(r#""field_name":"campaign_status""#));
    let metrics = asked(Report::Campaigns, "metrics");
    assert!(metrics.contains("complete_payment") && metrics.contains("onsite_shopping"), "{metrics}");
    for split in ["cash_spend", "voucher_spend", "campaign_id", r#""conversion""#] {
        assert!(!metrics.contains(split), "{metrics}");
    }
    assert!(asked(Report::Ads, "metrics").contains(r#""campaign_id","adgroup_id""#));
}
