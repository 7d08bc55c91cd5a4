//! The same files in an object store.

use sandbox::{
    Options, Sandbox,
    report_files::{ACCESS_KEY_ID, BUCKET, SECRET_ACCESS_KEY},
};

use super::*;

fn config(dir: &Path, sandbox: &Sandbox, secret: &str) -> PathBuf {
    let titles = titles();
    let text = format!(
        r#"
[database]
url = "{database}"

[http]
listen = "127.0.0.1:0"

[connections.label-a-files]
integration = "report_files"
endpoints.storage = "{endpoint}"
credentials.access_key_id = "{ACCESS_KEY_ID}"
credentials.secret_access_key = "{secret}"

[connections.label-a-files.settings]
url = "s3://{BUCKET}"

[connections.label-a-files.settings.titles]
{titles}
"#,
        database = sqlite_url(&dir.join("dynamoi.db")),
        endpoint = sandbox.url("report_files"),
    );
    let path = dir.join("dynamoi.toml");
    fs::write(&path, text).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_store_is_read_like_a_folder() {
    let dir = TempDir::new().unwrap();
    let now = "2026-10-20T12:00:00Z".parse().unwrap();
    let mut own = world(5);
    let served = ReportFiles::new(5, 10, now);
    let sandbox = Sandbox::start_with(Options::default().at(now), vec![Box::new(served)]).unwrap();
    sandbox.with_world(|world: &mut ReportFiles| world.set_page_size(4)).unwrap();
    let once = async |secret: &str, code| {
        let config = config(dir.path(), &sandbox, secret);
        start(dir.path(), &config, &["run", "--once"]).ended(PATIENCE).await.expect(code)
    };
    let refused = once("planted/secret/of+somebody", 3).await;
    assert!(
        refused.err.contains("needs_reauth") || refused.err.contains("SignatureDoesNotMatch"),
        "{}",
        refused.err
    );
    assert!(!refused.err.contains("planted"), "{}", refused.err);

    once(SECRET_ACCESS_KEY, 0).await;
    let eyes = Eyes::open(&sqlite_url(&dir.path().join("dynamoi.db"))).await;
    truth::assert_equal(&own, &eyes).await;
    let first = eyes.dump_observed().await;
    once(SECRET_ACCESS_KEY, 0).await;
    assert_eq!(eyes.dump_observed().await, first);
    sandbox.with_world(ReportFiles::correct).unwrap();
    own.correct();
    once(SECRET_ACCESS_KEY, 0).await;
    truth::assert_equal(&own, &eyes).await;
}
