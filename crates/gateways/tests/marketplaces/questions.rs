//! Every question a connector can ask, and its answers in the vectors' words.

use gateways::marketplaces::{
    Account, AccountKind, AffiliateOrderLine, ApiError, Authorise, BoxFeed, Connector, ErrorClass, Feed, Grant,
    HttpReply, HttpRequest, LineOutcome, LineResult, LineState, LinkRequest, Mark, Page, PromotionLink, RemoteCarrier,
    RemoteGoods, RemoteOrder, Search, Setup, Shipment, Shipped, StockChange, StockLine, StockSink, TokenSet, TokenStep,
    Window,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::vectors;

/// What questions are asked about; outlives the feeds.
pub struct Subject {
    search: Search,
    ids: Vec<String>,
    plain: LinkRequest,
    marked: LinkRequest,
    mark: Mark,
    window: Window,
    account: Account,
    setup: Setup,
    grants: Vec<Grant>,
    stock: Vec<StockLine>,
    shipment: Shipment,
}

impl Subject {
    pub fn of(connector: &dyn Connector) -> Self {
        let mark = Mark { uid: "m10086".into(), sid: Some("g42".into()), channel_id: Some("2800000001".into()) };
        let plain = LinkRequest {
            external_id: "the-goods".into(),
            extra: json!({"coupon_share_url": "https://uland.example/coupon?e=1", "search_id": "sid1"}),
            mark: None,
        };
        let at = |s| chrono::DateTime::from_timestamp(s, 0).unwrap();
        let setup = setup(connector);
        let secret = |text: &str| SecretString::from(text.to_owned());
        Subject {
            search: Search { query: "五常大米 5kg".into(), ..Search::default() },
            ids: vec!["1".into()],
            marked: LinkRequest { mark: Some(mark.clone()), ..plain.clone() },
            plain,
            mark,
            window: Window { from: at(1_795_396_400), until: at(1_795_400_000) },
            account: setup.account("880012345"),
            setup,
            grants: vec![
                Grant::Code(secret("the-code")),
                Grant::Refresh(secret("the-refresh-token")),
                Grant::Silent { anew: false },
                Grant::ClientCredentials,
                Grant::Pasted(secret("pasted")),
            ],
            stock: vec![stock_line("1", "2", 7)],
            shipment: shipment(),
        }
    }
}

/// An account of `connector`, as its fixtures have it.
pub fn setup(connector: &dyn Connector) -> Setup {
    let id = connector.descriptor().id;
    let ways = connector.descriptor().store.as_ref().map(|facts| facts.ways[0].kind);
    let data: Map<String, Value> = vectors::account_data(id).as_object().unwrap().clone();
    Setup {
        kind: ways.unwrap_or(AccountKind::SelfAuthorised),
        site: vectors::site(id).map(str::to_owned),
        account_id: None,
        data,
        redirect_uri: "https://shop.example.test/oauth/x/callback".into(),
    }
}

/// A line whose key is `item/sku`.
pub fn stock_line(item: &str, sku: &str, quantity: i64) -> StockLine {
    StockLine {
        external_item_id: item.into(),
        external_sku_id: Some(sku.into()),
        sku_code: Some(format!("code-{sku}")),
        location: None,
        change: StockChange::Set(quantity),
        expected: None,
        key: format!("{item}/{sku}"),
        extra: vectors::stock_extra(),
    }
}

pub fn shipment() -> Shipment {
    Shipment {
        order_id: "261123-1".into(),
        carrier: RemoteCarrier { id: "44".into(), code: Some("SF".into()), name: "顺丰速运".into() },
        tracking_number: "SF1000000001".into(),
        lines: Vec::new(),
        completes: true,
        correction: false,
        extra: Value::Null,
    }
}

/// A question, whatever its rows are.
pub enum Question<'a> {
    Goods(BoxFeed<'a, RemoteGoods>),
    Link(BoxFeed<'a, PromotionLink>),
    Filed(BoxFeed<'a, bool>),
    Line(BoxFeed<'a, AffiliateOrderLine>),
    StoreGoods(BoxFeed<'a, RemoteGoods>),
    Order(BoxFeed<'a, RemoteOrder>),
    Stock(&'a dyn StockSink, &'a Account, &'a [StockLine]),
    Ship(BoxFeed<'a, Shipped>),
    Token(&'a dyn Authorise, &'a Setup, &'a Grant),
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
    all.extend(of_stores(connector, subject));
    all
}

fn of_stores<'a>(connector: &'a dyn Connector, subject: &'a Subject) -> Vec<Question<'a>> {
    let mut all = Vec::new();
    let account = &subject.account;
    if let Some(auth) = connector.auth() {
        let asked = |grant: &&Grant| matches!(auth.token(&subject.setup, grant), Ok(TokenStep::Ask(_)));
        let asked = subject.grants.iter().filter(asked);
        all.extend(asked.map(|grant| Question::Token(auth, &subject.setup, grant)));
    }
    if let Some(items) = connector.store_items() {
        all.extend(items.overview(account, None).map(Question::StoreGoods));
        all.push(Question::StoreGoods(items.all(account, None)));
        all.push(Question::StoreGoods(items.by_ids(account, &subject.ids)));
    }
    if let Some(orders) = connector.orders() {
        all.push(Question::Order(orders.changed(account, &subject.window)));
        all.push(Question::Order(orders.by_ids(account, &subject.ids)));
    }
    if let Some(stock) = connector.stock() {
        all.push(Question::Stock(stock, account, &subject.stock));
    }
    if let Some(ship) = connector.ship() {
        all.push(Question::Ship(ship.ship(account, &subject.shipment)));
    }
    all
}

/// An answer: rows in the vectors' words, and whether there is more.
#[derive(Debug)]
pub struct Answer {
    pub rows: Vec<Value>,
    pub total: Option<u64>,
    pub more: bool,
    /// Ids that the list has named and whose rows come one call each.
    pub pending: usize,
}

impl Question<'_> {
    pub fn request(&self) -> HttpRequest {
        match self {
            Question::Goods(feed) | Question::StoreGoods(feed) => feed.request(None),
            Question::Link(feed) => feed.request(None),
            Question::Filed(feed) => feed.request(None),
            Question::Line(feed) => feed.request(None),
            Question::Order(feed) => feed.request(None),
            Question::Stock(sink, account, lines) => sink.push(account, lines),
            Question::Ship(feed) => feed.request(None),
            Question::Token(auth, setup, grant) => match auth.token(setup, grant) {
                Ok(TokenStep::Ask(request)) => Ok(*request),
                Ok(TokenStep::Have(_)) => panic!("nothing is asked"),
                Err(error) => Err(error),
            },
        }
        .unwrap()
    }

    /// The rows of a reply in the vectors' words; ids that await their own call count as rows.
    pub fn answer(&self, connector: &dyn Connector, reply: &HttpReply) -> Result<Vec<Value>, ApiError> {
        let answer = self.read(connector, reply)?;
        let pending = std::iter::repeat_n(Value::Null, answer.pending);
        Ok(answer.rows.into_iter().chain(pending).collect())
    }

    /// The whole answer in a reply.
    pub fn read(&self, connector: &dyn Connector, reply: &HttpReply) -> Result<Answer, ApiError> {
        self.read_on(connector, std::slice::from_ref(reply))
    }

    /// The whole answer in the replies to as many steps.
    pub fn read_on(&self, connector: &dyn Connector, replies: &[HttpReply]) -> Result<Answer, ApiError> {
        let reply = &replies[0];
        match self {
            Question::Goods(feed) => read(connector, feed.as_ref(), replies, goods),
            Question::Link(feed) => read(connector, feed.as_ref(), replies, link),
            Question::Filed(feed) => read(connector, feed.as_ref(), replies, |filed| json!({"filed": filed})),
            Question::Line(feed) => read(connector, feed.as_ref(), replies, line),
            Question::StoreGoods(feed) => read(connector, feed.as_ref(), replies, store_goods),
            Question::Order(feed) => read(connector, feed.as_ref(), replies, order),
            Question::Ship(feed) => read(connector, feed.as_ref(), replies, |_| json!({"ok": true})),
            Question::Stock(sink, _, lines) => {
                connector.classify(reply)?;
                Ok(Answer::of(sink.read(lines, reply)?.iter().map(told).collect()))
            }
            Question::Token(auth, setup, grant) => {
                Ok(Answer::of(vec![token(&auth.read_token(setup, grant, reply)?, reply)]))
            }
        }
    }
}

impl Answer {
    fn of(rows: Vec<Value>) -> Answer {
        Answer { rows, total: None, more: false, pending: 0 }
    }
}

fn read<T>(
    connector: &dyn Connector,
    feed: &dyn Feed<T>,
    replies: &[HttpReply],
    words: impl Fn(&T) -> Value,
) -> Result<Answer, ApiError> {
    let (mut rows, mut total, mut at) = (Vec::new(), None, None);
    for reply in replies {
        feed.request(at.as_ref())?;
        connector.classify(reply)?;
        let page: Page<T> = feed.read(at.as_ref(), reply)?;
        rows.extend(page.rows.iter().map(&words));
        total = total.or(page.total);
        at = page.next;
    }
    let cursor: Option<Value> = at.as_ref().and_then(|next| serde_json::from_str(&next.0).ok());
    let pending = cursor.and_then(|place| place["pending"].as_array().map(Vec::len)).unwrap_or(0);
    Ok(Answer { rows, total, more: at.is_some(), pending })
}

fn goods(goods: &RemoteGoods) -> Value {
    json!({
        "item_ref": goods.external_id, "title": goods.title, "price_fen": goods.price.minor,
        "coupon_fen": goods.coupon, "final_fen": goods.final_price, "rate_bp": goods.rate,
        "est_commission_fen": goods.est_commission, "hidden": goods.hidden, "shop_id": goods.shop_id,
    })
}

fn store_goods(goods: &RemoteGoods) -> Value {
    let prices = || goods.skus.iter().map(|sku| sku.price.minor);
    let stock: i64 = goods.skus.iter().filter_map(|sku| sku.quantity).sum();
    json!({
        "external_id": goods.external_id, "title": goods.title, "currency": goods.price.currency.code(),
        "price_minor": goods.price.minor, "price_min_minor": goods.extra.get("price_min_minor").cloned()
            .unwrap_or(json!(prices().min())),
        "price_max_minor": goods.extra.get("price_max_minor").cloned().unwrap_or(json!(prices().max())),
        "stock": stock, "skus": goods.skus.iter().map(|sku| json!({
            "external_id": sku.external_id, "external_sku": sku.external_id, "sku": sku.sku_code,
            "price_minor": sku.price.minor, "stock": sku.quantity,
        })).collect::<Vec<_>>(),
    })
}

fn order(order: &RemoteOrder) -> Value {
    let lines = order.lines.iter().map(|line| {
        json!({
            "line_id": line.line_key, "external_item": line.external_item_id, "external_sku": line.external_sku_id,
            "sku": line.sku_code, "qty": line.quantity, "unit_minor": line.unit_price.map(|money| money.minor),
            "paid_minor": line.paid.map(|money| money.minor),
        })
    });
    json!({
        "external_id": order.external_id, "order_sn": order.external_id, "status": order.state.word(),
        "shippable": order.state.may_be_shipped(), "currency": order.total.currency.code(),
        "total_minor": order.total.minor,
        "updated_at": order.times.modified_at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        "updated_at_ms": order.times.modified_at.map(|at| at.timestamp_millis()),
        "lines": lines.collect::<Vec<_>>(),
    })
}

fn told(result: &LineResult) -> Value {
    let refused = match &result.outcome {
        LineOutcome::Refused(error) => Some(error.code.clone()),
        LineOutcome::Applied | LineOutcome::Accepted => None,
    };
    json!({"key": result.key, "refused": refused, "accepted": result.outcome == LineOutcome::Accepted})
}

fn token(tokens: &TokenSet, reply: &HttpReply) -> Value {
    let secret = |token: &Option<SecretString>| token.as_ref().map(|token| token.expose_secret().to_owned());
    let ms = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.timestamp_millis());
    let life = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| (at - reply.received_at).num_seconds());
    json!({
        "access_token": tokens.access.expose_secret(), "refresh_token": secret(&tokens.refresh),
        "account_id": tokens.account_id, "owner_id": tokens.account_id,
        "expires_at": tokens.access_expires_at.map(|at| at.timestamp()),
        "expires_at_ms": ms(tokens.access_expires_at), "expires_in_s": life(tokens.access_expires_at),
        "refresh_expires_at_ms": ms(tokens.refresh_expires_at), "refresh_expires_in_s": life(tokens.refresh_expires_at),
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
