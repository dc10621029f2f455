//! AliExpress.

use sandbox::stores::StorePlatform;
use serde_json::{Value, json};

use super::{BACK, Stage, has_the_shape_of, told, vector};

fn aliexpress_sign(path: &str, fields: &[(&str, String)], secret: &str) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort();
    let text: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode_upper(aws_lc_rs::hmac::sign(&key, format!("{path}{text}").as_bytes()))
}

struct Ali<'a> {
    stage: &'a Stage,
    session: String,
}

impl Ali<'_> {
    async fn ask(&self, method: &str, own: &[(&'static str, String)]) -> Value {
        let app = self.stage.app();
        let mut fields = vec![
            ("method", method.to_owned()),
            ("app_key", app.id.clone()),
            ("session", self.session.clone()),
            ("timestamp", chrono::Utc::now().timestamp_millis().to_string()),
            ("sign_method", "sha256".to_owned()),
        ];
        fields.extend(own.iter().cloned());
        fields.push(("sign", aliexpress_sign("", &fields, &app.secret)));
        let (status, answer) = told(self.stage.http.post(self.stage.shop.url("/aliexpress/sync")).form(&fields)).await;
        assert_eq!(status, 200);
        answer
    }
}

async fn ali(stage: &Stage) -> (Ali<'_>, Value) {
    let app = stage.app();
    let asked = [("response_type", "code"), ("client_id", app.id.as_str()), ("redirect_uri", BACK), ("state", "s")];
    let code = stage.code("/aliexpress/oauth/authorize", &asked, "code").await;
    let mut fields = vec![
        ("app_key", app.id.clone()),
        ("timestamp", chrono::Utc::now().timestamp_millis().to_string()),
        ("sign_method", "sha256".to_owned()),
        ("code", code),
    ];
    fields.push(("sign", aliexpress_sign("/auth/token/create", &fields, &app.secret)));
    let url = stage.shop.url("/aliexpress/rest/auth/token/create");
    let (_, token) = told(stage.http.post(url).form(&fields)).await;
    (Ali { stage, session: token["access_token"].as_str().unwrap().to_owned() }, token)
}

#[tokio::test]
async fn aliexpress_answers_in_the_shapes_of_the_vectors() {
    let stage = Stage::of(StorePlatform::Aliexpress, "200042362", "");
    let (ali, token) = ali(&stage).await;
    has_the_shape_of(&token, "fx-aliexpress-token", &[]);
    let query = json!({"product_status_type": "onSelling", "page_size": 10}).to_string();
    let goods =
        ali.ask("aliexpress.solution.product.list.get", &[("aeop_a_e_product_list_query", query.clone())]).await;
    has_the_shape_of(&goods, "fx-aliexpress-products", &[]);
    let simple = [("aeop_a_e_product_list_query", query), ("simplify", "true".to_owned())];
    let simple = ali.ask("aliexpress.solution.product.list.get", &simple).await;
    assert!(simple["result"]["aeop_a_e_product_display_d_t_o_list"].is_array(), "{simple}");
    let param = json!({"page_size": 50, "current_page": 1, "modified_date_start": "2026-01-01 00:00:00"}).to_string();
    let orders = ali.ask("aliexpress.solution.order.get", &[("param0", param)]).await;
    let row = &orders["aliexpress_solution_order_get_response"]["result"]["target_list"]["order_dto"];
    assert_eq!(row["order_id"].to_string(), stage.order, "one row alone stands without a list");
    assert_eq!(row["order_status"], "WAIT_SELLER_SEND_GOODS");
    let items = stage.shop.sandbox.state().stores().items(&stage.store);
    let known = items[0].number;
    let code = &items[0].variants[0].code;
    let list = json!([{"product_id": known, "multiple_sku_update_list": [{"sku_code": code, "inventory": 5}]},
        {"product_id": 1, "multiple_sku_update_list": [{"sku_code": code, "inventory": 5}]}]);
    let method = "aliexpress.solution.batch.product.inventory.update";
    let pushed = ali.ask(method, &[("mutiple_product_update_list", list.to_string())]).await;
    let failed = &pushed["aliexpress_solution_batch_product_inventory_update_response"]["update_failed_list"];
    assert_eq!(failed["synchronize_product_response_dto"]["product_id"], 1, "{pushed}");
}

#[tokio::test]
async fn aliexpress_refuses_in_its_own_words() {
    let stage = Stage::of(StorePlatform::Aliexpress, "200042362", "");
    let (ali, _) = ali(&stage).await;
    let code = |answer: Value| answer["error_response"]["code"].as_str().unwrap_or_default().to_owned();
    let list = "aliexpress.solution.product.list.get";
    assert_eq!(code(ali.ask("aliexpress.solution.unknown", &[]).await), "InvalidApiPath");
    assert_eq!(code(ali.ask(list, &[]).await), "MissingParameter");
    assert_eq!(code(ali.ask(list, &[("mistake", "1".to_owned())]).await), "InvalidParameter");
    let query = |query: Value| [("aeop_a_e_product_list_query", query.to_string())];
    assert_eq!(code(ali.ask(list, &query(json!({"product_status_type": "sold"}))).await), "InvalidParameter");
    let too_many = json!({"product_status_type": "onSelling", "page_size": 101});
    assert_eq!(code(ali.ask(list, &query(too_many)).await), "InvalidParameter");
    let no_window = [("param0", json!({"page_size": 50}).to_string())];
    assert_eq!(code(ali.ask("aliexpress.solution.order.get", &no_window).await), "MissingParameter");
    let stranger = Ali { stage: &stage, session: "50000stranger".to_owned() };
    let refused = stranger.ask(list, &query(json!({"product_status_type": "onSelling"}))).await;
    has_the_shape_of(&refused, "fx-aliexpress-token-expired", &[]);
    assert_eq!(code(refused), "IllegalAccessToken");
    let fields = [
        ("method", list),
        ("app_key", &stage.app().id),
        ("session", &ali.session),
        ("sign_method", "sha256"),
        ("timestamp", &chrono::Utc::now().timestamp_millis().to_string()),
        ("sign", "00"),
    ];
    let (_, unsigned) = stage.form("/aliexpress/sync", &fields).await;
    assert_eq!(unsigned["error_response"]["msg"], vector("fx-aliexpress-sign-error")["error_response"]["msg"]);
    stage.shop.sandbox.state().exhaust("aliexpress");
    let banned = ali.ask(list, &query(json!({"product_status_type": "onSelling"}))).await;
    assert_eq!(banned["error_response"]["msg"], vector("fx-aliexpress-limited")["error_response"]["msg"]);
}
