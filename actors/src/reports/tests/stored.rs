//! Files in an object store: against the imitated one, and against servers that do what none should.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sandbox::{
    Options, Sandbox,
    report_files::{ACCESS_KEY_ID, BUCKET, REGION, ReportFiles, SECRET_ACCESS_KEY},
};
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use url::Url;

use super::super::{
    limits::LISTING_PAGES_MAX,
    storage::{Access, Storage},
};
use crate::{failure::Failure, integration::SetupError};

fn start() -> Sandbox {
    let now = "2026-10-20T12:00:00Z".parse().unwrap();
    let world = ReportFiles::new(1, 5, now);
    Sandbox::start_with(Options::default().at(now), vec![Box::new(world)]).unwrap()
}

fn storage(endpoint: &str, prefix: &str, keys: Option<(&str, &str)>) -> Result<Storage, SetupError> {
    let endpoint = Url::parse(endpoint).unwrap();
    let keys = keys.map(|(id, secret)| (SecretString::from(id), SecretString::from(secret)));
    let access =
        Access { endpoint: &endpoint, region: REGION, keys: keys.as_ref().map(|(id, secret)| (id, secret)) };
    Storage::new(BUCKET, prefix, &access, Arc::default())
}

const KEYS: Option<(&str, &str)> = Some((ACCESS_KEY_ID, SECRET_ACCESS_KEY));

#[tokio::test]
async fn what_lies_there_is_listed_in_pages_and_brought_here_whole() {
    let sandbox = start();
    let files = sandbox
        .with_world(|world: &mut ReportFiles| {
            world.set_page_size(3);
            world.put("believe/half.csv.part", "x");
            world.put("believe/", "");
            world.put("believe/sub folder/ü+&<%41>.csv", "x");
            world.put("believe-other.csv", "x");
            world.files()
        })
        .unwrap();
    let endpoint = sandbox.url("report_files");
    for prefix in ["", "believe", "spotify-for-artists"] {
        let storage = storage(&endpoint, prefix, KEYS).unwrap();
        storage.check().await.unwrap();
        let start = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let expected: Vec<_> = files
            .iter()
            .filter_map(|(path, bytes)| Some((path.strip_prefix(&start)?.to_owned(), bytes.clone())))
            .filter(|(path, _)| !path.is_empty() && !path.ends_with('/') && !path.contains(".part"))
            .collect();
        let mut found = storage.list_all().await.unwrap();
        found.sort();
        let paths: Vec<_> = found.iter().map(|file| (file.path.clone(), file.size_bytes)).collect();
        let lengths = expected.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64));
        assert_eq!(paths, lengths.collect::<Vec<_>>(), "{prefix:?}");
        for (path, bytes) in expected {
            let mut file = storage.fetch(&path).await.unwrap();
            let mut own = Vec::new();
            std::io::Seek::rewind(&mut file).unwrap();
            std::io::Read::read_to_end(&mut file, &mut own).unwrap();
            assert_eq!(own, bytes, "{path}");
        }
    }
    let storage = storage(&endpoint, "", KEYS).unwrap();
    assert!(matches!(storage.fetch("gone.csv").await, Err(Failure::Gone { .. })));
}

#[tokio::test]
async fn keys_are_used_or_none_and_told_to_nobody() {
    let sandbox = start();
    let endpoint = sandbox.url("report_files");
    let check = async |keys| storage(&endpoint, "", keys).unwrap().check().await;
    let planted = Some((ACCESS_KEY_ID, "planted+secret/of+somebody"));
    let failure = check(planted).await.unwrap_err();
    assert_eq!(failure.outcome(), "needs_reauth", "{failure}");
    assert!(!format!("{failure:?}").contains("planted"));
    assert_eq!(check(Some(("AKIAOTHER", SECRET_ACCESS_KEY))).await.unwrap_err().outcome(), "needs_reauth");
    assert_eq!(check(None).await.unwrap_err().outcome(), "forbidden");
    let shown = format!("{:?}", storage(&endpoint, "", planted).unwrap());
    assert!(!shown.contains("planted"), "{shown}");
    let own = storage(&endpoint, "", planted).unwrap();
    let failure = own.fetch("believe/2026-10.csv").await.unwrap_err();
    assert_eq!(failure.outcome(), "needs_reauth", "{failure}");

    sandbox.with_world(|world: &mut ReportFiles| world.set_public(true)).unwrap();
    let open = storage(&endpoint, "", None).unwrap();
    assert!(!open.list_all().await.unwrap().is_empty());
    open.fetch("believe/2026-10.csv").await.unwrap();
}

#[test]
fn nothing_crosses_a_network_in_the_clear() {
    for endpoint in ["http://minio.example.com", "http://10.0.0.1:9000", "http://localhost.example.com"] {
        let error = storage(endpoint, "", KEYS).unwrap_err().to_string();
        assert!(error.contains("https://"), "{endpoint}: {error}");
    }
    for endpoint in
        ["https://minio.example.com", "http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost"]
    {
        assert!(storage(endpoint, "", KEYS).is_ok(), "{endpoint}");
    }
}

/// Answers every request with what `answer` makes of its number.
async fn server(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let (counted, answer) = (Arc::clone(&asked), Arc::new(answer));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (counted, answer) = (Arc::clone(&counted), Arc::clone(&answer));
            tokio::spawn(async move {
                let (mut head, mut chunk) = (Vec::new(), [0; 4096]);
                while let Ok(count @ 1..) = stream.read(&mut chunk).await {
                    head.extend_from_slice(&chunk[..count]);
                    if head.ends_with(b"\r\n\r\n") {
                        head.clear();
                        let text = answer(counted.fetch_add(1, Ordering::Relaxed));
                        let is_sent = stream.write_all(text.as_bytes()).await.is_ok();
                        if !is_sent || text.contains("connection: close") {
                            return;
                        }
                    }
                }
            });
        }
    });
    (address, asked)
}

fn listing(more: &str) -> String {
    let body = format!("<ListBucketResult>{more}</ListBucketResult>");
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_listing_that_never_ends_is_given_up() {
    let page = |number| {
        listing(&format!(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>{number}</NextContinuationToken>"
        ))
    };
    let (endless, asked) = server(page).await;
    let failure = storage(&endless, "", KEYS).unwrap().list_all().await.unwrap_err();
    assert!(failure.to_string().contains("longer prefix"), "{failure}");
    assert_eq!(asked.load(Ordering::Relaxed), LISTING_PAGES_MAX);
    let (circle, asked) = server(move |_| page(1)).await;
    let failure = storage(&circle, "", KEYS).unwrap().list_all().await.unwrap_err();
    assert!(failure.to_string().contains("leads back to itself"), "{failure}");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    let (large, _) =
        server(|_| "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned() + &"x".repeat(9 << 20)).await;
    let failure = storage(&large, "", KEYS).unwrap().check().await.unwrap_err();
    assert!(failure.to_string().contains("larger than"), "{failure}");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (target, seen_there) = server(|_| listing("")).await;
    let (base, _) = server(move |_| {
        format!("HTTP/1.1 307 Elsewhere\r\nlocation: {target}/x\r\ncontent-length: 0\r\n\r\n")
    })
    .await;
    let storage = storage(&base, "", KEYS).unwrap();
    for failure in [storage.check().await.unwrap_err(), storage.fetch("a.csv").await.map(drop).unwrap_err()] {
        assert!(matches!(failure, Failure::Permanent { .. } | Failure::Transient { .. }), "{failure:?}");
    }
    assert_eq!(seen_there.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_object_that_breaks_off_is_none() {
    let (short, _) = server(|_| {
        "HTTP/1.1 200 OK\r\netag: \"a\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-length: 100\r\nconnection: close\r\n\r\nonly this".to_owned()
    })
    .await;
    // Whoever answers so goes on doing so: the transfer ends with a failure, not with a part.
    let fetched = tokio::time::timeout(
        std::time::Duration::from_mins(1),
        storage(&short, "", KEYS).unwrap().fetch("a.csv"),
    )
    .await;
    assert!(matches!(fetched, Err(_) | Ok(Err(Failure::Transient { .. } | Failure::Permanent { .. }))));
}
