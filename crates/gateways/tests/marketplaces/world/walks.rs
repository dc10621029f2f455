//! Questions that take several calls.

use gateways::marketplaces::{ApiError, ErrorClass, Window};
use serde_json::{Value, json};

use super::{account, ok, said};
use crate::vectors;

fn window() -> Window {
    let at = |text: &str| text.parse().unwrap();
    Window { from: at("2026-11-22T00:00:00Z"), until: at("2026-11-22T01:10:00Z") }
}

#[test]
fn shopify_asks_for_fewer_rows_when_a_question_is_too_dear() {
    let connector = vectors::connector("shopify");
    let account = account(connector.as_ref());
    let feed = connector.store_items().unwrap().all(&account, None);
    let rows = |at: Option<&gateways::marketplaces::Cursor>| {
        let gateways::marketplaces::Body::Text { text, .. } = feed.request(at).unwrap().body else { panic!("no JSON") };
        let body: Value = serde_json::from_str(&text).unwrap();
        body["variables"]["first"].as_u64().unwrap()
    };
    assert_eq!(rows(None), 100);
    let dear = json!({"errors": [{"message": "too dear", "extensions": {"code": "MAX_COST_EXCEEDED"}}]});
    let error = connector.classify(&ok(dear)).unwrap_err();
    let mut at = None;
    for first in [50, 25, 12, 6, 3, 1] {
        at = feed.instead(at.as_ref(), &error).unwrap().next;
        assert_eq!(rows(at.as_ref()), first);
    }
    assert!(feed.instead(at.as_ref(), &error).is_none());
    assert!(feed.instead(None, &ApiError::bad_request("other")).is_none());
}

#[test]
fn a_product_with_many_variants_is_asked_for_on_its_own() {
    let connector = vectors::connector("shopify");
    let account = account(connector.as_ref());
    let feed = connector.store_items().unwrap().all(&account, None);
    let product = |id: &str, more: bool| {
        json!({"id": id, "title": "x", "status": "ACTIVE", "variants": {
            "nodes": [{"id": "v", "price": "1.00", "inventoryItem": {"id": "i", "tracked": true}}],
            "pageInfo": {"hasNextPage": more, "endCursor": "c"},
        }})
    };
    let list = json!({"data": {"shop": {"currencyCode": "CNY"}, "products": {
        "nodes": [product("p1", true), product("p2", false)], "pageInfo": {"hasNextPage": false},
    }}});
    let page = feed.read(None, &ok(list)).unwrap();
    assert_eq!(page.rows.iter().map(|row| row.external_id.as_str()).collect::<Vec<_>>(), ["p2"]);
    let request = feed.request(page.next.as_ref()).unwrap();
    assert_eq!(request.operation, "product");
    let one = json!({"data": {"shop": {"currencyCode": "CNY"}, "product": product("p1", false)}});
    let last = feed.read(page.next.as_ref(), &ok(one)).unwrap();
    assert_eq!((last.rows.len(), last.next), (1, None));
}

fn wish_orders(rows: &[(&str, &str)]) -> Value {
    let order = |(id, at): &(&str, &str)| {
        json!({"id": id, "state": "APPROVED", "updated_at": at, "order_payment": {"general_payment_details": {
            "product_quantity": 1, "product_price": {"amount": 1.5, "currency_code": "USD"},
            "payment_total": {"amount": 1.5, "currency_code": "USD"},
        }}})
    };
    json!({"code": 0, "data": rows.iter().map(order).collect::<Vec<_>>()})
}

#[test]
fn a_list_by_time_goes_on_from_the_last_row_and_gives_none_twice() {
    let connector = vectors::connector("wish");
    let (account, window) = (account(connector.as_ref()), window());
    let feed = connector.orders().unwrap().changed(&account, &window);
    assert!(said(&feed.request(None).unwrap()).contains("2026-11-22T00:00:00.000Z"));
    let (early, late) = ("2026-11-22T01:00:00.000Z", "2026-11-22T01:05:00.000Z");
    let first = feed.read(None, &ok(wish_orders(&[("a", early), ("b", late)]))).unwrap();
    assert!(said(&feed.request(first.next.as_ref()).unwrap()).contains(late));
    let second = feed.read(first.next.as_ref(), &ok(wish_orders(&[("b", late), ("c", late)]))).unwrap();
    assert_eq!(second.rows.iter().map(|row| row.external_id.as_str()).collect::<Vec<_>>(), ["c"]);
    let third = feed.read(second.next.as_ref(), &ok(wish_orders(&[("b", late), ("c", late)]))).unwrap();
    assert!(third.rows.is_empty() && third.next.is_none());
}

#[test]
fn rows_of_one_moment_that_fill_a_page_are_walked_by_their_ids() {
    let connector = vectors::connector("wish");
    let (account, window) = (account(connector.as_ref()), window());
    let feed = connector.orders().unwrap().changed(&account, &window);
    let at = "2026-11-22T01:00:00.000Z";
    let ids: Vec<String> = (0..500).map(|nth| format!("o{nth:03}")).collect();
    let rows: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), at)).collect();
    let first = feed.read(None, &ok(wish_orders(&rows))).unwrap();
    let second = feed.read(first.next.as_ref(), &ok(wish_orders(&rows))).unwrap();
    let asked = said(&feed.request(second.next.as_ref()).unwrap());
    assert!(asked.contains("id_min") && asked.contains("o499"), "{asked}");
    let third = feed.read(second.next.as_ref(), &ok(wish_orders(&[("o499", at), ("o500", at)]))).unwrap();
    assert_eq!(third.rows.len(), 1);
    assert!(said(&feed.request(third.next.as_ref()).unwrap()).contains("2026-11-22T01:00:00.001Z"));
}

#[test]
fn dhgates_order_by_its_number_takes_its_lines_first_and_keeps_no_address_in_a_cursor() {
    let connector = vectors::connector("dhgate");
    let account = account(connector.as_ref());
    let ids = vec!["1457546717".to_owned(), "2".to_owned()];
    let feed = connector.orders().unwrap().by_ids(&account, &ids);
    let product = json!({"status": {"code": "00000000"}, "orderProductList": [{"itemcode": 201, "itemCount": 2, "itemPrice": 11.75}]});
    assert_eq!(feed.request(None).unwrap().operation, "dh.order.product.get");
    let half = feed.read(None, &ok(product)).unwrap();
    assert_eq!(feed.request(half.next.as_ref()).unwrap().operation, "dh.order.get");
    let order = json!({
        "status": {"code": "00000000"}, "orderNo": "1457546717", "orderStatus": "102001", "orderTotalPrice": 23.5,
        "orderContact": {"firstName": "J", "lastName": "Doe", "country": "US", "addressLine1": "1 Main"},
    });
    let page = feed.read(half.next.as_ref(), &ok(order)).unwrap();
    let row = &page.rows[0];
    assert_eq!((row.state.word(), row.lines.len(), row.receiver.country.as_deref()), ("held", 1, Some("US")));
    assert!(!page.next.as_ref().unwrap().0.contains("Doe"));
    let gone = feed.instead(page.next.as_ref(), &ApiError::new(ErrorClass::NotFound, "x", "x")).unwrap();
    assert_eq!((gone.missing, gone.next), (vec!["2".to_owned()], None));
}

#[test]
fn an_ebay_item_without_an_offer_on_the_accounts_site_is_told_of() {
    let connector = vectors::connector("ebay");
    let account = account(connector.as_ref());
    let ids = vec!["MUG W".to_owned()];
    let feed = connector.store_items().unwrap().by_ids(&account, &ids);
    assert_eq!(feed.request(None).unwrap().path, "/sell/inventory/v1/inventory_item/MUG%20W");
    let item = feed.read(None, &ok(json!({"sku": "MUG W", "product": {"title": "Mug"}}))).unwrap();
    let offers = json!({"offers": [{"marketplaceId": "EBAY_US", "pricingSummary": {"price": {"value": "1.0", "currency": "USD"}}}]});
    let page = feed.read(item.next.as_ref(), &ok(offers)).unwrap();
    assert_eq!(page.skipped[0].reason, "no offer on this site");
    assert!(page.rows.is_empty() && page.next.is_none());
}

#[test]
fn aliexpress_tells_closed_orders_first_then_all_others_in_the_clock_of_its_coast() {
    let connector = vectors::connector("aliexpress");
    let (account, window) = (account(connector.as_ref()), window());
    let feed = connector.orders().unwrap().changed(&account, &window);
    let first = said(&feed.request(None).unwrap());
    assert!(first.contains("FINISH") && first.contains("2026-11-21 16:00:00"), "{first}");
    let none = json!({"aliexpress_solution_order_get_response": {"result": {"total_count": 0, "total_page": 0}}});
    let page = feed.read(None, &ok(none)).unwrap();
    assert!(!said(&feed.request(page.next.as_ref()).unwrap()).contains("FINISH"));
}

#[test]
fn a_list_that_tells_no_times_is_walked_by_its_ids() {
    let connector = vectors::connector("wish");
    let account = account(connector.as_ref());
    let feed = connector.store_items().unwrap().all(&account, None);
    let products = |from: usize, count: usize| {
        let price = json!({"amount": 1.5, "currency_code": "USD"});
        let product =
            |nth| json!({"id": format!("p{nth:03}"), "name": "x", "variations": [{"id": "v", "price": price.clone()}]});
        ok(json!({"code": 0, "data": (from..from + count).map(product).collect::<Vec<_>>()}))
    };
    let first = feed.read(None, &products(0, 500)).unwrap();
    let asked = said(&feed.request(first.next.as_ref()).unwrap());
    assert!(asked.contains("(\"id_min\", \"p499\")") && !asked.contains("updated_at_m"), "{asked}");
    let second = feed.read(first.next.as_ref(), &products(499, 3)).unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.next), (500, 2, None));
}

#[test]
fn shopifys_stock_is_told_where_the_item_lies_else_at_the_stores_first_place() {
    let connector = vectors::connector("shopify");
    let account = account(connector.as_ref());
    let feed = connector.store_items().unwrap().all(&account, None);
    let variant = |levels: Value| {
        let item = json!({"id": "i", "tracked": true, "inventoryLevels": {"nodes": levels}});
        json!({"id": "v", "price": "1.00", "inventoryItem": item})
    };
    let lies = json!([{"location": {"id": "gid://shopify/Location/7"}}]);
    let list = json!({"data": {"shop": {"currencyCode": "CNY"}, "location": {"id": "gid://shopify/Location/1"}, "products": {
        "nodes": [{"id": "p", "title": "x", "status": "ACTIVE", "variants": {"nodes": [variant(lies), variant(json!([]))]}}],
        "pageInfo": {"hasNextPage": false},
    }}});
    let page = feed.read(None, &ok(list)).unwrap();
    let places: Vec<&Value> = page.rows[0].skus.iter().map(|sku| &sku.extra["location"]).collect();
    assert_eq!(places, ["gid://shopify/Location/7", "gid://shopify/Location/1"]);
}
