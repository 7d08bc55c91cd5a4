//! The page in a browser: as it looks, whether everybody can use it, what its buttons do, and that nothing else is asked.

use std::{fs, net::SocketAddr, path::PathBuf, process::Stdio, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use fantoccini::{Client, ClientBuilder, Locator, elements::Element, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{
    npm,
    support::{Bench, pause, program::Program, until},
    tools,
};

const USER: &str = "ops";
const PASSWORD: &str = "only-for-this-browser-test";
const TOKEN: &str = "only-for-this-program-in-a-test";

/// Width and height of a phone, a laptop and a wide screen.
const SCREENS: [(&str, u32, u32); 3] = [("phone", 390, 844), ("laptop", 1366, 768), ("wide", 1920, 1080)];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// What is wider than the box that holds it.
const SPILLED: &str = "return [...document.querySelectorAll('.card, .tile, tbody td, tbody th')] \
                       .filter((one) => one.scrollWidth > one.clientWidth + 1) \
                       .map((one) => one.className + ': ' + one.innerText)";

/// A headless Chromium of this test's own; both it and its driver end with it.
struct Browser {
    client: Client,
    /// What is looked at.
    page: String,
    _driver: Child,
    _profile: TempDir,
}

/// What `WebDriver` itself has no word for.
#[derive(Debug)]
struct Chrome {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Chrome {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

// === impl Browser ===

impl Browser {
    /// On the page at this address, signed in.
    async fn open(address: SocketAddr) -> Self {
        let browser = Self::start(format!("http://{address}/")).await;
        browser.client.goto(&format!("http://{USER}:{PASSWORD}@{address}/")).await.unwrap();
        browser
    }

    /// For this page, which is not opened yet.
    async fn start(page: String) -> Self {
        let chromium = tools::find("chromium", "chromium");
        let driver = tools::find("chromedriver", "chromium-driver");
        let profile = TempDir::new().unwrap();
        let log = profile.path().join("driver.log");
        let child = Command::new(driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(fs::File::create(&log).unwrap())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let port: u16 = until("the driver listens", async || {
            let log = fs::read_to_string(&log).unwrap();
            let line = log.lines().find(|line| line.contains("started successfully on port"))?;
            line.trim_end_matches('.').rsplit(' ').next()?.parse().ok()
        })
        .await;
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--user-data-dir={}", profile.path().join("profile").display()),
        ];
        let capabilities = json!({
            "goog:chromeOptions": { "binary": chromium, "args": arguments },
            "goog:loggingPrefs": { "performance": "ALL" },
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let client = builder.connect(&format!("http://127.0.0.1:{port}")).await.unwrap();
        Self { client, page, _driver: child, _profile: profile }
    }

    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.client.issue_cmd(Chrome { path: "goog/cdp/execute", body }).await.unwrap()
    }

    async fn show(&self, (_, width, height): (&str, u32, u32), scheme: &str) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.cdp("Emulation.setEmulatedMedia", features).await;
        self.client.goto(&self.page).await.unwrap();
    }

    /// Of the screen, and of the whole page.
    async fn take_pictures(&self, name: &str) {
        let directory = pictures();
        for (suffix, whole) in [("", false), ("-whole", true)] {
            let parameters = json!({ "format": "png", "captureBeyondViewport": whole });
            let mut parameters = parameters;
            if whole {
                let size = self.evaluate("return [innerWidth, document.documentElement.scrollHeight]").await;
                parameters["clip"] =
                    json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
            }
            let answer = self.cdp("Page.captureScreenshot", parameters).await;
            let picture = BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
            fs::write(directory.join(format!("{name}{suffix}.png")), picture).unwrap();
        }
    }

    async fn evaluate(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// What an accessibility checker finds fault with.
    async fn violations(&self, axe: &str) -> Vec<String> {
        self.client.execute(axe, Vec::new()).await.unwrap();
        let script = "const done = arguments[arguments.length - 1]; \
                      axe.run(document, { resultTypes: ['violations', 'incomplete'] }).then(done, done);";
        let found = self.client.execute_async(script, Vec::new()).await.unwrap();
        let violations = found["violations"].as_array().unwrap_or_else(|| panic!("{found}"));
        assert!(found["testEngine"].is_object(), "{found}");
        violations.iter().map(|one| format!("{}: {} {}", one["id"], one["help"], one["nodes"])).collect()
    }

    /// Looks at the page on every screen in every scheme: nothing spills, everybody can use it. What was asked for.
    async fn look(&self, name: &str, axe: &str) -> Vec<String> {
        let mut requests = Vec::new();
        for screen in SCREENS {
            for scheme in SCHEMES {
                self.show(screen, scheme).await;
                self.take_pictures(&format!("{name}{}-{scheme}", screen.0)).await;
                let size = self.evaluate("return [innerWidth, document.documentElement.scrollWidth]").await;
                assert_eq!(size[0], screen.1, "{screen:?}");
                assert!(size[1].as_u64() <= size[0].as_u64(), "{screen:?} scrolls sideways: {size}");
                let narrow = self.evaluate(SPILLED).await;
                assert_eq!(narrow, json!([]), "{screen:?}: wider than what holds it");
                requests.extend(self.requests().await);
                let violations = self.violations(axe).await;
                assert!(violations.is_empty(), "{screen:?} {scheme}: {violations:#?}");
            }
        }
        requests
    }

    async fn find(&self, css: &str) -> Element {
        self.client.find(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// What the page says of a connection's state.
    async fn state(&self, connection: &str) -> String {
        let css = format!("[id=\"connection-{connection}\"] td .badge");
        self.find(&css).await.text().await.unwrap()
    }

    /// Presses a connection's button.
    async fn press(&self, label: &str, connection: &str) {
        self.click(&format!("button[aria-label=\"{label} {connection}\"]")).await;
    }

    /// Clicks on what leads to another page, and waits until that is there.
    async fn click(&self, css: &str) {
        self.evaluate("window.isLeft = true").await;
        self.find(css).await.click().await.unwrap();
        until("the next page", async || {
            let script = "return !window.isLeft && document.readyState == 'complete'";
            // While one page gives way to the other, nobody answers.
            let answer = self.client.execute(script, Vec::new()).await;
            answer.is_ok_and(|is_there| is_there == true).then_some(())
        })
        .await;
    }

    /// Every URL that was asked for since the last time.
    async fn requests(&self) -> Vec<String> {
        let log = self
            .client
            .issue_cmd(Chrome { path: "se/log", body: json!({ "type": "performance" }) })
            .await
            .unwrap();
        let messages = log.as_array().unwrap().iter().map(|entry| {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            message["message"].clone()
        });
        messages
            .filter(|message| message["method"] == "Network.requestWillBeSent")
            .map(|message| message["params"].clone())
            // The browser's own first tab.
            .filter(|sent| !sent["documentURL"].as_str().unwrap().starts_with("chrome://"))
            .map(|sent| sent["request"]["url"].as_str().unwrap().replace(&format!("{USER}:{PASSWORD}@"), ""))
            .collect()
    }
}

/// Where pictures are put: `target/screenshots`.
fn pictures() -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let directory = target.join("screenshots");
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// What a program with the token is told of a connection.
async fn told(address: SocketAddr, connection: &str) -> Option<Value> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{address}/api/v1/connections");
    let answer: Value = client.get(url).bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap();
    let connections = answer["connections"].as_array().unwrap();
    connections.iter().find(|shown| shown["connection"] == connection).cloned()
}

/// A daemon that has read everything, and a connection whose token is refused.
async fn daemon(bench: &mut Bench) -> (Program, SocketAddr) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    bench.layer = format!(
        "http.authentication = {{ bearer = \"{TOKEN}\", basic = {{ user = \"{USER}\", password = \"{PASSWORD}\" }} }}\n\
         [campaigns.night-drive]\n\
         tenant = \"label-a\"\n\
         members = [{{ integration = \"meta_ads\", name_matches = \"Night Drive*\" }}]\n\
         [connections.label-b-meta]\n\
         integration = \"meta_ads\"\n\
         tenant = \"label-b\"\n\
         base_url = \"{}\"\n\
         credentials.access_token = \"EAArefused0token1of2label3b\"\n",
        bench.sandbox.url("meta_ads"),
    );
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    for (connection, state) in
        [("label-a-meta", "idle"), ("label-a-stripe", "idle"), ("label-b-meta", "needs_reauth")]
    {
        until(&format!("{connection} is {state}"), async || {
            told(address, connection).await.filter(|shown| shown["state"] == state)
        })
        .await;
    }
    (daemon, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_looks_right_on_every_screen_and_everybody_can_use_it() {
    let axe = fs::read_to_string(npm::file("axe-core", "4.10.3", "axe.min.js")).unwrap();
    let mut bench = Bench::new(71);
    let (_daemon, address) = daemon(&mut bench).await;
    let browser = Browser::open(address).await;
    let mut requests = browser.requests().await;
    until("campaigns and their charts are there", async || {
        browser.client.refresh().await.unwrap();
        browser.client.find(Locator::Css(".card svg rect")).await.ok()
    })
    .await;
    requests.extend(browser.look("", &axe).await);
    // The details that are folded away are part of the page, too.
    browser.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
    let violations = browser.violations(&axe).await;
    assert!(violations.is_empty(), "{violations:#?}");

    let own = format!("http://{address}/");
    assert!(requests.iter().any(|url| url.contains("/style.css")), "{requests:?}");
    let foreign: Vec<_> = requests.iter().filter(|url| !url.starts_with(&own)).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert_eq!(browser.evaluate("return document.scripts.length").await, 0, "it needs no scripts");
    browser.client.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_looks_right_on_every_screen_and_loads_nothing() {
    let axe = fs::read_to_string(npm::file("axe-core", "4.10.3", "axe.min.js")).unwrap();
    let mut bench = Bench::four(79);
    "[campaigns.night-drive]\n\
     tenant = \"label-a\"\n\
     budget = { amount = \"1500.00\", currency = \"USD\", from = \"2026-10-01\", to = \"2099-12-31\" }\n\
     members = [{ integration = \"meta_ads\", name_matches = \"Night Drive*\" }, { utm_campaign = \"album-launch\" }]\n"
        .clone_into(&mut bench.layer);
    assert!(bench.once().await, "everything is read");
    let html = bench.run(&["report", "--format", "html"]).await.expect(0).out;
    let file = bench.dir.path().join("report.html");
    fs::write(&file, html).unwrap();
    let page = format!("file://{}", file.display());
    let browser = Browser::start(page.clone()).await;
    let requests = browser.look("report-", &axe).await;
    assert!(!requests.is_empty() && requests.iter().all(|url| *url == page), "{requests:?}");
    assert_eq!(browser.evaluate("return document.scripts.length").await, 0, "it needs no scripts");
    browser.find(".card svg rect").await;
    browser.client.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pause_resume_and_poll_do_what_they_say() {
    let mut bench = Bench::new(73);
    let (_daemon, address) = daemon(&mut bench).await;
    let browser = Browser::open(address).await;
    let name = "label-a-stripe";
    assert_eq!(browser.state(name).await, "idle");

    browser.press("Pause", name).await;
    assert_eq!(browser.state(name).await, "paused", "the answer already shows it");
    assert_eq!(told(address, name).await.unwrap()["state"], "paused");
    let url = browser.client.current_url().await.unwrap();
    assert_eq!(url.fragment(), Some("connection-label-a-stripe"));

    // The filter is a form like any other.
    browser.find("#filter-state").await.select_by_value("paused").await.unwrap();
    browser.click(".filter button").await;
    let rows = browser.client.find_all(Locator::Css(".connections tbody tr")).await.unwrap();
    assert_eq!(rows.len(), 1);

    let asked = bench.sandbox.request_count("stripe");
    pause(Duration::from_millis(1_500)).await;
    assert_eq!(bench.sandbox.request_count("stripe"), asked, "it is polled no more");
    browser.press("Resume", name).await;
    assert_ne!(told(address, name).await.unwrap()["state"], "paused");
    let text = browser.find("main").await.text().await.unwrap();
    assert!(text.contains("No connection fits this filter"), "{text}");

    browser.client.goto(&format!("http://{address}/")).await.unwrap();
    until("it has read what was due", async || {
        told(address, name).await.filter(|shown| shown["state"] == "idle")
    })
    .await;
    let asked = bench.sandbox.request_count("stripe");
    browser.press("Poll now", name).await;
    until("it is polled", async || (bench.sandbox.request_count("stripe") > asked).then_some(())).await;
    browser.client.clone().close().await.unwrap();
}
