//! Order, prepay and paid notification, measured apart: each starts from the state the one before
//! left, and is played against the server and against the floor in turn.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::Value;
use tuanqiao::areas::payments::entity::payment;
use tuanqiao::areas::stock::StockGate;
use tuanqiao::areas::stock::holds::RedisGate;
use tuanqiao::platform::redis::{Redis, Timing};

use crate::children::{self, Process};
use crate::load::{self, Extent};
use crate::place::{Place, Setup};
use crate::record::{self, Work};
use crate::replay::{Signing, replay};
use crate::report::{Figure, Report, Run};
use crate::world::{self, Keys, Sample, World};
use crate::{CONNECTIONS, WARM_UP, cpu};

/// What the three steps share.
struct Bench<'a> {
    folder: &'a Path,
    stand_in: Process,
    world: World,
    rounds: usize,
}

/// One step of the story.
struct Step<'a> {
    what: String,
    aim: Option<u32>,
    /// The state it starts from.
    before: &'a Place,
    signatures: &'static str,
    signing: Signing,
}

/// Measures the three steps on one set-up.
pub async fn measure(setup: Setup, folder: &Path, count: usize, rounds: usize, report: &mut Report) {
    eprintln!("{}: filling and recording", setup.name());
    let keys = Arc::new(Keys::generate());
    let stand_in = children::stand_in(&keys);
    let start = Place::empty(setup, folder, "start.db").await;
    let config = record::config(&start, stand_in.address);
    let world = record::inside(config, async |app| World::fill(app, &keys).await).await;
    let bench = Bench { folder, stand_in, world, rounds };
    let sample = Arc::new(Sample::make(&keys));

    let step = |what: &str, aim, before, signatures, signing| {
        let what = format!("{what}, {}", setup.name());
        Step { what, aim, before, signatures, signing }
    };
    let orders = bench.world.orders(count + WARM_UP);
    let none: Signing = Arc::new(|| ());
    let order = step("Order creation", Some(50), &start, "no RSA operation", none);
    let (answers, ordered) = bench.measure(&order, report, || orders.clone()).await;

    let ids: Vec<String> = answers.iter().map(|answer| id_of(answer)).collect();
    let prepays = bench.world.prepays(&ids);
    let (signer, sampled) = (keys.clone(), sample.clone());
    let signing: Signing = Arc::new(move || world::sign_prepay(&signer, &sampled));
    let prepay = step("Prepay", None, &ordered, "2 signatures (request, `paySign`), 1 verification (answer)", signing);
    let (_, prepaid) = bench.measure(&prepay, report, || prepays.clone()).await;

    let payments = bench.payments(&prepaid).await;
    let opener = keys.clone();
    let signing: Signing = Arc::new(move || world::open_notice(&opener, &sample));
    let paid = step("Paid notification", Some(50), &prepaid, "1 verification, 1 AES-GCM decryption", signing);
    let (_, end) = bench.measure(&paid, report, || world::notices(&keys, &payments)).await;

    for place in [start, ordered, prepaid, end] {
        place.remove(folder).await;
    }
}

fn id_of(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

impl Bench<'_> {
    /// Records the step once, then measures it. Returns the answers and the state after it.
    async fn measure(
        &self,
        step: &Step<'_>,
        report: &mut Report,
        requests: impl Fn() -> Vec<Bytes>,
    ) -> (Vec<String>, Place) {
        let after = step.before.copy(self.folder, &format!("after{}.db", report.figures.len())).await;
        let (answers, works) = record::record(record::config(&after, self.stand_in.address), &requests()).await;
        record::inside(record::config(&after, self.stand_in.address), async |_| ()).await;
        let (statements, transactions) = record::size_of(&works[works.len() / 2]);
        report.facts.push(format!(
            "{}: {}, {statements} statements, of which a part in {transactions} transaction(s).",
            step.what, step.signatures
        ));
        let works: Arc<[Work]> = works.into();
        let mut figure = Figure {
            what: step.what.clone(),
            floor_is: "purchase: the same statements with the same values in the same transactions through raw sqlx, \
                       and the signatures named below",
            aim: step.aim,
            product: Vec::new(),
            floor: Vec::new(),
        };
        for _ in 0..self.rounds {
            let product = self.product(step, requests()).await;
            let place = step.before.copy(self.folder, "floor.db").await;
            let floor = replay(&place, &works, WARM_UP, CONNECTIONS, &step.signing).await;
            place.remove(self.folder).await;
            figure.add(product, floor);
        }
        report.figures.push(figure);
        (answers, after)
    }

    async fn product(&self, step: &Step<'_>, mut requests: Vec<Bytes>) -> Run {
        let place = step.before.copy(self.folder, "product.db").await;
        if place.setup == Setup::Postgres {
            self.forget_gate().await;
        }
        let mut server = children::serve(&place, self.stand_in.address);
        // The jobs find out what there is, and fill the gate.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let measured: Arc<[Bytes]> = requests.split_off(WARM_UP).into();
        load::drive(server.address, requests.into(), CONNECTIONS, Extent::Once).await;
        let before = cpu::used(server.pid());
        let outcome = load::drive(server.address, measured, CONNECTIONS, Extent::Once).await;
        let cpu = cpu::used(server.pid()) - before;
        server.expect_alive();
        server.stop();
        place.remove(self.folder).await;
        Run { outcome, cpu }
    }

    async fn forget_gate(&self) {
        let gate =
            StockGate::Redis(RedisGate::new(Redis::start(&crate::place::redis_url(), Timing::default()).unwrap()));
        while gate.forget(self.world.shop).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The payments that wait for their notification. The questions of the job that looks for late
    /// ones are put off: while the rounds go on, every payment here would become late.
    async fn payments(&self, place: &Place) -> Vec<payment::Model> {
        record::inside(record::config(place, self.stand_in.address), async |app| {
            let tomorrow = app.clock.wall() + chrono::Duration::days(1);
            payment::Entity::update_many()
                .col_expr(payment::Column::NextQueryAt, Expr::value(tomorrow))
                .exec(app.db.maintenance())
                .await
                .unwrap();
            payment::Entity::find().order_by_asc(payment::Column::Id).all(app.db.reader()).await.unwrap()
        })
        .await
    }
}
