//! Each marketplace of a shop: its settings, and one cheap signed read to see whether they are let in.

use gateways::marketplaces::{self, ApiError, ErrorClass, Search};

use super::Findings;
use crate::app::{App, Market};
use crate::areas::shops::query::Shop;

pub(super) async fn check(app: &App, shop: &Shop, findings: &mut Findings) {
    for id in shop.secrets.marketplaces.keys() {
        let code = &shop.code;
        if marketplaces::find(id).is_none() {
            findings.odd(&format!("{code}: {id} is no marketplace of this version"), "remove it, or update");
            continue;
        }
        match app.marketplaces.of(shop, id) {
            Ok(market) => ask(code, &market, findings).await,
            Err(error) => findings.bad(&format!("{code}: {error}"), "correct the shop file and apply it"),
        }
    }
}

/// Searches for one thing: a page is read and thrown away.
async fn ask(code: &str, market: &Market, findings: &mut Findings) {
    let name = market.descriptor.name;
    let search = Search { query: "苹果".to_owned(), category: None, coupon_only: false };
    let answer = match market.hurried.search(&market.channel, &search, None) {
        Ok(mut walk) => walk.next_page().await.map(drop),
        Err(error) => Err(error),
    };
    match answer {
        Ok(()) => findings.good(&format!("{code}: {name} lets us in")),
        Err(error) => report(&format!("{code}: {name} answers {error}"), &error, market, findings),
    }
}

fn report(told: &str, error: &ApiError, market: &Market, findings: &mut Findings) {
    let id = market.descriptor.id;
    match error.class {
        ErrorClass::Unsupported | ErrorClass::NotFound => findings.good(told),
        ErrorClass::Business => findings.odd(told, "the key is accepted; see what the platform says"),
        ErrorClass::RateLimited | ErrorClass::QuotaSpent => {
            findings.odd(told, "wait for the quota, or set calls_per_day to what the platform grants");
        }
        ErrorClass::BadSignature => findings.bad(told, &format!("check the secret in [marketplaces.{id}]")),
        ErrorClass::BadConfiguration => {
            findings
                .bad(told, "check the app's key, the platform's list of allowed addresses and this machine's clock");
        }
        ErrorClass::NotPermitted | ErrorClass::Retired => {
            findings.bad(told, "apply for the right to this call in the platform's console");
        }
        ErrorClass::FilingNeeded => findings.bad(told, "file (备案) the promotion position with the platform"),
        ErrorClass::TokenExpired | ErrorClass::ReauthorizeNeeded => findings.bad(told, "authorise the app anew"),
        ErrorClass::Stopped => findings.bad(told, "mend the cause, then resume an import of this marketplace"),
        _ => findings.bad(told, &format!("check the network and platforms.{}", market.descriptor.platform)),
    }
}
