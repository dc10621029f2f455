//! The processes beside this one: the product itself, the stand-in for WeChat Pay, and a server of
//! static answers. Each is measured, or kept out of the measurement, by its own process id.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use kernel::crypto::rsa::PrivateKey;

use crate::place::{Place, Setup};
use crate::world::{Keys, SignedHeaders, sign};

/// The master key of every process of a run.
pub const MASTER_KEY: &str = "the master key of the benchmark";

/// An answer's signature is made anew after this time: WeChat Pay's count for five minutes.
const SIGNATURE_LIFE: Duration = Duration::from_secs(60);

/// A process that listens; it ends when dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// From its start to its first accepted connection.
    pub ready_after: Duration,
}

impl Process {
    fn start(command: &mut Command, address: SocketAddr) -> Self {
        let start = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let mut process = Self { child, address, ready_after: Duration::ZERO };
        while TcpStream::connect(address).is_err() {
            assert!(process.child.try_wait().unwrap().is_none(), "a process ended before it listened");
            assert!(start.elapsed() < Duration::from_secs(30), "a process does not listen");
            std::thread::sleep(Duration::from_millis(2));
        }
        process.ready_after = start.elapsed();
        process
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails the run when the process has died under the load: then its figures mean nothing.
    pub fn expect_alive(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the process at {} ended under the load: {status}", self.address);
        }
    }

    /// Asks it to end and waits.
    pub fn stop(mut self) {
        let _ = Command::new("kill").arg(self.pid().to_string()).status();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port nobody listens on now.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// `tuanqiao serve` as it is shipped, with its jobs, without limits of requests.
pub fn serve(place: &Place, stand_in: SocketAddr) -> Process {
    let address = free_address();
    let platform = format!("http://{stand_in}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tuanqiao"));
    command
        .arg("serve")
        .env("TUANQIAO__SERVER__BIND", address.to_string())
        .env("TUANQIAO__SERVER__METRICS_BIND", free_address().to_string())
        .env("TUANQIAO__SERVER__PUBLIC_URL", format!("http://{address}"))
        .env("TUANQIAO__DATABASE__URL", &place.url)
        .env("TUANQIAO__PLATFORMS__WECHAT", &platform)
        .env("TUANQIAO__PLATFORMS__WECHAT_PAY", &platform)
        .env("TUANQIAO__PLATFORMS__WECHAT_PAY_BACKUP", &platform)
        .env("TUANQIAO__LIMITS__MEMBER_PER_S", "0")
        .env("TUANQIAO__LIMITS__OPERATOR_PER_S", "0")
        .env("TUANQIAO__LIMITS__ANONYMOUS_PER_IP_PER_S", "0")
        .env("TUANQIAO__SECRETS__MASTER_KEY", MASTER_KEY)
        // Its log is written as usual, and read by nobody.
        .stderr(Stdio::null());
    if place.setup == Setup::Postgres {
        command.env("TUANQIAO__STOCK__BACKEND", "redis").env("TUANQIAO__STOCK__REDIS_URL", crate::place::redis_url());
    }
    Process::start(&mut command, address)
}

/// The stand-in for WeChat Pay, with the platform's key.
pub fn stand_in(keys: &Keys) -> Process {
    let address = free_address();
    let key = kernel::crypto::base64_encode(keys.platform.to_pkcs8_der().unwrap());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("stand-in").arg(address.to_string()).env("BENCH_PLATFORM_KEY", key);
    Process::start(&mut command, address)
}

/// A server whose only answer is `body`.
pub fn static_answer(body: &[u8], folder: &std::path::Path) -> Process {
    let (address, file) = (free_address(), folder.join("answer.json"));
    std::fs::write(&file, body).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("static").arg(address.to_string()).arg(file);
    Process::start(&mut command, address)
}

/// Serves every prepay with the same number. The answer is signed once a minute, so that the
/// stand-in takes next to nothing of the machine.
pub fn run_stand_in(address: &str) {
    let der = kernel::crypto::base64_decode(std::env::var("BENCH_PLATFORM_KEY").unwrap()).unwrap();
    let state = web::Data::new(Platform { key: PrivateKey::from_der(&der).unwrap(), signed: Mutex::new(None) });
    run(HttpServer::new(move || {
        App::new().app_data(state.clone()).route("/v3/pay/transactions/jsapi", web::post().to(prepay))
    })
    .workers(1)
    .bind(address)
    .unwrap()
    .run());
}

struct Platform {
    key: PrivateKey,
    signed: Mutex<Option<(Instant, SignedHeaders)>>,
}

async fn prepay(platform: web::Data<Platform>) -> HttpResponse {
    const BODY: &str = r#"{"prepay_id":"wx231845021234567890abcdef01234567890"}"#;
    let mut signed = platform.signed.lock().unwrap();
    if signed.as_ref().is_none_or(|(at, _)| at.elapsed() > SIGNATURE_LIFE) {
        *signed = Some((Instant::now(), sign(&platform.key, BODY)));
    }
    let mut answer = HttpResponse::Ok();
    for (name, value) in signed.iter().flat_map(|(_, headers)| headers) {
        answer.insert_header((*name, value.as_str()));
    }
    answer.content_type("application/json").body(BODY)
}

/// Serves the file's bytes at every path.
pub fn run_static(address: &str, file: &str) {
    let body = bytes::Bytes::from(std::fs::read(file).unwrap());
    run(HttpServer::new(move || {
        let body = body.clone();
        App::new().default_service(web::to(move || {
            let body = body.clone();
            async move { HttpResponse::Ok().content_type("application/json").body(body) }
        }))
    })
    .workers(std::thread::available_parallelism().map_or(2, usize::from))
    .bind(address)
    .unwrap()
    .run());
}

fn run(server: actix_web::dev::Server) {
    actix_web::rt::System::new().block_on(server).unwrap();
}
