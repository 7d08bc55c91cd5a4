//! `dynamoi connect`: a person at a browser lets an application in, and the connection works without a word of configuration.

use std::{process::Stdio, time::Duration};

use reqwest::{Client, Url, redirect::Policy};
use sandbox::{
    consent::ConsentPage, google, google_ads, google_ads::GoogleAds, spotify_ads, spotify_ads::SpotifyAds,
    tiktok_ads,
};
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::support::{
    Bench,
    program::{self, Program},
    sql::Eyes,
    until,
};

/// A connection without the credential that is to come, and a key to seal it with.
fn configure(
    bench: &mut Bench,
    integration: &str,
    endpoints: &str,
    credentials: &[(&str, &str)],
    more: &str,
) {
    let path = bench.dir.path().join("key");
    let made = std::process::Command::new(program::PATH)
        .args(["secrets", "generate-key", "--output", &path.display().to_string()])
        .status()
        .unwrap();
    assert!(made.success());
    let url = bench.sandbox.url(integration);
    let secrets: Vec<String> =
        credentials.iter().map(|(name, value)| format!("credentials.{name} = \"{value}\"")).collect();
    let secrets = secrets.join("\n");
    bench.layer = format!(
        "[encryption]\nkey = {{ file = \"{key}\" }}\n\
         [integrations.meta_ads]\nenabled = false\n[integrations.stripe]\nenabled = false\n\
         [connections.asks]\nintegration = \"{integration}\"\ntenant = \"label-a\"\nbase_url = \"{url}\"\n{secrets}\n{more}\n\
         [connections.asks.endpoints]\n{endpoints}",
        key = path.display(),
        endpoints = endpoints.replace("URL", &url),
    );
}

fn spotify_ads(bench: &mut Bench) {
    let endpoints = "token = \"URL/api/token\"\nauthorize = \"URL/authorize\"\n";
    let credentials = [("client_id", spotify_ads::CLIENT_ID), ("client_secret", spotify_ads::CLIENT_SECRET)];
    let excluded = format!("accounts_exclude = [\"{}\"]", spotify_ads::FORBIDDEN_ACCOUNT);
    configure(bench, "spotify_ads", endpoints, &credentials, &excluded);
}

/// The address that the program prints.
async fn printed(program: &mut Program) -> Url {
    until("an address is printed", async || {
        assert!(!program.has_ended(), "{}{}", program.out(), program.err());
        let out = program.out();
        // Told that it waits, so that what it prints is whole.
        program.err().contains("aiting").then_some(())?;
        Url::parse(out.lines().find(|line| line.starts_with("http"))?).ok()
    })
    .await
}

/// A browser that follows nothing by itself.
fn browser() -> Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(20)).build().unwrap()
}

/// Where the provider's page sends the browser.
async fn consented(address: Url) -> Url {
    let answer = browser().get(address).send().await.unwrap();
    assert_eq!(answer.status(), 302, "{}", answer.text().await.unwrap());
    Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
}

async fn stored(bench: &Bench) -> i64 {
    let eyes = Eyes::open(&bench.database_url).await;
    eyes.number("SELECT count(*) FROM secrets WHERE name = 'consent/asks'").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_lets_the_application_in() {
    let mut bench = Bench::new(81);
    spotify_ads(&mut bench);
    // Before, it says what to do.
    let missing = bench.run(&["run", "--once"]).await.expect(2);
    assert!(missing.err.contains("dynamoi connect spotify_ads --connection asks"), "{}", missing.err);

    let mut program = bench.start(&["connect", "spotify_ads"]);
    let address = printed(&mut program).await;
    assert!(!address.as_str().contains(spotify_ads::CLIENT_SECRET), "{address}");
    let back = consented(address).await;
    // Somebody else's answer is told so, and waited past.
    let mut foreign = back.clone();
    foreign.query_pairs_mut().clear().append_pair("code", "theirs").append_pair("state", "theirs");
    let told = browser().get(foreign).send().await.unwrap();
    assert_eq!(told.status(), 400);
    assert_eq!(told.headers()["referrer-policy"], "no-referrer");
    let page = browser().get(back.clone()).send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), page.headers()["cache-control"].to_str().unwrap()),
        (200, "no-store")
    );
    let ended = program.ended(crate::support::PATIENCE).await.expect(0);
    assert!(ended.err.contains("consent/asks") && ended.err.contains("another request"), "{}", ended.err);
    assert!(ended.out.lines().count() > 4, "the accounts are shown: {}", ended.out);
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let live = bench.sandbox.with_world(|it: &mut SpotifyAds| it.tokens().live_refresh_tokens()).unwrap();
    for secret in live.iter().chain([&code]) {
        let said = ended.err.replace(back.as_str(), "") + &ended.out;
        assert!(!said.contains(secret.as_str()), "a secret is shown");
    }
    assert_eq!(stored(&bench).await, 1);

    bench.run(&["check"]).await;
    bench.run(&["run", "--once"]).await.expect(0);
    let eyes = Eyes::open(&bench.database_url).await;
    assert!(eyes.number("SELECT count(*) FROM ad_performance_daily").await > 0);
    // Commands that read no secrets know that there may be one.
    bench.run(&["status"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_no_and_who_says_nothing_leave_nothing_behind() {
    let mut bench = Bench::new(82);
    spotify_ads(&mut bench);
    bench.sandbox.with_world(|it: &mut SpotifyAds| ConsentPage::refuse(it.tokens().consent())).unwrap();
    let mut program = bench.start(&["connect", "spotify_ads", "--connection", "asks"]);
    let back = consented(printed(&mut program).await).await;
    assert_eq!(browser().get(back).send().await.unwrap().status(), 400);
    let ended = program.ended(crate::support::PATIENCE).await.expect(1);
    assert!(ended.err.contains("access_denied"), "{}", ended.err);

    let late = bench.run(&["connect", "spotify_ads", "--timeout", "1s"]).await.expect(1);
    assert!(late.err.contains("--timeout"), "{}", late.err);
    for (arguments, code, part) in [
        (
            ["connect", "spotify_ads", "--connection", "nobody"].as_slice(),
            2,
            "there is no connection `nobody`",
        ),
        (&["connect", "google_ads"], 1, "dynamoi config example google_ads"),
        (&["connect", "deezer", "--connection", "asks"], 1, "no enabled connection of deezer"),
        (&["connect", "spotifi_ads"], 2, "expected one of google_ads"),
    ] {
        let refused = bench.run(arguments).await.expect(code);
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    // A credential that is configured would win.
    bench.layer = bench
        .layer
        .replace("credentials.client_id", "credentials.refresh_token = \"mine\"\ncredentials.client_id");
    let configured = bench.run(&["connect", "spotify_ads"]).await.expect(1);
    assert!(
        configured.err.contains("connections.asks.credentials.refresh_token is configured"),
        "{}",
        configured.err
    );
    assert!(!bench.dir.path().join("dynamoi.db").exists(), "nothing was stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn google_gives_a_refresh_token_for_a_named_secret() {
    let mut bench = Bench::new(83);
    let endpoints = "token = \"URL/token\"\nauthorize = \"URL/authorize\"\n";
    let credentials = [("client_id", google::CLIENT_ID), ("client_secret", google::CLIENT_SECRET)];
    let named = "credentials.refresh_token = { stored = \"of-google\" }";
    configure(&mut bench, "google_ads", endpoints, &credentials, named);
    let mut program = bench.start(&["connect", "google_ads"]);
    let address = printed(&mut program).await;
    for part in ["access_type=offline", "prompt=consent", "code_challenge=", "auth%2Fadwords"] {
        assert!(address.as_str().contains(part), "{part}: {address}");
    }
    let back = consented(address).await;
    assert_eq!(browser().get(back).send().await.unwrap().status(), 200);
    let ended = program.ended(crate::support::PATIENCE).await;
    // One of its customers may not be read, which is said.
    assert!(matches!(ended.code, Some(0 | 3)) && ended.err.contains("\"of-google\""), "{}", ended.err);
    let issued = bench.sandbox.with_world(|it: &mut GoogleAds| it.tokens().issued()).unwrap();
    assert!(issued >= 1);
    // What was stored is what it asks with from now on.
    let found = bench.run(&["discover", "--connection", "asks"]).await;
    assert!(found.out.contains(google_ads::UNDER_ROOT), "{}{}", found.out, found.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiktok_s_answer_is_pasted() {
    let mut bench = Bench::new(84);
    let credentials = [("app_id", tiktok_ads::APP_ID), ("app_secret", tiktok_ads::APP_SECRET)];
    configure(&mut bench, "tiktok_ads", "authorize = \"URL/portal/auth\"\n", &credentials, "");
    let refused = bench.run(&["connect", "tiktok_ads"]).await.expect(1);
    assert!(refused.err.contains("--redirect-uri"), "{}", refused.err);

    let redirect = "https://label-a.example/tiktok";
    for paste_again in [false, true] {
        let mut arguments = ["connect", "tiktok_ads", "--redirect-uri", redirect].map(str::to_owned).to_vec();
        arguments.extend(bench.config_arguments());
        let mut child = Command::new(program::PATH)
            .args(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut address).await.unwrap();
        let mut back = consented(Url::parse(address.trim()).unwrap()).await;
        assert!(back.as_str().starts_with(redirect), "{back}");
        if paste_again {
            // A code is good once.
            let pairs: Vec<_> = back.query_pairs().into_owned().collect();
            let state = &pairs.iter().find(|(name, _)| name == "state").unwrap().1;
            let query = format!("auth_code=sandbox-code-0001&state={state}");
            back.set_query(Some(&query));
        }
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{back}\n").as_bytes()).await.unwrap();
        drop(stdin);
        // Lines of the table must not fill the pipe.
        let mut rest = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut lines, &mut rest).await.unwrap();
        let ended = child.wait_with_output().await.unwrap();
        let err = String::from_utf8_lossy(&ended.stderr);
        assert!(!err.contains("sandbox-code") && !err.contains(tiktok_ads::APP_SECRET), "{err}");
        if paste_again {
            assert_eq!(ended.status.code(), Some(1), "{err}");
        } else {
            assert!(matches!(ended.status.code(), Some(0 | 3)), "{err}");
            assert!(rest.contains(tiktok_ads::WEST), "{rest}");
        }
    }
    bench.run(&["run", "--once", "--max-wait", "2s"]).await;
    let eyes = Eyes::open(&bench.database_url).await;
    assert!(eyes.number("SELECT count(*) FROM ad_performance_daily").await > 0);
}
