//! The real binary, killed in the middle of everything.

pub mod heavy {
    use std::cell::Cell;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use futures::future::join_all;
    use reqwest::Method;
    use sea_orm::{EntityTrait, PaginatorTrait};
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};
    use tuanqiao::areas::orders::entity::order;
    use tuanqiao::areas::orders::state::OrderStatus;
    use tuanqiao::areas::payments::entity::{payment, refund};
    use tuanqiao::areas::payments::state::{PaymentState, RefundState};
    use tuanqiao::config::{Platforms, StockBackend};

    use crate::answer::Answer;
    use crate::app::TestApp;
    use crate::setup::Setup;
    use crate::shop_floor::{Floor, Ware, id};
    use crate::shopper::Client;

    const PURCHASES: usize = 500;
    pub const SHOPPERS: usize = 20;
    const STOCK: i64 = 2_000;
    /// How long whoever asks goes on asking.
    const PATIENCE: Duration = Duration::from_secs(180);

    /// Numbers that look random and are the same for the same seed.
    pub struct Dice(pub Cell<u64>);

    impl Dice {
        pub fn roll(&self, sides: u64) -> u64 {
            let next = self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0.set(next);
            (next >> 33) % sides
        }
    }

    /// The product as its users run it.
    pub struct Binary {
        child: Child,
    }

    impl Binary {
        /// Starts it on the database, the address and beside the sandbox of `app`.
        fn start(app: &TestApp) -> Self {
            let config = &app.app.config;
            let backend = if config.stock.backend == StockBackend::Redis { "redis" } else { "embedded" };
            let child = Command::new(env!("CARGO_BIN_EXE_tuanqiao"))
                .arg("serve")
                .env("TUANQIAO__SERVER__BIND", &config.server.bind)
                .env("TUANQIAO__SERVER__METRICS_BIND", "127.0.0.1:0")
                .env("TUANQIAO__SERVER__PUBLIC_URL", &config.server.public_url)
                .env("TUANQIAO__SERVER__WORKERS", "2")
                .env("TUANQIAO__DATABASE__URL", &config.database.url)
                .env("TUANQIAO__STOCK__BACKEND", backend)
                .env("TUANQIAO__STOCK__REDIS_URL", &config.stock.redis_url)
                .env("TUANQIAO__STORAGE__FOLDER", &config.storage.folder)
                .env("TUANQIAO__PLATFORMS__WECHAT", &config.platforms.wechat)
                .env("TUANQIAO__PLATFORMS__WECHAT_PAY", &config.platforms.wechat_pay)
                .env("TUANQIAO__PLATFORMS__WECHAT_PAY_BACKUP", &config.platforms.wechat_pay_backup)
                .envs(marketplaces(&config.platforms))
                .env("TUANQIAO__SANDBOX__ENABLED", "true")
                .env("TUANQIAO__LIMITS__ANONYMOUS_PER_IP_PER_S", "0")
                .env("TUANQIAO__LIMITS__MEMBER_PER_S", "0")
                .env("TUANQIAO__LIMITS__OPERATOR_PER_S", "0")
                .env("TUANQIAO__SECRETS__MASTER_KEY", config.secrets.master_key.expose_secret())
                .env("TUANQIAO__LOG__LEVEL", std::env::var("TEST_LOG").unwrap_or_else(|_| "error".to_owned()))
                .stdout(Stdio::inherit())
                .stderr(Stdio::inherit())
                .spawn()
                .unwrap();
            Self { child }
        }

        /// SIGKILL: no destructor, no flush, no goodbye.
        pub fn kill(&mut self) {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }

    /// Where the marketplaces are.
    fn marketplaces(at: &Platforms) -> [(&'static str, &String); 13] {
        [
            ("TUANQIAO__PLATFORMS__PINDUODUO", &at.pinduoduo),
            ("TUANQIAO__PLATFORMS__TAOBAO", &at.taobao),
            ("TUANQIAO__PLATFORMS__JD", &at.jd),
            ("TUANQIAO__PLATFORMS__YOUZAN", &at.youzan),
            ("TUANQIAO__PLATFORMS__WEIMOB", &at.weimob),
            ("TUANQIAO__PLATFORMS__SHOPIFY", &at.shopify),
            ("TUANQIAO__PLATFORMS__ALIEXPRESS", &at.aliexpress),
            ("TUANQIAO__PLATFORMS__EBAY", &at.ebay),
            ("TUANQIAO__PLATFORMS__AMAZON", &at.amazon),
            ("TUANQIAO__PLATFORMS__DHGATE", &at.dhgate),
            ("TUANQIAO__PLATFORMS__WISH", &at.wish),
            ("TUANQIAO__PLATFORMS__WANLINIU", &at.wanliniu),
            ("TUANQIAO__PLATFORMS__SHOPLAZZA", &at.shoplazza),
        ]
    }

    impl Drop for Binary {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// Asks until somebody answers for good: what broke off or was refused for the moment is repeated,
    /// as a mini-program does, under the same key.
    pub async fn insists(who: &Client, key: &str, path: &str, body: &Value) -> Answer {
        let who = who.clone().sending("Idempotency-Key", key);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let text = body.to_string().into_bytes();
            if let Ok(answer) = who.attempt(Method::POST, path, Some(("application/json", text))).await
                && answer.status < 500
                && answer.code() != "idempotency.in_progress"
            {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{PATIENCE:?} without an answer to {path}");
    }

    /// One purchase: ordered, and then paid, cancelled before, or cancelled after payment.
    async fn purchase(floor: &Floor<'_>, who: &Client, ware: &Ware, key: &str, fate: u64) {
        let order = insists(who, &format!("{key}-order"), "/api/v1/orders", &floor.basket(&[(ware, 1)])).await.ok();
        let cancel = format!("/api/v1/orders/{}/cancel", id(&order));
        if fate == 0 {
            insists(who, &format!("{key}-cancel"), &cancel, &json!({})).await;
            return;
        }
        let sheet = insists(who, key, &format!("/api/v1/orders/{}/payment", id(&order)), &json!({})).await.ok();
        floor.app.wechat().pays(sheet["package"].as_str().unwrap()).unwrap();
        if fate == 1 {
            insists(who, &format!("{key}-cancel"), &cancel, &json!({})).await;
        }
    }

    /// Kills and restarts the binary until `done`; says how often. Each life is a little longer than the one
    /// before, so that a busy machine gets its work done at last.
    pub async fn havoc(app: &TestApp, dice: &Dice, done: &Cell<bool>) -> (Binary, u32) {
        let mut binary = Binary::start(app);
        let mut kills = 0;
        while !done.get() {
            tokio::time::sleep(Duration::from_millis(400 + dice.roll(1_200) + 30 * u64::from(kills))).await;
            if !done.get() {
                binary.kill();
                kills += 1;
                binary = Binary::start(app);
            }
        }
        (binary, kills)
    }

    /// What still has to happen, in words; `None` when everything has come to rest.
    pub async fn unrest(app: &TestApp) -> Option<String> {
        let conn = app.app.db.reader();
        let payments = payment::Entity::find().all(conn).await.unwrap();
        let succeeded = |number: &str| {
            payments.iter().any(|row| row.id.to_string() == number && row.state == PaymentState::Succeeded)
        };
        for paid in app.wechat().orders().iter().filter(|o| ["SUCCESS", "REFUND"].contains(&o.trade_state.as_str())) {
            if !succeeded(&paid.out_trade_no) {
                return Some(format!("{} is paid at WeChat and not here", paid.out_trade_no));
            }
        }
        let open = refund::Entity::find().all(conn).await.unwrap();
        let open = open.iter().find(|refund| refund.state != RefundState::Succeeded);
        open.map(|refund| format!("{} is {:?}", refund.id, refund.state))
    }

    on_both! {
        async fn five_hundred_purchases_survive_being_killed(setup: Setup) {
            survives(setup).await;
        }
    }

    /// From `KILL_SEED`, or a seed that is told.
    pub fn dice() -> Dice {
        let seed = std::env::var("KILL_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| chrono::Utc::now().timestamp_micros().unsigned_abs());
        eprintln!("KILL_SEED={seed}");
        Dice(Cell::new(seed))
    }

    /// A shop whose platform tells of what happens by itself, and its shoppers.
    pub async fn opened(setup: Setup) -> (TestApp, Vec<Client>) {
        let of_itself = |sandbox: &mut sandbox::SandboxConfig| {
            sandbox.notify = true;
            sandbox.settle_after_ms = Some(100);
        };
        let app = TestApp::beside(setup, |_| {}, of_itself).await;
        let mut shoppers = Vec::new();
        for n in 0..SHOPPERS {
            shoppers.push(app.member(&format!("shopper{n}")).await);
        }
        (app, shoppers)
    }

    /// Waits until everything has come to rest, a minute and a half at most.
    pub async fn rests(app: &TestApp) {
        let mut waits = 0;
        while let Some(why) = unrest(app).await {
            waits += 1;
            assert!(waits < 450, "ninety seconds after the last kill: {why}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn survives(setup: Setup) {
        let dice = dice();
        let (mut app, shoppers) = opened(setup).await;
        let (point, ware) = {
            let floor = Floor::open(&app).await;
            let ware = floor.goods(1000, STOCK).await;
            (floor.point.clone(), ware)
        };
        app.leave_the_address().await;
        let app = &app;
        let nobody = app.anybody();
        let floor = Floor { app, keeper: nobody.clone(), leader: nobody, leader_id: String::new(), point };

        let (done, floor, ware, dice) = (Cell::new(false), &floor, &ware, &dice);
        let started = Instant::now();
        let shopping = async {
            join_all(shoppers.iter().enumerate().map(|(n, who)| async move {
                for turn in 0..PURCHASES / SHOPPERS {
                    purchase(floor, who, ware, &format!("{n}-{turn}"), dice.roll(10)).await;
                }
            }))
            .await;
            done.set(true);
        };
        let ((), (mut binary, kills)) = futures::future::join(shopping, havoc(app, dice, &done)).await;
        let shopped = started.elapsed();
        assert!(kills >= 3, "killed {kills} times only");

        rests(app).await;
        eprintln!("{PURCHASES} purchases in {shopped:?}, {kills} kills, at rest after {:?}", started.elapsed());
        binary.kill();

        let conn = app.app.db.reader();
        assert_eq!(order::Entity::find().count(conn).await.unwrap(), PURCHASES as u64, "one order a key");
        let orders = order::Entity::find().all(conn).await.unwrap();
        let payments = payment::Entity::find().all(conn).await.unwrap();
        let at_wechat = app.wechat().orders();
        for paid in at_wechat.iter().filter(|o| ["SUCCESS", "REFUND"].contains(&o.trade_state.as_str())) {
            let payment = payments.iter().find(|row| row.id.to_string() == paid.out_trade_no).unwrap();
            let order = orders.iter().find(|row| Some(row.id) == payment.order_id).unwrap();
            match order.status {
                OrderStatus::Paid => assert_eq!(paid.refunded, 0, "{order:?}"),
                OrderStatus::Closed => assert_eq!(paid.refunded, paid.total, "{order:?}"),
                other => panic!("{other:?}"),
            }
        }
        let paid_here = orders.iter().filter(|row| row.status == OrderStatus::Paid).count();
        let paid_there = at_wechat.iter().filter(|o| o.trade_state == "SUCCESS").count();
        assert_eq!(paid_here, paid_there, "what is paid here is paid there");
        floor.adds_up().await;
        let free =
            tuanqiao::areas::stock::query::free(conn, app.shop().id, &[ware.sku.parse().unwrap()]).await.unwrap();
        let live = orders.iter().filter(|row| row.status != OrderStatus::Closed).count();
        assert_eq!(free.values().next().copied().flatten(), Some(STOCK - live as i64), "a unit for every living order");
    }
}
