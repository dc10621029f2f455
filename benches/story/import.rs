//! A store's goods come in: 万里牛's stand-in lists a hundred a page, its quota lifted, and the product's
//! own worker takes them in on SQLite. The platform answers from this process, at once.

use std::path::Path;
use std::time::Instant;

use gateways::marketplaces::AccountKind;
use kernel::ListingKind;
use sandbox::stores::{Filling, StorePlatform, StoreRef};
use sandbox::{Sandbox, SandboxConfig, SandboxKeys};
use sea_orm::{EntityTrait, PaginatorTrait};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tuanqiao::app::App;
use tuanqiao::areas::goods::entity::{goods, sku};
use tuanqiao::areas::market_accounts::prices::PriceRule;
use tuanqiao::areas::market_accounts::rules::{By, Duplicates, OwnTerms, STORE_GOODS_MAX, Wish};
use tuanqiao::areas::operators::role::Role;
use tuanqiao::areas::stores::entity::store;
use tuanqiao::config::Synchronous;
use tuanqiao::flows::import_goods::{self, Order};
use tuanqiao::flows::{operators, stores};
use tuanqiao::platform::request_keys::Slot;

use crate::place::{Place, Setup};
use crate::report::Report;
use crate::{cpu, record, world};

/// Goods of the store.
const GOODS: usize = 10_000;
/// The merchant's key and secret at the platform.
const KEY: (&str, &str) = ("3000112233", "7d0f9e2b");

pub async fn measure(folder: &Path, report: &mut Report) {
    let count = crate::number("BENCH_GOODS", GOODS);
    let sandbox = Sandbox::start(SandboxConfig::new(SandboxKeys::generate().unwrap())).unwrap();
    let of = StoreRef::new(StorePlatform::Wanliniu, KEY.0);
    let there = sandbox.state().stores();
    there.open(&of, "邻里鲜生");
    there.set(&of, "app_secret", KEY.1).unwrap();
    there.fill(&of, &Filling { variants: 2, ..Filling::of(count as u64) }).unwrap();
    there.set_quota(StorePlatform::Wanliniu, Some(0));
    let place = Place::empty(Setup::Sqlite, folder, "import.db").await;
    let mut config = record::config(&place, sandbox.addr);
    config.database.synchronous = Synchronous::Full;
    config.platforms.wanliniu = sandbox.platform_url("wanliniu");
    let keys = world::Keys::generate();
    let fact = record::inside(config, async |app| {
        let world = world::World::fill(app, &keys).await;
        let before = goods::Entity::find().count(app.db.reader()).await.unwrap();
        let order = order(app, world.shop).await;
        let shop = app.shops.by_id(world.shop).unwrap();
        let once = Slot::without_key().once(201, |row: &_| format!("{row:?}"));
        import_goods::start(app, &shop, None, &order, &once).await.unwrap();
        let (resident, start) = (cpu::resident_kib(std::process::id()), Instant::now());
        let mut most = resident;
        while import_goods::work(app).await.unwrap() > 0 {
            most = most.max(cpu::resident_kib(std::process::id()));
        }
        let elapsed = start.elapsed();
        let made = goods::Entity::find().count(app.db.reader()).await.unwrap() - before;
        assert_eq!(made, count as u64, "the import has not come to its end");
        let skus = sku::Entity::find().count(app.db.reader()).await.unwrap();
        format!(
            "Import of a store on SQLite, 100 goods a page: {made} goods with {skus} SKUs in {:.1} s, {:.0} goods/s (aim ≥ 300); \
             memory of the process, stand-in included, {:.0} MB before and at most {:.0} MB on the way.",
            elapsed.as_secs_f64(),
            made as f64 / elapsed.as_secs_f64(),
            resident as f64 * 1024.0 / 1e6,
            most as f64 * 1024.0 / 1e6,
        )
    })
    .await;
    eprintln!("  {fact}");
    report.facts.push(fact);
    place.remove(folder).await;
}

/// The store bound to the shop, and an import of all of it.
async fn order(app: &App, shop: kernel::id::ShopId) -> Order {
    let operator = operators::create(app, shop, None, "bench", "a password for the benchmark".to_owned(), Role::Owner);
    let operator = operator.await.unwrap().id;
    let shop = app.shops.by_id(shop).unwrap();
    let data = Map::from_iter([("app_key".to_owned(), Value::from(KEY.0))]);
    let wish = stores::Wish {
        marketplace: "wanliniu".to_owned(),
        name: "bench".to_owned(),
        display_name: "邻里鲜生".to_owned(),
        kind: Some(AccountKind::SelfAuthorised.word().to_owned()),
        site: None,
        external_id: None,
        data,
        legal_subject: None,
    };
    let once = Slot::without_key().once(201, |row: &store::Model| row.id);
    let row = stores::enter(app, &shop, operator, &wish, &once).await.unwrap();
    let begun = stores::begin(app, &shop, operator, &row, Some(SecretString::from(KEY.1.to_owned()))).await.unwrap();
    assert!(matches!(begun, stores::Begun::Done(_)), "a pasted secret needs no page");
    let own = OwnTerms {
        on_shelf: true,
        duplicates: Duplicates::Link,
        price: PriceRule { ends_in_nine: true, ..PriceRule::default() },
        pictures: true,
        makes: true,
    };
    Order {
        marketplace: "wanliniu".to_owned(),
        account: Some(row.name),
        store: Some(row.id),
        listing: ListingKind::Own,
        wish: Wish { by: By::Whole, limit: STORE_GOODS_MAX, category_id: None, own: Some(own) },
    }
}
