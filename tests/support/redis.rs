//! A throw-away Redis for tests: on loopback, with a port and a directory of its own; and a slow way to it.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{support, tools};

/// The server's password, where it has one; planted where secrets are looked for.
pub const PASSWORD: &str = "planted-redis-password-7";

/// A server; killed and deleted when dropped.
pub struct Redis {
    directory: TempDir,
    /// Where it listens.
    pub port: u16,
    arguments: Vec<String>,
    child: Option<Child>,
}

/// A way to a server on which every answer takes its time.
pub struct SlowWay {
    /// Where it listens.
    pub port: u16,
    delay_ms: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

// === impl Redis ===

impl Redis {
    /// Without a password.
    pub fn start() -> Self {
        Self::with(Vec::new(), true)
    }

    /// With [`PASSWORD`].
    pub fn with_password() -> Self {
        Self::with(vec!["--requirepass".to_owned(), PASSWORD.to_owned()], true)
    }

    /// With TLS only: see [`Redis::ca_file`].
    pub fn with_tls() -> Self {
        Self::with(Vec::new(), false)
    }

    fn with(arguments: Vec<String>, plain: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { directory, port, arguments, child: None };
        let port = port.to_string();
        let listen: Vec<String> = if plain {
            vec!["--port".to_owned(), port]
        } else {
            server.make_certificates();
            let file = |name: &str| server.directory.path().join(name).display().to_string();
            ["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]
                .into_iter()
                .map(str::to_owned)
                .chain(["--tls-cert-file".to_owned(), file("server.pem")])
                .chain(["--tls-key-file".to_owned(), file("server.key")])
                .chain(["--tls-ca-cert-file".to_owned(), file("ca.pem")])
                .collect()
        };
        server.arguments.extend(listen);
        server.run();
        server
    }

    /// Starts it, if it is stopped. It remembers nothing.
    pub fn run(&mut self) {
        let program = tools::find("redis-server", "redis-server");
        let child = Command::new(program)
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"])
            .arg("--dir")
            .arg(self.directory.path())
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let began = support::instant();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "redis-server does not listen");
            std::thread::yield_now();
        }
    }

    /// Kills it.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Its address, without a password.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Where the certificates come from that it shows.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Every byte that it would keep.
    pub async fn dump(&self, url: &str) -> Vec<u8> {
        let mut redis = connect(url).await;
        ::redis::cmd("SAVE").query_async::<()>(&mut redis).await.unwrap();
        std::fs::read(self.directory.path().join("dump.rdb")).unwrap()
    }

    fn make_certificates(&self) {
        let openssl = |arguments: &str| {
            let mut command = Command::new(tools::find("openssl", "openssl"));
            let done =
                command.args(arguments.split(' ')).current_dir(self.directory.path()).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        std::fs::write(self.directory.path().join("san"), "subjectAltName=IP:127.0.0.1").unwrap();
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=tests");
        openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=redis");
        openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem",
        );
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A connection for the test itself.
pub async fn connect(url: &str) -> ::redis::aio::MultiplexedConnection {
    ::redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

// === impl SlowWay ===

impl SlowWay {
    /// To the server on this port; without delay at first.
    pub async fn to(server: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let delay_ms = Arc::new(AtomicU64::new(0));
        let delay = Arc::clone(&delay_ms);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let Ok(server) = tokio::net::TcpStream::connect(("127.0.0.1", server)).await else {
                    continue;
                };
                let delay = Arc::clone(&delay);
                tokio::spawn(async move {
                    let (mut from_client, mut to_client) = client.into_split();
                    let (mut from_server, mut to_server) = server.into_split();
                    let there = async { tokio::io::copy(&mut from_client, &mut to_server).await.map(drop) };
                    let back = async {
                        let mut buffer = vec![0; 1 << 16];
                        loop {
                            let read = from_server.read(&mut buffer).await?;
                            if read == 0 {
                                return std::io::Result::Ok(());
                            }
                            support::pause(Duration::from_millis(delay.load(Ordering::Relaxed))).await;
                            to_client.write_all(&buffer[..read]).await?;
                        }
                    };
                    let _ = tokio::try_join!(there, back);
                });
            }
        });
        Self { port, delay_ms, task }
    }

    /// From now on every answer takes so long.
    pub fn delay(&self, delay: Duration) {
        self.delay_ms.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// The server's address on this way.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }
}

impl Drop for SlowWay {
    fn drop(&mut self) {
        self.task.abort();
    }
}
