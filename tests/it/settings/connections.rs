//! What a connection is made of.

use super::*;

#[test]
fn long_ids_stay_text() {
    let spec = Bench::new(ONE).good().specs().remove(0);
    assert_eq!(spec.accounts, ["act_1234567890123456"]);
    assert_eq!(spec.settings["project"], "12345678901234567890");
    let numbers = ONE
        .replace("\"act_1234567890123456\"", "1234567890123456, 9007199254740993")
        .replace("\"12345678901234567890\"", "9223372036854775807");
    let spec = Bench::new(&numbers).good().specs().remove(0);
    assert_eq!(
        spec.accounts,
        ["1234567890123456", "9007199254740993"],
        "numbers are accepted, to the last digit"
    );
    assert_eq!(spec.settings["project"], "9223372036854775807");
    let bench =
        Bench::new("[connections.a]\nintegration = \"meta_ads\"\naccounts = [123456789012345678901234]\n");
    assert!(bench.bad().to_string().contains("write ids in quotes"));
}

#[test]
fn rates_and_streams_come_from_the_integration_unless_the_connection_says_otherwise() {
    let general = r#"
[integrations.meta_ads]
base_url = "http://127.0.0.1:1/meta_ads"
quota.app = { per_second = 2.5, burst = 5 }
quota.ip = { per_hour = 100 }
streams.insights = { lookback_days = 7, tiers = [{ days = 7, every = "1d" }, { days = 2, every = "15m" }] }
"#;
    let spec = Bench::new(ONE).file(general).good().specs().remove(0);
    assert_eq!(spec.base_url.as_str(), "http://127.0.0.1:1/meta_ads");
    let hourly = QuotaRule { scope: Scope::Ip, limit: 100.0, per: Duration::from_hours(1), burst: 1 };
    let general_rates = [QuotaRule::per_second(Scope::App, 2.5, 5), hourly];
    assert_eq!(spec.quotas, Some(general_rates.to_vec().into()));
    let tiers = [Tier { days: 2, every: Duration::from_mins(15) }, Tier { days: 7, every: DAILY }];
    assert_eq!(spec.streams["insights"].tiers.as_deref(), Some(tiers.as_slice()));
    let own = "[connections.label-a-meta]\nquota.account = { per_minute = 1 }\nstreams.insights = { enabled = false }\n";
    let spec = Bench::new(ONE).file(general).file(own).good().specs().remove(0);
    // Each replaces its own scope only.
    let own_rate = QuotaRule::per_minute(Scope::Account, 1.0, 1);
    let rates = std::iter::once(own_rate).chain(general_rates).collect::<Vec<_>>();
    assert_eq!(spec.quotas, Some(rates.into()));
    assert_eq!(spec.streams["insights"].enabled, Some(false));
    assert_eq!(spec.streams["insights"].lookback_days, Some(7));
}

#[test]
fn budgets_stand_beside_rates_and_replace_their_own_kind() {
    let general = r#"
[integrations.meta_ads]
quota.app = { per_second = 2.5, burst = 5, per_day = 1000, resets = "America/Los_Angeles" }
quota.account = { per_month = 500, resets = "rolling" }
"#;
    let budget =
        |scope, limit, per, resets| BudgetRule { scope, limit, term: Term { per, resets }, unit: REQUESTS };
    let los_angeles = Resets::Zone(rows::zone::zone("America/Los_Angeles").unwrap());
    let daily = budget(Scope::App, 1_000, Period::Day, los_angeles);
    let monthly = budget(Scope::Account, 500, Period::Month, Resets::Rolling);
    let rate = QuotaRule::per_second(Scope::App, 2.5, 5);
    let spec = Bench::new(ONE).file(general).good().specs().remove(0);
    let expected = Quota { rates: vec![rate], budgets: vec![monthly.clone(), daily] };
    assert_eq!(spec.quotas, Some(expected));
    // Only the budget of the scope: its rate stays. And the other way round.
    let own = "[connections.label-a-meta]\nquota.app = { per_day = 20 }\nquota.account = { per_hour = 30 }\n";
    let spec = Bench::new(ONE).file(general).file(own).good().specs().remove(0);
    let hourly = QuotaRule { scope: Scope::Account, limit: 30.0, per: Duration::from_hours(1), burst: 1 };
    let smaller = budget(Scope::App, 20, Period::Day, Resets::Rolling);
    assert_eq!(spec.quotas, Some(Quota { rates: vec![hourly, rate], budgets: vec![monthly, smaller] }));
}

#[test]
fn budgets_that_make_no_sense_are_refused() {
    let bench = Bench::new(
        r#"[integrations.meta_ads]
quota.app = { per_day = 1, per_month = 1 }
quota.ip = { per_second = 1, resets = "UTC" }
quota.account = { per_day = 10, resets = "Mars/Olympus" }
quota.project = { per_month = 0 }
quota.endpoint = { per_day = 10, burst = 2 }
"#,
    );
    bench.assert_told(2, "integrations.meta_ads.quota.app", &["one of per_day, per_month", "both"]);
    bench.assert_told(3, "integrations.meta_ads.quota.ip.resets", &["per_day, per_month", "none of them"]);
    let expected = ["\"rolling\", or an IANA time zone", "Mars/Olympus"];
    bench.assert_told(4, "integrations.meta_ads.quota.account.resets", &expected);
    bench.assert_told(5, "integrations.meta_ads.quota.project.per_month", &["from 1", "0"]);
    bench.assert_told(6, "integrations.meta_ads.quota.endpoint.burst", &["per_second", "none of them"]);
}

#[test]
fn settings_that_do_not_fit_the_stream_or_the_rate_are_refused() {
    let bench = Bench::new(
        r#"[integrations.meta_ads]
quota.app = { per_second = 1, per_hour = 1 }
quota.ip = { burst = 1 }
streams.insights = { every = "1h" }
streams.campaigns = { tiers = [{ days = 1, every = "1h" }], every = "0s", lookback_days = 0 }
"#,
    );
    bench.assert_told(2, "integrations.meta_ads.quota.app", &["exactly one of", "2 of them"]);
    bench.assert_told(3, "integrations.meta_ads.quota.ip", &["none of them"]);
    bench.assert_told(4, "integrations.meta_ads.streams.insights.every", &["tiers"]);
    bench.assert_told(5, "integrations.meta_ads.streams.campaigns.tiers", &["every"]);
    bench.assert_told(5, "integrations.meta_ads.streams.campaigns.every", &["at least a second", "\"0s\""]);
    bench.assert_told(5, "integrations.meta_ads.streams.campaigns.lookback_days", &["from 1", "0"]);
}

#[test]
fn an_integration_judges_its_settings_while_loading() {
    let bench = Bench::new(&ONE.replace("countries = true", "time_zone = \"Europe/Berln\""));
    bench.assert_told(
        8,
        "connections.label-a-meta.settings.time_zone",
        &["an IANA time zone", "Europe/Berln"],
    );
}

#[test]
fn an_account_is_read_or_left_out() {
    let left_out = |ids: &str| format!("connections.label-a-meta.accounts_exclude = [{ids}]\n");
    let settings = Bench::new(ONE).file(&left_out("\"9\"")).good();
    let spec = settings.specs().into_iter().find(|spec| spec.name == "label-a-meta").unwrap();
    assert_eq!(spec.accounts_exclude, ["9"]);
    Bench::new(ONE).file(&left_out("\"9\", \"act_1234567890123456\"")).assert_told(
        1,
        "connections.label-a-meta.accounts_exclude[1]",
        &["to be read and to be left out", "1234567890123456", "remove it"],
    );
    // What one leaves out, another may read with the same token.
    let twin =
        "[connections.twin]\nintegration = \"meta_ads\"\ncredentials.access_token = { env = \"OTHER\" }\n";
    let apart = format!("{twin}accounts_exclude = [\"1234567890123456\"]\n");
    Bench::new(ONE).file(&apart).env("OTHER", "token-value").good();
}

#[test]
fn one_account_is_read_by_one_connection_only() {
    let twin =
        "[connections.twin]\nintegration = \"meta_ads\"\ncredentials.access_token = { env = \"OTHER\" }\n";
    let same_account = format!("{twin}accounts = [\"9\", \"1234567890123456\"]\n");
    let bench = Bench::new(ONE).file(&same_account).env("OTHER", "other");
    bench.assert_told(4, "connections.twin.accounts[1]", &["label-a-meta", "twin", "1234567890123456"]);
    Bench::new(ONE).file(&format!("{twin}accounts = [\"9\"]\n")).env("OTHER", "other").good();
    Bench::new(ONE).file(twin).env("OTHER", "other").good();
    // Without accounts, the same token sees the same ones.
    Bench::new(ONE).file(twin).env("OTHER", "token-value").assert_told(
        1,
        "connections.twin",
        &["the same credentials"],
    );
    Bench::new(ONE).file(&format!("{same_account}enabled = false\n")).good();
    let other_host = format!("{same_account}base_url = \"https://eu.example.com\"\n");
    Bench::new(ONE).file(&other_host).env("OTHER", "other").good();
}

#[test]
fn what_is_switched_off_is_not_polled_and_needs_no_secret() {
    let off = Bench::new(&ONE.replace("TOKEN", "NOT_SET"))
        .file("[integrations.meta_ads]\nenabled = false\n")
        .good();
    assert!(off.specs().is_empty());
    assert!(off.connections.contains_key("label-a-meta"));
    let off =
        Bench::new(&ONE.replace("TOKEN", "NOT_SET")).file("[connections.label-a-meta]\nenabled = false\n");
    assert!(off.good().specs().is_empty());
}

#[test]
fn campaigns_are_read() {
    let settings = Bench::new(
        r#"[campaigns.night-drive]
tenant = "label-a"
budget = { amount = "1500.00", currency = "USD", from = "2026-10-01", to = 2026-10-31 }
tracks = ["USUM71703861"]
members = [{ integration = "meta_ads", campaign = "1202" }, { integration = "google_ads", name_matches = "Night*" }, { utm_campaign = "x" }]
"#,
    )
    .good();
    let campaign = &settings.campaigns["night-drive"];
    let budget = campaign.budget.unwrap();
    assert_eq!(
        (budget.amount.0, budget.currency.as_str(), budget.to),
        (1_500_000_000, "USD", date(2026, 10, 31))
    );
    assert_eq!(campaign.members.len(), 3);
    assert!(
        settings.warnings()[0].message.contains("google_ads"),
        "planned for a network that is not built in"
    );
}
