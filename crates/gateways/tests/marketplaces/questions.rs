//! Every question a connector can ask, and its answers in the vectors' words.

use gateways::marketplaces::{
    AffiliateOrderLine, ApiError, BoxFeed, Connector, ErrorClass, Feed, HttpReply, HttpRequest, LineState, LinkRequest,
    Mark, Page, PromotionLink, RemoteGoods, Search, Window,
};
use serde_json::{Value, json};

/// What questions are asked about; outlives the feeds.
pub struct Subject {
    search: Search,
    ids: Vec<String>,
    plain: LinkRequest,
    marked: LinkRequest,
    mark: Mark,
    window: Window,
}

impl Subject {
    pub fn new() -> Self {
        let mark = Mark { uid: "m10086".into(), sid: Some("g42".into()), channel_id: Some("2800000001".into()) };
        let plain = LinkRequest {
            external_id: "the-goods".into(),
            extra: json!({"coupon_share_url": "https://uland.example/coupon?e=1", "search_id": "sid1"}),
            mark: None,
        };
        let at = |s| chrono::DateTime::from_timestamp(s, 0).unwrap();
        Subject {
            search: Search { query: "五常大米 5kg".into(), ..Search::default() },
            ids: vec!["the-goods".into()],
            marked: LinkRequest { mark: Some(mark.clone()), ..plain.clone() },
            plain,
            mark,
            window: Window { from: at(1_795_396_400), until: at(1_795_400_000) },
        }
    }
}

/// A question, whatever its rows are.
pub enum Question<'a> {
    Goods(BoxFeed<'a, RemoteGoods>),
    Link(BoxFeed<'a, PromotionLink>),
    Filed(BoxFeed<'a, bool>),
    Line(BoxFeed<'a, AffiliateOrderLine>),
}

/// All that `connector` can ask.
pub fn all<'a>(connector: &'a dyn Connector, subject: &'a Subject) -> Vec<Question<'a>> {
    let mut all = Vec::new();
    if let Some(items) = connector.items() {
        all.push(Question::Goods(items.search(&subject.search)));
        all.push(Question::Goods(items.by_ids(&subject.ids)));
    }
    if let Some(links) = connector.links() {
        all.push(Question::Link(links.link(&subject.plain)));
        all.push(Question::Link(links.link(&subject.marked)));
    }
    if let Some(filing) = connector.filing() {
        all.push(Question::Filed(filing.is_filed(Some(&subject.mark))));
        all.push(Question::Link(filing.filing_link(None)));
    }
    if let Some(commissions) = connector.commissions() {
        all.push(Question::Line(commissions.changed(&subject.window)));
        all.extend(commissions.by_key("261123-1").map(Question::Line));
    }
    all
}

impl Question<'_> {
    pub fn request(&self) -> HttpRequest {
        match self {
            Question::Goods(feed) => feed.request(None),
            Question::Link(feed) => feed.request(None),
            Question::Filed(feed) => feed.request(None),
            Question::Line(feed) => feed.request(None),
        }
        .unwrap()
    }

    /// The rows of a reply in the vectors' words.
    pub fn answer(&self, connector: &dyn Connector, reply: &HttpReply) -> Result<Vec<Value>, ApiError> {
        match self {
            Question::Goods(feed) => read(connector, feed.as_ref(), reply, goods),
            Question::Link(feed) => read(connector, feed.as_ref(), reply, link),
            Question::Filed(feed) => read(connector, feed.as_ref(), reply, |filed| json!({"filed": filed})),
            Question::Line(feed) => read(connector, feed.as_ref(), reply, line),
        }
    }
}

fn read<T>(
    connector: &dyn Connector,
    feed: &dyn Feed<T>,
    reply: &HttpReply,
    words: impl Fn(&T) -> Value,
) -> Result<Vec<Value>, ApiError> {
    connector.classify(reply)?;
    let page: Page<T> = feed.read(None, reply)?;
    Ok(page.rows.iter().map(words).collect())
}

fn goods(goods: &RemoteGoods) -> Value {
    json!({
        "item_ref": goods.external_id, "title": goods.title, "price_fen": goods.price.minor,
        "coupon_fen": goods.coupon, "final_fen": goods.final_price, "rate_bp": goods.rate,
        "est_commission_fen": goods.est_commission, "hidden": goods.hidden, "shop_id": goods.shop_id,
    })
}

fn link(link: &PromotionLink) -> Value {
    let app = link.we_app_info.as_ref();
    json!({
        "app_id": app.map(|app| &app.app_id), "path": app.map(|app| &app.page_path),
        "short_url": link.short_url, "url": link.url, "text": link.tpwd,
    })
}

fn line(line: &AffiliateOrderLine) -> Value {
    json!({
        "line_key": line.line_key, "status": state(line.state), "pay_fen": line.pay,
        "commission_fen": line.commission, "service_fee_fen": line.service_fee,
        "attributed_to": line.attributed_to, "rights_flag": i64::from(line.claimed),
        "modified_at": line.times.modified_at.map(|at| at.timestamp()),
        "return_status": line.extra["return_status"],
    })
}

fn state(state: LineState) -> &'static str {
    match state {
        LineState::Unpaid => "unpaid",
        LineState::Deposit => "deposit",
        LineState::Paid => "paid",
        LineState::Received => "received",
        LineState::Approved => "approved",
        LineState::Settled => "settled",
        LineState::Invalid => "invalid",
        LineState::Punished => "punished",
        LineState::Unknown => "unknown",
    }
}

/// An error class in the vectors' words.
pub fn class(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::TokenExpired | ErrorClass::ReauthorizeNeeded => "reauth",
        ErrorClass::RateLimited | ErrorClass::Upstream | ErrorClass::Malformed => "retry",
        ErrorClass::QuotaSpent => "quota",
        ErrorClass::NotPermitted => "permission",
        ErrorClass::BadRequest => "bug",
        ErrorClass::Business => "business",
        ErrorClass::BadSignature | ErrorClass::BadConfiguration => "config",
        ErrorClass::Stopped => "stop",
        ErrorClass::Retired => "retired",
        other => panic!("the vectors have no word for {other:?}"),
    }
}
