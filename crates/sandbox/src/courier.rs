//! The thread that carries notices to shops.
//!
//! It has its own runtime, so a sandbox may be used from any runtime or from none.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::pay::notices::SignedNotice;

/// A shop must answer within five seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

type Job = futures::future::BoxFuture<'static, ()>;

/// Hands work to the delivering thread. Dropping the last handle ends it.
pub(crate) struct Courier {
    jobs: mpsc::UnboundedSender<Job>,
    client: reqwest::Client,
}

/// What a shop answered to one delivery.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Delivery {
    /// HTTP status; absent when the shop could not be reached or was too slow.
    pub status: Option<u16>,
    /// Its body, cut to 500 characters, or why there was none.
    pub answer: String,
}

impl Delivery {
    /// Whether the platform takes this for "received" (200 or 204).
    pub fn accepted(&self) -> bool {
        matches!(self.status, Some(200 | 204))
    }
}

impl Courier {
    pub(crate) fn start() -> std::io::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_WITHIN)
            // A connection that waits may be closed by the shop just when the next notice is sent.
            .pool_max_idle_per_host(0)
            .user_agent("Mozilla/4.0 (sandbox)")
            .build()
            .map_err(std::io::Error::other)?;
        let (jobs, mut waiting) = mpsc::unbounded_channel::<Job>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("sandbox-courier".to_owned()).spawn(move || {
            runtime.block_on(async move {
                while let Some(job) = waiting.recv().await {
                    tokio::spawn(job);
                }
            });
        })?;
        Ok(Self { jobs, client })
    }

    /// Runs `job` on the delivering thread.
    pub(crate) fn run(&self, job: impl Future<Output = ()> + Send + 'static) {
        // The receiver lives as long as the thread, which lives as long as this sender.
        let _ = self.jobs.send(Box::pin(job));
    }

    /// Posts `notice` and waits for the shop's answer.
    pub(crate) async fn post(&self, notice: SignedNotice) -> Delivery {
        let (tell, told) = oneshot::channel();
        let client = self.client.clone();
        self.run(async move {
            let _ = tell.send(post(&client, notice).await);
        });
        told.await.unwrap_or_else(|_| stopped())
    }

    /// Opens `address` and waits for the shop's answer.
    pub(crate) async fn get(&self, address: String) -> Delivery {
        let (tell, told) = oneshot::channel();
        let request = self.client.get(address);
        self.run(async move {
            let _ = tell.send(answer(request).await);
        });
        told.await.unwrap_or_else(|_| stopped())
    }
}

fn stopped() -> Delivery {
    Delivery { status: None, answer: "the sandbox stopped".to_owned() }
}

async fn post(client: &reqwest::Client, notice: SignedNotice) -> Delivery {
    let mut request = client.post(&notice.url).body(notice.body);
    for (name, value) in notice.headers {
        request = request.header(name, value);
    }
    answer(request).await
}

async fn answer(request: reqwest::RequestBuilder) -> Delivery {
    match request.send().await {
        Ok(answer) => {
            let status = Some(answer.status().as_u16());
            let text = answer.text().await.unwrap_or_default();
            Delivery { status, answer: text.chars().take(500).collect() }
        }
        Err(error) => Delivery { status: None, answer: error.without_url().to_string() },
    }
}
