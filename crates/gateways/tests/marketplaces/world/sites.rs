//! Sites and regions.

use gateways::marketplaces::{Identity, find};
use serde_json::json;

use super::{account, ok, setup};
use crate::vectors;

fn who(id: &str, body: serde_json::Value) -> Identity {
    let connector = vectors::connector(id);
    let account = account(connector.as_ref());
    let feed = connector.auth().unwrap().who(&account).unwrap();
    feed.request(None).unwrap();
    feed.read(None, &ok(body)).unwrap().rows.remove(0)
}

#[test]
fn amazon_has_the_sites_that_were_asked_for_and_none_in_china() {
    let sites = find("amazon").unwrap().descriptor.store.as_ref().unwrap().sites;
    let region = |code: &str| sites.iter().find(|site| site.code == code).map(|site| site.region);
    for (codes, wanted) in
        [(&["US", "CA", "MX"][..], "NA"), (&["DE", "ES", "FR", "IN", "IT", "UK"], "EU"), (&["JP"], "FE")]
    {
        assert!(codes.iter().all(|code| region(code) == Some(wanted)), "{wanted}");
    }
    assert_eq!(region("CN"), None);
}

#[test]
fn whom_a_token_speaks_for_is_asked_with_the_sites_it_covers() {
    let amazon = who(
        "amazon",
        json!({"payload": [
            {"marketplace": {"id": "ATVPDKIKX0DER"}, "participation": {"isParticipating": true}, "storeName": "Mei"},
            {"marketplace": {"id": "A2EUQ1WTGCTBG2"}, "participation": {"isParticipating": false}},
        ]}),
    );
    assert_eq!((amazon.sites, amazon.name.as_deref()), (vec!["US".to_owned()], Some("Mei")));
    let ebay = who("ebay", json!({"userId": "ma8vp1", "username": "mei"}));
    assert!(ebay.account_id == "ma8vp1" && ebay.sites.contains(&"EBAY_GB".to_owned()));
    let shopify =
        who("shopify", json!({"data": {"shop": {"name": "Mei", "myshopifyDomain": "mei-tuangou.myshopify.com"}}}));
    assert_eq!(shopify.account_id, "mei-tuangou.myshopify.com");
    assert_eq!(who("wish", json!({"code": 0, "data": {"merchant_id": "m1"}})).account_id, "m1");
}

#[test]
fn ebays_calls_name_the_accounts_site() {
    let connector = vectors::connector("ebay");
    let account = setup(connector.as_ref()).account("u1");
    let ids = vec!["12-1".to_owned()];
    let request = connector.orders().unwrap().by_ids(&account, &ids).request(None).unwrap();
    assert!(request.headers.contains(&("x-ebay-c-marketplace-id".to_owned(), "EBAY_GB".to_owned())));
}
