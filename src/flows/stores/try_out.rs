//! The test button: asks the platform who we act for, or for one page of goods, and says plainly what
//! works and what is wrong.

use gateways::marketplaces::{ApiError, Channel, Identity, Priority, Search};
use kernel::Failure;

use super::authorise::compare;
use super::trouble::{Advice, advice};
use crate::app::{App, Store};
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::areas::stores::query;
use crate::areas::stores::state::StoreState;

/// One thing that was tried.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What: `authorisation`, `identity`, `goods`; `settings`, `filing` of an app.
    pub what: &'static str,
    /// Whether it works.
    pub works: bool,
    /// What the platform said, in its own words; nothing secret.
    pub said: Option<String>,
    /// What it means and what to do.
    pub advice: Advice,
}

/// What came of the test.
pub struct TryOut {
    /// The store as it stands afterwards: a refused token is noticed here too.
    pub row: store::Model,
    /// Whom the platform says we act for.
    pub identity: Option<Identity>,
    /// What was tried.
    pub findings: Vec<Finding>,
}

const WORKS: Advice = Advice { zh: "正常。", en: "It works." };

/// Tries a store out.
///
/// # Errors
/// `marketplace.not_configured`; what the platform refuses is a finding.
pub async fn try_out(app: &App, shop: &Shop, row: &store::Model) -> Result<TryOut, Failure> {
    let store = app.marketplaces.store(shop, row)?;
    if row.state != StoreState::Active {
        return Ok(TryOut { row: row.clone(), identity: None, findings: vec![not_active(row)] });
    }
    let channel = store.channel.clone().with_priority(Priority::Person);
    let mut findings = Vec::new();
    let identity = match store.market.hurried.who(&channel).await {
        Ok(Some(identity)) => {
            findings.push(whose(&store, &identity));
            Some(identity)
        }
        Ok(None) => {
            findings.push(goods(&store, &channel).await);
            None
        }
        Err(error) => {
            findings.push(failed("identity", &error));
            None
        }
    };
    Ok(TryOut { row: query::store(app.db.reader(), shop.id, row.id).await?, identity, findings })
}

fn not_active(row: &store::Model) -> Finding {
    let advice = match row.state {
        StoreState::Draft => {
            Advice { zh: "店铺尚未授权：请先授权。", en: "Nobody has authorised yet: authorise first." }
        }
        StoreState::Reauthorize => Advice {
            zh: "授权已失效：请让商家重新授权。",
            en: "The authorisation is over: have the merchant authorise again.",
        },
        StoreState::Paused => {
            Advice { zh: "店铺已暂停：恢复后再测试。", en: "The store is paused: resume it first." }
        }
        StoreState::Active | StoreState::Removed => Advice { zh: "店铺已移除。", en: "The store was taken off." },
    };
    Finding { what: "authorisation", works: false, said: row.trouble.clone(), advice }
}

fn whose(store: &Store, identity: &Identity) -> Finding {
    let none = gateways::marketplaces::TokenSet::lasting("");
    match compare(&store.setup, &none, identity) {
        Ok(()) => Finding { what: "identity", works: true, said: identity.name.clone(), advice: WORKS },
        Err(error) => Finding {
            what: "identity",
            works: false,
            said: Some(error.message),
            advice: Advice {
                zh: "授权的商家或站点与所选不一致：请用所选商家的账号重新授权，或移除后重新添加。",
                en: "Another merchant or site than the one chosen: authorise with the right account, or take the store \
                     off and enter it anew.",
            },
        },
    }
}

async fn goods(store: &Store, channel: &Channel) -> Finding {
    let page = match store.market.hurried.store_goods(channel, None, None) {
        Ok(mut walk) => walk.next_page().await.map(|page| page.map_or(0, |page| page.rows.len())),
        Err(error) => Err(error),
    };
    match page {
        Ok(count) => Finding { what: "goods", works: true, said: Some(format!("{count}")), advice: WORKS },
        Err(error) => failed("goods", &error),
    }
}

/// Tries the shop's app at a marketplace out: whether it lets us in, and whether the promotion position is
/// filed (备案) where the platform wants that. Stores are tried out one by one.
///
/// # Errors
/// `marketplace.unknown`, `marketplace.not_configured`.
pub async fn try_market(app: &App, shop: &Shop, marketplace: &str) -> Result<Vec<Finding>, Failure> {
    let market = app.marketplaces.of(shop, marketplace)?;
    let channel = market.channel.clone().with_priority(Priority::Person);
    let connector = market.channel.connector();
    let mut findings = vec![Finding { what: "settings", works: true, said: None, advice: WORKS }];
    if let Some(filing) = connector.filing() {
        findings.push(match market.hurried.first(&channel, filing.is_filed(None)).await {
            Ok(Some(true)) => Finding { what: "filing", works: true, said: None, advice: WORKS },
            Ok(_) => Finding { what: "filing", works: false, said: None, advice: NOT_FILED },
            Err(error) => failed("filing", &error),
        });
    }
    if connector.items().is_some() {
        let search = Search { query: "苹果".to_owned(), category: None, coupon_only: false };
        let page = match market.hurried.search(&channel, &search, None) {
            Ok(mut walk) => walk.next_page().await.map(drop),
            Err(error) => Err(error),
        };
        findings.push(match page {
            Ok(()) => Finding { what: "goods", works: true, said: None, advice: WORKS },
            Err(error) => failed("goods", &error),
        });
    }
    Ok(findings)
}

const NOT_FILED: Advice = Advice {
    zh: "推广位尚未备案：请打开商品的推广链接，按提示完成备案。",
    en: "The promotion position is not filed (备案): open the promotion link of any goods and follow it to the filing.",
};

fn failed(what: &'static str, error: &ApiError) -> Finding {
    Finding { what, works: false, said: Some(error.to_string()), advice: advice(error) }
}
