//! What one platform alone has.

use gateways::marketplaces::{
    Access, Erasure, ErrorClass, HookCall, HookKind, LineOutcome, Setup, StockChange, StockLine,
};
use sandbox::stores::{Filling, StorePlatform, StoreRef};
use secrecy::ExposeSecret;

use super::rows;
use crate::stage::{Stage, all};

#[tokio::test]
async fn a_shopify_push_that_counted_on_another_quantity_is_a_conflict_and_writes_nothing() {
    let (_, stage) = rows::shopify().set();
    let (channel, _) = stage.authorised().await;
    let page = stage.engine.store_goods(&channel, None, None).unwrap().next_page().await.unwrap().unwrap();
    let line = |nth: usize, off: i64| {
        let (goods, sku) = (&page.rows[nth], &page.rows[nth].skus[0]);
        StockLine {
            external_item_id: goods.external_id.clone(),
            external_sku_id: sku.external_id.clone(),
            sku_code: sku.sku_code.clone(),
            location: None,
            change: StockChange::Set(7),
            expected: sku.quantity.map(|quantity| quantity + off),
            key: format!("{nth}/{off}"),
            extra: sku.extra.clone(),
        }
    };
    let pushed = stage.engine.push_stock(&channel, &[line(0, 0), line(1, 1)]).await.unwrap();
    let classes: Vec<ErrorClass> = pushed.refused().map(|(_, error)| error.class).collect();
    assert_eq!(classes, [ErrorClass::Conflict, ErrorClass::Conflict], "{:?}", pushed.results);
    let code = page.rows[0].skus[0].sku_code.clone().unwrap();
    let shown = || stage.stores().variant_by_code(&stage.store, &code).unwrap().quantity;
    assert_eq!(Some(shown()), page.rows[0].skus[0].quantity);

    let good = line(0, 0);
    assert_eq!(stage.engine.push_stock(&channel, std::slice::from_ref(&good)).await.unwrap().refused().count(), 0);
    assert_eq!(shown(), 7);
    // The same push again, as after a lost answer: its key is known, so it is not compared anew.
    let again = stage.engine.push_stock(&channel, &[good]).await.unwrap();
    assert_eq!(again.results[0].outcome, LineOutcome::Applied);
}

#[tokio::test]
async fn a_locked_shopify_store_is_no_matter_of_tokens() {
    let (_, stage) = rows::shopify().set();
    let (channel, _) = stage.authorised().await;
    for (state, class) in [
        ("locked", ErrorClass::NotPermitted),
        ("frozen", ErrorClass::NotPermitted),
        ("gone", ErrorClass::ReauthorizeNeeded),
    ] {
        stage.stores().set(&stage.store, "state", state).unwrap();
        let error = stage.engine.store_goods(&channel, None, None).unwrap().next_page().await.unwrap_err();
        assert_eq!(error.class, class, "{state}: {error}");
    }
}

#[tokio::test]
async fn a_buyers_account_of_aliexpress_is_not_a_store() {
    let (_, stage) = rows::aliexpress().set();
    stage.stores().set(&stage.store, "account_platform", "buyerApp").unwrap();
    let (channel, setup) = (stage.channel(), stage.setup());
    let grant = stage.grant(&channel, &setup).await.unwrap();
    let error = stage.engine.obtain(&channel, &setup, &grant, None).await.err().unwrap();
    assert_eq!(error.class, ErrorClass::Conflict, "{error}");
}

#[tokio::test]
async fn a_sub_account_of_wish_cannot_authorise() {
    let (_, stage) = rows::wish().set();
    stage.stores().set(&stage.store, "sub_account", "612f0c0a6fc464f4f3760aaa").unwrap();
    let (channel, setup) = (stage.channel(), stage.setup());
    let grant = stage.grant(&channel, &setup).await.unwrap();
    let error = stage.engine.obtain(&channel, &setup, &grant, None).await.err().unwrap();
    assert_eq!(error.class, ErrorClass::NotPermitted, "{error}");
}

#[tokio::test]
async fn a_life_told_by_dhgate_as_a_moment_is_read_as_one() {
    let (_, stage) = rows::dhgate().set();
    let seconds = stage.tokens().await;
    stage.stores().set(&stage.store, "expires_in", "absolute").unwrap();
    let moment = stage.tokens().await;
    let apart = moment.access_expires_at.unwrap() - seconds.access_expires_at.unwrap();
    assert!(apart.num_seconds().abs() < 60, "{apart}");
}

#[tokio::test]
async fn amazon_consent_for_one_region_does_not_open_another_and_its_sites_are_told() {
    let (_, stage) = rows::amazon().set();
    let german = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("DE");
    stage.stores().open_in(&german, "Nachbarn", "EUR");
    stage.stores().fill(&german, &Filling::of(3)).unwrap();
    // The seller is asked for his store in the United States and consents in Germany.
    stage.stores().consents(StorePlatform::Amazon, Some(&german));
    let (channel, setup) = (stage.channel(), stage.setup());
    let query = stage.led_back(&channel, &setup).await;
    let callback =
        gateways::marketplaces::Callback { query: &query, state: crate::stage::STATE, now: chrono::Utc::now() };
    let grant = channel.connector().auth().unwrap().callback(&setup, &callback).unwrap();
    let tokens = stage.engine.obtain(&channel, &setup, &grant, None).await.unwrap();
    let account = tokens.account(&setup).unwrap();
    let channel = channel.on_behalf_of(Access { token: tokens.access, account });
    let who = stage.engine.who(&channel).await.unwrap().unwrap();
    assert_eq!(who.sites, ["DE"], "the site asked for is not among them");
    let error = stage.engine.store_goods(&channel, None, None).unwrap().next_page().await.unwrap_err();
    assert!(matches!(error.class, ErrorClass::NotPermitted | ErrorClass::TokenExpired), "{error}");
}

#[tokio::test]
async fn stock_that_lies_at_amazon_is_not_told() {
    let (_, stage) = rows::amazon().set();
    let code = stage.stores().items(&stage.store)[0].variants[0].code.clone();
    stage.stores().set(&stage.store, "fba", &code).unwrap();
    let (channel, _) = stage.authorised().await;
    let ids = [code.clone()];
    let told = all(stage.engine.store_goods_by_ids(&channel, &ids, None).unwrap()).await;
    let sku = &told[0].skus[0];
    let line = |extra: serde_json::Value| StockLine {
        external_item_id: code.clone(),
        external_sku_id: None,
        sku_code: Some(code.clone()),
        location: None,
        change: StockChange::Set(1),
        expected: None,
        key: "k".to_owned(),
        extra,
    };
    let honest = stage.engine.push_stock(&channel, &[line(sku.extra.clone())]).await.unwrap();
    assert_eq!(honest.refused().count(), 1);
    // The platform minds too.
    let own = serde_json::json!({"product_type": "GROCERY", "channel": "DEFAULT"});
    let refused = stage.engine.push_stock(&channel, &[line(own)]).await.unwrap();
    assert_eq!(refused.refused().map(|(_, error)| error.class).collect::<Vec<_>>(), [ErrorClass::Business]);
    assert_eq!(stage.stores().variant_by_code(&stage.store, &code).unwrap().quantity, sku.quantity.unwrap());
}

#[tokio::test]
async fn an_ebay_item_is_sold_on_two_sites_with_an_offer_each() {
    let (_, stage) = rows::ebay().set();
    let british = StoreRef::new(StorePlatform::Ebay, stage.row.seller).on("EBAY_GB");
    stage.stores().open_in(&british, "Neighbours", "GBP");
    stage.stores().fill(&british, &Filling::of(2)).unwrap();
    let (channel, keeper) = stage.authorised().await;
    let code = stage.stores().items(&british)[0].variants[0].code.clone();
    let setup = Setup { site: Some("EBAY_GB".to_owned()), ..stage.setup() };
    let account = setup.account(stage.row.seller);
    let british_channel = channel.clone().on_behalf_of(Access { token: keeper.tokens().access, account });
    let ids = [code];
    let here = all(stage.engine.store_goods_by_ids(&channel, &ids, None).unwrap()).await;
    let there = all(stage.engine.store_goods_by_ids(&british_channel, &ids, None).unwrap()).await;
    assert_eq!((here[0].price.currency.code(), there[0].price.currency.code()), ("USD", "GBP"));
}

#[tokio::test]
async fn ebay_asks_for_a_proof_and_tells_of_deleted_accounts_under_its_signature() {
    let (_, stage) = rows::ebay().set();
    let connector = stage.connector();
    let hooks = connector.hooks().unwrap();
    let address = "https://shop.example.com/hooks/ebay";
    let (code, proof) = stage.sandbox.state().ebay_challenge(address);
    let query = [("challenge_code".to_owned(), code)];
    let call = HookCall {
        method: "GET",
        address,
        query: &query,
        headers: &[],
        body: b"",
        key: None,
        received_at: chrono::Utc::now(),
    };
    let answer = hooks.receive(&call).unwrap();
    assert_eq!(answer.kind, HookKind::Challenge);
    assert!(format!("{:?}", answer.answer).contains(&proof), "{:?}", answer.answer);

    let notice = stage.sandbox.state().ebay_deletion_notice(address, "buyer_a").unwrap();
    let headers: Vec<(String, String)> =
        notice.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    let post = HookCall { method: "POST", query: &[], headers: &headers, body: &notice.body, ..call };
    let id = hooks.key_id(&post).unwrap();
    let channel = stage.channel();
    let question = channel.connector().hooks().unwrap().key(&id).unwrap();
    let key = stage.engine.first(&channel, question).await.unwrap().unwrap();
    let event = hooks.receive(&HookCall { key: Some(&key), ..post }).unwrap();
    assert_eq!((event.kind, event.ids.as_slice()), (HookKind::Privacy, ["buyer_a".to_owned()].as_slice()));
    assert_eq!(event.erases, Some(Erasure::Buyer(vec!["buyer_a".to_owned(), "buyer_a".to_owned()])));
    let forged = [notice.body.as_slice(), b" "].concat();
    let refused = hooks.receive(&HookCall { key: Some(&key), body: &forged, ..post }).unwrap_err();
    assert_eq!(refused.class, ErrorClass::BadSignature);
}

#[tokio::test]
async fn products_of_wish_that_changed_at_one_moment_are_walked_by_their_ids() {
    let (_, stage) = rows::wish().set();
    let (channel, _) = stage.authorised().await;
    let model = stage.stores().items(&stage.store)[0].clone();
    for nth in 0..700_u64 {
        let mut item = model.clone();
        item.number = 0;
        item.title = format!("{} {nth}", model.title);
        item.variants.iter_mut().for_each(|variant| variant.number = 0);
        item.changed_at = model.changed_at - 1_000;
        stage.stores().put(&stage.store, item).unwrap();
    }
    let told = all(stage.engine.store_goods(&channel, None, None).unwrap()).await;
    assert_eq!(told.len(), stage.stores().items(&stage.store).len());
}

#[tokio::test]
async fn a_pasted_token_of_amazon_stays_when_its_access_token_is_renewed() {
    let stage = Stage::of(rows::amazon_own().row);
    let (_, keeper) = stage.authorised().await;
    let first = keeper.tokens();
    assert!(first.access_expires_at.is_some());
    assert!(first.refresh.unwrap().expose_secret().starts_with("Atzr|"));
}

#[tokio::test]
async fn what_shopify_wants_erased_is_said_exactly_and_a_question_is_left_to_people() {
    let (_, stage) = rows::shopify().set();
    let (address, seller) = ("https://shop.example.test/notify", stage.row.seller);
    let channel = stage.channel();
    let orders = Erasure::Orders(vec!["gid://shopify/Order/5900000000007".to_owned()]);
    for (topic, erases) in
        [("customers/data_request", None), ("customers/redact", Some(orders)), ("shop/redact", Some(Erasure::Store))]
    {
        let number = ["5900000000007".to_owned()];
        let notice = stage.sandbox.state().shopify_privacy_notice(address, seller, topic, &number).unwrap();
        let headers: Vec<(String, String)> =
            notice.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
        let call = HookCall {
            method: "POST",
            address,
            query: &[],
            headers: &headers,
            body: &notice.body,
            key: None,
            received_at: chrono::Utc::now(),
        };
        let event = channel.connector().hooks().unwrap().receive(&call).unwrap();
        assert_eq!((event.kind, event.account_id.as_deref()), (HookKind::Privacy, Some(seller)), "{topic}");
        assert_eq!(event.erases, erases, "{topic}");
    }
}
