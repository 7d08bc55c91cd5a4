//! A way to a provider that can hold its answers back: what it said waits until it is let through.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Stands between a worker and a provider. Gone when dropped.
pub struct Gate {
    pub address: SocketAddr,
    /// Answers to requests for a path that begins with this wait; empty = none does.
    held: watch::Sender<&'static str>,
    waiting: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

// === impl Gate ===

impl Gate {
    /// In front of this address, open.
    pub async fn before(provider: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (held, path) = watch::channel("");
        let (count, waiting) = watch::channel(0);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, provider, path.clone(), count.clone()));
            }
        });
        Self { address, held, waiting, task }
    }

    /// From now on answers to requests for such a path wait.
    pub fn hold(&self, path: &'static str) {
        self.held.send_replace(path);
    }

    /// Waits until an answer waits.
    pub async fn holds_one(&mut self) {
        self.waiting.wait_for(|waiting| *waiting > 0).await.unwrap();
    }

    /// Lets everything through.
    pub fn open(&self) {
        self.held.send_replace("");
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection: one request after the other, each answered before the next.
async fn pass(
    client: TcpStream,
    provider: SocketAddr,
    mut hold: watch::Receiver<&'static str>,
    count: watch::Sender<usize>,
) {
    let Ok(server) = TcpStream::connect(provider).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (asked, path) = watch::channel(String::new());
    let there = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
            let text = String::from_utf8_lossy(&bytes[..read]);
            if let Some(path) = text.strip_prefix("GET ").and_then(|rest| rest.split(' ').next()) {
                asked.send_replace(path.to_owned());
            }
            if to_server.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
            let is_held = |held: &str| !held.is_empty() && path.borrow().contains(held);
            if is_held(&hold.borrow()) {
                count.send_modify(|waiting| *waiting += 1);
                let _ = hold.wait_for(|held| !is_held(held)).await;
                count.send_modify(|waiting| *waiting -= 1);
            }
            if to_client.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}
