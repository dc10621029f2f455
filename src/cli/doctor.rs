//! `tuanqiao doctor`: what is wrong with the installation, and what to do about it.

mod circuits;
mod markets;
mod pay;
mod stores;

use chrono::{DateTime, Duration, Utc};

use super::migrate::expect_current;
use crate::app::App;
use crate::areas::shops::query::Shop;
use crate::config::Config;
use crate::platform::db::Db;

/// WeChat Pay refuses signatures five minutes off; half a minute is a clock that nobody sets.
const SKEW_BAD: Duration = Duration::minutes(2);
const SKEW_ODD: Duration = Duration::seconds(30);

/// The findings so far.
#[derive(Default)]
struct Findings {
    odd: usize,
    bad: usize,
}

impl Findings {
    pub(super) fn good(&mut self, what: &str) {
        println!("ok    {what}");
    }

    pub(super) fn odd(&mut self, what: &str, mend: &str) {
        self.odd += 1;
        println!("warn  {what}\n      → {mend}");
    }

    pub(super) fn bad(&mut self, what: &str, mend: &str) {
        self.bad += 1;
        println!("BAD   {what}\n      → {mend}");
    }
}

/// Checks everything and ends with exit code 1 when something keeps the installation from working.
pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let mut findings = Findings::default();
    findings.good("the configuration is valid");
    check_address(&config, &mut findings);
    if let Some(app) = check_database(config, &mut findings).await {
        check_stock_store(&app, &mut findings).await;
        check_clock(&app, &mut findings).await;
        circuits::check(&app, &mut findings).await;
        let shops = app.shops.all();
        if shops.is_empty() {
            findings.odd("there is no shop yet", "apply a shop file: tuanqiao shop apply FILE");
        }
        for shop in shops.iter() {
            check_shop(&app, shop, &mut findings).await;
        }
        app.db.close().await;
    }
    anyhow::ensure!(findings.bad == 0, "{} thing(s) to mend", findings.bad);
    match findings.odd {
        0 => println!("everything needed works"),
        odd => println!("everything needed works; {odd} thing(s) to look at"),
    }
    Ok(())
}

fn check_address(config: &Config, findings: &mut Findings) {
    let url = &config.server.public_url;
    if url.starts_with("https://") {
        findings.good(&format!("platforms call back {url}"));
    } else if config.sandbox.enabled {
        findings.good("sandbox mode: platforms are stand-ins on this machine");
    } else {
        findings.bad(
            &format!("server.public_url is {url}"),
            "WeChat calls https addresses alone: set server.public_url to what your proxy serves",
        );
    }
}

async fn check_database(config: Config, findings: &mut Findings) -> Option<App> {
    let db = match Db::open(&config.database).await {
        Ok(db) => db,
        Err(error) => {
            findings.bad(&format!("the database cannot be reached: {error:#}"), "check database.url and its server");
            return None;
        }
    };
    if let Err(error) = expect_current(&db).await {
        findings.bad(&error.to_string(), "run `tuanqiao migrate up` with the version you are going to serve");
        return None;
    }
    findings.good("the database answers and its schema is current");
    match App::build(config, db).await {
        Ok(app) => Some(app),
        Err(error) => {
            findings.bad(
                &format!("the application cannot be built: {error:#}"),
                "a master key that opens the stored secrets must stand in secrets.master_key or secrets.old_master_keys",
            );
            None
        }
    }
}

async fn check_stock_store(app: &App, findings: &mut Findings) {
    match app.gate.ready().await {
        Ok(()) => findings.good("the stock store answers"),
        Err(error) => findings.odd(
            &format!("the stock store does not answer: {error}"),
            "the database alone decides meanwhile, slower; check stock.redis_url",
        ),
    }
}

async fn check_clock(app: &App, findings: &mut Findings) {
    let base = &app.config.platforms.wechat_pay;
    let answer = match app.clients.http.get(base).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let error = error.without_url();
            findings.bad(&format!("{base} cannot be reached: {error}"), "check the network, DNS and the firewall");
            return;
        }
    };
    let date = answer.headers().get("date").and_then(|value| value.to_str().ok());
    let Some(theirs) = date.and_then(|text| DateTime::parse_from_rfc2822(text).ok()) else {
        findings.odd("WeChat Pay's host does not say what time it is", "nothing to do if the clock is set by NTP");
        return;
    };
    let skew = (app.clock.wall() - theirs.with_timezone(&Utc)).abs();
    let told = format!("this machine's clock is {} s off", skew.num_seconds());
    if skew > SKEW_BAD {
        findings.bad(&told, "set the clock by NTP: signatures more than five minutes off are refused");
    } else if skew > SKEW_ODD {
        findings.odd(&told, "set the clock by NTP");
    } else {
        findings.good(&told);
    }
}

async fn check_shop(app: &App, shop: &Shop, findings: &mut Findings) {
    let code = &shop.code;
    let clients = app.clients.of(shop);
    match clients.miniprogram.stable_token(false).await {
        Ok(_) => findings.good(&format!("{code}: WeChat gives the mini-program a token")),
        Err(error) => findings.bad(
            &format!("{code}: WeChat gives the mini-program {} no token: {error}", shop.appid),
            "check appid and secret, and this server's address in the mini-program's IP list",
        ),
    }
    pay::check(app, shop, &clients, findings).await;
    markets::check(app, shop, findings).await;
    stores::check(app, shop, findings).await;
}
