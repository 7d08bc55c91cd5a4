//! Files in an object store that speaks S3's protocol.
//!
//! Nothing is asked of a metadata service: requests are signed with the keys that are configured, or not at all. An object is
//! brought here whole, into a file without a name, before it is looked at.

use std::{fs::File, sync::Arc, time::Duration};

use futures::{StreamExt as _, future::BoxFuture};
use object_store::{
    BackoffConfig, ObjectStoreExt as _, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AwsAuthorizer, AwsCredential},
    client::{ClientOptions, HttpClient, HttpConnector, HttpRequest, HttpRequestBody, HttpResponse},
    path::Path,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::AsyncWriteExt as _;
use url::{Host, Url};

use super::{
    limits::{
        FILES_MAX, LISTING_BYTES_MAX, LISTING_PAGES_MAX, ROOM_KEPT_BYTES, STORAGE_SILENCE, STORAGE_TIMEOUT,
        TRANSFER_TIME_MAX, UNPACKED_BYTES_MAX,
    },
    listing::{self, Object, ObjectPage},
    names::is_left_alone,
    opened::OpenedFile,
    settings::Reading,
};
use crate::{
    failure::Failure,
    files::{FileSource, FoundFile, OpenFile},
    integration::SetupError,
    session::{Session, transport},
};

/// The objects of a bucket whose keys begin alike.
#[derive(Debug)]
pub struct Storage {
    store: AmazonS3,
    client: HttpClient,
    /// Address of the bucket.
    address: Url,
    /// `None`: requests are not signed.
    credential: Option<AwsCredential>,
    region: String,
    bucket: String,
    prefix: String,
    reading: Arc<Reading>,
}

/// What a bucket is reached with.
#[derive(Debug)]
pub struct Access<'a> {
    /// The store's address: `endpoints.storage`.
    pub endpoint: &'a Url,
    /// The store's region.
    pub region: &'a str,
    /// Its keys.
    pub keys: Keys<'a>,
}

/// Key id and secret; `None` where everybody may read the bucket.
pub type Keys<'a> = Option<(&'a SecretString, &'a SecretString)>;

/// Gives out the one client that follows no redirect.
#[derive(Debug)]
struct Connector(reqwest::Client);

/// The address that stands for Amazon's own, whose name has the region in it.
pub const AMAZON: &str = "https://s3.amazonaws.com";

// === impl Storage ===

impl Storage {
    /// A bucket, as configured. Sends nothing.
    pub fn new(
        bucket: &str,
        prefix: &str,
        access: &Access<'_>,
        reading: Arc<Reading>,
    ) -> Result<Self, SetupError> {
        let Access { endpoint, region, keys } = *access;
        if endpoint.scheme() != "https" && !is_loopback(endpoint) {
            return Err(setup(
                "http:// is for stores on this machine only, because keys and files would cross the network in the clear: \
                 name an https:// address under endpoints.storage",
            ));
        }
        let root = endpoint.as_str().trim_end_matches('/');
        let root =
            if root == AMAZON { format!("https://s3.{region}.amazonaws.com") } else { root.to_owned() };
        let address = Url::parse(&format!("{root}/{bucket}"))
            .map_err(|_| setup("endpoints.storage and the bucket make no address"))?;
        let client = transport::client_builder()
            .and_then(|builder| {
                builder
                    .read_timeout(STORAGE_SILENCE)
                    .build()
                    .map_err(|error| transport::TransportError::Request(error.to_string()))
            })
            .map_err(|error| setup(&error.to_string()))?;
        let builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(region)
            .with_endpoint(&root)
            .with_allow_http(true)
            // What it does not mend within seconds, the next look at the files does.
            .with_retry(RetryConfig {
                backoff: BackoffConfig {
                    init_backoff: Duration::from_millis(200),
                    max_backoff: Duration::from_secs(2),
                    base: 2.0,
                },
                max_retries: 3,
                retry_timeout: STORAGE_TIMEOUT,
            })
            .with_http_connector(Connector(client.clone()));
        let credential = keys.map(|(id, secret)| AwsCredential {
            key_id: id.expose_secret().to_owned(),
            secret_key: secret.expose_secret().to_owned(),
            token: None,
        });
        let builder = match &credential {
            Some(AwsCredential { key_id, secret_key, .. }) => {
                builder.with_access_key_id(key_id).with_secret_access_key(secret_key)
            }
            // Without this it would look for keys at the addresses of metadata services.
            None => {
                builder.with_skip_signature(true).with_access_key_id("none").with_secret_access_key("none")
            }
        };
        let store = builder.build().map_err(|error| setup(&error.to_string()))?;
        Ok(Self {
            store,
            client: HttpClient::new(client),
            address,
            credential,
            region: region.to_owned(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            reading,
        })
    }

    /// Whether the bucket is there and can be listed.
    pub async fn check(&self) -> Result<(), Failure> {
        self.page(None, 1).await.map(drop)
    }

    /// Everything that lies there.
    pub async fn list_all(&self) -> Result<Vec<FoundFile>, Failure> {
        let (mut found, mut token) = (Vec::new(), None);
        for _ in 0..LISTING_PAGES_MAX {
            let page = self.page(token.as_deref(), 1_000).await?;
            found.extend(page.objects.iter().filter_map(|object| self.found(object)));
            if found.len() > FILES_MAX {
                break;
            }
            match page.next.into_cursor() {
                Some(next) => token = Some(next),
                None => return Ok(found),
            }
        }
        Err(Failure::Transient {
            reason: format!(
                "the listing of s3://{}/{} has more than {FILES_MAX} objects or {LISTING_PAGES_MAX} pages: name a longer \
                 prefix in settings.url",
                self.bucket, self.prefix
            ),
        })
    }

    /// The file that an object is, by its path below the prefix; `None` for folders and what is left alone.
    fn found(&self, object: &Object) -> Option<FoundFile> {
        let path = object.key.strip_prefix(&self.key_start())?;
        let is_folder = path.is_empty() || path.ends_with('/');
        if is_folder || path.split('/').any(is_left_alone) {
            return None;
        }
        Some(FoundFile {
            path: path.to_owned(),
            size_bytes: object.size_bytes,
            version: object.version.clone(),
        })
    }

    fn key_start(&self) -> String {
        if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) }
    }

    /// Asks for one page of the listing.
    fn listing(&self, token: Option<&str>, objects_max: usize) -> Result<HttpRequest, Failure> {
        let unusable =
            |what: &str| Failure::Permanent { reason: format!("the request for the listing {what}") };
        let mut address = self.address.clone();
        let mut query = address.query_pairs_mut();
        query.append_pair("list-type", "2").append_pair("encoding-type", "url");
        query.append_pair("max-keys", &objects_max.to_string());
        query.append_pair("prefix", &self.key_start());
        if let Some(token) = token {
            query.append_pair("continuation-token", token);
        }
        drop(query);
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = address.as_str().parse().map_err(|_| unusable("has no valid address"))?;
        if let Some(credential) = &self.credential {
            AwsAuthorizer::new(credential, "s3", &self.region)
                .try_authorize(&mut request, None)
                .map_err(|_| unusable("cannot be signed"))?;
        }
        Ok(request)
    }

    /// One page of the listing. A key that is odd is one key: the store's own library would drop the page for it.
    async fn page(&self, token: Option<&str>, objects_max: usize) -> Result<ObjectPage, Failure> {
        let request = self.listing(token, objects_max)?;
        let asked = async {
            let response =
                self.client.execute(request).await.map_err(|error| self.broken(&root_cause(&error)))?;
            self.body(response).await
        };
        let (status, body) = tokio::time::timeout(STORAGE_TIMEOUT, asked)
            .await
            .map_err(|_| self.broken(&format!("no answer within {} s", STORAGE_TIMEOUT.as_secs())))??;
        if !(200..300).contains(&status) {
            return Err(listing::refused(&self.bucket, Some(status), &String::from_utf8_lossy(&body)));
        }
        listing::read(&body, token)
    }

    /// Status and body of a listing, within its limit.
    async fn body(&self, response: HttpResponse) -> Result<(u16, Vec<u8>), Failure> {
        let status = response.status().as_u16();
        let (mut body, mut parts) = (Vec::new(), response.into_body().bytes_stream());
        while let Some(part) = parts.next().await {
            body.extend_from_slice(&part.map_err(|error| self.broken(&root_cause(&error)))?);
            if body.len() > LISTING_BYTES_MAX {
                return Err(
                    self.broken(&format!("a page of its listing is larger than {LISTING_BYTES_MAX} bytes"))
                );
            }
        }
        Ok((status, body))
    }

    /// Brings an object here.
    pub async fn fetch(&self, path: &str) -> Result<File, Failure> {
        let key = format!("{}{path}", self.key_start());
        let unusable = |reason: String| Failure::Permanent { reason: format!("{path}: {reason}") };
        let location =
            Path::parse(&key).ok().filter(|location| location.as_ref() == key).ok_or_else(|| {
                unusable("its key has empty parts or steps, and cannot be named; rename it".to_owned())
            })?;
        let found = tokio::time::timeout(STORAGE_TIMEOUT, self.store.get(&location)).await;
        let found = found
            .map_err(|_| self.broken(&format!("no answer within {} s", STORAGE_TIMEOUT.as_secs())))?
            .map_err(|error| of_one(path, self.refused(&error)))?;
        let size_bytes = found.meta.size;
        if size_bytes > UNPACKED_BYTES_MAX {
            return Err(unusable(format!(
                "it has {size_bytes} bytes, more than {UNPACKED_BYTES_MAX}; split it"
            )));
        }
        has_room(size_bytes).map_err(|reason| Failure::Transient { reason: format!("{path}: {reason}") })?;
        let put = |error: std::io::Error| Failure::Transient {
            reason: format!("{path} cannot be put down in {}: {error}", std::env::temp_dir().display()),
        };
        let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(put)?);
        let (mut parts, mut taken) = (found.into_stream(), 0);
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| self.refused(&error))?;
            taken += part.len() as u64;
            if taken > size_bytes {
                return Err(self.broken(&format!("{path} is longer than it said")));
            }
            file.write_all(&part).await.map_err(put)?;
        }
        if taken < size_bytes {
            return Err(self.broken(&format!("{path} broke off after {taken} of {size_bytes} bytes")));
        }
        file.flush().await.map_err(put)?;
        Ok(file.into_std().await)
    }

    fn refused(&self, error: &object_store::Error) -> Failure {
        let status = match error {
            object_store::Error::NotFound { .. } => Some(404),
            object_store::Error::PermissionDenied { .. } => Some(403),
            object_store::Error::Unauthenticated { .. } => Some(401),
            _ => None,
        };
        listing::refused(&self.bucket, status, &error.to_string())
    }

    fn broken(&self, what: &str) -> Failure {
        let host = self.address.host_str().unwrap_or_default();
        Failure::Transient { reason: format!("the object store at {host}: {what}") }
    }
}

impl FileSource for Storage {
    fn list<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Vec<FoundFile>, Failure>> {
        Box::pin(self.list_all())
    }

    fn open<'a>(
        &'a self,
        _: &'a Session,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn OpenFile>, Failure>> {
        Box::pin(async move {
            let fetched = tokio::time::timeout(TRANSFER_TIME_MAX, self.fetch(path)).await;
            let file = fetched.map_err(|_| {
                self.broken(&format!("{path} did not come within {} s", TRANSFER_TIME_MAX.as_secs()))
            })??;
            let (own, reading) = (path.to_owned(), Arc::clone(&self.reading));
            let opened = tokio::task::spawn_blocking(move || OpenedFile::new(&own, file, reading)).await;
            match opened {
                Ok(Ok(opened)) => Ok(Box::new(opened) as Box<dyn OpenFile>),
                Ok(Err(error)) => {
                    Err(Failure::Transient { reason: format!("{path} cannot be read: {error}") })
                }
                Err(_) => Err(Failure::Transient { reason: format!("{path} cannot be read") }),
            }
        })
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// One object that may not be read says nothing of the others.
fn of_one(path: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Forbidden { advice } => Failure::Permanent { reason: format!("{path}: {advice}") },
        failure => failure,
    }
}

fn setup(problem: &str) -> SetupError {
    SetupError::Setting { key: "url".to_owned(), problem: problem.to_owned() }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The innermost cause: the outer ones only say that there is one, or name the address.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Whether so many bytes can be put down, and others find room beside them.
#[cfg(unix)]
fn has_room(bytes: u64) -> Result<(), String> {
    let directory = std::env::temp_dir();
    let Ok(room) = rustix::fs::statvfs(&directory) else { return Ok(()) };
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    if free.saturating_sub(bytes) >= ROOM_KEPT_BYTES {
        return Ok(());
    }
    Err(format!(
        "it has {bytes} bytes, and {} has {free} left, of which {ROOM_KEPT_BYTES} are kept free; make room there, or set \
         TMPDIR to another directory",
        directory.display()
    ))
}

/// Elsewhere the disk says so when it is full.
#[cfg(not(unix))]
fn has_room(_: u64) -> Result<(), String> {
    Ok(())
}
