//! The wire: one request out, one complete answer in, within the limits.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::BoxFuture;
use reqwest::{
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
    redirect::Policy,
};
use secrecy::ExposeSecret;
use url::Url;

use super::{
    Call, Method, Signature,
    body::{self, BodyError, Collecting},
};
use crate::limits;

/// Sends one request. A port, so that engine tests need no socket.
pub trait Transport: Send + Sync {
    /// Sends the call, authenticated by `signature`, to `base` and reads the whole answer.
    fn send<'a>(
        &'a self,
        base: &'a Url,
        call: &'a Call,
        signature: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>>;
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct RawResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

/// Why there is no answer. Texts name the host, never parameters or headers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// Where to.
        host: String,
        /// Why.
        reason: String,
    },
    /// No complete answer in time.
    #[error("{host} did not answer within {} s", .limit.as_secs())]
    TimedOut {
        /// Who.
        host: String,
        /// The limit.
        limit: Duration,
    },
    /// The answer broke off or was not HTTP.
    #[error("the answer of {host} broke off: {reason}")]
    Broken {
        /// Who.
        host: String,
        /// How.
        reason: String,
    },
    /// The answer is larger than anything documented.
    #[error("the answer of {host} is larger than {limit} bytes: not read further")]
    TooLarge {
        /// Who.
        host: String,
        /// The limit.
        limit: usize,
    },
    /// The request cannot be built.
    #[error("the request cannot be built: {0}")]
    Request(String),
}

/// HTTP over TCP and TLS (rustls with ring and the Mozilla roots, without touching any process-wide default). Follows
/// no redirect: credentials would travel with it.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
}

// === impl HttpTransport ===

impl HttpTransport {
    /// One client for the whole worker: it pools connections by host.
    pub fn new() -> Result<Self, TransportError> {
        let client = client_builder()?
            .default_headers(HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static(body::ACCEPTED),
            )]))
            .build()
            .map_err(|error| TransportError::Request(error.to_string()))?;
        Ok(Self { client })
    }

    fn request(
        &self,
        base: &Url,
        call: &Call,
        signature: &Signature,
    ) -> Result<reqwest::Request, TransportError> {
        let joined = format!("{}{}", base.as_str().trim_end_matches('/'), call.path);
        let url = Url::parse(&joined).map_err(|error| TransportError::Request(error.to_string()))?;
        if url.origin() != base.origin() {
            return Err(TransportError::Request(format!(
                "{} is not below {}",
                call.path,
                base.origin().ascii_serialization()
            )));
        }
        let mut request = match call.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url),
        };
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        if let Some(body) = &call.body {
            let mut body = body.clone();
            for (name, value) in &signature.body {
                body[*name] = value.expose_secret().into();
            }
            request = request.json(&body);
        } else if !call.form.is_empty() || !signature.form.is_empty() {
            let plain = call.form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let secret = signature.form.iter().map(|(name, value)| (*name, value.expose_secret()));
            request = request.form(&plain.chain(secret).collect::<Vec<_>>());
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        for (name, value) in &signature.headers {
            request = request.header(*name, secret_header(value.expose_secret())?);
        }
        for (name, value) in &signature.query {
            request = request.query(&[(name, value.expose_secret())]);
        }
        request.build().map_err(|error| TransportError::Request(error.without_url().to_string()))
    }

    async fn exchange(&self, request: reqwest::Request, host: &str) -> Result<RawResponse, TransportError> {
        let mut response = self.client.execute(request).await.map_err(|error| failed(host, error))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Collecting::new(response.content_length(), limits::RESPONSE_BYTES_MAX);
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(host, error))? {
            body.push(&chunk).map_err(|error| unusable(host, &error))?;
        }
        let body = body.finish(&headers).map_err(|error| unusable(host, &error))?;
        Ok(RawResponse { status, headers, body })
    }
}

/// A client as every request is sent with: over rustls with ring and the Mozilla roots, without following redirects.
pub(crate) fn client_builder() -> Result<reqwest::ClientBuilder, TransportError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::Request(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(limits::CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .user_agent(concat!("dynamoi/", env!("CARGO_PKG_VERSION"))))
}

impl Transport for HttpTransport {
    fn send<'a>(
        &'a self,
        base: &'a Url,
        call: &'a Call,
        signature: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        Box::pin(async move {
            let host = base.host_str().unwrap_or_default();
            let request = self.request(base, call, signature)?;
            let limit = call.timeout.unwrap_or(limits::REQUEST_TIMEOUT);
            tokio::time::timeout(limit, self.exchange(request, host))
                .await
                .unwrap_or_else(|_| Err(TransportError::TimedOut { host: host.to_owned(), limit }))
        })
    }
}

/// A header value that its own `Debug` does not show.
fn secret_header(text: &str) -> Result<HeaderValue, TransportError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        TransportError::Request("a secret holds characters that no header can carry".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn unusable(host: &str, error: &BodyError) -> TransportError {
    let host = host.to_owned();
    match error {
        BodyError::TooLarge(limit) => TransportError::TooLarge { host, limit: *limit },
        BodyError::Encoding(_) | BodyError::Packed(_) => {
            TransportError::Broken { host, reason: error.to_string() }
        }
    }
}

fn failed(host: &str, error: reqwest::Error) -> TransportError {
    let host = host.to_owned();
    if error.is_connect() {
        return TransportError::Unreachable { host, reason: root_cause(&error.without_url()) };
    }
    TransportError::Broken { host, reason: root_cause(&error.without_url()) }
}

/// The innermost cause: the outer layers only say "error sending request".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    async fn head_of(stream: &mut TcpStream) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { break };
            head.push(byte);
        }
        String::from_utf8(head).unwrap()
    }

    /// Answers one request with this body, called packed; gives back the request's head.
    async fn exchange(body: Vec<u8>) -> (String, Result<RawResponse, TransportError>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = head_of(&mut stream).await;
            let length = body.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.write_all(&body).await.unwrap();
            head.to_ascii_lowercase()
        };
        let transport = HttpTransport::new().unwrap();
        let (call, unsigned) = (Call::get("/things", "things"), Signature::default());
        tokio::join!(server, transport.send(&base, &call, &unsigned))
    }

    #[tokio::test]
    async fn packed_answers_are_asked_for_and_unpacked() {
        let text = "a".repeat(100_000);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        let packed = encoder.finish().unwrap();
        let (head, response) = exchange(packed.clone()).await;
        assert!(head.contains("accept-encoding: gzip\r\n"), "{head}");
        assert_eq!(response.unwrap().body, text);
        // An answer that broke off is passing trouble, not an empty page.
        let (_, response) = exchange(packed[..packed.len() / 2].to_vec()).await;
        assert!(matches!(response, Err(TransportError::Broken { .. })), "{response:?}");
    }

    /// Listens, and answers whoever comes with this; gives the requests' heads as they come.
    async fn server(answer: String) -> (Url, tokio::sync::mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (sender, heads) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = sender.send(head_of(&mut stream).await);
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        (base, heads)
    }

    fn secret() -> Signature {
        Signature::bearer(&"planted".into())
    }

    /// Where an answer points to, nobody goes: neither with credentials nor without.
    #[tokio::test]
    async fn no_redirect_is_followed() {
        for status in [301, 302, 303, 307, 308] {
            let (target, mut seen_there) =
                server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned()).await;
            let (base, _) = server(format!(
                "HTTP/1.1 {status} Elsewhere\r\nlocation: {target}login\r\ncontent-length: 0\r\n\r\n"
            ))
            .await;
            let transport = HttpTransport::new().unwrap();
            let response = transport.send(&base, &Call::get("/things", "things"), &secret()).await.unwrap();
            assert_eq!(response.status, status);
            assert!(seen_there.try_recv().is_err(), "the request went on to where {status} points");
        }
    }

    /// A path that would make another host of the base URL is refused before anything is sent.
    #[tokio::test]
    async fn no_path_leads_to_another_host() {
        let (other, mut seen_there) =
            server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned()).await;
        let there = format!("@127.0.0.1:{}/things", other.port().unwrap());
        let base = Url::parse("http://127.0.0.1").unwrap();
        for path in [there.as_str(), ".invalid/things", ":1/things"] {
            let answer =
                HttpTransport::new().unwrap().send(&base, &Call::get(path, "things"), &secret()).await;
            assert!(matches!(answer, Err(TransportError::Request(_))), "{path}: {answer:?}");
        }
        assert!(seen_there.try_recv().is_err());
    }

    /// An answer that is too large is not read further, whether it says so or not; nor one that is unpacked to too much.
    #[tokio::test]
    async fn a_large_answer_is_given_up_at_the_limit() {
        let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
        let zeros = vec![0; 1024 * 1024];
        for _ in 0..=limits::RESPONSE_BYTES_MAX / zeros.len() {
            bomb.write_all(&zeros).unwrap();
        }
        let (_, response) = exchange(bomb.finish().unwrap()).await;
        assert!(matches!(response, Err(TransportError::TooLarge { .. })), "{response:?}");

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let endless = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            head_of(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.unwrap();
            let mut sent = 0;
            while stream.write_all(&zeros).await.is_ok() {
                sent += zeros.len();
                assert!(sent < 4 * limits::RESPONSE_BYTES_MAX, "it reads on and on");
            }
        };
        let transport = HttpTransport::new().unwrap();
        let (call, unsigned) = (Call::get("/things", "things"), Signature::default());
        let ((), response) = tokio::join!(endless, transport.send(&base, &call, &unsigned));
        assert!(matches!(response, Err(TransportError::TooLarge { .. })), "{response:?}");
    }

    /// A whole answer has its time, however slowly it comes; errors hold neither secrets nor parameters.
    #[tokio::test]
    async fn an_answer_that_drips_is_given_up_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let dripping = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            head_of(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await.unwrap();
            let mut ticks = tokio::time::interval(Duration::from_millis(50));
            loop {
                ticks.tick().await;
                if stream.write_all(b" ").await.is_err() {
                    break;
                }
            }
        };
        let call = Call::get("/things", "things").query("key", "planted");
        let call = Call { timeout: Some(Duration::from_millis(400)), ..call };
        let transport = HttpTransport::new().unwrap();
        let auth = secret();
        tokio::select! {
            () = dripping => panic!("the client went away without a word"),
            answer = transport.send(&base, &call, &auth) => {
                let Err(error @ TransportError::TimedOut { .. }) = answer else { panic!("{answer:?}") };
                assert!(!format!("{error} {error:?} {call:?} {auth:?}").contains("Bearer planted"));
                assert!(!error.to_string().contains("planted"));
            }
        }
    }
}
