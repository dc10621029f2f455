//! The platforms: how each is set up, and what it tells.

use gateways::marketplaces::{AccountKind, ErrorClass, Grant, RemoteCarrier, RemoteOrderState};
use sandbox::stores::{StoreApp, StorePlatform};
use serde_json::{Map, Value, json};

/// One platform as it is tested.
pub struct Row {
    /// The marketplace's id.
    pub id: &'static str,
    pub platform: StorePlatform,
    /// The seller's id there, in the platform's form.
    pub seller: &'static str,
    /// Its site, where the platform has them.
    pub site: Option<&'static str>,
    /// Its currency.
    pub currency: &'static str,
    /// `[marketplaces.<id>]` for the application.
    pub settings: fn(&StoreApp) -> Value,
    pub kind: AccountKind,
    /// What the merchant enters.
    pub data: Value,
    /// What the platform knows of the store: names and values.
    pub facts: &'static [(&'static str, &'static str)],
    /// The first grant where no consent page gives it.
    pub grant: Option<Grant>,
    pub tells: Tells,
    pub refuses: Refuses,
}

/// What a platform tells; the rest is not compared.
pub struct Tells {
    pub barcodes: bool,
    /// Names of specs, not their values alone.
    pub spec_names: bool,
    /// A variant's id also for goods without a choice.
    pub ids_of_plain_goods: bool,
    pub unpaid_orders: bool,
    pub parcels: bool,
    /// Goods that are not on sale, as hidden ones.
    pub goods_off_sale: bool,
    /// The state of an unsent order whose buyer wants his money back.
    pub claimed: RemoteOrderState,
}

/// How it refuses.
pub struct Refuses {
    /// A call or a token request made with a wrong secret.
    pub wrong_secret: &'static [ErrorClass],
    /// When the day's calls are used up; the engine's own word once it keeps away.
    pub spent: &'static [ErrorClass],
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

impl Row {
    /// The settings of the connector.
    pub fn settings_of(&self, app: &StoreApp) -> Map<String, Value> {
        map((self.settings)(app))
    }

    /// The carrier where the platform lists none.
    pub fn carrier(&self) -> RemoteCarrier {
        RemoteCarrier { id: "SF".to_owned(), code: Some("SF".to_owned()), name: "SF Express".to_owned() }
    }

    /// A part of the topic by which it tells that an order is paid.
    pub fn paid_topic(&self) -> &'static str {
        match self.platform {
            StorePlatform::Youzan => "TradeBuyerPay",
            _ => "statusUpdate",
        }
    }

    /// Whether a message that was tampered with is noticed; Weimob's signature is unconfirmed.
    pub fn signs_messages(&self) -> bool {
        self.platform != StorePlatform::Weimob
    }

    /// What the merchant entered.
    pub fn data_of(&self) -> Map<String, Value> {
        map(self.data.clone())
    }
}

pub fn pinduoduo() -> Row {
    Row {
        id: "pinduoduo",
        platform: StorePlatform::Pinduoduo,
        seller: "880012345",
        site: None,
        currency: "CNY",
        settings: |app| json!({"client_id": app.id, "client_secret": app.secret}),
        kind: AccountKind::ThirdParty,
        data: json!({}),
        facts: &[],
        grant: None,
        tells: Tells {
            barcodes: false,
            spec_names: false,
            ids_of_plain_goods: true,
            unpaid_orders: false,
            parcels: true,
            goods_off_sale: true,
            claimed: RemoteOrderState::Refunding,
        },
        refuses: Refuses { wrong_secret: &[ErrorClass::BadSignature], spent: &[ErrorClass::QuotaSpent] },
    }
}

pub fn taobao() -> Row {
    Row {
        id: "taobao",
        platform: StorePlatform::Taobao,
        seller: "2200657974",
        settings: |app| json!({"app_key": app.id, "app_secret": app.secret}),
        tells: Tells {
            barcodes: true,
            spec_names: true,
            ids_of_plain_goods: false,
            unpaid_orders: true,
            parcels: true,
            goods_off_sale: false,
            claimed: RemoteOrderState::Refunding,
        },
        ..pinduoduo()
    }
}

pub fn jd() -> Row {
    Row {
        id: "jd",
        platform: StorePlatform::Jd,
        seller: "4300012345",
        settings: |app| json!({"app_key": app.id, "app_secret": app.secret}),
        tells: Tells {
            barcodes: true,
            spec_names: true,
            ids_of_plain_goods: true,
            unpaid_orders: false,
            parcels: true,
            goods_off_sale: true,
            claimed: RemoteOrderState::Held,
        },
        refuses: Refuses {
            // A token is refused for whatever reason with a word alone.
            wrong_secret: &[ErrorClass::BadSignature, ErrorClass::ReauthorizeNeeded],
            spent: &[ErrorClass::RateLimited, ErrorClass::QuotaSpent],
        },
        ..pinduoduo()
    }
}

pub fn youzan() -> Row {
    Row {
        id: "youzan",
        platform: StorePlatform::Youzan,
        seller: "56232",
        tells: Tells {
            barcodes: true,
            spec_names: true,
            ids_of_plain_goods: false,
            unpaid_orders: true,
            parcels: false,
            goods_off_sale: false,
            claimed: RemoteOrderState::Refunding,
        },
        // The secret is only ever sent for a token.
        refuses: Refuses {
            wrong_secret: &[ErrorClass::BadConfiguration],
            spent: &[ErrorClass::RateLimited, ErrorClass::QuotaSpent],
        },
        ..pinduoduo()
    }
}

pub fn youzan_own() -> Row {
    Row {
        kind: AccountKind::SelfAuthorised,
        data: json!({"grant_id": "56232"}),
        grant: Some(Grant::Silent { anew: false }),
        ..youzan()
    }
}

/// The numbers of states are unconfirmed; an account says what they mean. These are the sandbox's.
const WEIMOB_STATES: &str = "0:unpaid,1:paid_unshipped,2:shipped,3:done,4:cancelled,5:refunding,6:held";

pub fn weimob() -> Row {
    Row {
        id: "weimob",
        platform: StorePlatform::Weimob,
        seller: "4020502275894",
        data: json!({"vid": "6000287446212", "order_states": WEIMOB_STATES}),
        facts: &[("vid", "6000287446212")],
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
            wrong_secret: &[ErrorClass::Business, ErrorClass::BadConfiguration],
            spent: &[ErrorClass::RateLimited, ErrorClass::QuotaSpent],
        },
        ..pinduoduo()
    }
}

pub fn weimob_own() -> Row {
    Row {
        kind: AccountKind::SelfAuthorised,
        data: json!({"shop_id": "4020502275894", "vid": "6000287446212", "order_states": WEIMOB_STATES}),
        grant: Some(Grant::ClientCredentials),
        ..weimob()
    }
}
