//! WeChat's own keys change while the shop is at work: a certificate follows another, and the public key
//! follows the certificates (sheet §1). Both sign for a while, answers as well as notices.

use sandbox::{MerchantKeys, PlatformKeys};

use crate::app::{TestApp, shop_text};
use crate::shop_floor::{Floor, Ware};
use crate::shopper::Client;

const SECOND: &str = "5B5B5B5B5B5B5B5B5B5B5B5B5B5B5B5B5B5B5B5B";
const ENDED: &str = "5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C";
const NEVER_LISTED: &str = "5D5D5D5D5D5D5D5D5D5D5D5D5D5D5D5D5D5D5D5D";
const PUBLIC: &str = "PUB_KEY_ID_0119000000012024010100000000000009";
const DAY: i64 = 86_400;

fn fresh_key() -> Vec<u8> {
    MerchantKeys::generate().unwrap().private_key_der().unwrap()
}

/// The shop file with this public key of the platform's, or with none: then certificates are fetched.
fn shop_file(app: &TestApp, public_key: Option<&str>) -> String {
    let text = shop_text("demo", &app.keys().merchant, &app.keys());
    let (from, until) = (text.find("platform_public_key_id").unwrap(), text.find("[marketplaces.").unwrap());
    let named = public_key
        .map(|pem| format!("platform_public_key_id = \"{PUBLIC}\"\nplatform_public_key = \"\"\"{pem}\"\"\"\n"));
    format!("{}{}{}", &text[..from], named.unwrap_or_default(), &text[until..])
}

struct Shop<'a> {
    app: &'a TestApp,
    floor: Floor<'a>,
    apples: Ware,
    anna: Client,
    /// The certificate there is at first.
    first: String,
    /// Unix time.
    now: i64,
}

impl<'a> Shop<'a> {
    async fn open(app: &'a TestApp) -> Self {
        app.apply_shop(&shop_file(app, None)).await;
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 50).await;
        let (first, now) = (app.keys().platform.certificate_serial.clone(), app.app.clock.wall().timestamp());
        Self { app, floor, apples, anna: app.member("anna").await, first, now }
    }

    /// A purchase whose every answer and notice is signed with this key.
    async fn sells_under(&self, serial: &str) {
        self.app.wechat().signs_with(Some(serial));
        assert_eq!(self.floor.buys(&self.anna, &[(&self.apples, 1)]).await["status"], "paid", "{serial}");
    }

    /// A purchase that was paid, and of which nothing was heard.
    async fn sells_unheard(&self) -> String {
        let order = self.floor.orders(&self.anna, &[(&self.apples, 1)]).await;
        self.floor.pays_unheard(&self.anna, &order).await
    }

    /// What WeChat is answered when it tells of a payment under this key.
    async fn hears_under(&self, serial: &str, number: &str) -> u16 {
        self.app.wechat().signs_with(Some(serial));
        self.floor.hears(number).await
    }

    /// A name is encrypted for a key that WeChat can open.
    async fn pays_a_large_transfer(&self, name: &str) {
        let leader = self.app.leader_with(name, 300_000).await;
        leader.withdraws(250_000).await.ok();
        self.app.run_due_jobs().await;
        let there = self.app.wechat().transfers().remove(0);
        assert_eq!((there.amount, there.user_name.as_deref()), (250_000, Some("张三")));
    }
}

on_both! {
    async fn one_certificate_follows_another_while_both_are_valid(setup: Setup) {
        let app = TestApp::beside(setup, |_| {}, |sandbox| sandbox.certificate_mode = true).await;
        let shop = Shop::open(&app).await;
        shop.sells_under(&shop.first).await;
        app.wechat().issues_certificate(SECOND, &fresh_key(), (shop.now - DAY, shop.now + 6 * 365 * DAY)).unwrap();
        shop.sells_under(&shop.first).await;
        let before = shop.sells_unheard().await;
        shop.sells_under(SECOND).await;
        assert_eq!(shop.hears_under(&shop.first, &before).await, 204, "the earlier one is still valid");
        shop.pays_a_large_transfer("ben").await;
        app.wechat().retires_certificate(&shop.first);
        shop.sells_under(&shop.first).await;

        app.wechat().signs_with(Some(SECOND));
        let number = shop.sells_unheard().await;
        app.wechat().issues_certificate(ENDED, &fresh_key(), (shop.now - 9 * DAY, shop.now - DAY)).unwrap();
        app.wechat().issues_certificate(NEVER_LISTED, &fresh_key(), (shop.now - DAY, shop.now + DAY)).unwrap();
        app.wechat().retires_certificate(NEVER_LISTED);
        for serial in [ENDED, NEVER_LISTED] {
            assert!(shop.hears_under(serial, &number).await >= 400, "{serial}");
        }
        assert_eq!(shop.hears_under(SECOND, &number).await, 204, "WeChat repeats, and it is honoured");
        shop.floor.adds_up().await;
    }
}

on_both! {
    async fn the_public_key_follows_the_certificates_while_both_are_live(setup: Setup) {
        let app = TestApp::beside(setup, |_| {}, |sandbox| sandbox.certificate_mode = true).await;
        let shop = Shop::open(&app).await;
        shop.sells_under(&shop.first).await;
        let key = fresh_key();
        app.wechat().offers_public_key(PUBLIC, &key).unwrap();
        let number = shop.sells_unheard().await;
        assert!(shop.hears_under(PUBLIC, &number).await >= 400, "nobody has named this key");

        let pem = PlatformKeys::from_der(PUBLIC, &key).public_key_pem().unwrap();
        app.apply_shop(&shop_file(&app, Some(&pem))).await;
        assert_eq!(shop.hears_under(PUBLIC, &number).await, 204);
        // WeChat moves notices over a week: one comes under the one, the next under the other.
        for serial in [shop.first.as_str(), PUBLIC, shop.first.as_str()] {
            shop.sells_under(serial).await;
        }
        shop.pays_a_large_transfer("ben").await;

        let under_way = shop.sells_unheard().await;
        let late = shop.sells_unheard().await;
        app.wechat().retires_certificate(&shop.first);
        shop.sells_under(PUBLIC).await;
        assert_eq!(shop.hears_under(&shop.first, &under_way).await, 204, "signed while the certificate was live");
        assert_eq!(shop.hears_under(PUBLIC, &late).await, 204);
        shop.pays_a_large_transfer("carl").await;
        shop.floor.adds_up().await;
    }
}
