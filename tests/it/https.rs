//! The worker over TLS: its certificate is its own, and is renewed while it runs.

use std::{fs, net::SocketAddr, path::Path, process::Command};

use crate::{
    postgres::run,
    support::{Bench, PATIENCE, until},
    tools,
};

const TOKEN: &str = "only-for-this-test-over-tls";

/// A new key, and a certificate that only itself vouches for.
pub fn make_certificate(directory: &Path) -> Vec<u8> {
    let openssl = tools::find("openssl", "openssl");
    let (certificate, key) = (directory.join("certificate.pem"), directory.join("key.pem"));
    run(Command::new(openssl)
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(&certificate));
    fs::read(certificate).unwrap()
}

/// The setting that serves with it.
pub fn files(directory: &Path) -> String {
    let directory = directory.display();
    format!("http.tls = {{ certificate = \"{directory}/certificate.pem\", key = \"{directory}/key.pem\" }}\n")
}

/// The status of `/healthz`, for which nobody is asked who they are.
pub async fn health(address: SocketAddr, trusted: &[u8]) -> Result<u16, reqwest::Error> {
    get(address, trusted, "healthz", "").await
}

/// The status of a page, asked by somebody who trusts this certificate alone.
async fn status(address: SocketAddr, trusted: &[u8], token: &str) -> Result<u16, reqwest::Error> {
    get(address, trusted, "", token).await
}

async fn get(address: SocketAddr, trusted: &[u8], path: &str, token: &str) -> Result<u16, reqwest::Error> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(trusted)?])
        .resolve("localhost", address)
        .build()?;
    let url = format!("https://localhost:{}/{path}", address.port());
    Ok(client.get(url).bearer_auth(token).send().await?.status().as_u16())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_taken_over_without_a_restart() {
    let mut bench = Bench::new(79);
    let directory = bench.dir.path().to_owned();
    let first = make_certificate(&directory);
    bench.layer = format!("http.authentication.bearer = \"{TOKEN}\"\n{}", files(&directory));
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    assert_eq!(status(address, &first, TOKEN).await.unwrap(), 200);
    assert_eq!(status(address, &first, "wrong").await.unwrap(), 401);

    let second = make_certificate(&directory);
    assert!(status(address, &second, TOKEN).await.is_err(), "nobody has told the daemon yet");
    daemon.signal("HUP").await;
    until("the new certificate", async || status(address, &second, TOKEN).await.ok()).await;
    assert!(status(address, &first, TOKEN).await.is_err());

    // A key of another certificate is refused, and what is there goes on.
    fs::write(directory.join("key.pem"), "nonsense").unwrap();
    daemon.signal("HUP").await;
    until("the refusal", async || daemon.err().contains("http.tls").then_some(())).await;
    assert_eq!(status(address, &second, TOKEN).await.unwrap(), 200);
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}
