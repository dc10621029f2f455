//! Load over HTTP: prepared requests, kept-alive connections, as little client as possible, since
//! client and server share the machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a load did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Answers below 400.
    pub done: usize,
    /// The others.
    pub failed: usize,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Of each answered request, sorted, in microseconds.
    pub latencies: Vec<u32>,
    /// The first answer of 400 or above, or how a connection was lost.
    pub complaint: Option<String>,
}

impl Outcome {
    /// The latency below which `percent` of the answers are.
    pub fn percentile(&self, percent: usize) -> Duration {
        let place = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        Duration::from_micros(self.latencies.get(place).copied().unwrap_or(0).into())
    }

    pub fn merge(&mut self, other: Self) {
        self.done += other.done;
        self.failed += other.failed;
        self.latencies.extend(other.latencies);
        self.complaint = self.complaint.take().or(other.complaint);
    }
}

/// How often the prepared requests are sent.
#[derive(Clone, Copy, Debug)]
pub enum Extent {
    /// Each once.
    Once,
    /// Round and round until the time is over.
    For(Duration),
}

/// Sends the requests over `connections` connections at once, each as soon as it is free.
pub async fn drive(address: SocketAddr, requests: Arc<[Bytes]>, connections: usize, extent: Extent) -> Outcome {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(one_connection(address, requests.clone(), next.clone(), start, extent)))
        .collect();
    let mut all = Outcome::default();
    for task in tasks {
        all.merge(task.await.unwrap());
    }
    all.elapsed = start.elapsed();
    all.latencies.sort_unstable();
    all
}

async fn one_connection(
    address: SocketAddr,
    requests: Arc<[Bytes]>,
    next: Arc<AtomicUsize>,
    start: Instant,
    extent: Extent,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut connection = match Connection::open(address).await {
        Ok(connection) => connection,
        Err(error) => return Outcome { failed: 1, complaint: Some(error.to_string()), ..outcome },
    };
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let request = match extent {
            Extent::Once => requests.get(index),
            Extent::For(time) if start.elapsed() < time => requests.get(index % requests.len()),
            Extent::For(_) => None,
        };
        let Some(request) = request else { return outcome };
        let sent = Instant::now();
        let complaint = match connection.call(request).await {
            Ok((status, _)) if status < 400 => None,
            Ok((status, body)) => Some(format!("{status} {}", String::from_utf8_lossy(body))),
            Err(error) => Some(error.to_string()),
        };
        let Some(complaint) = complaint else {
            outcome.latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
            outcome.done += 1;
            continue;
        };
        outcome.failed += 1;
        outcome.complaint.get_or_insert(complaint);
        // What is half read would be taken for the next answer.
        match Connection::open(address).await {
            Ok(fresh) => connection = fresh,
            Err(_) => return outcome,
        }
    }
}

/// A kept-alive HTTP/1.1 connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request's bytes; returns the status and the body of the answer.
    pub async fn call(&mut self, request: &[u8]) -> std::io::Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            self.read_more().await?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break (end + 4, content_length(&self.buffer[..end]));
            }
        };
        while self.buffer.len() < head + length {
            self.read_more().await?;
        }
        let status = std::str::from_utf8(&self.buffer[9..12]).unwrap().parse().unwrap();
        Ok((status, &self.buffer[head..]))
    }

    async fn read_more(&mut self) -> std::io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(std::io::Error::other("the server hung up")),
            _ => Ok(()),
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Answers of both servers name their length, except the empty ones.
fn content_length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).unwrap();
    head.split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap())
}

/// The bytes of a request.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Bytes {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: shop.example\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if method != "GET" {
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    Bytes::from(format!("{text}\r\n{body}"))
}
