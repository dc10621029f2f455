//! Orders: a list without lines, one without lines, and the lines.

use serde_json::{Value, json};

use super::door::paged;
use super::{Call, Refusal, Reply};
use crate::clock::beijing_text;
use crate::json::joined;
use crate::rest::amount::number;
use crate::stores::{OrderStage, RefundStage, StoreOrder};

const LONGEST_S: i64 = 365 * 86_400;

/// `dh.order.list.get`.
pub(super) fn list(call: &Call<'_>) -> Reply {
    let (from, until) = (call.moment("startDate")?, call.moment("endDate")?);
    if until < from || until - from > LONGEST_S {
        return Err(Refusal::parameter("endDate"));
    }
    let by = call.number("querytimeType", 1, 1, 3)?;
    let wanted: Vec<&str> = call.fields.text("orderStatus").into_iter().flat_map(|words| words.split(',')).collect();
    let (at, size) = (call.number("pageNo", 1, 1, 1_000_000)?, call.number("pageSize", 20, 1, 100)?);
    let fits = |order: &&StoreOrder| {
        let moment = match by {
            1 => Some(order.created_at),
            2 => order.paid_at,
            _ => Some(order.changed_at),
        };
        moment.is_some_and(|moment| (from..=until).contains(&moment))
            && (wanted.is_empty() || wanted.contains(&status(order)))
    };
    let world = call.state.world();
    let store = call.store(&world)?;
    let mut found: Vec<&StoreOrder> = store.orders.values().filter(fits).collect();
    found.sort_by_key(|order| (order.changed_at, order.seq));
    let (shown, counts) = paged(found, at, size);
    let rows: Vec<Value> = shown.into_iter().map(row).collect();
    let page = json!({"pageNo": at, "orderBaseInfoList": rows});
    Ok(joined(counts, page))
}

fn status(order: &StoreOrder) -> &'static str {
    match order.stage {
        OrderStage::Unpaid => "101003",
        OrderStage::Cancelled => "111000",
        _ if order.refund == RefundStage::Asked => "105001",
        OrderStage::Paid if order.held => "102001",
        OrderStage::Paid => "103001",
        OrderStage::PartShipped => "103002",
        OrderStage::Shipped => "101009",
        OrderStage::Done => "102111",
    }
}

fn row(order: &StoreOrder) -> Value {
    json!({"orderNo": order.id, "orderId": format!("ff{:014x}", order.seq), "orderStatus": status(order),
        "orderTotalPrice": number(order.total_minor(), &order.currency), "buyerNickName": order.buyer,
        "country": order.receiver.country, "startedDate": beijing_text(order.created_at),
        "payDate": order.paid_at.map(beijing_text), "updateDate": beijing_text(order.changed_at),
        "deliveryDeadline": beijing_text(order.created_at + 5 * 86_400), "isWarn": false})
}

fn with_order<T>(call: &Call<'_>, read: impl FnOnce(&StoreOrder) -> T) -> Result<T, Refusal> {
    let id = call.needed("orderNo")?;
    let world = call.state.world();
    let order = call.store(&world)?.orders.get(id);
    let gone = || Refusal::Method("301", "order does not exist".to_owned(), "check orderNo".to_owned());
    Ok(read(order.ok_or_else(gone)?))
}

/// `dh.order.get`.
pub(super) fn one(call: &Call<'_>) -> Reply {
    with_order(call, |order| {
        let to = &order.receiver;
        let (first, last) = to.name.rsplit_once(' ').unwrap_or((to.name.as_str(), ""));
        let contact = json!({"firstName": first, "lastName": last, "country": to.country, "state": to.province,
            "city": to.city, "addressLine1": to.street, "addressLine2": to.district, "postalCode": to.postcode,
            "telephone": to.phone});
        json!({"orderInfo": joined(row(order), json!({"orderContact": contact, "orderRemark": order.note}))})
    })
}

/// `dh.order.product.get`.
pub(super) fn products(call: &Call<'_>) -> Reply {
    with_order(call, |order| {
        let lines = order.lines.iter().map(|line| {
            json!({"itemcode": line.item, "itemName": line.title, "itemCount": line.quantity,
                "itemPrice": number(line.price_minor, &order.currency), "skuCode": line.code,
                "itemAttr": line.spec_values()})
        });
        json!({"orderProductList": lines.collect::<Vec<_>>()})
    })
}
