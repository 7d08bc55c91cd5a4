//! What is stored of a person is handed out whole to who may have it, and is nowhere else: with the program as it is run.

use std::{
    any::Any,
    collections::BTreeSet,
    fs,
    io::Write,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use jiff::Timestamp;
use sandbox::{
    Options, Sandbox,
    exchange::{Answer, Imitation, Request},
    meta_ads::MetaAds,
    stripe::{Resource, Stripe},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    postgres::Server,
    redis::{Redis, connect},
    support::{
        Bench, HISTORY_DAYS, PATIENCE, get,
        markers::Markers,
        program::{self, Program, until_state},
        sql::Eyes,
        sqlite_url, until,
    },
};

/// Ada, as the platform hands her over.
const ADA: &str = r#"{"external_id":"app-1","name":"Zqxmark Lovelace","email":"Zqxmark.Ada@example.com",
    "account":"zqxmark-account","birth_date":"1990-12-10"}"#;
/// Somebody else of the same name and address.
const TWIN: &str = r#"{"external_id":"app-2","name":"Zqxmark Lovelace","email":"zqxmark.ada@example.com",
    "account":"zqxtwin-account","age_statement":"at_least_18"}"#;

/// What is kept of a person, one in each field.
const KEPT: [&str; 16] = [
    "Zqxmark Lovelace",
    "Zqxmark.Ada@example.com",
    "zqxmark-account",
    "zqxline1 street",
    "zqxline2 floor",
    "zqxcity",
    "zqxstate",
    "zqxpostal",
    "zqxcountry",
    "zqxbrand",
    "zqxl4st",
    "Zqxpayer Byron",
    "zqxpayer@example.com",
    "zqxpayline street",
    "zqxinvoiced Byron",
    "zqxinvoiced@example.com",
];
/// What the twin has of her own.
const OF_TWIN: [&str; 2] = ["zqxtwin-account", "zqxtwin street"];
/// In fields that nobody maps, in errors and in addresses: kept nowhere.
const NOWHERE: [&str; 12] = [
    "zqxphone0123",
    "zqxdescription",
    "zqxmetadata",
    "zqxshipping name",
    "zqxshipping street",
    "zqxreceipt@example.com",
    "zqxfingerprint",
    "zqxevidence",
    "zqxerror Lovelace",
    "zqxerror@example.com",
    "zqxquery",
    "zqxmalformed",
];

/// Stripe, whose answers about products are errors that tell of people.
#[derive(Debug)]
struct Gossip {
    stripe: Stripe,
    told: u32,
}

impl Imitation for Gossip {
    fn id(&self) -> &'static str {
        self.stripe.id()
    }

    fn answer(&mut self, request: &Request) -> Answer {
        if !request.path.ends_with("/products") {
            return self.stripe.answer(request);
        }
        self.told += 1;
        // One that is tried again, and one that is not.
        let status = if self.told == 1 { 500 } else { 400 };
        let error = json!({ "error": {
            "type": "api_error",
            "message": "No such customer: 'zqxerror Lovelace', at zqxerror@example.com, see \
                        https://dashboard.example/customers?name=zqxquery",
            "request_log_url": "https://dashboard.example/logs?customer=zqxquery",
        }});
        Answer::json(status, &error).with_header("request-id", "req_1")
    }

    fn advance(&mut self, now: Timestamp) {
        self.stripe.advance(now);
    }

    fn limited(&self, request: &Request, usage_percent: f64, wait: Duration) -> Answer {
        self.stripe.limited(request, usage_percent, wait)
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self.stripe.as_any_mut()
    }
}

/// Ada and her twin at Stripe.
struct Customers {
    ada: String,
    twin: String,
    /// What cannot be read is Ada's, too.
    malformed: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_hands_out_everything_of_one_person_and_shows_it_nowhere_else() {
    let dir = TempDir::new().unwrap();
    let database = sqlite_url(&dir.path().join("dynamoi.db"));
    let bench = bench(dir, database);
    let log = bench.dir.path().join("dynamoi.db-wal");
    handed_out(bench, async |markers| {
        assert!(log.exists(), "the write-ahead log is looked into, too");
        markers.found(b"").is_none()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_hands_out_everything_of_one_person_and_shows_it_nowhere_else() {
    let server = Server::start();
    let url = server.database("people").await;
    let bench = bench(TempDir::new().unwrap(), url.clone());
    handed_out(bench, async |markers| {
        let database = sea_orm::Database::connect(&url).await.unwrap();
        database.execute_unprepared("CHECKPOINT").await.unwrap();
        database.close().await.unwrap();
        markers.expect_none_below(&server.table_files(), &[]) > 100
    })
    .await;
}

/// A key, two tenants, a recipient, and Stripe with people in it.
fn bench(dir: TempDir, database_url: String) -> Bench {
    let options = || Options::default().seed(81).days(HISTORY_DAYS);
    let now = Sandbox::start_with(options(), Vec::new()).unwrap().now();
    let imitations: Vec<Box<dyn Imitation>> = vec![
        Box::new(MetaAds::new(81, HISTORY_DAYS, now)),
        Box::new(Gossip { stripe: Stripe::new(81, HISTORY_DAYS, now), told: 0 }),
    ];
    let sandbox = Sandbox::start_with(options(), imitations).unwrap();
    sandbox.with_world(MetaAds::freeze).unwrap();
    sandbox.with_world(Stripe::freeze).unwrap();
    let key = dir.path().join("key");
    fs::write(&key, format!("{}\n", *store::cipher::generate_key().unwrap())).unwrap();
    let more = format!(
        "[encryption]\nkey = {{ file = {:?} }}\n[privacy]\nkeys = {:?}\njournal = {:?}\ndata_region = \"eu\"\n\
         [privacy.recipients.accountant]\npurpose = \"reports\"\ncategories = [\"payments\"]\nregion = \"us\"\n\
         [privacy.recipients.mailer]\npurpose = \"mail\"\ncategories = [\"identity\"]\nstanding = true\n\
         contact = \"privacy@mailer.example\"\n\
         [tenants.label-a]\nname = \"Label A\"\ndata_region = \"eu\"\n[tenants.label-b]\nname = \"Label B\"\n",
        key.display().to_string(),
        dir.path().join("keys.db").display().to_string(),
        dir.path().join("erasures.journal").display().to_string(),
    );
    let places = ["worker", "database", "cache", "integrations.stripe", "integrations.meta_ads"];
    let regions: String = places.map(|place| format!("{place}.data_region = \"eu\"\n")).concat();
    let layer = format!("{regions}connections.label-a-stripe.settings.billing_profiles = true\n");
    Bench { dir, sandbox, database_url, more, layer }
}

/// Two customers with subscriptions and payments, made alike, and one that cannot be read.
fn plant(bench: &Bench) -> Customers {
    bench
        .sandbox
        .with_world(|stripe: &mut Stripe| {
            let subscriptions = stripe.objects(Resource::Subscription);
            let charges = stripe.objects(Resource::Charge);
            let paid = |customer: &str| {
                charges.iter().filter(|one| one["customer"] == customer && one["status"] == "succeeded").count()
            };
            let mut able: Vec<String> = Vec::new();
            for subscription in &subscriptions {
                let customer = subscription["customer"].as_str().unwrap().to_owned();
                if paid(&customer) > 1 && !able.contains(&customer) {
                    able.push(customer);
                }
            }
            let [ada, twin, ..] = &able[..] else { panic!("nobody has paid") };
            let (ada, twin) = (ada.clone(), twin.clone());
            let address = json!({
                "line1": "zqxline1 street", "line2": "zqxline2 floor", "city": "zqxcity", "state": "zqxstate",
                "postal_code": "zqxpostal", "country": "zqxcountry",
            });
            let unmapped = json!({
                "phone": "zqxphone0123", "description": "zqxdescription", "metadata": { "note": "zqxmetadata" },
                "shipping": { "name": "zqxshipping name", "address": { "line1": "zqxshipping street" } },
            });
            for customer in [&ada, &twin] {
                let line1 = if *customer == ada { "zqxline1 street" } else { "zqxtwin street" };
                let mut person = json!({ "name": "Zqxmark Lovelace", "email": "Zqxmark.Ada@example.com", "address": address });
                person["address"]["line1"] = line1.into();
                assert!(stripe.update_customer(customer, &person));
                assert!(stripe.update_customer(customer, &unmapped));
                let charge = stripe.new_charge(4_242, "usd", Some(customer));
                let payer = json!({
                    "description": "zqxdescription", "receipt_email": "zqxreceipt@example.com",
                    "metadata": { "note": "zqxmetadata" },
                    "billing_details": {
                        "name": "Zqxpayer Byron", "email": "zqxpayer@example.com", "phone": "zqxphone0123",
                        "address": { "line1": "zqxpayline street" },
                    },
                    "payment_method_details": { "card": {
                        "brand": "zqxbrand", "last4": "zqxl4st", "fingerprint": "zqxfingerprint",
                    }},
                });
                assert!(stripe.update_charge(&charge, &payer));
                let other = charges.iter().rfind(|one| one["customer"] == customer.as_str() && one["refunded"] == false);
                let other = other.unwrap()["id"].as_str().unwrap().to_owned();
                stripe.refund(&charge, 242).unwrap();
                let dispute = stripe.dispute(&other).unwrap();
                assert!(stripe.silent_update(&dispute, &json!({ "evidence": { "customer_name": "zqxevidence" } })));
                let invoices = stripe.objects(Resource::Invoice);
                for invoice in invoices.iter().filter(|one| one["customer"] == customer.as_str()) {
                    let printed = json!({
                        "customer_name": "zqxinvoiced Byron", "customer_email": "zqxinvoiced@example.com",
                        "customer_phone": "zqxphone0123", "description": "zqxdescription",
                    });
                    assert!(stripe.silent_update(invoice["id"].as_str().unwrap(), &printed));
                }
            }
            let malformed = stripe.new_customer();
            assert!(stripe.silent_update(&malformed, &json!({ "balance": "zqxmalformed" })));
            Customers { ada, twin, malformed }
        })
        .unwrap()
}

/// Runs `dynamoi` with the configuration to its end, as talkative as it can be, with this on stdin.
fn run(bench: &Bench, arguments: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(program::PATH);
    command.current_dir(bench.dir.path()).args(arguments).args(bench.config_arguments());
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.env("RUST_LOG", "trace").spawn().unwrap();
    // Who refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it printed, and what it said.
#[track_caller]
fn expect(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    (out, err)
}

fn ids<'a>(rows: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    rows.into_iter().map(|row| row["id"].as_str().unwrap_or_else(|| panic!("{row}")).to_owned()).collect()
}

fn rows<'a>(export: &'a Value, table: &str) -> &'a Vec<Value> {
    export["data"][table]["rows"].as_array().unwrap_or_else(|| panic!("no {table}"))
}

/// A bench, and what may be nowhere in it.
struct Stage {
    bench: Bench,
    markers: Markers,
    customers: Customers,
}

// === impl Stage ===

impl Stage {
    /// Runs a command about the first tenant's people. What it says on stderr tells nothing of anybody.
    #[track_caller]
    fn run(&self, words: &[&str], stdin: &str, code: i32) -> (String, String) {
        let (out, err) = expect(&run(&self.bench, &[words, &["--tenant", "label-a"]].concat(), stdin), code);
        self.markers.expect_none("what was said", err.as_bytes());
        (out, err)
    }

    #[track_caller]
    fn export(&self, file: &str, words: &[&str], stdin: &str, code: i32) -> String {
        let path = self.bench.dir.path().join(file).display().to_string();
        self.run(&[&["privacy", "export", "--output", &path], words].concat(), stdin, code).1
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.bench.dir.path().join(name)).unwrap()
    }

    /// Until everything is read, but what is refused.
    async fn read(&self) {
        let eyes = Eyes::open(&self.bench.database_url).await;
        let read = "SELECT count(DISTINCT stream) FROM cycles WHERE connection = 'label-a-stripe' AND outcome = 'ok'";
        until("all but products are read", async || (eyes.number(read).await == 10).then_some(())).await;
        let refused = "SELECT error FROM cycles WHERE stream = 'products' AND error IS NOT NULL";
        let told = until("an error is stored", async || eyes.query(refused).await.pop()).await;
        let told = told["error"].as_str().unwrap();
        assert!(told.contains("to products.list type=api_error"), "{told}");
    }

    /// Each customer with one user of the tenant whose connection it is; and a policy that sells nothing.
    fn link(&self, ada: &str, twin: &str) {
        let Customers { ada: first, twin: second, malformed } = &self.customers;
        let link = |user: &str, customer: &str, connection: &str, code: i32| {
            self.run(&["users", "link", user, "--connection", connection, "--customer", customer], "", code).1
        };
        for (user, customer) in [(ada, first), (ada, first), (ada, malformed), (twin, second)] {
            link(user, customer, "label-a-stripe", 0);
        }
        assert!(link(twin, first, "label-a-stripe", 1).contains(ada));
        assert!(link(twin, "cus_x", "label-a-meta", 2).contains("one of label-a-stripe"));
        let text = self.bench.dir.path().join("policy.md");
        fs::write(&text, "What we do with data.").unwrap();
        let text = text.display().to_string();
        let policy =
            ["privacy", "policy", "add", "1", "--text", &text, "--effective-at", "2026-01-01T00:00:00Z"];
        let sale = self.run(&[&policy[..], &["--purpose", "data-sale"]].concat(), "", 1);
        assert!(sale.1.contains("not sold"), "{}", sale.1);
        self.run(&[&policy[..], &["--purpose", "reports"]].concat(), "", 0);
    }

    /// To the person: everything, twice the same, and to nobody by mistake.
    fn hand_out(&self, ada: &str, twin: &str) {
        let refused = self.export("none.json", &["--by-email"], "zqxmark.ada@EXAMPLE.com", 1);
        assert!(refused.contains(ada) && refused.contains(twin), "{refused}");
        let other = self.bench.dir.path().join("none.json").display().to_string();
        let other = ["privacy", "export", ada, "--output", &other, "--tenant", "label-b"];
        assert!(expect(&run(&self.bench, &other, ""), 1).1.contains("no such user"));
        assert!(!self.bench.dir.path().join("none.json").exists());
        self.export("ada.json", &[ada], "", 0);
        let mode = fs::metadata(self.bench.dir.path().join("ada.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(self.export("ada.json", &[ada], "", 1).contains("it is there already"));
        self.export("again.json", &["--external-id", "app-1"], "", 0);
        expect_everything(&self.bench, &self.file("ada.json"), &self.customers, ada, twin);
        let timeless = |text: &str| {
            let mut export: Value = serde_json::from_str(text).unwrap();
            assert!(export.as_object_mut().unwrap().remove("made_at").is_some());
            export
        };
        assert_eq!(
            timeless(&self.file("ada.json")),
            timeless(&self.file("again.json")),
            "the same but for its time"
        );
    }

    /// A recipient gets what it may have, of who agreed to it, and is told of corrections. Answers what was told of the person.
    fn share(&self, ada: &str) -> String {
        let refused = self.export("paid.json", &[ada, "--recipient", "accountant"], "", 1);
        assert!(refused.contains("has not agreed") && !self.bench.dir.path().join("paid.json").exists());
        let unknown = self.export("paid.json", &[ada, "--recipient", "nobody"], "", 2);
        assert!(unknown.contains("accountant, mailer"), "{unknown}");
        self.run(&["users", "consent", ada, "--grant", "reports"], "", 0);
        self.export("paid.json", &[ada, "--recipient", "accountant"], "", 0);
        let paid = self.file("paid.json");
        self.markers.expect_none("what the accountant gets", paid.as_bytes());
        let paid: Value = serde_json::from_str(&paid).unwrap();
        assert!(rows(&paid, "payments").len() > 1 && paid["data"].get("users").is_none());
        assert_eq!(paid["made_for"]["recipient"], "accountant");
        // Every place of its categories, each as the person has it, and no other.
        let whole: Value = serde_json::from_str(&self.file("ada.json")).unwrap();
        for (table, place) in whole["data"].as_object().unwrap() {
            let given = paid["data"].get(table);
            let expected = (place["category"] == "payments").then_some(place);
            assert_eq!(given, expected, "{table}");
        }
        assert_eq!(
            paid["data"].as_object().unwrap().len(),
            8,
            "{:?}",
            paid["data"].as_object().unwrap().keys()
        );

        let (_, err) = self.run(&["users", "rectify", ada], r#"{"account":"zqxmark-account"}"#, 0);
        assert!(err.contains("nothing to correct") && !err.contains("tell "), "{err}");
        self.run(&["users", "rectify", ada], r#"{"account":null}"#, 0);
        let (_, err) = self.run(&["users", "rectify", ada], r#"{"account":"zqxmark-account"}"#, 0);
        assert!(!err.contains("tell accountant"), "who gets payments only knows no account: {err}");
        assert!(err.contains("tell mailer (privacy@mailer.example)"), "{err}");
        let told = |what: &str| self.run(&["privacy", "disclosures", what, "--json"], "", 0).0;
        let due: Value = serde_json::from_str(&told("--due")).unwrap();
        let due = due["disclosures"].as_array().unwrap();
        assert_eq!(due.len(), 1, "{due:?}");
        assert_eq!(due[0]["contact"], "privacy@mailer.example");
        let (shown, _) = self.run(&["privacy", "disclosures", "--due"], "", 0);
        assert!(shown.contains("privacy@mailer.example"), "{shown}");
        for one in due {
            self.run(&["privacy", "disclosures", "--done", &one["id"].to_string()], "", 0);
        }
        assert!(!told("--due").contains("recipient"));
        let (dry, _) = self.run(&["privacy", "erase", ada, "--dry-run"], "", 0);
        let dry: Value = serde_json::from_str(&dry).unwrap();
        let contacts: Vec<(&Value, &Value)> = dry["to_tell"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (&one["recipient"], &one["contact"]))
            .collect();
        assert!(contacts.contains(&(&json!("mailer"), &json!("privacy@mailer.example"))), "{dry}");
        let (out, _) = self.run(&["users", "show", ada, "--json"], "", 0);
        assert!(out.contains("Zqxmark Lovelace") && out.contains(&self.customers.ada), "{out}");
        let told = told(ada);
        for recipient in ["data_subject", "accountant", "mailer", "operation"] {
            assert!(told.contains(recipient), "{recipient}: {told}");
        }
        told
    }

    /// Nothing of anybody is served or printed.
    async fn expect_none_shown(&self, address: SocketAddr) {
        for path in ["/", "/metrics", "/api/v1/connections", "/api/v1/campaigns"] {
            let page = get(&format!("http://{address}{path}")).await;
            assert!(page.len() > 50, "{path}: {page}");
            self.markers.expect_none(path, page.as_bytes());
        }
        let printed = |words: &[&str]| expect(&run(&self.bench, words, ""), 0);
        let (records, _) = printed(&["privacy", "records", "--format", "json"]);
        expect_records(&serde_json::from_str(&records).unwrap());
        let (shown, _) = printed(&["privacy", "records"]);
        assert!(shown.contains("| gets everybody's data |"), "{shown}");
        let (report, said) = printed(&["report"]);
        for text in [records, shown, report, said] {
            self.markers.expect_none("what is printed", text.as_bytes());
        }
    }
}

/// The whole story, on any engine. `elsewhere` looks into what the engine keeps of its own, while the daemon runs.
async fn handed_out(mut bench: Bench, elsewhere: impl AsyncFnOnce(&Markers) -> bool) {
    let redis = Redis::start();
    bench.layer = format!("{}cache.url = \"{}\"\n", bench.layer, redis.url());
    let customers = plant(&bench);
    let all: Vec<&str> = KEPT.iter().chain(&OF_TWIN).chain(&NOWHERE).copied().collect();
    let mut stage = Stage { bench, markers: Markers::of(&all), customers };
    let ada = stage.run(&["users", "add"], ADA, 0).0.trim().to_owned();
    let twin = stage.run(&["users", "add"], TWIN, 0).0.trim().to_owned();
    let mut daemon = stage.bench.start_with(&["run"], &[("RUST_LOG", "trace")]);
    let address = daemon.address().await;
    stage.read().await;
    until_state(address, "label-a-meta", "idle").await;
    stage.link(&ada, &twin);
    stage.hand_out(&ada, &twin);
    let told = stage.share(&ada);

    // And nowhere else.
    stage.markers.expect_none("what was told of whom", told.as_bytes());
    stage.expect_none_shown(address).await;
    let mut eyes = connect(&redis.url()).await;
    let plain = ["SET", "rdbcompression", "no"];
    ::redis::cmd("CONFIG").arg(&plain).query_async::<()>(&mut eyes).await.unwrap();
    let dump = redis.dump(&redis.url()).await;
    assert!(dump.len() > 100);
    stage.markers.expect_none("Redis", &dump);
    assert!(elsewhere(&stage.markers).await);
    let exports = ["ada.json", "again.json"];
    stage.markers.expect_none_below(stage.bench.dir.path(), &exports);
    stopped(daemon).await;
    assert!(stage.markers.expect_none_below(stage.bench.dir.path(), &exports) > 5);
    assert!(stage.markers.found(stage.file("ada.json").as_bytes()).is_some());
    let verified = stage.run(&["privacy", "verify"], "", 0).0;
    // Four links, three exports, two corrections, a look, the record twice; what changed nothing leaves no line.
    assert!(verified.starts_with("12 lines"), "{verified}");
    keyless(&mut stage.bench);
}

async fn stopped(daemon: Program) {
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

/// Against what was planted and what Stripe has, one by one.
fn expect_everything(bench: &Bench, text: &str, customers: &Customers, ada: &str, twin: &str) {
    for marker in KEPT {
        assert!(text.contains(marker), "{marker} is missing");
    }
    for marker in OF_TWIN.iter().chain(&NOWHERE).chain(&[twin, &*customers.twin]) {
        assert!(!text.contains(marker), "{marker} is in it");
    }
    let export: Value = serde_json::from_str(text).unwrap();
    assert_eq!(export["schema"], "dynamoi.privacy.export/1");
    assert_eq!(export["made_for"], json!({ "recipient": "data_subject", "purpose": "access_request" }));
    let user = &rows(&export, "users")[0];
    for (field, value) in [
        ("id", ada),
        ("external_id", "app-1"),
        ("name", "Zqxmark Lovelace"),
        ("email", "Zqxmark.Ada@example.com"),
        ("account", "zqxmark-account"),
        ("birth_date", "1990-12-10"),
        ("status", "active"),
    ] {
        assert_eq!(user[field], value, "{field}");
    }
    assert_eq!(rows(&export, "user_links").len(), 2);
    let profiles = rows(&export, "billing_profile_rows");
    let of = |source: &str| {
        profiles.iter().find(|row| row["source"] == source).unwrap_or_else(|| panic!("no {source}"))
    };
    for (source, field, value) in [
        ("customer", "name", "Zqxmark Lovelace"),
        ("customer", "address_line1", "zqxline1 street"),
        ("customer", "address_line2", "zqxline2 floor"),
        ("customer", "address_city", "zqxcity"),
        ("customer", "address_state", "zqxstate"),
        ("customer", "address_postal_code", "zqxpostal"),
        ("customer", "address_country", "zqxcountry"),
        ("charge", "name", "Zqxpayer Byron"),
        ("charge", "email", "zqxpayer@example.com"),
        ("charge", "address_line1", "zqxpayline street"),
        ("charge", "card_brand", "zqxbrand"),
        ("charge", "card_last4", "zqxl4st"),
        ("invoice", "name", "zqxinvoiced Byron"),
        ("invoice", "email", "zqxinvoiced@example.com"),
    ] {
        assert_eq!(of(source)[field], value, "{source} {field}");
    }
    assert!(of("charge")["card_exp_year"].as_str().unwrap().starts_with("20"));
    let quarantined = rows(&export, "quarantined_rows");
    assert!(quarantined.iter().any(|row| row["fields"].as_str().unwrap().contains(&customers.malformed)));
    expect_paid(bench, &export, customers);
    assert_eq!(export["policy_versions"][0]["text_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(
        export["purposes"][0],
        json!({
            "purpose": "reports", "consent_holds": false, "connections_that_rest_on_it": [],
        })
    );
    assert_eq!(export["sources"][1]["source"], "stripe");
    assert_eq!(export["recipients"].as_array().unwrap().len(), 2);
    assert!(export["not_included"].as_array().unwrap().len() > 3);
    for word in ["hmac", "key_id", "\"digest\"", "\"mac\""] {
        assert!(!text.contains(word), "{word}");
    }
}

/// Everything that Stripe has of what Ada bought and paid, and nothing else.
fn expect_paid(bench: &Bench, export: &Value, customers: &Customers) {
    let stripe = |resource| bench.sandbox.with_world(|stripe: &mut Stripe| stripe.objects(resource)).unwrap();
    let is_ours = |object: &&Value| object["customer"] == customers.ada.as_str();
    for (table, resource) in [
        ("payments", Resource::Charge),
        ("invoices", Resource::Invoice),
        ("subscriptions", Resource::Subscription),
    ] {
        let truth = stripe(resource);
        let truth = ids(truth.iter().filter(is_ours).filter(|one| one["deleted"] != true));
        assert!(!truth.is_empty());
        assert_eq!(ids(rows(export, table)), truth, "{table}");
    }
    let charges = ids(rows(export, "payments"));
    let within = |known: &BTreeSet<String>, id: &Value| id.as_str().is_some_and(|id| known.contains(id));
    for (table, resource) in [("refunds", Resource::Refund), ("disputes", Resource::Dispute)] {
        let truth = stripe(resource);
        let truth = ids(truth.iter().filter(|one| within(&charges, &one["charge"])));
        assert!(!truth.is_empty());
        assert_eq!(ids(rows(export, table)), truth, "{table}");
    }
    let moved: BTreeSet<String> =
        ["payments", "refunds", "disputes"].iter().flat_map(|table| ids(rows(export, table))).collect();
    let truth = stripe(Resource::BalanceTransaction);
    let truth = ids(truth.iter().filter(|one| within(&moved, &one["source"])));
    assert_eq!(ids(rows(export, "ledger_entries")), truth);
    let invoices = ids(rows(export, "invoices"));
    let truth = stripe(Resource::InvoicePayment);
    let truth = ids(truth.iter().filter(|one| within(&invoices, &one["invoice"])));
    assert_eq!(ids(rows(export, "invoice_payments")), truth);
    assert!(!rows(export, "subscription_mrr_daily").is_empty());
    assert_eq!(ids(rows(export, "customers")), BTreeSet::from([customers.ada.clone()]));
}

/// The record of processing says what this configuration is, and claims no more.
fn expect_records(records: &Value) {
    let row = |section: &str, column: &str, value: &str| {
        let rows = records[section].as_array().unwrap_or_else(|| panic!("no {section}"));
        rows.iter()
            .find(|row| row[column] == value)
            .unwrap_or_else(|| panic!("{section}: no {value}"))
            .clone()
    };
    assert_eq!(row("controllers", "tenant", "label-a")["data_region"], "eu");
    assert!(row("purposes", "purpose", "reports")["said_by"].as_str().is_some());
    let read = row("connections", "connection", "label-a-stripe");
    assert!(read["personal_data"].as_str().unwrap().contains("billing_profiles"), "{read}");
    assert_eq!(row("connections", "connection", "label-a-meta")["personal_data"], "nothing");
    assert_eq!(row("recipients", "recipient", "accountant")["only_with_consent"], true);
    assert_eq!(row("transfers", "to", "recipient accountant")["region"], "us");
    assert_eq!(row("data", "table", "payments")["category"], "payments");
    assert_eq!(
        row("data", "table", "payments")["kept"],
        "without limit; once the person is erased, without what tells of the person"
    );
    let measure = |begin: &str| {
        let all = records["measures"].as_array().unwrap();
        let found = all.iter().find(|one| one["measure"].as_str().unwrap().starts_with(begin));
        found.unwrap_or_else(|| panic!("no {begin}"))["in_force"].clone()
    };
    assert_eq!(measure("personal columns are sealed"), true);
    assert_eq!(measure("who asks for figures must authenticate"), false);
    assert_eq!(measure("connections are polled only while"), false);
    assert_eq!(measure("providers are asked over TLS"), true);
}

/// Without a key people are off, and it is said; the record of processing says so, too.
fn keyless(bench: &mut Bench) {
    let tenants = bench.more.find("[tenants.label-a]").unwrap();
    bench.more = bench.more[tenants..].to_owned();
    let path = bench.dir.path().join("none.json").display().to_string();
    let off = run(bench, &["privacy", "export", "usr_1", "--output", &path, "--tenant", "label-a"], "");
    assert!(expect(&off, 2).1.contains("generate-key"));
    assert!(!Path::new(&path).exists());
    let (out, err) = expect(&run(bench, &["privacy", "records"], ""), 0);
    assert!(out.contains("| no | no encryption.key") && err.contains("[encryption] key"), "{out}\n{err}");
}
