//! The platforms: how each is set up, what it tells, and how its words lie to the store's.

use gateways::marketplaces::{AccountKind, ErrorClass, Grant, RemoteOrderState};
use sandbox::stores::{OrderStage, RefundStage, StoreItem, StoreOrder, StorePlatform};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::platforms::{Refuses, Row, Tells, youzan};
use crate::stage::Stage;

/// One platform as it is tested.
pub struct Abroad {
    pub row: Row,
    pub shape: Shape,
}

/// How its words lie to the store's.
#[derive(Clone)]
pub struct Shape {
    /// Ids of the goods that an item becomes.
    pub goods_ids: fn(&StoreItem) -> Vec<String>,
    /// An id of goods that are not there, in the platform's form.
    pub unknown_id: &'static str,
    /// What stock calls address by, for stock that is not there.
    pub unknown_stock: Value,
    /// Whether one bad line spoils its whole call.
    pub all_or_none: bool,
    /// Whether goods tell their stock.
    pub counts: bool,
    /// Numbers of the orders that an order becomes.
    pub order_ids: fn(&StoreOrder) -> Vec<String>,
    /// Where an order stands, in our words.
    pub state: fn(&StoreOrder) -> RemoteOrderState,
    /// What an order costs, all of its parts together.
    pub total: fn(&StoreOrder) -> i64,
    /// Whether the platform knows reductions of a whole order.
    pub discounts: bool,
    /// Whether a window has no end for the platform.
    pub open_ended: bool,
    /// Whether a parcel that is told again takes the place of the first.
    pub corrects: bool,
    pub noticed: Noticed,
    /// The topic by which it tells that an order is paid, and whether messages are signed.
    pub paid_topic: &'static str,
    pub signs_messages: bool,
}

/// How it comes out that another merchant has consented.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Noticed {
    ByTheCallback,
    ByTheTokens,
    ByAsking,
    /// The platform does not say who it was.
    Not,
    /// Nobody consents.
    Nobody,
}

impl Abroad {
    /// A sandbox of this platform that does not limit calls by the second.
    pub fn stage(self) -> Stage {
        self.set().1
    }

    /// The same, with how its words lie.
    pub fn set(self) -> (Shape, Stage) {
        let stage = Stage::with(self.row, |config| {
            config.store_limits = false;
            config.settle_after_ms = Some(0);
        });
        (self.shape, stage)
    }
}

/// The usual words for what is there.
fn usual(order: &StoreOrder) -> RemoteOrderState {
    match order.stage {
        OrderStage::Unpaid => RemoteOrderState::Unpaid,
        OrderStage::Cancelled => RemoteOrderState::Cancelled,
        OrderStage::Paid if order.refund == RefundStage::Asked => RemoteOrderState::Refunding,
        OrderStage::Paid | OrderStage::PartShipped if order.held => RemoteOrderState::Held,
        OrderStage::Paid => RemoteOrderState::PaidUnshipped,
        OrderStage::PartShipped => RemoteOrderState::PartShipped,
        OrderStage::Shipped => RemoteOrderState::Shipped,
        OrderStage::Done => RemoteOrderState::Done,
    }
}

/// For platforms that do not tell that a buyer wants his money back.
fn without_claims(order: &StoreOrder) -> RemoteOrderState {
    usual(&StoreOrder { refund: RefundStage::None, ..order.clone() })
}

fn shape() -> Shape {
    Shape {
        goods_ids: |item| vec![item.number.to_string()],
        unknown_id: "599999999999",
        unknown_stock: Value::Null,
        all_or_none: false,
        counts: true,
        order_ids: |order| vec![order.id.clone()],
        state: usual,
        total: StoreOrder::total_minor,
        discounts: true,
        open_ended: false,
        corrects: false,
        noticed: Noticed::ByTheTokens,
        paid_topic: "",
        signs_messages: true,
    }
}

fn row(id: &'static str, platform: StorePlatform, seller: &'static str) -> Row {
    Row {
        id,
        platform,
        seller,
        currency: "USD",
        settings: |app| json!({"client_id": app.id, "client_secret": app.secret}),
        tells: Tells {
            barcodes: true,
            spec_names: true,
            ids_of_plain_goods: true,
            unpaid_orders: true,
            parcels: false,
            goods_off_sale: true,
            claimed: RemoteOrderState::Refunding,
        },
        refuses: Refuses {
            wrong_secret: &[ErrorClass::BadConfiguration],
            spent: &[ErrorClass::RateLimited, ErrorClass::QuotaSpent],
        },
        ..youzan()
    }
}

fn codes(item: &StoreItem) -> Vec<String> {
    item.variants.iter().map(|variant| variant.code.clone()).collect()
}

pub fn shopify() -> Abroad {
    let host = "mei-tuangou.myshopify.com";
    Abroad {
        row: Row { data: json!({"shop": host}), ..row("shopify", StorePlatform::Shopify, host) },
        shape: Shape {
            goods_ids: |item| vec![format!("gid://shopify/Product/{}", item.number)],
            unknown_id: "gid://shopify/Product/599999999999",
            unknown_stock: json!({"stock_id": "gid://shopify/InventoryItem/599999999999",
                "location": "gid://shopify/Location/66000000001"}),
            all_or_none: true,
            order_ids: |order| vec![format!("gid://shopify/Order/{}", order.id)],
            state: |order| match order.stage {
                // The platform tells that it was sent, not that it came.
                OrderStage::Done => RemoteOrderState::Shipped,
                _ => without_claims(order),
            },
            // What was given back is no longer owed.
            total: |order| if order.refund == RefundStage::Refunded { 0 } else { order.total_minor() },
            noticed: Noticed::ByTheCallback,
            paid_topic: "orders/updated",
            ..shape()
        },
    }
}

/// The merchant's own app, whose token he pastes in.
pub fn shopify_own() -> Abroad {
    let Abroad { row, shape } = shopify();
    let row = Row { kind: AccountKind::SelfAuthorised, grant: Some(console()), ..row };
    Abroad { row, shape: Shape { noticed: Noticed::Nobody, ..shape } }
}

/// Stands for the token of the merchant's console, which the stage asks for.
fn console() -> Grant {
    Grant::Pasted(SecretString::from(String::new()))
}

pub fn aliexpress() -> Abroad {
    let row = row("aliexpress", StorePlatform::Aliexpress, "200042362");
    Abroad {
        row: Row {
            settings: |app| json!({"app_key": app.id, "app_secret": app.secret}),
            refuses: Refuses { wrong_secret: &[ErrorClass::BadSignature], ..row.refuses },
            tells: Tells { barcodes: false, ..row.tells },
            ..row
        },
        shape: shape(),
    }
}

pub fn ebay() -> Abroad {
    let row = row("ebay", StorePlatform::Ebay, "ma8vp1jySJC");
    Abroad {
        row: Row {
            site: Some("EBAY_US"),
            settings: |app| {
                json!({"client_id": app.id, "client_secret": app.secret, "ru_name": app.more["ru_name"],
                    "verification_token": app.more["verification_token"]})
            },
            tells: Tells { unpaid_orders: false, ..row.tells },
            ..row
        },
        shape: Shape {
            goods_ids: codes,
            unknown_id: "no-such-code",
            unknown_stock: json!({"offer": "599999999999"}),
            state: |order| match order.stage {
                OrderStage::Done => RemoteOrderState::Shipped,
                _ => usual(order),
            },
            noticed: Noticed::ByAsking,
            ..shape()
        },
    }
}

pub fn amazon() -> Abroad {
    let row = row("amazon", StorePlatform::Amazon, "A2SELLER00001");
    Abroad {
        row: Row {
            site: Some("US"),
            settings: |app| {
                let application = &app.more["application_id"];
                json!({"client_id": app.id, "client_secret": app.secret, "application_id": application})
            },
            tells: Tells { unpaid_orders: false, barcodes: false, spec_names: false, ..row.tells },
            ..row
        },
        shape: Shape {
            goods_ids: codes,
            unknown_id: "no-such-code",
            unknown_stock: json!({"product_type": "GROCERY", "channel": "DEFAULT"}),
            state: |order| match order.stage {
                OrderStage::Done => RemoteOrderState::Shipped,
                _ => without_claims(order),
            },
            open_ended: true,
            corrects: true,
            ..shape()
        },
    }
}

/// The merchant's own app, whose refresh token he pastes in.
pub fn amazon_own() -> Abroad {
    let Abroad { row, shape } = amazon();
    let data = json!({"seller_id": row.seller});
    let row = Row { kind: AccountKind::SelfAuthorised, grant: Some(console()), data, ..row };
    Abroad { row, shape: Shape { noticed: Noticed::Nobody, ..shape } }
}

pub fn dhgate() -> Abroad {
    let row = row("dhgate", StorePlatform::Dhgate, "ff8080814a");
    Abroad {
        row: Row {
            data: json!({"seller_id": "ff8080814a"}),
            tells: Tells { goods_off_sale: false, barcodes: false, spec_names: false, ..row.tells },
            refuses: Refuses { spent: &[ErrorClass::Business], ..row.refuses },
            ..row
        },
        shape: Shape {
            state: |order| match order.refund {
                RefundStage::Asked => RemoteOrderState::Unknown,
                _ => usual(order),
            },
            noticed: Noticed::Not,
            ..shape()
        },
    }
}

pub fn wish() -> Abroad {
    let row = row("wish", StorePlatform::Wish, "58298cbd15abf85958e9f87a");
    Abroad {
        row: Row {
            tells: Tells { unpaid_orders: false, ..row.tells },
            refuses: Refuses { wrong_secret: &[ErrorClass::BadRequest], ..row.refuses },
            ..row
        },
        shape: Shape {
            goods_ids: |item| vec![format!("{:024x}", item.number)],
            unknown_id: "00000000000000000000dead",
            unknown_stock: json!({"warehouse": "5e7f0c0a6fc464f4f3760111"}),
            // A line is an order; the first digit counts them.
            order_ids: |order| {
                let rest = order.id.get(1..).unwrap();
                (0..order.lines.len()).map(|nth| format!("{:x}{rest}", 6 + nth)).collect()
            },
            state: |order| match (order.stage, order.refund) {
                (OrderStage::Done, _) => RemoteOrderState::Shipped,
                (OrderStage::Paid, RefundStage::Asked) => RemoteOrderState::Held,
                _ => usual(order),
            },
            discounts: false,
            open_ended: true,
            corrects: true,
            paid_topic: "ORDER_RELEASE",
            signs_messages: false,
            ..shape()
        },
    }
}

pub fn wanliniu() -> Abroad {
    let row = row("wanliniu", StorePlatform::Wanliniu, "3000112233");
    Abroad {
        row: Row {
            currency: "CNY",
            settings: |_| json!({}),
            kind: AccountKind::SelfAuthorised,
            data: json!({"app_key": "3000112233"}),
            facts: &[("app_secret", "7d0f9e2b")],
            grant: Some(Grant::Pasted(SecretString::from("7d0f9e2b".to_owned()))),
            ..row
        },
        shape: Shape {
            counts: false,
            order_ids: |order| vec![format!("3B{:010X}", order.seq)],
            // Its numbers are unconfirmed: only what is not paid is known.
            state: |order| match order.paid_at {
                None => RemoteOrderState::Unpaid,
                Some(_) => RemoteOrderState::Unknown,
            },
            noticed: Noticed::Nobody,
            ..shape()
        },
    }
}

/// The same behind the older gateway.
pub fn wanliniu_b2c() -> Abroad {
    let Abroad { row, shape } = wanliniu();
    Abroad { row: Row { data: json!({"app_key": "3000112233", "gateway": "b2c"}), ..row }, shape }
}

pub fn shoplazza() -> Abroad {
    let host = "mei.myshoplaza.com";
    Abroad {
        row: Row { data: json!({"shop": host, "currency": "USD"}), ..row("shoplazza", StorePlatform::Shoplazza, host) },
        shape: Shape { noticed: Noticed::ByTheCallback, paid_topic: "orders/update", ..shape() },
    }
}
