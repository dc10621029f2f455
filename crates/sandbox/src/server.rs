//! Starting and stopping a sandbox.

use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};

use crate::config::SandboxConfig;
use crate::keys::KeysError;
use crate::state::SandboxState;
use crate::{
    aliexpress, amazon, catalogue, control, dhgate, ebay, faults, jd, pay, pinduoduo, shopify, shoplazza, taobao,
    wanliniu, wechat, weimob, wish, youzan,
};

/// Largest request body taken, in bytes.
const BODY_LIMIT: usize = 256 * 1024;

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its keys or its data file.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Its address or its threads.
    #[error("the sandbox cannot listen: {0}")]
    Io(#[from] std::io::Error),
}

/// The sandbox of every outside platform.
pub struct Sandbox;

/// A sandbox that serves, until [`Running::stop`] or the end of the process.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    state: SandboxState,
    server: ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Sandbox {
    /// Builds the state and serves it on threads of its own, independent of the caller's runtime.
    pub fn start(config: SandboxConfig) -> Result<Running, StartError> {
        let listener = TcpListener::bind(&config.bind)?;
        let addr = listener.local_addr()?;
        let workers = config.workers.max(1);
        let state = SandboxState::new(config)?;
        let _ = state.0.base_url.set(format!("http://{addr}"));
        if state.config().data_file.is_some() {
            state.save_now_and_then();
        }
        let shared = Data::new(state.clone());
        let build = move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(BODY_LIMIT))
                .wrap(from_fn(faults::strike))
                .configure(pay::routes)
                .configure(wechat::routes)
                .configure(pinduoduo::routes)
                .configure(taobao::routes)
                .configure(jd::routes)
                .configure(shopify::routes)
                .configure(aliexpress::routes)
                .configure(ebay::routes)
                .configure(amazon::routes)
                .configure(dhgate::routes)
                .configure(wish::routes)
                .configure(wanliniu::routes)
                .configure(shoplazza::routes)
                .configure(youzan::routes)
                .configure(weimob::routes)
                .configure(catalogue::routes)
                .configure(control::routes)
        };
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(build)
                    .workers(workers)
                    .disable_signals()
                    .shutdown_timeout(2)
                    .listen(listener)?
                    .run();
                let _ = tell.send(server.handle());
                server.await
            })
        })?;
        let server = told.recv().map_err(std::io::Error::other)?;
        Ok(Running { addr, state, server, thread: Some(thread) })
    }
}

impl Running {
    /// The state, for tests and for the demo in the same process.
    pub fn state(&self) -> &SandboxState {
        &self.state
    }

    /// `http://host:port`, the base URL of the WeChat and WeChat Pay platforms and of the control
    /// page.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Base URL of Pinduoduo's gateway.
    pub fn pinduoduo_url(&self) -> String {
        format!("http://{}/pinduoduo/api/router", self.addr)
    }

    /// Base URL of Taobao's gateway.
    pub fn taobao_url(&self) -> String {
        format!("http://{}/taobao/router/rest", self.addr)
    }

    /// Base URL of JD's gateway.
    pub fn jd_url(&self) -> String {
        format!("http://{}/jd/routerjson", self.addr)
    }

    /// The address for a key of `[platforms]`: a platform's id, or one of its hosts with an address of
    /// its own.
    pub fn platform_url(&self, key: &str) -> String {
        let path = match key {
            "wechat" | "wechat_pay" | "wechat_pay_backup" => "",
            "pinduoduo" => "/pinduoduo/api/router",
            "pinduoduo_auth" => "/pinduoduo/service-market/auth",
            "taobao" => "/taobao/router/rest",
            "taobao_auth" => "/taobao",
            "jd" => "/jd/routerjson",
            "jd_auth" => "/jd",
            "wanliniu" => "/wanliniu/api",
            other => return format!("http://{}/{other}", self.addr),
        };
        format!("http://{}{path}", self.addr)
    }

    /// Finishes the running requests, stops listening and writes the data file.
    pub async fn stop(mut self) -> Result<(), StartError> {
        self.server.stop(true).await;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        Ok(self.state.save()?)
    }
}

impl Drop for Running {
    /// A sandbox that is dropped stops too, so that a failed test leaves no port behind.
    fn drop(&mut self) {
        if self.thread.is_some() {
            // Asking is enough; the returned future only waits for the end.
            drop(self.server.stop(false));
        }
    }
}
