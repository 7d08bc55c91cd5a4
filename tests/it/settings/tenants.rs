//! Tenants' tokens and markups.

use dynamoi::settings::Changes;
use rows::{
    Micros,
    markup::Markup,
    money::{RawSpend, Spend},
};

use super::*;

const AUTHENTICATED: &str = "[http.authentication]\nbearer = \"the-secret-of-the-operators\"\n";

fn shown(markup: &Markup, day: rows::Day) -> i64 {
    markup.shown(RawSpend(Micros(10_000_000)), day).unwrap().micros().0
}

#[test]
fn a_token_is_a_tenants_and_a_markup_is_dated() {
    let text = format!(
        "{AUTHENTICATED}[http.tokens.studio]\ntenant = \"label-a\"\nsecret = {{ env = \"STUDIO\" }}\n\
         [tenants.label-a]\nname = \"Label A\"\nmarkup = [{{ from = \"2026-01-01\", percent = 12.5 }}, \
         {{ from = \"2027-01-01\", percent = \"20\" }}, {{ from = \"2028-01-01\", percent = 0 }}]\n{ONE}"
    );
    let settings = Bench::new(&text).env("STUDIO", "the-secret-of-the-studio").good();
    let token = &settings.http.tokens["studio"];
    assert_eq!(
        (token.tenant.as_str(), token.secret.expose_secret()),
        ("label-a", "the-secret-of-the-studio")
    );
    let markup = settings.markup("label-a");
    let amounts = [date(2025, 12, 31), date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)];
    assert_eq!(amounts.map(|day| shown(&markup, day)), [10_000_000, 11_250_000, 12_000_000, 10_000_000]);
    assert_eq!(settings.displayed_markups().len(), 1);
    assert_eq!(settings.markup("nobody"), Markup::default());
    assert!(!settings.show().contains("the-secret-of"), "{}", settings.show());
}

#[test]
fn what_is_wrong_with_tokens_and_markups_is_told() {
    let bench = Bench::new(
        r#"[http.authentication]
bearer = "the-secret-of-the-operators"

[http.tokens.typo]
tenant = "label-b"
secret = "the-secret-of-nobody-else"

[http.tokens.twin]
tenant = "label-a"
secret = "the-secret-of-the-operators"

[http.tokens.zwilling]
tenant = "label-a"
secret = "the-secret-of-nobody-else"

[http.tokens.lost]
tennant = "label-a"
secret = { env = "NOT_SET" }

[tenants.label-a]
name = "Label A"
markup = [
  { from = "2026-02-01", percent = 15 },
  { from = "2026-02-01", percent = 16 },
  { from = "2026-03-01", percent = 0.00001 },
  { from = "2026-04-01", percent = 1000.5 },
  { from = "2026-05-01", percent = "15 %" },
]
"#,
    );
    bench.assert_told(
        5,
        "http.tokens.typo.tenant",
        &["nothing belongs to", "label-a", "did you mean `label-a`?"],
    );
    bench.assert_told(
        10,
        "http.tokens.twin.secret",
        &["one secret for two tokens", "http.authentication.bearer"],
    );
    bench.assert_told(14, "http.tokens.zwilling.secret", &["one secret for two tokens"]);
    bench.assert_told(17, "http.tokens.lost.tennant", &["unknown key", "did you mean `tenant`?"]);
    let mistakes = bench.bad().to_string();
    for words in [
        "tenants.label-a.markup[1].from: expected a day after 2026-02-01",
        "markup[2].percent",
        "markup[3].percent",
        "markup[4].percent",
    ] {
        assert!(mistakes.contains(words), "{words}: {mistakes}");
    }
    assert!(!mistakes.contains("the-secret-of"), "{mistakes}");

    let open = "[http.tokens.studio]\ntenant = \"label-a\"\nsecret = \"the-secret-of-the-studio\"\n[tenants.label-a]\nname = \"A\"\n";
    let mistakes = Bench::new(open).bad().to_string();
    assert!(mistakes.contains("key http.tokens: expected http.authentication"), "{mistakes}");
    let short =
        Bench::new(&format!("{AUTHENTICATED}{}", open.replace("the-secret-of-the-studio", "short"))).good();
    assert!(short.warnings().iter().any(|warning| warning.to_string().contains("shorter than 16")));
}

#[test]
fn tokens_and_markups_change_without_a_restart() {
    let text = |secret: &str, percent: u32| {
        let text = format!(
            "{AUTHENTICATED}[http.tokens.studio]\ntenant = \"label-a\"\nsecret = \"{secret}-of-the-studio\"\n\
             [tenants.label-a]\nname = \"A\"\nmarkup = [{{ from = \"2026-01-01\", percent = {percent} }}]\n"
        );
        Bench::new(&text).good()
    };
    let running = text("first-secret", 10);
    let tokens = Settings::changes(&running, &text("second-secret", 10));
    assert_eq!(tokens, Changes { tokens: true, ..Changes::default() });
    let markup = text("first-secret", 20);
    assert_eq!(Settings::changes(&running, &markup), Changes { tenants: true, ..Changes::default() });
    let after = markup.after_reload(&running);
    assert_eq!(shown(&after.markup("label-a"), date(2026, 6, 1)), 12_000_000);
}
