//! Our words for what marketplaces answer. Connectors map to these; nobody else reads wire fields.

use chrono::{DateTime, Utc};
use kernel::ListingKind;
use kernel::money::{BasisPoints, Fen};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ApiError;
use super::money::{Currency, Money};

/// Where to go on, known to its connector alone; kept as text by everybody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl Cursor {
    /// Writes a connector's place as a cursor.
    pub fn of(place: &impl Serialize) -> Result<Cursor, ApiError> {
        let text = serde_json::to_string(place).map_err(|_| ApiError::bad_request("unwritable cursor"))?;
        Ok(Cursor(text))
    }

    /// Reads the connector's place back; refuses what it did not write.
    pub fn open<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_str(&self.0).map_err(|_| ApiError::bad_request("not a cursor of this question"))
    }
}

/// One page of an answer, to be stored before `next` is saved.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What was read.
    pub rows: Vec<T>,
    /// Rows the platform sent that cannot be used, with the reason.
    pub skipped: Vec<SkippedRow>,
    /// Ids asked for that the platform no longer has.
    pub missing: Vec<String>,
    /// Where the next page starts; `None` after the last one.
    pub next: Option<Cursor>,
    /// How many rows there are in all, where the platform says so.
    pub total: Option<u64>,
    /// Up to when the platform says these rows are complete; otherwise the window's end counts.
    pub watermark: Option<DateTime<Utc>>,
}

impl<T> Page<T> {
    /// A page of `rows` and nothing else.
    pub fn of(rows: Vec<T>) -> Self {
        Page { rows, skipped: Vec::new(), missing: Vec::new(), next: None, total: None, watermark: None }
    }

    /// Sorts mapped rows into usable and skipped ones.
    pub fn collect(mapped: impl IntoIterator<Item = Result<T, SkippedRow>>) -> Self {
        let mut page = Page::of(Vec::new());
        for row in mapped {
            match row {
                Ok(row) => page.rows.push(row),
                Err(skipped) => page.skipped.push(skipped),
            }
        }
        page
    }

    /// The same page, with where the next one starts.
    pub fn and_next(mut self, next: Option<Cursor>) -> Self {
        self.next = next;
        self
    }
}

/// A row of an answer that cannot be used; it never fails its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedRow {
    /// Its id, if it has one.
    pub external_id: Option<String>,
    /// Why, for the report of refusals.
    pub reason: String,
}

/// One item of a marketplace.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteGoods {
    /// The platform's opaque id (`goods_sign`, `item_id`).
    pub external_id: String,
    /// Title as the platform shows it.
    pub title: String,
    /// Absolute picture addresses, the main one first.
    pub pictures: Vec<String>,
    /// The price to show before any coupon.
    pub price: Money,
    /// What the usable coupon or public promotion takes off; zero without one.
    pub coupon: Fen,
    /// The price after it; zero for own goods in another currency than yuan.
    pub final_price: Fen,
    /// When the coupon ends, if it does.
    pub coupon_until: Option<DateTime<Utc>>,
    /// Commission rate; zero is normal.
    pub rate: BasisPoints,
    /// What one piece is expected to earn us.
    pub est_commission: Fen,
    /// Sales as display text (`10万+`), never a number.
    pub sales_text: Option<String>,
    /// The shop's id.
    pub shop_id: Option<String>,
    /// The shop's name.
    pub shop_name: Option<String>,
    /// The platform's category id.
    pub category_id: Option<String>,
    /// The platform's category name.
    pub category_name: Option<String>,
    /// Which of the two kinds.
    pub listing: ListingKind,
    /// Variants; only own goods have them.
    pub skus: Vec<RemoteSku>,
    /// Whether it must not be listed: affiliate goods that cannot be bought from within WeChat, own
    /// goods that are not on sale there.
    pub hidden: bool,
    /// What the connector wants back when a link is made (`search_id`, links as issued).
    pub extra: Value,
}

/// What every platform tells of own goods; the rest of [`RemoteGoods`] concerns affiliate ones.
#[derive(Clone, Debug)]
pub struct OwnGoods {
    /// The platform's id.
    pub external_id: String,
    /// Title.
    pub title: String,
    /// Absolute picture addresses, the main one first.
    pub pictures: Vec<String>,
    /// Variants; goods without any have one, without id.
    pub skus: Vec<RemoteSku>,
    /// Whether it is on sale there.
    pub on_sale: bool,
    /// The platform's category id.
    pub category_id: Option<String>,
    /// The store's id.
    pub shop_id: Option<String>,
    /// Further facts, kept with the goods.
    pub extra: Value,
}

impl RemoteGoods {
    /// Own goods; the price is the cheapest variant's. Refuses goods without a variant, and prices
    /// in two currencies.
    pub fn own(goods: OwnGoods) -> Result<RemoteGoods, SkippedRow> {
        let skip = |reason: &str| SkippedRow {
            external_id: Some(goods.external_id.clone()).filter(|id| !id.is_empty()),
            reason: reason.to_owned(),
        };
        if goods.external_id.is_empty() || goods.title.is_empty() {
            return Err(skip("no id or no title"));
        }
        let price = goods.skus.iter().map(|sku| sku.price).min_by_key(|price| price.minor);
        let price = price.ok_or_else(|| skip("no variant with a readable price"))?;
        if goods.skus.iter().any(|sku| sku.price.currency != price.currency) {
            return Err(skip("prices in two currencies"));
        }
        let is_yuan = price.currency == Currency::CNY;
        Ok(RemoteGoods {
            external_id: goods.external_id,
            title: goods.title,
            pictures: goods.pictures,
            price,
            coupon: Fen::ZERO,
            final_price: if is_yuan { Fen::from_fen(price.minor) } else { Fen::ZERO },
            coupon_until: None,
            rate: BasisPoints::new(0),
            est_commission: Fen::ZERO,
            sales_text: None,
            shop_id: goods.shop_id,
            shop_name: None,
            category_id: goods.category_id,
            category_name: None,
            listing: ListingKind::Own,
            skus: goods.skus,
            hidden: !goods.on_sale,
            extra: goods.extra,
        })
    }
}

/// Dimensions and values of a variant that a platform names by its values alone, as `"红色,大"`.
pub fn unnamed_specs(text: &str) -> Vec<(String, String)> {
    let values: Vec<&str> =
        text.split([',', '，', ';', '；']).map(str::trim).filter(|value| !value.is_empty()).collect();
    let alone = values.len() == 1;
    let name = |nth: usize| if alone { "规格".to_owned() } else { format!("规格{}", nth + 1) };
    values.iter().enumerate().map(|(nth, value)| (name(nth), (*value).to_owned())).collect()
}

/// Dimensions and values written as `"颜色:红色;尺码:大"`; a part without a name gets one.
pub fn named_specs(text: &str) -> Vec<(String, String)> {
    let parts = text.split([';', '；', ',', '，']).map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once([':', '：']) {
            Some((name, value)) => (name.trim().to_owned(), value.trim().to_owned()),
            None => ("规格".to_owned(), part.to_owned()),
        })
        .collect()
}

/// One variant of own goods.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteSku {
    /// The platform's id of the variant; `None` for goods without variants.
    pub external_id: Option<String>,
    /// The merchant's own code, which is what matches it to ours.
    pub sku_code: Option<String>,
    /// Dimension and value, as `("规格", "5 斤")`.
    pub specs: Vec<(String, String)>,
    /// Its price.
    pub price: Money,
    /// Units the platform shows; `None` where it does not count them.
    pub quantity: Option<i64>,
    /// Barcode (GTIN), where told.
    pub barcode: Option<String>,
    /// Its own picture.
    pub picture: Option<String>,
    /// Whether this variant is on sale.
    pub on_sale: bool,
    /// How stock calls address it, beyond the ids ([`super::StockLine::extra`]). A text `stock_id` in it is
    /// what messages about stock name, where that is neither the item nor the variant.
    pub extra: Value,
}

impl RemoteSku {
    /// One variant that stands for goods without variants, or for all of an overview's.
    pub fn only(price: Money, quantity: Option<i64>) -> RemoteSku {
        RemoteSku::of(None, price, quantity)
    }

    /// A variant on sale, with its price and units and nothing else.
    pub fn of(external_id: Option<String>, price: Money, quantity: Option<i64>) -> RemoteSku {
        RemoteSku {
            external_id,
            sku_code: None,
            specs: Vec::new(),
            price,
            quantity,
            barcode: None,
            picture: None,
            on_sale: true,
            extra: Value::Null,
        }
    }
}

/// What to search for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words.
    pub query: String,
    /// The platform's category id, to narrow the words.
    pub category: Option<String>,
    /// Only goods with a coupon.
    pub coupon_only: bool,
}

/// Whom a promotion link belongs to; comes back with the order. Short opaque ids of ours, never an
/// openid or a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The person: leader or member, one of the two for a whole shop.
    pub uid: String,
    /// The group or session it was shared in.
    pub sid: Option<String>,
    /// The person's id in the platform's own scheme (Taobao `relation_id`), where it has one.
    pub channel_id: Option<String>,
}

/// One link to be made.
#[derive(Clone, Debug)]
pub struct LinkRequest {
    /// [`RemoteGoods::external_id`].
    pub external_id: String,
    /// [`RemoteGoods::extra`] as stored with the goods.
    pub extra: Value,
    /// To whom the order shall be attributed.
    pub mark: Option<Mark>,
}

/// A link that earns commission, in the forms the platform gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromotionLink {
    /// Where the mini-program jumps; `None`: fall back to copying the short link.
    pub we_app_info: Option<WeAppInfo>,
    /// Short web address.
    pub short_url: Option<String>,
    /// Full web address.
    pub url: Option<String>,
    /// Password text (淘口令) to copy, for platforms a mini-program cannot open.
    pub tpwd: Option<String>,
}

/// The target of `wx.navigateToMiniProgram`, always as answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeAppInfo {
    /// The marketplace's mini-program.
    pub app_id: String,
    /// Page and parameters.
    pub page_path: String,
}

/// Where an affiliate order line stands, in our words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Ordered, not paid.
    Unpaid,
    /// A pre-sale's deposit is paid.
    Deposit,
    /// Paid.
    Paid,
    /// The buyer has received it.
    Received,
    /// Earned, not yet paid out.
    Approved,
    /// Paid out to us.
    Settled,
    /// Earns nothing.
    Invalid,
    /// Earns nothing and is held against us.
    Punished,
    /// A status we do not know: kept, never paid on.
    Unknown,
}

/// One line of an affiliate order, read-only.
#[derive(Clone, Debug, PartialEq)]
pub struct AffiliateOrderLine {
    /// The platform's id of the line; unique per marketplace.
    pub line_key: String,
    /// The order number the buyer sees.
    pub order_no: Option<String>,
    /// Where it stands.
    pub state: LineState,
    /// The goods' id at the platform.
    pub external_id: Option<String>,
    /// The goods' title.
    pub title: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// What the buyer pays.
    pub pay: Fen,
    /// Our commission before the platform's fee: expected, and once settled the settled one.
    pub commission: Fen,
    /// The platform's fee on it, to be subtracted.
    pub service_fee: Fen,
    /// The mark's person ([`Mark::uid`] or [`Mark::channel_id`]) as echoed; `None`: unattributed.
    pub attributed_to: Option<String>,
    /// The mark's group ([`Mark::sid`]) as echoed.
    pub group: Option<String>,
    /// The promotion position it came through.
    pub position: Option<String>,
    /// A claim (维权) after settlement: the commission may be taken back.
    pub claimed: bool,
    /// When it was what, as the platform says.
    pub times: LineTimes,
    /// Why it is invalid, and other facts an operator may ask for; no buyer data.
    pub extra: Value,
}

/// The platform's times of an affiliate order line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineTimes {
    /// Ordered.
    pub created_at: Option<DateTime<Utc>>,
    /// Paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Received by the buyer.
    pub received_at: Option<DateTime<Utc>>,
    /// Paid out to us.
    pub settled_at: Option<DateTime<Utc>>,
    /// Last changed; orders the writes of one line.
    pub modified_at: Option<DateTime<Utc>>,
}

/// A span of time, `from` inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Start.
    pub from: DateTime<Utc>,
    /// End.
    pub until: DateTime<Utc>,
}
