//! A server that answers from a script and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::{Url, form_urlencoded};

/// One scripted answer.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: &'static str,
    pub body: String,
    pub delay: Duration,
}

pub fn ok(body: impl ToString) -> Answer {
    Answer { status: 200, headers: "", body: body.to_string(), delay: Duration::ZERO }
}

pub fn failing(status: u16) -> Answer {
    Answer { status, ..ok("<html>") }
}

/// The forms the server was sent.
pub type Asked = Arc<Mutex<Vec<BTreeMap<String, String>>>>;

/// Starts a server that gives the answers in turn, then the last one again and again.
pub async fn serve(script: Vec<Answer>) -> (Url, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}/gateway", listener.local_addr().unwrap())).unwrap();
    let asked = Asked::default();
    let heard = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let form = read_form(&mut stream).await;
            let nth = {
                let mut heard = heard.lock().unwrap();
                heard.push(form);
                heard.len() - 1
            };
            let answer = script[nth.min(script.len() - 1)].clone();
            tokio::spawn(async move { write_answer(stream, answer).await });
        }
    });
    (base, asked)
}

async fn read_form(stream: &mut TcpStream) -> BTreeMap<String, String> {
    let mut seen = Vec::new();
    loop {
        let mut chunk = [0_u8; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        seen.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&seen);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) || read == 0 {
            return form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        }
    }
}

async fn write_answer(mut stream: TcpStream, answer: Answer) {
    tokio::time::sleep(answer.delay).await;
    let Answer { status, headers, body, .. } = answer;
    let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // The caller may have hung up on purpose.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
}
