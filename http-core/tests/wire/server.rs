//! A server on loopback that does exactly what a test tells it, down to the byte.
#![allow(dead_code)] // each test program uses its own part

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `GET /path HTTP/1.1` and the header lines.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Which connection it came on, from 1.
    pub(crate) connection: usize,
}

impl Seen {
    /// The request target exactly as sent.
    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What the server does after it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Writes these bytes and keeps the connection.
    Send(Vec<u8>),
    /// Writes these bytes and closes the connection.
    SendAndClose(Vec<u8>),
    /// Writes the first bytes, then the second ones over and over.
    Endless(Vec<u8>, Vec<u8>),
    /// Writes the bytes one by one with this pause between them.
    Drip(Vec<u8>, Duration),
    /// Closes without a word.
    Close,
    /// Never answers.
    Silent,
}

pub(crate) struct Wire {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Wire {
    /// Answers the n-th request (from 1) by `act`.
    pub(crate) async fn start(act: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, connections) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::<AtomicUsize>::default());
        let (log, count, act) = (Arc::clone(&seen), Arc::clone(&connections), Arc::new(act));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = count.fetch_add(1, Ordering::SeqCst) + 1;
                let (log, act) = (Arc::clone(&log), Arc::clone(&act));
                tokio::spawn(async move { serve(stream, connection, &log, &*act).await });
            }
        });
        Self { address, seen, connections, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    log: &Mutex<Vec<Seen>>,
    act: &(dyn Fn(usize, &Seen) -> Act + Send + Sync),
) {
    while let Some(seen) = read(&mut stream, connection).await {
        let n = {
            let mut log = log.lock().unwrap();
            log.push(seen.clone());
            log.len()
        };
        match act(n, &seen) {
            Act::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Act::SendAndClose(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Act::Endless(first, more) => {
                let _ = stream.write_all(&first).await;
                while stream.write_all(&more).await.is_ok() {}
                return;
            }
            Act::Drip(bytes, pause) => {
                for byte in bytes {
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
            Act::Close => return,
            Act::Silent => {
                tokio::time::sleep(Duration::from_secs(600)).await;
                return;
            }
        }
    }
}

async fn read(stream: &mut TcpStream, connection: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut chunk = [0u8; 4096];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut seen = Seen { head, body: bytes[end + 4..].to_vec(), connection };
    let length = seen.header("content-length").map_or(0, |n| n.parse().unwrap());
    while seen.body.len() < length {
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => seen.body.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    }
    Some(seen)
}

/// An answer with a correct length.
pub(crate) fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for header in headers {
        bytes.extend_from_slice(format!("{header}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) fn json(body: &str) -> Vec<u8> {
    answer("200 OK", &["content-type: application/json"], body)
}
