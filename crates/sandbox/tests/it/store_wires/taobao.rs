//! Taobao, and what all consent pages have in common.

use sandbox::stores::{Purchase, StorePlatform};
use serde_json::{Value, json};

use super::{BACK, Own, Params, app, beijing, code, form, opened, signed, stores};
use crate::client::Shop;

#[tokio::test]
async fn a_consent_page_leads_to_the_registered_address_alone() {
    let (shop, _) = opened(StorePlatform::Taobao, "2200657974");
    let (id, _) = app(&shop, StorePlatform::Taobao);
    let open = async |query: &[(&str, &str)]| {
        let mut address = url::Url::parse(&shop.url("/taobao/authorize")).unwrap();
        address.query_pairs_mut().extend_pairs(query);
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
            .get(address)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let usual = [("response_type", "code"), ("client_id", id.as_str()), ("redirect_uri", BACK), ("state", "s1")];
    assert_eq!(open(&usual).await, 302);
    let other = [usual[0], usual[1], ("redirect_uri", "http://127.0.0.1:9/elsewhere"), usual[3]];
    let stranger = [usual[0], ("client_id", "1"), usual[2], usual[3]];
    let implicit = [("response_type", "token"), usual[1], usual[2], usual[3]];
    assert_eq!((open(&other).await, open(&stranger).await, open(&implicit).await), (400, 400, 400));
}

async fn top(shop: &Shop, session: Option<&str>, method: &str, own: &[(&str, &str)]) -> Value {
    let (id, secret) = app(shop, StorePlatform::Taobao);
    let mut params: Params<'_> = vec![
        ("method", method.to_owned()),
        ("app_key", id),
        ("timestamp", beijing(0)),
        ("v", "2.0".to_owned()),
        ("format", "json".to_owned()),
        ("sign_method", "md5".to_owned()),
    ];
    params.extend(session.map(|session| ("session", session.to_owned())));
    params.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
    form(shop, "/taobao/router/rest", &signed(&secret, params)).await
}

#[tokio::test]
async fn taobao_tells_only_the_fields_that_were_asked_for() {
    let (shop, store) = opened(StorePlatform::Taobao, "2200657974");
    let (id, _) = app(&shop, StorePlatform::Taobao);
    let query = [("response_type", "code"), ("client_id", id.as_str()), ("redirect_uri", BACK), ("state", "s1")];
    let code = code(&shop, "/taobao/authorize", &query).await;
    let told = top(&shop, None, "taobao.top.auth.token.create", &[("code", &code)]).await;
    let token = told["top_auth_token_create_response"]["token_result"].as_str().unwrap();
    let token: Value = serde_json::from_str(token).unwrap();
    assert_eq!((token["taobao_user_id"].as_str(), token["expires_in"].as_i64()), (Some("2200657974"), Some(86_400)));
    let session = token["access_token"].as_str().unwrap();
    let ask = async |method: &str, own: &[(&str, &str)]| top(&shop, Some(session), method, own).await;

    let told = ask("taobao.items.onsale.get", &[("fields", "num_iid,price"), ("page_size", "3")]).await;
    let row = told["items_onsale_get_response"]["items"]["item"][0].as_object().unwrap();
    assert_eq!(row.keys().collect::<Vec<_>>(), ["num_iid", "price"]);
    let nothing =
        [("fields", "num_iid"), ("start_modified", "2020-01-01 00:00:00"), ("end_modified", "2020-01-02 00:00:00")];
    let told = ask("taobao.items.onsale.get", &nothing).await;
    assert_eq!(told["items_onsale_get_response"]["items"], json!({}));

    let item = stores(&shop).items(&store).into_iter().find(|item| item.has_choices()).unwrap();
    let order = stores(&shop)
        .buy(&store, &[(item.variants[0].number, 1), (item.variants[1].number, 2)], &Purchase::default())
        .unwrap();
    let whole = ask("taobao.trade.fullinfo.get", &[("fields", "tid,orders"), ("tid", &order)]).await;
    let lines = &whole["trade_fullinfo_get_response"]["trade"]["orders"]["order"];
    let first = lines[0]["oid"].as_u64().unwrap().to_string();
    let part =
        [("tid", order.as_str()), ("company_code", "SF"), ("out_sid", "SF1"), ("is_split", "1"), ("sub_tid", &first)];
    assert_eq!(
        ask("taobao.logistics.offline.send", &part).await["logistics_offline_send_response"]["shipping"]["is_success"],
        true
    );
    let whole = ask("taobao.trade.fullinfo.get", &[("fields", "status,orders"), ("tid", &order)]).await;
    let trade = &whole["trade_fullinfo_get_response"]["trade"];
    assert_eq!(trade["status"], "SELLER_CONSIGNED_PART");
    assert_eq!(
        (trade["orders"]["order"][0]["invoice_no"].as_str(), trade["orders"]["order"][1]["invoice_no"].as_str()),
        (Some("SF1"), None)
    );

    let (from, until) = (beijing(-90_000), beijing(0));
    let number = item.number.to_string();
    let refusals: [(&str, Own<'_>, i64, &str); 8] = [
        ("taobao.items.onsale.get", &[("page_no", "1")], 40, "isv.missing-parameter"),
        ("taobao.items.onsale.get", &[("fields", "num_iid,colour")], 41, "isv.invalid-parameter"),
        ("taobao.items.onsale.get", &[("fields", "num_iid"), ("page_size", "201")], 41, "isv.invalid-parameter"),
        (
            "taobao.trades.sold.increment.get",
            &[("fields", "tid"), ("start_modified", &from), ("end_modified", &until)],
            15,
            "isv.time-span-error",
        ),
        ("taobao.item.quantity.update", &[("num_iid", &number), ("quantity", "3")], 15, "isv.sku-not-exist"),
        (
            "taobao.logistics.offline.send",
            &[("tid", &order), ("company_code", "NO"), ("out_sid", "1")],
            15,
            "isv.logistics-company-not-exist",
        ),
        ("taobao.logistics.offline.send", &part, 15, "isv.logistics-offline-service-error:B150"),
        ("taobao.tbk.tpwd.create", &[("url", "https://x")], 11, "isv.permission-api-package-limit"),
    ];
    for (method, own, code, sub) in refusals {
        let said = ask(method, own).await;
        let error = &said["error_response"];
        assert_eq!((error["code"].as_i64(), error["sub_code"].as_str()), (Some(code), Some(sub)), "{method} {said}");
    }
    let without = top(&shop, None, "taobao.user.seller.get", &[("fields", "nick")]).await;
    let unknown = top(&shop, Some("x"), "taobao.user.seller.get", &[("fields", "nick")]).await;
    assert_eq!((&without["error_response"]["code"], &unknown["error_response"]["code"]), (&json!(26), &json!(27)));
}
